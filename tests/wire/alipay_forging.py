"""A platform of the tests' own, so that they can sign, and missign, whatever they like, with `cryptography` alone.

The sandbox has its own code for the same wire; this one makes genuine notices and answers, from which forgeries are bent.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from app.gateways.channels.alipay import Alipay, AlipayKeys
from app.gateways.channels.base import RawRequest
from tests.effort import moment_s
from tests.wire.wechatpay_forging import NOW, private_pem, public_pem, rsa_key

APP_ID, SELLER_ID = "2021000000000001", "2088000000000001"
REFERENCE, TRADE_NO = "P0000000000000000000000001", "2026112222001400000000000001"
SENT = "2026-11-22 10:00:00"
"""`NOW` in Beijing."""

FIELDS: dict[str, str] = {
    "gmt_create": "2026-11-22 09:59:30",
    "charset": "utf-8",
    "gmt_payment": "2026-11-22 09:59:50",
    "notify_time": SENT,
    "subject": "点点+低碳 a%2Bb &amp; 1",
    "buyer_id": "2088123412341234",
    "invoice_amount": "0.62",
    "version": "1.0",
    "notify_id": "2026112200222100000000000000000001",
    "fund_bill_list": '[{"amount":"0.62","fundChannel":"ALIPAYACCOUNT"}]',
    "notify_type": "trade_status_sync",
    "out_trade_no": REFERENCE,
    "total_amount": "0.62",
    "trade_status": "TRADE_SUCCESS",
    "trade_no": TRADE_NO,
    "auth_app_id": APP_ID,
    "receipt_amount": "0.50",
    "point_amount": "0.00",
    "buyer_pay_amount": "0.50",
    "app_id": APP_ID,
    "sign_type": "RSA2",
    "seller_id": SELLER_ID,
}


def signature(text: str | bytes, *, signer: str = "platform", digest: hashes.HashAlgorithm | None = None) -> str:
    raw = text if isinstance(text, bytes) else text.encode()
    return base64.b64encode(rsa_key(signer).sign(raw, padding.PKCS1v15(), digest or hashes.SHA256())).decode()


def notice_text(fields: Mapping[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in sorted(fields.items()) if name not in {"sign", "sign_type"})


def signed(fields: Mapping[str, str], **how: Any) -> dict[str, str]:
    """The fields with their signature."""
    return dict(fields) | {"sign": signature(notice_text(fields), **how)}


def form(fields: Mapping[str, str]) -> RawRequest:
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    return RawRequest(body=urlencode(fields).encode(), headers=headers)


def genuine(changed: Mapping[str, str | None] | None = None, **how: Any) -> RawRequest:
    """A notice truly signed, with these fields changed before (None: left out)."""
    fields = {name: value for name, value in (FIELDS | dict(changed or {})).items() if value is not None}
    return form(signed(fields, **how))


def fields_of(raw: RawRequest) -> dict[str, str]:
    return dict(parse_qsl(raw.body.decode(), keep_blank_values=True))


def our_side(*, now: Any = NOW, **changed: Any) -> Alipay:
    values: dict[str, Any] = {
        "app_id": APP_ID,
        "seller_id": SELLER_ID,
        "app_private_key": private_pem("merchant"),
        "alipay_public_keys": (public_pem("platform"),),
        "gateway_url": "http://127.0.0.1:9/gateway.do",
        "notify_url": "https://diandian.example/notify/alipay",
    }
    return Alipay(
        AlipayKeys(**values | changed), clock=now if callable(now) else lambda: now, read_timeout_s=moment_s(0.5)
    )


def told(**changed: Any) -> dict[str, Any]:
    """What the platform says of a paid trade."""
    content: dict[str, Any] = {
        "code": "10000", "msg": "Success", "out_trade_no": REFERENCE, "trade_no": TRADE_NO,
        "trade_status": "TRADE_SUCCESS", "total_amount": "0.62", "send_pay_date": "2026-11-22 09:59:50",
        "buyer_pay_amount": "0.50", "buyer_logon_id": "a}b{***@example.com", "store_name": "https://点点/",
    }  # fmt: skip
    return {name: value for name, value in (content | changed).items() if value is not None}


def node(content: Any, *, slashes: bool = True) -> str:
    """As the platform writes it: slashes escaped."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.replace("/", "\\/") if slashes else text


def answer(text: str, *, name: str = "alipay_trade_query_response", **how: Any) -> str:
    """A node as a signed answer."""
    return f'{{"{name}":{text},"sign":"{signature(text, **how)}"}}'


def http(body: str | bytes, status: int = 200) -> bytes:
    raw = body if isinstance(body, bytes) else body.encode()
    head = f"HTTP/1.1 {status} Answer\r\ncontent-length: {len(raw)}\r\nconnection: close\r\n\r\n"
    return head.encode() + raw
