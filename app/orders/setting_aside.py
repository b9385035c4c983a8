"""Credits of an order: set aside part by part, used by its retirements, given back. The only file that reserves."""

from collections.abc import Sequence
from datetime import datetime

from app import credits
from app.gateways.database import Tx
from app.orders.reading import PartFacts
from app.orders.rules import reservation_names


async def set_aside(parts: Sequence[PartFacts], *, expires_at: datetime, tx: Tx) -> None:
    """Reserve the grams of every line.

    Raises:
        CreditsExhausted: not all are there. What was reserved before it stands in the transaction still.
        BalanceTooLow: somebody was faster; try again in a new transaction.
    """
    for part in parts:
        for name, line in zip(names_of(part), part.lines, strict=True):
            await credits.reserve(name, line.programme, line.mass_g, expires_at=expires_at, tx=tx)


async def give_back(parts: Sequence[PartFacts], *, tx: Tx) -> None:
    """Release what is held for these parts; a repeat changes nothing."""
    for part in parts:
        for name in names_of(part):
            await credits.release(name, tx=tx)


def names_of(part: PartFacts) -> tuple[str, ...]:
    """The purposes a part's lines are reserved under, in the order of its lines."""
    return reservation_names(part.cause, [line.programme for line in part.lines])
