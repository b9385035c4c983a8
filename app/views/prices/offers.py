"""What a programme costs and holds a moment ago, in the currency of whoever looks."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from app.gateways.caching.recent import Recent
from app.kernel.errors import DomainError
from app.kernel.money import Currency
from app.registry import credits
from app.registry.credits import PerTonne
from app.views.page import Amount

_OFFER_S: Final = 2.0
"""How long a shown price may be old, and ten minutes while the database is slow to tell. An order is quoted anew in its
transaction."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a scene's programme costs and where the next grams come from, as of a moment ago."""

    programme: credits.Programme
    per_tonne: PerTonne | None
    """None: it has no price now in this currency."""
    supply: credits.Supply
    currency: Currency = Currency.CNY
    refused: DomainError | None = None
    """Why it has none, where there is a price in yuan but no rate that may be used."""

    @property
    def is_open(self) -> bool:
        """Whether anything can be sold."""
        return self.per_tonne is not None and self.supply.open_g > 0

    @property
    def tonne(self) -> Amount | None:
        """What a whole tonne costs; None without a price."""
        return Amount(minor=self.per_tonne.tonne_minor, currency=self.currency) if self.per_tonne else None

    def price(self, mass_g: int) -> Amount | None:
        """What so many grams cost; None where there is no price, or nothing to pay for."""
        if self.per_tonne is None or mass_g == 0:
            return None
        return Amount(minor=self.per_tonne.amount_minor(mass_g), currency=self.currency)

    def buys_g(self, mass_g: int, least_minor: int) -> int:
        """The grams that are bought for these, where no less than `least_minor` can be paid."""
        if self.per_tonne is None or mass_g == 0:
            return mass_g
        return credits.reaching_g(mass_g, self.per_tonne, least_minor=least_minor)


_offers: Final = Recent[tuple[str, Currency, date], Offer](fresh_s=_OFFER_S)


def forget() -> None:
    """Read every offer anew: for tests, whose tables are new."""
    _offers.forget()


async def offer(
    programme: str,
    *,
    today: date,
    currency: Currency = Currency.CNY,
    rate_days: int = credits.RATE_DAYS,
    is_fresh: bool = False,
) -> Offer:
    """The present offer of a programme, read at most every two seconds per process; `is_fresh` reads it now."""
    return await _offers.get(
        (programme, currency, today), lambda: _read(programme, currency, today, rate_days), is_fresh=is_fresh
    )


async def _read(programme: str, currency: Currency, today: date, rate_days: int) -> Offer:
    name = credits.Programme(programme)
    per_tonne, refused = None, None
    try:
        per_tonne = (await credits.quote(name, 1, currency=currency, on=today, rate_days=rate_days)).per_tonne
    except credits.PriceUnknown:
        pass
    except (credits.RateUnknown, credits.RateTooOld) as fact:
        refused = fact
    return Offer(name, per_tonne, await credits.supply(name), currency, refused)
