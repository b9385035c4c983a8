"""The keys of both sides of DRP-1, made once per folder. Every name says SANDBOX, so that production can refuse them."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.sandbox.keys import MARK

REGISTRY: Final = "DRP-SANDBOX 示例登记机构"
"""The name its receipts print."""
_FILE: Final = "registry.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryKeys:
    """Everything either side needs. The client gets its own half and the registry's public key."""

    registry: str
    account: str
    client_key_id: str
    client_private_pem: str = field(repr=False)
    client_public_pem: str
    registry_key_id: str
    registry_private_pem: str = field(repr=False)
    registry_public_pem: str


def ensure(folder: Path) -> RegistryKeys:
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
    return RegistryKeys(**values)


def fresh_private_pem() -> str:
    """A key nobody knows."""
    return _private_pem(Ed25519PrivateKey.generate())


def _make() -> RegistryKeys:
    client, registry = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    return RegistryKeys(
        registry=REGISTRY,
        account="DRP-SANDBOX-ACCOUNT-1",
        client_key_id="DRP-SANDBOX-CLIENT-1",
        client_private_pem=_private_pem(client),
        client_public_pem=_public_pem(client),
        registry_key_id="DRP-SANDBOX-REGISTRY-1",
        registry_private_pem=_private_pem(registry),
        registry_public_pem=_public_pem(registry),
    )


def _private_pem(key: Ed25519PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode("ascii")


def _public_pem(key: Ed25519PrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode("ascii")
    )
