"""Reading approvals: one, what waits, what happened."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec

from app.foundation.approvals.errors import ApprovalKindUnknown, ApprovalUnknown
from app.foundation.approvals.rules import State
from app.gateways.database import Row, Tx, fetch, fetch_one, fetch_value
from app.kernel.text import Text

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be approved, and by whom."""

    code: str
    label: Text
    maker_roles: tuple[str, ...]
    decider_roles: tuple[str, ...]
    applicant_roles: tuple[str, ...]
    """Of the organisation that the payload names as its applicant: its people may propose as well."""
    is_one_open: bool
    is_of_party: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What was written down, by whom, and what became of it."""

    id: UUID
    kind: str
    label: Text
    """How its kind is called."""
    subject: str
    payload: str
    """Canonical JSON."""
    sha256: str
    """Of the payload, in hexadecimal; whoever decides names it, and so says what they saw."""
    state: State
    maker_id: UUID | None
    """None: founding."""
    decider_id: UUID | None
    party_id: UUID | None
    """The organisation whose people agree; None: the platform."""
    interested: tuple[UUID, ...]
    is_founding: bool
    reason: str | None
    superseded_by: UUID | None
    proposed_at: datetime
    decided_at: datetime | None

    def said(self) -> Mapping[str, Any]:
        """The payload as an object."""
        return msgspec.json.decode(self.payload, type=dict[str, Any])

    def said_as(self, shape: type[T]) -> T:
        """The payload in the shape of the room above."""
        return msgspec.json.decode(self.payload, type=shape)


@dataclass(frozen=True, slots=True)
class Step:
    """A state it came into, and who brought it there."""

    state: State
    actor_id: UUID | None
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much of one kind waits, and since when the oldest."""

    kind: Kind
    count: int
    oldest_at: datetime


COLUMNS: Final = (
    "a.id, a.kind, k.label_zh, k.label_en, a.subject, a.payload, a.payload_sha256, a.state, a.maker_id, a.decider_id,"
    " a.party_id, a.interested, a.is_founding, a.reason, a.superseded_by, a.proposed_at, a.decided_at"
)
FROM: Final = "approval a JOIN approval_kind k ON k.code = a.kind"


async def find(approval_id: UUID, *, tx: Tx | None = None) -> Approval:
    """One of them. With `tx` its row is locked: nobody else decides until that transaction ends.

    Raises:
        ApprovalUnknown: there is none.
    """
    row = await fetch_one(
        f"SELECT {COLUMNS} FROM {FROM} WHERE a.id = $1{' FOR UPDATE OF a' if tx else ''}", approval_id, tx=tx
    )
    if row is None:
        raise ApprovalUnknown
    return approval(row)


async def find_open(kind: str, subject: str, *, tx: Tx | None = None) -> Approval | None:
    """What waits about this subject, the oldest where the kind allows several; with `tx` its row is locked."""
    row = await fetch_one(
        f"SELECT {COLUMNS} FROM {FROM} WHERE a.kind = $1 AND a.subject = $2 AND a.state = 'proposed'"
        f" ORDER BY a.proposed_at LIMIT 1{' FOR UPDATE OF a' if tx else ''}",
        kind, subject, tx=tx,
    )  # fmt: skip
    return approval(row) if row else None


async def list_open(kind: str, subjects: Collection[str], *, tx: Tx | None = None) -> list[Approval]:
    """What waits about these subjects."""
    rows = await fetch(
        f"SELECT {COLUMNS} FROM {FROM} WHERE a.kind = $1 AND a.subject = ANY($2::text[]) AND a.state = 'proposed'",
        kind, list(subjects), tx=tx,
    )  # fmt: skip
    return [approval(row) for row in rows]


async def find_latest(kind: str, subjects: Collection[str], *, tx: Tx | None = None) -> dict[str, Approval]:
    """What was written down last about each of these subjects, decided or not, by subject."""
    rows = await fetch(
        f"SELECT DISTINCT ON (a.subject) {COLUMNS} FROM {FROM} WHERE a.kind = $1 AND a.subject = ANY($2::text[])"
        " ORDER BY a.subject, a.proposed_at DESC, a.id DESC",
        kind, list(subjects), tx=tx,
    )  # fmt: skip
    return {row["subject"]: approval(row) for row in rows}


async def list_waiting(
    *, role: str | None = None, kind: str | None = None, person: UUID | None = None, limit: int = 200
) -> list[Approval]:
    """What waits, the oldest first: all, of one `kind`, for a `role` at the platform, or what `person` may decide now."""
    source = FROM
    if person:  # cut inside, unless something else is left out afterwards
        most = "CASE WHEN num_nonnulls($1::text, $2::text) = 0 THEN $3::int END"
        source = f"approvals.waiting_for($4, {most}) a JOIN approval_kind k ON k.code = a.kind"
    rows = await fetch(
        f"SELECT {COLUMNS} FROM {source} WHERE a.state = 'proposed'"
        " AND ($1::text IS NULL OR ($1 = ANY (k.decider_roles::text[]) AND NOT k.is_of_party))"
        " AND ($2::text IS NULL OR a.kind = $2) ORDER BY a.proposed_at, a.id LIMIT $3",
        role, kind, limit, *([person] if person else []),
    )  # fmt: skip
    return [approval(row) for row in rows]


async def list_made_by(person: UUID, *, limit: int = 200) -> list[Approval]:
    """What somebody proposed and nobody has decided, the oldest first."""
    rows = await fetch(
        f"SELECT {COLUMNS} FROM {FROM} WHERE a.state = 'proposed' AND a.maker_id = $1 ORDER BY a.proposed_at, a.id LIMIT $2",
        person, limit,
    )  # fmt: skip
    return [approval(row) for row in rows]


async def may_decide(approval_id: UUID, person: UUID) -> bool:
    """Whether this person might decide it now: not its maker, with a role for it, and of no party that it names."""
    return bool(
        await fetch_value(
            "SELECT approvals.refusal(a, $2) IS NULL FROM approval a WHERE a.id = $1", approval_id, person
        )
    )


async def count_waiting(*, person: UUID | None = None) -> list[Waiting]:
    """How much waits, by kind, with the age of the oldest; kinds without any are left out."""
    source = "approvals.waiting_for($1)" if person else "approval"
    rows = await fetch(
        f"SELECT k.*, w.n, w.oldest_at FROM approval_kind k JOIN (SELECT kind, count(*) AS n, min(proposed_at) AS oldest_at"
        f" FROM {source} WHERE state = 'proposed' GROUP BY kind) AS w ON w.kind = k.code ORDER BY w.oldest_at",
        *([person] if person else []),
    )
    return [Waiting(_kind(row), row["n"], row["oldest_at"]) for row in rows]


async def list_kinds() -> list[Kind]:
    """Everything that can be approved, by code."""
    return [_kind(row) for row in await fetch("SELECT * FROM approval_kind ORDER BY code")]


async def find_kind(code: str) -> Kind:
    """One of them.

    Raises:
        ApprovalKindUnknown: there is none.
    """
    row = await fetch_one("SELECT * FROM approval_kind WHERE code = $1", code)
    if row is None:
        raise ApprovalKindUnknown(kind=code)
    return _kind(row)


async def read_history(approval_id: UUID) -> list[Step]:
    """What happened to one, in order."""
    rows = await fetch(
        "SELECT state, actor_id, reason, at FROM approval_event WHERE approval_id = $1 ORDER BY id", approval_id
    )
    return [Step(State(row["state"]), row["actor_id"], row["reason"], row["at"]) for row in rows]


def approval(row: Row) -> Approval:
    """A row of `COLUMNS`."""
    return Approval(
        id=row["id"],
        kind=row["kind"],
        label=Text(zh=row["label_zh"], en=row["label_en"]),
        subject=row["subject"],
        payload=row["payload"],
        sha256=bytes(row["payload_sha256"]).hex(),
        state=State(row["state"]),
        maker_id=row["maker_id"],
        decider_id=row["decider_id"],
        party_id=row["party_id"],
        interested=tuple(row["interested"]),
        is_founding=row["is_founding"],
        reason=row["reason"],
        superseded_by=row["superseded_by"],
        proposed_at=row["proposed_at"],
        decided_at=row["decided_at"],
    )


def _kind(row: Row) -> Kind:
    return Kind(
        code=row["code"],
        label=Text(zh=row["label_zh"], en=row["label_en"]),
        maker_roles=tuple(row["maker_roles"]),
        decider_roles=tuple(row["decider_roles"]),
        applicant_roles=tuple(row["applicant_roles"]),
        is_one_open=row["is_one_open"],
        is_of_party=row["is_of_party"],
    )
