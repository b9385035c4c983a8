"""PayPal through the room of payments, in dollars: approved and taken, declined, lost, late, refunded; three books alike."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import pytest

from app.cli.operations.migrating import clearing
from app.commerce import payments
from app.commerce.orders import cause_of
from app.gateways.channels.base import Opening
from app.gateways.channels.paypal import CHECKOUT, KIND, PayPal
from app.gateways.database import Row, fetch, fetch_one, transaction
from app.kernel.clock import utc_now
from app.kernel.money import Currency
from app.registry import ledger
from tests.flow import HALF_AN_HOUR, Flow, raw
from tests.rooms.conftest import KEYRING
from tests.wire.paypal_asking import fault, ours_for

PRICE = 199


@dataclass
class Till:
    """One river with PayPal beside its other channels."""

    flow: Flow
    ours: PayPal
    _taken: int = 0

    async def opened(self) -> UUID:
        """A payment whose payer stands before PayPal's page."""
        order = await self.flow.river.order("k1")
        async with transaction() as tx:
            payment_id = await payments.prepare(
                payments.NewPayment(
                    subject=cause_of(order.id), channel="paypal", method=CHECKOUT, amount_minor=PRICE,
                    currency=Currency.USD, description="Carbon neutral", expires_at=utc_now() + HALF_AN_HOUR,
                    return_url=f"http://127.0.0.1:{self.flow.door.port}/o/1",
                ),
                tx=tx,
            )  # fmt: skip
        opening = await payments.open_payment(payment_id, channels=self.channels)
        assert isinstance(opening, Opening)
        return payment_id

    @property
    def channels(self) -> dict[str, PayPal]:
        return {"paypal": self.ours}

    async def row(self, payment_id: UUID) -> Row:
        found = await fetch_one("SELECT * FROM payment WHERE id = $1", payment_id)
        assert found is not None
        return found

    async def ends(self, payment_id: UUID, outcome: str, **how: object) -> None:
        told = {"reference": (await self.row(payment_id))["reference"], "outcome": outcome, **how}
        await self.flow.sandbox.control("POST", "channels/paypal/outcome", told)

    async def take(self, count: int) -> list[int]:
        """The next notices, handed in as the door does."""
        came = (await self.flow.door.wait(self._taken + count))[self._taken : self._taken + count]
        self._taken += count
        assert {one.path for one in came} == {"/notify/paypal"}
        return [(await payments.receive(raw(one), channel=self.ours, keyring=KEYRING)).status for one in came]

    async def sweep(self) -> None:
        await self.flow.due_now()
        await payments.ask_due(channels=self.channels)

    async def money(self) -> dict[str, int]:
        return await ledger.balances(["clearing:paypal", "prepaid"], unit="USD")

    async def give_back(self, payment_id: UUID, amount_minor: int | None = None, cause: str = "changed_mind") -> str:
        async with transaction() as tx:
            refund_id = await payments.refund(payment_id, cause=cause, amount_minor=amount_minor, tx=tx)
        await payments.send_refund(refund_id, channels=self.channels)
        found = await fetch_one("SELECT state FROM payment_refund WHERE id = $1", refund_id)
        assert found is not None
        return str(found["state"])


@pytest.fixture
async def till(flow: Flow) -> AsyncIterator[Till]:
    owner = await asyncpg.connect(flow.river.stand.super_url)
    for name, currency in clearing((KIND,)):  # as `diandian migrate` does
        await owner.execute("SELECT ledger.open_clearing($1, $2)", name, currency.value)
    await owner.execute(
        "INSERT INTO ledger_account (path, unit, kind, floor, balance)"
        " VALUES ('prepaid', 'USD', 'pool', 0, 0), ('sales', 'USD', 'pool', 0, 0) ON CONFLICT DO NOTHING"
    )
    await owner.close()
    ours = ours_for(flow.sandbox)
    one = Till(flow, ours)
    yield one
    await ours.aclose()


@pytest.mark.parametrize(("outcome", "notices"), [("success", 1), ("duplicate_notify", 3), ("delay_15s", 1)])
async def test_what_was_approved_is_taken_and_paid_once_however_often_it_is_told(
    till: Till, outcome: str, notices: int
) -> None:
    payment_id = await till.opened()
    await till.ends(payment_id, outcome)
    assert await till.take(notices) == [200] * notices
    assert (await till.row(payment_id))["state"] == "pending"  # agreed to, and nothing has moved
    await asyncio.gather(till.sweep(), till.sweep())
    assert await till.take(notices) == [200] * notices
    assert (await till.row(payment_id))["state"] == "paid"
    assert await till.money() == {"clearing:paypal": -PRICE, "prepaid": PRICE}
    assert await till.give_back(payment_id) == "done"
    assert (await till.row(payment_id))["state"] == "refunded"


async def test_without_any_notice_the_next_question_takes_it(till: Till) -> None:
    payment_id = await till.opened()
    await till.ends(payment_id, "success_no_notify")
    await till.sweep()
    assert (await till.row(payment_id))["state"] == "paid"
    assert await till.give_back(payment_id) == "done"


async def test_a_declined_card_leaves_it_open_and_the_next_try_pays(till: Till) -> None:
    payment_id = await till.opened()
    await till.ends(payment_id, "declined")
    await till.sweep()
    row = await till.row(payment_id)
    assert (row["state"], row["last_word"]) == ("pending", "INSTRUMENT_DECLINED")
    await till.ends(payment_id, "success_no_notify")
    await till.sweep()
    assert (await till.row(payment_id))["state"] == "paid"
    assert await till.give_back(payment_id) == "done"


async def test_what_was_given_up_is_closed_and_never_taken_although_its_payer_approves(till: Till) -> None:
    payment_id = await till.opened()
    await till.ends(payment_id, "cancel")
    assert await payments.close((await till.row(payment_id))["subject"], channels=till.channels)
    await till.ends(payment_id, "success")
    assert await till.take(1) == [200]
    await till.sweep()
    assert (await till.row(payment_id))["state"] == "closed"
    assert await till.money() == {"clearing:paypal": 0, "prepaid": 0}


async def test_a_capture_without_an_answer_is_paid_by_its_notice_and_once(till: Till) -> None:
    payment_id = await till.opened()
    await till.ends(payment_id, "success")
    await till.take(1)
    await fault(till.flow.sandbox, "capture", "reset")
    await till.sweep()
    assert (await till.row(payment_id))["state"] == "pending"
    assert await till.take(1) == [200]
    assert (await till.row(payment_id))["state"] == "paid"
    await till.sweep()
    assert await till.money() == {"clearing:paypal": -PRICE, "prepaid": PRICE}
    assert await till.give_back(payment_id) == "done"


async def test_money_under_review_keeps_it_open_and_comes_late_after_it_was_given_up(till: Till) -> None:
    await till.flow.sandbox.control("POST", "paypal/capture", {"result": "PENDING"})
    payment_id = await till.opened()
    await till.ends(payment_id, "success_no_notify")
    await till.sweep()
    row = await till.row(payment_id)
    assert (row["state"], row["last_word"]) == ("pending", "CAPTURE_PENDING_REVIEW")
    assert not await payments.close(row["subject"], channels=till.channels)
    assert (await till.row(payment_id))["state"] == "closing"  # nobody says closed while money may still come
    settled = {"result": "COMPLETED", "reference": row["reference"]}
    await till.flow.sandbox.control("POST", "paypal/capture", settled)
    await till.sweep()
    assert (await till.row(payment_id))["state"] == "paid"
    assert await till.give_back(payment_id) == "done"


async def test_refunds_in_parts_go_back_once_each_also_after_silence(till: Till) -> None:
    payment_id = await till.opened()
    await till.ends(payment_id, "success_no_notify")
    await till.sweep()
    assert await till.give_back(payment_id, 50, "first") == "done"
    await fault(till.flow.sandbox, "refund", "reset")
    assert await till.give_back(payment_id, 49, "second") == "requested"
    await till.flow.due_now("payment_refund")
    await payments.send_refunds_due(channels=till.channels)
    assert await till.money() == {"clearing:paypal": -100, "prepaid": 100}
    assert await till.take(2) == [200, 200]  # both refunds are told, and move nothing twice
    assert await till.give_back(payment_id) == "done"
    assert await till.money() == {"clearing:paypal": 0, "prepaid": 0}


async def test_a_dispute_and_a_refund_of_the_console_are_recorded_and_bound_what_we_give_back(till: Till) -> None:
    payment_id = await till.opened()
    await till.ends(payment_id, "success_no_notify")
    await till.sweep()
    reference = (await till.row(payment_id))["reference"]
    await till.flow.sandbox.control("POST", "paypal/dispute", {"reference": reference})
    await till.flow.sandbox.control("POST", "paypal/console_refund", {"reference": reference, "amount_minor": 10})
    assert await till.take(2) == [200, 200]
    found = await fetch("SELECT kind, amount_minor, is_gone FROM payment_reversal ORDER BY kind")
    paid = await till.row(payment_id)
    assert [tuple(row.values()) for row in found] == [
        ("dispute_opened", paid["amount_minor"], False), ("merchant_refund", 10, True),
    ]  # fmt: skip
    assert paid["state"] == "paid"
    assert await till.give_back(payment_id) == "done"
