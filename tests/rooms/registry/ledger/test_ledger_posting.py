"""Posting: all legs or none, once for each cause, never below a floor."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest
from tortoise.exceptions import BaseORMException

from app.gateways.database import constraint, fetch, fetch_value, transaction
from app.kernel.clock import utc_now
from app.registry import ledger
from app.registry.ledger import Leg, Posted
from tests.conftest import Stand
from tests.rooms.registry.ledger.conftest import open_world

GRAMS, FEN = "t:7", "CNY"


@pytest.fixture(autouse=True)
async def _accounts(database: Stand, _movements: None) -> None:
    for unit in (GRAMS, FEN):
        await open_world(database, unit)
    await ledger.open_accounts({"ann": "ordinary", "bo": "ordinary", "pool": "pool"}, unit=GRAMS)
    await ledger.open_accounts({"ann": "ordinary"}, unit=FEN)


async def move(source: str, target: str, amount: int, cause: str, *, unit: str = GRAMS, **rest: object) -> Posted:
    legs = [Leg(source, unit, -amount), Leg(target, unit, amount)]
    return await ledger.post(cause, legs, kind="move", **rest)  # type: ignore[arg-type]


async def move_and_fail(source: str, target: str, amount: int, cause: str) -> None:
    """In a transaction, or under a savepoint of the caller's, that is rolled back."""
    async with transaction() as tx:
        await move(source, target, amount, cause, tx=tx)
        raise ZeroDivisionError


async def held(unit: str = GRAMS) -> dict[str, int]:
    return await ledger.balances(["world", "ann", "bo", "pool"], unit=unit)


async def written() -> tuple[int, int]:
    """How many transfers and entries there are."""
    return (
        await fetch_value("SELECT count(*) FROM ledger_transfer"),
        await fetch_value("SELECT count(*) FROM ledger_entry"),
    )


async def test_a_transfer_moves_every_leg_and_tells_when_by_the_databases_clock():
    legs = [Leg("world", GRAMS, -90), Leg("ann", GRAMS, 60), Leg("pool", GRAMS, 30)]
    posted = await ledger.post("c1", [*legs, Leg("world", FEN, -5), Leg("ann", FEN, 5)], kind="gift", actor="op:1")
    assert posted.is_new
    assert abs(posted.at - utc_now()) < timedelta(minutes=5) and posted.at.utcoffset() == timedelta(0)
    assert await held() == {"world": -90, "ann": 60, "bo": 0, "pool": 30}
    assert await held(FEN) == {"world": -5, "ann": 5}
    assert set((await ledger.totals()).values()) == {0}
    assert await fetch("SELECT kind, actor, legs FROM ledger_transfer") == [
        {"kind": "gift", "actor": "op:1", "legs": 5}
    ]
    left = await fetch(
        "SELECT a.path, e.leg, e.amount, e.balance FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id"
        " WHERE a.unit = $1 ORDER BY e.leg",
        GRAMS,
    )
    assert [tuple(row.values()) for row in left] == [("world", 1, -90, -90), ("ann", 2, 60, 60), ("pool", 3, 30, 30)]


async def test_the_same_cause_again_changes_nothing_and_with_other_content_is_refused():
    first = await move("world", "ann", 60, "c1")
    again = await move("world", "ann", 60, "c1")
    assert (again.at, again.is_new) == (first.at, False)
    for other in (
        [Leg("world", GRAMS, -61), Leg("ann", GRAMS, 61)],
        [Leg("world", GRAMS, -60), Leg("bo", GRAMS, 60)],
        [Leg("world", FEN, -60), Leg("ann", FEN, 60)],
    ):
        with pytest.raises(ledger.TransferConflict):
            await ledger.post("c1", other, kind="move")
    with pytest.raises(ledger.TransferConflict):
        await ledger.post("c1", [Leg("world", GRAMS, -60), Leg("ann", GRAMS, 60)], kind="gift")
    assert await held() == {"world": -60, "ann": 60, "bo": 0, "pool": 0}
    assert await written() == (1, 2)


@pytest.mark.parametrize("source", ["ann", "pool"])
async def test_a_floor_refuses_and_the_same_cause_may_come_again_when_there_is_enough(source: str):
    await move("world", source, 10, "c0")
    with pytest.raises(ledger.BalanceTooLow):
        await move(source, "bo", 11, "c1")
    assert await held() == {"world": -10, "ann": 0, "bo": 0, "pool": 0} | {source: 10}
    assert await written() == (1, 2)
    await move("world", source, 1, "c2")
    assert (await move(source, "bo", 11, "c1")).is_new


async def test_the_world_outside_has_no_floor_and_a_far_balance_no_overflow_that_passes():
    most = (1 << 63) - 1
    await move("world", "ann", most, "c1")
    with pytest.raises((asyncpg.PostgresError, BaseORMException)):
        await move("world", "ann", 1, "c2")
    assert await held() == {"world": -most, "ann": most, "bo": 0, "pool": 0}


async def test_an_account_that_is_not_open_or_is_named_twice_is_refused():
    for legs in (
        [Leg("ann", GRAMS, -1), Leg("nobody", GRAMS, 1)],
        [Leg("bo", FEN, -1), Leg("ann", FEN, 1)],  # bo has grams, no fen
        [Leg("world", GRAMS, -3), Leg("ann", GRAMS, 1), Leg("ann", GRAMS, 2)],
    ):
        with pytest.raises(ledger.AccountUnknown):
            await ledger.post("c1", legs, kind="move")
    assert await written() == (0, 0)


async def test_a_transfer_that_does_not_balance_in_each_unit_is_refused():
    for legs, name in (
        ([Leg("world", GRAMS, -5), Leg("ann", GRAMS, 4)], "ledger_transfer_balances"),
        ([Leg("world", GRAMS, -5), Leg("ann", FEN, 5)], "ledger_transfer_balances"),
        ([Leg("world", GRAMS, 0), Leg("ann", GRAMS, 0)], "ledger_entry_amount_check"),
    ):
        with pytest.raises((asyncpg.PostgresError, BaseORMException)) as refused:
            await ledger.post("c1", legs, kind="move")
        assert constraint(refused.value) == name
    assert await written() == (0, 0)


async def test_posting_works_under_a_savepoint_and_goes_with_it():
    async with transaction() as tx:
        with pytest.raises(ZeroDivisionError):
            await move_and_fail("world", "ann", 60, "c1")
        async with transaction() as inner:
            await move("world", "bo", 7, "c2", tx=inner)
        with pytest.raises(ledger.BalanceTooLow):
            async with transaction() as inner:
                await move("ann", "bo", 1, "c3", tx=inner)
        await move("world", "ann", 5, "c1", tx=tx)  # the cause of what was rolled back is free
    assert await held() == {"world": -12, "ann": 5, "bo": 7, "pool": 0}


async def test_a_rolled_back_transfer_never_was():
    with pytest.raises(ZeroDivisionError):
        await move_and_fail("world", "ann", 60, "c1")
    assert await written() == (0, 0)
    assert (await held())["ann"] == 0


async def test_opening_accounts_again_leaves_them_as_they_are_and_an_unopened_one_has_no_balance():
    await move("world", "ann", 60, "c1")
    await asyncio.gather(*(ledger.open_accounts({"ann": "pool", "pool:new": "ordinary"}, unit=GRAMS) for _ in range(4)))
    assert await ledger.balances(["ann", "pool:new", "nobody"], unit=GRAMS) == {"ann": 60, "pool:new": 0}
    with pytest.raises(ledger.BalanceTooLow):  # still ordinary
        await move("ann", "bo", 61, "c2")
