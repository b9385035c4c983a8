"""Faults of the wire: whatever does not come back under the platform's signature decides nothing."""

import asyncio
from datetime import timedelta

import pytest

from app.gateways.channels.base import Closed, Done, Opening, Paid, Pending, StillOpen
from app.gateways.channels.wechatpay import H5, JSAPI, NATIVE
from app.kernel.clock import utc_now
from app.kernel.errors import Unavailable
from tests.effort import moment_s
from tests.wire.wechatpay_asking import back, charge, number, ours_for, trade
from tests.wire.wechatpay_forging import (
    NOW,
    REFERENCE,
    compact,
    far_side,
    http,
    our_side,
    refunded,
    signed,
    transaction,
)

BEFORE = ["timeout_before", "500", "502", "429", "code:SYSTEM_ERROR", "code:BANKERROR", "code:SIGN_ERROR"]
AFTER = ["timeout_after", "reset", "bad_json", "unsigned", "wrong_signature"]
METHODS = {method.code: method for method in (JSAPI, H5, NATIVE)}
ROUTES = ["jsapi", "h5", "native", "query", "close", "refund", "refund_query"]
NOTHING_TO_BREAK = {("close", "reset"), ("close", "bad_json")}
"""A close answers 204 without a body: there is no half of it to send."""
CASES = [(route, kind) for route in ROUTES for kind in BEFORE + AFTER if (route, kind) not in NOTHING_TO_BREAK]
WORDS = {
    "timeout_before": {"TIMEOUT"},
    "timeout_after": {"TIMEOUT"},
    "reset": {"RESET"},
    "bad_json": {"BAD_ANSWER"},
    "unsigned": {"UNSIGNED"},
    "wrong_signature": {"UNSIGNED"},
    "500": {"SYSTEM_ERROR"},
    "502": {"HTTP_502"},
    "429": {"FREQUENCY_LIMITED"},
}

EVENTUALLY = {
    "jsapi": Opening,
    "h5": Opening,
    "native": Opening,
    "query": Pending,  # NOTPAY: nobody has paid
    "close": Closed,
    "refund": Pending | Done,  # under way, or already there
    "refund_query": Pending | Done,
}
"""What the same call says once the fault is over."""


@pytest.fixture
async def ours(sandbox):
    sandbox.expect_refusals()
    channel = ours_for(sandbox, read_timeout_s=moment_s(0.25))
    yield channel
    await channel.aclose()


async def call(route, ours, sandbox):
    """Something to send over this route, ready to be sent more than once."""
    if route in {"jsapi", "h5", "native"}:
        openid = (await sandbox.control("POST", "wx/code", {}))["openid"]
        asked = charge(METHODS[route], openid=openid, payer_ip="203.0.113.7")
        return lambda: ours.open(asked)
    asked = charge()
    await ours.open(asked)
    if route == "query":
        return lambda: ours.query(trade(asked))
    if route == "close":
        return lambda: ours.close(trade(asked))
    await sandbox.control("POST", "pay", {"out_trade_no": asked.reference, "outcome": "success_no_notify"})
    refund = back(asked, 62)
    if route == "refund":
        return lambda: ours.refund(refund)
    await ours.refund(refund)
    return lambda: ours.query_refund(refund)


@pytest.mark.parametrize(("route", "kind"), CASES, ids=[f"{route}-{kind}" for route, kind in CASES])
async def test_a_fault_is_pending_and_the_next_call_finds_out(route, kind, ours, sandbox):
    send = await call(route, ours, sandbox)
    await sandbox.control("POST", "fault", {"route": route, "kind": kind, "hold_s": moment_s(0.5)})
    outcome = await send()
    assert isinstance(outcome, StillOpen if route == "close" else Pending)
    assert outcome.code in WORDS.get(kind, {kind.removeprefix("code:")})
    assert isinstance(await send(), EVENTUALLY[route])


@pytest.mark.parametrize("route", ["native", "refund"])
async def test_an_answer_that_trickles_in_is_given_up(route, ours, sandbox):
    send = await call(route, ours, sandbox)
    await sandbox.control("POST", "fault", {"route": route, "kind": "trickle", "hold_s": moment_s(6)})
    assert await send() == Pending(code="TIMEOUT")


@pytest.mark.parametrize("kind", AFTER)
async def test_a_refund_whose_answer_was_lost_is_made_once(kind, ours, sandbox):
    send = await call("refund", ours, sandbox)
    await sandbox.control("POST", "fault", {"route": "refund", "kind": kind, "hold_s": moment_s(0.5)})
    assert isinstance(await send(), Pending)
    await asyncio.gather(send(), send())
    assert len((await sandbox.truth())["refunds"]) == 1


@pytest.mark.parametrize("kind", AFTER)
async def test_a_trade_whose_answer_was_lost_is_the_one_that_is_paid(kind, ours, sandbox):
    asked = charge()
    await sandbox.control("POST", "fault", {"route": "native", "kind": kind, "hold_s": moment_s(0.5)})
    assert isinstance(await ours.open(asked), Pending)
    await sandbox.control("POST", "pay", {"out_trade_no": asked.reference})
    assert isinstance(await ours.query(trade(asked)), Done)


async def test_nothing_was_sent_where_nobody_listens(sandbox):
    channel = ours_for(sandbox, base_url="http://127.0.0.1:9")
    for send in (
        channel.open(charge()),
        channel.query(trade(number("P"))),
        channel.close(trade(number("P"))),
        channel.refund(back(charge(), 1)),
        channel.query_refund(back(charge(), 1)),
    ):
        with pytest.raises(Unavailable):
            await send
    await channel.aclose()


async def test_after_the_connections_are_closed_nothing_is_kept_open(sandbox):
    channel = ours_for(sandbox)
    await channel.open(charge())
    await channel.aclose()
    with pytest.raises(RuntimeError):
        await channel.query(trade(number("P")))


# What the sandbox would never say, by a platform of the tests' own.


def answered(status, content, **how):
    return lambda _: http(status, signed(content if isinstance(content, bytes) else compact(content), **how))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(transaction(mchid="1900000002"), id="another-merchant"),
        pytest.param(transaction(appid="wx0000000000000002"), id="another-app"),
        pytest.param(transaction(out_trade_no="P0000000000000000000000002"), id="another-trade"),
        pytest.param(transaction(amount={"total": "62", "currency": "CNY"}), id="amount-as-text"),
        pytest.param(transaction(amount={"payer_total": 62, "currency": "CNY"}), id="payer-total-only"),
        pytest.param(transaction(trade_state="PAID"), id="unknown-state"),
        pytest.param(transaction(trade_state=None), id="no-state"),
        pytest.param(compact(transaction())[:-1] + b',"trade_state":"SUCCESS"}', id="state-twice"),
        pytest.param(b"<html>SUCCESS</html>", id="html"),
        pytest.param(b"", id="empty"),
    ],
)
async def test_a_signed_answer_that_does_not_fit_decides_nothing(content):
    async with far_side(answered(200, content)) as far:
        assert isinstance(await our_side(base_url=far.url).query(trade(REFERENCE)), Pending)


@pytest.mark.parametrize("at", [NOW - timedelta(minutes=6), NOW + timedelta(minutes=6)], ids=["old", "ahead"])
async def test_an_answer_of_another_time_is_as_good_as_unsigned(at):
    async with far_side(answered(200, transaction(), at=at)) as far:
        assert await our_side(base_url=far.url).query(trade(REFERENCE)) == Pending(code="UNSIGNED")


@pytest.mark.parametrize("code", ["ORDER_CLOSED", "ORDER_NOT_EXIST", "PARAM_ERROR", "RESOURCE_NOT_EXISTS"])
async def test_an_unsigned_error_decides_nothing_whatever_it_says(code):
    body = compact({"code": code, "message": "x"})
    head = f"HTTP/1.1 400 Bad\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n".encode()
    async with far_side(lambda _: head + body) as far:
        ours = our_side(base_url=far.url, now=utc_now)
        for outcome in (
            await ours.open(charge()),
            await ours.query(trade(REFERENCE)),
            await ours.refund(back(charge(), 1)),
        ):
            assert outcome == Pending(code="HTTP_400")
        assert await ours.close(trade(REFERENCE)) == StillOpen(code="HTTP_400")


async def test_somebody_typing_a_password_keeps_the_close_open():
    async with far_side(answered(202, {"code": "USER_PAYING", "message": "用户支付中"})) as far:
        assert await our_side(base_url=far.url).close(trade(REFERENCE)) == StillOpen(code="USER_PAYING")


@pytest.mark.parametrize("code", ["ORDERPAID", "ORDER_PAID"])
async def test_both_spellings_of_paid_are_understood(code):
    async with far_side(answered(400, {"code": code, "message": "该订单已支付"})) as far:
        assert await our_side(base_url=far.url).close(trade(REFERENCE)) == Paid(code=code)


async def test_a_redirect_is_not_followed():
    head = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    async with far_side(lambda _: head) as far:
        assert await our_side(base_url=far.url).query(trade(REFERENCE)) == Pending(code="HTTP_302")
        assert len(far.heads) == 1


async def test_an_endless_answer_is_cut_off():
    async with far_side(answered(200, b'{"x":"' + b"x" * (1 << 20) + b'"}')) as far:
        assert await our_side(base_url=far.url).query(trade(REFERENCE)) == Pending(code="BAD_ANSWER")


async def test_a_refund_answer_about_another_refund_decides_nothing():
    asked = charge(reference=REFERENCE)
    content = refunded(status="SUCCESS", out_refund_no="R9")
    async with far_side(answered(200, content)) as far:
        assert await our_side(base_url=far.url).refund(back(asked, 20)) == Pending(code="MISMATCH")


@pytest.mark.parametrize(
    ("content", "method"),
    [
        ({"prepay_id": ""}, JSAPI),
        ({"prepay_id": 1}, JSAPI),
        ({"prepay_id": "a\nb"}, JSAPI),
        ({"h5_url": "javascript:alert(1)"}, H5),
        ({}, H5),
        ({"code_url": None}, NATIVE),
    ],
)
async def test_an_opening_without_what_the_payer_needs_is_an_open_question(content, method):
    async with far_side(answered(200, content, at=utc_now())) as far:
        asked = charge(method, openid="o", payer_ip="203.0.113.7")
        assert await our_side(base_url=far.url, now=utc_now).open(asked) == Pending(code="BAD_ANSWER")
