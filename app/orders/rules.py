"""Words and figures of an order. Pure."""

from enum import StrEnum
from typing import Final

RESERVED_FOR_S: Final = 30 * 60
"""How long an order waits for its money; WeChat's own limit for a prepared payment is two hours."""


class OrderState(StrEnum):
    """Where an order stands; its retirement and certificate have states of their own."""

    PLACED = "placed"
    """Credits are set aside; nobody has paid yet."""
    PAID = "paid"
    """Paid for; the retirement is requested."""
    EXPIRED = "expired"
    """Nobody paid in time; the credits went back. A late payment is honoured or refunded."""
    CANCELLED = "cancelled"
    """Its owner changed their mind before paying."""
    REFUNDING = "refunding"
    """Paid, but the credits are gone: the money goes back."""
    REFUNDED = "refunded"
    """The money is back."""


CLOSED_UNPAID: Final = (OrderState.EXPIRED, OrderState.CANCELLED)


def cause_of(order_id: object) -> str:
    """The cause under which an order reserves, is paid and retires."""
    return f"order:{order_id}"
