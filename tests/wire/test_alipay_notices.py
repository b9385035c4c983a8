"""Alipay's notices through the sandbox: what each of them says, when it comes again, and how we answer."""

import asyncio

import httpx
import pytest

from app.gateways.channels.base import Closed, Done, NotAuthentic, Pending, RawRequest
from app.sandbox.alipay import keys, notifying, tampering
from tests.far_side import NoticeDoor, Sandbox
from tests.wire.alipay_asking import back, charge, control, ours_for, pays
from tests.wire.alipay_forging import REFERENCE, genuine, our_side

OURS = our_side()


async def opened(sandbox, door, **changed):
    """Our side, and a trade whose payer stands before it."""
    channel = ours_for(sandbox, door.url, **changed)
    one = charge()
    await channel.open(one)
    return channel, one


async def heard(channel, door, count=1):
    """The last of that many notices, read."""
    delivery = (await door.wait(count))[count - 1]
    return await channel.read_notice(RawRequest(body=delivery.body, headers=delivery.headers))


def test_the_schedule_is_the_published_one():
    assert notifying.SCHEDULE_S == (4 * 60, 10 * 60, 10 * 60, 3600, 2 * 3600, 6 * 3600, 15 * 3600)


@pytest.mark.parametrize("tamper", sorted(tampering.FORGERIES))
async def test_a_spoilt_notice_is_not_authentic(sandbox: Sandbox, notice_door: NoticeDoor, tamper: str) -> None:
    channel, one = await opened(sandbox, notice_door)
    await control(sandbox, "notify", reference=one.reference, tamper=tamper)
    await pays(sandbox, one)
    with pytest.raises(NotAuthentic):
        await heard(channel, notice_door)
    await channel.aclose()


LIES = {
    "other_amount": None, "other_currency": None, "other_app": "app", "other_seller": "merchant", "unknown_order": None,
    "not_paid": None, "finished": None,
}  # fmt: skip
"""What our side says of each by itself; amount, currency and number are the room's to compare."""


@pytest.mark.parametrize("tamper", sorted(tampering.LIES))
async def test_an_authentic_lie_is_told_as_it_is_or_named(
    sandbox: Sandbox, notice_door: NoticeDoor, tamper: str
) -> None:
    channel, one = await opened(sandbox, notice_door)
    await control(sandbox, "notify", reference=one.reference, tamper=tamper)
    await pays(sandbox, one)
    notice = await heard(channel, notice_door)
    assert notice.mismatch == LIES[tamper]
    word = notice.outcome
    said = (notice.reference, getattr(word, "amount_minor", None), getattr(word, "currency", None))
    truth = (one.reference, 62, "CNY")
    assert (said == truth and isinstance(word, Done)) == (tamper == "finished")
    await channel.aclose()


async def test_a_notice_comes_again_until_it_is_answered_by_exactly_success(
    sandbox: Sandbox, notice_door: NoticeDoor
) -> None:
    notice_door.statuses = [200]
    notice_door.bodies = [b'"success"', b"success"]
    channel, one = await opened(sandbox, notice_door)
    await pays(sandbox, one)
    first, again = await heard(channel, notice_door), await heard(channel, notice_door, 2)
    assert (first.event_id, first.outcome) == (again.event_id, again.outcome)
    for _ in range(100):
        (row,) = (await sandbox.truth())["notices"]
        if row["state"] == "acknowledged":
            break
        await asyncio.sleep(0.02)
    assert (row["state"], row["attempts"]) == ("acknowledged", 2)
    await channel.aclose()


@pytest.mark.parametrize("body", [b"", b"success\n", b" success", b"SUCCESS", b"<p>success</p>", b"failure"])
def test_whatever_is_not_these_seven_bytes_is_no_answer_to_a_notice(body: bytes) -> None:
    assert not notifying.is_heard(httpx.Response(200, content=body))
    assert notifying.is_heard(httpx.Response(200, content=b"success"))
    assert not notifying.is_heard(httpx.Response(401, content=b"success"))


async def test_our_answer_is_the_one_it_waits_for(sandbox: Sandbox) -> None:
    yes, no, later = (
        OURS.acknowledge(accepted=True),
        OURS.acknowledge(accepted=False),
        OURS.acknowledge(accepted=False, retry=True),
    )
    assert (yes.status, yes.body, yes.media_type) == (200, b"success", "text/plain")
    assert (no.status, no.body) == (401, b"failure")
    assert (later.status, later.body) == (503, b"failure")


async def test_a_partial_refund_tells_of_the_refund_and_never_pays_again(
    sandbox: Sandbox, notice_door: NoticeDoor
) -> None:
    channel, one = await opened(sandbox, notice_door)
    await pays(sandbox, one)
    paid = await heard(channel, notice_door)
    refund = back(one, 20)
    assert isinstance(await channel.refund(refund), Done)
    notice = await heard(channel, notice_door, 2)
    assert notice.event_id != paid.event_id
    assert (notice.kind, notice.refund_reference, notice.mismatch) == ("TRADE_SUCCESS", refund.refund_reference, None)
    assert notice.outcome == Pending(code="TRADE_SUCCESS")
    await channel.aclose()


async def test_a_full_refund_closes_the_trade_and_never_reads_as_unpaid(
    sandbox: Sandbox, notice_door: NoticeDoor
) -> None:
    channel, one = await opened(sandbox, notice_door)
    await pays(sandbox, one)
    refund = back(one, 62)
    assert isinstance(await channel.refund(refund), Done)
    notice = await heard(channel, notice_door, 2)
    assert (notice.kind, notice.refund_reference) == ("TRADE_CLOSED", refund.refund_reference)
    assert notice.outcome == Pending(code="TRADE_CLOSED")
    await channel.aclose()


async def test_a_refund_made_at_the_platform_is_named_by_a_number_that_is_not_ours(
    sandbox: Sandbox, notice_door: NoticeDoor
) -> None:
    channel, one = await opened(sandbox, notice_door)
    await pays(sandbox, one)
    made = await sandbox.control("POST", "alipay/console_refund", {"reference": one.reference, "fen": 5})
    notice = await heard(channel, notice_door, 2)
    assert (notice.refund_reference, notice.mismatch) == (made["out_request_no"], None)
    assert isinstance(notice.outcome, Pending)
    await channel.aclose()


async def test_a_finished_trade_is_a_paid_one(sandbox: Sandbox, notice_door: NoticeDoor) -> None:
    channel, one = await opened(sandbox, notice_door)
    await pays(sandbox, one)
    first = await heard(channel, notice_door)
    await sandbox.control("POST", "alipay/finish", {"reference": one.reference})
    second = await heard(channel, notice_door, 2)
    assert (second.kind, second.outcome) == ("TRADE_FINISHED", first.outcome)
    await channel.aclose()


async def test_no_notice_is_lost_while_the_platforms_key_changes(sandbox: Sandbox, notice_door: NoticeDoor) -> None:
    channel, one = await opened(sandbox, notice_door)
    rotated = (await sandbox.control("POST", "alipay/keys", {}))["public_key"]
    await pays(sandbox, one)
    with pytest.raises(NotAuthentic):
        await heard(channel, notice_door)
    both = ours_for(sandbox, alipay_public_keys=(keys.ensure(sandbox.folder).platform_public_pem, rotated))
    assert isinstance((await heard(both, notice_door)).outcome, Done)
    for one_side in (channel, both):
        await one_side.aclose()


TOLD = {
    "amount-1e2": ({"total_amount": "1e2"}, "amount"),
    "amount-three-decimals": ({"total_amount": "1.001"}, "amount"),
    "amount-full-width": ({"total_amount": "１００"}, "amount"),
    "amount-zero": ({"total_amount": "0.00"}, "amount"),
    "amount-negative": ({"total_amount": "-0.62"}, "amount"),
    "amount-left-out": ({"total_amount": None}, "amount"),
    "another-app": ({"app_id": "2021000000000002"}, "app"),
    "app-left-out": ({"app_id": None}, "app"),
    "another-seller": ({"seller_id": "2088000000000002"}, "merchant"),
    "seller-left-out": ({"seller_id": None}, "merchant"),
    "reference-long": ({"out_trade_no": "P" * 65}, "reference"),
    "reference-of-signs": ({"out_trade_no": "'; DROP TABLE payment; --"}, "reference"),
    "reference-left-out": ({"out_trade_no": None}, "reference"),
    "another-kind": ({"notify_type": "open_app_auth_notify"}, "kind"),
    "another-status": ({"trade_status": "TRADE_PENDING"}, "kind"),
    "status-left-out": ({"trade_status": None}, "kind"),
    "paid-without-a-time": ({"gmt_payment": None}, "shape"),
    "paid-without-a-number": ({"trade_no": None}, "shape"),
    "refund-of-nobody": ({"refund_fee": "0.20", "gmt_refund": "2026-11-22 09:59:55.123"}, "reference"),
    "refund-of-signs": ({"refund_fee": "0.20", "out_biz_no": "<script>"}, "reference"),
}


@pytest.mark.parametrize(("changed", "mismatch"), TOLD.values(), ids=TOLD.keys())
async def test_an_authentic_notice_that_does_not_fit_says_why_and_moves_nothing(changed, mismatch):
    notice = await OURS.read_notice(genuine(changed))
    assert (notice.mismatch, notice.outcome) == (mismatch, Pending(code="MISMATCH"))


async def test_a_lower_payment_after_coupons_is_the_whole_order():
    notice = await OURS.read_notice(genuine({"buyer_pay_amount": "0.01", "receipt_amount": "0.60"}))
    assert isinstance(notice.outcome, Done)
    assert notice.outcome.amount_minor == 62


@pytest.mark.parametrize(
    ("changed", "outcome", "refund"),
    [
        ({"trade_status": "WAIT_BUYER_PAY", "gmt_payment": None}, Pending(code="WAIT_BUYER_PAY"), None),
        ({"trade_status": "TRADE_CLOSED", "gmt_payment": None}, Closed(code="TRADE_CLOSED"), None),
        ({"refund_fee": "0.20", "out_biz_no": "RF1"}, Pending(code="TRADE_SUCCESS"), "RF1"),
        ({"gmt_refund": "2026-11-22 09:59:55.123", "out_biz_no": "RF1"}, Pending(code="TRADE_SUCCESS"), "RF1"),
        ({"trade_status": "TRADE_CLOSED", "out_biz_no": "RF1"}, Pending(code="TRADE_CLOSED"), "RF1"),
        (
            {"trade_status": "TRADE_FINISHED", "refund_fee": "0.62", "out_biz_no": "RF1"},
            Pending(code="TRADE_FINISHED"),
            "RF1",
        ),
    ],
    ids=["waiting", "closed-unpaid", "part-back", "part-back-by-its-time", "all-back", "finished-after-a-refund"],
)
async def test_each_status_of_a_notice_is_told_apart(changed, outcome, refund):
    notice = await OURS.read_notice(genuine(changed))
    assert (notice.reference, notice.outcome, notice.refund_reference) == (REFERENCE, outcome, refund)


async def test_a_notice_is_kept_for_people_without_its_signature():
    notice = await OURS.read_notice(genuine())
    assert '"out_trade_no": "P0000000000000000000000001"' in notice.content
    assert '"sign"' not in notice.content
