"""Opening a payment at a channel that may be silent, and finding out by asking what no notice told."""

import asyncio
from functools import partial

import msgspec
import pytest

from app.commerce import payments
from app.commerce.payments import querying
from app.gateways.channels.base import Method, Opening
from app.gateways.channels.wechatpay import H5, NATIVE
from app.gateways.patience import within
from app.kernel.errors import Unavailable
from tests.effort import moment_s
from tests.flow import WECHATPAY, Flow, at_once
from tests.wire.wechatpay_asking import ours_for


@pytest.mark.parametrize("fault", ["timeout_before", "timeout_after", "502", "bad_json", "unsigned", "wrong_signature"])
async def test_a_silent_opening_can_be_repeated_and_is_still_one_payment(flow: Flow, fault: str) -> None:
    order = await flow.river.order()
    await flow.sandbox.control("POST", "fault", {"route": "native", "kind": fault, "hold_s": moment_s(1)})
    impatient = ours_for(flow.sandbox, flow.door.url, read_timeout_s=moment_s(0.2))
    with pytest.raises(Unavailable):
        await flow.open(order, channels={WECHATPAY: impatient})
    await impatient.aclose()
    before = await flow.payment(order)
    assert (before["state"], before["opening"]) == ("created", None)

    first, second = await flow.open(order), await flow.open(order)

    assert first == second
    assert (await flow.payment(order))["reference"] == before["reference"]
    assert await flow.count("payment") == 1
    assert len((await flow.sandbox.truth())["trades"]) == 1


async def test_two_devices_at_once_open_one_payment(flow: Flow) -> None:
    order = await flow.river.order()
    openings = await at_once(lambda: flow.open(order), 6)
    assert len({opening.code_url for opening in openings}) == 1
    assert await flow.count("payment") == 1
    assert len((await flow.sandbox.truth())["trades"]) == 1


async def test_a_refusal_of_the_channel_is_told_in_its_own_word_and_keeps_the_way_open(flow: Flow) -> None:
    order = await flow.river.order()
    await flow.sandbox.control("POST", "fault", {"route": "native", "kind": "code:NO_AUTH"})
    with pytest.raises(payments.ChannelRefused) as refusal:
        await flow.open(order)
    assert refusal.value.facts == {"channel_code": "NO_AUTH"}
    assert (await flow.payment(order))["last_word"] == "NO_AUTH"
    assert (await flow.open(order)).code_url is not None


async def test_another_way_to_pay_closes_the_first_one_at_the_channel(flow: Flow) -> None:
    order = await flow.opened(method=H5)
    await flow.open(order, NATIVE)
    first, second = await flow.payments(order)
    assert (first["state"], second["state"]) == ("closing", "pending")

    assert (await flow.sweep())["asked"] == 1

    assert [row["state"] for row in await flow.payments(order)] == ["closed", "pending"]
    assert (await flow.sandbox.trade(first["reference"]))["state"] == "CLOSED"
    await flow.pays(order)
    await flow.receive_notice()
    await flow.work()
    assert await flow.state(order) == "paid"


async def test_a_payment_that_is_over_is_not_opened_again(flow: Flow) -> None:
    order = await flow.paid()
    with pytest.raises(payments.PaymentOver):
        await payments.open_payment((await flow.payment(order))["id"], channels=flow.channels)


async def test_a_success_whose_notice_never_comes_is_found_by_asking_once_however_many_ask(flow: Flow) -> None:
    order = await flow.opened()
    await flow.pays(order, "success_no_notify")
    assert await payments.ask_due(channels=flow.channels) == 0  # not before its time
    await flow.due_now()

    asked = await at_once(lambda: payments.ask_due(channels=flow.channels), 3)

    assert sorted(asked) == [0, 0, 1]
    assert (await flow.payment(order))["state"] == "paid"
    await flow.work()
    assert await flow.state(order) == "paid"
    assert await payments.ask_due(channels=flow.channels) == 0


@pytest.mark.parametrize("fault", ["502", "429", "500", "unsigned", "wrong_signature", "bad_json"])
async def test_an_answer_nobody_can_believe_leaves_the_payment_and_is_asked_for_again(flow: Flow, fault: str) -> None:
    order = await flow.opened()
    await flow.pays(order, "success_no_notify")
    await flow.sandbox.control("POST", "fault", {"route": "query", "kind": fault})
    await flow.due_now()
    await flow.sweep()
    waiting = await flow.payment(order)
    assert (waiting["state"], waiting["queries"]) == ("pending", 1)
    assert waiting["next_query_at"] is not None

    await flow.due_now()
    await flow.sweep()
    assert (await flow.payment(order))["state"] == "paid"


async def test_a_channel_that_cannot_be_reached_leaves_everything_for_later(flow: Flow) -> None:
    order = await flow.opened()
    await flow.due_now()
    nobody = ours_for(flow.sandbox, base_url="http://127.0.0.1:9")
    assert await payments.ask_due(channels=flow.with_channel(nobody)) == 1
    await nobody.aclose()
    assert (await flow.payment(order))["state"] == "pending"
    assert (await flow.payment(order))["next_query_at"] is not None


async def test_no_such_order_is_silence_while_the_opening_may_be_on_its_way_and_an_end_when_time_is_up(
    flow: Flow,
) -> None:
    order = await flow.river.order()
    await flow.sandbox.control("POST", "fault", {"route": "native", "kind": "502"})
    with pytest.raises(Unavailable):
        await flow.open(order)
    await flow.due_now()
    await flow.sweep()
    waiting = await flow.payment(order)
    assert (waiting["state"], waiting["last_word"]) == ("created", "ORDER_NOT_EXIST")

    await flow.time_is_up(order)
    await flow.due_now()
    await flow.sweep()
    assert (await flow.payment(order))["state"] == "closed"
    assert await flow.state(order) == "expired"


async def test_two_ways_to_pay_at_the_same_moment_end_in_one_open_payment_and_true_answers(flow: Flow) -> None:
    order = await flow.river.order()
    barrier = asyncio.Barrier(8)

    async def taps(method: Method) -> object:
        await barrier.wait()
        return await flow.open(order, method)

    told = await asyncio.gather(*(taps(method) for method in (H5, NATIVE) * 4), return_exceptions=True)

    assert {type(one) for one in told} <= {Opening, payments.PaymentOver}
    (open_one,) = [row for row in await flow.payments(order) if row["state"] in {"created", "pending"}]
    assert open_one["state"] == "pending"
    standing = msgspec.json.decode(open_one["opening"], type=Opening)
    assert standing in told, "somebody was told of the one that is open"
    await flow.pays(order)
    await flow.receive_notice()
    await flow.work()
    assert await flow.state(order) == "paid"


async def test_whoever_goes_back_to_the_first_way_while_it_is_closing_gets_it_anew(flow: Flow) -> None:
    order = await flow.opened(method=H5)
    await flow.open(order, NATIVE)
    assert (await flow.open(order, H5)).redirect_url is not None
    assert [row["state"] for row in await flow.payments(order)] == ["closing", "closing", "pending"]


async def test_an_opening_that_was_given_up_while_the_channel_answered_is_not_told(flow: Flow) -> None:
    order = await flow.river.order()

    class ChangesTheirMind:
        """Our side of the channel, with a payer who taps the other way before it has answered."""

        def __getattr__(self, name: str) -> object:
            return getattr(flow.channel, name)

        async def open(self, charge: object) -> object:
            opened = await flow.channel.open(charge)  # type: ignore[arg-type]
            await flow.open(order, NATIVE)
            return opened

    with pytest.raises(payments.PaymentOver):
        await flow.open(order, H5, channels={WECHATPAY: ChangesTheirMind()})
    assert [row["state"] for row in await flow.payments(order)] == ["closing", "pending"]


async def test_after_one_attempt_is_paid_the_others_are_closed_and_none_is_opened(flow: Flow) -> None:
    order = await flow.opened(method=H5)
    first = (await flow.payment(order))["reference"]
    await flow.open(order, NATIVE)
    await flow.sandbox.control("POST", "pay", {"out_trade_no": first})  # the page of the first one was still open
    await flow.receive_notice()

    assert [row["state"] for row in await flow.payments(order)] == ["paid", "closing"]
    with pytest.raises(payments.PaymentOver):
        await flow.open(order, NATIVE)
    await flow.sweep()
    assert [row["state"] for row in await flow.payments(order)] == ["paid", "closed"]
    assert (await flow.sandbox.trade((await flow.payment(order))["reference"]))["state"] == "CLOSED"


async def test_two_attempts_that_are_paid_at_once_keep_one_and_give_the_other_back(flow: Flow) -> None:
    order = await flow.opened(method=H5)
    await flow.open(order, NATIVE)
    for row in await flow.payments(order):
        await flow.sandbox.control("POST", "pay", {"out_trade_no": row["reference"]})
    notices = [await flow.notice(), await flow.notice()]
    assert {answer.status for answer in await asyncio.gather(*map(flow.receive, notices))} == {204}
    await flow.work()
    await flow.receive_notice()
    await flow.work()
    assert sorted(row["state"] for row in await flow.payments(order)) == ["paid", "refunded"]
    assert await flow.state(order) == "paid"


async def test_a_channel_that_never_answers_is_waited_for_until_the_deadline(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await flow.opened()
    await flow.due_now()

    class Hangs:
        """Our side of a channel that takes the question and says nothing for ever."""

        async def query(self, _: str) -> object:
            await asyncio.Event().wait()

    monkeypatch.setattr(querying, "within", partial(within, seconds=0.05))
    async with asyncio.timeout(120):
        assert await payments.ask_due(channels={WECHATPAY: Hangs()}) == 1  # type: ignore[dict-item]
    assert (await flow.payment(order))["state"] == "pending"
    assert (await flow.payment(order))["next_query_at"] is not None
