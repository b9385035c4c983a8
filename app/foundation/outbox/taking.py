"""Finding what is due, taking and failing: the worker's side of the outbox."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import msgspec

from app.gateways import faults, metrics, tracing
from app.gateways.database import Row, Tx, fetch, fetch_value

FAILURE_LIMIT: Final = 8
"""Failures, or deaths of its worker, after which a row is set aside for people (`dead_at`)."""


@dataclass(frozen=True, slots=True)
class Due:
    """A row that should be enqueued."""

    id: int
    job: str
    attempts: int
    """How often it was enqueued, this time included."""
    failures: int
    tries: int
    """Tries that were begun and whose worker never said how they ended."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message taken in the transaction of its effect: a row, or one that leaves none (`taking`)."""

    id: int
    subject: str
    payload: dict[str, Any]
    request_id: str | None = None
    """Of the request that it came from; None: of several, or not known."""


async def due(
    queue: str, jobs: Collection[str], *, limit: int, patience_s: float, newest: int | None = None
) -> list[Due]:
    """Rows of `queue` that are due for one of `jobs`; each is due again after `patience_s`, doubling up to thirty times that.

    `newest` of the `limit` are those that came last (a quarter, where nothing is said), the others those that came first.

    Patience is how long an attempt may take before there is another. Two may then run the same
    row: the second finds it taken. A newer release's jobs, which are not among these, wait untouched for its workers.
    """
    rows = await fetch(
        "SELECT id, job, attempts, failures, tries FROM outbox.due($1, $2, $3, $4, $5::text[]) ORDER BY id",
        queue, limit, timedelta(seconds=patience_s), limit // 4 if newest is None else newest, list(jobs),
    )  # fmt: skip
    return [Due(**row) for row in rows]


async def take(ids: list[int], job: str, *, tx: Tx) -> list[Message]:
    """Lock those of `ids` that are still to be done for `job`, mark them done, and give them back in order.

    Waits for a concurrent taker; what that one committed is not given again. Rolled back, they are open again.
    """
    rows = await fetch(
        "SELECT id, subject, payload, age_s, request_id FROM outbox.take_told($1, $2) ORDER BY id", ids, job, tx=tx
    )
    return taken(job, rows)


def taken(job: str, rows: Sequence[Row]) -> list[Message]:
    """These rows are in hand from here on: their requests are followed, how long they waited is counted."""
    age = metrics.outbox_age_seconds(job)
    for row in rows:
        age.observe(row["age_s"])
        tracing.note(row["subject"], row["request_id"])
    faults.reach("outbox.taken", (row["subject"] for row in rows))
    return [_message(row) for row in rows]


async def peek(ids: list[int], job: str) -> list[Message]:
    """Read those of `ids` that are still to be done for `job`, without taking them: for slow work before its commit."""
    rows = await fetch(
        "SELECT id, subject, payload, request_id FROM outbox_message"
        " WHERE id = ANY($1::bigint[]) AND job = $2 AND done_at IS NULL AND dead_at IS NULL ORDER BY id",
        ids, job,
    )  # fmt: skip
    for row in rows:
        tracing.note(row["subject"], row["request_id"])
    return [_message(row) for row in rows]


def _message(row: Row) -> Message:
    return Message(row["id"], row["subject"], msgspec.json.decode(row["payload"]), row["request_id"])


async def begin(ids: list[int], job: str) -> tuple[list[int], int]:
    """Count a try of these rows before it is begun; the ids that may be tried, and how many were set aside instead.

    For rows at their second attempt or later. Whoever does not end the try by done, `fail` or `excuse` has died
    of it, and that counts like a failure. Rows another worker has in hand are left out.
    """
    rows = await fetch("SELECT id, is_dead FROM outbox.begin($1, $2, $3) ORDER BY id", ids, job, FAILURE_LIMIT)
    return [row["id"] for row in rows if not row["is_dead"]], sum(row["is_dead"] for row in rows)


async def excuse(ids: list[int]) -> None:
    """Take back a counted try that ended without fault of its rows."""
    await fetch("SELECT outbox.excuse($1)", ids)


async def fail(ids: list[int], error: str, *, wait_s: float) -> int:
    """Keep the error and be due again after `wait_s`; answers how many rows are now set aside."""
    value = await fetch_value(
        "SELECT outbox.fail($1, $2, $3, $4)", ids, error, timedelta(seconds=wait_s), FAILURE_LIMIT
    )
    return int(value)
