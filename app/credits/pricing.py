"""What credits cost."""

from dataclasses import dataclass
from datetime import date

from app.credits.errors import PriceUnknown
from app.credits.rules import Programme
from app.gateways.database import Tx, fetch, fetch_value
from app.kernel.money import Currency, price_minor


@dataclass(frozen=True, slots=True)
class Quote:
    """What a mass costs, and at which price per tonne."""

    programme: Programme
    mass_g: int
    amount_minor: int
    currency: Currency
    per_tonne_minor: int


async def set_price(programme: Programme, *, per_tonne_minor: int, currency: Currency, valid_from: date) -> None:
    """Let a tonne cost this from `valid_from` on (that day included); the same day's earlier price is replaced."""
    await fetch(
        "INSERT INTO credit_price (programme, currency, per_tonne_minor, valid_from) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT ON CONSTRAINT credit_price_programme_currency_from_key"
        " DO UPDATE SET per_tonne_minor = excluded.per_tonne_minor",
        programme.value, currency.value, per_tonne_minor, valid_from,
    )  # fmt: skip


async def quote(programme: Programme, mass_g: int, *, currency: Currency, on: date, tx: Tx | None = None) -> Quote:
    """The price of `mass_g` grams by the latest price whose first day is not after `on`.

    Rounded up to a minor unit, at least one.

    Raises:
        PriceUnknown: no price is valid on that day.
    """
    per_tonne_minor = await fetch_value(
        "SELECT per_tonne_minor FROM credit_price WHERE programme = $1 AND currency = $2 AND valid_from <= $3"
        " ORDER BY valid_from DESC LIMIT 1",
        programme.value, currency.value, on, tx=tx,
    )  # fmt: skip
    if per_tonne_minor is None:
        raise PriceUnknown(programme=programme.value)
    amount_minor = price_minor(mass_g, per_tonne_minor=per_tonne_minor)
    return Quote(programme, mass_g, amount_minor, currency, per_tonne_minor)
