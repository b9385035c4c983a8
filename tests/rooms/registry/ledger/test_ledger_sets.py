"""Posting sets: what one after the other would leave, all or none, once for each cause, never below a floor."""

import asyncio
import itertools
import random
from collections import Counter

import asyncpg
import pytest
from tortoise.exceptions import BaseORMException

from app.gateways.database import constraint, fetch, fetch_value, transaction
from app.kernel.errors import Conflict
from app.registry import ledger
from app.registry.ledger import Leg, Posted, Transfer
from tests.conftest import Stand
from tests.rooms.conftest import Crowd, connected, refusal
from tests.rooms.registry.ledger.conftest import open_world

GRAMS, FEN = "t:7", "CNY"
PEOPLE = ("ann", "bo", "cy")


@pytest.fixture(autouse=True)
async def _accounts(database: Stand, _movements: None) -> None:
    await open_for(database, "")


async def open_for(stand: Stand, mark: str) -> None:
    kinds = {"pool": "pool", **dict.fromkeys(PEOPLE, "ordinary")}
    for unit in (GRAMS, FEN):
        await open_world(stand, unit, ["world" + mark])
        await ledger.open_accounts({path + mark: kind for path, kind in kinds.items()}, unit=unit)  # type: ignore[misc]


def move(cause: str, source: str, target: str, amount: int, *, unit: str = GRAMS, kind: str = "move") -> Transfer:
    return Transfer(cause=cause, kind=kind, legs=[Leg(source, unit, -amount), Leg(target, unit, amount)])


async def one_by_one(transfers: list[Transfer]) -> list[Posted]:
    async with transaction() as tx:
        return [await ledger.post(one.cause, one.legs, kind=one.kind, actor=one.actor, tx=tx) for one in transfers]


async def books(mark: str) -> object:
    """All that is written about these accounts, without ids and times."""
    entries = await fetch(
        "SELECT a.path, a.unit, left(t.cause, -$2::int) AS cause, t.kind, t.actor, t.content, e.leg,"
        " e.legs, e.amount, e.balance"
        " FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id JOIN ledger_transfer t ON t.id = e.transfer_id"
        " WHERE a.path LIKE '%' || $1 ORDER BY e.id",
        mark,
        len(mark),
    )
    plain = [{**row, "path": row["path"].removesuffix(mark), "content": None} for row in entries]
    kept = {path: await ledger.balances([path + mark], unit=GRAMS) for path in ("world", "pool", *PEOPLE)}
    return plain, [list(balance.values()) for balance in kept.values()]


async def held(unit: str = GRAMS) -> dict[str, int]:
    found = await ledger.balances(["world", "pool", *PEOPLE], unit=unit)
    return {path: grams for path, grams in found.items() if grams}


async def test_a_set_posts_every_transfer_in_order_with_the_balance_each_leg_left():
    posted = await ledger.post_many(
        [
            move("c1", "world", "pool", 100),
            move("c2", "pool", "ann", 30),
            Transfer(
                cause="c3",
                kind="mix",
                actor="op:1",
                legs=[
                    Leg("ann", GRAMS, -5),
                    Leg("pool", GRAMS, -1),
                    Leg("bo", GRAMS, 6),
                    Leg("world", FEN, -9),
                    Leg("cy", FEN, 9),
                ],
            ),
        ]
    )
    assert [one.is_new for one in posted] == [True] * 3
    assert len({one.at for one in posted}) == 1
    assert await held() == {"world": -100, "pool": 69, "ann": 25, "bo": 6}
    assert await held(FEN) == {"world": -9, "cy": 9}
    rows = await fetch(
        "SELECT t.cause, a.path, e.leg, e.legs, e.balance FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id"
        " JOIN ledger_transfer t ON t.id = e.transfer_id ORDER BY e.id"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("c1", "world", 1, 2, -100), ("c1", "pool", 2, 2, 100),
        ("c2", "pool", 1, 2, 70), ("c2", "ann", 2, 2, 30),
        ("c3", "ann", 1, 5, 25), ("c3", "pool", 2, 5, 69), ("c3", "bo", 3, 5, 6), ("c3", "world", 4, 5, -9),
        ("c3", "cy", 5, 5, 9),
    ]  # fmt: skip
    assert await fetch("SELECT kind, actor FROM ledger_transfer WHERE cause = 'c3'") == [
        {"kind": "mix", "actor": "op:1"}
    ]


async def test_a_repeated_set_changes_nothing_and_a_half_known_one_posts_the_rest():
    first = await ledger.post_many([move("c1", "world", "ann", 60), move("c2", "ann", "bo", 5)])
    again = await ledger.post_many(
        [move("c2", "ann", "bo", 5), move("c3", "ann", "bo", 1), move("c1", "world", "ann", 60)]
    )
    assert [one.is_new for one in again] == [False, True, False]
    assert [again[0].at, again[2].at] == [first[1].at, first[0].at]
    assert await held() == {"world": -60, "ann": 54, "bo": 6}
    assert await ledger.post_many([]) == []


async def test_one_posted_alone_is_known_to_a_set_and_the_other_way_round():
    alone = await ledger.post("c1", [Leg("world", GRAMS, -60), Leg("ann", GRAMS, 60)], kind="move")
    known, new = await ledger.post_many([move("c1", "world", "ann", 60), move("c2", "ann", "bo", 5)])
    assert (known.at, known.is_new, new.is_new) == (alone.at, False, True)
    repeated = await ledger.post("c2", [Leg("ann", GRAMS, -5), Leg("bo", GRAMS, 5)], kind="move")
    assert (repeated.at, repeated.is_new) == (new.at, False)


async def test_a_cause_that_stands_twice_in_a_set_is_posted_once_or_refused():
    posted = await ledger.post_many([move("c1", "world", "ann", 60), move("c1", "world", "ann", 60)])
    assert [one.is_new for one in posted] == [True, False]
    assert await held() == {"world": -60, "ann": 60}
    with pytest.raises(ledger.TransferConflict) as refused:
        await ledger.post_many([move("c2", "ann", "bo", 1), move("c2", "ann", "bo", 2)])
    assert refused.value.facts == {"cause": "c2"}
    assert await fetch_value("SELECT count(*) FROM ledger_transfer") == 1


@pytest.mark.parametrize(
    ("wrong", "fact"),
    [
        (move("known", "world", "ann", 61), ledger.TransferConflict),
        (move("known", "world", "ann", 60, kind="gift"), ledger.TransferConflict),
        (move("known", "world", "nobody", 60), ledger.TransferConflict),
        (move("x", "ann", "nobody", 1), ledger.AccountUnknown),
        (move("x", "ann", "ann", 1), ledger.AccountUnknown),
        (move("x", "ann", "bo", 100), ledger.BalanceTooLow),
    ],
)
async def test_one_that_is_refused_takes_the_whole_set_with_it_and_is_named(wrong: Transfer, fact: type[Conflict]):
    await ledger.post_many([move("known", "world", "ann", 60)])
    with pytest.raises(fact) as refused:
        await ledger.post_many([move("before", "ann", "bo", 1), wrong, move("after", "ann", "bo", 1)])
    if fact is not ledger.BalanceTooLow:  # the table's own check may be first, and knows no cause
        assert refused.value.facts == {"cause": wrong.cause}
    assert await held() == {"world": -60, "ann": 60}
    assert await fetch_value("SELECT count(*) FROM ledger_transfer") == 1
    assert len(await ledger.post_many([move("before", "ann", "bo", 1)])) == 1  # its cause is free


async def test_a_floor_crossed_on_the_way_is_refused_though_the_end_would_be_above_it():
    on_the_way = [move("c1", "ann", "bo", 5), move("c2", "world", "ann", 10)]
    with pytest.raises(ledger.BalanceTooLow) as refused:
        await ledger.post_many(on_the_way)
    assert refused.value.facts == {"cause": "c1"}
    assert await held() == {}
    await ledger.post_many(on_the_way[::-1])
    assert await held() == {"world": -10, "ann": 5, "bo": 5}


async def test_a_set_with_a_transfer_that_does_not_balance_is_refused():
    uneven = Transfer(cause="c2", kind="move", legs=[Leg("world", GRAMS, -5), Leg("ann", GRAMS, 4)])
    crossed = Transfer(cause="c2", kind="move", legs=[Leg("world", GRAMS, -5), Leg("ann", FEN, 5)])
    for wrong in (uneven, crossed):
        with pytest.raises((asyncpg.PostgresError, BaseORMException)) as refused:
            await ledger.post_many([move("c1", "world", "ann", 5), wrong])
        assert constraint(refused.value) == "ledger_transfer_balances"
    assert await fetch_value("SELECT count(*) FROM ledger_transfer") == 0


async def test_a_sum_beyond_all_bounds_is_refused():
    most = (1 << 63) - 1
    with pytest.raises((asyncpg.PostgresError, BaseORMException)):
        await ledger.post_many([move("c1", "world", "ann", most), move("c2", "world", "ann", 1)])
    assert await held() == {}


async def test_any_set_leaves_what_posting_one_by_one_leaves(database: Stand):
    """Sixty sets by lot, each posted both ways on accounts of its own; what is refused must be refused by both."""
    chance = random.Random(20261122)
    seen: Counter[str] = Counter()
    for number in range(30):
        marks = [f":{number}{way}" for way in "ab"]
        before: list[Transfer] = []
        for mark in marks:
            await open_for(database, mark)
        for _ in range(2):  # the second set meets what the first has left
            drawn = [_draw(chance, before) for _ in range(chance.randint(1, 10))]
            ended = []
            for mark, post in zip(marks, (one_by_one, ledger.post_many), strict=True):
                try:
                    found = await post([_named(one, mark) for one in drawn])  # type: ignore[operator]
                    ended.append(str([one.is_new for one in found]))
                except (ledger.TransferConflict, ledger.AccountUnknown, ledger.BalanceTooLow) as fact:
                    ended.append("refused")
                    seen[type(fact).__name__] += 1
            assert ended[0] == ended[1], drawn
            assert await books(marks[0]) == await books(marks[1]), drawn
            seen["refused" if ended[0] == "refused" else "posted"] += 1
    assert min(seen["posted"], seen["refused"]) > 8
    assert {"BalanceTooLow", "TransferConflict", "AccountUnknown"} <= set(seen)
    assert set((await ledger.totals()).values()) == {0}


def _draw(chance: random.Random, before: list[Transfer]) -> Transfer:
    """Mostly something new, now and then one of before, or its cause with other content."""
    if before and chance.random() < 0.15:
        return chance.choice(before)
    source = chance.choice(["world"] * 9 + ["pool", *PEOPLE])
    amount = chance.randint(20, 60) if source == "world" else chance.randint(1, 25)
    target = chance.choice([path for path in ("pool", *PEOPLE) if path != source])
    if chance.random() < 0.02:
        target = "nobody"
    legs = [Leg(source, GRAMS, -amount), Leg(target, GRAMS, amount)]
    if chance.random() < 0.3:
        legs += [Leg("world", FEN, -3), Leg(target, FEN, 3)]
    cause = chance.choice(before).cause if before and chance.random() < 0.04 else str(chance.random())
    before.append(Transfer(cause=cause, kind="move", legs=legs))
    return before[-1]


def _named(one: Transfer, mark: str) -> Transfer:
    legs = [Leg(leg.path + mark, leg.unit, leg.amount) for leg in one.legs]
    return Transfer(cause=one.cause + mark, kind=one.kind, legs=legs)


async def test_a_hot_pool_spent_in_sets_from_64_connections_is_spent_once(crowd: Crowd):
    await ledger.post_many([move("fund", "world", "pool", 1_000)])

    async def spend(number: int) -> str:
        mine = [move(f"{number}:{place}", "pool", PEOPLE[place % 3], 3) for place in range(10)]
        try:
            async with crowd.transaction() as tx:
                await ledger.post_many(mine, tx=tx)
        except ledger.BalanceTooLow:
            return "too low"
        return "spent"

    async with asyncio.timeout(120):
        assert Counter(await asyncio.gather(*(spend(number) for number in range(96)))) == {"spent": 33, "too low": 63}
    assert (await held())["pool"] == 10
    assert (await ledger.totals())[GRAMS] == 0
    assert await fetch_value(_WRONG) == 0


_WRONG = (
    "SELECT count(*) FROM (SELECT balance, sum(amount) OVER (PARTITION BY account_id ORDER BY id) AS running"
    " FROM ledger_entry) s WHERE balance <> running"
)


async def test_one_set_from_64_connections_is_posted_once_and_all_hear_the_same_instant(crowd: Crowd):
    mine = [move(f"c{number}", "world", PEOPLE[number % 3], 7) for number in range(9)]

    async def spend(turned: list[Transfer]) -> tuple[int, frozenset[object]]:
        async with crowd.transaction() as tx:
            posted = await ledger.post_many(turned, tx=tx)
        return sum(one.is_new for one in posted), frozenset(one.at for one in posted)

    async with asyncio.timeout(120):
        heard = Counter(
            await asyncio.gather(*(spend(mine if number % 2 else mine[::-1]) for number in range(crowd.size)))
        )
    assert sorted(new for new, _ in heard.elements())[-2:] == [0, 9]
    assert len({instant for _, instant in heard}) == 1
    assert await held() == {"world": -63, "ann": 21, "bo": 21, "cy": 21}


async def test_sets_in_opposite_orders_and_single_posts_wait_for_each_other_and_never_deadlock(crowd: Crowd):
    await ledger.post_many([move(f"fund:{path}", "world", path, 1_000) for path in ("pool", *PEOPLE)])
    ways = list(itertools.permutations(("pool", *PEOPLE), 2))

    async def exchange(number: int) -> None:
        turned = ways[number % len(ways) :] + ways[: number % len(ways)]
        mine = [move(f"{number}:{place}", *way, 1) for place, way in enumerate(turned[:: 1 if number % 2 else -1])]
        async with crowd.transaction() as tx:
            if number % 5:
                await ledger.post_many(mine, tx=tx)
            else:
                await ledger.post(mine[0].cause, mine[0].legs, kind="move", tx=tx)

    async with asyncio.timeout(120):
        await asyncio.gather(*(exchange(number) for number in range(48)))  # without `again`
    assert await fetch_value(_WRONG) == 0
    assert (await ledger.totals())[GRAMS] == 0


async def test_the_application_cannot_read_a_digest_or_check_by_itself(database: Stand):
    async with connected(database.app_url) as app:
        assert await refusal(app, "SELECT ledger.digest('a', 'b', 'c', 'd')") == ("42501", None)
