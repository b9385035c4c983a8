"""One line for each change, and reading them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.gateways.database import Tx, fetch, fetch_value


@dataclass(frozen=True, slots=True)
class Entry:
    """A change as it was written down."""

    at: datetime
    actor_id: UUID | None
    """None: the platform did it by itself, as ending what is over."""
    action: str
    about: str
    before: dict[str, Any] | None
    """None: there was nothing."""
    after: dict[str, Any] | None
    """None: nothing is left."""


async def record(
    action: str,
    about: str,
    *,
    before: Mapping[str, object] | None,
    after: Mapping[str, object] | None,
    by: UUID,
    tx: Tx,
) -> None:
    """Write a change down, at the database's time; nothing where both sides are equal.

    `action` is `noun.participle`, such as `methodology.suspended`; `about` names the thing in at most 200 characters.
    """
    await fetch("SELECT audit.record($1, $2, $3, $4, $5)", by, action, about[:200], _json(before), _json(after), tx=tx)


async def history(*, noun: str | None = None, about: str | None = None, limit: int = 50) -> list[Entry]:
    """The changes, the latest first: all, those whose action begins with `noun.`, or those about one thing."""
    rows = await fetch(
        "SELECT at, actor_id, action, about, before, after FROM audit_entry"
        " WHERE ($1::text IS NULL OR action LIKE $1 || '.%') AND ($2::text IS NULL OR about = $2)"
        " ORDER BY id DESC LIMIT $3",
        noun, about, limit,
    )  # fmt: skip
    return [
        Entry(
            row["at"], row["actor_id"], row["action"], row["about"], _read(row["before"]), _read(row["after"])
        )
        for row in rows
    ]  # fmt: skip


async def count_history(*, noun: str | None = None) -> int:
    """How many changes there are: all, or those whose action begins with `noun.`."""
    counted = "SELECT count(*) FROM audit_entry WHERE ($1::text IS NULL OR action LIKE $1 || '.%')"
    return int(await fetch_value(counted, noun))


def _json(facts: Mapping[str, object] | None) -> str | None:
    return None if facts is None else msgspec.json.encode(dict(facts)).decode()


def _read(kept: str | None) -> dict[str, Any] | None:
    return None if kept is None else msgspec.json.decode(kept, type=dict[str, Any])
