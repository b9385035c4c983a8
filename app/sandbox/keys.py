"""The keys of both sides of the rehearsed wire, made once per folder.

How a client recognises them, so that production can refuse them: the app id begins with `wxsandbox`, the
subject of every certificate holds the word SANDBOX, the public key id begins with `PUB_KEY_ID_SANDBOX`, the
APIv3 key with `SANDBOX` and the app secret with `sandbox`. The merchant number 1900000109 is the one of
WeChat's own examples: in form an ordinary number, it belongs to nobody.
"""

import json
import pkgutil
import secrets
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

MARK: Final = "SANDBOX 样张"
MCHID: Final = "1900000109"

_PLAIN: Final = "sandbox.json"
_LIFE: Final = timedelta(days=5 * 365)
"""WeChat's platform and merchant certificates live five years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxKeys:
    """Everything either side needs. The client gets its own half and the platform's public parts."""

    mchid: str
    appid: str
    app_secret: str = field(repr=False)
    account_appid: str
    """Of the official account (公众号), bound to the same merchant."""
    account_secret: str = field(repr=False)
    push_token: str = field(repr=False)
    """Of the mini-program's message push (消息推送)."""
    push_aes_key: str = field(repr=False)
    """Its EncodingAESKey: 43 letters and digits."""
    merchant_private_key_pem: str = field(repr=False)
    """PKCS#8, RSA-2048: signs the client's requests and its call-ups."""
    merchant_certificate_pem: str = field(repr=False)
    """Self-signed; the far side verifies requests with it."""
    merchant_serial: str
    """Of the merchant certificate: 40 upper-case hex digits."""
    platform_private_key_pem: str = field(repr=False)
    """Of the public key below, not of the certificate: WeChat's two modes use two key pairs."""
    platform_public_key_pem: str = field(repr=False)
    platform_public_key_id: str
    platform_certificate_key_pem: str = field(repr=False)
    platform_certificate_pem: str = field(repr=False)
    """The first platform certificate, issued by the sandbox's own authority; rotation makes later ones."""
    platform_certificate_serial: str
    authority_key_pem: str = field(repr=False)
    authority_certificate_pem: str = field(repr=False)
    apiv3_key: str = field(repr=False)
    """32 characters, used as bytes: the AES-256 key of notices and certificates."""
    control_token: str = field(repr=False)
    """Opens `/_sandbox/…`."""


def ensure(folder: Path) -> SandboxKeys:
    """The keys kept in `folder`, made on first use.

    The folder becomes private (0700), each file too (0600). PEM values stand in files of their own,
    the rest in `sandbox.json`, which is written last: a folder without it is made anew.
    Call it once before a second process starts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if not (folder / _PLAIN).exists():
        _write(folder, _make())
    values = json.loads((folder / _PLAIN).read_text(encoding="utf-8"))
    if (
        "account_appid" not in values or "push_token" not in values
    ):  # made before there was an official account, or a push
        values = _make_account() | _make_push() | values
        _write_private(folder / _PLAIN, json.dumps(values, ensure_ascii=False, indent=2) + "\n")
    del values["about"]
    pems = [f.name for f in fields(SandboxKeys) if f.name.endswith("_pem")]
    values |= {name: (folder / _pem_file(name)).read_text(encoding="ascii") for name in pems}
    return SandboxKeys(**values)


def issue_platform_certificate(keys: SandboxKeys, *, at: datetime) -> tuple[str, str, str]:
    """A further platform certificate of the sandbox's authority: serial, certificate PEM, key PEM."""
    key = _rsa_key()
    authority_key = serialization.load_pem_private_key(keys.authority_key_pem.encode(), password=None)
    assert isinstance(authority_key, rsa.RSAPrivateKey)
    authority = x509.load_pem_x509_certificate(keys.authority_certificate_pem.encode())
    certificate = _certificate("Tenpay.com sign", key, issuer=authority.subject, issuer_key=authority_key, at=at)
    return serial_of(certificate), _certificate_pem(certificate), _private_pem(key)


def serial_of(certificate: x509.Certificate) -> str:
    """The serial as WeChat writes it: upper-case hex without a prefix."""
    return f"{certificate.serial_number:X}"


def _make_account() -> dict[str, str]:
    return {
        "account_appid": "wxsandbox" + secrets.token_hex(5)[:9],
        "account_secret": "sandbox" + secrets.token_hex(13)[:25],
    }


def _make_push() -> dict[str, str]:
    # The last character of 43 holds four bits of the key and two of nothing, which must be zero: A is.
    return {
        "push_token": "sandbox" + secrets.token_hex(10),
        "push_aes_key": "SANDBOX" + secrets.token_hex(18)[:35] + "A",
    }


def _make() -> SandboxKeys:
    now = datetime.now(UTC)
    merchant, platform, authority = _rsa_key(), _rsa_key(), _rsa_key()
    merchant_certificate = _certificate("merchant " + MCHID, merchant, at=now)
    authority_certificate = _certificate("authority", authority, at=now, is_authority=True)
    certificate_key = _rsa_key()
    platform_certificate = _certificate(
        "Tenpay.com sign", certificate_key, issuer=authority_certificate.subject, issuer_key=authority, at=now
    )
    return SandboxKeys(
        mchid=MCHID,
        appid="wxsandbox" + secrets.token_hex(5)[:9],
        app_secret="sandbox" + secrets.token_hex(13)[:25],
        **_make_account(),
        **_make_push(),
        merchant_private_key_pem=_private_pem(merchant),
        merchant_certificate_pem=_certificate_pem(merchant_certificate),
        merchant_serial=serial_of(merchant_certificate),
        platform_private_key_pem=_private_pem(platform),
        platform_public_key_pem=_public_pem(platform),
        platform_public_key_id="PUB_KEY_ID_SANDBOX" + secrets.token_hex(7).upper(),
        platform_certificate_key_pem=_private_pem(certificate_key),
        platform_certificate_pem=_certificate_pem(platform_certificate),
        platform_certificate_serial=serial_of(platform_certificate),
        authority_key_pem=_private_pem(authority),
        authority_certificate_pem=_certificate_pem(authority_certificate),
        apiv3_key="SANDBOX" + secrets.token_hex(13)[:25],
        control_token="sandbox-control-" + secrets.token_urlsafe(24),
    )


def _write(folder: Path, keys: SandboxKeys) -> None:
    values = asdict(keys)
    plain = {name: value for name, value in values.items() if not name.endswith("_pem")}
    for name in values.keys() - plain.keys():
        _write_private(folder / _pem_file(name), values[name])
    _write_private(folder / _PLAIN, json.dumps({"about": MARK, **plain}, ensure_ascii=False, indent=2) + "\n")


def _write_private(path: Path, text: str) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _pem_file(name: str) -> str:
    return name.removesuffix("_pem") + ".pem"


def _rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _certificate(
    name: str,
    key: rsa.RSAPrivateKey,
    *,
    at: datetime,
    issuer: x509.Name | None = None,
    issuer_key: rsa.RSAPrivateKey | None = None,
    is_authority: bool = False,
) -> x509.Certificate:
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, MARK),
            x509.NameAttribute(NameOID.COMMON_NAME, f"SANDBOX {name}"),
        ]
    )
    # A leading digit of 4 to 7: always 40 hex digits, so that no reader meets a dropped zero.
    serial = 1 << 158 | secrets.randbits(158)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer or subject)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(at - timedelta(hours=1))
        .not_valid_after(at + _LIFE)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .sign(issuer_key or key, hashes.SHA256())
    )


def _private_pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode("ascii")


def _public_pem(key: rsa.RSAPrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode("ascii")
    )


def _certificate_pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def packages() -> list[ModuleType]:
    """The far sides that live in packages of their own: each is found by being one here, so that a new one is named nowhere.

    A package exports `ROUTES`, and `knobs(folder, url)` where our side needs settings to meet it. WeChat Pay's keys came
    first, and are made by `ensure` in this file.
    """
    folder = Path(__file__).parent
    found = sorted(one.name for one in pkgutil.iter_modules([str(folder)]) if one.ispkg)
    return [import_module(f"app.sandbox.{name}") for name in found]


def knobs(folder: Path, url: str) -> dict[str, str]:
    """What our side must be set to in order to meet them at `url`; keys are kept in `folder`, made on first use."""
    told: dict[str, str] = {}
    for package in packages():
        if hasattr(package, "knobs"):
            told |= package.knobs(folder, url)
    return told
