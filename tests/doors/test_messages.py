"""Messages in WeChat: one for each yes, sent once when a certificate is ready, and never blindly again."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.commerce import orders
from app.commerce.payments.refunding import apply_refund_outcome
from app.foundation import identity, messages, retention
from app.gateways.database import fetch, fetch_value, transaction
from app.gateways.wechat import MessageServer
from app.kernel.clock import utc_now
from app.kernel.outcome import Done
from tests.doors.conftest import Caller, Door
from tests.doors.test_gifts_abused import Device, device
from tests.doors.test_links import link
from tests.wire.test_wechat_login import answered
from tests.wire.wechatpay_forging import FarSide, far_side

__all__ = ["device"]
TEMPLATE = "SANDBOX-certificate"
REFUND = "SANDBOX-refund"
OPENID = "openid-that-is-told"


class Phone:
    """WeChat's far side: it answers every message alike, and keeps what it was sent."""

    def __init__(self, door: Door, says: Any) -> None:
        self._door, self.says = door, says
        self.far: FarSide
        self.server: MessageServer

    def answer(self, head: bytes) -> bytes:
        is_token = b"/cgi-bin/stable_token" in head
        return answered({"access_token": "t", "expires_in": 7200} if is_token else self.says)(head)

    @property
    def sent(self) -> list[dict[str, Any]]:
        """Every message that came, taken or not."""
        each = zip(self.far.heads, self.far.bodies, strict=True)
        return [json.loads(body) for head, body in each if b"/subscribe/send" in head]

    async def told(self, *, later: timedelta = timedelta(0)) -> list[str]:
        """Send what is due, and the states of all messages."""
        keyring = self._door.app.state.services.keyring
        await messages.send_due(self.server, keyring=keyring, is_trial=True, now=utc_now() + later)
        return [one["state"] for one in await fetch("SELECT state FROM phone_message ORDER BY made_at, id")]


@asynccontextmanager
async def phone(door: Door, says: Any = None) -> AsyncIterator[Phone]:
    one = Phone(door, {"errcode": 0, "errmsg": "ok"} if says is None else says)
    async with far_side(one.answer) as one.far:
        one.server = MessageServer(TEMPLATE, REFUND, appid="wx1", secret="secret", base_url=one.far.url)
        yield one
        await one.server.aclose()


@pytest.fixture
async def mini(door: Door, device: Device) -> AsyncIterator[Caller]:
    async with await device(OPENID) as one:
        yield one


async def say(who: Caller, word: str = "accept", *, key: str | None = None, template: str = TEMPLATE) -> httpx.Response:
    form = {"answers": [{"template_id": template, "answer": word}]}
    return await who.post("/api/v1/me/messages", json=form, headers={"idempotency-key": key or uuid4().hex})


async def neutralised(door: Door, who: Caller) -> str:
    return await door.paid((await who.order(door.live)).json()["id"])


async def test_a_certificate_is_told_once_to_whoever_agreed_to_one_message(door: Door, mini: Caller) -> None:
    asked = (await mini.get("/api/v1/me/messages")).json()["items"]
    assert asked == [
        {"kind": "certificate", "template_id": TEMPLATE, "unused": 0},
        {"kind": "refund", "template_id": REFUND, "unused": 0},
    ]
    for _ in range(2):  # a repeat is no second yes
        assert (await say(mini, key="tap")).json()["items"][0]["unused"] == 1
    first, _ = await neutralised(door, mini), await neutralised(door, mini)
    async with phone(door) as far:
        assert await far.told() == ["sent"]
        assert await far.told() == ["sent"]
        (one,) = far.sent
    number = await fetch_value("SELECT number FROM certificate ORDER BY id LIMIT 1")
    assert (one["touser"], one["template_id"], one["page"]) == (OPENID, TEMPLATE, f"pages/certificate/index?id={first}")
    assert one["data"]["character_string2"] == {"value": number}
    assert len(one["data"]["thing1"]["value"]) <= 20
    assert (await mini.get("/api/v1/me/messages")).json()["items"][0]["unused"] == 0


@pytest.mark.parametrize("word", ["reject", "ban"])
async def test_who_said_no_is_sent_nothing(door: Door, mini: Caller, word: str) -> None:
    assert (await say(mini, word)).json()["items"][0]["unused"] == 0
    await neutralised(door, mini)
    assert await fetch_value("SELECT count(*) FROM phone_message") == 0


async def test_ten_processes_at_once_send_one_message_once(door: Door, mini: Caller) -> None:
    await say(mini)
    await neutralised(door, mini)
    async with phone(door) as far:
        await asyncio.gather(*(far.told() for _ in range(10)))
        assert len(far.sent) == 1


@pytest.mark.parametrize(
    ("errcode", "reason"),
    [(43101, "no_consent"), (40037, "template"), (47003, "data"), (40003, "openid"), (41030, "page")],
)
async def test_wechats_no_ends_a_message_by_name(door: Door, mini: Caller, errcode: int, reason: str) -> None:
    await say(mini)
    await neutralised(door, mini)
    async with phone(door, {"errcode": errcode, "errmsg": "no"}) as far:
        assert await far.told() == ["refused"]
        assert await far.told(later=timedelta(days=1)) == ["refused"]
        assert len(far.sent) == 1
    assert await fetch_value("SELECT reason FROM phone_message") == reason


@pytest.mark.parametrize("errcode", [45009, 40001])
async def test_what_wechat_did_not_take_is_sent_later_and_given_up_in_the_end(
    door: Door, mini: Caller, errcode: int
) -> None:
    await say(mini)
    await neutralised(door, mini)
    async with phone(door, {"errcode": errcode, "errmsg": "later"}) as far:
        assert await far.told() == ["waiting"]
        before = len(far.sent)
        assert (await far.told(later=timedelta(minutes=4)), len(far.sent)) == (["waiting"], before), "not due yet"
        far.says = {"errcode": 0}
        assert await far.told(later=timedelta(minutes=6)) == ["sent"]


async def test_after_eight_tries_it_is_given_up(door: Door, mini: Caller) -> None:
    await say(mini)
    await neutralised(door, mini)
    async with phone(door, {"errcode": 45009}) as far:
        for hours in range(7):
            assert await far.told(later=timedelta(hours=7 * hours)) == ["waiting"]
        assert await far.told(later=timedelta(days=9)) == ["refused"]
    assert await fetch_value("SELECT reason FROM phone_message") == "given_up"


@pytest.mark.parametrize("says", [b"<html>", {"errcode": 99999}, {}])
async def test_what_may_have_gone_out_is_never_sent_again(door: Door, mini: Caller, says: Any) -> None:
    await say(mini)
    await neutralised(door, mini)
    async with phone(door, says) as far:
        for days in (0, 1, 2):
            assert await far.told(later=timedelta(days=days)) == ["unknown"]
        assert len(far.sent) == 1


async def test_what_a_process_was_sending_that_is_gone_is_unknown_and_not_sent(door: Door, mini: Caller) -> None:
    await say(mini)
    await neutralised(door, mini)
    await fetch("UPDATE phone_message SET state = 'sending', tries = 1")
    async with phone(door) as far:
        assert await far.told() == ["sending"]
        assert await far.told(later=timedelta(minutes=11)) == ["unknown"]
        assert far.sent == []


async def test_a_yes_before_the_link_is_good_after_it(door: Door, mini: Caller) -> None:
    await say(mini)
    async with door.guest() as guest:
        await link(guest, mini)
        await neutralised(door, guest)
    async with phone(door) as far:
        assert await far.told() == ["sent"]
        assert far.sent[0]["touser"] == OPENID


async def test_whoever_is_erased_is_told_nothing_and_no_answer_of_theirs_is_left(door: Door, mini: Caller) -> None:
    await say(mini)
    await say(mini)
    await neutralised(door, mini)
    await identity.erase(await fetch_value("SELECT person_id FROM phone_message"), now=utc_now())
    async with phone(door) as far:
        assert await far.told() == []
        assert far.sent == []
    assert await fetch_value("SELECT count(*) FROM message_answer") == 0


async def test_a_guest_is_not_asked_and_an_unknown_template_is_refused(door: Door, mini: Caller) -> None:
    async with door.guest() as guest:
        assert (await say(guest)).status_code == 403
    unknown = await say(mini, template="another")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "MESSAGES_TEMPLATE_UNKNOWN")


async def refunded(door: Door, who: Caller) -> str:
    """An order that was paid, taken back, and whose money went back."""
    order_id = str((await who.order(door.live)).json()["id"])
    uuid = await door.money_comes(order_id)
    (payment,) = await fetch("SELECT id FROM payment")
    async with transaction() as tx:
        await orders.fulfil([(uuid, payment["id"])], tx=tx)
    taken = await who.post(f"/api/v1/orders/{order_id}/take-back", json={"reason": "重复下单"})
    assert taken.status_code == 200, taken.text
    await door.work()
    (refund,) = await fetch("SELECT reference, amount_minor FROM payment_refund")
    done = Done(
        reference=refund["reference"], transaction_id="r" * 28, at=utc_now(), amount_minor=refund["amount_minor"],
        currency="CNY",
    )  # fmt: skip
    async with transaction() as tx:
        assert not await apply_refund_outcome("wechatpay", refund["reference"], done, tx=tx)
    return order_id


async def test_money_that_went_back_is_told_once_to_whoever_agreed_to_one_message(door: Door, mini: Caller) -> None:
    await say(mini, template=REFUND)
    order_id = await refunded(door, mini)
    for _ in range(2):
        await door.work()
    async with phone(door) as far:
        assert await far.told() == ["sent"]
        (one,) = far.sent
    amount_minor = await fetch_value("SELECT amount_minor FROM payment_refund")
    assert (one["touser"], one["template_id"], one["page"]) == (OPENID, REFUND, f"pages/order/index?id={order_id}")
    assert one["data"]["amount2"] == {"value": f"¥{amount_minor / 100:.2f}"}
    assert one["data"]["character_string4"] == {"value": order_id[:32]}


async def test_a_yes_to_one_kind_of_message_is_none_to_the_other(door: Door, mini: Caller) -> None:
    await say(mini, template=TEMPLATE)
    await refunded(door, mini)
    await door.work()
    assert await fetch_value("SELECT count(*) FROM phone_message WHERE kind = 'refund'") == 0


async def test_messages_and_answers_go_by_age_and_what_is_on_its_way_stays(door: Door, mini: Caller) -> None:
    await say(mini)
    await neutralised(door, mini)
    await say(mini)  # used by nothing yet
    async with phone(door) as far:
        assert await far.told() == ["sent"]
    keep = door.app.state.services.keep

    async def gone() -> int:
        return (await retention.purge(keep))["phone_messages"]

    assert await gone() == 0
    await door.as_superuser(
        "SET session_replication_role = replica;"
        " UPDATE phone_message SET ended_at = ended_at - interval '181 days';"
        " UPDATE message_answer SET answered_at = answered_at - interval '181 days' WHERE used_at IS NOT NULL"
    )
    assert await gone() == 2  # the message, and the answer that it had used
    assert await fetch_value("SELECT count(*) FROM message_answer") == 1
    await door.as_superuser("UPDATE message_answer SET answered_at = answered_at - interval '181 days'")
    assert await gone() == 1
