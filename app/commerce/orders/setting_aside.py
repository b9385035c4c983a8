"""Credits of an order: set aside line by line, within what may be unpaid, and given back. The only file that reserves."""

from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest

from app.commerce.orders.errors import OrganisationTooMuchUnpaid, TooManyUnpaid, TooMuchUnpaid
from app.commerce.orders.reading import LineRow, OrderFacts
from app.commerce.orders.rules import Bounds
from app.gateways.database import Tx, fetch_one
from app.kernel import mass
from app.kernel.ids import public
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


class Quoted(Exception):
    """The order shall be taken without setting anything aside; its transaction is given up for another one."""


async def keep_within(order: OrderFacts, bounds: Bounds, *, tx: Tx) -> None:
    """Refuse, or quote, an order that was just written and set aside; whoever is next in line waits for the commit.

    Raises:
        Quoted: it is too large to be set aside unpaid, or too much is set aside from its address or altogether.
        TooMuchUnpaid, OrganisationTooMuchUnpaid: its payer has others, which come first.
        TooManyUnpaid: its payer has many others.
    """
    row = await fetch_one(
        "SELECT finding, programme, unpaid_g, most_g, other FROM orders.look_at_unpaid($1, $2, $3, $4, $5, $6, $7)",
        order.id, bounds.person_permille, bounds.organisation_permille, bounds.address_permille, bounds.total_permille,
        bounds.floor_g, bounds.orders_most, tx=tx,
    )  # fmt: skip
    if row is None:
        return
    match row["finding"]:
        case "many":
            raise TooManyUnpaid(most=row["most_g"], order=public("ord", row["other"]))
        case "payer":
            told = {
                "programme": row["programme"],
                "unpaid": mass.text(row["unpaid_g"]),
                "most": mass.text(row["most_g"]),
                "order": public("ord", row["other"]),
            }
            if order.payer_id == order.person_id:
                raise TooMuchUnpaid(**told)
            raise OrganisationTooMuchUnpaid(**told)
        case _:
            raise Quoted


async def line_up(lines: Sequence[LineRow], *, tx: Tx) -> None:
    """Before several lines are set aside in one transaction: so that no two such transactions wait for each other."""
    await holdings.line_up((price.programme for line in lines for price in line.prices), tx=tx)


async def give_back(lines: Sequence[LineRow], *, tx: Tx) -> None:
    """Release what is held for these lines, in one statement; a repeat changes nothing."""
    await holdings.release_many([line.cause for line in lines], tx=tx)
