"""Reading checks: for whoever shows something, and for moderators."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.foundation import identity
from app.foundation.identity import Keyring
from app.foundation.moderation.asking import TEXT_PURPOSE
from app.foundation.moderation.errors import CheckUnknown
from app.foundation.moderation.rules import (
    Checker,
    CheckState,
    ContentKind,
    ContentPurpose,
    Item,
    Reason,
    WaitsFor,
)
from app.gateways.database import fetch, fetch_value

LIST_MOST = 50
_COLUMNS = (
    "SELECT c.id, c.kind, c.purpose, c.state, c.waits_for, c.decided_by, c.decider_id, c.reason, c.asked_at, c.decided_at,"
    " (SELECT count(*) FROM content_showing s WHERE s.check_id = c.id) AS persons FROM content_check c"
)


@dataclass(frozen=True, slots=True)
class Shower:
    """Somebody who shows what is checked."""

    person_id: UUID
    sealed: bytes | None


async def states_of(check_ids: Iterable[UUID]) -> dict[UUID, CheckState]:
    """How far each of these checks is, in one statement."""
    rows = await fetch("SELECT id, state FROM content_check WHERE id = ANY($1::uuid[])", list(set(check_ids)))
    return {row["id"]: CheckState(row["state"]) for row in rows}


async def list_recent(state: CheckState | None, *, limit: int = LIST_MOST, keyring: Keyring) -> list[Item]:
    """Checks for a moderator: those that wait for people, the oldest first; of the others the latest first."""
    if state is CheckState.WAITING:
        rows = await fetch(
            f"{_COLUMNS} WHERE c.waits_for = 'people' ORDER BY c.asked_at, c.id LIMIT $1", min(limit, LIST_MOST)
        )
    else:
        rows = await fetch(
            f"{_COLUMNS} WHERE $2::text IS NULL OR c.state = $2 ORDER BY c.asked_at DESC, c.id DESC LIMIT $1",
            min(limit, LIST_MOST), state,
        )  # fmt: skip
    return await _items(rows, keyring)


async def find(check_id: UUID, *, keyring: Keyring) -> Item:
    """One check.

    Raises:
        CheckUnknown: there is none.
    """
    rows = await fetch(f"{_COLUMNS} WHERE c.id = $1", check_id)
    if not rows:
        raise CheckUnknown
    return (await _items(rows, keyring))[0]


async def count_waiting() -> int:
    """How many wait for people."""
    return int(await fetch_value("SELECT count(*) FROM content_check WHERE waits_for = 'people'"))


async def showers_of(check_id: UUID, *, limit: int = 8) -> list[Shower]:
    """Who shows it, the latest first."""
    rows = await fetch(
        "SELECT person_id, sealed FROM content_showing WHERE check_id = $1 ORDER BY id DESC LIMIT $2", check_id, limit
    )
    return [Shower(row["person_id"], row["sealed"]) for row in rows]


async def _items(rows: Sequence[dict[str, Any]], keyring: Keyring) -> list[Item]:
    """With their texts, as somebody who shows them has them sealed: the latest whose key is still there."""
    texts = [row["id"] for row in rows if row["kind"] == ContentKind.TEXT]
    seals = await fetch(
        "SELECT check_id, person_id, sealed FROM (SELECT s.*, row_number() OVER (PARTITION BY check_id ORDER BY s.id DESC)"
        " AS no FROM content_showing s WHERE check_id = ANY($1::uuid[]) AND sealed IS NOT NULL) AS t WHERE no <= 8",
        texts,
    ) if texts else []  # fmt: skip
    opened = await identity.unseal_many(
        [(seal["person_id"], seal["sealed"]) for seal in seals], purpose=TEXT_PURPOSE, keyring=keyring
    )
    words = {seal["check_id"]: text for seal, text in zip(seals, opened, strict=True) if text is not None}
    return [
        Item(
            id=row["id"],
            kind=ContentKind(row["kind"]),
            purpose=ContentPurpose(row["purpose"]),
            state=CheckState(row["state"]),
            waits_for=WaitsFor(row["waits_for"]) if row["waits_for"] else None,
            decided_by=Checker(row["decided_by"]) if row["decided_by"] else None,
            decider_id=row["decider_id"],
            reason=Reason(row["reason"]) if row["reason"] else None,
            asked_at=row["asked_at"],
            decided_at=row["decided_at"],
            persons=row["persons"],
            text=words.get(row["id"]),
        )
        for row in rows
    ]
