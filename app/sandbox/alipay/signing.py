"""RSA2 read from the far side: what a client signs, what the platform signs, in answers and in notices.

Pure functions over texts; keys come in as PEM. Source: docs/wire/alipay.md.
"""

import base64
import binascii
from collections.abc import Mapping
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def request_text(fields: Mapping[str, str]) -> str:
    """What a client signs: every field that is not empty but `sign`, by name, as it is before it is encoded."""
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name != "sign" and fields[name])


def notice_text(fields: Mapping[str, str]) -> str:
    """What the platform signs of a notice: every field but `sign` and `sign_type`, by name."""
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name not in {"sign", "sign_type"})


def sign(private_pem: str, text: str, *, sha1: bool = False) -> str:
    """PKCS1v15 over SHA-256 of the text in UTF-8, in base64; `sha1` is the old RSA."""
    digest = hashes.SHA1() if sha1 else hashes.SHA256()  # noqa: S303 - a forger's downgrade, which must be refused
    return base64.b64encode(_private(private_pem).sign(text.encode(), padding.PKCS1v15(), digest)).decode()


def holds(public_pem: str, text: str, signature: str) -> bool:
    """Whether the key made the signature; unreadable base64 is simply no."""
    try:
        raw = base64.b64decode(signature, validate=True)
        _public(public_pem).verify(raw, text.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


@lru_cache(maxsize=8)
def _private(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


@lru_cache(maxsize=8)
def _public(pem: str) -> rsa.RSAPublicKey:
    key = serialization.load_pem_public_key(pem.encode())
    assert isinstance(key, rsa.RSAPublicKey)
    return key
