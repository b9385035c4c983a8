"""The parts of a joint order, each for one beneficiary: on its cashier, while it is on its way, and when it has arrived."""

from dataclasses import dataclass
from enum import StrEnum

from app.registry.claims import ClaimFacts
from app.views.certificates.record import SliceLine
from app.views.page import Amount


class PartState(StrEnum):
    """How far one part of a joint order is."""

    WAITING = "waiting"
    """待付款: its credits are set aside."""
    RETIRING = "retiring"
    """注销中"""
    RETIRED = "retired"
    """已注销: final; its statement is being written."""
    DONE = "done"
    """已出证"""
    RETURNED = "returned"
    """已退回: nothing was retired, its credits are free again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartPrice:
    """How much of one programme, and what that costs."""

    programme: str
    mass_g: int
    per_tonne: Amount
    amount: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPart:
    """What a joint order retires for one beneficiary, and where that stands."""

    no: int
    beneficiary: str | None
    """An organisation's name; None: the person who placed the order."""
    claim: ClaimFacts
    subject: str
    """The scene, and what within it."""
    mass_g: int
    reach: str
    """How much of it this part covers, in words."""
    amount: Amount
    prices: tuple[PartPrice, ...]
    scheme: str | None = None
    state: PartState
    retirement_number: str | None = None
    slices: tuple[SliceLine, ...] = ()
    """Known with the statement, whose frozen record they are read from."""
    certificate_number: str | None = None
    certificate_url: str | None = None
    verify_code: str | None = None
    verify_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderParts:
    """The parts of a joint order that one page shows."""

    items: tuple[OrderPart, ...]
    count: int
    """Of the whole order."""
    payer: str | None
    """The organisation that pays; None: the person."""
    earlier_url: str | None = None
    later_url: str | None = None
