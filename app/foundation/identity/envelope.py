"""How a personal datum is closed: a data key per person, wrapped by a master key, both AES-256-GCM.

Bytes only: no table, no clock. The shapes, version 1:

wrapped key   01 | length of master key id | master key id | nonce (12) | ciphertext and tag
sealed text   01 | nonce (12) | ciphertext and tag

What a seal belongs to (person, purpose) is authenticated but not stored, so a seal copied to another row does
not open. Nonces are random: NIST SP 800-38D, section 8.3 allows 2^32 under one key, which for a master key is
four thousand million persons and for a data key is out of reach.
"""

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.foundation.identity.errors import MasterKeyMissing, SealBroken

_VERSION: Final = b"\x01"
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_KEY_BYTES: Final = 32
_KEY_ID_BYTES_MOST: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordCost:
    """What the hash of an operator's password costs, by Argon2id.

    The defaults are the second recommended option of RFC 9106, section 4, for machines whose memory is scarce; OWASP's
    Password Storage Cheat Sheet asks for 19 456 KiB and 2 passes at least. Measured here: 0.1 s of one core.
    """

    memory_kib: int = 65_536
    passes: int = 3
    lanes: int = 4


@dataclass(frozen=True, slots=True, repr=False)
class Keyring:
    """The secrets of the room and what its password hashes cost, handed in by whoever reads the settings.

    To rotate: add a master key, name it `current`, call `rewrap_keys` until it answers 0, then drop the old one.
    The index key cannot be rotated without reading every datum again.
    """

    current: str
    """Id of the master key that wraps from now on; 1 to 32 ASCII characters, as every id."""
    keys: Mapping[str, bytes]
    """All master keys that may still be needed, 32 bytes each, by id."""
    index_key: bytes
    """Makes the blind indexes; 32 bytes or more, and no master key."""
    password_cost: PasswordCost = PasswordCost()

    def __post_init__(self) -> None:
        if self.current not in self.keys:
            raise ValueError("the current master key is not in the keyring")
        for key_id, key in self.keys.items():
            if not key_id.isascii() or not 1 <= len(key_id) <= _KEY_ID_BYTES_MOST:
                raise ValueError("the id of a master key must be 1 to 32 ASCII characters")
            if len(key) != _KEY_BYTES:
                raise ValueError(f"master key {key_id} must have 32 bytes")
        if len(self.index_key) < _KEY_BYTES or self.index_key in self.keys.values():
            raise ValueError("the index key must have at least 32 bytes and be no master key")

    @property
    def index_key_id(self) -> str:
        """A name of the index key that tells nothing about it: kept beside what is hashed with it."""
        return hmac.digest(self.index_key, b"name of the index key", hashlib.sha256).hex()[:16]

    def __repr__(self) -> str:
        return f"Keyring(current={self.current!r}, keys={sorted(self.keys)!r})"


def new_data_key() -> bytes:
    """A key for one person, from the system's generator."""
    return os.urandom(_KEY_BYTES)


def wrap(data_key: bytes, person_id: UUID, *, keyring: Keyring) -> bytes:
    """The data key closed under the current master key, for this person only."""
    key_id = keyring.current.encode("ascii")
    head = _VERSION + bytes([len(key_id)]) + key_id
    nonce = os.urandom(_NONCE_BYTES)
    closed = AESGCM(keyring.keys[keyring.current]).encrypt(nonce, data_key, b"data key" + head + person_id.bytes)
    return head + nonce + closed


def unwrap(wrapped: bytes, person_id: UUID, *, keyring: Keyring) -> bytes:
    """The data key behind `wrap`, under whichever master key of the keyring closed it.

    Raises:
        MasterKeyMissing: the keyring no longer, or not yet, holds that master key.
        SealBroken: damaged, or another person's.
    """
    if len(wrapped) < 2 or wrapped[:1] != _VERSION:
        raise SealBroken
    start = 2 + wrapped[1]
    head, nonce, closed = wrapped[:start], wrapped[start : start + _NONCE_BYTES], wrapped[start + _NONCE_BYTES :]
    if len(closed) != _KEY_BYTES + _TAG_BYTES or not head.isascii():
        raise SealBroken
    key_id = head[2:].decode("ascii")
    if key_id not in keyring.keys:
        raise MasterKeyMissing(key_id)
    try:
        return AESGCM(keyring.keys[key_id]).decrypt(nonce, closed, b"data key" + head + person_id.bytes)
    except InvalidTag:
        raise SealBroken from None


def close(text: str, data_key: bytes, person_id: UUID, *, purpose: str) -> bytes:
    """The text sealed for one person and purpose; two seals of one text differ."""
    return close_bytes(text.encode(), data_key, person_id, purpose=purpose)


def close_bytes(data: bytes, data_key: bytes, person_id: UUID, *, purpose: str) -> bytes:
    """The same for the bytes of a file."""
    nonce = os.urandom(_NONCE_BYTES)
    return _VERSION + nonce + AESGCM(data_key).encrypt(nonce, data, _bound(person_id, purpose))


def open_(sealed: bytes, data_key: bytes, person_id: UUID, *, purpose: str) -> str:
    """The text behind `close`.

    Raises:
        SealBroken: damaged, or sealed under another key, for another person or another purpose.
    """
    return open_bytes(sealed, data_key, person_id, purpose=purpose).decode()


def open_bytes(sealed: bytes, data_key: bytes, person_id: UUID, *, purpose: str) -> bytes:
    """The bytes behind `close_bytes`.

    Raises:
        SealBroken: as `open_`.
    """
    start = 1 + _NONCE_BYTES
    if len(sealed) < start + _TAG_BYTES or sealed[:1] != _VERSION:
        raise SealBroken
    try:
        return AESGCM(data_key).decrypt(sealed[1:start], sealed[start:], _bound(person_id, purpose))
    except InvalidTag:
        raise SealBroken from None


def blind_index(*words: str, keyring: Keyring) -> bytes:
    """32 bytes by which a datum is found without being readable: HMAC-SHA256 over the words joined by colons.

    Only the last word may contain a colon, else two data could share an index.
    """
    assert not any(":" in word for word in words[:-1])
    return hmac.digest(keyring.index_key, ":".join(words).encode(), hashlib.sha256)


def _bound(person_id: UUID, purpose: str) -> bytes:
    return b"text" + _VERSION + person_id.bytes + purpose.encode()
