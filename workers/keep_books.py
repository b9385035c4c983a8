"""Keeping the books: compares what moved every minute or so, and proves once a day. One worker at a time.

Everything is proved daily as long as that is quick; later weekly, and on the other days what was written since the last
sealed checkpoint, which costs the day.

A loop of its own beside the sweeper, since a proof of many millions of rows takes minutes and nobody shall wait for it.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from datetime import timedelta
from typing import Any, Final

import asyncpg
import structlog

from app.gateways.database import TROUBLE, log_failure
from app.registry import books

ANSWER_S: Final = 10.0
DUE_S: Final = 60.0
"""Deadlines of the statements between two looks: a line that died without saying so is given up."""
LOOK_S: Final = 15.0
"""How often a worker looks whether something is due."""
MOVED: Final = timedelta(minutes=1)
"""At most this often while something moves."""
STILL: Final = timedelta(minutes=5)
"""At least this often while nothing does."""
WHOLE: Final = timedelta(days=1)
QUICK: Final = timedelta(minutes=1)
RARELY: Final = timedelta(days=7)
"""How often everything is proved once that takes longer than `QUICK`."""
_LOCK: Final = 7_306_815  # beside the sweeper's
_DUE: Final = """
SELECT coalesce(whole.finished_at < clock_timestamp()
                    - CASE WHEN whole.finished_at - whole.started_at < $4::interval THEN $1::interval ELSE $5::interval END,
                true) AS whole,
       coalesce(greatest(whole.finished_at, (SELECT max(d.finished_at) FROM books_run d WHERE d.scope LIKE 'day:%'))
                    < clock_timestamp() - $1::interval, false) AS day,
       coalesce(newest.finished_at < clock_timestamp() - $3::interval
                OR newest.finished_at < clock_timestamp() - $2::interval AND EXISTS (
                    SELECT FROM (SELECT posted_at FROM ledger_transfer ORDER BY id DESC LIMIT 1) AS t
                    WHERE t.posted_at > newest.started_at), true) AS lately
FROM (VALUES (1)) AS one LEFT JOIN LATERAL (
    SELECT started_at, finished_at FROM books_run WHERE scope NOT LIKE 'lot:%' ORDER BY id DESC LIMIT 1) AS newest ON true
LEFT JOIN LATERAL (
    SELECT started_at, finished_at FROM books_run WHERE scope = 'all' AND kind = 'reconciliation' ORDER BY id DESC LIMIT 1
) AS whole ON true
"""

_log = structlog.get_logger()
Database = Callable[[], Awaitable[asyncpg.Connection]]


async def look_once(connection: asyncpg.Connection, *, database: Database) -> books.Run | None:
    """Do what is due; None where nothing is."""
    due = await connection.fetchrow(_DUE, WHOLE, MOVED, STILL, QUICK, RARELY, timeout=DUE_S)
    if due["whole"]:
        return await books.reconcile_all(connect=database)
    if due["day"]:
        return await books.prove_day(connect=database)
    if due["lately"]:
        return await books.reconcile(connect=database)
    return None


async def keep_books(*, database: Database, stop: asyncio.Event) -> None:
    """Look every few seconds while this process holds the advisory lock; others wait for it to die."""
    while not stop.is_set():
        try:
            connection = await database()
            try:
                while not stop.is_set() and not connection.is_closed():
                    if await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK, timeout=ANSWER_S):
                        await _until(stop, look_once(connection, database=database))
                        await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK, timeout=ANSWER_S)
                    await _pause(stop)
            finally:
                with contextlib.suppress(*TROUBLE):
                    await connection.close(timeout=2)
        except* Exception as failures:  # noqa: BLE001 - the next round may do better; the failure is logged
            for failure in _each(failures):
                log_failure(_log, "books", failure)
            await _pause(stop)


def _each(failures: ExceptionGroup[Exception]) -> Iterator[Exception]:
    """What failed, one by one: what is asked side by side fails as a group within the group."""
    for one in failures.exceptions:
        yield from _each(one) if isinstance(one, ExceptionGroup) else (one,)


async def _until(stop: asyncio.Event, look: Coroutine[Any, Any, object]) -> None:
    """A look, broken off when the process shall end: a long proof holds nobody up, and nothing of it is lost but its time."""
    looking, stopping = asyncio.ensure_future(look), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({looking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if looking.done():
            looking.result()
    finally:
        for one in (looking, stopping):
            one.cancel()
        await asyncio.gather(looking, stopping, return_exceptions=True)


async def _pause(stop: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), LOOK_S)
