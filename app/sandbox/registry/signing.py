"""DRP-1's signatures as the registry reads and writes them. Source: docs/wire/registry.md."""

import base64
import binascii
import hashlib
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519


def digest(content: bytes) -> str:
    """SHA-256 in lower-case hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def asked(method: str, path: str, account: str, key: str, stamp: str, nonce: str, body: bytes) -> bytes:
    """The text a client signs."""
    return f"DRP1-REQUEST\n{method}\n{path}\n{account}\n{key}\n{stamp}\n{nonce}\n{digest(body)}\n".encode()


def answered(nonce: str, status: int, key: str, stamp: str, body: bytes) -> bytes:
    """The text an answer is signed by."""
    return f"DRP1-ANSWER\n{nonce}\n{status}\n{key}\n{stamp}\n{digest(body)}\n".encode()


def certified(receipt: str) -> bytes:
    """The text a receipt is signed by."""
    return f"DRP1-RECEIPT\n{digest(receipt.encode())}\n".encode()


def sign(private_pem: str, message: bytes) -> str:
    """Ed25519, base64."""
    return base64.b64encode(_private(private_pem).sign(message)).decode("ascii")


def verify(public_pem: str, message: bytes, signature: str) -> bool:
    """Whether that key signed the message."""
    try:
        _public(public_pem).verify(base64.b64decode(signature, validate=True), message)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


@lru_cache(maxsize=16)
def _private(pem: str) -> ed25519.Ed25519PrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, ed25519.Ed25519PrivateKey)
    return key


@lru_cache(maxsize=16)
def _public(pem: str) -> ed25519.Ed25519PublicKey:
    key = serialization.load_pem_public_key(pem.encode())
    assert isinstance(key, ed25519.Ed25519PublicKey)
    return key
