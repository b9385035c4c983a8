"""Opening accounts, and reading whose they are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
from tortoise.exceptions import BaseORMException

from app.gateways.database import Row, Tx, constraint, fetch, fetch_one
from app.kernel.ids import uuid7
from app.kernel.text import Text
from app.registry.holdings.errors import AccountTaken, AccountUnknown
from app.registry.holdings.rules import Account, AccountKind

_COLUMNS = "SELECT id, kind, owner_id, name_zh, name_en, holder, opened_at FROM account"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """An account and whose it is."""

    id: UUID
    owner_id: UUID
    """The party whose grams are in it: the holder of what is retired from it."""
    account: Account
    name: Text | None
    """Public; None: a party's holding, which has its owner's name."""
    opened_at: datetime

    @property
    def is_holding(self) -> bool:
        """Whether it is a party's own, and not a pool, a zone or an allowance."""
        return self.name is None


async def open_holding(owner_id: UUID, *, tx: Tx | None = None) -> AccountFacts:
    """The holding of a person or an organisation, opened where they have none yet.

    Whoever was linked has that of whom they were linked to.

    Raises:
        AccountUnknown: nobody has this id.
    """
    return await _open("holding", owner_id, None, None, tx=tx)


async def open_holdings(owner_ids: Iterable[UUID], *, tx: Tx) -> dict[UUID, AccountFacts]:
    """The same of several, by who was asked for, in one round trip and in one order."""
    asked = list(owner_ids)
    rows = await fetch(
        "SELECT w.id AS asked, h.* FROM holdings.open_holdings($1::uuid[]) h"
        " JOIN unnest($1::uuid[]) AS w (id) ON identity.kept_of(w.id) = h.owner_id",
        asked, tx=tx,
    )  # fmt: skip
    return {row["asked"]: _facts(row) for row in rows}


async def open_named(kind: AccountKind, slug: str, name: Text, *, owner_id: UUID, tx: Tx | None = None) -> AccountFacts:
    """A pool, a zone or an allowance of a party; a repeat answers the one that is there, under its first name.

    Raises:
        AccountUnfit: the slug has another form than small letters, digits and hyphens.
        AccountTaken: it belongs to somebody else.
        AccountUnknown: nobody has the owner's id.
    """
    account = Account.named(kind, slug)
    return await _open(account.kind.value, owner_id, account.id, name, tx=tx)


async def find_account(account_id: UUID, *, tx: Tx | None = None) -> AccountFacts:
    """An account by its id.

    Raises:
        AccountUnknown: there is none.
    """
    row = await fetch_one(f"{_COLUMNS} WHERE id = $1", account_id, tx=tx)
    if row is None:
        raise AccountUnknown
    return _facts(row)


async def find_accounts(account_ids: Iterable[UUID], *, tx: Tx | None = None) -> dict[UUID, AccountFacts]:
    """Several accounts by id; unknown ones are absent."""
    wanted = list(account_ids)
    rows = await fetch(f"{_COLUMNS} WHERE id = ANY($1::uuid[])", wanted, tx=tx) if wanted else []
    return {row["id"]: _facts(row) for row in rows}


async def accounts_of(owner_ids: Iterable[UUID]) -> list[AccountFacts]:
    """The accounts of these parties, the oldest first."""
    rows = await fetch(f"{_COLUMNS} WHERE owner_id = ANY($1::uuid[]) ORDER BY opened_at, id", list(owner_ids))
    return [_facts(row) for row in rows]


async def _open(kind: str, owner_id: UUID, slug: str | None, name: Text | None, *, tx: Tx | None) -> AccountFacts:
    try:
        row = await fetch_one(
            "SELECT * FROM holdings.open_account($1, $2, $3, $4, $5, $6)",
            uuid7(), kind, owner_id, slug, name.zh if name else None, name.en if name else None, tx=tx,
        )  # fmt: skip
    except (asyncpg.PostgresError, BaseORMException) as refusal:
        match constraint(refusal):
            case "account_holder_key":
                raise AccountTaken(account=f"{kind}:{slug}") from refusal
            case "account_owner_id_fkey":
                raise AccountUnknown(field="/owner") from refusal
        raise
    assert row is not None
    return _facts(row)


def _facts(row: Row) -> AccountFacts:
    return AccountFacts(
        id=row["id"],
        owner_id=row["owner_id"],
        account=Account.read(row["holder"]),
        name=Text(zh=row["name_zh"], en=row["name_en"]) if row["name_zh"] is not None else None,
        opened_at=row["opened_at"],
    )
