"""Whether the organisation that may claim a retirement agrees to be named with it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
from tortoise.exceptions import BaseORMException

from app.gateways.database import Tx, constraint, fetch, fetch_one, fetch_value
from app.registry.retirements.errors import NamingForbidden, RetirementUnknown

_POWER: Final = "retirement_naming_power"
_NAMING: Final = ("sponsor", "operator", "administrator")
"""The roles that say it; the function of PostgreSQL that writes it asks for the same."""


async def say_naming(number: str, *, agrees: bool, by: UUID) -> datetime:
    """Say in the organisation's name that it agrees to be named, or objects; answers since when that is so.

    An act of a member who has the role now; the last word counts, and a repeat changes nothing.

    Raises:
        RetirementUnknown: no retirement has this printed number.
        NamingForbidden: its beneficiary is no organisation, or not one this person acts for.
    """
    id_ = await fetch_value("SELECT id FROM retirement WHERE number = $1", number.strip().upper())
    if id_ is None:
        raise RetirementUnknown
    try:
        at: datetime = await fetch_value("SELECT retirements.say_naming($1, $2, $3)", id_, by, agrees)
    except (asyncpg.PostgresError, BaseORMException) as refusal:
        if constraint(refusal) == _POWER:
            raise NamingForbidden from refusal
        raise
    return at


async def own_naming(number: str, *, by: UUID) -> tuple[str, bool | None]:
    """The printed number, and what was said last, for a member who may say otherwise; None: nothing was said.

    Raises:
        RetirementUnknown: no retirement has this printed number.
        NamingForbidden: its beneficiary is no organisation, or not one this person acts for, now.
    """
    row = await fetch_one(
        "SELECT r.number, EXISTS (SELECT FROM organisation o WHERE o.id = r.beneficiary_id)"
        " AND identity.acts_for($2, r.beneficiary_id, $3::text[]) AS may FROM retirement r WHERE r.number = $1",
        number.strip().upper(), by, _NAMING,
    )  # fmt: skip
    if row is None:
        raise RetirementUnknown
    if not row["may"]:
        raise NamingForbidden
    return row["number"], (await find_naming([row["number"]])).get(row["number"])


async def find_naming(numbers: Sequence[str], *, tx: Tx | None = None) -> dict[str, bool]:
    """What was said last of each of these printed numbers: agreed or objected; absent where nobody said anything."""
    rows = await fetch(
        "SELECT DISTINCT ON (r.id) r.number, n.agrees FROM retirement r JOIN retirement_naming n ON n.retirement_id = r.id"
        " WHERE r.number = ANY($1::text[]) ORDER BY r.id, n.id DESC",
        list(numbers), tx=tx,
    )  # fmt: skip
    return {row["number"]: row["agrees"] for row in rows}
