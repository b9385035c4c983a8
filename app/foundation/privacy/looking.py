"""Who saw what a person typed or uploaded: staff ask for it with a reason, and it is written down before it is shown."""

import base64
import binascii
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.foundation import audit, identity
from app.foundation.identity import Keyring, Role
from app.foundation.privacy.kept import LookedAt, decisions
from app.gateways.database import Tx, fetch, transaction
from app.kernel.errors import RuleBroken
from app.kernel.text import Text

SAID_LEAST: Final = 4
SAID_MOST: Final = 200
"""Characters of why, in words."""
_ACTION: Final = "person.unmasked"
_PURPOSE: Final = "privacy.look"
_SHOWN: Final = 100
_NAME_ROLES: Final = frozenset({Role.OPERATOR, Role.REVIEWER})


class LookReason(StrEnum):
    """Why."""

    ASKED = "asked"
    """The person asked for help with what is theirs."""
    COMPLAINT = "complaint"
    """Somebody complained about what is shown."""
    AUTHORITY = "authority"
    """An authority asked, with its papers."""
    FAULT = "fault"
    """Something is broken and cannot be mended otherwise."""
    CHECK = "check"
    """It was decided whether others may see it. Nobody says so: the decision does."""


SAYABLE: Final = tuple(one for one in LookReason if one is not LookReason.CHECK)
"""What somebody may give as a reason."""


class LookReasonMissing(RuleBroken):
    """Somebody would look without saying why. Nothing was shown."""

    code = "privacy.reason_missing"
    text = Text(
        zh="请选择理由，并用 {least} 至 {most} 个字写明原因；本人会看到。",
        en="Choose a reason and write why, in {least} to {most} characters; the person will see it.",
    )

    def __init__(self) -> None:
        super().__init__(least=SAID_LEAST, most=SAID_MOST, field="/said")


@dataclass(frozen=True, slots=True)
class Ground:
    """Why somebody looks: one of the reasons, and their own words."""

    reason: LookReason
    said: str


@dataclass(frozen=True, slots=True)
class Look:
    """One look, as its person is shown it."""

    at: datetime
    reason: LookReason
    what: LookedAt
    said: str | None
    """Why, in the words of whoever looked; None of a decision about what others see."""


def read_ground(reason: str, said: str) -> Ground:
    """What was chosen and typed.

    Raises:
        LookReasonMissing: no reason that somebody may give, or too few words, or too many.
    """
    words = " ".join(said.split())
    if reason not in SAYABLE or not SAID_LEAST <= len(words) <= SAID_MOST:
        raise LookReasonMissing
    return Ground(LookReason(reason), words)


async def unmask(person_id: UUID, ground: Ground, *, by: UUID, keyring: Keyring) -> str | None:
    """The name a person gave, for an operator or reviewer of the platform; written down first, each time.

    Raises:
        RoleMissing: `by` is neither, now.
    """
    await write_look([person_id], LookedAt.NAME, ground, by=by, roles=_NAME_ROLES, keyring=keyring)
    return await identity.name_of(person_id, keyring=keyring)


async def write_look(
    persons: Sequence[UUID],
    what: LookedAt,
    ground: Ground,
    *,
    by: UUID,
    roles: Collection[Role],
    keyring: Keyring,
    about: str | None = None,
) -> None:
    """Write down that somebody of the platform looks at something of these persons; whoever shows it does so afterwards.

    The words are sealed for each person, and go with their key. Where nobody knows whose it is (`persons` is empty) the look
    is written down about the thing itself, its words sealed for whoever looks.

    Raises:
        RoleMissing: `by` has none of these roles at the platform, now.
    """
    assert persons or about, "a look is about somebody or something"
    owners = list(dict.fromkeys(persons)) or [by]
    async with transaction() as tx:
        await identity.demand_platform_role(by, *roles, tx=tx)
        sealed = await identity.seal_many(
            [(one, ground.said) for one in owners], purpose=_PURPOSE, keyring=keyring, tx=tx
        )
        for owner, words in zip(owners, sealed, strict=True):
            said = base64.b64encode(words).decode() if words is not None else None
            await audit.record(
                _ACTION, _about(owner) if persons else str(about), before=None,
                after={"reason": ground.reason.value, "what": what.value, "said": said}, by=by, tx=tx,
            )  # fmt: skip


async def looks_at(person_id: UUID, *, keyring: Keyring) -> tuple[Look, ...]:
    """The latest hundred looks at a person, the latest first. Who looked is known to us; the person is shown that it was us.

    What was looked at in order to decide whether others may see it is told by the decisions themselves.
    """
    found: list[Look] = []
    for one in await identity.links.same_persons(person_id):
        found += await _looks_at_one(one, keyring=keyring)
    return tuple(sorted(found, key=lambda one: one.at, reverse=True)[:_SHOWN])


async def _looks_at_one(person_id: UUID, *, keyring: Keyring) -> list[Look]:
    entries = [
        one
        for one in await audit.history(noun="person", about=_about(person_id), limit=_SHOWN)
        if one.action == _ACTION
    ]
    told = [one.after or {} for one in entries]
    words = await _opened(person_id, [one.get("said") for one in told], keyring=keyring)
    looks = [
        Look(entry.at, LookReason(after["reason"]), LookedAt(after["what"]), said)
        for entry, after, said in zip(entries, told, words, strict=True)
    ]
    return looks + [Look(at, LookReason.CHECK, what, None) for what, at in await _decided(person_id, tx=None)]


async def _decided(person_id: UUID, *, tx: Tx | None) -> list[tuple[LookedAt, datetime]]:
    found: list[tuple[LookedAt, datetime]] = []
    for one in decisions():
        rows = await fetch(
            f"SELECT {one.at} AS at FROM {one.source} WHERE {one.where} ORDER BY 1 DESC LIMIT {_SHOWN}",
            person_id,
            tx=tx,
        )
        found += [(one.what, row["at"]) for row in rows]
    return found


async def _opened(person_id: UUID, seals: Sequence[str | None], *, keyring: Keyring) -> list[str | None]:
    """The words, in order; None where there are none, or their key is gone."""
    bytes_of = {number: _read(seal) for number, seal in enumerate(seals) if seal}
    opened = await identity.unseal_many(
        [(person_id, data) for data in bytes_of.values()], purpose=_PURPOSE, keyring=keyring
    )
    words = dict(zip(bytes_of, opened, strict=True))
    return [words.get(number) for number in range(len(seals))]


def _read(seal: str) -> bytes:
    try:
        return base64.b64decode(seal, validate=True)
    except binascii.Error as fault:
        raise identity.SealBroken from fault


def _about(person_id: UUID) -> str:
    return f"person:{person_id}"
