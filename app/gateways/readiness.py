"""Whether a process may be given work: the database takes writes, its tables fit this release, clocks agree.

Two releases work on one database while one takes the other's place. A release needs its own newest migration at least;
how far beyond it the tables may have gone, the database says: `releases.oldest_that_works()` names the newest migration of
the oldest release that still works there. Migration names begin with their numbers, and are compared by them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.kernel import clock

Query = Callable[[str], Awaitable[Sequence[Mapping[str, Any]]]]
"""Runs one statement on the primary and gives its rows."""

SKEW_S_MAX: Final = 2.0
PROBE_S: Final = 2.0
"""How long the database may take for all that is asked here."""
# A message in the write-ahead log is a write without a table: it fails on a standby and with a full disk, and leaves
# nothing behind. It does not mind a read-only session (measured), so that is asked apart.
_WRITE: Final = """
SELECT pg_logical_emit_message(true, 'readyz', '')::text AS written_at, clock_timestamp() AS now,
       current_setting('transaction_read_only') = 'off' AS is_writable
"""
_NEWEST: Final = "SELECT coalesce(max(name), '') AS name FROM tortoise_migrations"
_OLDEST: Final = "SELECT releases.oldest_that_works() AS name"


class Check(msgspec.Struct, frozen=True):
    """One thing looked at."""

    name: str
    ok: bool
    required: bool
    detail: str


class Readiness(msgspec.Struct, frozen=True):
    """Whether requests may come here, and why not."""

    status: str
    checks: tuple[Check, ...]


STOPPING: Final = Readiness("stopping", (Check("process", ok=False, required=True, detail="stopping"),))
"""Of a process that was told to end: it finishes what it has, and wants nothing new."""


def judge(checks: Sequence[Check]) -> Readiness:
    """Ready, when all that is required is there."""
    ok = all(check.ok for check in checks if check.required)
    return Readiness("ready" if ok else "not ready", tuple(checks))


async def tables(query: Query, head: str | None) -> Check:
    """Whether a release whose newest migration is `head` may work on these tables; None: a test that takes any."""
    if head is None:
        return Check("migrations", ok=True, required=True, detail="any")
    (newest,) = await query(_NEWEST)
    if newest["name"] <= head:  # what a release's own migrations say of older ones includes itself
        return Check("migrations", ok=newest["name"] == head, required=True, detail=newest["name"] or "none")
    (oldest,) = await query(_OLDEST)
    fits = oldest["name"] <= head
    detail = newest["name"] if fits else f"{newest['name']}, for releases from {oldest['name']} on"
    return Check("migrations", ok=fits, required=True, detail=detail)


async def database(query: Query, head: str | None) -> tuple[Check, ...]:
    """PostgreSQL, its tables, its clock; one check that says of which kind the trouble is where nobody answers."""
    try:
        async with asyncio.timeout(PROBE_S):
            asked_at = clock.utc_now()
            (row,) = await query(_WRITE)
            answered_at = clock.utc_now()
            level = await tables(query, head)
    except Exception as refusal:  # noqa: BLE001  # whatever it is, the answer is "not ready", and says of which kind
        kind = type(refusal.__cause__ or refusal).__name__  # behind `DatabaseAway` stands why
        return (Check("postgresql", ok=False, required=True, detail=kind),)
    writable = bool(row["is_writable"])
    skew_s = _skew_s(asked_at, row["now"], answered_at)
    return (
        Check("postgresql", ok=writable, required=True, detail="writable" if writable else "read-only"),
        level,
        Check("clock", ok=skew_s < SKEW_S_MAX, required=True, detail=f"{skew_s:.3f} s"),
    )


async def redis(client: Redis | None) -> Check:
    """Redis, which is told and never required."""
    if client is None:
        return Check("redis", ok=False, required=False, detail="none")
    try:
        async with asyncio.timeout(PROBE_S / 4):
            await client.ping()
    except (RedisError, OSError, TimeoutError) as silence:
        return Check("redis", ok=False, required=False, detail=type(silence).__name__)
    return Check("redis", ok=True, required=False, detail="answers")


def _skew_s(asked_at: datetime, theirs: datetime, answered_at: datetime) -> float:
    """By how much the database's clock surely differs: the way there and back is no difference."""
    return max((asked_at - theirs).total_seconds(), (theirs - answered_at).total_seconds(), 0.0)
