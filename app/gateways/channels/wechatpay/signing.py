"""What is signed, how, and how a resource is opened. Pure: the caller passes time and nonce.

Source: 微信支付 APIv3, 签名生成 / 签名验证 / 证书和回调报文解密 (WECHATPAY2-SHA256-RSA2048, AEAD_AES_256_GCM).
"""

import base64
import binascii
import re
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from app.gateways.channels.base import NotAuthentic

SCHEME: Final = "WECHATPAY2-SHA256-RSA2048"
_HEX: Final = re.compile(r"[0-9A-Fa-f]{1,64}")


@lru_cache(maxsize=4)
def private_key(pem: str) -> RSAPrivateKey:
    """The merchant's key. Raises ValueError for anything but an RSA key.

    Kept once read: OpenSSL takes 60 ms to prove the primes of a key, a hundred times as long as a signature.
    """
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("the merchant's key is not RSA")  # noqa: TRY004 - a wrong value in a setting, not a wrong type in code
    return key


def public_key(pem: str) -> RSAPublicKey:
    """A platform's key. Raises ValueError for anything but an RSA key."""
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, RSAPublicKey):
        raise ValueError("the platform's key is not RSA")  # noqa: TRY004 - as above
    return key


def request_message(*, method: str, target: str, timestamp: str, nonce: str, body: bytes) -> bytes:
    """What we sign in a request. `target` is path and query exactly as sent; `body` is empty for GET."""
    return f"{method}\n{target}\n{timestamp}\n{nonce}\n".encode() + body + b"\n"


def platform_message(*, timestamp: str, nonce: str, body: bytes) -> bytes:
    """What the platform signs in an answer or a notice: the raw body, never one parsed and written again."""
    return f"{timestamp}\n{nonce}\n".encode() + body + b"\n"


def call_up_message(*, appid: str, timestamp: str, nonce: str, package: str) -> bytes:
    """What is signed for the payer's phone (调起支付). The `signType` it is sent with is not signed."""
    return f"{appid}\n{timestamp}\n{nonce}\n{package}\n".encode()


def sign(key: RSAPrivateKey, message: bytes) -> str:
    """RSA PKCS1v15 SHA-256 over the message, base64."""
    return base64.b64encode(key.sign(message, PKCS1v15(), SHA256())).decode()


def verifies(key: RSAPublicKey, message: bytes, signature: str) -> bool:
    """Whether the base64 text is this key's signature; false too for text that is not canonical base64."""
    raw = exact_base64(signature)
    if raw is None:
        return False
    try:
        key.verify(raw, message, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def authorization(*, mchid: str, serial: str, timestamp: str, nonce: str, signature: str) -> str:
    """The `Authorization` header of a request."""
    return (
        f'{SCHEME} mchid="{mchid}",nonce_str="{nonce}",timestamp="{timestamp}",'
        f'serial_no="{serial.upper()}",signature="{signature}"'
    )


def serial_of(text: str) -> int | str | None:
    """The name of a platform key in comparable form; None for what can be neither.

    A certificate's serial is a number in hexadecimal, whose case and leading zeros say nothing;
    `PUB_KEY_ID_…` is a name and compares as it stands.
    """
    if text.startswith("PUB_KEY_ID_"):
        return text
    return int(text, 16) if _HEX.fullmatch(text) else None


def decrypt(key: bytes, *, nonce: str, associated_data: str, ciphertext: str) -> bytes:
    """The plain bytes of a resource; `ciphertext` is base64 and ends with the 16 bytes of the tag.

    Takes a key of any AES length: the 32 bytes of a merchant's key are the configuration's demand.

    Raises:
        NotAuthentic: `cipher`, for whatever does not open.
    """
    sealed, nonce_bytes = exact_base64(ciphertext), nonce.encode("utf-8", "surrogatepass")
    # The library raises ValueError below 8 bytes of nonce and takes 13; the platform always sends 12.
    if sealed is None or len(sealed) < 16 or len(nonce_bytes) != 12:
        raise NotAuthentic("cipher")
    try:
        return AESGCM(key).decrypt(nonce_bytes, sealed, associated_data.encode("utf-8", "surrogatepass"))
    except InvalidTag:
        raise NotAuthentic("cipher") from None


def exact_base64(text: str) -> bytes | None:
    """The bytes behind canonical base64; None otherwise.

    Canonical, because the spare bits of the last letter would let a changed signature pass as the same one.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64.b64encode(raw).decode() == text else None


def wire_text(text: str, *, limit: int) -> str:
    """The text as the channel can store it: at most `limit` characters of one to three bytes of UTF-8.

    Emoji and rare Han have four; each becomes `□`. Line breaks and other control characters become a space.
    """
    return "".join(map(_storable, text))[:limit]


def _storable(letter: str) -> str:
    point = ord(letter)
    if point > 0xFFFF or 0xD800 <= point <= 0xDFFF:
        return "□"
    return " " if point < 0x20 or 0x7F <= point < 0xA0 else letter
