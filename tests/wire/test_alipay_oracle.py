"""A client somebody else wrote (python-alipay-sdk) against the sandbox, and `cryptography` alone against what we sign.

The library is also what our side signs with, so that `cryptography` checks it here in both directions.
"""

import base64
import json
import logging
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from alipay import AliPay, DCAliPay
from alipay.exceptions import AliPayException, AliPayValidationError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from app.gateways.channels.alipay import WAP, signing, writing
from app.gateways.channels.alipay.keys import AlipayKeys
from app.gateways.channels.base import RawRequest
from app.sandbox.alipay import certificates
from app.sandbox.alipay import keys as far_keys
from tests.far_side import NoticeDoor, Sandbox
from tests.wire.alipay_asking import BUYER, charge, ours_for, pays
from tests.wire.alipay_asking import certificates as in_certificate_mode
from tests.wire.alipay_forging import FIELDS, answer, fields_of, genuine, node, our_side, told
from tests.wire.wechatpay_asking import number
from tests.wire.wechatpay_forging import NOW, private_pem, public_pem, rsa_key


@pytest.fixture
def oracle(sandbox: Sandbox, notice_door: NoticeDoor, monkeypatch: pytest.MonkeyPatch) -> Iterator[AliPay]:
    """The library's own client, pointed at the sandbox. Its time is the machine's, which must be Beijing's for it."""
    keys = far_keys.ensure(sandbox.folder)
    client = AliPay(
        appid=keys.app_id,
        app_notify_url=notice_door.url,
        app_private_key_string=keys.app_private_pem,
        alipay_public_key_string=keys.platform_public_pem,
        sign_type="RSA2",
    )
    client._gateway = f"{sandbox.url}/gateway.do"
    with monkeypatch.context() as zone:
        zone.setenv("TZ", "Asia/Shanghai")
        zone.setenv("no_proxy", "127.0.0.1")
        time.tzset()
        yield client
    time.tzset()


async def test_it_opens_asks_closes_and_gives_back(oracle: AliPay, sandbox: Sandbox) -> None:
    one = charge()
    opened = oracle.api_alipay_trade_precreate(subject="点点", out_trade_no=one.reference, total_amount="0.62")
    assert (opened["code"], opened["out_trade_no"]) == ("10000", one.reference)
    assert opened["qr_code"].startswith("https://qr.alipay.com/")
    assert oracle.api_alipay_trade_query(out_trade_no=one.reference)["sub_code"] == "ACQ.TRADE_NOT_EXIST"
    await pays(sandbox, one)
    asked = oracle.api_alipay_trade_query(out_trade_no=one.reference)
    assert (asked["trade_status"], asked["total_amount"]) == ("TRADE_SUCCESS", "0.62")
    by_number = oracle.api_alipay_trade_query(trade_no=asked["trade_no"])
    assert by_number == asked
    assert oracle.api_alipay_trade_close(out_trade_no=one.reference)["sub_code"] == "ACQ.TRADE_STATUS_ERROR"
    for change in "YN":
        back = oracle.api_alipay_trade_refund(out_trade_no=one.reference, refund_amount="0.20", out_request_no="RF1")
        assert (back["fund_change"], back["refund_fee"]) == (change, "0.20")
    found = oracle.api_alipay_trade_fastpay_refund_query("RF1", out_trade_no=one.reference)
    assert (found["refund_status"], found["refund_amount"]) == ("REFUND_SUCCESS", "0.20")


async def test_its_link_leads_to_the_cashier_and_its_order_inside_alipay_is_there_at_once(
    oracle: AliPay, sandbox: Sandbox
) -> None:
    reference = number("P")
    made = oracle.server_api(
        "alipay.trade.create", {"subject": "点点", "out_trade_no": reference, "total_amount": "0.62", "buyer_id": BUYER}
    )
    assert made["trade_no"]
    assert oracle.api_alipay_trade_query(out_trade_no=reference)["trade_status"] == "WAIT_BUYER_PAY"
    assert oracle.api_alipay_trade_close(out_trade_no=reference)["code"] == "10000"


async def test_it_believes_the_sandboxs_notices(oracle: AliPay, sandbox: Sandbox, notice_door: NoticeDoor) -> None:
    one = charge()
    oracle.api_alipay_trade_precreate(subject="点点+低碳", out_trade_no=one.reference, total_amount="0.62")
    await pays(sandbox, one)
    fields = fields_of(RawRequest(body=(await notice_door.wait(1))[0].body, headers={}))
    signature = fields.pop("sign")
    assert oracle.verify(dict(fields), signature)
    assert not oracle.verify(fields | {"total_amount": "0.63"}, signature)


async def test_in_a_machine_without_its_zone_it_is_eight_hours_wrong(
    oracle: AliPay, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.expect_refusals()
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    with pytest.raises(AliPayException, match=r"isv\.invalid-timestamp"):
        oracle.api_alipay_trade_query(out_trade_no="P1")


def test_its_own_reader_loses_a_genuine_answer_over_a_brace() -> None:
    """Why answers are cut by ours (`reading.cut`); the day this fails, the library has mended it."""
    body = answer(node(told(subject="a}b")))
    client = AliPay(
        appid="1",
        app_private_key_string=private_pem("merchant"),
        alipay_public_key_string=public_pem("platform"),
        sign_type="RSA2",
    )
    with pytest.raises((AliPayValidationError, ValueError)):
        client._verify_and_return_sync_response(body, "alipay_trade_query_response")


CONTENTS: list[dict[str, Any]] = [
    {"out_trade_no": "P1"},
    {"subject": '碳 + & = % 中和 \\ / " 🌱', "total_amount": "0.62"},
    {"query_options": ["gmt_refund_pay"], "out_request_no": "RF1"},
]


@pytest.mark.parametrize("content", CONTENTS, ids=["plain", "signs", "nested"])
def test_cryptography_alone_verifies_what_we_sign(content: dict[str, Any]) -> None:
    ours = our_side()
    form = ours._wire.signer.request(
        "alipay.trade.query", content, at=NOW, notify_url="https://diandian.example/notify/alipay"
    )
    fields = dict(parse_qsl(form, keep_blank_values=True, strict_parsing=True))
    signature = signing.exact_base64(fields.pop("sign"))
    text = "&".join(f"{name}={value}" for name, value in sorted(fields.items()))
    assert signature is not None
    rsa_key("merchant").public_key().verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())
    assert json.loads(fields["biz_content"]) == content
    assert fields["timestamp"] == "2026-11-22 10:00:00"


def test_a_link_of_ours_is_signed_the_same_way() -> None:
    one = charge(WAP, expires_at=NOW.replace(hour=3))
    address = our_side()._wire.address(
        "alipay.trade.wap.pay", writing.order(one, app_id="1", now=NOW), return_url=str(one.return_url)
    )
    fields = dict(parse_qsl(address.partition("?")[2], strict_parsing=True))
    signature = signing.exact_base64(fields.pop("sign"))
    text = "&".join(f"{name}={value}" for name, value in sorted(fields.items()))
    assert signature is not None
    rsa_key("merchant").public_key().verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())
    assert fields["return_url"] == one.return_url


async def test_what_cryptography_signs_is_believed_and_the_caller_keeps_its_fields() -> None:
    fields = fields_of(genuine())
    kept = dict(fields)
    assert our_side()._wire.signer.signed_fields(fields, at=NOW)
    assert fields == kept
    assert FIELDS["sign_type"] == "RSA2"


def _keys(**changed: Any) -> AlipayKeys:
    pem = {"app_private_key": private_pem("merchant"), "alipay_public_keys": (public_pem("platform"),)}
    return AlipayKeys(
        **{"app_id": "2021000000000001", "seller_id": "2088000000000001", "notify_url": "x"} | pem | changed
    )


def test_the_bare_base64_of_alipays_key_tool_is_taken_like_pem() -> None:
    private, public = private_pem("merchant"), public_pem("platform")
    bare = ["".join(pem.splitlines()[1:-1]) for pem in (private, public)]
    for app, platform in ((private, public), (bare[0], bare[1]), (f" {bare[0]}\n", f"{bare[1][:64]}\n{bare[1][64:]}")):
        signer = signing.Signer(_keys(app_private_key=app, alipay_public_keys=(platform,)))
        assert signer.request("m", {"a": "b"}, at=NOW)


@pytest.mark.parametrize(
    "changed",
    [
        {"app_private_key": "nonsense!"},
        {"app_private_key": ""},
        {"alipay_public_keys": ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",)},
        {"alipay_public_keys": ("QUJD",)},
        {"alipay_public_keys": ()},
        {"app_id": ""},
        {"seller_id": "20 88"},
        {"gateway_url": "openapi.alipay.com"},
        {"gateway_url": "https://openapi.alipay.com/gateway.do?charset=utf-8"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_keys_that_the_wire_would_refuse_are_refused_at_the_start(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - several sentences
        signing.Signer(_keys(**changed))


def test_a_public_key_in_the_place_of_the_private_one_is_refused() -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the library's own
        signing.Signer(_keys(app_private_key=public_pem("merchant")))


def test_the_library_logs_nothing_by_itself() -> None:
    our_side()
    library = logging.getLogger("python-alipay-sdk")
    assert (library.handlers, library.level, library.propagate) == ([], logging.WARNING, True)


def test_no_secret_stands_in_the_repr() -> None:
    assert "PRIVATE" not in repr(_keys())


of_old_calls = pytest.mark.filterwarnings(r"ignore:.*X509\.get_\w+ is deprecated:DeprecationWarning")
"""The library's client of certificate mode reads certificates by calls that PyOpenSSL will take away; ours does not use it."""


@pytest.fixture
def by_certificates(sandbox: Sandbox, oracle: AliPay) -> DCAliPay:
    """The library's client of certificate mode. Its zone is set by `oracle`."""
    keys, given = far_keys.ensure(sandbox.folder), certificates.knobs(sandbox.folder)
    client = DCAliPay(
        appid=keys.app_id,
        app_notify_url=oracle._app_notify_url,
        app_private_key_string=keys.app_private_pem,
        app_public_key_cert_string=given["alipay_app_certificate"],
        alipay_public_key_cert_string=given["alipay_certificate"],
        alipay_root_cert_string=given["alipay_root_certificate"],
        sign_type="RSA2",
    )
    client._gateway = f"{sandbox.url}/gateway.do"
    return client


@of_old_calls
async def test_its_client_of_certificate_mode_pays_at_the_sandbox_and_believes_it(
    by_certificates: DCAliPay, sandbox: Sandbox, notice_door: NoticeDoor
) -> None:
    one = charge()
    by_certificates.api_alipay_trade_precreate(subject="点点", out_trade_no=one.reference, total_amount="0.62")
    await pays(sandbox, one)
    assert by_certificates.api_alipay_trade_query(out_trade_no=one.reference)["trade_status"] == "TRADE_SUCCESS"
    fields = fields_of(RawRequest(body=(await notice_door.wait(1))[0].body, headers={}))
    signature = fields.pop("sign")
    assert by_certificates.verify(dict(fields), signature)
    assert not by_certificates.verify(fields | {"total_amount": "0.63"}, signature)


@of_old_calls
def test_it_names_our_certificates_as_we_do(by_certificates: DCAliPay, sandbox: Sandbox) -> None:
    ours = ours_for(sandbox, **in_certificate_mode(sandbox))._wire.signer.trusted
    assert ours is not None
    assert ours.named == {
        "app_cert_sn": by_certificates.app_cert_sn,
        "alipay_root_cert_sn": by_certificates.alipay_root_cert_sn,
    }


@of_old_calls
async def test_it_fetches_the_certificate_that_the_platform_has_changed_to(
    by_certificates: DCAliPay, sandbox: Sandbox
) -> None:
    name = (await sandbox.control("POST", "alipay/certificates", {"kind": "platform"}))["alipay_cert_sn"]
    form = by_certificates.api_alipay_open_app_alipaycert_download(name)
    async with httpx.AsyncClient(trust_env=False) as client:
        told = (await client.get(f"{by_certificates._gateway}?{form}")).json()
    content = told["alipay_open_app_alipaycert_download_response"]["alipay_cert_content"]
    assert by_certificates.get_cert_sn(base64.b64decode(content).decode()) == name
