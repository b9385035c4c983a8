"""Payments by lot: every channel, outcome, fault and delay there is, in one run that its seed repeats.

Each order walks a way of its own, drawn beforehand; many walk at once (`AT_ONCE`), while sweeps and jobs run between them
as in the product. Afterwards everything that is open must come to an end, and the books, the far sides' truth and the
orders agree.
"""

import asyncio
import contextlib
import os
from dataclasses import dataclass, field
from random import Random
from typing import Final

import pytest

from app.commerce import orders, payments
from app.gateways.database import fetch
from app.kernel.errors import Unavailable
from app.sandbox.channels import channels as far_channels
from tests.books import books_add_up
from tests.lending import lent
from tests.tills import REHEARSED, Tills

AT_ONCE: Final = int(os.environ.get("PAYMENTS_AT_ONCE", "40"))
"""Fewer on a machine that is busy with other things: their connections are one pool's, and nobody waits for one longer than
ten seconds."""
FAULTS: Final = ("502", "500", "429", "reset", "bad_json", "unsigned", "wrong_signature")
OUTCOMES: Final = {
    "success": 50, "success_no_notify": 12, "duplicate_notify": 10, "delay_15s": 8, "declined": 5, "cancel": 5, "leaves": 10,
}  # fmt: skip
_ROUNDS_MOST: Final = 60


@dataclass(frozen=True)
class Way:
    """What one order meets, drawn before it begins."""

    first: str
    second: str | None
    """Another channel that the payer turns to, or none."""
    pays_first_after_all: bool
    """Whether the first is paid although they turned to the second: both may then be paid."""
    outcome: str
    plan: dict[str, object]
    """How the notice travels, where the outcome is `success`."""
    fault: tuple[str, str, int] | None
    """Route, kind and times of what goes wrong on the wire just then."""
    is_late: bool
    """Whether the time is up before they pay."""


@dataclass
class Run:
    """One run; `told` counts what was met."""

    tills: Tills
    seed: int
    count: int
    told: dict[str, int] = field(default_factory=dict)
    ways: dict[str, Way] = field(default_factory=dict)
    """What each number at a channel met, for whoever looks for why one of them differs."""

    async def go(self) -> None:
        """Walk them all, then see that everything has come to its end and adds up."""
        print(f"\npayments by lot: {self.count} from seed {self.seed}")  # noqa: T201 - a run that fails is repeated from it
        rng = Random(self.seed)
        ways = [self._draw(rng) for _ in range(self.count)]
        for start in range(0, self.count, AT_ONCE):
            await asyncio.gather(*(self._walk(way) for way in ways[start : start + AT_ONCE]))
            await self.tills.settle(1)
        await self._end()
        print("met: " + ", ".join(f"{name} {number}" for name, number in sorted(self.told.items())))  # noqa: T201
        print("held, in minor units: " + ", ".join(await self._sums()))  # noqa: T201

    def _draw(self, rng: Random) -> Way:
        first = rng.choice(REHEARSED)
        others = [name for name in REHEARSED if name != first and self._same_currency(first, name)]
        far = far_channels()[first]
        plans = [
            {}, {"drop": True}, {"duplicate": rng.randint(2, 5)}, {"duplicate": 3, "at_once": True}, {"delay_s": 20},
            {"duplicate": 2, "fresh_ids": True}, {"tamper": rng.choice(sorted(far.tampers))},
        ]  # fmt: skip
        fault = None
        if rng.random() < 0.25:
            fault = (rng.choice(sorted(far.fault_routes)), rng.choice(FAULTS), rng.randint(1, 2))
        return Way(
            first=first,
            second=rng.choice(others) if others and rng.random() < 0.15 else None,
            pays_first_after_all=rng.random() < 0.5,
            outcome=rng.choices(list(OUTCOMES), list(OUTCOMES.values()))[0],
            plan=rng.choice(plans),
            fault=fault,
            is_late=rng.random() < 0.1,
        )

    def _same_currency(self, one: str, other: str) -> bool:
        return bool(self.tills.method(one).currencies & self.tills.method(other).currencies)

    async def _walk(self, way: Way) -> None:
        order = await self.tills.order(way.first)
        if way.fault is not None:
            route, kind, times = way.fault
            await self.tills.flow.sandbox.control("POST", "fault", {"route": route, "kind": kind, "times": times})
            self._count(f"fault {kind}")
        reference = await self._open(order, way.first, way)
        if reference is None:
            return
        if way.second is not None:
            second = await self._open(order, way.second, way)
            if second is not None:
                self._count("turned to another channel")
                await self._pay(way.second, second, way, late=False)
            if not way.pays_first_after_all:
                return
        if way.is_late:
            await self.tills.flow.time_is_up(order)
            await self.tills.flow.sweep()
            self._count("late")
        await self._pay(way.first, reference, way, late=way.is_late or way.second is not None)

    async def _open(self, order: orders.OrderFacts, name: str, way: Way) -> str | None:
        """Our number at the channel, once it is open; a person taps three times at most."""
        for _ in range(3):
            try:
                await self.tills.open(order, name)
            except (Unavailable, payments.ChannelRefused):
                continue
            except (payments.PaymentOver, orders.OrderOver):
                return None
            reference = await self.tills.reference(order)
            self.ways[reference] = way
            return reference
        self._count("not opened")
        return None

    async def _pay(self, name: str, reference: str, way: Way, *, late: bool) -> None:
        if way.outcome == "leaves":
            return
        # Of what was paid after it was closed only a notice tells, or the day's bill.
        is_told = late and (way.outcome == "success_no_notify" or not {"drop", "tamper"}.isdisjoint(way.plan))
        outcome = "success" if is_told else way.outcome
        if outcome == "success" and way.plan and not is_told:
            await self.tills.control(name, "notify", reference=reference, **self._fitting(name, way.plan))
        with contextlib.suppress(AssertionError):  # 409: closed meanwhile, or paid by the other visit
            await self.tills.ends(name, reference, outcome, late=late)
            self._count(outcome)

    def _fitting(self, name: str, plan: dict[str, object]) -> dict[str, object]:
        """The plan at this channel, which may not know the other's way to spoil a notice."""
        tamper = plan.get("tamper")
        return {} if tamper is not None and tamper not in far_channels()[name].tampers else plan

    async def _broken(self) -> object:
        flow = self.tills.flow
        return await books_add_up(flow.river.stand.app_url, truth=await flow.sandbox.truth())

    async def _end(self) -> None:
        """The faults are over, the time of every order is up: nothing may stay open."""
        await self._spend_faults()
        await fetch_as_owner(
            self.tills, "UPDATE purchase_order SET expires_at = clock_timestamp() WHERE state = 'placed'"
        )
        await fetch_as_owner(
            self.tills,
            "UPDATE payment SET expires_at = clock_timestamp() WHERE state IN ('created', 'pending', 'closing')",
        )
        broken: object = "never looked at"
        for _ in range(_ROUNDS_MOST):
            await self.tills.settle(1)
            # Of what was paid after it was closed nothing is open here: its notice may still be on its way.
            if not await self._open_ends() and not (broken := await self._broken()):
                break
            await asyncio.sleep(0.2)
        if left := await self._open_ends():
            pytest.fail(f"seed {self.seed}: {left} have not come to an end")
        if broken:
            pytest.fail(f"seed {self.seed}: {broken}\n{await self._met_by(str(broken))}")
        flow = self.tills.flow
        assert await flow.count("payment_notice", "fate NOT IN ('applied', 'parked')") == 0
        wrong = await fetch(
            "SELECT o.id, o.state FROM purchase_order o WHERE (o.state = 'paid') <> EXISTS ("
            " SELECT FROM payment p WHERE p.subject = 'order:' || o.id AND p.transaction_id IS NOT NULL AND NOT EXISTS ("
            "  SELECT FROM payment_refund r WHERE r.payment_id = p.id))"
        )
        if wrong:
            pytest.fail(f"seed {self.seed}: orders and their money differ: {wrong}")

    async def _met_by(self, told: str) -> str:
        """For each of our numbers that `told` names: what it met, and what stands of it here."""
        lines = []
        for reference, way in self.ways.items():
            if reference in told:
                rows = await fetch(
                    "SELECT p.state, p.was_late, p.transaction_id, p.last_word, p.queries, p.created_at, p.expires_at,"
                    " (SELECT string_agg(n.kind || ' ' || n.fate, ', ') FROM payment_notice n WHERE n.reference = p.reference)"
                    " AS notices"
                    " FROM payment p WHERE p.reference = $1",
                    reference,
                )
                there = [one for name in REHEARSED for one in (await self.tills.truth(name))["trades"]]
                theirs = [one for one in there if one["reference"] == reference]
                lines.append(f"{reference}: {way}\n  here {rows}\n  there {theirs}")
        return "\n".join(lines)

    async def _sums(self) -> list[str]:
        """By currency what every far side says that we hold, which the ledger's clearing accounts must hold too."""
        theirs: dict[str, int] = {}
        for name in REHEARSED:
            for currency, balance in (await self.tills.truth(name))["balances"].items():
                theirs[currency] = theirs.get(currency, 0) + balance["held"]
        ours = await fetch(
            "SELECT unit, sum(balance) AS held FROM ledger_account WHERE path = ANY($1::text[]) GROUP BY unit",
            [f"clearing:{name}" for name in REHEARSED],
        )
        held = {row["unit"]: -int(row["held"]) for row in ours}
        return [f"{currency} {held.get(currency)} here, {amount} there" for currency, amount in sorted(theirs.items())]

    async def _spend_faults(self) -> None:
        """What was ordered and not met is taken back by the far side."""
        await self.tills.flow.sandbox.control("POST", "fault/clear")

    async def _open_ends(self) -> list[str]:
        rows = await fetch(
            "SELECT 'payment ' || state AS what, count(*) AS n FROM payment"
            " WHERE state NOT IN ('paid', 'closed', 'refunded') GROUP BY 1"
            " UNION ALL SELECT 'refund ' || state, count(*) FROM payment_refund WHERE state = 'requested' GROUP BY 1"
            " UNION ALL SELECT 'order ' || state, count(*) FROM purchase_order"
            "  WHERE state IN ('placed', 'refunding') GROUP BY 1"
            " UNION ALL SELECT 'outbox ' || job, count(*) FROM outbox_message"
            "  WHERE queue = 'settle' AND done_at IS NULL GROUP BY 1"
        )
        return [f"{row['what']}: {row['n']}" for row in rows]

    def _count(self, what: str) -> None:
        self.told[what] = self.told.get(what, 0) + 1


async def fetch_as_owner(tills: Tills, statement: str) -> None:
    """A superuser's act: the application may not move these times."""
    async with lent(tills.flow.river.stand.super_url) as admin:
        await admin.execute(statement)
