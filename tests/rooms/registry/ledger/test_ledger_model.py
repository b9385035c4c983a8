"""Row L3: the ledger against a dict. Any sequence of steps, and after each the books say what the dict says."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from typing import Any, ClassVar

import asyncpg
import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tortoise.exceptions import BaseORMException

from app.gateways.database import constraint, fetch, fetch_one, transaction
from app.kernel.ids import random_code
from app.registry import ledger
from app.registry.ledger import Leg
from tests.conftest import Stand
from tests.rooms.registry.ledger.conftest import open_world

UNITS = ("t:7", "t:8", "CNY")
KINDS = {"ann": "ordinary", "bo": "ordinary", "pool": "pool"}
amounts = st.integers(min_value=-60, max_value=60).filter(bool)
STEPS, EXAMPLES = 30, 10


class Books(RuleBasedStateMachine):
    """Accounts and causes of one example carry its own mark, so that examples need no empty tables."""

    loop: ClassVar[asyncio.AbstractEventLoop]
    stand: ClassVar[Stand]
    steps: ClassVar[int] = 0
    outcomes: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.mark = random_code(8)
        self.balances: dict[tuple[str, str], int] = {}
        self.posted: dict[str, list[Leg]] = {}

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """On the loop of the test, from the thread that hypothesis runs in."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    @initialize()
    def open(self) -> None:
        for unit in UNITS[:2]:
            self.open_more(unit)

    @rule(unit=st.sampled_from(UNITS))
    def open_more(self, unit: str) -> None:
        self.run(ledger.open_accounts({f"{name}:{self.mark}": kind for name, kind in KINDS.items()}, unit=unit))  # type: ignore[misc]
        self.run(open_world(self.stand, unit, [f"world:{self.mark}"]))
        for name in ("world", *KINDS):
            self.balances.setdefault((name, unit), 0)

    @rule(
        cause=st.integers(0, 40).map(str),
        drawn=st.lists(
            st.tuples(st.sampled_from([*KINDS, "nobody"]), st.sampled_from(UNITS), amounts), min_size=1, max_size=5
        ),
    )
    def post(self, cause: str, drawn: list[tuple[str, str, int]]) -> None:
        legs = [Leg(*leg) for leg in drawn]
        for unit in sorted({leg.unit for leg in legs}):
            gap = -sum(leg.amount for leg in legs if leg.unit == unit)
            if gap:  # the world closes it, unless a leg of the world is there: then an account is named twice
                legs.append(Leg("world", unit, gap))
        if len(legs) > 1:
            self.try_to(cause, legs)

    @rule(
        cause=st.integers(41, 200).map(str),
        path=st.permutations(sorted(KINDS)),
        unit=st.sampled_from(UNITS[:2]),
        amount=st.integers(1, 60),
    )
    def give(self, cause: str, path: list[str], unit: str, amount: int) -> None:
        """From one to another, who may not have it."""
        self.try_to(cause, [Leg(path[0], unit, -amount), Leg(path[1], unit, amount)])

    @rule(cause=st.integers(211, 400).map(str), name=st.sampled_from(sorted(KINDS)), amount=st.integers(1, 60))
    def earn(self, cause: str, name: str, amount: int) -> None:
        """From the world, which always has it: hypothesis draws by all modules that are loaded, and some step must post."""
        self.try_to(cause, [Leg("world", "t:7", -amount), Leg(name, "t:7", amount)])

    @rule(cause=st.integers(201, 210).map(str), amount=st.integers(1, 60), too_much=amounts)
    def make_out_of_nothing(self, cause: str, amount: int, too_much: int) -> None:
        """Legs that do not add up; what ann is given is nothing in one case out of many."""
        if amount + too_much:
            self.try_to(cause, [Leg("world", "t:7", -amount), Leg("ann", "t:7", amount + too_much)])

    @precondition(lambda self: self.posted)
    @rule(place=st.integers(0, 99), amount=amounts)
    def come_again(self, place: int, amount: int) -> None:
        """A cause that was posted, with the same content and with other content."""
        cause = sorted(self.posted)[place % len(self.posted)]
        self.try_to(cause, self.posted[cause])
        self.try_to(cause, [Leg("world", "t:7", -amount), Leg("bo", "t:7", amount)])

    @rule(first=amounts, second=amounts)
    def post_two_and_fail(self, first: int, second: int) -> None:
        """Two transfers of one transaction that is rolled back leave nothing."""

        async def fail() -> None:
            async with transaction() as tx:
                for number, amount in enumerate((first, second)):
                    legs = [Leg("world", "t:8", -abs(amount)), Leg("ann", "t:8", abs(amount))]
                    await ledger.post(f"{self.mark}:lost:{number}", self.named(legs), kind="x", tx=tx)
                raise ZeroDivisionError

        try:
            self.run(fail())
        except ZeroDivisionError:
            return
        raise AssertionError

    def try_to(self, cause: str, legs: list[Leg]) -> None:
        """Post, and compare what came of it with what the dict says must come of it."""
        expected = self.expected(cause, legs)
        try:
            posted = self.run(ledger.post(f"{self.mark}:{cause}", self.named(legs), kind="x"))
            found = "posted" if posted.is_new else "known"
        except (ledger.TransferConflict, ledger.AccountUnknown, ledger.BalanceTooLow) as fact:
            found = type(fact).__name__
        except (asyncpg.PostgresError, BaseORMException) as refusal:
            found = constraint(refusal) or repr(refusal)
        type(self).outcomes[found] += 1
        assert found == expected, (cause, legs)
        if found == "posted":
            self.posted[cause] = legs
            for leg in legs:
                self.balances[leg.path, leg.unit] += leg.amount

    def expected(self, cause: str, legs: list[Leg]) -> str:
        if cause in self.posted:
            return "known" if self.posted[cause] == legs else "TransferConflict"
        named = [(leg.path, leg.unit) for leg in legs]
        if len(set(named)) < len(named) or not set(named) <= set(self.balances):
            return "AccountUnknown"
        if any(leg.path != "world" and self.balances[leg.path, leg.unit] + leg.amount < 0 for leg in legs):
            return "BalanceTooLow"
        sums = {unit: sum(leg.amount for leg in legs if leg.unit == unit) for unit in UNITS}
        return "ledger_transfer_balances" if any(sums.values()) else "posted"

    def named(self, legs: list[Leg]) -> list[Leg]:
        return [Leg(f"{leg.path}:{self.mark}", leg.unit, leg.amount) for leg in legs]

    @invariant()
    def the_books_say_what_the_dict_says(self) -> None:
        type(self).steps += 1
        rows = self.run(
            fetch(
                "SELECT split_part(a.path, ':', 1) AS name, a.unit, a.balance, coalesce(sum(e.amount), 0)::bigint AS added,"
                " coalesce((array_agg(e.balance ORDER BY e.id DESC))[1], 0) AS last FROM ledger_account a"
                " LEFT JOIN ledger_entry e ON e.account_id = a.id WHERE a.path LIKE $1 GROUP BY a.id",
                f"%:{self.mark}",
            )
        )
        assert {(row["name"], row["unit"]): row["balance"] for row in rows} == self.balances
        assert all(row["balance"] == row["added"] == row["last"] for row in rows)
        written = self.run(
            fetch_one(
                "SELECT count(DISTINCT t.id) AS transfers, count(e.id) AS entries FROM ledger_transfer t"
                " LEFT JOIN ledger_entry e ON e.transfer_id = t.id WHERE t.cause LIKE $1",
                f"{self.mark}:%",
            )
        )
        legs = sum(len(legs) for legs in self.posted.values())
        assert written == {"transfers": len(self.posted), "entries": legs}


async def test_any_sequence_of_steps_leaves_the_books_as_a_dict_would(database: Stand):
    Books.loop, Books.stand, Books.steps = asyncio.get_running_loop(), database, 0
    chosen = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize=True,
        database=None,
        print_blob=True,
    )
    await asyncio.to_thread(run_state_machine_as_test, Books, settings=chosen)
    assert Books.steps >= 100
    assert set(Books.outcomes) == {
        "posted",
        "known",
        "TransferConflict",
        "AccountUnknown",
        "BalanceTooLow",
        "ledger_transfer_balances",
    }, "a way out that no step takes proves nothing"
    assert set((await ledger.totals()).values()) == {0}
