"""L4: a bank. Many transfer, many read, connections are ended meanwhile; nobody ever sees a sum that is not there."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

from app.gateways.database import TROUBLE, fetch, fetch_value, is_connection_lost
from app.registry import ledger
from app.registry.ledger import BalanceTooLow, Leg
from tests.conftest import Stand
from tests.rooms.conftest import Crowd, connected

UNIT = "t:4"
SEED = 20_261_129
PEOPLE = ["ann", "bo", "cy", "di"]
START_G = 200
ENOUGH = {"kills": 30, "looks": 20, "posted": 300}
"""The bank closes when there was so much of each: what happens in a second here, and in ten on a busy machine."""
_SEEN = """
SELECT sum(balance) AS total, min(balance) FILTER (WHERE kind <> 'external') AS least,
       (SELECT count(*) FROM ledger_transfer t WHERE t.legs <> (SELECT count(*) FROM ledger_entry e
        WHERE e.transfer_id = t.id)) AS torn,
       (SELECT count(*) FROM ledger_account a WHERE a.unit = $1 AND a.balance <> (SELECT coalesce(sum(e.amount), 0)
        FROM ledger_entry e WHERE e.account_id = a.id)) AS drifted
FROM ledger_account WHERE unit = $1
"""
"""One statement, one snapshot: what a reader sees of the whole bank."""


@dataclass
class Bank:
    """Who writes, reads and kills, and what became of it."""

    stand: Stand
    crowd: Crowd
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    acknowledged: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    became: Counter[str] = field(default_factory=Counter)

    @property
    def is_open(self) -> bool:
        return any(self.became[what] < count for what, count in ENOUGH.items())

    async def write(self, writer: int) -> None:
        """Transfer after transfer; what nobody knows is asked again by its cause."""
        number = 0
        while self.is_open:
            number += 1
            source, target = self.chance.sample(PEOPLE, 2)
            cause, amount = f"bank:{writer}:{number}", self.chance.randint(1, 40)
            while (became := await self._transfer(cause, source, target, amount)) == "unknown":
                self.became[became] += 1
                await asyncio.sleep(0.01)
            self.became[became] += 1
            if became != "too low":
                self.acknowledged[cause] = (source, target, amount)

    async def _transfer(self, cause: str, source: str, target: str, amount: int) -> str:
        legs = [Leg(source, UNIT, -amount), Leg(target, UNIT, amount)]
        try:
            async with self.crowd.transaction() as tx:
                posted = await ledger.post(cause, legs, kind="move", tx=tx)
        except BalanceTooLow:
            return "too low"
        except TROUBLE as trouble:
            if not is_connection_lost(trouble):
                raise
            return "unknown"
        return "posted" if posted.is_new else "was posted"

    async def read(self) -> None:
        """Sum everything, over and over, each time in one snapshot."""
        async with connected(self.stand.super_url) as reader:
            while self.is_open:
                total, least, torn, drifted = await reader.fetchrow(_SEEN, UNIT)
                assert (total, torn, drifted) == (0, 0, 0)
                assert least >= 0
                self.became["looks"] += 1

    async def kill(self) -> None:
        """End connections that have something under way."""
        async with connected(self.stand.super_url) as killer:
            while self.is_open:
                ended = await killer.fetch(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ddt_app'"
                    " AND datname = current_database() AND state <> 'idle' ORDER BY random() LIMIT 2"
                )
                self.became["kills"] += len(ended)
                await asyncio.sleep(self.chance.uniform(0.02, 0.1))


async def test_a_bank_under_kills_shows_no_reader_a_sum_that_is_not_there(database: Stand, crowd: Crowd) -> None:
    """At the end the history, replayed, is the balances."""
    print(f"seed {SEED}")  # noqa: T201 - so that it can be walked again
    await _open_world(database)
    await ledger.open_accounts(dict.fromkeys(PEOPLE, "ordinary"), unit=UNIT)
    for who in PEOPLE:
        await ledger.post(f"start:{who}", [Leg("world", UNIT, -START_G), Leg(who, UNIT, START_G)], kind="move")

    bank = Bank(database, crowd)
    async with asyncio.timeout(60):
        await asyncio.gather(bank.kill(), bank.read(), bank.read(), *(bank.write(number) for number in range(12)))

    assert all(bank.became[what] >= count for what, count in ENOUGH.items()), bank.became
    # Each acknowledged cause stands once, with its very content, and nothing stands that nobody asked for.
    rows = await fetch(
        "SELECT t.cause, min(a.path) FILTER (WHERE e.amount < 0) AS source, min(a.path) FILTER (WHERE e.amount > 0) AS target,"
        " max(e.amount) AS amount FROM ledger_transfer t JOIN ledger_entry e ON e.transfer_id = t.id"
        " JOIN ledger_account a ON a.id = e.account_id WHERE t.cause LIKE 'bank:%' GROUP BY t.cause"
    )
    assert {row["cause"]: (row["source"], row["target"], row["amount"]) for row in rows} == bank.acknowledged
    replayed = dict.fromkeys(PEOPLE, START_G)
    for source, target, amount in bank.acknowledged.values():
        replayed[source] -= amount
        replayed[target] += amount
    assert await ledger.balances(PEOPLE, unit=UNIT) == replayed
    assert await fetch_value("SELECT sum(balance) FROM ledger_account WHERE unit = $1", UNIT) == 0


async def test_a_cap_that_two_could_only_break_together_is_never_broken(database: Stand, crowd: Crowd) -> None:
    """Write skew: both see enough before either has written. The floor is held by the row, so one of them is told no."""
    await _open_world(database)
    await ledger.open_accounts({"pool": "pool"}, unit=UNIT)
    for number in range(20):
        await ledger.post(f"fill:{number}", [Leg("world", UNIT, -10), Leg("pool", UNIT, 10)], kind="move")
        met = asyncio.Barrier(2)

        async def take(who: int, number: int = number, met: asyncio.Barrier = met) -> bool:
            try:
                async with crowd.transaction() as tx:
                    seen = await ledger.balances(["pool"], unit=UNIT, tx=tx)
                    await met.wait()
                    assert seen["pool"] >= 10
                    await ledger.post(
                        f"take:{number}:{who}", [Leg("pool", UNIT, -10), Leg("world", UNIT, 10)], kind="move", tx=tx
                    )
            except BalanceTooLow:
                return False
            return True

        async with asyncio.timeout(120):
            assert sorted(await asyncio.gather(take(1), take(2))) == [False, True]
        assert await ledger.balances(["pool"], unit=UNIT) == {"pool": 0}


async def _open_world(stand: Stand) -> None:
    """The world outside has no floor, and is the owner's to open."""
    async with connected(stand.super_url) as owner:
        await owner.execute(
            "INSERT INTO ledger_account (path, unit, kind, floor, balance) VALUES ('world', $1, 'external', 0, 0)", UNIT
        )
