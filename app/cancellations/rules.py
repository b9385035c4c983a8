"""Which tonnes come next, what of the retired grams they cover, what a second person is shown. Pure.

Gram g of a lot lies in its tonne g // 1 000 000. Retired grams fill a lot from its start without a gap, so a lot's
retired grams are [0, retired).
"""

import re
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from io import BytesIO
from typing import Any, Final

import msgspec

from app.cancellations.errors import DayUnfit, EvidenceTooLarge, EvidenceUnfit, ReasonUnfit, ReferenceUnfit
from app.kernel.mass import GRAMS_PER_TONNE
from app.kernel.text import Text


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
    """A second person said no. Final; the tonnes may be proposed again."""
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


# ---- what a second person is shown ----------------------------------------------------------------------------------

PAYLOAD_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is proposed: these tonnes of this lot, named as the registry names them."""

    reference: str
    mode: Mode
    programme: str
    project: str
    lot: str
    serial: str
    block_start: int
    """The registry's number of the lot's first tonne."""
    tonnes: Tonnes
    beneficiary: Text
    """In whose name: the platform's, since a tonne is shared by many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A proof that was uploaded."""

    sha256: bytes
    name: str
    kind: "EvidenceKind"
    size: int

    @property
    def file_name(self) -> str:
        """Where it is kept: by what it holds, so that the same proof is kept once."""
        return f"{self.sha256.hex()}.{self.kind.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What the registry answered a person."""

    registry_reference: str
    cancelled_on: date
    evidence: Evidence


def payload(wanted: Wanted, reported: Reported | None = None) -> str:
    """Canonical JSON of all that the second person agrees to: sorted keys, no spaces; the text that is hashed."""
    said: dict[str, Any] = {
        "version": PAYLOAD_VERSION,
        "reference": wanted.reference,
        "mode": wanted.mode.value,
        "programme": wanted.programme,
        "project": wanted.project,
        "lot": wanted.lot,
        "serial": wanted.serial,
        "start_t": wanted.tonnes.start_t,
        "stop_t": wanted.tonnes.stop_t,
        "tonnes": wanted.tonnes.count,
        "first": wanted.block_start + wanted.tonnes.start_t,
        "last": wanted.block_start + wanted.tonnes.stop_t - 1,
        "beneficiary": {"zh": wanted.beneficiary.zh, "en": wanted.beneficiary.en},
    }
    if reported is not None:
        said["registry_reference"] = reported.registry_reference
        said["cancelled_on"] = reported.cancelled_on.isoformat()
        said["evidence"] = {
            "sha256": reported.evidence.sha256.hex(),
            "name": reported.evidence.name,
            "kind": reported.evidence.kind.value,
            "size": reported.evidence.size,
        }
    return msgspec.json.encode(said, order="deterministic").decode()


def told(payload_text: str) -> Wanted:
    """What a payload proposes, for whoever shows it or sends it."""
    said = msgspec.json.decode(payload_text)
    return Wanted(
        reference=said["reference"],
        mode=Mode(said["mode"]),
        programme=said["programme"],
        project=said["project"],
        lot=said["lot"],
        serial=said["serial"],
        block_start=said["first"] - said["start_t"],
        tonnes=Tonnes(said["start_t"], said["stop_t"]),
        beneficiary=Text(zh=said["beneficiary"]["zh"], en=said["beneficiary"]["en"]),
    )


# ---- what a person types and uploads --------------------------------------------------------------------------------

EVIDENCE_BYTES_MAX: Final = 2 * 1024 * 1024
EVIDENCE_NAME_MAX: Final = 120
_REFERENCE: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z\-_./]{2,63}")
_MAGIC: Final = (("pdf", b"%PDF-"), ("png", b"\x89PNG\r\n\x1a\n"), ("jpg", b"\xff\xd8\xff"))
_BOOK: Final = frozenset({"[Content_Types].xml", "xl/workbook.xml"})


class EvidenceKind(StrEnum):
    """What a proof may be, told by its content."""

    PDF = "pdf"
    """A document."""
    PNG = "png"
    """A screenshot."""
    JPG = "jpg"
    """A photograph."""
    XLSX = "xlsx"
    """A registry's table."""
    JSON = "json"
    """A registry's signed receipt; never uploaded."""


def evidence_kind(data: bytes) -> EvidenceKind:
    """What the bytes are, whatever their name says.

    Raises:
        EvidenceTooLarge: more than 2 MB.
        EvidenceUnfit: nothing, or nothing we keep.
    """
    if len(data) > EVIDENCE_BYTES_MAX:
        raise EvidenceTooLarge(most_mb=EVIDENCE_BYTES_MAX // 1024 // 1024)
    for name, magic in _MAGIC:
        if data.startswith(magic):
            return EvidenceKind(name)
    if data.startswith(b"PK\x03\x04") and _is_book(data):
        return EvidenceKind.XLSX
    raise EvidenceUnfit


def plain_name(typed: str) -> str:
    """A file's name to show again: its last part, without control characters, at most 120 characters."""
    last = unicodedata.normalize("NFC", typed).replace("\\", "/").rpartition("/")[2]
    shown = "".join(letter for letter in last if letter.isprintable()).strip()
    head, dot, tail = shown.rpartition(".")
    if len(shown) > EVIDENCE_NAME_MAX and dot and len(tail) <= 8:
        return head[: EVIDENCE_NAME_MAX - len(tail) - 1] + "." + tail
    return shown[:EVIDENCE_NAME_MAX] or "evidence"


def plain_reference(typed: str) -> str:
    """A registry's number as it is kept: NFKC, trimmed.

    Raises:
        ReferenceUnfit: it cannot be one.
    """
    plain = unicodedata.normalize("NFKC", typed).strip()
    if not _REFERENCE.fullmatch(plain):
        raise ReferenceUnfit
    return plain


def plain_reason(typed: str) -> str:
    """Why something is sent back, trimmed.

    Raises:
        ReasonUnfit: fewer than 2 or more than 400 characters.
    """
    plain = typed.strip()
    if not 2 <= len(plain) <= 400:
        raise ReasonUnfit
    return plain


def cancelling_day(typed: str, *, issued_on: date, today: date) -> date:
    """The day on which the registry cancelled: from the lot's issue to today, both included.

    Raises:
        DayUnfit: another day, or none.
    """
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        day = None
    if day is None or not issued_on <= day <= today:
        raise DayUnfit(first=issued_on.isoformat(), last=today.isoformat())
    return day


def _is_book(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            return set(packed.namelist()) >= _BOOK  # names only: nothing is unpacked
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False


_ASK_PAUSES_S: Final = (15, 30, 60, 300, 1800)


def next_query_at(now: datetime, *, queries: int) -> datetime:
    """When to ask a silent registry again: after 15 s, 30 s, 1 min, 5 min, then each half hour."""
    return now + timedelta(seconds=_ASK_PAUSES_S[min(queries, len(_ASK_PAUSES_S) - 1)])
