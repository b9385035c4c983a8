"""Coming back from paying, with and without a script: what was not paid is called so, what is under way is not called done."""

import re

import pytest

from app.commerce import orders
from app.gateways.channels.base import Opening
from app.gateways.channels.wechatpay import KIND
from app.gateways.database import fetch, transaction
from app.kernel import ids
from app.kernel.clock import beijing_day, utc_now
from app.kernel.errors import Unavailable
from app.kernel.outcome import Closed, Done, Outcome, Pending, TradeStatus
from tests.doors.conftest import OWN_PAGE, PAGE, Caller, Door
from tests.doors.test_pages_citizen import fields, scanned


class FarSide:
    """A channel that answers one word, whatever is asked; it stands for the other end of the wire."""

    name, label, mark, methods = "wechatpay", KIND.label, KIND.mark, KIND.methods

    def __init__(self) -> None:
        self.word: TradeStatus | None = Pending(code="NOTPAY", is_unpaid=True)
        self.asked = 0

    async def open(self, *_: object) -> Opening:
        return Opening(redirect_url="http://127.0.0.1:9/pay")

    async def query(self, *_: object) -> TradeStatus:
        self.asked += 1
        if self.word is None:
            raise Unavailable("silent")
        return self.word

    async def close(self, *_: object) -> Closed:
        return Closed(code="CLOSED")

    async def refund(self, *_: object) -> Outcome:
        return Pending(code="PROCESSING")


@pytest.fixture
def far(door: Door, monkeypatch: pytest.MonkeyPatch) -> FarSide:
    side = FarSide()
    monkeypatch.setitem(door.app.state.services.gateways.channels, "wechatpay", side)
    return side


async def opened(visitor: Caller, door: Door) -> str:
    """The address of an order whose payment was opened at the channel's page."""
    form = await scanned(visitor, door.live)
    url = (await visitor.post(f"/s/{door.live}", data=form, headers=OWN_PAGE)).headers["location"]
    pay = fields((await visitor.get(url, headers=PAGE)).text) | {"method": "wechatpay.h5"}
    sent = await visitor.post(url, data=pay, headers=OWN_PAGE | PAGE)
    assert (sent.status_code, sent.headers["location"]) == (303, "http://127.0.0.1:9/pay")
    return str(url)


async def test_whoever_did_not_pay_reads_it_within_seconds_without_a_script_and_pays_the_same_order(
    door: Door, far: FarSide
) -> None:
    async with door.caller() as visitor:
        url = await opened(visitor, door)
        waiting = await visitor.get(f"{url}?paid=1", headers=PAGE)
        assert "支付确认中" in waiting.text
        again = re.search(r'<noscript><meta http-equiv="refresh" content="3;url=([^"]+)"></noscript>', waiting.text)
        assert again is not None
        told = await visitor.get(again[1], headers=PAGE)
        assert re.search(r'id="unpaid" role="alert"><b>没有付成，没有扣钱。</b> 订单还在，可以再付一次', told.text)
        assert re.search(r'<button class="btn" form="pay">', told.text)
        assert far.asked == 2
        assert (
            await visitor.post(url, data=fields(told.text) | {"method": "wechatpay.h5"}, headers=OWN_PAGE)
        ).status_code == 303
        assert len(await fetch("SELECT id FROM purchase_order")) == len(await fetch("SELECT id FROM payment")) == 1


async def test_what_the_channel_itself_called_off_is_not_paid_at_once(door: Door, far: FarSide) -> None:
    async with door.caller() as visitor:
        url = await opened(visitor, door)
        far.word = Closed(code="PAYERROR")
        told = await visitor.get(f"{url}?paid=1", headers=PAGE)
        assert re.search(r'id="unpaid" role="alert"><b>没有付成，没有扣钱。</b>', told.text)


async def test_a_silent_channel_is_not_taken_for_a_no(door: Door, far: FarSide) -> None:
    async with door.caller() as visitor:
        url = await opened(visitor, door)
        far.word = None
        for said in ("1", "2"):
            waiting = await visitor.get(f"{url}?paid={said}", headers=PAGE)
            assert ("支付确认中" in waiting.text, "没有扣钱" in waiting.text) == (True, False)
        order = await visitor.get(f"/api/v1{url.replace('/o/', '/orders/')}?ask=true")
        assert order.json()["phase"] == "confirming"


async def test_an_order_past_its_time_is_not_called_closed_while_somebody_may_just_be_paying_it(
    door: Door, far: FarSide
) -> None:
    async with door.caller() as visitor:
        url = await opened(visitor, door)
        await door.as_superuser("UPDATE purchase_order SET placed_at = placed_at - interval '1 h', expires_at = now()")
        far.word = None
        page = await visitor.get(url, headers=PAGE)
        assert ("支付确认中" in page.text, "已关闭" in page.text) == (True, False)
        assert (await visitor.get(f"/api/v1{url.replace('/o/', '/orders/')}")).json()["phase"] == "confirming"
        (payment,) = await fetch("SELECT reference, amount_minor FROM payment")
        far.word = Done(
            reference=payment["reference"], transaction_id="t" * 28, at=utc_now(),
            amount_minor=payment["amount_minor"], currency="CNY",
        )  # fmt: skip
        assert "注销中" in (await visitor.get(f"{url}?paid=1", headers=PAGE)).text


async def test_a_cancelled_order_says_that_nothing_was_charged_and_where_to_go_on(door: Door, far: FarSide) -> None:
    async with door.caller() as visitor:
        url = await opened(visitor, door)
        question = await visitor.get(f"{url}/cancel", headers=PAGE)
        await visitor.post(f"{url}/cancel", data=fields(question.text), headers=OWN_PAGE)
        closed = await visitor.get(url, headers=PAGE)
        assert "没有付成，没有扣钱，订单已经关闭" in closed.text
        assert f'class="btn" href="/s/{door.live}?mode=metro&amp;km=23"' in closed.text


async def test_money_on_its_way_back_is_called_so_on_the_page_and_in_json_until_it_is_there(
    door: Door, far: FarSide
) -> None:
    async with door.guest() as citizen:
        citizen.headers.update(OWN_PAGE)
        order_id = (await citizen.order(door.live)).json()["id"]
        uuid = await door.money_comes(order_id)
        (payment,) = await fetch("SELECT id FROM payment")
        async with transaction() as tx:
            await orders.fulfil([(uuid, payment["id"])], tx=tx)
        taken = await citizen.post(f"/api/v1/orders/{order_id}/take-back", json={"reason": "重复下单"})
        assert (taken.status_code, taken.json()["phase"]) == (200, "refunding")
        page = await citizen.get(f"/o/{order_id}", headers=PAGE)
        assert ("退款中" in page.text, "已退款" in page.text, "预计" in page.text) == (True, False, True)
        assert "退款中" in (await citizen.get("/me", headers=PAGE)).text

        await door.work()
        (refund,) = await fetch("SELECT id, reference, amount_minor FROM payment_refund")
        from app.commerce.payments.refunding import apply_refund_outcome

        done = Done(
            reference=refund["reference"], transaction_id="r" * 28, at=utc_now(),
            amount_minor=refund["amount_minor"], currency="CNY",
        )  # fmt: skip
        async with transaction() as tx:
            assert not await apply_refund_outcome("wechatpay", refund["reference"], done, tx=tx)
        await door.work()
        assert (await citizen.get(f"/api/v1/orders/{order_id}")).json()["phase"] == "refunded"
        page = await citizen.get(f"/o/{order_id}", headers=PAGE)
        assert ("已退款" in page.text, f"{beijing_day(utc_now())} 已退回" in page.text) == (True, True)
        assert ids.parse("ord", order_id) == uuid


@pytest.mark.parametrize("code", ["USERPAYING", "HTTP_500", "UNSIGNED", "BAD_ANSWER"])
async def test_an_answer_that_does_not_say_unpaid_is_never_told_as_unpaid(door: Door, far: FarSide, code: str) -> None:
    async with door.guest() as visitor:
        url = await opened(visitor, door)
        far.word = Pending(code=code)
        for paid in ("1", "2"):
            page = (await visitor.get(f"{url}?paid={paid}", headers=PAGE)).text
            assert "没有付成，没有扣钱。" not in page
        told = await visitor.get(f"/api/v1{url.replace('/o/', '/orders/')}?ask=true")
        assert told.json()["phase"] == "confirming"
