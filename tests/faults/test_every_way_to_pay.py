"""Six ways a visit to the cashier ends, at every channel: the books, the far side's truth and its bill say the same."""

import asyncio
import os
import secrets
from dataclasses import replace

import pytest

from app.commerce import orders
from app.commerce.orders import NewHoldLine, NewJointOrder
from app.foundation.identity import Role
from app.gateways.channels.base import Bill, BillKind, NoBill, Pending
from app.kernel.clock import beijing_day, utc_now
from app.registry import holdings
from app.registry.credits import Programme
from tests.far_side import notice_door, own_sandbox, sandbox, sandbox_process
from tests.flow import flow
from tests.random_payments import Run
from tests.rooms.commerce.orders.test_orders_of_lines import line
from tests.rooms.conftest import organisation, river
from tests.staff import member
from tests.tills import KNOWN, REHEARSED, Tills, channel_of, tills

__all__ = ["flow", "notice_door", "own_sandbox", "river", "sandbox", "sandbox_process", "tills"]  # fixtures

PAID = {"success": 1, "success_no_notify": 0, "duplicate_notify": 3, "delay_15s": 1}
"""The outcomes in which money moves, and how many notices tell of it."""
UNPAID = ("declined", "cancel")
TONNE = 1_000_000
WAYS = [*REHEARSED, *KNOWN]
"""Each channel by whoever scans or clicks, and by whoever the app around them knows."""


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("outcome", PAID)
async def test_a_visit_that_ends_with_money_is_paid_once_retired_once_and_stands_in_the_bill_once(
    tills: Tills, name: str, outcome: str
) -> None:
    flow = tills.flow
    order, reference = await tills.opened(name)
    await tills.ends(name, reference, outcome)
    told = 0
    for _ in range(100):
        told += await tills.take_all()
        await tills.settle(1)
        if told >= PAID[outcome] and (await flow.state(order)) == "paid":
            break
        await asyncio.sleep(0.05)
    await tills.settle(2)
    assert await flow.state(order) == "paid"
    payment = await flow.payment(order)
    assert (payment["state"], payment["was_late"]) == ("paid", False)
    assert await flow.count("retirement") == 1
    (theirs,) = [one for one in (await tills.truth(name))["trades"] if one["is_paid"]]
    assert (theirs["reference"], theirs["transaction_id"]) == (reference, payment["transaction_id"])
    (line,) = await _bill(tills, name)
    assert (line.kind, line.reference, line.transaction_id) == (BillKind.PAYMENT, reference, payment["transaction_id"])
    assert (line.amount_minor, line.currency) == (payment["amount_minor"], payment["currency"])


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("outcome", UNPAID)
async def test_a_visit_that_ends_without_money_expires_and_stands_in_no_bill(
    tills: Tills, name: str, outcome: str
) -> None:
    flow = tills.flow
    order, reference = await tills.opened(name)
    await tills.ends(name, reference, outcome)
    await tills.settle(2)
    assert await flow.state(order) == "placed"
    await flow.time_is_up(order)
    await tills.settle()
    assert await flow.state(order) == "expired"
    assert (await flow.payment(order))["state"] == "closed"
    assert not [one for one in (await tills.truth(name))["trades"] if one["is_paid"]]
    assert await _bill(tills, name) == ()


@pytest.mark.parametrize("name", REHEARSED)
async def test_an_organisations_order_that_retires_and_holds_is_paid_delivered_and_partly_given_back_at_every_channel(
    tills: Tills, name: str
) -> None:
    flow = tills.flow
    currency = min(tills.method(name).currencies)
    owner = await organisation("示例钢铁")
    person, account = await member(owner, Role.OPERATOR), await holdings.open_holding(owner)
    asked = NewJointOrder(
        payer_id=owner,
        lines=(
            line(flow.river, owner, 2 * TONNE, Programme.CDCER, mandate=None),
            NewHoldLine(account_id=account.id, mass_g=TONNE, mix=holdings.Mix.only(Programme.CDCER)),
        ),
        currency=currency,
        language="en",
    )
    order = await orders.place_joint(asked, by=person, key="both", clock=utc_now)
    await tills.open(replace(order, person_id=person), name)
    await tills.ends(name, await tills.reference(order), "success")
    await tills.settle(4)
    order = await orders.find(order.id, by=person)
    assert (order.state, await flow.count("retirement", "state = 'settled'")) == ("paid", 1)
    assert sum(one.mass_g for one in await holdings.balances(account.account)) == TONNE
    (line_no,) = order.hold_lines
    back = await orders.return_line(order.id, line_no.id, TONNE // 2, by=person, key="back")
    assert (back.mass_g, back.currency) == (TONNE // 2, currency)
    for _ in range(100):  # the far side takes its time with a refund, and says so meanwhile
        await tills.settle(1)
        if not await flow.count("payment_refund", "state <> 'done'"):
            break
        await asyncio.sleep(0.1)
    order = await orders.find(order.id, by=person)
    assert (order.shown_state, order.back_minor) == ("partly_refunded", back.amount_minor)
    (sums,) = [one for unit, one in (await tills.truth(name))["balances"].items() if unit == currency]
    assert (sums["paid"], sums["refunded"]) == (order.amount_minor, back.amount_minor)


async def test_two_thousand_payments_by_lot_leave_nothing_open_and_every_book_alike(
    tills: Tills,
) -> None:
    tills.flow.sandbox.expect_refusals()
    seed = int(os.environ.get("PAYMENTS_SEED", "0")) or secrets.randbelow(10**9)
    await Run(tills, seed=seed, count=int(os.environ.get("PAYMENTS", "2000"))).go()


async def _bill(tills: Tills, name: str) -> tuple:
    today = beijing_day(utc_now())
    await tills.later()
    channel = tills.channels[channel_of(name)]
    bill = await channel.fetch_bill(today)
    # By our own clock today is not over: a channel that has one word for "nothing moved" and "not made yet" decides nothing.
    if isinstance(bill, NoBill | Pending):
        return ()
    assert isinstance(bill, Bill), bill
    return channel.read_bill(bill)
