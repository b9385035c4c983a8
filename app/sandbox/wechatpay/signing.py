"""The cryptography of WeChat Pay v3, read from the far side: canonical strings, signatures, sealed resources.

Pure functions over bytes and texts; keys come in as PEM. Source: docs/wire/sandbox.md.
"""

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SCHEME: Final = "WECHATPAY2-SHA256-RSA2048"

_FIELDS: Final = frozenset({"mchid", "nonce_str", "timestamp", "serial_no", "signature"})
_FIELD: Final = re.compile(r'\s*([a-z_]+)="([^"]*)"\s*')


def request_message(*, method: str, url: str, timestamp: str, nonce: str, body: bytes) -> bytes:
    """What a client signs; `url` is path and query exactly as they stood on the request line."""
    return f"{method}\n{url}\n{timestamp}\n{nonce}\n".encode() + body + b"\n"


def answer_message(*, timestamp: str, nonce: str, body: bytes) -> bytes:
    """What the platform signs, in answers and in notices."""
    return f"{timestamp}\n{nonce}\n".encode() + body + b"\n"


def call_up_message(*, appid: str, timestamp: str, nonce: str, package: str) -> bytes:
    """What a client signs to call up the cashier inside WeChat (调起支付)."""
    return f"{appid}\n{timestamp}\n{nonce}\n{package}\n".encode()


def sign(private_pem: str, message: bytes) -> str:
    """PKCS1v15 over SHA-256, in base64."""
    return base64.b64encode(_private_key(private_pem).sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()


def holds(certificate_pem: str, message: bytes, signature: str) -> bool:
    """Whether the certificate's key made `signature`; unreadable base64 is simply no."""
    try:
        raw = base64.b64decode(signature, validate=True)
        _certificate_key(certificate_pem).verify(raw, message, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def seal(key: str, plain: str, *, associated: str) -> dict[str, str]:
    """An AES-256-GCM resource as notices and certificates carry it; the tag is its last 16 bytes."""
    nonce = secrets.token_hex(6)
    sealed = AESGCM(key.encode()).encrypt(nonce.encode(), plain.encode(), associated.encode())
    return {
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(sealed).decode(),
        "associated_data": associated,
        "nonce": nonce,
    }


def stamps(private_pem: str, serial: str, body: bytes, *, now_s: int) -> dict[str, str]:
    """The five headers of a signed answer or notice, under a nonce of its own."""
    timestamp, nonce = str(now_s), secrets.token_hex(16)
    return {
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": serial,
        "Wechatpay-Signature": sign(private_pem, answer_message(timestamp=timestamp, nonce=nonce, body=body)),
        "Wechatpay-Signature-Type": SCHEME,
    }


def life(certificate_pem: str) -> tuple[float, float]:
    """From when and until when a certificate is valid, in seconds since 1970."""
    certificate = x509.load_pem_x509_certificate(certificate_pem.encode())
    return certificate.not_valid_before_utc.timestamp(), certificate.not_valid_after_utc.timestamp()


def read_authorization(header: str) -> Mapping[str, str] | None:
    """The five fields in whatever order they stand; None for any other shape, a repeated field included."""
    scheme, _, rest = header.partition(" ")
    if scheme != SCHEME:
        return None
    found: dict[str, str] = {}
    for part in rest.split(","):
        match = _FIELD.fullmatch(part)
        if match is None or match[1] in found:
            return None
        found[match[1]] = match[2]
    return found if found.keys() == _FIELDS else None


@lru_cache(maxsize=32)
def _private_key(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


@lru_cache(maxsize=32)
def _certificate_key(pem: str) -> rsa.RSAPublicKey:
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    return key
