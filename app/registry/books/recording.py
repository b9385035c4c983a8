"""Writing a look at the books down, and reading how they stand."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from app.gateways.database import Row, fetch_one
from app.registry.books.rules import BooksStatus, Counted, Line, Run, RunKind, in_order

_log = structlog.get_logger()


async def begin(connection: Any, token: UUID) -> datetime:  # noqa: ANN401 - asyncpg is typed in part only
    """Begin a look under this token; when, by the database's clock."""
    began: datetime = await connection.fetchval("SELECT books.begin($1)", token)
    return began


async def conclude(connection: Any, token: UUID, kind: RunKind, scope: str) -> Run:  # noqa: ANN401
    """Have the run of this look written, of what its parts found themselves, and shout where something differs."""
    run = _run(
        {"kind": kind, "scope": scope}
        | dict(await connection.fetchrow("SELECT * FROM books.conclude($1, $2, $3)", token, kind.value, scope))
    )
    for line in run.differences:
        _log.error(
            "books.difference", kind=kind.value, name=line.check, lot=line.lot_id, count=line.expected - line.found
        )
    return run


async def status() -> BooksStatus | None:
    """Whether the books add up, as far as anybody has looked; None before the first look.

    A difference counts until everything was compared anew and found right: a window that has moved on mends nothing.
    What a window found while that was under way counts too, since it may be younger than its snapshot.
    """
    row = await fetch_one(
        "WITH last AS (SELECT id, started_at FROM books_run WHERE scope = 'all' AND kind = 'reconciliation'"
        "   ORDER BY id DESC LIMIT 1)"
        " SELECT max(r.finished_at) AS as_of, sum(jsonb_array_length(r.differences))::int AS differences"
        " FROM books_run r LEFT JOIN last ON true WHERE r.scope NOT LIKE 'lot:%' AND (last.id IS NULL OR r.id >= last.id"
        "   OR (r.scope LIKE 'since:%' AND r.finished_at >= last.started_at))"
    )
    if row is None or row["as_of"] is None:
        return None
    proof = await fetch_one("SELECT * FROM books_run WHERE kind = 'proof' AND scope = 'all' ORDER BY id DESC LIMIT 1")
    return BooksStatus(as_of=row["as_of"], differences=row["differences"], proof=_run(proof) if proof else None)


def _run(row: Row) -> Run:
    return Run(
        kind=RunKind(row["kind"]),
        scope=row["scope"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        checked=in_order(Counted(**one) for one in _plain(row["checked"])),
        differences=tuple(Line(**{**one, "detail": tuple(one["detail"])}) for one in _plain(row["differences"])),
    )


def _plain(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - jsonb comes as text
    return list(json.loads(value)) if isinstance(value, str) else list(value)
