"""Words and figures of an order. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.kernel.graphemes import has_controls
from app.registry.claims.rules import Mandate, NewClaim
from app.registry.holdings.mix_rules import Mix
from app.registry.holdings.recognition_rules import Scheme
from app.registry.retirements.rules import Funding

LINES_MOST: Final = 200
"""Lines of one order."""
GRAMS_MOST: Final = 10**15
"""Of one line: a thousand million tonnes, whose price in fen still fits."""
TEXT_MOST: Final = 120
"""Characters of a subject, a ground or a document's name."""

RESERVED_FOR_S: Final = 30 * 60
"""How long an order waits for its money before a way to pay is chosen; that way may take longer (`Method.waits`)."""


class OrderState(StrEnum):
    """Where an order stands; its retirement and certificate have states of their own."""

    QUOTED = "quoted"
    """Priced, and too large to be set aside unpaid: money, or a person of ours, makes it hold its grams."""
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


PARTLY_REFUNDED: Final = "partly_refunded"
"""How a paid order is shown of which lines were given back in line; its row stays paid."""
UNPAID: Final = (OrderState.QUOTED, OrderState.PLACED)
"""Waits for its money."""
CLOSED_UNPAID: Final = (OrderState.EXPIRED, OrderState.CANCELLED)
HOLDING_NOTHING: Final = (OrderState.QUOTED, *CLOSED_UNPAID)
"""Money that comes for one of these must find its grams first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much may be set aside without being paid. Source: docs/decisions/0030-unpaid-is-bounded.md.

    Shares are of 1 000 lines of what is open or set aside of a programme.
    """

    person_permille: int
    """By one person; a single order above it is quoted."""
    address_permille: int
    """By all persons behind one address; beyond it orders are quoted."""
    organisation_permille: int
    """By one organisation; a single order above it is quoted."""
    total_permille: int
    """By everybody; beyond it orders are quoted."""
    floor_g: int
    """What anybody may set aside however little is open."""
    orders_most: int
    """Unpaid orders of one payer."""
    quoted_for: timedelta
    """How long an organisation's quoted order keeps its price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRetireLine:
    """What shall be retired for one claim."""

    claim: NewClaim
    mandate: Mandate | None = None
    """On which ground the payer pays for another."""
    funding: Funding = Funding.ORDER
    """Or it is given: then nobody asks on which ground."""
    mass_g: int
    """What is retired."""
    mix: Mix
    """By share, by mass (together the line's), or in order of preference."""
    accepting: Scheme | None = None
    """The recognition scheme under which it is ordered; None: any programme we sell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHoldLine:
    """What shall be held in one account of the payer."""

    account_id: UUID
    mass_g: int
    mix: Mix
    accepting: Scheme | None = None
    """As of a line."""


NewLine = NewRetireLine | NewHoldLine


def cause_of(order_id: object) -> str:
    """The cause under which an order is paid."""
    return f"order:{order_id}"


def line_cause(order_id: object, no: int, *, lines: int) -> str:
    """The cause under which a line reserves and retires: the order's own where it is the only one.

    Source: docs/decisions/0018-orders-with-lines.md.
    """
    return cause_of(order_id) if lines == 1 else f"{cause_of(order_id)}/{no}"


def is_plain(text: str) -> bool:
    """Whether a text is one line of a certificate; whether there are glyphs for it is asked of `fonts`."""
    return bool(text.strip()) and len(text) <= TEXT_MOST and not has_controls(text)
