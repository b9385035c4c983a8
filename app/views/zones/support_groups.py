"""Support in its own unit (其他支持) as pages, JSON, sheet and report tell it: by kind and unit, each with its sum."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import ClassVar, Final
from uuid import UUID

from app.foundation import identity
from app.kernel.text import Language, Text
from app.programmes import donations
from app.programmes.donations import Quantity, Shown, Support, SupportKind
from app.programmes.zones import Zone
from app.views.zones.slot_shapes import Place

UNNAMED: Final = Text(zh="一位不留名的支持者", en="A supporter who stays unnamed")
_SHOWN: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportLine:
    """What one donor gave."""

    donor: Text
    is_anonymous: bool
    told: Text
    quantity: Quantity
    received_on: date
    document_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportGroup:
    """All of one kind in one unit: only these are added up."""

    kind: SupportKind
    total: Quantity
    lines: tuple[SupportLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportSection:
    """The sums on the zone's own page, and the first lines of each."""

    template: ClassVar[str] = "public/support_section.html"
    place: ClassVar[Place] = "after"

    groups: tuple["ShownGroup", ...]
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLine:
    """The same in the reader's language."""

    donor: str
    told: str
    quantity: str
    received_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownGroup:
    """The same in the reader's language."""

    kind: str
    total: str
    lines: tuple[ShownLine, ...]


async def section(zone: Zone, language: Language) -> SupportSection | None:
    """What was given to the zone in other units; None where nothing was."""
    groups = shown(await read_support(zone.id), language, most=_SHOWN)
    return SupportSection(groups=groups, url=f"/z/{zone.slug}/board#support") if groups else None


def shown(groups: Sequence[SupportGroup], language: Language, *, most: int | None = None) -> tuple[ShownGroup, ...]:
    """As a page shows them, of each group at most so many lines."""
    return tuple(
        ShownGroup(
            kind=group.kind.text.in_(language),
            total=group.total.text.in_(language),
            lines=tuple(
                ShownLine(
                    donor=line.donor.in_(language),
                    told=line.told.in_(language),
                    quantity=line.quantity.text.in_(language),
                    received_on=line.received_on,
                )
                for line in group.lines[:most]
            ),
        )
        for group in groups
    )


async def read_support(zone_id: UUID) -> tuple[SupportGroup, ...]:
    """All of it, by kind and unit, the most first."""
    return await grouped(await donations.list_support(zone_id=zone_id))


async def grouped(found: Sequence[Support]) -> tuple[SupportGroup, ...]:
    """These by kind and unit, in the order given; by name only who said so."""
    named = {one.donor_id for one in found if one.shown_as is Shown.NAME}
    cards = await identity.introduce(named) if named else {}
    names = {id_: card.name for id_, card in cards.items() if card.name is not None}
    groups = []
    for (kind, unit), rows in groupby(found, key=lambda one: (one.kind, one.quantity.unit)):
        lines = tuple(_line(one, names.get(one.donor_id) if one.shown_as is Shown.NAME else None) for one in rows)
        total = Quantity(number=sum(line.quantity.number for line in lines), unit=unit)
        groups.append(SupportGroup(kind=kind, total=total, lines=lines))
    return tuple(groups)


def _line(one: Support, name: Text | None) -> SupportLine:
    return SupportLine(
        donor=name or UNNAMED,
        is_anonymous=name is None,
        told=one.told,
        quantity=one.quantity,
        received_on=one.received_on,
        document_sha256=one.document_sha256.hex(),
    )
