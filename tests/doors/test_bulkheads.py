"""Who may take how many connections, how long a request waits in all, and what pages show while the database is slow."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg
import pytest
from tortoise.exceptions import OperationalError

from app.gateways import metrics
from app.gateways.caching.recent import Recent
from app.gateways.database import DatabaseAway, NoFreeConnection, again, fetch, fetch_value, sqlstate, transaction
from app.gateways.gathering import Gatherer
from app.gateways.postgresql import shares
from app.gateways.postgresql.shares import Use
from tests.away import far_postgres, through
from tests.doors.conftest import Door

LONG_S = 60.0
_READ = "SELECT count(*) FROM scenario"


@contextlib.asynccontextmanager
async def locked(door: Door, table: str = "scenario") -> AsyncIterator[None]:
    """Somebody at a terminal holds a table."""
    holder = await asyncpg.connect(door.stand.super_url)
    try:
        async with holder.transaction():
            await holder.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await holder.close()


@pytest.fixture(autouse=True)
def _nothing_is_slow() -> None:
    Recent[str, int](fresh_s=0).forget()


async def borrow(method: str, held: asyncio.Event, let_go: asyncio.Event, *, is_coming_in: bool = False) -> None:
    """A request that keeps a connection until it is told to let go."""
    shares.begin(method, patience_s=LONG_S)
    if is_coming_in:
        shares.come_in()
    async with transaction():
        held.set()
        await let_go.wait()


async def test_changes_leave_a_connection_to_those_who_read_or_come_in(door: Door) -> None:
    let_go = asyncio.Event()
    async with through(door.stand.app_url, size=3, wait_s=0.3, reads=1), asyncio.TaskGroup() as requests:
        at_work = [asyncio.Event(), asyncio.Event()]
        for held in at_work:
            requests.create_task(borrow("POST", held, let_go))
        await asyncio.gather(*(held.wait() for held in at_work))

        with pytest.raises(NoFreeConnection):
            await asyncio.create_task(borrow("POST", asyncio.Event(), let_go))
        for method, is_coming_in in (("GET", False), ("POST", True)):
            served, at_once = asyncio.Event(), asyncio.Event()
            at_once.set()
            await asyncio.create_task(borrow(method, served, at_once, is_coming_in=is_coming_in))
            assert served.is_set()
        let_go.set()


async def test_a_connection_that_a_change_gave_back_or_lost_is_the_next_ones(door: Door) -> None:
    async with through(door.stand.app_url, size=2, wait_s=1, reads=1):

        async def change(statement: str) -> None:
            shares.begin("POST", patience_s=LONG_S)
            async with transaction() as tx:
                await fetch(statement, tx=tx)

        await asyncio.create_task(change("SELECT 1"))
        with pytest.raises(Exception, match="terminating connection"):
            await asyncio.create_task(change("SELECT pg_terminate_backend(pg_backend_pid())"))
        with pytest.raises(OperationalError):
            await asyncio.create_task(change("SELECT no_such_column"))
        await asyncio.create_task(change("SELECT 1"))


async def test_a_transaction_waits_for_a_lock_no_longer_than_its_request_may(door: Door) -> None:
    async def lock_timeout(method: str | None, waited_s: float) -> tuple[str, str]:
        if method is not None:
            shares.begin(method, patience_s=4.0).waited_s = waited_s
        async with transaction() as tx:
            outer = await fetch_value("SHOW lock_timeout", tx=tx)
            async with transaction() as savepoint:
                return outer, await fetch_value("SHOW lock_timeout", tx=savepoint)

    async with through(door.stand.app_url, size=1, wait_s=LONG_S):
        of_role = await fetch_value("SHOW lock_timeout")
        assert await asyncio.create_task(lock_timeout(None, 0)) == (of_role, of_role)
        assert await asyncio.create_task(lock_timeout("POST", 100)) == ("500ms", "500ms")
        (spent, nested) = await asyncio.create_task(lock_timeout("POST", 3.0))
        assert spent == nested
        assert 500 <= int(spent.removesuffix("ms")) <= 1000
        assert await fetch_value("SHOW lock_timeout") == of_role, "it outlived its transaction"


async def test_a_request_that_has_waited_for_a_lock_is_not_made_to_wait_again(door: Door) -> None:
    tries = 0

    async def use_case() -> None:
        nonlocal tries
        tries += 1
        async with transaction() as tx:
            await fetch(_READ, tx=tx)

    async def request() -> None:
        shares.begin("POST", patience_s=0.6)
        await again(use_case)

    before = metrics.REGISTRY.get_sample_value("database_locks_refused_total", {"use": "change"}) or 0.0
    async with through(door.stand.app_url, command_s=LONG_S), locked(door):
        with pytest.raises(asyncpg.LockNotAvailableError) as refused:
            await asyncio.create_task(request())
    assert sqlstate(refused.value) == "55P03"
    assert tries == 1
    assert metrics.REGISTRY.get_sample_value("database_locks_refused_total", {"use": "change"}) == before + 1


async def test_a_set_borrows_for_what_it_is_and_not_for_who_came_first(door: Door) -> None:
    found: list[tuple[Use, float | None]] = []

    async def flush(asked: list[str]) -> list[str]:
        borrower = shares.current()
        found.append((borrower.use, borrower.left_s()))
        return asked

    async def request(method: str, patience_s: float) -> None:
        shares.begin(method, patience_s=patience_s)
        await sessions.ask(method)

    sessions = Gatherer[str, str](flush, most=10, use=Use.READ)
    await asyncio.gather(request("POST", LONG_S), request("GET", 2 * LONG_S))
    ((use, left_s),) = found
    assert use is Use.READ
    assert left_s is not None
    assert left_s <= LONG_S


async def test_what_was_known_is_shown_while_a_lock_holds_up_the_reading(door: Door) -> None:
    recent = Recent[str, int](fresh_s=0, patience_s=0.1)

    async def read() -> int:
        return int(await fetch_value(_READ))

    async with through(door.stand.app_url, command_s=LONG_S):
        known = await recent.get("scenes", read)
        async with locked(door):
            assert await recent.get("scenes", read) == known
            assert await recent.get("scenes", read) == known
            assert len(recent._reading) == 1, "one reads for all"
            with pytest.raises(asyncpg.LockNotAvailableError):
                await recent.get("scenes that nobody has read", read)
        with contextlib.suppress(asyncpg.LockNotAvailableError):
            await asyncio.gather(*recent._reading.values())
        assert await recent.get("scenes", read, is_fresh=True) == known


async def test_a_page_of_several_values_is_held_up_once(door: Door) -> None:
    first, second = Recent[str, int](fresh_s=0, patience_s=0.1), Recent[str, int](fresh_s=0, patience_s=LONG_S)

    async def read() -> int:
        return int(await fetch_value(_READ))

    async with through(door.stand.app_url, command_s=LONG_S):
        known = [await each.get("scenes", read) for each in (first, second)]
        async with locked(door), asyncio.timeout(LONG_S / 2):
            assert [await each.get("scenes", read) for each in (first, second)] == known
            assert len(second._reading) == 1, "nobody waited for it"
        for each in (first, second):
            with contextlib.suppress(asyncpg.LockNotAvailableError):
                await asyncio.gather(*each._reading.values())


async def test_what_is_too_old_is_not_shown_and_nothing_is_while_the_database_is_away(door: Door) -> None:
    async def read() -> int:
        return int(await fetch_value(_READ))

    async with far_postgres(door.stand) as far, through(far.url, command_s=LONG_S):
        recent, old = Recent[str, int](fresh_s=0), Recent[str, int](fresh_s=0, kept_s=0)
        await recent.get("scenes", read)
        await old.get("scenes", read)
        async with locked(door):
            with pytest.raises(asyncpg.LockNotAvailableError):
                await old.get("scenes", read)
        await far.be("refuse")
        with pytest.raises((DatabaseAway, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)):
            await recent.get("scenes", read)
