"""What a receipt of our bank must look like, and whether it fits the payment that it names. Pure."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.commerce.payments.errors import (
    ReceiptAmountDiffers,
    ReceiptDayUnfit,
    ReceiptNumberUnfit,
    ReceiptPayerUnfit,
)
from app.kernel import money
from app.kernel.money import Currency
from app.kernel.typed import typed_code, typed_line

PAYER_MOST: Final = 120
_NUMBER: Final = re.compile(r"[0-9A-Z][0-9A-Z-]{3,39}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReceipt:
    """One line of the bank's list, as somebody of finance reads it."""

    remark: str
    """What the payer wrote beside it, by which the payment is found; as a remark, or our whole number."""
    amount_minor: int
    bank_number: str
    payer_name: str
    """As the bank says it."""
    value_day: date


def fitting(receipt: NewReceipt) -> NewReceipt:
    """The same with its number in capitals and without blanks, so that one receipt has one spelling.

    Raises:
        ReceiptNumberUnfit, ReceiptPayerUnfit: see there.
    """
    number = "".join(typed_code(receipt.bank_number).upper().split())
    if _NUMBER.fullmatch(number) is None:
        raise ReceiptNumberUnfit
    payer = typed_line(receipt.payer_name)
    if not (0 < len(payer) <= PAYER_MOST and payer.isprintable()):
        raise ReceiptPayerUnfit(most=PAYER_MOST)
    return NewReceipt(
        remark=receipt.remark,
        amount_minor=receipt.amount_minor,
        bank_number=number,
        payer_name=payer,
        value_day=receipt.value_day,
    )


def demand_fit(receipt: NewReceipt, *, amount_minor: int, currency: Currency, since: date, today: date) -> None:
    """Refuse what cannot be this payment's money: all of it, in one transfer, of a day from its opening to today.

    Raises:
        ReceiptAmountDiffers, ReceiptDayUnfit: see there.
    """
    if receipt.amount_minor != amount_minor:
        raise ReceiptAmountDiffers(
            wanted=money.text(amount_minor, currency), came=money.text(receipt.amount_minor, currency)
        )
    if not since <= receipt.value_day <= today:
        raise ReceiptDayUnfit(since=since.isoformat(), today=today.isoformat())
