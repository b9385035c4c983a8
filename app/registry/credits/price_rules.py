"""What grams cost in a currency, by a price list of its own or through an exchange rate; and what an amount buys. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.kernel.mass import GRAMS_PER_TONNE
from app.kernel.money import Currency

BASE: Final = Currency.CNY
"""What price lists are in; another currency has a list of its own, or is reckoned from this one by a rate."""
RATED: Final = Currency.USD
"""The currency there are rates for."""
RATE_SCALE: Final = 1_000_000
"""Minor units of the other currency that a rate is written for: six decimals of it are exact."""
RATE_DAYS: Final = 7
"""Days after its own in which a rate is used, where nobody set another number."""
_RATE: Final = re.compile(r"(?P<whole>[0-9]{1,3})(?:\.(?P<part>[0-9]{1,6}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What one currency was worth in another on a day: `base_minor` of `base` for `currency_minor` of `currency`."""

    id: int
    base: Currency
    currency: Currency
    day: date
    base_minor: int
    currency_minor: int
    source: str
    url: str

    def __str__(self) -> str:
        """`1 USD = 7.1234 CNY`."""
        return f"1 {self.currency} = {rate_text(self.base_minor)} {self.base}"

    def is_too_old(self, *, on: date, days: int) -> bool:
        """Whether it is of more than so many days before that day."""
        return (on - self.day).days > days


@dataclass(frozen=True, slots=True)
class PerTonne:
    """What a tonne costs: in the currency that is paid, or with a rate in the rate's base."""

    minor: int
    rate: Rate | None = None

    @property
    def tonne_minor(self) -> int:
        """What a whole tonne costs in the currency that is paid, rounded up."""
        return self.amount_minor(GRAMS_PER_TONNE)

    def amount_minor(self, mass_g: int) -> int:
        """What so many grams cost alone, in the currency that is paid: rounded up to a minor unit, so at least one."""
        assert mass_g > 0, mass_g
        worth, unit = self._worth(mass_g)
        return -(-worth // unit)

    def is_floored(self, mass_g: int) -> bool:
        """Whether so many grams are worth less than the smallest unit, which is charged for them all the same."""
        worth, unit = self._worth(mass_g)
        return worth < unit

    def buys_g(self, amount_minor: int) -> int:
        """The most grams that cost exactly this amount; where a gram costs more than a unit, the fewest that reach it.

        So whoever must pay a smallest amount gets every gram that it is worth.
        """
        assert amount_minor > 0, amount_minor
        worth, unit = self._worth(1)
        return max(amount_minor * unit // worth, (amount_minor - 1) * unit // worth + 1)

    def _worth(self, mass_g: int) -> tuple[int, int]:
        """The exact price as a fraction."""
        if self.rate is None:
            return mass_g * self.minor, GRAMS_PER_TONNE
        return mass_g * self.minor * self.rate.currency_minor, GRAMS_PER_TONNE * self.rate.base_minor


def amounts_minor(prices: Sequence[tuple[int, PerTonne]]) -> tuple[int, ...]:
    """What the prices of one order cost, given as grams and what a tonne costs, in the order of its lines.

    A price of a list in the order's own currency is rounded up by itself. What goes through the rate is rounded up once
    per order: each is what the running sum, rounded up, grows by. SQL says the same (`orders.mispriced`).
    """
    amounts, worth, upto, unit = [], 0, 0, 1
    for mass_g, per_tonne in prices:
        if per_tonne.rate is None:
            amounts.append(per_tonne.amount_minor(mass_g))
            continue
        unit = GRAMS_PER_TONNE * per_tonne.rate.base_minor  # one rate in an order
        worth += mass_g * per_tonne.minor * per_tonne.rate.currency_minor
        amounts.append(-(-worth // unit) - upto)
        upto = -(-worth // unit)
    return tuple(amounts)


def reaching_g(mass_g: int, per_tonne: PerTonne, *, least_minor: int) -> int:
    """The grams that are bought where no less than `least_minor` can be paid: all that it buys, where these cost less."""
    return mass_g if per_tonne.amount_minor(mass_g) >= least_minor else max(mass_g, per_tonne.buys_g(least_minor))


def is_floored(prices: Sequence[tuple[int, PerTonne]]) -> bool:
    """Whether something in an order is charged the smallest unit though it is worth less."""
    rated = [(mass_g * per_tonne.minor, per_tonne.rate) for mass_g, per_tonne in prices if per_tonne.rate is not None]
    # Together they are as much as one gram at the sum of their worths.
    if rated and PerTonne(sum(worth for worth, _ in rated), rated[0][1]).is_floored(1):
        return True
    return any(per_tonne.is_floored(mass_g) for mass_g, per_tonne in prices if per_tonne.rate is None)


def read_rate(written: str) -> int | None:
    """`7.1234` as minor units of the base for `RATE_SCALE` of the other; None: it is no number with at most six decimals."""
    match = _RATE.fullmatch(written)
    return int(match["whole"]) * RATE_SCALE + int((match["part"] or "0").ljust(6, "0")) if match else None


def rate_text(base_minor: int) -> str:
    """The same as a person writes it, with four decimals at least: `7.1234`."""
    whole, part = divmod(base_minor, RATE_SCALE)
    digits = f"{part:06d}"
    return f"{whole}.{digits[:4]}{digits[4:].rstrip('0')}"
