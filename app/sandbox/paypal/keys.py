"""The keys of both sides of the rehearsed PayPal, made once per folder. Every name says SANDBOX, so that production can
refuse them.

Notices are signed as PayPal's are: by a leaf that carries the name of the signer, under an authority of its own.
"""

import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.sandbox.keys import MARK

SIGNER: Final = "messageverificationcerts.sandbox.paypal.com"
_FILE: Final = "paypal.json"
_LEAF_LIFE: Final = timedelta(days=397)
_ROOT_LIFE: Final = timedelta(days=10 * 365)
_CODE: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True, kw_only=True)
class PayPalKeys:
    """Everything either side needs. The client gets its own half and the root."""

    client_id: str
    secret: str = field(repr=False)
    merchant_id: str
    webhook_id: str
    root_pem: str
    root_key_pem: str = field(repr=False)
    authority_pem: str
    """Between root and leaf, as in PayPal's chains."""
    authority_key_pem: str = field(repr=False)
    leaf_name: str
    """The last part of its certificate's address."""
    leaf_pem: str
    leaf_key_pem: str = field(repr=False)


def knobs(folder: Path, url: str) -> dict[str, str]:
    """The settings with which our side meets this one at `url`."""
    keys = ensure(folder)
    return {
        "paypal_url": url,
        "paypal_certificates_url": url,
        "paypal_signer": SIGNER,
        "paypal_client_id": keys.client_id,
        "paypal_secret": keys.secret,
        "paypal_merchant_id": keys.merchant_id,
        "paypal_webhook_id": keys.webhook_id,
        "paypal_roots": keys.root_pem,
    }


@cache
def ensure(folder: Path) -> PayPalKeys:
    """The keys kept in `folder`, made on first use; the file is private (0600). Call it before a second process starts."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _FILE
    if not path.exists():
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(json.dumps({"about": MARK, **asdict(_make())}, ensure_ascii=False, indent=2) + "\n", "utf-8")
        draft.replace(path)
    values = json.loads(path.read_text("utf-8"))
    del values["about"]
    return PayPalKeys(**values)


def code(length: int) -> str:
    """A number as PayPal's look: capital letters and digits."""
    return "".join(secrets.choice(_CODE) for _ in range(length))


def leaf_of(keys: PayPalKeys, *, at: datetime) -> tuple[str, str, str]:
    """A further leaf under the same authority: its name, PEM and key."""
    issuer = x509.load_pem_x509_certificate(keys.authority_pem.encode())
    key = fresh_key()
    pem = certificate(SIGNER, key, issuer=issuer, issuer_key=private_key(keys.authority_key_pem), at=at)
    return f"CERT-{secrets.token_hex(4)}-{secrets.token_hex(4)}", pem, private_pem(key)


def certificate(
    name: str,
    key: rsa.RSAPrivateKey,
    *,
    issuer: x509.Certificate | None,
    issuer_key: rsa.RSAPrivateKey,
    at: datetime,
    is_authority: bool = False,
) -> str:
    """A certificate as public authorities issue them: PEM."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, MARK),
            x509.NameAttribute(NameOID.COMMON_NAME, f"SANDBOX {name}" if is_authority else name),
        ]
    )
    issuer_public = issuer_key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(hours=1))
        .not_valid_after(at + (_ROOT_LIFE if is_authority else _LEAF_LIFE))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_public), critical=False)
        .add_extension(_usage(is_authority=is_authority), critical=True)
    )
    if not is_authority:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode("ascii")


def fresh_key() -> rsa.RSAPrivateKey:
    """RSA-2048, as PayPal's."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def private_key(pem: str) -> rsa.RSAPrivateKey:
    """Read once: proving the primes of a key costs 60 ms."""
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def private_pem(key: rsa.RSAPrivateKey) -> str:
    """PKCS#8."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode("ascii")


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=not is_authority,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _make() -> PayPalKeys:
    now = datetime.now(UTC)
    root_key, authority_key, leaf_key = fresh_key(), fresh_key(), fresh_key()
    root_pem = certificate("PayPal root", root_key, issuer=None, issuer_key=root_key, at=now, is_authority=True)
    authority_pem = certificate(
        "PayPal authority", authority_key, issuer=x509.load_pem_x509_certificate(root_pem.encode()),
        issuer_key=root_key, at=now, is_authority=True,
    )  # fmt: skip
    leaf_pem = certificate(
        SIGNER,
        leaf_key,
        issuer=x509.load_pem_x509_certificate(authority_pem.encode()),
        issuer_key=authority_key,
        at=now,
    )
    return PayPalKeys(
        client_id="SANDBOX" + secrets.token_urlsafe(54),
        secret="SANDBOX" + secrets.token_urlsafe(54),
        merchant_id="SANDBOX" + code(6),
        webhook_id="SANDBOX" + code(10),
        root_pem=root_pem,
        root_key_pem=private_pem(root_key),
        authority_pem=authority_pem,
        authority_key_pem=private_pem(authority_key),
        leaf_name=f"CERT-{secrets.token_hex(4)}-{secrets.token_hex(4)}",
        leaf_pem=leaf_pem,
        leaf_key_pem=private_pem(leaf_key),
    )
