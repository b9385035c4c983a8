"""Credits of an order: set aside line by line, used by its retirements, given back. The only file that reserves."""

from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest

from app.commerce.orders.reading import LineRow
from app.gateways.database import Tx
from app.registry import holdings
from app.registry.holdings import Mix, Scheme


async def set_aside(
    lines: Sequence[LineRow], *, accepting: Sequence[Scheme | None] = (), expires_at: datetime, tx: Tx
) -> None:
    """Reserve the grams of every line from the platform's stock, each programme's as it was priced.

    `accepting` is the scheme of each line; without it nobody asks, as for lines that were accepted before.

    Raises:
        ProgrammeNotAccepted: a line's scheme does not accept a programme of it.
        CreditsExhausted: not all are there; `field` is `/` and the line's place, from 0. What was reserved before it
            stands in the transaction still.
        BalanceTooLow: somebody was faster; try again in a new transaction.
    """
    if len(lines) > 1:
        await line_up(lines, tx=tx)
    for at, (line, scheme) in enumerate(zip_longest(lines, accepting)):
        only = line.prices[0].programme if len(line.prices) == 1 else None
        mix = only or Mix.by_mass({price.programme: price.mass_g for price in line.prices})
        try:
            await holdings.reserve(line.cause, mix, line.mass_g, accepting=scheme, expires_at=expires_at, tx=tx)
        except holdings.CreditsExhausted as exhausted:
            exhausted.field = f"/{at}"
            raise


async def line_up(lines: Sequence[LineRow], *, tx: Tx) -> None:
    """Before several lines are set aside in one transaction: so that no two such transactions wait for each other."""
    await holdings.line_up((price.programme for line in lines for price in line.prices), tx=tx)


async def give_back(lines: Sequence[LineRow], *, tx: Tx) -> None:
    """Release what is held for these lines, in one statement; a repeat changes nothing."""
    await holdings.release_many([line.cause for line in lines], tx=tx)
