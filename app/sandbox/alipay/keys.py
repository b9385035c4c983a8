"""The keys of both sides of Alipay's rehearsed wire, made once per folder.

Production knows them by the app id and the merchant's number, which begin with SANDBOX.
"""

import json
import secrets
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

_FILE: Final = "alipay.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Each side's half; the client gets its own, and the platform's public part."""

    app_id: str
    seller_id: str
    app_private_pem: str = field(repr=False)
    app_public_pem: str
    platform_private_pem: str = field(repr=False)
    platform_public_pem: str


def ensure(folder: Path) -> Keys:
    """The keys kept in `folder`, which must exist; made on first use, readable by nobody else."""
    path = folder / _FILE
    if not path.exists():
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(asdict(_make()), indent=2) + "\n", encoding="ascii")
        draft.replace(path)
    return _read(path)


def pair() -> tuple[str, str]:
    """A new RSA key of 2048 bits: private and public, PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode("ascii"), public.decode("ascii")


def knobs(folder: Path, url: str) -> dict[str, str]:
    """What our side must be set to in order to meet this far side at `url`."""
    keys = ensure(folder)
    return {
        "alipay_url": f"{url}/gateway.do",
        "alipay_app_id": keys.app_id,
        "alipay_seller_id": keys.seller_id,
        "alipay_private_key": keys.app_private_pem,
        "alipay_public_key": keys.platform_public_pem,
    }


@cache
def _read(path: Path) -> Keys:
    return Keys(**json.loads(path.read_text(encoding="ascii")))


def _make() -> Keys:
    (app_private, app_public), (platform_private, platform_public) = pair(), pair()
    return Keys(
        app_id=f"SANDBOX{secrets.randbelow(10**9):09d}",
        seller_id=f"SANDBOX2088{secrets.randbelow(10**9):09d}",
        app_private_pem=app_private,
        app_public_pem=app_public,
        platform_private_pem=platform_private,
        platform_public_pem=platform_public,
    )
