"""Notices of the sandbox: WeChat's own schedule, fresh stamps, named disorder, nothing forgotten by a kill."""

import asyncio
import json
import secrets
import time

import pytest

from app.sandbox.wechatpay import notifying, tampering


async def paid(sandbox, oracle, *, outcome="success", notice=None, total=62):
    """An order opened and paid; `notice` says beforehand how its notice travels."""
    order = "T" + secrets.token_hex(12).upper()
    code, message = await oracle.pay(description="碳中和", out_trade_no=order, amount={"total": total})
    assert code == 200, message
    if notice is not None:
        await sandbox.control("POST", "notify", {"out_trade_no": order, **notice})
    await sandbox.control("POST", "outcome", {"out_trade_no": order, "outcome": outcome})
    return order


async def rows(sandbox):
    return (await sandbox.truth())["notices"]


async def settled(sandbox, *, within_s=60.0):
    """The notices once none waits."""
    end = time.monotonic() + within_s
    while any(row["state"] == "waiting" for row in await rows(sandbox)):
        assert time.monotonic() < end, await rows(sandbox)
        await asyncio.sleep(0.02)
    return await rows(sandbox)


async def attempted(sandbox, *, within_s=60.0):
    """Returns once a first sending is written down."""
    end = time.monotonic() + within_s
    while not (await rows(sandbox))[0]["attempts"]:
        assert time.monotonic() < end
        await asyncio.sleep(0.02)


def test_the_schedule_is_the_published_one():
    assert len(notifying.SCHEDULE_S) == 15
    assert sum(notifying.SCHEDULE_S) == 24 * 3600 + 4 * 60


async def test_a_notice_not_accepted_comes_again_with_fresh_stamps(sandbox, oracle, notice_door):
    notice_door.statuses = [500, 401, 204]
    await paid(sandbox, oracle)
    first, second, third = await notice_door.wait(3)
    assert first.body == second.body == third.body
    for name in ("wechatpay-nonce", "wechatpay-signature"):
        assert len({delivery.headers[name] for delivery in (first, second, third)}) == 3
    assert second.at - first.at >= 15 * sandbox.time_factor
    assert third.at - second.at >= 15 * sandbox.time_factor
    (row,) = await settled(sandbox)
    assert [sending["answer"] for sending in row["sendings"]] == ["500", "401", "204"]
    assert row["state"] == "acknowledged"


async def test_after_a_day_of_refusals_the_far_side_gives_up(sandbox, oracle, notice_door):
    notice_door.statuses = [503]
    await paid(sandbox, oracle)
    for sent in range(1, 17):
        await notice_door.wait(sent)
        await sandbox.control("POST", "clock", {"offset_s": sent * 6 * 3600, "stamp_offset_s": 0})
    (row,) = await settled(sandbox)
    assert (row["state"], row["attempts"]) == ("given_up", 16)


async def test_a_notice_is_due_when_the_far_clock_says_so(sandbox, oracle, notice_door):
    await paid(sandbox, oracle, notice={"delay_s": 3600 / sandbox.time_factor})
    await asyncio.sleep(0.1)
    assert notice_door.deliveries == []
    await sandbox.control("POST", "clock", {"offset_s": 3601, "stamp_offset_s": 0})
    await notice_door.wait(1)


async def test_copies_in_turn_wait_for_the_answer_before(sandbox, oracle, notice_door):
    notice_door.delay_s = 0.05
    await paid(sandbox, oracle, notice={"duplicate": 3})
    first, second, third = await notice_door.wait(3)
    assert second.at - first.at >= 0.05
    assert third.at - second.at >= 0.05
    assert len({json.loads(delivery.body)["id"] for delivery in (first, second, third)}) == 1


async def test_copies_at_once_do_not_wait_and_may_carry_ids_of_their_own(sandbox, oracle, notice_door):
    notice_door.answers_after = 20
    await paid(sandbox, oracle, notice={"duplicate": 20, "at_once": True, "fresh_ids": True})
    deliveries = await notice_door.wait(20)  # none of them was answered before the last one came
    assert len({json.loads(delivery.body)["id"] for delivery in deliveries}) == 20


async def test_a_dropped_notice_never_comes_and_can_be_sent_again(sandbox, oracle, notice_door):
    order = await paid(sandbox, oracle, notice={"drop": True})
    await asyncio.sleep(0.1)
    assert notice_door.deliveries == []
    await sandbox.control("POST", "notify", {"out_trade_no": order})
    (notice,) = await notice_door.wait(1)
    assert oracle.callback(notice.headers, notice.body)["resource"]["out_trade_no"] == order


async def test_what_still_waits_can_be_dropped_after_payment(sandbox, oracle, notice_door):
    notice_door.statuses = [500]
    order = await paid(sandbox, oracle)
    await notice_door.wait(1)
    await sandbox.control("POST", "notify", {"out_trade_no": order, "drop": True})
    (row,) = await settled(sandbox)
    assert row["state"] == "dropped"


async def test_nothing_is_sent_beyond_loopback(sandbox, oracle):
    order = "T" + secrets.token_hex(12).upper()
    await oracle.pay(
        description="x", out_trade_no=order, amount={"total": 1}, notify_url="https://merchant.invalid/notify"
    )
    await sandbox.control("POST", "pay", {"out_trade_no": order})
    (row,) = await rows(sandbox)
    assert (row["state"], row["sendings"]) == ("outside", [])


@pytest.mark.parametrize(
    "what", sorted(set(tampering.FORGERIES) - {"stale", "early", "tag", "algorithm", "short_nonce"})
)
async def test_a_forged_notice_is_refused_by_the_independent_client(what, sandbox, oracle, notice_door):
    await paid(sandbox, oracle, notice={"tamper": what})
    (notice,) = await notice_door.wait(1)
    try:
        accepted = oracle.callback(notice.headers, notice.body)
    except Exception:  # noqa: BLE001 - the library refuses by whatever it raises
        accepted = None
    assert not accepted
    (row,) = await settled(sandbox)
    assert row["attempts"] == 1


@pytest.mark.parametrize("what", ["tag", "algorithm"])
async def test_a_spoilt_resource_cannot_be_opened_although_truly_signed(what, sandbox, oracle, notice_door):
    await paid(sandbox, oracle, notice={"tamper": what})
    (notice,) = await notice_door.wait(1)
    assert oracle._core._verify_signature(notice.headers, notice.body.decode())
    try:
        accepted = oracle.callback(notice.headers, notice.body)
    except Exception:  # noqa: BLE001 - the library refuses by whatever it raises
        accepted = None
    assert not accepted


@pytest.mark.parametrize(("what", "skew_s"), [("stale", -301), ("early", 301)])
async def test_a_notice_out_of_time_is_truly_signed(what, skew_s, sandbox, oracle, notice_door):
    began = int(time.time())
    await paid(sandbox, oracle, notice={"tamper": what})
    (notice,) = await notice_door.wait(1)
    assert began <= int(notice.headers["wechatpay-timestamp"]) - skew_s <= time.time()
    assert oracle.callback(notice.headers, notice.body)  # this library has no time window: ours must


@pytest.mark.parametrize(
    ("what", "wrong"),
    [
        ("other_amount", lambda told: told["amount"]["total"] == 63),
        ("other_currency", lambda told: told["amount"]["currency"] == "USD"),
        ("other_mchid", lambda told: told["mchid"] == "1900000110"),
        ("not_success", lambda told: told["trade_state"] == "NOTPAY"),
    ],
)
async def test_a_lie_is_authentic_and_wrong(what, wrong, sandbox, oracle, notice_door):
    await paid(sandbox, oracle, notice={"tamper": what})
    (notice,) = await notice_door.wait(1)
    assert wrong(oracle.callback(notice.headers, notice.body)["resource"])
