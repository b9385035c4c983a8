"""What a key looks like, how long it is good, which roles it may have: pure, the caller passes `now`."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.foundation.identity.rules import Role
from app.kernel import ids

PREFIX: Final = "ddk_"
"""By which a key is known at a glance, by people and by programs that look for leaked ones."""
_SECRET_LETTERS: Final = 32
"""160 bits of Crockford's alphabet."""
_SHAPE: Final = re.compile(rf"{PREFIX}([{ids.ALPHABET}]{{26}})_([{ids.ALPHABET}]{{{_SECRET_LETTERS}}})")
_IN_ADDRESS: Final = re.compile(r"ddk(?:_|%5f)[0-9a-z]{26}", re.IGNORECASE)

MAKERS: Final = frozenset({Role.SPONSOR, Role.ADMINISTRATOR})
"""Whoever has one of these in an organisation makes its keys."""
GIVABLE: Final = (Role.SPONSOR, Role.OPERATOR, Role.FINANCE, Role.AUDITOR)
"""What a key may do, in the order shown, as far as its maker may."""
DAYS_USUAL: Final = 365
DAYS_MOST: Final = 730
NAME_MOST: Final = 60


class KeyState(StrEnum):
    """What a key is worth now."""

    GOOD = "good"
    EXPIRED = "expired"
    REVOKED = "revoked"
    """By a member."""
    ENDED = "ended"
    """With the power of whoever made it."""


@dataclass(frozen=True, slots=True)
class KeyCard:
    """A key as the members of its organisation see it."""

    id: UUID
    name: str
    roles: tuple[Role, ...]
    maker_id: UUID
    maker: str | None
    """Their name; None where they have none."""
    made_at: datetime
    expires_at: datetime
    last_used_on: str | None
    """A day (ISO 8601) in Beijing; None: never."""
    revoked_at: datetime | None
    state: KeyState


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key just made, with the only copy of its text there will ever be."""

    id: UUID
    text: str = field(repr=False)
    expires_at: datetime


def is_key(token: str) -> bool:
    """Whether this claims to be a key, well formed or not."""
    return token.startswith(PREFIX)


def stands_in(address: str) -> bool:
    """Whether a key stands in a path or a query, as it came."""
    return "ddk" in address.lower() and _IN_ADDRESS.search(address) is not None


def written(key_id: UUID) -> str:
    """A new key's whole text: its id in the open, then its secret."""
    return f"{PREFIX}{ids.public('', key_id)[1:]}_{ids.random_code(_SECRET_LETTERS)}"


def id_in(text: str) -> UUID | None:
    """The id that a key's text names; None where it is not of a key's form, to the letter."""
    shape = _SHAPE.fullmatch(text)
    return ids.parse("key", f"key_{shape[1]}") if shape else None


def state_of(*, expires_at: datetime, revoked_at: datetime | None, revoker_id: UUID | None, now: datetime) -> KeyState:
    """What it is worth; at its end it is worth nothing any more."""
    if revoked_at is not None:
        return KeyState.REVOKED if revoker_id is not None else KeyState.ENDED
    return KeyState.GOOD if now < expires_at else KeyState.EXPIRED
