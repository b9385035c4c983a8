"""Paying by Alipay against the sandbox: three ways, a trade that is not there yet, closing, refunds, and silence."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from app.gateways.channels.alipay import CREATE, PRECREATE, WAP, writing
from app.gateways.channels.base import Closed, Done, Opening, Paid, Payer, Pending, Refused, StillOpen, Unknown
from app.kernel.clock import utc_now
from tests.effort import moment_s
from tests.wire.alipay_asking import back, charge, control, ours_for, pays, trade
from tests.wire.wechatpay_forging import private_pem

BEFORE = ["timeout_before", "500", "502", "429", "code:SYSTEM_ERROR", "code:AQC_SYSTEM_ERROR"]
AFTER = ["timeout_after", "reset", "bad_json", "unsigned", "wrong_signature"]
ROUTES = ["precreate", "create", "query", "close", "refund", "refund_query"]


@pytest.fixture
async def ours(sandbox):
    channel = ours_for(sandbox, read_timeout_s=moment_s(0.3))
    yield channel
    await channel.aclose()


async def begun(ours, sandbox, method=PRECREATE):
    """A charge whose payer has scanned its code, and not decided."""
    one = charge(method)
    await ours.open(one)
    await sandbox.control("POST", "alipay/scan", {"reference": one.reference})
    return one


async def paid(ours, sandbox):
    one = charge()
    await ours.open(one)
    await pays(sandbox, one)
    return one


async def test_a_code_is_the_same_for_the_same_charge_and_another_amount_is_refused_to_nobodys_harm(ours, sandbox):
    sandbox.expect_refusals()
    one = charge()
    opening = await ours.open(one)
    assert isinstance(opening, Opening)
    assert opening.code_url
    assert opening.code_url.startswith("https://qr.alipay.com/")
    assert await ours.open(one) == opening
    other = await ours.open(charge(reference=one.reference, amount_minor=63, expires_at=one.expires_at))
    assert other == Pending(code="ACQ.CONTEXT_INCONSISTENT")


async def test_inside_alipay_its_own_number_is_handed_to_the_app(ours):
    one = charge(CREATE)
    opening = await ours.open(one)
    assert isinstance(opening, Opening)
    assert opening.call_up is not None
    assert opening == await ours.open(one)
    assert isinstance(await ours.query(trade(one)), Pending)  # it is there at once
    assert opening.call_up.keys() == {"tradeNO"}


@pytest.mark.parametrize("payer", [None, Payer(id="oWeChatOpenId00000000000000"), Payer(id="2088")])
async def test_whoever_is_not_known_by_a_number_of_alipays_is_not_sent_there(ours, payer):
    refused = await ours.open(charge(CREATE, payer=payer))
    assert isinstance(refused, Refused)
    assert refused.code == "NOT_A_BUYER"


async def test_a_phones_browser_is_led_to_the_cashier_and_back_and_our_page_proves_nothing(ours, sandbox):
    one = charge(WAP, return_url=f"{sandbox.url}/o/1?paid=1")
    opening = await ours.open(one)
    assert isinstance(opening, Opening)
    assert opening.redirect_url
    async with httpx.AsyncClient(trust_env=False, base_url=sandbox.url) as browser:
        assert isinstance(await ours.query(trade(one)), Unknown)  # nobody has opened the link
        cashier = (await browser.get(opening.redirect_url)).headers["location"]
        page = await browser.get(cashier, headers={"accept-language": "zh-CN"})
        assert "支付宝" in page.text
        assert "0.62" in page.text
        assert await ours.query(trade(one)) == Pending(code="WAIT_BUYER_PAY")
        gone = await browser.post(urlsplit(cashier).path, data={"outcome": "success"})
    assert gone.status_code == 303
    address = urlsplit(gone.headers["location"])
    assert address.path == "/o/1"
    told = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert (told["paid"], told["out_trade_no"], told["total_amount"]) == ("1", one.reference, "0.62")
    assert isinstance(await ours.query(trade(one)), Done)


async def test_a_link_signed_again_leads_to_the_same_trade(ours, sandbox):
    one = charge(WAP)
    first, second = await ours.open(one), await ours.open(one)
    async with httpx.AsyncClient(trust_env=False) as browser:
        seen = {(await browser.get(page.redirect_url)).headers["location"] for page in (first, second)}
    assert len(seen) == 1


@pytest.mark.parametrize("left", [timedelta(seconds=-1), timedelta(seconds=119)])
@pytest.mark.parametrize("method", [PRECREATE, CREATE, WAP], ids=lambda method: method.code)
async def test_a_charge_whose_time_is_over_or_nearly_is_not_sent(ours, sandbox, method, left):
    assert await ours.open(charge(method, expires_at=utc_now() + left)) == Pending(code="EXPIRED")


async def test_every_method_ends_a_minute_before_our_own_time():
    now = utc_now()
    ends = now + timedelta(minutes=30, seconds=29)
    for method in (PRECREATE, CREATE, WAP):
        told = writing.order(charge(method, expires_at=ends), app_id="1", now=now)
        assert told["time_expire"] == writing.moment(ends - timedelta(minutes=1))
    assert writing.order(charge(expires_at=ends), app_id="1", now=now)["qr_code_timeout_express"] == "29m"


async def test_once_our_time_is_over_nobody_can_begin_it_any_more(ours, sandbox):
    one = charge(expires_at=utc_now() + timedelta(minutes=5))
    await ours.open(one)
    await sandbox.control("POST", "clock", {"offset_s": 4 * 60 + 1, "stamp_offset_s": 0})
    with pytest.raises(AssertionError, match="expired"):
        await pays(sandbox, one)


async def test_what_nobody_scanned_is_not_there_and_not_closed_while_its_code_can_be_paid(ours, sandbox):
    one = charge()
    await ours.open(one)
    assert await ours.query(trade(one)) == Unknown(code="ACQ.TRADE_NOT_EXIST")
    assert await ours.close(trade(one)) == StillOpen(code="ACQ.TRADE_NOT_EXIST")
    await pays(sandbox, one)  # within the code's life, although we gave it up
    assert isinstance(await ours.query(trade(one)), Done)
    assert isinstance(await ours.close(trade(one)), Paid)


@pytest.mark.parametrize(
    ("after", "ending"),
    [(timedelta(seconds=-1), StillOpen), (timedelta(0), Closed), (timedelta(days=1), Closed)],
)
async def test_what_nobody_scanned_is_closed_once_its_time_is_over(sandbox, after, ending):
    one = charge()
    later = [one.expires_at + after]
    ours = ours_for(sandbox, clock=lambda: later[0])
    stamp_s = (later[0] - utc_now()).total_seconds()
    await sandbox.control("POST", "clock", {"offset_s": stamp_s})
    assert isinstance(await ours.close(trade(one)), ending)
    await ours.aclose()


async def test_what_was_scanned_can_be_closed_and_then_nobody_can_pay_it(ours, sandbox):
    one = await begun(ours, sandbox)
    assert await ours.query(trade(one)) == Pending(code="WAIT_BUYER_PAY")
    assert await ours.close(trade(one)) == Closed(code="CLOSED")
    assert await ours.query(trade(one)) == Closed(code="TRADE_CLOSED")
    assert await ours.close(trade(one)) == Closed(code="TRADE_CLOSED")
    with pytest.raises(AssertionError, match="409"):
        await pays(sandbox, one)


async def test_money_that_comes_after_a_close_is_told(ours, sandbox):
    one = await begun(ours, sandbox)
    await ours.close(trade(one))
    await pays(sandbox, one, late=True)
    assert isinstance(await ours.query(trade(one)), Done)


@pytest.mark.parametrize("outcome", ["declined", "cancel"])
async def test_a_visit_without_money_leaves_a_trade_that_waits(ours, sandbox, outcome):
    one = charge()
    await ours.open(one)
    await pays(sandbox, one, outcome=outcome)
    word = await ours.query(trade(one))
    assert word == Pending(code="WAIT_BUYER_PAY")
    assert word.is_unpaid


async def test_a_paid_trade_stays_done_after_refunds_and_when_finished(ours, sandbox):
    one = await paid(ours, sandbox)
    first = await ours.query(trade(one))
    for minor in (20, 42):
        assert isinstance(await ours.refund(back(one, minor)), Done)
        assert await ours.query(trade(one)) == first
    other = await paid(ours, sandbox)
    await sandbox.control("POST", "alipay/finish", {"reference": other.reference})
    assert isinstance(await ours.query(trade(other)), Done)
    refused = await ours.refund(back(other, 1))
    assert refused == Refused(code="ACQ.TRADE_HAS_FINISHED", text="交易已完结")


async def test_each_refund_says_its_own_amount_and_not_the_sum_of_all(ours, sandbox):
    one = await paid(ours, sandbox)
    for minor in (20, 30):
        refund = back(one, minor)
        done = await ours.refund(refund)
        assert isinstance(done, Done)
        assert (done.reference, done.transaction_id, done.amount_minor) == (*[refund.refund_reference] * 2, minor)
        assert await ours.refund(refund) == done  # sent again it is the same one
    too_much = await ours.refund(back(one, 13))
    assert isinstance(too_much, Refused)
    assert too_much.code == "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"


async def test_a_refund_under_a_number_that_had_another_amount_is_refused(ours, sandbox):
    one = await paid(ours, sandbox)
    first = back(one, 20)
    await ours.refund(first)
    again = await ours.refund(back(one, 21, first.refund_reference))
    assert isinstance(again, Refused)
    assert again.code == "ACQ.DISCORDANT_REPEAT_REQUEST"


async def test_a_refund_that_is_taken_and_not_done_is_asked_about_until_it_is(ours, sandbox):
    one = await paid(ours, sandbox)
    await control(sandbox, "refund", result="PROCESSING")
    refund = back(one, 20)
    assert await ours.refund(refund) == Pending(code="NO_REFUND")  # fund_change=N
    assert isinstance(await ours.query_refund(refund), Unknown)  # which means: send it again
    assert isinstance(await ours.refund(refund), Pending)
    await control(sandbox, "refund", result="SUCCESS", refund_reference=refund.refund_reference)
    done = await ours.refund(refund)
    assert isinstance(done, Done)
    assert done.amount_minor == 20


async def test_a_refund_waits_while_the_merchants_balance_is_short(ours, sandbox):
    one = await paid(ours, sandbox)
    await control(sandbox, "refund", result="SELLER_BALANCE_NOT_ENOUGH")
    refund = back(one, 20)
    assert await ours.refund(refund) == Pending(code="ACQ.SELLER_BALANCE_NOT_ENOUGH")
    await control(sandbox, "refund", result="SUCCESS")
    assert isinstance(await ours.refund(refund), Done)


async def test_a_refund_of_what_nobody_paid_is_refused(ours, sandbox):
    refused = await ours.refund(back(charge(), 20))
    assert isinstance(refused, Refused)
    assert refused.code == "ACQ.TRADE_NOT_EXIST"
    one = await begun(ours, sandbox)
    refused = await ours.refund(back(one, 20))
    assert isinstance(refused, Refused)
    assert refused.code == "ACQ.TRADE_STATUS_ERROR"


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("kind", BEFORE + AFTER)
async def test_after_any_fault_nothing_is_known_and_the_same_call_finds_out(ours, sandbox, route, kind):
    call, eventually = await _call(ours, sandbox, route)
    await sandbox.control("POST", "fault", {"route": f"alipay.{route}", "kind": kind, "hold_s": moment_s(0.9)})
    assert isinstance(await call(), StillOpen if route == "close" else Pending)
    assert isinstance(await call(), eventually)


async def test_the_far_side_refuses_what_alipay_would_refuse(sandbox):
    sandbox.expect_refusals()
    far_past = ours_for(sandbox, clock=lambda: utc_now() - timedelta(hours=8))  # a clock without its zone
    stranger = ours_for(sandbox, app_id="SANDBOX000000000")
    other_key = ours_for(sandbox, app_private_key=private_pem("stranger"))
    for channel in (far_past, stranger, other_key):
        assert await channel.query(trade(charge())) == Pending(code="UNSIGNED")
        await channel.aclose()
    assert [row["code"] for row in await sandbox.refusals()] == [
        "isv.invalid-timestamp",
        "isv.invalid-app-id",
        "isv.invalid-signature",
    ]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('低碳 a/b=c&d, "e" {f} \\ 🌱𠮷', "低碳 a／b＝c＆d， ＂e＂ ｛f｝ ＼ □□"),
        ("one\ntwo\t\x7f", "one two  "),
        ("长" * 200, "长" * 128),
    ],
)
async def test_a_description_becomes_a_subject_that_the_platform_takes(ours, text, written):
    assert writing.wire_text(text, limit=128) == written
    assert isinstance(await ours.open(charge(description=text)), Opening)


async def _call(ours, sandbox, route):
    """A call of that route, and what it says in the end."""
    if route in {"precreate", "create"}:
        one = charge(PRECREATE if route == "precreate" else CREATE)
        return (lambda: ours.open(one)), Opening
    if route in {"query", "close"}:
        one = await begun(ours, sandbox)
        asked = trade(one)
        return ((lambda: ours.query(asked)), Pending) if route == "query" else ((lambda: ours.close(asked)), Closed)
    refund = back(await paid(ours, sandbox), 20)
    if route == "refund":
        return (lambda: ours.refund(refund)), Done
    await ours.refund(refund)
    return (lambda: ours.query_refund(refund)), Done
