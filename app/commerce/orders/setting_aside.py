"""Credits of an order: set aside part by part, used by its retirements, given back. The only file that reserves."""

from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest

from app.commerce.orders.reading import PartRow
from app.gateways.database import Tx
from app.registry import holdings
from app.registry.holdings import Mix, Scheme


async def set_aside(
    parts: Sequence[PartRow], *, accepting: Sequence[Scheme | None] = (), expires_at: datetime, tx: Tx
) -> None:
    """Reserve the grams of every part from the platform's stock, each programme's as it was priced.

    `accepting` is the scheme of each part; without it nobody asks, as for parts that were accepted before.

    Raises:
        ProgrammeNotAccepted: a part's scheme does not accept a programme of it.
        CreditsExhausted: not all are there; `field` is `/` and the part's place, from 0. What was reserved before it
            stands in the transaction still.
        BalanceTooLow: somebody was faster; try again in a new transaction.
    """
    if len(parts) > 1:
        await line_up(parts, tx=tx)
    for at, (part, scheme) in enumerate(zip_longest(parts, accepting)):
        only = part.lines[0].programme if len(part.lines) == 1 else None
        mix = only or Mix.by_mass({line.programme: line.mass_g for line in part.lines})
        try:
            await holdings.reserve(part.cause, mix, part.mass_g, accepting=scheme, expires_at=expires_at, tx=tx)
        except holdings.CreditsExhausted as exhausted:
            exhausted.field = f"/{at}"
            raise


async def line_up(parts: Sequence[PartRow], *, tx: Tx) -> None:
    """Before several parts are set aside in one transaction: so that no two such transactions wait for each other."""
    await holdings.line_up((line.programme for part in parts for line in part.lines), tx=tx)


async def give_back(parts: Sequence[PartRow], *, tx: Tx) -> None:
    """Release what is held for these parts, in one statement; a repeat changes nothing."""
    await holdings.release_many([part.cause for part in parts], tx=tx)
