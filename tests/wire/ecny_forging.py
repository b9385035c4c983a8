"""A bank of the tests' own, so that they can sign, and missign, whatever they like.

Its SM2 is the sandbox's, which is not our gateway's; it makes genuine notices, from which forgeries are bent.
"""

import json
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from app.gateways.channels.base import RawRequest
from app.gateways.channels.ecny_cmb import EcnyCmb, EcnyKeys
from app.sandbox.ecny_cmb import keys as far_keys
from app.sandbox.ecny_cmb import signing, sm2
from tests.effort import moment_s

NOW = datetime(2026, 11, 22, 2, 0, 0, tzinfo=UTC)
MERCHANT, CASHIER = "308999150570002", "N003109945"
REFERENCE, REFUND_REFERENCE = "P0000000000000000000000001", "R0000000000000000000000001"
THEIRS, THEIR_REFUND = "004226112209593000000001", "004226112210000000000002"
FIXED = {"encoding": "UTF-8", "signMethod": "02", "version": "0.0.1"}


@cache
def private(name: str) -> str:
    """One key per name and run: `merchant`, `bank`, `next`, `stranger`."""
    return f"{sm2.new_private():064x}"


def our_keys(**changed: Any) -> EcnyKeys:
    values = {
        "merchant": MERCHANT,
        "cashier": CASHIER,
        "app_id": "app",
        "app_secret": "app-secret-of-tests",
        "private_key": private("merchant"),
        "bank_public_keys": (far_keys.written(private("bank")),),
        "terminal_ip": "203.0.113.7",
        "trade_place": "https://example.org",
        "base_url": "http://127.0.0.1:9",
        "bill_url": "http://127.0.0.1:9/bill/check",
        "notify_url": "https://example.org/notify",
    }
    return EcnyKeys(**values | changed)


def our_side(*, now=lambda: NOW, **changed: Any) -> EcnyCmb:
    """By default its bank is where nobody listens."""
    return EcnyCmb(our_keys(**changed), clock=now, read_timeout_s=moment_s(1))


def payment(**changed: Any) -> dict[str, Any]:
    """The content of a notice of a payment (4.3.2), with a state, so that nobody has to be asked."""
    told = {
        "merId": MERCHANT,
        "orderId": REFERENCE,
        "cmbOrderId": THEIRS,
        "userId": CASHIER,
        "txnAmt": "62",
        "dscAmt": "0",
        "currencyCode": "156",
        "payType": "EC",
        "txnTime": "20261122095900",
        "endDate": "20261122",
        "endTime": "095930",
        "tradeState": "S",
    } | changed
    return {name: value for name, value in told.items() if value is not None}


def refunded(**changed: Any) -> dict[str, Any]:
    """The content of a notice of a refund (4.6.2), with a state."""
    told = payment(
        orderId=REFUND_REFERENCE, cmbOrderId=THEIR_REFUND, refundAmt="20", txnAmt=None, dscAmt=None, endTime="100000"
    )
    return {name: value for name, value in (told | changed).items() if value is not None}


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def signed(fields: dict[str, str], *, signer: str = "bank", identity: str = "1234567812345678") -> dict[str, str]:
    """The fields with a signature; `signer` names whose."""
    return {**fields, "sign": signing.signature(private(signer), signing.text_to_sign(fields), identity=identity)}


def form(fields: dict[str, str]) -> RawRequest:
    body = "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items()).encode()
    return RawRequest(body=body, headers={"content-type": "application/x-www-form-urlencoded"})


def notice(content: dict[str, Any] | str | None = None, **how: Any) -> RawRequest:
    """A genuine notice around this content, or one that another key or for another identity signed."""
    text = content if isinstance(content, str) else compact(payment() if content is None else content)
    return form(signed({**FIXED, "biz_content": text}, **how))
