"""Personal texts for other rooms: sealed under the person's own data key, unreadable once that key is destroyed."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from app.foundation.identity import envelope
from app.foundation.identity.envelope import Keyring
from app.foundation.identity.errors import PersonGone
from app.gateways.database import Tx, fetch


async def seal(person_id: UUID, text: str, *, purpose: str, keyring: Keyring, tx: Tx | None = None) -> bytes:
    """Bytes to keep instead of the text; only the same person and purpose open them again.

    `purpose` is a constant of the caller that names the column, such as `certificate.name`.

    Raises:
        PersonGone: the person's key is destroyed, or never was.
    """
    (sealed,) = await seal_many([(person_id, text)], purpose=purpose, keyring=keyring, tx=tx)
    if sealed is None:
        raise PersonGone
    return sealed


async def unseal(person_id: UUID, sealed: bytes, *, purpose: str, keyring: Keyring, tx: Tx | None = None) -> str | None:
    """The text behind `seal`; None once the person's key is destroyed.

    Raises:
        SealBroken: the bytes are damaged, or another person's, or sealed for another purpose.
    """
    return (await unseal_many([(person_id, sealed)], purpose=purpose, keyring=keyring, tx=tx))[0]


def unseal_with(wrapped: bytes, person_id: UUID, sealed: bytes, *, purpose: str, keyring: Keyring) -> str:
    """`unseal`, for whoever has read the person's wrapped key beside the seal.

    Raises:
        SealBroken: as `unseal`.
    """
    return envelope.open_(sealed, envelope.unwrap(wrapped, person_id, keyring=keyring), person_id, purpose=purpose)


def seal_with(wrapped: bytes, owner_id: UUID, text: str, *, purpose: str, keyring: Keyring) -> bytes:
    """Bytes to keep instead of a text that is nobody's datum, under a key that `new_key` made for its owner's row."""
    return envelope.close(text, envelope.unwrap(wrapped, owner_id, keyring=keyring), owner_id, purpose=purpose)


def seal_bytes_with(wrapped: bytes, owner_id: UUID, data: bytes, *, purpose: str, keyring: Keyring) -> bytes:
    """`seal_with` for the bytes of a file."""
    return envelope.close_bytes(data, envelope.unwrap(wrapped, owner_id, keyring=keyring), owner_id, purpose=purpose)


def unseal_bytes_with(wrapped: bytes, owner_id: UUID, sealed: bytes, *, purpose: str, keyring: Keyring) -> bytes:
    """The bytes behind `seal_bytes_with`.

    Raises:
        SealBroken: as `unseal`.
    """
    return envelope.open_bytes(sealed, envelope.unwrap(wrapped, owner_id, keyring=keyring), owner_id, purpose=purpose)


def new_key(owner_id: UUID, *, keyring: Keyring) -> bytes:
    """A data key for something that is no person, wrapped under the current master key and for this id only.

    Whoever keeps it keeps `keyring.current` beside it, and wraps it anew by `rewrap` when the master key changes.
    """
    return envelope.wrap(envelope.new_data_key(), owner_id, keyring=keyring)


def rewrap(wrapped: bytes, owner_id: UUID, *, keyring: Keyring) -> bytes:
    """The same data key under the current master key."""
    return envelope.wrap(envelope.unwrap(wrapped, owner_id, keyring=keyring), owner_id, keyring=keyring)


async def seal_many(
    texts: Sequence[tuple[UUID, str]], *, purpose: str, keyring: Keyring, tx: Tx | None = None
) -> list[bytes | None]:
    """`seal` for many in one query, in the order given; None for each person whose key is destroyed."""
    keys = await _data_keys({person_id for person_id, _ in texts}, keyring, tx)
    return [
        envelope.close(text, keys[person_id], person_id, purpose=purpose) if person_id in keys else None
        for person_id, text in texts
    ]


async def unseal_many(
    seals: Sequence[tuple[UUID, bytes]], *, purpose: str, keyring: Keyring, tx: Tx | None = None
) -> list[str | None]:
    """`unseal` for many in one query, in the order given; one broken seal refuses them all."""
    keys = await _data_keys({person_id for person_id, _ in seals}, keyring, tx)
    return [
        envelope.open_(sealed, keys[person_id], person_id, purpose=purpose) if person_id in keys else None
        for person_id, sealed in seals
    ]


async def seal_files(
    files: Sequence[tuple[UUID, bytes]], *, purpose: str, keyring: Keyring, tx: Tx | None = None
) -> list[bytes | None]:
    """`seal_many` for the bytes of files."""
    keys = await _data_keys({person_id for person_id, _ in files}, keyring, tx)
    return [
        envelope.close_bytes(data, keys[person_id], person_id, purpose=purpose) if person_id in keys else None
        for person_id, data in files
    ]


async def unseal_file(
    person_id: UUID, sealed: bytes, *, purpose: str, keyring: Keyring, tx: Tx | None = None
) -> bytes | None:
    """The bytes behind `seal_files`; None once the person's key is destroyed.

    Raises:
        SealBroken: as `unseal`.
    """
    keys = await _data_keys([person_id], keyring, tx)
    return envelope.open_bytes(sealed, keys[person_id], person_id, purpose=purpose) if person_id in keys else None


async def _data_keys(person_ids: Iterable[UUID], keyring: Keyring, tx: Tx | None) -> dict[UUID, bytes]:
    """The data key of each person who has one."""
    rows = await fetch(
        "SELECT person_id, wrapped FROM keys.person_key WHERE person_id = ANY($1::uuid[])", list(person_ids), tx=tx
    )
    return {row["person_id"]: envelope.unwrap(row["wrapped"], row["person_id"], keyring=keyring) for row in rows}
