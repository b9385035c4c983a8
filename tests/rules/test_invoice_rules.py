"""What stands on an invoice, and how far one is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.commerce import invoices
from app.commerce.invoices.rules import InvoiceState, NewAsking, fitting, fitting_number, state_of
from app.foundation.identity.organisation_rules import credit_code
from app.kernel.errors import DomainError

CODE = credit_code("91510100MA1234567")


def _asked(**changed: str) -> NewAsking:
    return NewAsking(**({"title": "示例碳汇公司", "tax_number": CODE, "email": "fapiao@example.org"} | changed))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (CODE, CODE),
        (f" {CODE[:6]} {CODE[6:].lower()} ", CODE),
        ("110105123456789", "110105123456789"),
        ("11010519491231002X01", "11010519491231002X01"),
        ("１１０１０５１２３４５６７８９", "110105123456789"),
    ],
)
def test_a_tax_number_is_kept_as_it_is_meant(typed: str, kept: str) -> None:
    assert fitting(_asked(tax_number=typed)).tax_number == kept


@pytest.mark.parametrize(
    ("field", "typed", "fact"),
    [
        ("tax_number", CODE[:17] + ("0" if CODE[17] != "0" else "1"), invoices.InvoiceTaxNumberUnfit),
        ("tax_number", CODE[:17], invoices.InvoiceTaxNumberUnfit),
        ("tax_number", "", invoices.InvoiceTaxNumberUnfit),
        ("tax_number", "9151010OMA1234567X", invoices.InvoiceTaxNumberUnfit),
        ("tax_number", "=1+1", invoices.InvoiceTaxNumberUnfit),
        ("title", "", invoices.InvoiceTitleUnfit),
        ("title", '=HYPERLINK("http://evil")', invoices.InvoiceTitleUnfit),
        ("title", "＝1+1", invoices.InvoiceTitleUnfit),
        ("title", "@SUM(A1)", invoices.InvoiceTitleUnfit),
        ("title", "好" * 101, invoices.InvoiceTitleUnfit),
        ("email", "nobody", invoices.InvoiceEmailUnfit),
        ("email", "=cmd@example.org", invoices.InvoiceEmailUnfit),
        ("email", "a@b", invoices.InvoiceEmailUnfit),
    ],
)
def test_what_is_unfit_is_refused_with_its_field(field: str, typed: str, fact: type[DomainError]) -> None:
    with pytest.raises(fact) as refusal:
        fitting(_asked(**{field: typed}))
    assert refusal.value.field == f"/{field}"


def test_an_invoices_number_is_kept_in_capitals_and_may_be_left_out() -> None:
    assert fitting_number(" 2432 0000 0012 3456 7890 ") == "24320000001234567890"
    assert fitting_number("") is None
    with pytest.raises(invoices.InvoiceNumberUnfit):
        fitting_number("12")


@given(
    paid=st.integers(1, 10**12),
    back=st.integers(0, 10**12),
    later=st.integers(0, 10**12),
    is_asked=st.booleans(),
)
def test_an_invoice_goes_from_nothing_to_issued_to_reversed_and_always_adds_up(
    paid: int, back: int, later: int, *, is_asked: bool
) -> None:
    back = min(back, paid)
    net = paid - back
    before = state_of(is_asked=is_asked, net_minor=net, issued_minor=0, reversed_minor=0)
    assert before is (InvoiceState.NOTHING if net == 0 else InvoiceState.TO_ISSUE if is_asked else InvoiceState.UNASKED)
    if net == 0:
        return
    assert state_of(is_asked=True, net_minor=net, issued_minor=net, reversed_minor=0) is InvoiceState.ISSUED
    gone = min(later, net)
    then = state_of(is_asked=True, net_minor=net - gone, issued_minor=net, reversed_minor=0)
    assert then is (InvoiceState.TO_REVERSE if gone else InvoiceState.ISSUED)
    done = state_of(is_asked=True, net_minor=net - gone, issued_minor=net, reversed_minor=gone)
    assert done is (InvoiceState.NOTHING if gone == net else InvoiceState.ISSUED)
