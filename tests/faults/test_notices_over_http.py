"""Delivery over the real door: repeats, forgeries, bodies beyond measure (payments, fault checklist 17, 18, 21)."""

import json
import time

import httpx
import pytest

from tests.faults.seeing import one_of_each, uuid_of
from tests.stack import Stack, eventually


@pytest.mark.parametrize("fresh_ids", [False, True], ids=["one event", "many events"])
async def test_a_notice_that_comes_twenty_times_at_once_pays_once(undrawn: Stack, *, fresh_ids: bool) -> None:
    async with undrawn.phone() as phone:
        order = await phone.order()
        trade = await undrawn.trade_of(redirect_url := await phone.open_payment(order))
        number = trade["out_trade_no"]
        await undrawn.control("notify", out_trade_no=number, duplicate=20, at_once=True, fresh_ids=fresh_ids)
        await phone.decide(redirect_url)
        await phone.certificate(order)

    async def all_answered() -> list:
        notices = [notice for notice in (await undrawn.truth())["notices"] if notice["subject"] == number]
        answered = [notice for notice in notices if notice["state"] == "acknowledged"]
        return answered if len(answered) == 20 else None  # type: ignore[return-value]

    notices = await eventually(all_answered, 10, "not all twenty were acknowledged")
    assert {sending["answer"] for notice in notices for sending in notice["sendings"]} == {"204"}
    await one_of_each(undrawn, [order])
    rows = await undrawn.sql("SELECT count(*) FROM payment_notice WHERE reference = $1 AND fate = 'applied'", number)
    assert rows[0][0] == (20 if fresh_ids else 1)


async def test_a_forged_notice_gets_one_answer_whatever_is_wrong(undrawn: Stack) -> None:
    stamp = str(int(time.time()))
    good_form = {
        "wechatpay-timestamp": stamp,
        "wechatpay-nonce": "n" * 32,
        "wechatpay-signature": "QUFB" * 86,
        "wechatpay-serial": undrawn.keys.platform_public_key_id,
    }
    body = json.dumps({"id": "x", "event_type": "TRANSACTION.SUCCESS", "resource": {}}).encode()
    forgeries = [
        ({}, body),
        (good_form, body),
        (good_form, b""),
        (good_form, b"\xff\xfe not json"),
        (good_form | {"wechatpay-signature": ""}, body),
        (good_form | {"wechatpay-signature": "WECHATPAY/SIGNTEST/" + "A" * 300}, body),
        (good_form | {"wechatpay-serial": "0" * 40}, body),
        (good_form | {"wechatpay-timestamp": "1"}, body),
    ]
    before = await undrawn.sql("SELECT count(*) FROM payment_notice")
    async with httpx.AsyncClient(base_url=undrawn.base, trust_env=False) as channel:
        answers = [
            await channel.post(
                "/notify/wechatpay", content=content, headers=headers | {"content-type": "application/json"}
            )
            for headers, content in forgeries
        ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert await undrawn.sql("SELECT count(*) FROM payment_notice") == before


async def test_a_body_beyond_sixty_four_kilobytes_is_not_read(undrawn: Stack) -> None:
    async with httpx.AsyncClient(base_url=undrawn.base, trust_env=False) as channel:
        headers = {"content-type": "application/json"}
        fits = await channel.post("/notify/wechatpay", content=b" " * 64 * 1024, headers=headers)
        over = await channel.post("/notify/wechatpay", content=b" " * (64 * 1024 + 1), headers=headers)

        async def chunks():
            for _ in range(65):
                yield b" " * 1024

        untold = await channel.post("/notify/wechatpay", content=chunks(), headers=headers)
    assert (fits.status_code, over.status_code, untold.status_code) == (401, 413, 413)


async def test_a_tampered_notice_of_a_real_payment_moves_nothing_until_the_true_one_comes(undrawn: Stack) -> None:
    async with undrawn.phone() as phone:
        order = await phone.order()
        trade = await undrawn.trade_of(redirect_url := await phone.open_payment(order))
        await undrawn.control("notify", out_trade_no=trade["out_trade_no"], tamper="wrong_key")
        await phone.decide(redirect_url)

        async def is_refused() -> bool:
            notices = (await undrawn.truth())["notices"]
            sent = [one for one in notices if one["subject"] == trade["out_trade_no"]]
            return [sending["answer"] for one in sent for sending in one["sendings"]] == ["401"]

        await eventually(is_refused, 5, "the forgery was not answered")
        rows = await undrawn.sql("SELECT state FROM payment WHERE subject = $1", f"order:{uuid_of(order)}")
        assert [row["state"] for row in rows] == ["pending"]
        await undrawn.control("notify", out_trade_no=trade["out_trade_no"])
        await phone.certificate(order)
    await one_of_each(undrawn, [order])
