"""One try to come in by WeChat, or to link one: two secrets, one in the browser that began it and one in its QR code."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.foundation.identity.by_wechat.errors import TicketOver
from app.foundation.identity.envelope import Keyring, blind_index
from app.gateways.database import Tx, fetch, fetch_one
from app.kernel.ids import uuid7

LIFE: Final = timedelta(minutes=3)
_FORGOTTEN: Final = timedelta(hours=1)
_BYTES: Final = 16


class TicketPurpose(StrEnum):
    """What it is for."""

    SIGN_IN = "sign_in"
    LINK = "link"


class Half(StrEnum):
    """Which of the two secrets somebody has."""

    BROWSER = "secret_hash"
    TELEPHONE = "scan_hash"


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeTicket:
    """The two secrets; kept as hashes only."""

    secret: str
    """For the cookie of the browser that began."""
    scan: str
    """For the QR code: 22 characters of an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """How far a try is."""

    id: UUID
    purpose: TicketPurpose
    number: int
    """Two digits, shown by the browser and by the telephone: are they the same?"""
    person_id: UUID | None
    """Who links; None: a sign-in, which nobody has made yet."""
    account: bytes | None
    """Which WeChat said yes; None: none has."""
    expires_at: datetime


async def open_ticket(purpose: TicketPurpose, *, person_id: UUID | None, now: datetime) -> MadeTicket:
    """Begin a try, good for three minutes and one use. Those an hour old are deleted meanwhile."""
    made = MadeTicket(secret=secrets.token_urlsafe(_BYTES), scan=secrets.token_urlsafe(_BYTES))
    await fetch("DELETE FROM wechat_ticket WHERE made_at < $1", now - _FORGOTTEN)
    await fetch(
        "INSERT INTO wechat_ticket (id, secret_hash, scan_hash, purpose, number, person_id, made_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        uuid7(), _hash(made.secret), _hash(made.scan), purpose.value, 10 + secrets.randbelow(90), person_id, now, now + LIFE,
    )  # fmt: skip
    return made


async def find_ticket(secret: str, *, now: datetime, tx: Tx | None = None) -> Ticket:
    """The try of this browser; with `tx` its row is locked.

    Raises:
        TicketOver: unknown, too old, or used.
    """
    return await _find(Half.BROWSER, secret, now=now, tx=tx)


async def find_scanned(scan: str, *, now: datetime, tx: Tx | None = None) -> Ticket:
    """The same by what a telephone scanned.

    Raises:
        TicketOver: unknown, too old, or used.
    """
    return await _find(Half.TELEPHONE, scan, now=now, tx=tx)


async def confirm(scan: str, account: bytes, *, now: datetime) -> None:
    """The telephone says yes, once; the first WeChat to say so counts.

    Raises:
        TicketOver: unknown, too old, used, or somebody else was faster.
    """
    done = await fetch(
        "UPDATE wechat_ticket SET account = $2, confirmed_at = $3 WHERE scan_hash = $1 AND used_at IS NULL"
        " AND expires_at > $3 AND (account IS NULL OR account = $2) RETURNING id",
        _hash(scan), account, now,
    )  # fmt: skip
    if not done:
        raise TicketOver


async def use(ticket: Ticket, *, now: datetime, tx: Tx) -> None:
    """It is used: nothing comes of it any more."""
    await fetch("UPDATE wechat_ticket SET used_at = $2 WHERE id = $1", ticket.id, now, tx=tx)


def account_of(openid: str, appid: str, *, keyring: Keyring) -> bytes:
    """A reader of the official account as we know them here: a keyed hash of its own, unlike that of whoever pays."""
    return blind_index("wechat_console", appid, openid, keyring=keyring)


async def _find(half: Half, secret: str, *, now: datetime, tx: Tx | None) -> Ticket:
    row = await fetch_one(
        "SELECT id, purpose, number, person_id, account, expires_at FROM wechat_ticket"
        f" WHERE {half.value} = $1 AND used_at IS NULL AND expires_at > $2{' FOR UPDATE' if tx else ''}",
        _hash(secret), now, tx=tx,
    )  # fmt: skip
    if row is None:
        raise TicketOver
    return Ticket(
        id=row["id"], purpose=TicketPurpose(row["purpose"]), number=row["number"], person_id=row["person_id"],
        account=bytes(row["account"]) if row["account"] is not None else None, expires_at=row["expires_at"],
    )  # fmt: skip


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
