"""A PayPal of the tests' own, so that they can sign, and missign, whatever they like.

The sandbox has its own code for the same wire; this one makes genuine notices, from which forgeries are bent, and serves
their certificates.
"""

import asyncio
import base64
import json
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.gateways.channels.base import RawRequest
from app.gateways.channels.paypal import PayPal, PayPalKeys
from tests.effort import moment_s
from tests.loopback import serving

NOW = datetime(2026, 11, 22, 2, 0, 0, tzinfo=UTC)
MERCHANT = "TESTMERCHANT1"
WEBHOOK, OLD_WEBHOOK = "5GP028458E2496506", "0EH40505U7160970P"
SIGNER = "messageverificationcerts.paypal.com"
REFERENCE, REFUND_REFERENCE = "P0000000000000000000000001", "R0000000000000000000000001"
ORDER, CAPTURE = "5O190127TN364715T", "3C679366HH908993F"
CERTIFICATES = "/v1/notifications/certs/"
LEAF = "CERT-360caa42-fca2a594-a5cafa77"


_SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """One key per name and run: `root`, `authority`, `leaf`, `stranger` …"""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def certificate(
    name: str,
    *,
    issuer: str,
    is_authority: bool = False,
    host: str = SIGNER,
    starts_at: datetime = NOW - timedelta(days=30),
    ends_at: datetime = NOW + timedelta(days=300),
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
    elliptic: bool = False,
) -> str:
    """A certificate named after its key, as public authorities issue them."""
    public = ec.generate_private_key(ec.SECP256R1()).public_key() if elliptic else rsa_key(name).public_key()
    issuer_key = rsa_key(issuer)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts_at)
        .not_valid_after(ends_at)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if is_authority:
        builder = builder.add_extension(_SIGNS_CERTIFICATES, critical=True)
    else:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def root() -> str:
    return certificate("root", issuer="root", is_authority=True)


def chain(leaf: str | None = None) -> str:
    """What stands at a certificate's address: the leaf, then the authority under the root."""
    return (leaf or certificate("leaf", issuer="authority")) + certificate(
        "authority", issuer="root", is_authority=True
    )


def our_keys(**changed: Any) -> PayPalKeys:
    values: dict[str, Any] = {
        "client_id": "client-id-of-the-tests",
        "client_secret": "client-secret-of-the-tests",
        "merchant_id": MERCHANT,
        "webhook_id": WEBHOOK,
        "roots": root(),
        "base_url": "http://127.0.0.1:9",  # the discard port: nobody answers, whatever is asked
        "certificates_url": "http://127.0.0.1:9",
    }
    return PayPalKeys(**values | changed)


def our_side(*, now: Callable[[], datetime] = lambda: NOW, **changed: Any) -> PayPal:
    return PayPal(our_keys(**changed), clock=now, read_timeout_s=moment_s(0.6))


def captured(**changed: Any) -> dict[str, Any]:
    """A capture, as its notice tells it."""
    return {
        "id": CAPTURE,
        "status": "COMPLETED",
        "amount": {"currency_code": "USD", "value": "0.62"},
        "final_capture": True,
        "custom_id": REFERENCE,
        "invoice_id": REFERENCE,
        "payee": {"email_address": "merchant@example.org", "merchant_id": MERCHANT},
        "supplementary_data": {"related_ids": {"order_id": ORDER}},
        "create_time": "2026-11-22T01:59:30Z",
        "update_time": "2026-11-22T01:59:30Z",
    } | changed


def order(status: str = "APPROVED", *captures: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """An order, as answers and its notice tell it."""
    unit = {
        "reference_id": REFERENCE,
        "custom_id": REFERENCE,
        "invoice_id": REFERENCE,
        "amount": {"currency_code": "USD", "value": "0.62"},
        "payee": {"email_address": "merchant@example.org", "merchant_id": MERCHANT},
    }
    if captures:
        unit["payments"] = {"captures": list(captures)}
    return {"id": ORDER, "intent": "CAPTURE", "status": status, "purchase_units": [unit]} | changed


def refunded(**changed: Any) -> dict[str, Any]:
    """A refund, as its notice tells it."""
    return {
        "id": "1JU08902781691411",
        "status": "COMPLETED",
        "amount": {"currency_code": "USD", "value": "0.20"},
        "custom_id": REFERENCE,
        "invoice_id": REFUND_REFERENCE,
        "create_time": "2026-11-22T01:59:50Z",
        "links": [{"rel": "up", "href": f"https://api.paypal.com/v2/payments/captures/{CAPTURE}"}],
    } | changed


def compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def event(resource: object, kind: str = "PAYMENT.CAPTURE.COMPLETED", **changed: Any) -> dict[str, Any]:
    return {
        "id": "WH-2WR32451HC0233532-67976317FL4543714",
        "event_version": "1.0",
        "create_time": "2026-11-22T01:59:31.000Z",
        "resource_type": "capture",
        "event_type": kind,
        "summary": "Payment completed for $ 0.62 USD — 碳",
        "resource": resource,
    } | changed


def signed(
    body: bytes,
    *,
    origin: str,
    signer: str = "leaf",
    name: str = LEAF,
    at: datetime = NOW,
    webhook: str = WEBHOOK,
    scheme: hashes.HashAlgorithm | None = None,
    algorithm: str = "SHA256withRSA",
    transmission: str = "b9f1cd70-c73d-11f0-9ab8-cb2a3f4a1f55",
    checksum: str | None = None,
) -> RawRequest:
    """The body with its headers, truly signed by `signer`'s key, naming a certificate at `origin`."""
    sent_at = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    message = f"{transmission}|{sent_at}|{webhook}|{checksum or zlib.crc32(body)}".encode()
    signature = rsa_key(signer).sign(message, padding.PKCS1v15(), scheme or hashes.SHA256())
    return RawRequest(
        body=body,
        headers={
            "content-type": "application/json",
            "paypal-transmission-id": transmission,
            "paypal-transmission-time": sent_at,
            "paypal-transmission-sig": base64.b64encode(signature).decode(),
            "paypal-auth-version": "v2",
            "paypal-auth-algo": algorithm,
            "paypal-cert-url": f"{origin}{CERTIFICATES}{name}",
        },
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


Answer = tuple[int, bytes] | None
"""Status and body; None is silence."""


@dataclass
class FarSide:
    """A raw loopback server: certificates by name, everything else by `answer`, or a token and silence."""

    certificates: dict[str, str] = field(default_factory=lambda: {LEAF: chain()})
    answer: Callable[[str, str, bytes], Answer] = lambda *_: None
    redirect: str = ""
    port: int = 0
    asked: list[tuple[str, str, Mapping[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def paths(self, method: str = "GET") -> list[str]:
        return [path for verb, path, _, _ in self.asked if verb == method]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            method, path = head[0].split(" ")[:2]
            self.asked.append((method, path, headers, body))
            answer = self._answer(method, path, body)
            if answer is None:
                await asyncio.sleep(30)
                return
            status, content = answer
            lines = [f"HTTP/1.1 {status} Answer", f"content-length: {len(content)}", "connection: close"]
            if self.redirect:
                lines.append(f"location: {self.redirect}")
            writer.write("\r\n".join([*lines, "", ""]).encode() + content)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass

    def _answer(self, method: str, path: str, body: bytes) -> Answer:
        if self.redirect:
            return 302, b""
        if path.startswith(CERTIFICATES):
            found = self.certificates.get(path.removeprefix(CERTIFICATES))
            return (200, found.encode()) if found is not None else (404, b"{}")
        if path == "/v1/oauth2/token" and (given := self.answer(method, path, body)) is None:
            return 200, compact({"access_token": "token-of-the-tests", "token_type": "Bearer", "expires_in": 32400})
        return given if path == "/v1/oauth2/token" else self.answer(method, path, body)


@asynccontextmanager
async def far_side(**how: Any) -> AsyncIterator[FarSide]:
    far = FarSide(**how)
    async with serving(far.serve) as far.port:
        yield far


@asynccontextmanager
async def meeting(
    *, now: Callable[[], datetime] = lambda: NOW, ours: Mapping[str, Any] | None = None, **how: Any
) -> AsyncIterator[tuple[PayPal, FarSide]]:
    """Our side and a far side that it knows as PayPal."""
    async with far_side(**how) as far:
        channel = our_side(now=now, **{"base_url": far.url, "certificates_url": far.url, **(ours or {})})
        try:
            yield channel, far
        finally:
            await channel.aclose()
