"""WeChat's message push (消息推送) in its secure mode: signature first, then decryption, then what it says.

Source: 消息推送配置 and 消息加解密说明, seen 2026-11. A message is AES-256-CBC under the EncodingAESKey, whose first 16 bytes
are the IV, padded to 32 bytes by PKCS#7; inside stand 16 random bytes, the length of the message (4 bytes, big-endian), the
message, and the app id it is for. `msg_signature` is SHA-1 over the sorted token, timestamp, nonce and ciphertext.
Nothing that is not encrypted is believed.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from app.gateways.wechat.content import ContentAdvice, read_advice
from app.kernel.errors import Unavailable

FRESH_FOR: Final = timedelta(minutes=5)
"""How far a message's time may be from ours; an older one is a replay. WeChat signs each of its repeats anew."""
ANSWER: Final = b"success"
"""What tells WeChat that a message has arrived; otherwise it repeats it three times."""
_BLOCK: Final = 32
_RANDOM: Final = 16
_LENGTH: Final = 4
_STAMP: Final = re.compile(r"[0-9]{1,12}")
_NONCE: Final = re.compile(r"[0-9A-Za-z]{1,64}")
_AES_KEY: Final = re.compile(r"[0-9A-Za-z]{43}")
_EVENT: Final = "wxa_media_check"


class PushForged(Exception):
    """The message is not from WeChat, not for us, or is an old one once more. It is not told which."""


@dataclass(frozen=True, slots=True)
class PictureSeen:
    """What WeChat saw in a picture that was sent under `trace_id`."""

    trace_id: str
    advice: ContentAdvice


@dataclass(frozen=True, slots=True)
class PushReader:
    """Reads pushes for one mini-program. `aes_key` is the EncodingAESKey, 43 letters and digits."""

    appid: str
    token: str = field(repr=False)
    aes_key: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _AES_KEY.fullmatch(self.aes_key):
            raise ValueError("an EncodingAESKey has 43 letters and digits")

    def read_greeting(self, query: Mapping[str, str], now: datetime) -> str:
        """What WeChat wants to hear back when the address is entered in its console.

        Raises:
            PushForged: as it says.
        """
        self._demand(query, query.get("signature", ""), now=now)
        return query.get("echostr", "")

    def read(self, query: Mapping[str, str], body: bytes, now: datetime) -> PictureSeen | None:
        """What a push tells of a picture; None of any other message, which is acknowledged and forgotten.

        Raises:
            PushForged: as it says.
        """
        encrypted = _encrypted(body)
        if query.get("encrypt_type") != "aes":
            raise PushForged
        self._demand(query, query.get("msg_signature", ""), encrypted, now=now)
        return _seen(self._decrypted(encrypted), self.appid)

    def _demand(self, query: Mapping[str, str], signature: str, *more: str, now: datetime) -> None:
        stamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        if not _STAMP.fullmatch(stamp) or not _NONCE.fullmatch(nonce):
            raise PushForged
        joined = "".join(sorted([self.token, stamp, nonce, *more])).encode()
        wanted = hashlib.sha1(joined, usedforsecurity=False).hexdigest()  # WeChat's protocol knows no other
        if not hmac.compare_digest(wanted.encode(), signature.encode()):
            raise PushForged
        if abs(int(stamp) - now.timestamp()) > FRESH_FOR.total_seconds():
            raise PushForged

    def _decrypted(self, encrypted: str) -> bytes:
        key = base64.b64decode(self.aes_key + "=")
        try:
            sealed = base64.b64decode(encrypted, validate=True)
        except (binascii.Error, ValueError):
            raise PushForged from None
        if not sealed or len(sealed) % _BLOCK:
            raise PushForged
        opener = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
        padded = opener.update(sealed) + opener.finalize()
        pad = padded[-1]
        if not 1 <= pad <= _BLOCK or padded[-pad:] != bytes([pad]) * pad:
            raise PushForged
        plain = padded[:-pad]
        length = int.from_bytes(plain[_RANDOM : _RANDOM + _LENGTH])
        message = plain[_RANDOM + _LENGTH : _RANDOM + _LENGTH + length]
        appid = plain[_RANDOM + _LENGTH + length :]
        if len(message) != length or not hmac.compare_digest(appid, self.appid.encode()):
            raise PushForged
        return message


def push_reader(appid: str, token: str, aes_key: str) -> PushReader | None:
    """A reader by its settings; None where none is set."""
    return PushReader(appid, token, aes_key) if aes_key else None


def _encrypted(body: bytes) -> str:
    """The ciphertext in a body of the JSON format, which the console is set to."""
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise PushForged from None
    found = told.get("Encrypt") if isinstance(told, dict) else None
    if not isinstance(found, str) or not found.isascii():
        raise PushForged
    return found


def _seen(message: bytes, appid: str) -> PictureSeen | None:
    """Signed and decrypted, so it is WeChat's word; what cannot be read of it is none about a picture."""
    told: Any
    try:
        told = msgspec.json.decode(message)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(told, dict) or told.get("Event") != _EVENT or told.get("appid", appid) != appid:
        return None
    trace_id = told.get("trace_id")
    if not isinstance(trace_id, str) or told.get("errcode") != 0:
        return None  # it could not look: the picture waits until people are asked
    try:
        return PictureSeen(trace_id, read_advice(told))
    except Unavailable:
        return None
