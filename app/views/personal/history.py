"""What happened in a person's carbon account, piece by piece: figures kept, visits, retirements, gifts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from app import certificates, footprint, scenarios
from app.foundation import identity
from app.kernel import ids
from app.kernel.text import Language, Text
from app.registry import retirements
from app.views import estimates
from app.views.personal.calculator import figure_title
from app.views.personal.figures import public_id

PIECE: Final = 10


class Kind(StrEnum):
    """What of an account is shown, as its address says."""

    ALL = "all"
    """Figures and retirements. A visit stands in the row of its retirement."""
    RETIRED = "retired"
    GIFT = "gift"
    """Retired of what somebody gave."""
    EMITTED = "emitted"
    """Figures and visits."""
    PAPERS = "papers"
    """Certificates one holds, those of one's organisations among them."""


class Book(StrEnum):
    """In which book an entry stands."""

    EMITTED = "emitted"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of an account."""

    id: UUID
    """Of its row; later entries have greater ones."""
    book: Book
    is_given: bool = False
    title: str
    at: datetime | date
    mass_g: int
    giver: str | None = None
    factors: str | None = None
    """The factor set of a figure."""
    is_older: bool = False
    """A figure that a newer one of its period took the place of in the totals."""
    number: str | None = None
    """Of a retirement."""
    url: str | None = None
    """Of the figure or the certificate; None while this is written."""


async def entries_of(
    person_id: UUID,
    language: Language,
    *,
    kind: Kind = Kind.ALL,
    year: int | None = None,
    limit: int = PIECE,
    after: UUID | None = None,
) -> list[Entry]:
    """Entries, the latest first, from after (older than) `after` on; a fixed number of queries."""
    if kind is Kind.PAPERS:
        return [_paper(one, language) for one in await certificates.list_of(person_id, limit=limit, after=after)]
    found: list[Entry] = []
    if kind in {Kind.ALL, Kind.EMITTED}:
        figures = await footprint.list_figures(person_id, limit=limit, after=after, year=year)
        found += [_figure(one, language) for one in figures]
    if kind is Kind.EMITTED:
        visits = await retirements.list_visits(
            person_id, limit=limit, but_scene=scenarios.PERSONAL_ID, after=after, year=year
        )
        found += await _visits(visits, language)
    else:
        given = True if kind is Kind.GIFT else None
        rows = await retirements.list_of(person_id, limit=limit, after=after, year=year, given=given)
        found += await _retirements(rows, language)
    return sorted(found, key=lambda one: one.id, reverse=True)[:limit]


def _figure(one: footprint.FigureFacts, language: Language) -> Entry:
    return Entry(
        id=one.id,
        book=Book.EMITTED,
        title=figure_title(one, language),
        at=one.kept_at,
        mass_g=one.total_g,
        factors=one.factor_set_version,
        is_older=not one.is_newest,
        url=f"/me/footprint/{public_id(one.id)}",
    )


def _paper(one: certificates.CertificateFacts, language: Language) -> Entry:
    return Entry(
        id=one.id,
        book=Book.RETIRED,
        title=one.record["subject"][language.value],
        at=one.issued_at,
        mass_g=one.record["mass_g"],
        number=one.number,
        url=f"/c/{ids.public('crt', one.id)}",
    )


async def _visits(rows: Sequence[retirements.Visit], language: Language) -> list[Entry]:
    titles, papers = (
        await _titles([one.scenario_id for one in rows], language),
        await _papers([one.cause for one in rows]),
    )
    return [
        Entry(
            id=one.id,
            book=Book.EMITTED,
            title=titles[one.scenario_id],
            at=one.on,
            mass_g=one.emission_g,
            url=papers.get(one.cause),
        )
        for one in rows
    ]


async def _retirements(rows: Sequence[retirements.PersonRetirement], language: Language) -> list[Entry]:
    titles, papers = (
        await _titles([one.scenario_id for one in rows], language),
        await _papers([one.cause for one in rows]),
    )
    givers = {one.payer_id for one in rows if one.funding.is_given}
    cards = await identity.introduce(list(givers)) if givers else {}
    somebody = Text(zh="他人", en="somebody else")
    return [
        Entry(
            id=one.id,
            book=Book.RETIRED,
            is_given=one.funding.is_given,
            title=titles[one.scenario_id],
            at=one.settled_at,
            mass_g=one.mass_g,
            giver=(cards[one.payer_id].name or somebody).in_(language) if one.funding.is_given else None,
            number=one.number,
            url=papers.get(one.cause),
        )
        for one in rows
    ]


async def _titles(scene_ids: Sequence[UUID], language: Language) -> dict[UUID, str]:
    if not scene_ids:
        return {}
    found = await scenarios.find_many(scene_ids, today=estimates.today())
    return {id_: scene.title.in_(language) for id_, scene in found.items()}


async def _papers(causes: Sequence[str]) -> dict[str, str]:
    if not causes:
        return {}
    found = await certificates.of_causes(causes)
    return {cause: f"/c/{ids.public('crt', certificate_id)}" for cause, certificate_id in found.items()}
