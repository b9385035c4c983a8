"""What may go wrong with any way to pay, made to go wrong with each: sendings, openings, closings, refunds.

The channels' own tests bend their own wires; what stands here is told in no channel's words, and runs for every one that has
a far side. Which fault of the list is tested where: docs/wire/faults.md.
"""

import asyncio
from typing import Any

import pytest

from app.commerce import orders, payments
from app.gateways.channels.base import Charge, Opening, Trade
from app.gateways.database import fetch, transaction
from app.kernel.errors import Unavailable
from app.kernel.money import Currency
from tests.far_side import notice_door, own_sandbox, sandbox, sandbox_process
from tests.flow import at_once, flow, raw
from tests.rooms.conftest import river
from tests.tills import REHEARSED, Tills, tills
from tests.wire.wechatpay_asking import number

__all__ = ["flow", "notice_door", "own_sandbox", "river", "sandbox", "sandbox_process", "tills"]  # fixtures

every_channel = pytest.mark.parametrize("name", REHEARSED)


@pytest.fixture(autouse=True)
def _refusals_are_part_of_it(sandbox: Any) -> None:
    sandbox.expect_refusals()


async def paid(tills: Tills, name: str) -> tuple[orders.OrderFacts, dict[str, Any]]:
    """An order that was paid and retired, and its payment's row."""
    order, reference = await tills.opened(name)
    await tills.ends(name, reference, "success")
    await _until(tills, lambda: _is(tills, order, "paid"))
    return order, await tills.flow.payment(order)


@every_channel
@pytest.mark.parametrize("tamper", ["body", "wrong_key", "stale"])
async def test_a_forged_notice_from_this_very_machine_is_refused_and_leaves_no_row(
    tills: Tills, name: str, tamper: str
) -> None:
    order, reference = await tills.opened(name)
    await tills.control(name, "notify", reference=reference, tamper=tamper)
    await tills.ends(name, reference, "success")
    (answer,) = await tills.take(1)
    assert answer.status == 401
    assert await tills.flow.count("payment_notice") == 0
    assert await tills.flow.state(order) == "placed"
    await _until(tills, lambda: _is(tills, order, "paid"))  # by asking


@every_channel
async def test_a_truly_signed_notice_of_another_amount_is_parked_and_pays_nothing(tills: Tills, name: str) -> None:
    order, reference = await tills.opened(name)
    await tills.control(name, "notify", reference=reference, tamper="other_amount")
    await tills.ends(name, reference, "success")
    (answer,) = await tills.take(1)
    assert answer.status in {200, 204}
    assert await tills.flow.count("payment_notice", "fate = 'parked' AND fact IS NOT NULL") == 1
    assert (await tills.flow.payment(order))["transaction_id"] is None
    await _until(tills, lambda: _is(tills, order, "paid"))  # by asking: the channel's own word has the true amount


@every_channel
async def test_a_notice_of_an_order_we_do_not_know_is_parked_and_acknowledged(tills: Tills, name: str) -> None:
    order, known = await tills.opened(name)
    payment = await tills.flow.payment(order)
    method = tills.method(name)
    charge = Charge(
        reference=number("X"),
        description="碳中和",
        amount_minor=payment["amount_minor"],
        currency=Currency(payment["currency"]),
        method=method.code,
        expires_at=payment["expires_at"],
        payer_ip="203.0.113.7",
        return_url=f"http://127.0.0.1:{tills.flow.door.port}/o/1?paid=1",
    )
    assert isinstance(await tills.channels[name].open(charge), Opening)
    await tills.ends(name, charge.reference, "success")
    (answer,) = await tills.take(1)
    assert answer.status in {200, 204}
    assert await tills.flow.count("payment_notice", "fate = 'parked' AND fact = 'unknown_payment'") == 1
    assert await tills.flow.state(order) == "placed"
    held = (await tills.truth(name))["balances"][payment["currency"]]["held"]
    (theirs,) = [one for one in (await tills.truth(name))["trades"] if one["is_paid"]]
    tills.flow.broken += [
        (
            f"I9: {name}: their payment {charge.reference} of {charge.amount_minor} {payment['currency']}"
            f" ({theirs['transaction_id']}) is not in the other book"
        ),
        f"I9: {name}: they hold {held} {payment['currency']} for us, the ledger says 0",
    ]
    assert known != charge.reference


@every_channel
@pytest.mark.parametrize("count", [2, 20])
async def test_the_same_notice_again_and_again_pays_once(tills: Tills, name: str, count: int) -> None:
    order, reference = await tills.opened(name)
    await tills.ends(name, reference, "success")
    notice = raw((await tills.flow.door.wait(1, within_s=60))[0])
    answers = [await tills.receive(notice, name) for _ in range(count)]
    assert len({(one.status, one.body) for one in answers}) == 1
    assert answers[0].status in {200, 204}
    await _is_paid_once(tills, order)


@every_channel
@pytest.mark.parametrize("count", [20, 50])
async def test_the_same_notice_many_times_at_once_pays_once(tills: Tills, name: str, count: int) -> None:
    order, reference = await tills.opened(name)
    await tills.ends(name, reference, "success")
    notice = raw((await tills.flow.door.wait(1, within_s=60))[0])
    answers = await at_once(lambda: tills.receive(notice, name), count)
    assert {one.status for one in answers} <= {200, 204}
    await _is_paid_once(tills, order)


@every_channel
async def test_one_payment_told_under_several_event_ids_pays_once(tills: Tills, name: str) -> None:
    order, reference = await tills.opened(name)
    await tills.control(name, "notify", reference=reference, duplicate=3, at_once=True, fresh_ids=True)
    await tills.ends(name, reference, "success")
    await tills.take(3)
    await _is_paid_once(tills, order)


@every_channel
async def test_a_notice_and_our_own_question_in_the_same_moment_pay_once(tills: Tills, name: str) -> None:
    order, reference = await tills.opened(name)
    await tills.ends(name, reference, "success")
    notice = raw((await tills.flow.door.wait(1, within_s=60))[0])
    await tills.flow.due_now()
    await asyncio.gather(tills.receive(notice, name), tills.flow.sweep())
    await _is_paid_once(tills, order)


@every_channel
@pytest.mark.parametrize("kind", ["502", "500", "429", "reset", "bad_json", "unsigned", "wrong_signature"])
async def test_an_opening_whose_answer_is_lost_or_unbelievable_is_opened_again_as_the_same_payment(
    tills: Tills, name: str, kind: str
) -> None:
    order = await tills.order(name)
    await tills.fault(name, "open", kind)
    with_answer = await _tried(tills, order, name)
    if not with_answer:
        assert await _tried(tills, order, name)
    assert len(await tills.flow.payments(order)) == 1
    await tills.ends(name, await tills.reference(order), "success")
    await _until(tills, lambda: _is(tills, order, "paid"))
    assert len([one for one in (await tills.truth(name))["trades"] if one["is_paid"]]) == 1


@every_channel
async def test_two_devices_that_open_at_once_have_one_payment(tills: Tills, name: str) -> None:
    order = await tills.order(name)
    openings = await at_once(lambda: tills.open(order, name), 2)
    assert openings[0] == openings[1]
    assert len(await tills.flow.payments(order)) == 1


@every_channel
async def test_of_two_channels_that_are_both_paid_one_stays_and_the_other_goes_back(tills: Tills, name: str) -> None:
    takes = tills.method(name).currencies
    others = [one for one in REHEARSED if one != name and tills.method(one).currencies & takes]
    if not others:
        pytest.skip(f"no other channel takes what {name} takes")
    order, first = await tills.opened(name)
    await tills.open(order, others[0])
    second = await tills.reference(order)
    assert second != first
    for channel, reference in ((name, first), (others[0], second)):
        await tills.ends(channel, reference, "success", late=True)
    await _until(tills, lambda: _refunds_are(tills, done=1))
    assert await tills.flow.state(order) == "paid"
    assert await tills.flow.count("retirement") == 1
    held = [
        one["amount_minor"] - sum(r["amount_minor"] for r in await _refunds(one))
        for one in await tills.flow.payments(order)
    ]
    assert sorted(held) == [0, order.amount_minor]


@every_channel
async def test_whoever_pays_in_the_moment_of_closing_has_paid(tills: Tills, name: str) -> None:
    order, reference = await tills.opened(name)
    await tills.control(name, "notify", reference=reference, drop=True)
    channel = tills.channels[name]

    class PaysFirst:
        def __getattr__(self, verb: str) -> Any:
            return getattr(channel, verb)

        async def close(self, trade: Trade) -> Any:
            await tills.ends(name, reference, "success", late=True)
            return await channel.close(trade)

    tills.flow.tools.gateways.channels[name] = PaysFirst()  # type: ignore[index]
    await tills.flow.time_is_up(order)
    await tills.settle()
    assert await tills.flow.state(order) == "paid"
    await _is_paid_once(tills, order)


@every_channel
@pytest.mark.parametrize("is_left", [True, False])
async def test_money_that_comes_after_the_end_is_honoured_or_goes_back_in_full(
    tills: Tills, name: str, *, is_left: bool
) -> None:
    order, reference = await tills.opened(name)
    await tills.flow.time_is_up(order)
    await _until(tills, lambda: _is(tills, order, "expired"))
    if not is_left:
        await tills.flow.others_take_all(order)
    await tills.ends(name, reference, "success", late=True)
    if is_left:
        await _until(tills, lambda: _is(tills, order, "paid"))
        assert (await tills.flow.payment(order))["was_late"]
    else:
        await _until(tills, lambda: _is(tills, order, "refunded"))
        assert await tills.flow.count("retirement") == 0
        assert (await tills.truth(name))["balances"][order.currency]["held"] == 0


@every_channel
async def test_parts_go_back_up_to_what_was_paid_and_no_further(tills: Tills, name: str) -> None:
    order, payment = await paid(tills, name)
    part = order.amount_minor // 3
    async with transaction() as tx:
        for number in range(3):
            await payments.refund(payment["id"], cause=f"test:{number}", amount_minor=part, reverses_sale=True, tx=tx)
    with pytest.raises(payments.RefundTooLarge):
        async with transaction() as tx:
            await payments.refund(payment["id"], cause="test:more", amount_minor=part, reverses_sale=True, tx=tx)
    await _until(tills, lambda: _refunds_are(tills, done=3))
    theirs = (await tills.truth(name))["balances"][order.currency]
    assert theirs["refunded"] == 3 * part


@every_channel
@pytest.mark.parametrize("kind", ["502", "reset", "unsigned"])
async def test_a_refund_whose_answer_is_lost_is_sent_again_under_its_number_and_made_once(
    tills: Tills, name: str, kind: str
) -> None:
    order, reference = await tills.opened(name)
    await tills.flow.time_is_up(order)
    await _until(tills, lambda: _is(tills, order, "expired"))
    await tills.flow.others_take_all(order)
    await tills.fault(name, "refund", kind)
    await tills.ends(name, reference, "success", late=True)
    await _until(tills, lambda: _is(tills, order, "refunded"))
    (theirs,) = [one for one in (await tills.truth(name))["refunds"] if one["is_done"]]
    assert theirs["amount_minor"] == order.amount_minor
    assert await tills.flow.count("payment_refund") == 1
    kinds = await fetch(
        "SELECT kind FROM outbox_message WHERE subject = $1", f"payment:{(await tills.flow.payment(order))['id']}"
    )
    assert [row["kind"] for row in kinds].count("payment.succeeded") == 1


async def _tried(tills: Tills, order: orders.OrderFacts, name: str) -> bool:
    try:
        await tills.open(order, name)
    except Unavailable:
        return False
    return True


async def _is_paid_once(tills: Tills, order: orders.OrderFacts) -> None:
    await tills.settle(2)
    assert await tills.flow.state(order) == "paid"
    assert await tills.flow.count("ledger_transfer", "kind = 'payment'") == 1
    assert await tills.flow.count("retirement") == 1
    assert await tills.flow.count("certificate") == 1


async def _is(tills: Tills, order: orders.OrderFacts, state: str) -> bool:
    return await tills.flow.state(order) == state


async def _refunds_are(tills: Tills, *, done: int) -> bool:
    return await tills.flow.count("payment_refund", "state = 'done'") == done


async def _refunds(payment: dict[str, Any]) -> list[dict[str, Any]]:
    return await fetch(
        "SELECT amount_minor FROM payment_refund WHERE payment_id = $1 AND state = 'done'", payment["id"]
    )


async def _until(tills: Tills, holds: Any) -> None:
    """Let the product work until it holds; a test that waits in vain fails by what it asserts next."""
    for _ in range(60):
        await tills.settle(1)
        if await holds():
            return
        await asyncio.sleep(0.05)
    assert await holds()
