"""What is signed, and how keys and signatures are written. Pure: the caller passes the time.

Source: 招商银行商户聚合支付接口 V3.3.6, 2.4.1 (签名算法), 2.4.3 (APP ID 校验); for bills go-pay/gopay `cmbpay`, since the
bank's page on them is not public.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from app.gateways.channels.ecny_cmb import sm2

_SIGN: Final = "sign"
_PUBLIC_HEAD: Final = bytes.fromhex("3059301306072A8648CE3D020106082A811CCF5501822D03420004")
"""How ASN.1 says: an uncompressed point of the SM2 curve."""
_PRIVATE: Final = re.compile(r"[0-9A-Fa-f]{64}")


@lru_cache(maxsize=8)
def private_key(text: str) -> sm2.PrivateKey:
    """The merchant's key: 64 hexadecimal digits. Raises ValueError for anything else."""
    if not _PRIVATE.fullmatch(text):
        raise ValueError("the merchant's SM2 key is not 64 hexadecimal digits")
    return sm2.PrivateKey(int(text, 16))


@lru_cache(maxsize=8)
def public_key(text: str) -> sm2.PublicKey:
    """A key of the bank's: base64 of its ASN.1. Raises ValueError for anything else, and for a point off the curve."""
    raw = exact_base64(text)
    if raw is None or len(raw) != len(_PUBLIC_HEAD) + 64 or not raw.startswith(_PUBLIC_HEAD):
        raise ValueError("the bank's SM2 key is not base64 of an ASN.1 public key")
    x, y = raw[-64:-32], raw[-32:]
    return sm2.PublicKey(int.from_bytes(x), int.from_bytes(y))


def canonical(fields: Mapping[str, str]) -> str:
    """What is signed of a message: all fields but `sign`, by name, joined as they are; empty ones stay."""
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name != _SIGN)


def sign(key: sm2.PrivateKey, text: str) -> str:
    """SM2 with SM3 over the text, as base64 of DER."""
    return base64.b64encode(encode_dss_signature(*sm2.sign(key, text.encode()))).decode()


def sign_raw(key: sm2.PrivateKey, text: str) -> str:
    """The same as hexadecimal digits of R and S, as the bill's address wants it."""
    r, s = sm2.sign(key, text.encode())
    return f"{r:064x}{s:064x}"


def verifies(key: sm2.PublicKey, text: str, signature: str) -> bool:
    """Whether the text is signed so by this key; false for whatever is not canonical base64 of canonical DER."""
    raw = exact_base64(signature)
    if raw is None:
        return False
    try:
        r, s = decode_dss_signature(raw)
        if encode_dss_signature(r, s) != raw:
            return False
        return sm2.verifies(key, text.encode(), (r, s))
    except ValueError:  # not DER, or a text with half a character
        return False


def api_text(*, app_id: str, app_secret: str, sign: str, timestamp: str) -> str:
    """What `apisign` in the headers is made of; binds the app to this one message at this second."""
    return f"appid={app_id}&secret={app_secret}&sign={sign}&timestamp={timestamp}"


def api_digest(text: str) -> str:
    """`apisign` of an ordinary call: the bank chose MD5, and the message itself is under SM2."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def exact_base64(text: str) -> bytes | None:
    """The bytes behind canonical base64; None otherwise, since spare bits would let a changed signature pass."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64.b64encode(raw).decode() == text else None
