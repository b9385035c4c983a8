"""An account comes to another device: a code on one, typed on the other, confirmed on both."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.foundation.identity.devices.errors import CodeOver, MoveOver
from app.foundation.identity.devices.rules import CODE_LENGTH, CODE_LETTERS, CODE_LIFE, CodePurpose, typed_move_code
from app.foundation.identity.envelope import Keyring, blind_index
from app.foundation.identity.keeping_sessions import hash_token, new_token, open_session
from app.foundation.identity.rules import SessionKind, SignedIn
from app.foundation.identity.sealing import seal, unseal
from app.gateways.database import Row, fetch, fetch_one, transaction
from app.kernel.ids import uuid7
from app.kernel.text import Language

_FORGOTTEN: Final = timedelta(hours=1)
_PURPOSE: Final = "identity.move_code"
_SELECTED: Final = (
    "SELECT m.id, m.person_id, m.kind, m.code_sealed, m.expires_at, m.taker_device, m.number, m.confirmed_at, p.language"
    " FROM device_move m JOIN person p ON p.id = m.person_id AND p.state = 'active'"
    " WHERE m.ended_at IS NULL AND m.expires_at > $2 AND m.purpose = '{}' AND "
)
_OF_MOVES: Final = _SELECTED.format(CodePurpose.MOVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A move as the device sees it that shows the code."""

    id: UUID
    code: str = field(repr=False)
    expires_at: datetime
    number: int | None
    """Two digits to compare; None: nobody has typed the code yet."""
    device: str | None
    """Which typed it, in two words."""
    is_confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The same as the device sees it that typed the code."""

    id: UUID
    person_id: UUID
    number: int
    expires_at: datetime
    is_confirmed: bool


async def show_code(
    person_id: UUID,
    kind: SessionKind,
    *,
    keyring: Keyring,
    now: datetime,
    purpose: CodePurpose = CodePurpose.MOVE,
) -> Shown:
    """The code of this person, made now where none runs; those an hour old are deleted meanwhile.

    `kind` is that of the session, which the other device gets as well. Repeated: the same code until it was typed, used, or
    its time is over. One code of a person runs at a time: one of another purpose ends.

    Raises:
        PersonGone: the person's key is destroyed.
    """
    assert kind in {SessionKind.GUEST, SessionKind.CITIZEN}, kind
    if (shown := await find_shown(person_id, keyring=keyring, now=now, purpose=purpose)) is not None:
        return shown
    code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    sealed = await seal(person_id, code, purpose=_PURPOSE, keyring=keyring)
    await fetch("DELETE FROM device_move WHERE made_at < $1", now - _FORGOTTEN)
    async with transaction() as tx:
        await fetch(
            "UPDATE device_move SET ended_at = $2 WHERE person_id = $1 AND ended_at IS NULL"
            " AND (expires_at <= $2 OR purpose <> $3)",
            person_id, now, purpose, tx=tx,
        )  # fmt: skip
        await fetch(
            "INSERT INTO device_move (id, person_id, kind, code_hash, code_sealed, made_at, expires_at, purpose)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
            uuid7(), person_id, kind, _index(code, keyring), sealed, now, now + CODE_LIFE, purpose, tx=tx,
        )  # fmt: skip
    made = await find_shown(person_id, keyring=keyring, now=now, purpose=purpose)
    assert made is not None, "it was made, or another tap of the same person made it"
    return made


async def find_shown(
    person_id: UUID, *, keyring: Keyring, now: datetime, purpose: CodePurpose = CodePurpose.MOVE
) -> Shown | None:
    """The move that this person's code is for; None while none runs."""
    row = await fetch_one(_SELECTED.format(purpose) + "m.person_id = $1", person_id, now)
    if row is None:
        return None
    code = await unseal(person_id, bytes(row["code_sealed"]), purpose=_PURPOSE, keyring=keyring)
    if code is None:
        return None
    return Shown(
        id=row["id"], code=code, expires_at=row["expires_at"], number=row["number"], device=row["taker_device"],
        is_confirmed=row["confirmed_at"] is not None,
    )  # fmt: skip


async def take(typed: str, device: str | None, *, keyring: Keyring, now: datetime) -> str:
    """The other device typed the code: the secret for its cookie. The first to type it counts.

    Raises:
        CodeOver: no device shows this code, or somebody was faster.
    """
    secret = new_token()
    await take_code(typed, CodePurpose.MOVE, hash_token(secret), device, keyring=keyring, now=now)
    return secret


async def take_code(
    typed: str, purpose: CodePurpose, taker: bytes | UUID, device: str | None, *, keyring: Keyring, now: datetime
) -> UUID:
    """Note who typed a code of this purpose: the hash of a cookie, or a person. Answers the move.

    Raises:
        CodeOver: no device shows this code for it, or somebody was faster.
    """
    code = typed_move_code(typed)
    column = "taker_id" if isinstance(taker, UUID) else "taker_hash"
    taken = code and await fetch(
        f"UPDATE device_move m SET {column} = $3, taker_device = $4, number = $5, taken_at = $2 FROM person p"
        " WHERE m.code_hash = $1 AND m.purpose = $6 AND m.expires_at > $2 AND m.taken_at IS NULL AND m.ended_at IS NULL"
        " AND p.id = m.person_id AND p.state = 'active' RETURNING m.id",
        _index(code, keyring), now, taker, device, 10 + secrets.randbelow(90), purpose,
    )  # fmt: skip
    if not taken:
        raise CodeOver
    return UUID(str(taken[0]["id"]))


async def find_taken(secret: str, *, now: datetime) -> Taken:
    """How far the move is whose code this device typed.

    Raises:
        MoveOver: unknown, too old, used or refused.
    """
    return _taken(await fetch_one(_OF_MOVES + "m.taker_hash = $1", hash_token(secret), now))


async def answer(move_id: UUID, *, by: UUID, yes: bool, now: datetime) -> None:
    """The device that showed the code says yes, once, or no. Yes said again changes nothing.

    Raises:
        MoveOver: unknown, somebody else's, nobody typed the code, too old, used or refused.
    """
    column = "confirmed_at = coalesce(confirmed_at, $3)" if yes else "ended_at = $3"
    done = await fetch(
        f"UPDATE device_move SET {column} WHERE id = $1 AND person_id = $2 AND taken_at IS NOT NULL"
        " AND ended_at IS NULL AND expires_at > $3 RETURNING id",
        move_id, by, now,
    )  # fmt: skip
    if not done:
        raise MoveOver


async def finish(secret: str, device: str | None, *, now: datetime) -> SignedIn:
    """The device that typed the code comes in as the same person, once.

    Raises:
        MoveOver: not confirmed, unknown, too old, used or refused.
    """
    async with transaction() as tx:
        row = await fetch_one(
            f"{_OF_MOVES} m.taker_hash = $1 AND m.confirmed_at IS NOT NULL FOR UPDATE OF m", hash_token(secret), now,
            tx=tx,
        )  # fmt: skip
        move = _taken(row)
        assert row is not None
        await fetch("UPDATE device_move SET ended_at = $2 WHERE id = $1", move.id, now, tx=tx)
        return await open_session(
            move.person_id, kind=SessionKind(row["kind"]), language=Language(row["language"]), now=now, is_new=False,
            device=device, tx=tx,
        )  # fmt: skip


def _taken(row: Row | None) -> Taken:
    if row is None:
        raise MoveOver
    return Taken(
        id=row["id"], person_id=row["person_id"], number=row["number"], expires_at=row["expires_at"],
        is_confirmed=row["confirmed_at"] is not None,
    )  # fmt: skip


def _index(code: str, keyring: Keyring) -> bytes:
    return blind_index("move_code", code, keyring=keyring)
