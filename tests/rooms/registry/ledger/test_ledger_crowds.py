"""Many at once: no floor is crossed, a cause is posted once, and opposite directions do not block each other for ever."""

import asyncio
from collections import Counter

import pytest

from app.gateways.database import again, fetch_value, transaction
from app.registry import ledger
from app.registry.ledger import Leg
from tests.conftest import Stand
from tests.rooms.conftest import Crowd
from tests.rooms.registry.ledger.conftest import open_world

UNIT = "t:7"


@pytest.fixture(autouse=True)
async def _accounts(database: Stand, _movements: None) -> None:
    people = dict.fromkeys(("ann", "bo", "cy", "di"), "ordinary")
    await open_world(database, UNIT)
    await ledger.open_accounts({"pool": "pool", **people}, unit=UNIT)  # type: ignore[dict-item]
    for path in ("ann", "bo", "pool"):
        await ledger.post(f"start:{path}", legs("world", path, 1_000), kind="move")


def legs(source: str, target: str, amount: int) -> list[Leg]:
    return [Leg(source, UNIT, -amount), Leg(target, UNIT, amount)]


async def outcomes(crowd: Crowd, attempts: int, one: object) -> Counter[str]:
    """What became of `attempts` calls of `one(number, tx)`, spread over the crowd."""

    async def attempt(number: int) -> str:
        try:
            async with crowd.transaction() as tx:
                return await one(number, tx)  # type: ignore[operator]
        except ledger.BalanceTooLow:
            return "too low"

    async with asyncio.timeout(120):
        return Counter(await asyncio.gather(*(attempt(number) for number in range(attempts))))


@pytest.mark.parametrize("source", ["ann", "pool"])
async def test_a_thousand_grams_spent_from_64_connections_are_spent_once(crowd: Crowd, source: str):
    async def spend(number: int, tx: object) -> str:
        # Two devices of one person: the odd ones give away, the even ones retire.
        target = "bo" if number % 2 else "world"
        await ledger.post(f"spend:{number}", legs(source, target, 30), kind="move", tx=tx)  # type: ignore[arg-type]
        return "spent"

    assert await outcomes(crowd, 128, spend) == {"spent": 33, "too low": 95}
    assert await ledger.balances([source], unit=UNIT) == {source: 10}
    assert await fetch_value("SELECT count(*) FROM ledger_transfer WHERE cause LIKE 'spend:%'") == 33
    assert (await ledger.totals())[UNIT] == 0


async def test_one_cause_from_64_connections_is_posted_once_and_all_hear_the_same_instant(crowd: Crowd):
    async def spend(_: int, tx: object) -> str:
        posted = await ledger.post("once", legs("ann", "bo", 1_000), kind="move", tx=tx)  # type: ignore[arg-type]
        return f"{posted.at.isoformat()} {posted.is_new}"

    heard = await outcomes(crowd, crowd.size, spend)
    (instant,) = {line.split()[0] for line in heard}
    assert heard == {f"{instant} True": 1, f"{instant} False": crowd.size - 1}
    assert await ledger.balances(["ann", "bo"], unit=UNIT) == {"ann": 0, "bo": 2_000}


async def test_transfers_in_opposite_directions_wait_for_each_other_and_never_deadlock(crowd: Crowd):
    async def exchange(number: int, tx: object) -> str:
        paths = [("ann", "bo"), ("bo", "ann"), ("pool", "ann"), ("bo", "pool")][number % 4]
        await ledger.post(f"exchange:{number}", legs(*paths, 1), kind="move", tx=tx)  # type: ignore[arg-type]
        return "done"

    assert await outcomes(crowd, 128, exchange) == {"done": 128}  # without `again`
    assert await ledger.balances(["ann", "bo", "pool"], unit=UNIT) == {"ann": 1_032, "bo": 968, "pool": 1_000}


async def test_two_that_post_twice_in_opposite_order_deadlock_once_and_both_go_on():
    met = asyncio.Barrier(2)
    tries: Counter[str] = Counter()
    moves = {"from ann": legs("ann", "cy", 1), "from bo": legs("bo", "di", 1)}

    async def both(name: str, *order: str) -> None:
        async def use_case() -> None:
            tries[name] += 1
            async with transaction() as tx:
                await ledger.post(f"{name}:{order[0]}", moves[order[0]], kind="move", tx=tx)
                if tries[name] == 1:
                    await met.wait()  # both hold what the other wants next
                await ledger.post(f"{name}:{order[1]}", moves[order[1]], kind="move", tx=tx)

        await again(use_case)

    async with asyncio.timeout(120):
        await asyncio.gather(both("x", "from ann", "from bo"), both("y", "from bo", "from ann"))
    assert sorted(tries.values()) == [1, 2]  # PostgreSQL chose one, and `again` brought it back
    assert await ledger.balances(["ann", "bo", "cy", "di"], unit=UNIT) == {"ann": 998, "bo": 998, "cy": 2, "di": 2}
