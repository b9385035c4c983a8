"""A client somebody else wrote (wechatpayv3) and ours: each verifies what the other signs, and they call up alike."""

import json
import re

import pytest
from wechatpayv3 import WeChatPay as TheirClient
from wechatpayv3 import WeChatPayType
from wechatpayv3 import utils as theirs

from app.gateways.channels.base import Charge, Opening, Payer
from app.gateways.channels.wechatpay import JSAPI, signing
from app.kernel.money import Currency
from tests.wire.wechatpay_asking import trade
from tests.wire.wechatpay_forging import (
    API_V3_KEY,
    APPID,
    MCHID,
    NOW,
    PUBLIC_KEY_ID,
    REFERENCE,
    compact,
    envelope,
    far_side,
    genuine,
    http,
    our_side,
    private_pem,
    public_pem,
    rsa_key,
    signed,
    transaction,
)

SERIAL = "4A" * 20


@pytest.fixture(scope="module")
def oracle() -> TheirClient:
    return TheirClient(
        wechatpay_type=WeChatPayType.MINIPROG,
        mchid=MCHID,
        private_key=private_pem("merchant"),
        cert_serial_no=SERIAL,
        apiv3_key=API_V3_KEY,
        appid=APPID,
        public_key=public_pem("platform"),
        public_key_id=PUBLIC_KEY_ID,
    )


def fields_of(header: str) -> dict[str, str]:
    scheme, _, rest = header.partition(" ")
    assert scheme == "WECHATPAY2-SHA256-RSA2048"
    return dict(re.findall(r'([a-z_]+)="([^"]*)"', rest))


async def test_our_call_up_is_the_one_the_oracle_signs(oracle):
    charge = Charge(
        reference=REFERENCE,
        description="低碳大运",
        amount_minor=62,
        currency=Currency.CNY,
        method=JSAPI.code,
        expires_at=NOW.replace(hour=3),
        payer=Payer(id="oTEST"),
    )
    async with far_side(lambda _: http(200, signed(b'{"prepay_id":"wx201410272009395522657a690389285100"}'))) as far:
        opening = await our_side(base_url=far.url).open(charge)
    assert isinstance(opening, Opening)
    assert opening.call_up is not None
    shown = opening.call_up
    assert set(shown) == {"timeStamp", "nonceStr", "package", "signType", "paySign"}
    assert shown["signType"] == "RSA"
    assert shown["package"] == "prepay_id=wx201410272009395522657a690389285100"
    assert shown["paySign"] == oracle.sign([APPID, shown["timeStamp"], shown["nonceStr"], shown["package"]])


async def test_the_oracle_verifies_the_request_we_sent():
    async with far_side(lambda _: http(204, signed(b""))) as far:
        await our_side(base_url=far.url).close(trade(REFERENCE))
    head, body = far.heads[0].decode(), far.bodies[0].decode()
    method, target, _ = head.split("\r\n")[0].split(" ")
    header = next(line for line in head.split("\r\n") if line.lower().startswith("authorization:"))
    proof = fields_of(header.split(": ", 1)[1])
    assert (proof["mchid"], proof["serial_no"]) == (MCHID, SERIAL)
    # Their verifier joins timestamp, nonce and body, so the first three lines stand in for the timestamp.
    key = rsa_key("merchant").public_key()
    lines = f"{method}\n{target}\n{proof['timestamp']}"
    assert theirs.rsa_verify(lines, proof["nonce_str"], body, proof["signature"], key)
    assert not theirs.rsa_verify(lines, proof["nonce_str"], body + " ", proof["signature"], key)


def test_we_verify_the_request_the_oracle_signs():
    body = json.dumps({"mchid": MCHID})
    target = f"/v3/pay/transactions/out-trade-no/{REFERENCE}/close"
    proof = fields_of(
        theirs.build_authorization(target, "POST", MCHID, SERIAL, rsa_key("merchant"), data={"mchid": MCHID})
    )
    message = signing.request_message(
        method="POST", target=target, timestamp=proof["timestamp"], nonce=proof["nonce_str"], body=body.encode()
    )
    assert signing.verifies(rsa_key("merchant").public_key(), message, proof["signature"])
    assert signing.sign(rsa_key("merchant"), message) == proof["signature"]


async def test_oracle_and_we_read_the_same_notice(oracle):
    raw = genuine()
    seen = oracle.callback(dict(raw.headers), raw.body)
    notice = await our_side().read_notice(raw)
    assert seen["id"] == notice.event_id
    assert seen["resource"] == json.loads(notice.content) == transaction()


def test_the_oracle_opens_what_we_open_and_we_what_it_opens():
    sealed = envelope(transaction())["resource"]
    part = {"nonce": sealed["nonce"], "associated_data": sealed["associated_data"], "ciphertext": sealed["ciphertext"]}
    plain = theirs.aes_decrypt(**part, apiv3_key=API_V3_KEY)
    assert plain.encode() == signing.decrypt(API_V3_KEY.encode(), **part) == compact(transaction())
