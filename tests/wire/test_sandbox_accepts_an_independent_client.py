"""A client library nobody here wrote, and the sandbox: they must accept each other, and the sandbox no forgery."""

import json
import secrets
import time

import httpx
import pytest
from wechatpayv3.async_.type import WeChatPayType
from wechatpayv3.async_.utils import build_authorization, load_private_key, rsa_sign

NATIVE = "/v3/pay/transactions/native"


def number() -> str:
    return "T" + secrets.token_hex(12).upper()


async def opened(oracle, out_trade_no, **more):
    code, message = await oracle.pay(
        description="碳中和 12.4 kg", out_trade_no=out_trade_no, amount={"total": 62}, **more
    )
    assert code == 200, message
    return json.loads(message)


async def test_a_native_order_gives_a_qr_text(oracle):
    answer = await opened(oracle, number())
    assert answer["code_url"].startswith("weixin://wxpay/bizpayurl?pr=")


async def test_an_h5_order_gives_the_address_of_the_cashier(sandbox, oracle):
    scene = {"payer_client_ip": "203.0.113.9", "h5_info": {"type": "Wap"}}
    answer = await opened(oracle, number(), pay_type=WeChatPayType.H5, scene_info=scene)
    assert answer["h5_url"].startswith(f"{sandbox.url}/cashier/")
    assert "?" in answer["h5_url"]  # clients append &redirect_url=


async def test_a_jsapi_order_gives_a_prepay_id_whose_call_up_is_accepted(sandbox, oracle, notice_door):
    person = await sandbox.control("POST", "wx/code", {})
    order = number()
    answer = await opened(oracle, order, pay_type=WeChatPayType.JSAPI, payer={"openid": person["openid"]})
    call_up = {
        "appId": sandbox.keys.appid,
        "timeStamp": str(int(time.time())),
        "nonceStr": "n0nce",
        "package": f"prepay_id={answer['prepay_id']}",
    }
    signature = oracle.sign(list(call_up.values()))
    told = await sandbox.control("POST", "wx/call_up", call_up | {"signType": "RSA", "paySign": signature})
    assert (told["out_trade_no"], told["trade_state"]) == (order, "SUCCESS")
    assert told["payer"]["openid"] == person["openid"]
    await notice_door.wait(1)


async def test_an_order_is_asked_for_by_either_number(sandbox, oracle):
    order = number()
    await opened(oracle, order, attach="样张")
    code, message = await oracle.query(out_trade_no=order)
    assert (code, json.loads(message)["trade_state"]) == (200, "NOTPAY")
    await sandbox.control("POST", "outcome", {"out_trade_no": order, "outcome": "success_no_notify"})
    _, message = await oracle.query(out_trade_no=order)
    paid = json.loads(message)
    assert paid["trade_state"] == "SUCCESS"
    assert paid["amount"] == {"total": 62, "payer_total": 62, "currency": "CNY", "payer_currency": "CNY"}
    assert paid["attach"] == "样张"
    _, message = await oracle.query(transaction_id=paid["transaction_id"])
    assert json.loads(message) == paid


async def test_a_closed_order_answers_204_and_stays_closed(oracle):
    order = number()
    await opened(oracle, order)
    code, message = await oracle.close(order)
    assert code == 204
    assert not message
    _, message = await oracle.query(out_trade_no=order)
    assert json.loads(message)["trade_state"] == "CLOSED"


async def test_a_refund_is_accepted_then_told_by_a_notice(sandbox, oracle, notice_door):
    order = number()
    await opened(oracle, order)
    await sandbox.control("POST", "pay", {"out_trade_no": order})
    amount = {"refund": 62, "total": 62, "currency": "CNY"}
    code, message = await oracle.refund(out_refund_no="R" + order, out_trade_no=order, amount=amount)
    assert (code, json.loads(message)["status"]) == (200, "PROCESSING")
    _, refund_notice = await notice_door.wait(2)
    told = oracle.callback(refund_notice.headers, refund_notice.body)
    assert told["event_type"] == "REFUND.SUCCESS"
    assert told["resource"]["refund_status"] == "SUCCESS"
    _, message = await oracle.query_refund("R" + order)
    assert json.loads(message)["status"] == "SUCCESS"
    _, message = await oracle.query(out_trade_no=order)
    assert json.loads(message)["trade_state"] == "REFUND"


@pytest.mark.parametrize("mode", ["public_key", "certificate"])
async def test_a_notice_is_verified_in_either_mode(mode, sandbox, make_oracle, notice_door):
    await sandbox.control("POST", "keys/rotate", {"notices": mode})
    async with make_oracle(with_public_key=mode == "public_key") as oracle:
        order = number()
        await opened(oracle, order)
        await sandbox.control("POST", "pay", {"out_trade_no": order})
        (notice,) = await notice_door.wait(1)
        is_key_id = notice.headers["wechatpay-serial"].startswith("PUB_KEY_ID_")
        assert is_key_id == (mode == "public_key")
        told = oracle.callback(notice.headers, notice.body)
        assert told["event_type"] == "TRANSACTION.SUCCESS"
        assert told["resource"]["out_trade_no"] == order
        assert told["resource"]["amount"]["total"] == 62


async def test_a_new_platform_certificate_is_found_among_the_certificates(sandbox, make_oracle, notice_door):
    rotated = await sandbox.control("POST", "keys/rotate", {"notices": "certificate", "new_certificate": True})
    async with make_oracle(with_public_key=False) as oracle:
        order = number()
        await opened(oracle, order)
        await sandbox.control("POST", "pay", {"out_trade_no": order})
        (notice,) = await notice_door.wait(1)
        assert notice.headers["wechatpay-serial"] == rotated["new_serial"] != sandbox.keys.platform_certificate_serial
        assert oracle.callback(notice.headers, notice.body)["resource"]["out_trade_no"] == order


async def test_answers_are_signed_by_the_key_the_client_names(sandbox, oracle):
    order, keys = number(), sandbox.keys
    await opened(oracle, order)
    path = f"/v3/pay/transactions/out-trade-no/{order}?mchid={keys.mchid}"
    for wished in (keys.platform_public_key_id, keys.platform_certificate_serial.lower()):
        answer = await send(sandbox, "GET", path, serial=wished)
        assert answer.headers["wechatpay-serial"] in {wished, wished.upper()}
        assert answer.headers["wechatpay-signature-type"] == "WECHATPAY2-SHA256-RSA2048"


async def test_a_refusal_is_signed_too(sandbox, oracle):
    code, message = await oracle.query(out_trade_no="NOBODYKNOWSME")
    assert (code, json.loads(message)["code"]) == (404, "ORDER_NOT_EXIST")
    path = f"/v3/pay/transactions/out-trade-no/NOBODYKNOWSME?mchid={sandbox.keys.mchid}"
    answer = await send(sandbox, "GET", path)
    assert oracle._core._verify_signature(answer.headers, answer.text)


async def send(sandbox, method, path, body=b"", *, serial=None, change=lambda headers: headers, signed_path=None):
    """One request signed by the independent library's own signing, then changed."""
    key = load_private_key(sandbox.keys.merchant_private_key_pem)
    authorization = build_authorization(
        signed_path or path, method, sandbox.keys.mchid, sandbox.keys.merchant_serial, key, data=body.decode()
    )
    headers = {
        "Accept": "application/json",
        "User-Agent": "tests",
        "Content-Type": "application/json",
        "Wechatpay-Serial": serial or sandbox.keys.platform_public_key_id,
        "Authorization": authorization,
    }
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        return await client.request(method, sandbox.url + path, content=body, headers=change(headers))


def authorization_at(sandbox, timestamp, *, serial=None, path=None, nonce="ABCDEF0123456789"):
    """A header truly signed for GET, with the timestamp and serial a test wants."""
    keys = sandbox.keys
    message = f"GET\n{path}\n{timestamp}\n{nonce}\n\n"
    signature = rsa_sign(load_private_key(keys.merchant_private_key_pem), message)
    fields = {
        "serial_no": serial or keys.merchant_serial,
        "timestamp": timestamp,
        "signature": signature,
        "nonce_str": nonce,
        "mchid": keys.mchid,
    }
    return "WECHATPAY2-SHA256-RSA2048 " + ", ".join(f'{name}="{value}"' for name, value in fields.items())


async def asked(sandbox, timestamp, **more):
    path = f"/v3/pay/transactions/out-trade-no/NOBODYKNOWSME?mchid={sandbox.keys.mchid}"
    authorization = authorization_at(sandbox, timestamp, path=path, **more)
    return await send(sandbox, "GET", path, change=lambda headers: headers | {"Authorization": authorization})


async def test_the_fields_of_authorization_may_stand_in_any_order(sandbox):
    answer = await asked(sandbox, int(time.time()))
    assert answer.status_code == 404  # let in: the order does not exist


@pytest.mark.parametrize("skew_s", [-301, 302])
async def test_a_stale_timestamp_is_refused(skew_s, sandbox):
    sandbox.expect_refusals()
    answer = await asked(sandbox, int(time.time()) + skew_s)
    assert (answer.status_code, answer.json()["code"]) == (401, "SIGN_ERROR")


async def test_a_wrong_serial_is_refused(sandbox):
    sandbox.expect_refusals()
    answer = await asked(sandbox, int(time.time()), serial=sandbox.keys.platform_certificate_serial)
    assert (answer.status_code, answer.json()["code"]) == (401, "SIGN_ERROR")


async def test_a_body_changed_after_signing_is_refused_and_the_expected_string_is_logged(sandbox, notice_door):
    sandbox.expect_refusals()
    order = {
        "appid": sandbox.keys.appid,
        "mchid": sandbox.keys.mchid,
        "description": "x",
        "out_trade_no": number(),
        "notify_url": notice_door.url,
        "amount": {"total": 62},
    }
    body = json.dumps(order).encode()
    wrong = body.replace(b"62", b"63")
    key = load_private_key(sandbox.keys.merchant_private_key_pem)
    signed = build_authorization(
        NATIVE, "POST", sandbox.keys.mchid, sandbox.keys.merchant_serial, key, data=body.decode()
    )
    answer = await send(sandbox, "POST", NATIVE, wrong, change=lambda headers: headers | {"Authorization": signed})
    assert (answer.status_code, answer.json()["code"]) == (401, "SIGN_ERROR")
    (refusal,) = await sandbox.refusals()
    assert wrong.decode() in refusal["expected"]
    assert (await sandbox.truth())["trades"] == []


async def test_the_query_string_is_part_of_what_is_signed(sandbox):
    sandbox.expect_refusals()
    path = "/v3/pay/transactions/out-trade-no/NOBODYKNOWSME"
    answer = await send(sandbox, "GET", f"{path}?mchid={sandbox.keys.mchid}", signed_path=path)
    assert (answer.status_code, answer.json()["code"]) == (401, "SIGN_ERROR")


@pytest.mark.parametrize(
    ("spoil", "status"),
    [
        (lambda headers: headers | {"User-Agent": ""}, 400),
        (lambda headers: headers | {"Accept": "text/html"}, 406),
        (lambda headers: {name: value for name, value in headers.items() if name != "Authorization"}, 401),
        (
            lambda headers: headers | {"Authorization": headers["Authorization"].replace("WECHATPAY2", "WECHATPAY3")},
            401,
        ),
        (lambda headers: headers | {"Authorization": headers["Authorization"] + ',mchid="1"'}, 401),
        (lambda headers: headers | {"Wechatpay-Serial": "PUB_KEY_ID_NOBODY"}, 400),
    ],
    ids=["no-user-agent", "wrong-accept", "no-authorization", "wrong-scheme", "field-twice", "unknown-answer-key"],
)
async def test_a_request_without_its_proper_headers_is_refused(spoil, status, sandbox):
    sandbox.expect_refusals()
    path = f"/v3/pay/transactions/out-trade-no/NOBODYKNOWSME?mchid={sandbox.keys.mchid}"
    answer = await send(sandbox, "GET", path, change=spoil)
    assert answer.status_code == status
    assert "wechatpay-signature" in answer.headers
