"""A guest's browser shows a code, a known person types it, both confirm: from then on they are one person."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from tortoise.exceptions import IntegrityError

from app.foundation.identity.devices import CodePurpose, Shown, take_code
from app.foundation.identity.devices import find_shown as find_shown_code
from app.foundation.identity.devices import show_code as show_any_code
from app.foundation.identity.envelope import Keyring
from app.foundation.identity.links.errors import (
    LinkAgeUnknown,
    LinkAppsUnfit,
    LinkedAlready,
    LinkedTooOften,
    LinkGone,
    LinkOver,
    LinkStaff,
)
from app.foundation.identity.rules import SessionKind
from app.gateways.database import again, constraint, fetch, fetch_as, fetch_one, fetch_value, transaction
from app.kernel.errors import DomainError

_REFUSALS: Final[dict[str, type[DomainError]]] = {
    "person_link_linked_key": LinkedAlready,
    "person_link_two_check": LinkedAlready,
    "person_link_chain_check": LinkedAlready,
    "person_link_many_check": LinkedTooOften,
    "person_link_apps_check": LinkAppsUnfit,
    "person_link_of_age_check": LinkAgeUnknown,
    "person_link_staff_check": LinkStaff,
    "person_link_active_check": LinkGone,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A try as the person sees it who typed the code."""

    id: UUID
    number: int
    """Two digits, the same in the guest's browser."""
    expires_at: datetime
    is_confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A guest who became this person."""

    id: UUID
    linked_at: datetime


async def show_code(person_id: UUID, *, keyring: Keyring, now: datetime) -> Shown:
    """The code of this guest's browser, made now where none runs.

    Raises:
        LinkedAlready: this browser is linked; nobody is linked twice.
        LinkAgeUnknown: they said that they are under 14.
    """
    told = await fetch_one(
        "SELECT p.is_under_14, EXISTS (SELECT FROM person_link l WHERE p.id IN (l.linked_id, l.kept_id)) AS is_linked"
        " FROM person p WHERE p.id = $1",
        person_id,
    )
    if told is not None and told["is_linked"]:
        raise LinkedAlready
    if told is not None and told["is_under_14"]:
        raise LinkAgeUnknown
    return await show_any_code(person_id, SessionKind.GUEST, keyring=keyring, now=now, purpose=CodePurpose.LINK)


async def find_shown(person_id: UUID, *, keyring: Keyring, now: datetime) -> Shown | None:
    """How far this guest's code is; None while none runs."""
    return await find_shown_code(person_id, keyring=keyring, now=now, purpose=CodePurpose.LINK)


async def take(typed: str, device: str | None, *, by: UUID, keyring: Keyring, now: datetime) -> Taken:
    """This known person typed the code. The first to type it counts.

    Raises:
        CodeOver: no browser shows this code, or somebody was faster.
        LinkedAlready: they typed the code of their own browser.
    """
    try:
        move_id = await take_code(typed, CodePurpose.LINK, by, device, keyring=keyring, now=now)
    except IntegrityError as refusal:
        if constraint(refusal) == "device_move_other_check":
            raise LinkedAlready from refusal
        raise
    return await find_taken(move_id, by=by, now=now)


async def find_taken(move_id: UUID, *, by: UUID, now: datetime) -> Taken:
    """How far the try is whose code this person typed.

    Raises:
        LinkOver: unknown, somebody else's, too old, used or refused.
    """
    found = await fetch_as(
        Taken,
        "SELECT m.id, m.number, m.expires_at, m.confirmed_at IS NOT NULL AS is_confirmed FROM device_move m"
        " WHERE m.id = $1 AND m.taker_id = $2 AND m.purpose = 'link' AND m.ended_at IS NULL AND m.expires_at > $3",
        move_id, by, now,
    )  # fmt: skip
    if not found:
        raise LinkOver
    return found[0]


async def finish(move_id: UUID, *, by: UUID, now: datetime) -> None:
    """Link the guest who confirmed to this person. All of it or nothing: grams and sessions move with the row.

    Repeated, nothing happens again.

    Raises:
        LinkOver: not confirmed, unknown, too old or refused.
        LinkedAlready, LinkedTooOften, LinkAppsUnfit, LinkAgeUnknown, LinkStaff, LinkGone: these two are not linked.
    """
    if await fetch_one("SELECT 1 FROM person_link WHERE id = $1 AND kept_id = $2", move_id, by) is not None:
        return
    try:
        is_done = await again(partial(_finish, move_id, by=by, now=now))
    except IntegrityError as refusal:
        fact = _REFUSALS.get(constraint(refusal) or "")
        if fact is None:
            raise
        raise fact from refusal
    if not is_done:
        raise LinkOver


async def _finish(move_id: UUID, *, by: UUID, now: datetime) -> bool:
    async with transaction() as tx:
        return bool(await fetch_value("SELECT identity.link_persons($1, $2, $3)", move_id, by, now, tx=tx))


async def links_of(person_id: UUID) -> list[Link]:
    """When guests became this person, the latest first."""
    return await fetch_as(
        Link,
        "SELECT id, linked_at FROM person_link WHERE kept_id = identity.kept_of($1) ORDER BY linked_at DESC, id DESC",
        person_id,
    )


async def same_persons(person_id: UUID) -> list[UUID]:
    """Every id that is the same person as this one, the kept one first."""
    return [row["id"] for row in await fetch("SELECT identity.persons_of($1) AS id", person_id)]
