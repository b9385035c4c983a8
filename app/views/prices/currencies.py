"""In which currencies somebody may order, from where they stand: what their ways to pay take, and what has a price."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.commerce import payments
from app.gateways.channels.methods import Place
from app.kernel.errors import DomainError
from app.kernel.money import Currency
from app.kernel.text import Text
from app.views.prices import offers
from app.views.services import Services

NAMES: Mapping[Currency, Text] = {
    Currency.CNY: Text(zh="人民币", en="yuan"),
    Currency.USD: Text(zh="美元", en="US dollars"),
}
"""As a reader is offered them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Currencies:
    """The currencies of an order that is still to be placed."""

    least_minor: Mapping[Currency, int]
    """Those that can be chosen, each with the smallest amount that can be paid; yuan are always there."""
    refused: DomainError | None = None
    """Why one is not there which some way to pay takes."""

    def chosen(self, code: str) -> Currency:
        """The one of this code; yuan where it cannot be chosen."""
        return next((one for one in self.least_minor if one == code), Currency.CNY)


def least_minor(currency: Currency, services: Services, *, place: Place | None = None) -> int:
    """The smallest amount of the currency that can be paid by somebody who stands there, or who may go elsewhere.

    Raises:
        CurrencyNotTaken: it can be paid nowhere.
    """
    channels = services.gateways.channels
    here = payments.least_minor(channels, currency, place=place)
    found = here if here is not None or place is None else payments.least_minor(channels, currency, place=None)
    if found is None and currency is not Currency.CNY:
        raise payments.CurrencyNotTaken(currency=currency.value)
    return found or 1


async def currencies(programme: str, services: Services, *, place: Place, today: date) -> Currencies:
    """Those in which an order of this programme can be priced now and paid there."""
    found, refused = {Currency.CNY: least_minor(Currency.CNY, services, place=place)}, None
    for currency in Currency:
        least = payments.least_minor(services.gateways.channels, currency, place=place)
        if currency is Currency.CNY or least is None:
            continue
        offered = await offers.offer(programme, today=today, currency=currency, rate_days=services.rate_days)
        if offered.per_tonne is not None:
            found[currency] = least
        refused = refused or offered.refused
    return Currencies(least_minor=found, refused=refused)
