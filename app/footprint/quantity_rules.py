"""Exact quantities: strict decimal strings in, integer grams out, one rounding per line.

Source of the rounding rules: docs/decisions/0002-integer-grams.md.
"""

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Final

EXACT: Final = Context(prec=60, rounding=ROUND_HALF_UP, traps=[DivisionByZero, InvalidOperation, Overflow])
"""Our own arithmetic: no digit of a product is lost, and no setting of the process changes a figure.

The longest product (people, kilometres, a factor of ten decimals) has 51 digits.
"""

ONE: Final = Decimal(1)
GRAMS_PER_KG: Final = Decimal(1000)

# Twelve digits hold the largest bound; ASCII only, because `\d` and Decimal() take other scripts' digits too.
_QUANTITY: Final = re.compile(r"[0-9]{1,12}(?:\.([0-9]{1,6}))?")
_TEN_PLACES: Final = Decimal("1E-10")


def read_quantity(written: object, *, places: int = 6) -> Decimal | None:
    """A quantity written as a decimal string ≥ 0 with at most `places` (≤ 6) decimals; None where it is anything else.

    No sign, exponent or blank is read, and no JSON number: 0.1 has already lost its decimals there.
    """
    if not isinstance(written, str) or (found := _QUANTITY.fullmatch(written)) is None:
        return None
    if (decimals := found[1]) is not None and len(decimals) > places:
        return None
    return Decimal(written)


def plain(value: Decimal) -> str:
    """The number without exponent and without trailing zeros: `12.5`, `100`."""
    return format(value.normalize(EXACT), "f")


def grams(multiplied: Iterable[Decimal], *, divided_by: Iterable[Decimal], kg_per_unit: Decimal) -> int:
    """Grams of one line, rounded half up once, at the end: multiplied first, divided last."""
    product = EXACT.multiply(kg_per_unit, GRAMS_PER_KG)
    for number in multiplied:
        product = EXACT.multiply(product, number)
    for number in divided_by:
        product = EXACT.divide(product, number)
    return int(product.to_integral_value(ROUND_HALF_UP, EXACT))


def shown_quantity(multiplied: Iterable[Decimal], *, divided_by: Iterable[Decimal]) -> str:
    """The quantity of a line as it is printed: at most ten decimals. Grams are never computed from it."""
    product = ONE
    for number in multiplied:
        product = EXACT.multiply(product, number)
    for number in divided_by:
        product = EXACT.divide(product, number)
    return plain(product.quantize(_TEN_PLACES, ROUND_HALF_UP, EXACT))


def working(multiplied: tuple[Decimal, ...], *, divided_by: tuple[Decimal, ...]) -> str:
    """How the quantity came about, for whoever checks by hand: `150 × 1420 × 2`; empty for a plain number."""
    if len(multiplied) == 1 and not divided_by:
        return ""
    return " ÷ ".join([" × ".join(map(plain, multiplied)), *map(plain, divided_by)])
