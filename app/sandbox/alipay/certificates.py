"""The certificates of certificate mode, read from the far side: an authority of our own, and what it issues.

As at Alipay: a root, an authority under it that issues the platform's certificates and those of merchants' apps alike,
and a file of roots that holds one of another kind of key besides. Every subject holds the word SANDBOX. Made on first
use and kept in the folder of the keys, since most rehearsals never ask for them.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from app.sandbox.alipay import keys
from app.sandbox.far_side import FarSide

_FILE: Final = "alipay_certificates.json"
_PLATFORM: Final = "SANDBOX 支付宝-"
KINDS: Final = frozenset({"platform", "merchant", "stranger", "expired"})
"""What the platform's next certificate can be: a true one, one of some merchant's app, of another root, past its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """All of it, PEM."""

    root: str
    root_key: str = field(repr=False)
    roots: str
    """The file of roots that merchants download."""
    authority: str
    authority_key: str = field(repr=False)
    app: str
    platform: str
    """The first of the platform's."""
    platform_key: str = field(repr=False)


def ensure(folder: Path) -> Certificates:
    """Those kept in `folder`; made on first use, readable by nobody else."""
    path = folder / _FILE
    if not path.exists():
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(asdict(_make(keys.ensure(folder))), indent=2) + "\n", encoding="ascii")
        draft.replace(path)
    return _read(path)


def knobs(folder: Path) -> dict[str, str]:
    """What our side must be set to in certificate mode, beside `keys.knobs`."""
    ours = ensure(folder)
    return {
        "alipay_app_certificate": ours.app,
        "alipay_certificate": ours.platform + ours.authority,
        "alipay_root_certificate": ours.roots,
    }


def expected(folder: Path) -> dict[str, str]:
    """The names that a call of the client gives of its certificates."""
    ours = ensure(folder)
    return {"app_cert_sn": serial_name(ours.app), "alipay_root_cert_sn": serial_name(ours.root)}


def current(far: FarSide) -> tuple[str, str]:
    """Certificate and key that the platform signs with now."""
    newest = far.truth.row("SELECT pem, private_pem FROM alipay_certificate ORDER BY id DESC LIMIT 1")
    if newest is not None:
        return str(newest["pem"]), str(newest["private_pem"])
    ours = ensure(far.truth.folder)
    return ours.platform, ours.platform_key


def rotate(far: FarSide, kind: str) -> str:
    """From now on the platform signs with another certificate (`KINDS`); answers its name."""
    ours, holder = ensure(far.truth.folder), _holder(far.truth.folder)
    private, public = keys.pair()
    now = datetime.now(UTC)
    match kind:
        case "merchant":
            pem = _issue(
                _name("SANDBOX 2021000000000009", "Merchant"), public, ours.authority, ours.authority_key, at=now
            )
        case "stranger":
            root_key, root_public = keys.pair()
            root = _issue(_names_of(ours.authority), root_public, ours.root, root_key, at=now, is_authority=True)
            pem = _issue(holder, public, root, root_key, at=now)
        case "expired":
            pem = _issue(holder, public, ours.authority, ours.authority_key, at=now - timedelta(days=4000))
        case _:
            pem = _issue(holder, public, ours.authority, ours.authority_key, at=now)
    far.truth.run(
        "INSERT INTO alipay_certificate (name, pem, private_pem) VALUES (?, ?, ?)", serial_name(pem), pem, private
    )
    return serial_name(pem)


def handed_out(far: FarSide, name: str) -> str | None:
    """The file of the certificate of that name, with the authority above it, in base64; None where there is none."""
    ours = ensure(far.truth.folder)
    found = far.truth.row("SELECT pem FROM alipay_certificate WHERE name = ?", name)
    pem = str(found["pem"]) if found else ours.platform if serial_name(ours.platform) == name else None
    return None if pem is None else base64.b64encode((pem + ours.authority).encode()).decode()


def serial_name(pem: str) -> str:
    """The name (SN) of a certificate: MD5 of its issuer, written from the most special part on, and its serial number."""
    certificate = x509.load_pem_x509_certificate(pem.encode())
    told = ",".join(_parts(certificate.issuer)) + str(certificate.serial_number)
    return hashlib.md5(told.encode(), usedforsecurity=False).hexdigest()


def _parts(name: x509.Name) -> Iterator[str]:
    for letter, oid in (
        ("CN", NameOID.COMMON_NAME),
        ("OU", NameOID.ORGANIZATIONAL_UNIT_NAME),
        ("O", NameOID.ORGANIZATION_NAME),
        ("C", NameOID.COUNTRY_NAME),
    ):
        (one,) = name.get_attributes_for_oid(oid)
        yield f"{letter}={one.value!s}"


@cache
def _read(path: Path) -> Certificates:
    return Certificates(**json.loads(path.read_text(encoding="ascii")))


def _make(ours: keys.Keys) -> Certificates:
    now = datetime.now(UTC) - timedelta(hours=1)
    (root_key, root_public), (authority_key, authority_public) = keys.pair(), keys.pair()
    platform_key, platform_public = keys.pair()
    root_name = _name("SANDBOX Certification Authority R1", "Certification Authority")
    root = _issue(root_name, root_public, None, root_key, at=now, is_authority=True)
    above = _name("SANDBOX Certification Authority Class 2 R1", "Certification Authority")
    authority = _issue(above, authority_public, root, root_key, at=now, is_authority=True)
    holder = _name(_PLATFORM + ours.seller_id, "Alipay")
    return Certificates(
        root=root,
        root_key=root_key,
        roots=f"{_other_root(now)}\n{root}\n",
        authority=authority,
        authority_key=authority_key,
        app=_issue(_name(ours.app_id, "Merchant"), ours.app_public_pem, authority, authority_key, at=now),
        platform=_issue(holder, platform_public, authority, authority_key, at=now),
        platform_key=platform_key,
    )


def _holder(folder: Path) -> x509.Name:
    return _name(_PLATFORM + keys.ensure(folder).seller_id, "Alipay")


def _names_of(pem: str) -> x509.Name:
    return x509.load_pem_x509_certificate(pem.encode()).subject


def _name(common: str, unit: str) -> x509.Name:
    told = (
        (NameOID.COUNTRY_NAME, "CN"),
        (NameOID.ORGANIZATION_NAME, "SANDBOX"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
        (NameOID.COMMON_NAME, common),
    )
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in told])


def _issue(
    subject: x509.Name, public_pem: str, issuer_pem: str | None, issuer_key_pem: str, *, at: datetime,
    is_authority: bool = False,
) -> str:  # fmt: skip
    issuer = subject if issuer_pem is None else _names_of(issuer_pem)
    public, private = (
        serialization.load_pem_public_key(public_pem.encode()),
        serialization.load_pem_private_key(issuer_key_pem.encode(), password=None),
    )
    assert isinstance(public, rsa.RSAPublicKey)
    assert isinstance(private, rsa.RSAPrivateKey)
    made = (
        x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number())
        .not_valid_before(at)
        .not_valid_after(at + timedelta(days=1825))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    return made.sign(private, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def _other_root(at: datetime) -> str:
    """A root that no RSA key signed: it stands in the file, and its name in no call."""
    key, name = (
        ec.generate_private_key(ec.SECP384R1()),
        _name("SANDBOX Certification Authority E1", "Certification Authority"),
    )
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(at).not_valid_after(at + timedelta(days=3650))
    return made.sign(key, hashes.SHA384()).public_bytes(serialization.Encoding.PEM).decode()
