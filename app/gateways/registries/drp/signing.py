"""What DRP-1 signs, with Ed25519, and how our side checks it. Pure: the caller passes time and nonce.

Source: docs/wire/registry.md, sections "Requests", "Answers" and "Receipts".
"""

import base64
import binascii
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

FRESH_S: Final = 300
"""How far the registry's clock may be from ours."""


def private_key(pem: str) -> Ed25519PrivateKey:
    """Our key. Raises ValueError for anything but Ed25519."""
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("the key for the registry is not Ed25519")  # noqa: TRY004 - a wrong value in a setting
    return key


def public_key(pem: str) -> Ed25519PublicKey:
    """The registry's key. Raises ValueError for anything but Ed25519."""
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("the registry's key is not Ed25519")  # noqa: TRY004 - as above
    return key


def request_message(
    *, method: str, target: str, account: str, key_id: str, timestamp: str, nonce: str, body: bytes
) -> bytes:
    """What we sign in a request; `target` is the path exactly as sent."""
    lines = ("DRP1-REQUEST", method, target, account, key_id, timestamp, nonce, sha256(body).hexdigest(), "")
    return "\n".join(lines).encode()


def answer_message(*, nonce: str, status: int, key_id: str, timestamp: str, body: bytes) -> bytes:
    """What the registry signs in an answer. `nonce` is the request's: an answer to another question does not pass."""
    lines = ("DRP1-ANSWER", nonce, str(status), key_id, timestamp, sha256(body).hexdigest(), "")
    return "\n".join(lines).encode()


def receipt_message(text: str) -> bytes:
    """What the registry signs under a receipt, without time or nonce: it is to be checked years later."""
    return f"DRP1-RECEIPT\n{sha256(text.encode()).hexdigest()}\n".encode()


def sign(key: Ed25519PrivateKey, message: bytes) -> str:
    """The signature, base64."""
    return base64.b64encode(key.sign(message)).decode()


def holds(key: Ed25519PublicKey, message: bytes, signature: str) -> bool:
    """Whether the base64 text is this key's signature; false too for text that is not canonical base64."""
    try:
        raw = base64.b64decode(signature, validate=True)
        if base64.b64encode(raw).decode() != signature:
            return False
        key.verify(raw, message)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
