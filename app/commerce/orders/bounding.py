"""How much may be set aside without being paid: looked at last, in the transaction that sets it aside."""

from app.commerce.orders.errors import OrganisationTooMuchUnpaid, TooManyUnpaid, TooMuchUnpaid
from app.commerce.orders.reading import OrderFacts
from app.commerce.orders.rules import Bounds
from app.gateways.database import Tx, fetch_one
from app.kernel import mass
from app.kernel.ids import public


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
