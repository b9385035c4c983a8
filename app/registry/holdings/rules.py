"""Who may hold grams, and which lots give them. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from app.registry.credits.rules import Programme
from app.registry.holdings.errors import AccountUnfit

_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class AccountKind(StrEnum):
    """What may hold grams (账户), as its name in the books begins."""

    PLATFORM = "platform"
    """Our own stock, from which is sold; no account of a party."""
    ORGANISATION = "org"
    """The holding of a company, an association: bought ahead, gives away, retires."""
    PERSON = "person"
    """The holding of somebody, by their random id."""
    POOL = "pool"
    """Bought ahead by a sponsor, for many who draw on it."""
    ZONE = "zone"
    """Given to a zone, which retires it for its own."""
    ALLOWANCE = "allowance"
    """Set apart by an organisation for one use of its own."""


NAMED: Final = (AccountKind.POOL, AccountKind.ZONE, AccountKind.ALLOWANCE)
"""Accounts that a party opens beside its holding, by a name of their own."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account; `str()` is its name in the books: `platform`, `org:<uuid>`, `person:<uuid>`, `pool:<slug>` …

    Whose it is its row says (`AccountFacts`); PostgreSQL lets no grams into an account that has none.
    """

    kind: AccountKind
    id: str = ""

    @classmethod
    def person(cls, id_: UUID) -> Self:
        """A person's holding."""
        return cls(AccountKind.PERSON, str(id_))

    @classmethod
    def organisation(cls, id_: UUID) -> Self:
        """An organisation's holding."""
        return cls(AccountKind.ORGANISATION, str(id_))

    @classmethod
    def named(cls, kind: AccountKind, slug: str | UUID) -> Self:
        """A pool, a zone or an allowance, by small letters, digits and hyphens, at most 40.

        Raises:
            AccountUnfit: the slug has another form, or the kind has no names.
        """
        if kind not in NAMED or not _SLUG.fullmatch(str(slug)):
            raise AccountUnfit(account=f"{kind.value}:{slug}")
        return cls(kind, str(slug))

    @classmethod
    def read(cls, name: str) -> Self:
        """The account of a name in the books.

        Raises:
            AccountUnfit: there can be none of that name.
        """
        kind, _, id_ = name.partition(":")
        match kind:
            case AccountKind.PLATFORM if name == kind:
                return cls(AccountKind.PLATFORM)
            case AccountKind.POOL | AccountKind.ZONE | AccountKind.ALLOWANCE:
                return cls.named(AccountKind(kind), id_)
            case AccountKind.ORGANISATION | AccountKind.PERSON if _is_uuid(id_):
                return cls(AccountKind(kind), id_)
        raise AccountUnfit(account=name)

    def path(self, lot_id: int) -> str:
        """The ledger's path for what this account has of a lot; SQL says the same (`holdings.account`)."""
        return f"inventory:{lot_id}" if self.kind is AccountKind.PLATFORM else f"held:{self}:{lot_id}"

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.id}" if self.id else self.kind.value


PLATFORM: Final = Account(AccountKind.PLATFORM)


@dataclass(frozen=True, slots=True)
class OpenLot:
    """A lot and the grams of it that a holder may still give."""

    id: int
    programme: Programme
    vintage_end: date
    open_g: int


@dataclass(frozen=True, slots=True)
class Portion:
    """How many grams one lot gives."""

    lot_id: int
    mass_g: int


def share_out(demand_g: int, lots: Iterable[OpenLot]) -> list[Portion]:
    """Take up to `demand_g` grams, oldest vintage first, then lowest id; less only where the lots hold less."""
    assert demand_g >= 0, demand_g
    portions: list[Portion] = []
    for lot in sorted(lots, key=lambda lot: (lot.vintage_end, lot.id)):
        taken_g = min(demand_g, lot.open_g)
        if taken_g > 0:
            portions.append(Portion(lot.id, taken_g))
            demand_g -= taken_g
    return portions


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
