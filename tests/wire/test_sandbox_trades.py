"""Trades, refunds and the form of requests: what the sandbox keeps, and what it will not take."""

import json
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from wechatpayv3.async_.type import RequestType, WeChatPayType

OPEN = "/v3/pay/transactions/"


def number() -> str:
    return "T" + secrets.token_hex(12).upper()


async def opened(oracle, **more):
    order = number()
    code, message = await oracle.pay(description="碳中和", out_trade_no=order, amount={"total": 100}, **more)
    assert code == 200, message
    return order


async def post(oracle, path, body):
    code, message = await oracle._core.request(path, method=RequestType.POST, data=body)
    return code, json.loads(message)["code"] if message else None


async def refund(oracle, order, *, reference="R1", fen=40, total=100, reason=None):
    amount = {"refund": fen, "total": total, "currency": "CNY"}
    code, message = await oracle.refund(out_refund_no=reference, out_trade_no=order, amount=amount, reason=reason)
    return code, json.loads(message)


async def state_of(oracle, order):
    _, message = await oracle.query(out_trade_no=order)
    return json.loads(message)["trade_state"]


async def test_the_same_order_again_gives_the_same_qr_text(oracle):
    order = number()
    answers = [await oracle.pay(description="a", out_trade_no=order, amount={"total": 1}) for _ in range(2)]
    assert answers[0] == answers[1]


async def test_the_same_number_with_another_amount_is_refused(sandbox, oracle):
    order = await opened(oracle)
    code, message = await oracle.pay(description="碳中和", out_trade_no=order, amount={"total": 101})
    assert (code, json.loads(message)["code"]) == (400, "INVALID_REQUEST")
    assert (await sandbox.trade(order))["total"] == 100


async def test_the_same_number_by_another_way_is_refused(oracle):
    order = await opened(oracle)
    scene = {"payer_client_ip": "::1", "h5_info": {"type": "iOS"}}
    code, message = await oracle.pay(
        description="碳中和", out_trade_no=order, amount={"total": 100}, pay_type=WeChatPayType.H5, scene_info=scene
    )
    assert (code, json.loads(message)["code"]) == (403, "OUT_TRADE_NO_USED")


async def test_a_paid_order_is_neither_opened_nor_closed_nor_paid_again(sandbox, oracle):
    order = await opened(oracle)
    await sandbox.control("POST", "outcome", {"out_trade_no": order, "outcome": "success_no_notify"})
    code, message = await oracle.pay(description="碳中和", out_trade_no=order, amount={"total": 100})
    assert (code, json.loads(message)["code"]) == (400, "ORDERPAID")
    code, message = await oracle.close(order)
    assert (code, json.loads(message)["code"]) == (400, "ORDERPAID")
    with pytest.raises(AssertionError, match="409"):
        await sandbox.control("POST", "pay", {"out_trade_no": order, "late": True})


async def test_a_closed_order_cannot_be_paid_but_by_a_bank_that_was_slow(sandbox, oracle, notice_door):
    order = await opened(oracle)
    await oracle.close(order)
    with pytest.raises(AssertionError, match="closed"):
        await sandbox.control("POST", "pay", {"out_trade_no": order})
    assert await state_of(oracle, order) == "CLOSED"
    await sandbox.control("POST", "pay", {"out_trade_no": order, "late": True})
    assert await state_of(oracle, order) == "SUCCESS"
    await notice_door.wait(1)


async def test_past_its_time_an_order_stays_unpaid_until_it_is_closed(sandbox, oracle):
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")
    order = await opened(oracle, time_expire=soon)
    await sandbox.control("POST", "clock", {"offset_s": 3601, "stamp_offset_s": 0})
    with pytest.raises(AssertionError, match="expired"):
        await sandbox.control("POST", "pay", {"out_trade_no": order})
    assert await state_of(oracle, order) == "NOTPAY"
    await oracle.close(order)
    assert await state_of(oracle, order) == "CLOSED"


async def test_a_declined_or_cancelled_visit_moves_nothing_and_may_be_tried_again(sandbox, oracle):
    order = await opened(oracle)
    for outcome in ("declined", "cancel"):
        await sandbox.control("POST", "outcome", {"out_trade_no": order, "outcome": outcome})
        assert await state_of(oracle, order) == "NOTPAY"
    assert (await sandbox.truth())["notices"] == []
    await sandbox.control("POST", "outcome", {"out_trade_no": order, "outcome": "success_no_notify"})
    assert await state_of(oracle, order) == "SUCCESS"
    assert (await sandbox.truth())["notices"] == []


async def test_a_coupon_lowers_what_the_payer_pays_and_not_the_order(sandbox, oracle):
    order = await opened(oracle)
    told = await sandbox.control("POST", "pay", {"out_trade_no": order, "payer_total": 70})
    assert (told["amount"]["total"], told["amount"]["payer_total"]) == (100, 70)
    assert told["promotion_detail"][0]["amount"] == 30


async def test_the_far_clock_off_by_ten_minutes_refuses_ours(sandbox, oracle):
    sandbox.expect_refusals()
    await sandbox.control("POST", "clock", {"offset_s": 600})
    code, message = await oracle.query(out_trade_no="NOBODYKNOWSME")
    assert (code, json.loads(message)["code"]) == (401, "SIGN_ERROR")


async def test_a_refund_sent_twice_is_one_refund(sandbox, oracle):
    order = await opened(oracle)
    await sandbox.control("POST", "pay", {"out_trade_no": order})
    (_, first), (_, second) = await refund(oracle, order), await refund(oracle, order)
    assert first["refund_id"] == second["refund_id"]
    code, answer = await refund(oracle, order, fen=41)
    assert (code, answer["code"]) == (400, "INVALID_REQUEST")
    assert len((await sandbox.truth())["refunds"]) == 1


async def test_refunds_never_exceed_what_was_paid(sandbox, oracle):
    order = await opened(oracle)
    code, answer = await refund(oracle, order)
    assert (code, answer["code"]) == (400, "INVALID_REQUEST")  # nothing paid yet
    await sandbox.control("POST", "pay", {"out_trade_no": order})
    await sandbox.control("POST", "refund", {"result": "PROCESSING"})
    assert (await refund(oracle, order))[0] == 200
    code, answer = await refund(oracle, order, reference="R2", fen=61)
    assert (code, answer["code"]) == (400, "INVALID_REQUEST")


async def test_two_refunds_of_one_order_stand_a_minute_apart(own_sandbox, make_own_oracle):
    sandbox = own_sandbox(time_factor=1.0)
    sandbox.start()
    async with make_own_oracle(sandbox) as oracle:
        order = await opened(oracle)
        await sandbox.control("POST", "pay", {"out_trade_no": order})
        assert (await refund(oracle, order))[0] == 200
        code, answer = await refund(oracle, order, reference="R2")
        assert (code, answer["code"]) == (429, "FREQUENCY_LIMITED")
        await sandbox.control("POST", "clock", {"offset_s": 61, "stamp_offset_s": 0})
        assert (await refund(oracle, order, reference="R2"))[0] == 200


@pytest.mark.parametrize("result", ["SUCCESS", "ABNORMAL", "CLOSED"])
async def test_a_refund_ends_as_it_was_told_to(result, sandbox, oracle, notice_door):
    order = await opened(oracle)
    await sandbox.control("POST", "outcome", {"out_trade_no": order, "outcome": "success_no_notify"})
    await sandbox.control("POST", "refund", {"result": result})
    await refund(oracle, order)
    (notice,) = await notice_door.wait(1)
    assert oracle.callback(notice.headers, notice.body)["event_type"] == f"REFUND.{result}"
    assert await state_of(oracle, order) == ("SUCCESS" if result == "CLOSED" else "REFUND")
    held = (await sandbox.truth())["balances"]["CNY"]["held"]
    assert held == (60 if result == "SUCCESS" else 100)


def body_of(sandbox, **changes):
    whole = {
        "appid": sandbox.keys.appid,
        "mchid": sandbox.keys.mchid,
        "description": "碳中和",
        "out_trade_no": number(),
        "notify_url": "https://merchant.invalid/notify",
        "amount": {"total": 100, "currency": "CNY"},
    }
    return {name: value for name, value in (whole | changes).items() if value is not None}


@pytest.mark.parametrize(
    "changes",
    [
        {"appid": "wx0000000000000000"},
        {"mchid": "1900000110"},
        {"description": None},
        {"description": ""},
        {"description": "碳" * 128},
        {"description": "绿色👟"},
        {"description": "a\nb"},
        {"out_trade_no": "short"},
        {"out_trade_no": "T" * 33},
        {"out_trade_no": "with space 1"},
        {"out_trade_no": "人民币人民币人民币"},
        {"notify_url": "http://merchant.invalid/notify"},
        {"notify_url": "https://merchant.invalid/notify?a=1"},
        {"notify_url": "merchant.invalid/notify"},
        {"notify_url": "https://merchant.invalid/" + "n" * 255},
        {"amount": None},
        {"amount": {"total": 0}},
        {"amount": {"total": -1}},
        {"amount": {"total": 1.0}},
        {"amount": {"total": "100"}},
        {"amount": {"total": True}},
        {"amount": {"total": 100, "currency": "USD"}},
        {"amount": {"total": 100, "tip": 1}},
        {"time_expire": "2030-01-01 00:00:00"},
        {"time_expire": "2030-01-01T00:00:00"},
        {"time_expire": "2030-13-01T00:00:00+08:00"},
        {"time_expire": "2020-01-01T00:00:00+08:00"},
        {"attach": "a" * 129},
        {"goods_tag": 5},
        {"colour": "green"},
    ],
    ids=lambda changes: json.dumps(changes)[:60],
)
async def test_a_body_that_wechat_would_refuse_is_refused(changes, sandbox, oracle):
    sandbox.expect_refusals()
    code, name = await post(oracle, OPEN + "native", body_of(sandbox, **changes))
    assert (code, name) in {(400, "PARAM_ERROR"), (400, "APPID_MCHID_NOT_MATCH")}
    assert (await sandbox.truth())["trades"] == []


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("jsapi", {}),
        ("jsapi", {"payer": {"openid": "oNobodyWeKnow"}}),
        ("h5", {}),
        ("h5", {"scene_info": {"payer_client_ip": "not an address", "h5_info": {"type": "Wap"}}}),
        ("h5", {"scene_info": {"payer_client_ip": "203.0.113.9", "h5_info": {"type": "Phone"}}}),
        ("h5", {"scene_info": {"payer_client_ip": "203.0.113.9"}}),
    ],
)
async def test_a_way_to_pay_asks_for_its_own_fields(kind, changes, sandbox, oracle):
    sandbox.expect_refusals()
    assert await post(oracle, OPEN + kind, body_of(sandbox, **changes)) == (400, "PARAM_ERROR")


@pytest.mark.parametrize("body", ["[]", "{", '{"mchid":"1","mchid":"1"}', "[" * 60_000, "null"])
async def test_a_body_that_is_no_proper_json_object_is_refused(body, sandbox, oracle, monkeypatch):
    sandbox.expect_refusals()
    monkeypatch.setattr("wechatpayv3.async_.core.json.dumps", lambda data: data)
    assert await post(oracle, OPEN + "native", body) == (400, "PARAM_ERROR")


async def test_keys_are_made_once_private_and_say_what_they_are(sandbox):
    from cryptography import x509

    from app.sandbox import keys

    assert keys.ensure(sandbox.folder) == sandbox.keys
    for path in sandbox.folder.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
    assert sandbox.keys.appid.startswith("wxsandbox")
    assert sandbox.keys.platform_public_key_id.startswith("PUB_KEY_ID_SANDBOX")
    assert len(sandbox.keys.apiv3_key) == 32
    for pem in (sandbox.keys.merchant_certificate_pem, sandbox.keys.platform_certificate_pem):
        assert "SANDBOX" in x509.load_pem_x509_certificate(pem.encode()).subject.rfc4514_string()
    assert sandbox.keys.app_secret not in repr(sandbox.keys)


async def test_the_control_plane_is_shut_without_its_token(sandbox):
    import httpx

    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False, verify=False) as client:
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            assert (await client.get("/_sandbox/truth", headers=headers)).status_code == 401
            assert (await client.post("/_sandbox/reset", headers=headers)).status_code == 401
