"""The bank's far side is strict: a request that is bent in any way is refused, with what was expected, and changes nothing."""

import json
import time

import httpx
import pytest

from app.sandbox.ecny_cmb import keys, signing, sm2
from tests.wire.ecny_asking import NAME, values
from tests.wire.wechatpay_asking import number

BASE = "/polypay/v1.0/mchorders"


def order(sandbox, **changed):
    """The content of an order of e-CNY as the documents have it."""
    own = values(sandbox)
    told = {
        "merId": own["merchant"],
        "userId": own["cashier"],
        "orderId": number("P"),
        "notifyUrl": "http://127.0.0.1:9/notify",
        "currencyCode": "156",
        "transactionType": "TT01",
        "txnAmt": "62",
        "terminalNo": "T1",
        "terminalIp": "203.0.113.7",
        "goodsName": "低碳大运",
        "tradePlace": "example.org",
        "orderTimeExpire": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 8 * 3600 + 1800)),
    } | changed
    return {name: value for name, value in told.items() if value is not None}


async def send(sandbox, content, *, path=f"{BASE}/ecny/unifiedOrder", fields=None, head=None, body=None, at=None):
    """A call signed by the merchant's key, with whatever is bent after the signing."""
    own = keys.ensure(sandbox.folder)
    whole = signing.FIXED | {"biz_content": content if isinstance(content, str) else signing.compact(content)}
    whole |= {"sign": signing.signature(own.merchant_private, signing.text_to_sign(whole))}
    whole |= fields or {}
    stamp = str(int(time.time() if at is None else at))
    text = signing.head_text(own.app_id, own.app_secret, whole.get("sign", ""), stamp)
    headers = {
        "content-type": "application/json",
        "appid": own.app_id,
        "timestamp": stamp,
        "apisign": signing.md5(text),
    } | (head or {})
    sent = signing.compact({name: value for name, value in whole.items() if value is not None}).encode()
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False, verify=False) as client:
        answer = await client.post(path, content=sent if body is None else body, headers=headers)
    return answer.json()


async def test_a_call_as_documented_is_answered_under_the_banks_signature(sandbox):
    told = await send(sandbox, order(sandbox))
    assert (told["returnCode"], told["respCode"]) == ("SUCCESS", "SUCCESS")
    public = sm2.public_of(int(keys.ensure(sandbox.folder).bank_private, 16))
    assert signing.holds(public, signing.text_to_sign(told), told["sign"])
    assert json.loads(told["biz_content"])["qrCode"].startswith(sandbox.url)


@pytest.mark.parametrize(
    ("bent", "code"),
    [
        pytest.param({"fields": {"sign": None}}, "SIGN_ERROR", id="no-signature"),
        pytest.param({"fields": {"sign": "AAAA"}}, "SIGN_ERROR", id="another-signature"),
        pytest.param({"fields": {"biz_content": "{}"}}, "SIGN_ERROR", id="content-changed"),
        pytest.param({"fields": {"version": "1.0"}}, "VERSION_ERROR", id="version"),
        pytest.param({"fields": {"encoding": "GBK"}}, "ENCODING_ERROR", id="encoding"),
        pytest.param({"fields": {"signMethod": "01"}}, "SIGNMETHOD_ERROR", id="rsa"),
        pytest.param({"fields": {"charset": "UTF-8"}}, "UNDEFINED_PRAM", id="unknown-field"),
        pytest.param({"head": {"appid": "other"}}, "APPID_ERROR", id="other-app"),
        pytest.param({"head": {"apisign": "0" * 32}}, "APISIGN_ERROR", id="other-apisign"),
        pytest.param({"at": 1_000_000_000}, "TIMESTAMP_ERROR", id="stale"),
        pytest.param({"head": {"timestamp": "now"}}, "TIMESTAMP_ERROR", id="no-second"),
        pytest.param({"head": {"content-type": "text/plain"}}, "JSON_FORMAT_ERROR", id="not-json"),
        pytest.param({"body": b"{"}, "JSON_FORMAT_ERROR", id="broken"),
        pytest.param({"body": b"{}"}, "POST_DATA_EMPTY", id="empty"),
        pytest.param({"body": b'{"sign":"a","sign":"b"}'}, "JSON_FORMAT_ERROR", id="name-twice"),
    ],
)
async def test_what_is_wrong_outside_is_refused_unsigned(sandbox, bent, code):
    sandbox.expect_refusals()
    told = await send(sandbox, order(sandbox), **bent)
    assert (told["returnCode"], told["errCode"]) == ("FAIL", code)
    assert ("sign" in told) == (code == "UNDEFINED_PRAM")
    assert [row["code"] for row in await sandbox.refusals()] == [code]
    assert not (await sandbox.truth())["channels"][NAME]["trades"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"merId": "308999"}, "MERID_NOT_EXIST"),
        ({"userId": "N1"}, "USERID_CHECK_FAILED"),
        ({"orderId": "x" * 33}, "ORDERID_NOT_LAWFUL"),
        ({"orderId": None}, "ORDERID_NOT_LAWFUL"),
        ({"txnAmt": "0"}, "TXNAMT_NOT_LAWFUL"),
        ({"txnAmt": "0.62"}, "TXNAMT_NOT_LAWFUL"),
        ({"currencyCode": "CNY"}, "CURRENCYCODE_NOT_LAWFUL"),
        ({"transactionType": "TT99"}, "TRANSACTIONTYPE_NOT_LAWFUL"),
        ({"notifyUrl": "http://example.org/n"}, "NOTIFYURL_NOT_LAWFUL"),
        ({"terminalNo": "终端"}, "TERMINALNO_NOT_LAWFUL"),
        ({"terminalIp": "here"}, "TERMINALIP_NOT_LAWFUL"),
        ({"goodsName": "a=b"}, "GOODSNAME_NOT_LAWFUL"),
        ({"orderTimeExpire": "2026-01-01 00:00:00"}, "ORDERTIMEEXPIRE_NOT_LAWFUL"),
        ({"orderTimeExpire": "2020-01-01T00:00:00"}, "ORDERTIMEEXPIRE_NOT_LAWFUL"),
        ({"platformName": ""}, "PLATFORMNAME_NOT_LAWFUL"),
        ({"returnUrl": "https://example.org"}, "UNDEFINED_PRAM"),
    ],
)
async def test_what_is_wrong_inside_is_refused_by_its_field(sandbox, changed, code):
    sandbox.expect_refusals()
    told = await send(sandbox, order(sandbox, **changed))
    assert (told["returnCode"], told["errCode"]) == ("FAIL", code)
    assert not (await sandbox.truth())["channels"][NAME]["trades"]


async def test_a_number_as_a_number_is_refused(sandbox):
    sandbox.expect_refusals()
    told = await send(sandbox, signing.compact(order(sandbox) | {"txnAmt": 62}))
    assert told["errCode"] == "JSON_FORMAT_ERROR"


async def test_the_bank_answers_for_fifteen_days(sandbox):
    content = order(sandbox)
    await send(sandbox, content)
    await sandbox.control("POST", "clock", {"offset_s": 16 * 24 * 3600, "stamp_offset_s": 0})
    asked = {"merId": content["merId"], "userId": content["userId"], "orderId": content["orderId"]}
    told = await send(sandbox, asked, path=f"{BASE}/orderquery")
    assert (told["respCode"], told["errCode"]) == ("FAIL", "CMB_ORDERID_NOT_EXIST")
