"""The lines of a joint order, each for one beneficiary or account: to be paid, on their way, and arrived."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from app.registry.claims import ClaimFacts
from app.views.certificates.record import FigureLine, SliceLine
from app.views.page import Amount


class RetireLineState(StrEnum):
    """How far one line of a joint order is."""

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
class PriceShown:
    """How much of one programme, and what that costs."""

    programme: str
    mass_g: int
    per_tonne: Amount
    amount: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireLineShown:
    """What a joint order retires for one beneficiary, and where that stands."""

    fulfil: ClassVar = "retire"
    no: int
    beneficiary: str | None
    """An organisation's name; None: the person who placed the order."""
    claim: ClaimFacts
    subject: str
    """The scene, and what within it."""
    mass_g: int
    reach: str
    """How much of it this line covers, in words; with an actual figure, how much of that all covers that is retired."""
    figure: FigureLine | None = None
    amount: Amount
    prices: tuple[PriceShown, ...]
    scheme: str | None = None
    state: RetireLineState
    retirement_number: str | None = None
    slices: tuple[SliceLine, ...] = ()
    """Known with the statement, whose frozen record they are read from."""
    certificate_number: str | None = None
    certificate_url: str | None = None
    verify_code: str | None = None
    verify_url: str | None = None


class HoldLineState(StrEnum):
    """Where the grams of a line are that is held."""

    WAITING = "waiting"
    """待付款: its credits are set aside."""
    ARRIVING = "arriving"
    """存入中: paid, and on their way into the account."""
    HELD = "held"
    """已存入"""
    RETURNED = "returned"
    """已退回: all of it was given back, or nothing was bought."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldLineShown:
    """What an order holds in one account, and what of it can be given back."""

    fulfil: ClassVar = "hold"
    no: int
    account: str | None
    """A named account's name; None: the payer's own holding."""
    mass_g: int
    amount: Amount
    prices: tuple[PriceShown, ...]
    scheme: str | None = None
    state: HoldLineState
    back_g: int = 0
    """Given back already."""
    back: Amount | None = None
    """For what of its price; None: nothing was given back."""
    free_g: int = 0
    """What can be given back now: still in its account, and set aside for nothing."""
    free: Amount | None = None
    """What the payer would get for it; None: nothing can be given back."""


class Fulfils(StrEnum):
    """What an order of lines does with its grams."""

    RETIRE = "retire"
    HOLD = "hold"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesShown:
    """The lines of a joint order that one page shows."""

    items: tuple[RetireLineShown | HoldLineShown, ...]
    """By number."""
    fulfils: Fulfils = Fulfils.RETIRE
    """Of the whole order."""
    count: int
    """Of the whole order's lines."""
    payer: str | None
    """The organisation that pays; None: the person."""
    earlier_url: str | None = None
    later_url: str | None = None
