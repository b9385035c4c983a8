"""PayPal writes amounts as decimal text: `{"currency_code": "USD", "value": "10.00"}`. Pure, and never a float."""

import re
from decimal import Decimal
from typing import Final

from app.kernel.money import Currency

_WITHOUT_DECIMALS: Final = frozenset({"HUF", "JPY", "TWD"})
"""Source: PayPal, REST reference, currency codes: these three take no decimals; all others have two."""
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_CENTS: Final = re.compile(r"(?:0|[1-9][0-9]{0,9})\.[0-9]{2}")
_WHOLE: Final = re.compile(r"0|[1-9][0-9]{0,11}")


def value_of(amount_minor: int, currency: Currency) -> dict[str, str]:
    """Minor units as PayPal takes them; all of our currencies have two decimals."""
    assert amount_minor > 0, amount_minor
    return {"currency_code": currency.value, "value": f"{amount_minor // 100}.{amount_minor % 100:02d}"}


def minor_of(amount: object, *, signed: bool = False) -> tuple[int, str] | None:
    """Minor units and the currency as PayPal wrote it; None for whatever is not written exactly as documented.

    Exactly as many decimals as the currency has, ASCII digits, no exponent, no blank, no plus; a minus only where
    `signed`. `1e2`, `1.001`, `１００`, `1` of dollars and `1.00` of yen are no amounts.
    """
    if not isinstance(amount, dict):
        return None
    currency, value = amount.get("currency_code"), amount.get("value")
    if not isinstance(currency, str) or not isinstance(value, str) or not _CURRENCY.fullmatch(currency):
        return None
    is_negative = signed and value.startswith("-")
    digits = value[1:] if is_negative else value
    is_whole = currency in _WITHOUT_DECIMALS
    if not (_WHOLE if is_whole else _CENTS).fullmatch(digits):
        return None
    minor = int(Decimal(digits) * (1 if is_whole else 100))
    return (-minor if is_negative else minor), currency
