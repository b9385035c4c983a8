"""Writing a look at the books down, and reading how they stand."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import structlog

from app.books.rules import Counted, Line, Run, RunKind, Verdict, count
from app.gateways.database import Row, fetch_one

_log = structlog.get_logger()


async def record(connection: Any, kind: RunKind, scope: str, lines: Sequence[Line], *, started_at: datetime) -> Run:  # noqa: ANN401 - asyncpg is typed in part only
    """Keep what was found, and shout where something differs."""
    checked = count(lines)
    broken = tuple(line for line in lines if not line.is_ok)
    finished_at = await connection.fetchval(
        "INSERT INTO books_run (kind, scope, started_at, finished_at, checked, differences)"
        " VALUES ($1, $2, $3, clock_timestamp(), $4::jsonb, $5::jsonb) RETURNING finished_at",
        kind.value,
        scope,
        started_at,
        json.dumps([asdict(one) for one in checked]),
        json.dumps([asdict(line) for line in broken], ensure_ascii=False),
    )
    for line in broken:
        _log.error(
            "books.difference", kind=kind.value, name=line.check, lot=line.lot_id, count=line.expected - line.found
        )
    return Run(kind, scope, started_at, finished_at, checked, broken)


async def verdict() -> Verdict | None:
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
    return Verdict(as_of=row["as_of"], differences=row["differences"], proof=_run(proof) if proof else None)


def _run(row: Row) -> Run:
    return Run(
        kind=RunKind(row["kind"]),
        scope=row["scope"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        checked=tuple(Counted(**one) for one in _plain(row["checked"])),
        differences=tuple(Line(**{**one, "detail": tuple(one["detail"])}) for one in _plain(row["differences"])),
    )


def _plain(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - jsonb comes as text
    return list(json.loads(value)) if isinstance(value, str) else list(value)
