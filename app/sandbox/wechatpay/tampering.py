"""Named ways to spoil a notice. A spoilt notice is sent once: a forger does not keep WeChat's schedule.

Two kinds. *Forgeries* spoil what is sent after the signing (or sign wrongly): they must be refused.
*Lies* change the content before it is sealed and truly signed: they are authentic and must not be fulfilled.
"""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from app.sandbox.far_side import FarSide
from app.sandbox.wechatpay import signing

Headers = dict[str, str]

STALE_S: Final = 301


def _other_amount(told: dict[str, Any]) -> None:
    told["amount"]["total"] += 1


def _other_currency(told: dict[str, Any]) -> None:
    told["amount"]["currency"] = "USD"


LIES: Final[Mapping[str, Callable[[dict[str, Any]], None]]] = {
    "other_amount": _other_amount,
    "other_currency": _other_currency,
    "other_mchid": lambda told: told.update(mchid="1900000110"),
    "other_appid": lambda told: told.update(appid="wxsandboxffffffff0"),
    "unknown_order": lambda told: told.update(out_trade_no="NOBODYKNOWSTHISNUMBER00"),
    "not_success": lambda told: told.update(trade_state="NOTPAY"),
}
"""By name: what is changed in a transaction before it is sealed and signed."""

FORGERIES: Final = (
    "body",
    "spaces",
    "tag",
    "algorithm",
    "short_nonce",
    "signature",
    "no_signature",
    "wrong_key",
    "unknown_serial",
    "stale",
    "early",
    "signature_type",
    "probe",
)
"""`tag`, `algorithm` and `short_nonce` are truly signed over a resource nobody can open."""

NAMES: Final = frozenset(LIES) | frozenset(FORGERIES)


def forge(far: FarSide, what: str | None, body: bytes, *, key_pem: str, serial: str) -> tuple[bytes, Headers]:
    """Body and headers of one sending; without `what`, or with a lie told already, simply true ones."""
    now_s = far.truth.stamp_now() + {"stale": -STALE_S, "early": STALE_S}.get(what or "", 0)
    if what in {"tag", "algorithm", "short_nonce"}:
        body = _spoil_resource(what, body)
    if what == "wrong_key":
        key_pem = _fresh_key_pem()
    headers = signing.stamps(key_pem, serial, body, now_s=now_s)
    return _spoil_sending(what, body, headers)


def _spoil_sending(what: str | None, body: bytes, headers: Headers) -> tuple[bytes, Headers]:
    signature = headers["Wechatpay-Signature"]
    match what:
        case "body":
            body = body.replace(b'"encrypt-resource"', b'"encrypt-resourcE"')
        case "spaces":
            body = json.dumps(json.loads(body), ensure_ascii=False).encode()
        case "signature":
            headers["Wechatpay-Signature"] = _flipped(signature)
        case "no_signature":
            del headers["Wechatpay-Signature"]
        case "unknown_serial":
            headers["Wechatpay-Serial"] = "7" + "A" * 39
        case "signature_type":
            headers["Wechatpay-Signature-Type"] = "WECHATPAY2-SM2-WITH-SM3"
        case "probe":
            headers["Wechatpay-Signature"] = "WECHATPAY/SIGNTEST/" + signature
        case _:
            pass
    return body, headers


def _spoil_resource(what: str, body: bytes) -> bytes:
    notice = json.loads(body)
    resource = notice["resource"]
    match what:
        case "tag":
            resource["ciphertext"] = _flipped(resource["ciphertext"])
        case "algorithm":
            resource["algorithm"] = "AEAD_SM4_GCM"
        case _:
            resource["nonce"] = resource["nonce"][:4]
    return json.dumps(notice, ensure_ascii=False, separators=(",", ":")).encode()


def _flipped(encoded: str) -> str:
    """The same base64 text with the last byte of what it holds changed."""
    raw = bytearray(base64.b64decode(encoded))
    raw[-1] ^= 1
    return base64.b64encode(raw).decode()


def _fresh_key_pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
