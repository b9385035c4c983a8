"""Which tonnes come next, and what of the retired grams they cover. Pure.

Gram g of a lot lies in its tonne g // 1 000 000. Retired grams fill a lot from its start without a gap, so a lot's
retired grams are [0, retired).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from app.kernel.mass import GRAMS_PER_TONNE
from app.kernel.text import Text

KIND: Final = "upstream_cancellation"
"""Of its approvals, whose subject is our number."""


class Mode(StrEnum):
    """How the registry is told."""

    HAND = "hand"
    """人工办理: a person does it at the registry and brings the proof."""
    REGISTRY = "registry"
    """接口办理: our worker asks, the registry's signed receipt is the proof."""


class State(StrEnum):
    """Where a cancellation stands. By hand: proposed, reported, cancelled. By wire: proposed, approved, sending, cancelled."""

    PROPOSED = "proposed"
    """One person wants it. By hand it waits for the proof, by wire for a second person."""
    REPORTED = "reported"
    """The proof is there; a second person has not looked at it yet."""
    APPROVED = "approved"
    """A second person agrees; the registry has not been asked yet."""
    SENDING = "sending"
    """The registry is being asked."""
    UNKNOWN = "unknown"
    """It was asked and nothing final is known: it is asked again."""
    CANCELLED = "cancelled"
    """Gone at the registry, with proof. Final."""
    RETURNED = "returned"
    """A second person said no, or who proposed it took it back. Final; the tonnes may be proposed again."""
    REFUSED = "refused"
    """The registry said no. Final; the tonnes may be proposed again."""

    @property
    def text(self) -> Text:
        """For people."""
        return _STATES[self]


_STATES: Final = {
    State.PROPOSED: Text(zh="已提请", en="proposed"),
    State.REPORTED: Text(zh="待复核", en="to be reviewed"),
    State.APPROVED: Text(zh="已复核，待发送", en="approved, to be sent"),
    State.SENDING: Text(zh="发送中", en="being sent"),
    State.UNKNOWN: Text(zh="等待登记机构确认", en="waiting for the registry"),
    State.CANCELLED: Text(zh="上游已注销", en="cancelled upstream"),
    State.RETURNED: Text(zh="已退回", en="sent back"),
    State.REFUSED: Text(zh="登记机构拒绝", en="refused by the registry"),
}
VOID: Final = frozenset({State.RETURNED, State.REFUSED})
"""The tonnes are free to be proposed again."""
FINAL: Final = VOID | {State.CANCELLED}
UNDER_WAY: Final = frozenset(State) - FINAL


@dataclass(frozen=True, slots=True, order=True)
class Tonnes:
    """Whole tonnes of a lot, counted from its first: [start_t, stop_t)."""

    start_t: int
    stop_t: int

    @property
    def count(self) -> int:
        """How many."""
        return self.stop_t - self.start_t

    @property
    def said(self) -> str:
        """Which, as a form carries them: `0-3`."""
        return f"{self.start_t}-{self.stop_t}"

    def within_g(self, start_g: int, stop_g: int) -> int:
        """How many of the grams [start_g, stop_g) lie in these tonnes."""
        first, last = max(start_g, self.start_t * GRAMS_PER_TONNE), min(stop_g, self.stop_t * GRAMS_PER_TONNE)
        return max(0, last - first)


def whole_tonnes(retired_g: int) -> int:
    """The tonnes that hold a retired gram: rounded up, so that the last one is covered ahead."""
    return -(-retired_g // GRAMS_PER_TONNE)


def next_tonnes(retired_g: int, taken: Iterable[Tonnes]) -> Tonnes | None:
    """The first run of tonnes that hold a retired gram and that nobody has proposed; None where there is none.

    `taken` are those cancelled and those under way. A run that was sent back or refused is filled before
    anything after it.
    """
    start_t, stop_t = 0, whole_tonnes(retired_g)
    for one in sorted(taken):
        if start_t < one.start_t:
            stop_t = min(stop_t, one.start_t)
            break
        start_t = max(start_t, one.stop_t)
    return Tonnes(start_t, stop_t) if start_t < stop_t else None


def covered_g(start_g: int, stop_g: int, cancelled: Iterable[Tonnes]) -> int:
    """How many of the grams [start_g, stop_g) lie in cancelled tonnes, which never overlap."""
    return sum(one.within_g(start_g, stop_g) for one in cancelled)


def uncovered_g(retired_g: int, cancelled: Iterable[Tonnes]) -> int:
    """Grams retired here whose tonne still stands at the registry: the gap (缺口).

    max(0, retired − cancelled) where the cancelled tonnes begin at the start without a hole, and more where they do not.
    """
    return retired_g - covered_g(0, retired_g, cancelled)


def ahead_g(retired_g: int, cancelled: Iterable[Tonnes]) -> int:
    """Grams cancelled there and not yet retired here: usable here and nowhere else."""
    return sum(one.count * GRAMS_PER_TONNE - one.within_g(0, retired_g) for one in cancelled)


def first_uncovered_g(cancelled: Iterable[Tonnes]) -> int:
    """The first gram of the lot whose tonne still stands: retired or not."""
    stop_t = 0
    for one in sorted(cancelled):
        if one.start_t > stop_t:
            break
        stop_t = max(stop_t, one.stop_t)
    return stop_t * GRAMS_PER_TONNE


# ---- what certificates show -----------------------------------------------------------------------------------------


class UpstreamState(StrEnum):
    """Whether grams retired here are also cancelled at the registry they came from."""

    POOLED = "pooled"
    """Nothing yet: their tonne waits."""
    SUBMITTED = "submitted"
    """On its way to the registry, not confirmed."""
    PARTLY = "partly"
    """Some of the grams, not all."""
    CANCELLED = "cancelled"
    """All of them, with proof."""


@dataclass(frozen=True, slots=True)
class Span:
    """Grams [start_g, stop_g) of the lot with this code."""

    lot: str
    start_g: int
    stop_g: int


@dataclass(frozen=True, slots=True)
class LotRange:
    """Grams [start_g, stop_g) of the lot with this id."""

    lot_id: int
    start_g: int
    stop_g: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A cancellation that the registry has confirmed."""

    reference: str
    """Ours: `UC-…`."""
    lot: str
    registry_reference: str
    cancelled_on: date
    first: int
    """The registry's number of its first tonne."""
    last: int
    """Of its last, included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanCover:
    """What of a span is cancelled upstream, and by what."""

    span: Span
    covered_g: int
    under_way_g: int
    proofs: tuple[Proof, ...]

    @property
    def state(self) -> UpstreamState:
        """In one word."""
        return _state(self.span.stop_g - self.span.start_g, covered=self.covered_g, under_way=self.under_way_g)


def together(covers: Sequence[SpanCover]) -> UpstreamState:
    """One word for all spans of a certificate: two lots of which one is cancelled are `partly`."""
    return _state(
        sum(one.span.stop_g - one.span.start_g for one in covers),
        covered=sum(one.covered_g for one in covers),
        under_way=sum(one.under_way_g for one in covers),
    )


def _state(mass_g: int, *, covered: int, under_way: int) -> UpstreamState:
    if covered and covered == mass_g:
        return UpstreamState.CANCELLED
    if covered:
        return UpstreamState.PARTLY
    return UpstreamState.SUBMITTED if under_way else UpstreamState.POOLED


_ASK_PAUSES_S: Final = (15, 30, 60, 300, 1800)


def next_query_at(now: datetime, *, queries: int) -> datetime:
    """When to ask a silent registry again: after 15 s, 30 s, 1 min, 5 min, then each half hour."""
    return now + timedelta(seconds=_ASK_PAUSES_S[min(queries, len(_ASK_PAUSES_S) - 1)])
