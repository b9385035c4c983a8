"""The life of a payment against the far side: opened, paid, asked for, closed, given back."""

import asyncio
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from app.gateways.channels.base import Closed, Done, Opening, Paid, Pending, RawRequest, Refused, Unknown
from app.gateways.channels.wechatpay import H5, JSAPI
from app.kernel.clock import utc_now
from tests.wire.wechatpay_asking import back, charge, number, ours_for, trade


@pytest.fixture
async def ours(sandbox, notice_door):
    channel = ours_for(sandbox, notice_door.url)
    yield channel
    await channel.aclose()


@pytest.fixture
async def openid(sandbox):
    return (await sandbox.control("POST", "wx/code", {}))["openid"]


async def paid(ours, sandbox, **how):
    asked = charge()
    assert isinstance(await ours.open(asked), Opening)
    await sandbox.control("POST", "pay", {"out_trade_no": asked.reference, **how})
    return asked


async def settled(ours, refund):
    """The refund's outcome once the far side has brought it to its end."""
    for _ in range(200):
        outcome = await ours.query_refund(refund)
        if outcome != Pending(code="PROCESSING"):
            return outcome
        await asyncio.sleep(0.02)
    pytest.fail("the refund stayed under way")


async def test_the_channel_names_itself(ours):
    assert ours.name == "wechatpay"


async def test_the_mini_program_gets_exactly_five_fields_and_the_phone_takes_them(ours, sandbox, openid):
    asked = charge(JSAPI, openid=openid)
    opening = await ours.open(asked)
    assert set(opening.call_up) == {"timeStamp", "nonceStr", "package", "signType", "paySign"}
    told = await sandbox.control("POST", "wx/call_up", {"appId": sandbox.keys.appid, **opening.call_up})
    assert told["trade_state"] == "SUCCESS"
    assert isinstance(await ours.query(trade(asked)), Done)


async def test_a_page_inside_wechat_also_gets_the_app_id(ours, sandbox, openid):
    opening = await ours.open(charge(JSAPI, openid=openid, return_url="https://example.org/orders/1"))
    assert opening.call_up["appId"] == sandbox.keys.appid
    assert (await sandbox.control("POST", "wx/call_up", dict(opening.call_up)))["trade_state"] == "SUCCESS"


async def test_a_browser_is_sent_to_the_cashier_and_comes_back(ours):
    home = "https://example.org/orders/1?lang=zh&x=碳#top"
    opening = await ours.open(charge(H5, payer_ip="203.0.113.7", return_url=home))
    parts = urlsplit(opening.redirect_url)
    assert parse_qs(parts.query)["redirect_url"] == [home]
    assert "prepay_id" in parse_qs(parts.query)
    assert parts.fragment == ""


async def test_another_screen_shows_a_code(ours):
    assert (await ours.open(charge())).code_url.startswith("weixin://")


async def test_opening_the_same_charge_again_gives_the_same_trade(ours, sandbox):
    asked = charge()
    assert (await ours.open(asked)).code_url == (await ours.open(asked)).code_url
    assert len((await sandbox.truth())["trades"]) == 1


async def test_a_number_taken_by_another_charge_is_an_open_question(ours, sandbox):
    sandbox.expect_refusals()
    asked = charge()
    await ours.open(asked)
    other = await ours.open(charge(reference=asked.reference, amount_minor=63, expires_at=asked.expires_at))
    assert other == Pending(code="INVALID_REQUEST")


async def test_a_description_keeps_what_the_channel_can_store(ours, sandbox):
    asked = charge(description="王𠮷 👟 碳中和\n证书" + "长" * 200)
    assert isinstance(await ours.open(asked), Opening)
    stored = (await sandbox.trade(asked.reference))["description"]
    assert stored.startswith("王□ □ 碳中和 证书长")
    assert len(stored) == 127


async def test_a_charge_past_its_time_is_not_sent(ours, sandbox):
    assert await ours.open(charge(expires_at=utc_now())) == Pending(code="EXPIRED")
    assert (await sandbox.truth())["trades"] == []


async def test_the_platform_takes_the_money_itself_and_advancing_only_asks(ours, sandbox):
    asked = charge()
    await ours.open(asked)
    assert await ours.advance(trade(asked)) == Pending(code="NOTPAY")
    await sandbox.control("POST", "pay", {"out_trade_no": asked.reference})
    assert isinstance(await ours.advance(trade(asked)), Done)


async def test_an_unpaid_trade_is_pending_and_a_paid_one_done(ours, sandbox):
    asked = charge()
    await ours.open(asked)
    assert await ours.query(trade(asked)) == Pending(code="NOTPAY")
    await sandbox.control("POST", "pay", {"out_trade_no": asked.reference})
    outcome = await ours.query(trade(asked))
    assert (outcome.reference, outcome.amount_minor, outcome.currency) == (asked.reference, 62, "CNY")
    assert outcome.transaction_id == (await sandbox.trade(asked.reference))["transaction_id"]
    assert abs(outcome.at - utc_now()) < timedelta(minutes=1)


async def test_a_coupon_does_not_lower_the_amount(ours, sandbox):
    asked = await paid(ours, sandbox, payer_total=1)
    assert (await ours.query(trade(asked))).amount_minor == 62


async def test_a_trade_nobody_opened_is_unknown_and_closing_it_is_a_yes(ours, sandbox):
    sandbox.expect_refusals()
    never_made = trade(number("P"))
    assert await ours.query(never_made) == Unknown(code="ORDER_NOT_EXIST")
    assert await ours.close(never_made) == Closed(code="ORDER_NOT_EXIST")


async def test_a_trade_is_closed_however_often_it_is_closed(ours, sandbox):
    sandbox.expect_refusals()
    asked = charge()
    await ours.open(asked)
    assert await ours.close(trade(asked)) == Closed(code="CLOSED")
    assert await ours.close(trade(asked)) == Closed(code="ORDER_CLOSED")
    assert await ours.query(trade(asked)) == Closed(code="CLOSED")
    assert (await ours.open(asked)).code == "ORDER_CLOSED"


async def test_closing_what_is_paid_says_that_it_is_paid(ours, sandbox):
    sandbox.expect_refusals()
    asked = await paid(ours, sandbox)
    assert await ours.close(trade(asked)) == Paid(code="ORDERPAID")
    assert isinstance(await ours.query(trade(asked)), Done)
    assert await ours.open(asked) == Pending(code="ORDERPAID")


async def test_a_payment_after_closing_is_seen_as_paid(ours, sandbox):
    asked = charge()
    await ours.open(asked)
    await ours.close(trade(asked))
    await sandbox.control("POST", "pay", {"out_trade_no": asked.reference, "late": True})
    assert isinstance(await ours.query(trade(asked)), Done)


async def test_a_refund_is_done_only_when_the_money_has_moved(ours, sandbox):
    asked = await paid(ours, sandbox)
    refund = back(asked, 20)
    assert await ours.refund(refund) == Pending(code="PROCESSING")
    outcome = await settled(ours, refund)
    assert (outcome.reference, outcome.amount_minor, outcome.currency) == (refund.refund_reference, 20, "CNY")
    assert isinstance(await ours.query(trade(asked)), Done), "the payment stays a fact"


async def test_the_same_refund_sent_again_moves_money_once(ours, sandbox):
    asked = await paid(ours, sandbox)
    refund = back(asked, 62)
    await ours.refund(refund)
    await settled(ours, refund)
    assert isinstance(await ours.refund(refund), Done)
    assert (await sandbox.truth())["balances"]["CNY"]["refunded"] == 62


async def test_a_refund_above_what_was_paid_is_refused(ours, sandbox):
    sandbox.expect_refusals()
    asked = await paid(ours, sandbox)
    first = back(asked, 60)
    await ours.refund(first)
    assert isinstance(await ours.refund(back(asked, 3)), Refused)


@pytest.mark.parametrize(
    ("result", "outcome"),
    [("ABNORMAL", Pending(code="ABNORMAL")), ("CLOSED", Refused(code="CLOSED", text=""))],
)
async def test_a_refund_that_ends_otherwise_is_told_so(ours, sandbox, result, outcome):
    await sandbox.control("POST", "refund", {"result": result})
    asked = await paid(ours, sandbox)
    refund = back(asked, 62)
    await ours.refund(refund)
    assert await settled(ours, refund) == outcome


async def test_a_refund_that_never_arrived_is_an_open_question(ours, sandbox):
    sandbox.expect_refusals()
    assert await ours.query_refund(back(charge(), 1)) == Unknown(code="RESOURCE_NOT_EXISTS")


async def test_the_notices_of_payment_and_refund_are_read(ours, sandbox, notice_door):
    asked = await paid(ours, sandbox)
    refund = back(asked, 20)
    await ours.refund(refund)
    deliveries = await notice_door.wait(2)
    first, second = [await ours.read_notice(RawRequest(body=d.body, headers=d.headers)) for d in deliveries]
    assert (first.kind, first.reference, first.mismatch) == ("TRANSACTION.SUCCESS", asked.reference, None)
    assert first.outcome.amount_minor == 62
    assert (second.kind, second.reference, second.mismatch) == ("REFUND.SUCCESS", asked.reference, None)
    assert (second.refund_reference, second.outcome.amount_minor) == (refund.refund_reference, 20)


async def test_notices_under_both_kinds_of_key_are_read_during_the_migration(ours, sandbox, notice_door):
    await sandbox.control("POST", "keys/rotate", {"notices": "mixed", "new_certificate": True})
    for _ in range(8):
        await paid(ours, sandbox)
    for delivery in await notice_door.wait(8):
        notice = await ours.read_notice(RawRequest(body=delivery.body, headers=delivery.headers))
        assert isinstance(notice.outcome, Done)


async def test_a_merchant_with_nothing_but_the_certificate_list_gets_along(sandbox):
    channel = ours_for(sandbox, platform_public_keys={}, platform_certificates=())
    asked = charge()
    assert isinstance(await channel.open(asked), Opening)
    assert await channel.query(trade(asked)) == Pending(code="NOTPAY")
    await channel.aclose()


async def test_twenty_payments_at_once_are_all_opened(ours):
    openings = await asyncio.gather(*(ours.open(charge()) for _ in range(20)))
    assert len({opening.code_url for opening in openings}) == 20
