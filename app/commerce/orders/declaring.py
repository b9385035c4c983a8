"""What orders declare as a kind of thing that is paid for; `workers/subjects.py` has it in its table."""

from typing import Final
from uuid import UUID

from app.commerce.orders.errors import OrderUnknown
from app.commerce.orders.expiring import expire_due
from app.commerce.orders.fulfilling import finish_refunds, fulfil
from app.commerce.orders.giving_back import give_back, refundable
from app.commerce.orders.reading import recall
from app.commerce.payments import Description, SubjectKind
from app.kernel import mass
from app.kernel.text import Text


async def describe(order_id: UUID) -> Description | None:
    """What a cashier shows of an order; None where there is no such order."""
    try:
        order = await recall(order_id)
    except OrderUnknown:
        return None
    shown = mass.text(order.mass_g)
    return Description(
        title=Text(zh=f"碳减排量 {shown}", en=f"{shown} of carbon credits"),
        amount_minor=order.amount_minor,
        currency=order.currency,
        expires_at=order.expires_at,
    )


ORDER: Final = SubjectKind(
    describe=describe,
    fulfil=fulfil,
    finish_refunds=finish_refunds,
    refundable=refundable,
    give_back=give_back,
    expire_due=expire_due,
    sold="orders.sold",
)
