"""What credits cost on a day, in a currency: by its own price list, which goes first, or by the other's and a rate."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from app.gateways.database import Tx, fetch
from app.kernel.money import Currency
from app.registry.credits.errors import PriceUnknown
from app.registry.credits.exchanging import find_rate
from app.registry.credits.price_rules import BASE, RATE_DAYS, PerTonne
from app.registry.credits.rules import Programme


@dataclass(frozen=True, slots=True)
class Quote:
    """What a mass costs, and at which price per tonne."""

    programme: Programme
    mass_g: int
    amount_minor: int
    currency: Currency
    per_tonne: PerTonne


async def price_all(
    programmes: Collection[Programme], *, currency: Currency, on: date, rate_days: int = RATE_DAYS, tx: Tx | None = None
) -> dict[Programme, PerTonne]:
    """What a tonne of each costs on that day; one without a price is absent. All that need a rate get the same one.

    Raises:
        RateUnknown, RateTooOld: one of them needs a rate, and there is none of that day or of `rate_days` before it.
    """
    rows = await fetch(
        "SELECT programme, currency, per_tonne_minor FROM credit_price WHERE programme = ANY($1::text[])"
        " AND currency = ANY($2::text[]) AND valid_from <= $3 AND replaced_at IS NULL AND (valid_to IS NULL OR valid_to >= $3)",
        [one.value for one in programmes], [currency.value, BASE.value], on, tx=tx,
    )  # fmt: skip
    own = {Programme(row["programme"]): row["per_tonne_minor"] for row in rows if row["currency"] == currency}
    found = {programme: PerTonne(minor) for programme, minor in own.items()}
    others = {Programme(row["programme"]): row["per_tonne_minor"] for row in rows if row["currency"] != currency}
    if others.keys() - own.keys():
        rate = await find_rate(currency, on=on, days=rate_days, tx=tx)
        found |= {programme: PerTonne(minor, rate) for programme, minor in others.items() if programme not in own}
    return found


async def quote(
    programme: Programme,
    mass_g: int,
    *,
    currency: Currency,
    on: date,
    rate_days: int = RATE_DAYS,
    tx: Tx | None = None,
) -> Quote:
    """The price of `mass_g` grams alone, by what is valid on that day.

    Rounded up to a minor unit, at least one. Whether there is anything to sell is not asked here: `supply` and
    `reserve` look at the lots.

    Raises:
        PriceUnknown: no price is valid on that day.
        RateUnknown, RateTooOld: there is one in yuan only, and no rate that may be used.
    """
    found = await price_all([programme], currency=currency, on=on, rate_days=rate_days, tx=tx)
    if programme not in found:
        raise PriceUnknown(programme=programme.value)
    per_tonne = found[programme]
    return Quote(programme, mass_g, per_tonne.amount_minor(mass_g), currency, per_tonne)
