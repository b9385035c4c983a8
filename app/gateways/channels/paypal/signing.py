"""What a notice's signature is over, and whether it holds. Pure.

Source: PayPal, Integrate webhooks, verify on your own server.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from app.gateways.channels.base import NotAuthentic

ALGORITHM: Final = "SHA256withRSA"
"""The only one that is believed. PayPal has also named SHA1withRSA; a message must not choose the weaker one."""
_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z")


def signed_text(*, transmission_id: str, sent_at: str, webhook_id: str, body: bytes) -> bytes:
    """The signed line: the checksum is CRC-32 of the raw body, in decimal."""
    return f"{transmission_id}|{sent_at}|{webhook_id}|{zlib.crc32(body)}".encode()


def verifies(key: RSAPublicKey, message: bytes, signature: str) -> bool:
    """Whether the base64 text is this key's signature; false too for text that is not canonical base64."""
    try:
        raw = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    # The spare bits of the last letter would let a changed text pass as the same signature.
    if base64.b64encode(raw).decode() != signature:
        return False
    try:
        key.verify(raw, message, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Claim:
    """Who a notice says signed it, when, and how."""

    transmission_id: str
    sent_at: str
    certificate_url: str
    signature: str

    def message(self, webhook_id: str, body: bytes) -> bytes:
        """What the signature must be over, for one of *our* webhook ids: none is taken from the message."""
        return signed_text(transmission_id=self.transmission_id, sent_at=self.sent_at, webhook_id=webhook_id, body=body)


def read_claim(headers: Mapping[str, str]) -> Claim:
    """The headers of a notice, by their lower-case names.

    No part may hold the bar that separates the parts of the signed line, or one could grow at another's cost.

    Raises:
        NotAuthentic: `signature` or `timestamp`, one is missing or not of its form.
    """
    if headers.get("paypal-auth-algo") != ALGORITHM:
        raise NotAuthentic("signature")
    transmission_id, signature = headers.get("paypal-transmission-id", ""), headers.get("paypal-transmission-sig", "")
    if not _ID.fullmatch(transmission_id) or not signature:
        raise NotAuthentic("signature")
    sent_at = headers.get("paypal-transmission-time", "")
    if not _TIME.fullmatch(sent_at) or not _exists(sent_at):
        raise NotAuthentic("timestamp")
    return Claim(transmission_id, sent_at, headers.get("paypal-cert-url", ""), signature)


def _exists(instant: str) -> bool:
    try:
        return datetime.fromisoformat(instant).tzinfo is not None
    except ValueError:
        return False
