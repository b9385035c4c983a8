"""Money: integer minor units beside their currency, never a float."""

from enum import StrEnum


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
