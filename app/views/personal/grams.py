"""Where a person's grams are (我的克在哪里): project, place, serial, range and state upstream, of all retired and held."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app import certificates, scenarios
from app.certificates.rules import Cut, serials_of
from app.foundation import identity
from app.kernel import ids
from app.kernel.text import Language
from app.registry import cancellations, credits, holdings, retirements
from app.registry.cancellations import Span, UpstreamState
from app.registry.credits import LotFacts
from app.views import estimates

PIECE: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LotShown:
    """A lot in the reader's words."""

    code: str
    programme: str
    project: str
    project_number: str
    place: str
    vintage: str
    serial: str
    """Byte for byte as the registry wrote it, of the whole lot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectShare:
    """What was retired for one of one project and vintage."""

    lot: LotShown
    count: int
    mass_g: int
    share: float
    """Of all that was retired for one, 0 to 1; for the bar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeShown:
    """A run of grams [start_g, stop_g) of a lot that was retired for one."""

    id: int
    lot: LotShown
    tonnes: str
    """The registry's numbers of the tonnes they lie in: `#113`, `#113 – #115`."""
    start_g: int
    stop_g: int
    title: str
    number: str
    """Of the retirement."""
    at: datetime
    upstream: UpstreamState
    cancelled_g: int
    """Of them cancelled at the registry as well, with proof."""
    url: str | None
    """Of the certificate; None while it is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldShown:
    """Grams of a lot that one holds: theirs, and not retired. They have a range once they are."""

    lot: LotShown
    mass_g: int


async def projects_of(person_id: UUID, language: Language, *, year: int | None = None) -> list[ProjectShare]:
    """The lots that a person's retirements came from, the most grams first; two queries."""
    rows = await retirements.lots_of(person_id, year=year)
    lots = await credits.describe_lots([one.lot_id for one in rows]) if rows else {}
    whole_g = sum(one.mass_g for one in rows)
    return [
        ProjectShare(
            lot=_lot(lots[one.lot_id], language), count=one.count, mass_g=one.mass_g, share=one.mass_g / whole_g
        )
        for one in rows
    ]


async def ranges_of(
    person_id: UUID, language: Language, *, limit: int = PIECE, after: int | None = None
) -> list[RangeShown]:
    """Every range that was retired for a person, the latest first, from after (older than) `after` on."""
    rows = await retirements.slices_of(person_id, limit=limit, after=after)
    if not rows:
        return []
    lots = await credits.describe_lots([one.lot_id for one in rows])
    covers = await cancellations.cover([Span(lots[one.lot_id].code, one.start_g, one.stop_g) for one in rows])
    scenes = await scenarios.find_many([one.scenario_id for one in rows], today=estimates.today())
    papers = await certificates.of_causes([one.cause for one in rows])
    return [
        RangeShown(
            id=one.id,
            lot=_lot(lots[one.lot_id], language),
            tonnes=serials_of(Cut(lot=lots[one.lot_id], start_g=one.start_g, stop_g=one.stop_g)),
            start_g=one.start_g,
            stop_g=one.stop_g,
            title=scenes[one.scenario_id].title.in_(language),
            number=one.number,
            at=one.settled_at,
            upstream=cover.state,
            cancelled_g=cover.covered_g,
            url=f"/c/{ids.public('crt', papers[one.cause])}" if one.cause in papers else None,
        )
        for one, cover in zip(rows, covers, strict=True)
    ]


async def held_of(person_id: UUID, language: Language) -> list[HeldShown]:
    """What a person's own account holds, by lot."""
    accounts = [holdings.Account.person(one) for one in await identity.links.same_persons(person_id)]
    found: Sequence[holdings.Holding] = [one for each in accounts for one in await holdings.balances(each)]
    lots = await credits.describe_lots([one.lot_id for one in found]) if found else {}
    return [HeldShown(lot=_lot(lots[one.lot_id], language), mass_g=one.mass_g) for one in found]


def _lot(facts: LotFacts, language: Language) -> LotShown:
    years = sorted({facts.vintage_start.year, facts.vintage_end.year})
    letters = facts.programme.short.in_(language)
    return LotShown(
        code=facts.code,
        programme=letters,
        project=facts.project.in_(language),
        project_number=facts.project_number,
        place=facts.place.in_(language),
        vintage="–".join(map(str, years)),
        serial=facts.serial_raw,
    )
