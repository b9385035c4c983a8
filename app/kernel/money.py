"""Money: integer minor units beside their currency, never a float."""

from enum import StrEnum

from app.kernel.mass import GRAMS_PER_TONNE


class Currency(StrEnum):
    """Currencies we can charge; all of them have two decimals."""

    CNY = "CNY"
    """人民币, in fen (分)."""
    USD = "USD"
    """US dollar, in cents."""

    @property
    def sign(self) -> str:
        """The sign before an amount."""
        return "¥" if self is Currency.CNY else "US$"


def price_minor(mass_g: int, *, per_tonne_minor: int) -> int:
    """What `mass_g` grams cost: rounded up to a minor unit, at least one.

    Source: docs/decisions/0002-integer-grams.md (50 g at ¥50 a tonne is 0.25 fen and costs 1).
    """
    assert mass_g > 0 and per_tonne_minor > 0, (mass_g, per_tonne_minor)
    return max(1, -(-mass_g * per_tonne_minor // GRAMS_PER_TONNE))


def is_floored(mass_g: int, *, per_tonne_minor: int) -> bool:
    """Whether `mass_g` grams are worth less than the smallest unit, which is charged for them all the same."""
    return mass_g * per_tonne_minor < GRAMS_PER_TONNE


def share_minor(amount_minor: int, *, part_g: int, whole_g: int) -> int:
    """What of the price of `whole_g` grams is back once `part_g` of them are, rounded down; all of it for all of them.

    The one rounding of refunds by line: each refund is the difference of two such shares, so that refunds never add up
    to more than was paid, and to all of it at the end, in whatever parts the grams come back. SQL says the same
    (`payments.share_minor`).
    """
    assert 0 <= part_g <= whole_g and whole_g > 0 and amount_minor >= 0, (amount_minor, part_g, whole_g)
    return amount_minor * part_g // whole_g


def text(amount_minor: int, currency: Currency) -> str:
    """The amount as a reader expects it: `¥0.62`."""
    sign, size = ("-", -amount_minor) if amount_minor < 0 else ("", amount_minor)
    return f"{sign}{currency.sign}{size // 100:,}.{size % 100:02d}"
