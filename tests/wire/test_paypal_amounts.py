"""Amounts as PayPal writes them: exactly as documented, or none at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.gateways.channels.paypal.amounts import minor_of, value_of
from app.kernel.money import Currency


def told(value: object, currency: object = "USD") -> dict[str, object]:
    return {"currency_code": currency, "value": value}


@given(st.integers(1, 10**11))
def test_what_we_write_we_read(amount_minor):
    for currency in Currency:
        assert minor_of(value_of(amount_minor, currency)) == (amount_minor, currency)


@pytest.mark.parametrize(
    ("amount", "minor"),
    [
        (told("0.62"), (62, "USD")),
        (told("10.00"), (1000, "USD")),
        (told("0.00"), (0, "USD")),
        (told("62", "JPY"), (62, "JPY")),
        (told("620", "HUF"), (620, "HUF")),
        (told("6", "TWD"), (6, "TWD")),
        (told("0.62", "CNY"), (62, "CNY")),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(amount, minor):
    assert minor_of(amount) == minor


@pytest.mark.parametrize(
    "amount",
    [
        told("62.00", "JPY"), told("0.62", "HUF"), told("62", "USD"), told("1e2"), told("1.001"), told("1.0"), told("1."),
        told(".62"), told("00.62"), told("+0.62"), told("-0.62"), told(" 0.62"), told("0.62 "), told("0,62"), told("1,000.00"),
        told("１.００"), told("٠.٦٢"), told("0x1.00"), told("NaN"), told("Infinity"), told(""),
        told(0.62), told(62), told(None), told(True),
        told("9" * 40 + ".00"),
        told("0.62", "usd"), told("0.62", "US"), told("0.62", "156"), told("0.62", None), told("0.62", "＄US"),
        {"value": "0.62"}, {"currency_code": "USD"}, {}, [], None, "0.62", 62,
    ],
)  # fmt: skip
def test_whatever_is_not_written_so_is_no_amount(amount):
    assert minor_of(amount) is None


def test_only_a_bill_may_write_less_than_nothing():
    assert minor_of(told("-0.62")) is None
    assert minor_of(told("-0.62"), signed=True) == (-62, "USD")
    assert minor_of(told("--0.62"), signed=True) is None
