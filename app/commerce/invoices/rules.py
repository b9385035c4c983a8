"""What stands on an invoice, and how far one is. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.commerce.invoices.errors import (
    InvoiceEmailUnfit,
    InvoiceNumberUnfit,
    InvoiceTaxNumberUnfit,
    InvoiceTitleUnfit,
)
from app.foundation.identity import is_credit_code
from app.kernel.typed import typed_code, typed_line

TITLE_MOST: Final = 100
EMAIL_PURPOSE: Final = "invoice.email"
_FORMULA: Final = "=+-@＝＋－＠"
_OLD_TAX: Final = re.compile(r"[0-9]{6}[0-9A-Z]{9}|[0-9]{17}[0-9X][0-9A-Z]{2}", re.ASCII)
"""15: region and organisation code, or an old identity number; 20: an identity number and two more (个体工商户)."""
_EMAIL: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._%+-]{0,63}@[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)+", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9A-Z]{8,20}", re.ASCII)


class InvoiceState(StrEnum):
    """How far the invoice of an order is."""

    UNASKED = "unasked"
    """Nobody has said what it should bear."""
    TO_ISSUE = "to_issue"
    """待开"""
    ISSUED = "issued"
    """已开: all of it, and nothing went back since."""
    TO_REVERSE = "to_reverse"
    """待红冲: money went back after it was made."""
    NOTHING = "nothing"
    """Nothing is to be invoiced: all of it went back before, or its invoice is reversed whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAsking:
    """What an organisation wants on its invoice, as typed."""

    title: str
    tax_number: str
    email: str


def fitting(asked: NewAsking) -> NewAsking:
    """The same without blanks at its ends and in capitals, so that what is copied is what is meant.

    Raises:
        InvoiceTitleUnfit, InvoiceTaxNumberUnfit, InvoiceEmailUnfit: see there.
    """
    title = typed_line(asked.title)
    if not (0 < len(title) <= TITLE_MOST and title.isprintable()) or title[0] in _FORMULA:
        raise InvoiceTitleUnfit(most=TITLE_MOST)
    tax_number = "".join(typed_code(asked.tax_number).upper().replace("-", "").split())
    if not (is_credit_code(tax_number) or _OLD_TAX.fullmatch(tax_number)):
        raise InvoiceTaxNumberUnfit
    email = typed_code(asked.email).strip()
    if len(email) > 120 or _EMAIL.fullmatch(email) is None:
        raise InvoiceEmailUnfit
    return NewAsking(title=title, tax_number=tax_number, email=email)


def fitting_number(typed: str) -> str | None:
    """The number of an invoice in capitals; None where none was given.

    Raises:
        InvoiceNumberUnfit
    """
    number = "".join(typed_code(typed).upper().split())
    if number and _NUMBER.fullmatch(number) is None:
        raise InvoiceNumberUnfit
    return number or None


def state_of(*, is_asked: bool, net_minor: int, issued_minor: int, reversed_minor: int) -> InvoiceState:
    """How far an invoice is: `net_minor` is what was paid less what went back."""
    left_minor = net_minor - issued_minor + reversed_minor
    if issued_minor:
        if left_minor < 0:
            return InvoiceState.TO_REVERSE
        return InvoiceState.ISSUED if issued_minor > reversed_minor else InvoiceState.NOTHING
    if net_minor == 0:
        return InvoiceState.NOTHING
    return InvoiceState.TO_ISSUE if is_asked else InvoiceState.UNASKED
