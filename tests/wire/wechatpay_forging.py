"""A platform of the tests' own, so that they can sign, and missign, whatever they like.

The sandbox has its own code for the same wire; this one makes genuine notices, from which forgeries are bent.
"""

import asyncio
import base64
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

from app.gateways.channels.base import RawRequest
from app.gateways.channels.wechatpay import WeChatPay, WeChatPayKeys
from tests.loopback import serving

NOW = datetime(2026, 11, 22, 2, 0, 0, tzinfo=UTC)
MCHID, APPID = "1900000001", "wx0000000000000001"
API_V3_KEY, PREVIOUS_API_V3_KEY = "k" * 32, "p" * 32
PUBLIC_KEY_ID = "PUB_KEY_ID_0119000000012026112200000001"
SERIAL = 0x5AB1C0DE0000000000000000000000000000ABCD
REFERENCE, REFUND_REFERENCE = "P0000000000000000000000001", "R0000000000000000000000001"


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """One key per name and run: `merchant`, `platform`, `certificate`, `stranger` …"""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(name: str, form: serialization.PrivateFormat = serialization.PrivateFormat.PKCS8) -> str:
    return rsa_key(name).private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def public_pem(name: str) -> str:
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    return rsa_key(name).public_key().public_bytes(serialization.Encoding.PEM, kind).decode()


@cache
def certificate(
    name: str = "certificate",
    *,
    serial: int = SERIAL,
    starts_at: datetime = NOW - timedelta(days=30),
    ends_at: datetime = NOW + timedelta(days=300),
) -> str:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(rsa_key(name).public_key())
        .serial_number(serial)
        .not_valid_before(starts_at)
        .not_valid_after(ends_at)
    )
    return builder.sign(rsa_key(name), hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def our_keys(**changed: Any) -> WeChatPayKeys:
    """What the merchant knows; by default the public key and one certificate, as during the migration."""
    values: dict[str, Any] = {
        "mchid": MCHID,
        "appid": APPID,
        "merchant_serial": "4A" * 20,
        "merchant_private_key": private_pem("merchant"),
        "api_v3_key": API_V3_KEY,
        "platform_public_keys": {PUBLIC_KEY_ID: public_pem("platform")},
        "platform_certificates": (certificate(),),
        "base_url": "http://127.0.0.1:9",  # the discard port: nobody answers, whatever is asked
        "notify_url": "https://example.org/notify/wechatpay",
    }
    return WeChatPayKeys(**values | changed)


def our_side(*, now: Callable[[], datetime] = lambda: NOW, **changed: Any) -> WeChatPay:
    return WeChatPay(our_keys(**changed), clock=now)


def transaction(**changed: Any) -> dict[str, Any]:
    return {
        "mchid": MCHID,
        "appid": APPID,
        "out_trade_no": REFERENCE,
        "transaction_id": "4200001234202611221234567890",
        "trade_type": "JSAPI",
        "trade_state": "SUCCESS",
        "trade_state_desc": "支付成功",
        "bank_type": "OTHERS",
        "attach": "",
        "success_time": "2026-11-22T09:59:30+08:00",
        "payer": {"openid": "oTEST0000000000000000000001"},
        "amount": {"total": 62, "payer_total": 50, "currency": "CNY", "payer_currency": "CNY"},
    } | changed


def refunded(**changed: Any) -> dict[str, Any]:
    return {
        "mchid": MCHID,
        "out_trade_no": REFERENCE,
        "transaction_id": "4200001234202611221234567890",
        "out_refund_no": REFUND_REFERENCE,
        "refund_id": "50000001232026112200000000001",
        "refund_status": "SUCCESS",
        "success_time": "2026-11-22T09:59:50+08:00",
        "user_received_account": "支付用户零钱",
        "amount": {"total": 62, "refund": 20, "payer_total": 62, "payer_refund": 20},
    } | changed


def compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def seal(plain: bytes, *, key: str = API_V3_KEY, nonce: str = "n0nce0000001", aad: str = "transaction") -> str:
    return base64.b64encode(AESGCM(key.encode()).encrypt(nonce.encode(), plain, aad.encode())).decode()


def envelope(content: object, *, kind: str = "TRANSACTION.SUCCESS", key: str = API_V3_KEY) -> dict[str, Any]:
    """A notice's outer part around `content`, which is sealed as JSON unless it is bytes already."""
    plain = content if isinstance(content, bytes) else compact(content)
    original = "refund" if kind.startswith("REFUND") else "transaction"
    return {
        "id": "EV-2026112210000000001",
        "create_time": "2026-11-22T09:59:31+08:00",
        "event_type": kind,
        "resource_type": "encrypt-resource",
        "summary": "支付成功",
        "resource": {
            "original_type": original,
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": seal(plain, key=key, aad=original),
            "associated_data": original,
            "nonce": "n0nce0000001",
        },
    }


def signed(
    body: bytes,
    *,
    signer: str = "platform",
    serial: str = PUBLIC_KEY_ID,
    at: datetime = NOW,
    nonce: str = "0123456789abcdef0123456789abcdef",
    scheme: hashes.HashAlgorithm | None = None,
) -> RawRequest:
    """The body with the five headers, truly signed by `signer`'s key."""
    timestamp = str(int(at.timestamp()))
    message = f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
    signature = rsa_key(signer).sign(message, padding.PKCS1v15(), scheme or hashes.SHA256())
    return RawRequest(
        body=body,
        headers={
            "wechatpay-timestamp": timestamp,
            "wechatpay-nonce": nonce,
            "wechatpay-serial": serial,
            "wechatpay-signature": base64.b64encode(signature).decode(),
            "wechatpay-signature-type": "WECHATPAY2-SHA256-RSA2048",
        },
    )


def genuine(content: object | None = None, **how: Any) -> RawRequest:
    """A notice as the platform would send it."""
    return signed(compact(envelope(transaction() if content is None else content)), **how)


def certificate_list(*pems: str, key: str = API_V3_KEY) -> bytes:
    """The body of GET /v3/certificates."""
    entries = []
    for pem in pems:
        nonce = secrets.token_hex(6)
        resource = {
            "algorithm": "AEAD_AES_256_GCM",
            "nonce": nonce,
            "associated_data": "certificate",
            "ciphertext": seal(pem.encode(), key=key, nonce=nonce, aad="certificate"),
        }
        entries.append({"serial_no": f"{_serial(pem):X}", "encrypt_certificate": resource})
    return compact({"data": entries})


def _serial(pem: str) -> int:
    return x509.load_pem_x509_certificate(pem.encode()).serial_number


@dataclass
class FarSide:
    """A raw loopback server: answers every call by `answer`, or with silence where that is None."""

    answer: Callable[[bytes], bytes | None]
    port: int = 0
    heads: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
            )
            self.heads.append(head)
            self.bodies.append(await reader.readexactly(length))
            if (answer := self.answer(head)) is not None:
                writer.write(answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass


@asynccontextmanager
async def far_side(answer: Callable[[bytes], bytes | None]) -> AsyncIterator[FarSide]:
    far = FarSide(answer)
    async with serving(far.serve) as far.port:
        yield far


def http(status: int, raw: RawRequest) -> bytes:
    """A signed message as an HTTP answer."""
    lines = [f"HTTP/1.1 {status} Answer", f"content-length: {len(raw.body)}", "connection: close"]
    lines += [f"{name}: {value}" for name, value in raw.headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + raw.body
