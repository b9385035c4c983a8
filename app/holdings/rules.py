"""Who may hold grams, and which lots give them. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from app.credits.rules import Programme
from app.holdings.errors import HolderUnfit

_ZONE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class HolderKind(StrEnum):
    """Who may hold grams (持有方)."""

    PLATFORM = "platform"
    """Our own stock, from which is sold."""
    ORGANISATION = "org"
    """A company, an association: bought ahead, gives away, retires."""
    ZONE = "zone"
    """A pool that many draw on: gifts, an event, a zone."""
    PERSON = "person"
    """Somebody, by their random id."""


@dataclass(frozen=True, slots=True)
class Holder:
    """One holder; `str()` is its name in the books: `platform`, `org:<uuid>`, `zone:<id>`, `person:<uuid>`."""

    kind: HolderKind
    id: str = ""

    @classmethod
    def person(cls, id_: UUID) -> Self:
        """A person."""
        return cls(HolderKind.PERSON, str(id_))

    @classmethod
    def organisation(cls, id_: UUID) -> Self:
        """An organisation."""
        return cls(HolderKind.ORGANISATION, str(id_))

    @classmethod
    def zone(cls, id_: str | UUID) -> Self:
        """A pool: small letters, digits and hyphens, at most 40.

        Raises:
            HolderUnfit: the id has another form.
        """
        if not _ZONE.fullmatch(str(id_)):
            raise HolderUnfit(holder=f"zone:{id_}")
        return cls(HolderKind.ZONE, str(id_))

    @classmethod
    def read(cls, name: str) -> Self:
        """The holder of a name in the books.

        Raises:
            HolderUnfit: nobody can have that name.
        """
        kind, _, id_ = name.partition(":")
        match kind:
            case HolderKind.PLATFORM if name == kind:
                return cls(HolderKind.PLATFORM)
            case HolderKind.ZONE:
                return cls.zone(id_)
            case HolderKind.ORGANISATION | HolderKind.PERSON if _is_uuid(id_):
                return cls(HolderKind(kind), id_)
        raise HolderUnfit(holder=name)

    def account(self, lot_id: int) -> str:
        """The ledger's path for what this holder has of a lot; SQL says the same (`holdings.account`)."""
        return f"inventory:{lot_id}" if self.kind is HolderKind.PLATFORM else f"held:{self}:{lot_id}"

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.id}" if self.id else self.kind.value


PLATFORM: Final = Holder(HolderKind.PLATFORM)


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
