"""What a marker is, how its bytes are told from changed ones, and what deciding about lost time would do. Pure."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec

from app.kernel.clock import beijing_day

DAYS_MOST: Final = 90
"""How far back time may be lost: channels keep their bills for about that long."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a lot or a register stands."""

    name: str
    next: int
    """The first gram or number that is not given."""
    bound: int
    """The first that must not be given before another marker is written."""
    code: str | None = None


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The newest transfer: how many numbers have been given, and the digest of that one."""

    size: int | None
    root: str


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """What must never be given twice, as it is written outside of the database."""

    version: int
    no: int
    token: str
    at: str
    timeline: str
    is_followed: bool
    """Whether what was acknowledged was on a second server, too."""
    head: Head
    lots: list[Place]
    registers: list[Place]
    digest: str = ""
    """Of all the rest."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the marker outside knows and this database does not: `marker`, `lot`, `register`, `head`, `timeline`."""

    what: str
    name: str
    expected: int | None
    found: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """A lot or a register that is to be given up to there."""

    kind: str
    name: str
    upto: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """What may have been given in the lost time: from `start` to before `stop`."""

    kind: str
    name: str
    start: int
    stop: int
    free: int
    """Of a lot the grams that nobody holds, which can be set aside at once; of a register all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What deciding would do."""

    case_id: str
    noticed_at: datetime
    marker: Marker
    findings: tuple[Finding, ...]
    last_posted_at: datetime | None
    since: datetime
    ranges: tuple[Range, ...]
    days: tuple[tuple[str, date], ...]
    open_payments: int
    """Payments we know that are not final; their channels are asked."""
    sessions: int
    """People who were signed in at that moment; whoever signed in later must do so again."""


def sealed(told: dict[str, Any]) -> bytes:
    """The bytes of a planned marker, with their own digest."""
    marker = msgspec.convert(told, Marker)
    return msgspec.json.encode(msgspec.structs.replace(marker, digest=_digest(marker)), order="sorted")


def opened(data: bytes) -> Marker | None:
    """The marker in these bytes; None where they are none, or were changed."""
    try:
        marker = msgspec.json.decode(data, type=Marker)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return marker if marker.version == 1 and marker.digest == _digest(marker) else None


def want_of(detail: str | None) -> Want | None:
    """What was refused, as PostgreSQL names it: `lot:7:123456`."""
    kind, _, rest = (detail or "").partition(":")
    name, _, upto = rest.rpartition(":")
    return (
        Want(kind=kind, name=name, upto=int(upto)) if kind in {"lot", "register"} and name and upto.isdigit() else None
    )


def days_between(since: datetime, until: datetime) -> list[date]:
    """The days of Beijing from one moment to another, both included."""
    first, last = beijing_day(since), beijing_day(until)
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _digest(marker: Marker) -> str:
    plain = msgspec.json.encode(msgspec.structs.replace(marker, digest=""), order="sorted")
    return hashlib.sha256(plain).hexdigest()
