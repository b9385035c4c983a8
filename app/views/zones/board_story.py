"""The boards of a zone and its neutrality, put together once for page, JSON and the zone's own page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final, Protocol
from uuid import UUID

from markupsafe import Markup

from app.certificates import NAME_PURPOSE
from app.certificates.rules import masked
from app.foundation import consents, identity
from app.foundation.consents import ConsentPurpose, ConsentTexts
from app.foundation.identity import Keyring
from app.kernel.clock import beijing_day
from app.kernel.drawing import ring_svg
from app.kernel.text import Language, Text
from app.programmes import donations, zones
from app.programmes.donations import Board, BoardRow, Donation, Neutrality, Shown, Stage, percent_text
from app.programmes.zones import Backdrop, Zone
from app.registry import books, credits, retirements
from app.registry.credits import LotFacts
from app.views.zones import support_groups
from app.views.zones.board_page import BoardCard, BoardPage, BoardStep, PlaceLine
from app.views.zones.page import Coverage, Figure, Stated
from app.views.zones.support_groups import SupportGroup
from app.views.zones.zone_story import backdrop

_BAR: Final = 200
_BAR_LEAST: Final = 8
_CHECK: Final = "donation_boards"


class NameServices(Protocol):
    """What a person's name is read with."""

    @property
    def keyring(self) -> Keyring:
        """Opens it."""
        ...

    @property
    def consents(self) -> ConsentTexts:
        """What they agreed to."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardStory:
    """What is known of a zone's boards now."""

    zone: Zone
    boards: tuple[Board, ...]
    names: Mapping[tuple[UUID, Shown], Text]
    """As each row is shown, of those that are shown by name."""
    donations: tuple[Donation, ...]
    credits: Mapping[UUID, tuple[LotFacts, ...]]
    """The lots of each donation."""
    neutrality: Neutrality
    compared_at: datetime | None
    is_agreeing: bool
    ranges: int
    agreed: frozenset[UUID]
    """The intents whose agreement is kept."""
    support: tuple[SupportGroup, ...]

    @property
    def retired_by(self) -> str | None:
        """The number of the last retirement of the account; None while something that was given is not retired."""
        done = [one.retirement_number for one in self.donations if one.retired_at is not None]
        return done[-1] if done and len(done) == len(self.donations) else None


async def read(slug: str, services: NameServices) -> BoardStory:
    """The boards of a zone with all that is told beside them.

    A person is shown by the first letter of their name, while they agree to it.

    Raises:
        ZoneUnknown: there is none.
    """
    zone = await zones.find(slug)
    boards = await donations.boards_of(zone.id)
    given = await donations.list_of_zone(zone.id)
    lots_of = await donations.lots_of([one.id for one in given])
    lots = await credits.describe_lots([lot_id for of in lots_of.values() for lot_id, _ in of])
    as_of, is_agreeing = await _compared()
    numbers = {one.retirement_id for one in given if one.retirement_id is not None}
    settled = await retirements.find_settled(list(numbers)) if numbers else []
    return BoardStory(
        zone=zone,
        boards=tuple(boards),
        names=await shown_names(
            [row for board in boards for row in board.rows], keyring=services.keyring, texts=services.consents
        ),
        donations=tuple(given),
        credits={id_: tuple(lots[lot_id] for lot_id, _ in of) for id_, of in lots_of.items()},
        neutrality=await donations.neutrality(zone),
        compared_at=as_of,
        is_agreeing=is_agreeing,
        ranges=sum(len(one.slices) for one in settled),
        agreed=await donations.agreed([one.intent_id for one in given if one.intent_id is not None]),
        support=await support_groups.read_support(zone.id),
    )


def page(story: BoardStory, language: Language, *, sandbox: bool, origin: str) -> BoardPage:
    """The page in the reader's language."""
    zone, figures, document = story.zone, story.neutrality, story.zone.document
    retired = [one.retired_at for one in story.donations if one.retired_at is not None]
    is_retired = bool(retired) and len(retired) == len(story.donations)
    return BoardPage(
        here=f"/z/{zone.slug}/board",
        sandbox=sandbox,
        origin=origin,
        slug=zone.slug,
        accent=document.theme.accent.value,
        zone_title=document.name.in_(language),
        given=Figure.of(figures.donated_g),
        givers=len({one.donor_id for one in story.donations}),
        steps=_steps(story, is_retired=is_retired),
        retired_at=max(retired) if is_retired else None,
        retirement_number=story.retired_by,
        ranges=story.ranges,
        boards=tuple(_card(story, board, language) for board in story.boards),
        emissions=_stated(zone, "emissions", language),
        reductions=_stated(zone, "reductions", language),
        coverage=_coverage(figures),
        coverage_with_guests=_with_guests(figures),
        guests=Figure.of(figures.guests_g),
        organiser=Figure.of(figures.organiser_g) if figures.organiser_g else None,
        compared_at=story.compared_at,
        is_agreeing=story.is_agreeing,
        support=support_groups.shown(story.support, language),
        ring=_ring(zone.slug, min(1000, figures.permille or 1000) if figures.donated_g else 0),
        landscape=backdrop(zone.slug) if document.theme.backdrop is Backdrop.HILLS else None,
    )


def _steps(story: BoardStory, *, is_retired: bool) -> tuple[BoardStep, ...]:
    """A step that some took and others did not is not said of all."""
    given = story.donations
    meant = [one.intent_id for one in given if one.intent_id is not None]
    before = []
    if given and len(meant) == len(given):
        before.append(BoardStep(Stage.INTENT, is_taken=True))
        if set(meant) <= story.agreed:
            before.append(BoardStep(Stage.AGREED, is_taken=True))
    return (
        *before,
        BoardStep(Stage.TRANSFERRED, is_taken=bool(given)),
        BoardStep(Stage.RETIRED, is_taken=is_retired),
    )


@lru_cache(maxsize=64)
def _ring(seed: str, filled: int) -> Markup:
    """The zone's ring with room for a figure in its middle, filled to a tenth of a per cent."""
    return Markup(ring_svg(seed, use="poster", progress=filled / 1000))  # noqa: S704 - drawn by us from a digest


def shown_name(story: BoardStory, board: Board, row: BoardRow, language: Language) -> str:
    """A donor as the board has them."""
    name = story.names.get((row.donor_id, row.shown_as))
    return (name or board.anonymous).in_(language)


def _card(story: BoardStory, board: Board, language: Language) -> BoardCard:
    definition = story.zone.document.board(board.code)
    most = max((row.mass_g for row in board.rows), default=1)
    return BoardCard(
        title=definition.title.in_(language) if definition else "",
        version=board.version,
        since=board.since,
        minimum=Figure.of(board.minimum_g) if board.minimum_g > 1 else None,
        places=tuple(
            PlaceLine(
                place=row.place,
                name=shown_name(story, board, row, language),
                figure=Figure.of(row.mass_g),
                width=max(_BAR_LEAST, _BAR * row.mass_g // most),
                given_on=beijing_day(row.reached_at),
                donations=row.donations,
                credits=_credits(story, row, language),
            )
            for row in board.rows
        ),
    )


def _credits(story: BoardStory, row: BoardRow, language: Language) -> str:
    """The first project, and of how many more."""
    lots = {
        lot.id: lot
        for one in story.donations
        if one.donor_id == row.donor_id and one.shown_as is row.shown_as
        for lot in story.credits.get(one.id, ())
    }
    found = list(dict.fromkeys((lot.programme.short.in_(language), lot.project.in_(language)) for lot in lots.values()))
    if not found:
        return ""
    more = f" +{len(found) - 1}" if len(found) > 1 else ""
    return " · ".join(found[0]) + more


def _stated(zone: Zone, what: str, language: Language) -> Stated | None:
    stated = getattr(zone.document, what)
    if stated is None:
        return None
    return Stated(figure=Figure.of(stated.mass_g), source=stated.source.in_(language), stated_on=stated.stated_on)


def _coverage(figures: Neutrality) -> Coverage | None:
    if figures.emission_g is None or not figures.emission_g:
        return None
    covered = _covered_g(figures)
    tenths = donations.permille(covered, figures.emission_g)
    assert tenths is not None
    filled = min(100, 100 * figures.emission_g // covered) if covered > figures.emission_g else tenths // 10
    return Coverage(
        percent=percent_text(tenths), filled=filled, over=100 - filled if covered > figures.emission_g else 0
    )


def _with_guests(figures: Neutrality) -> str | None:
    """The same beside what guests retired for their own ways."""
    tenths = donations.permille(_covered_g(figures) + figures.guests_g, figures.emission_g or 0)
    return percent_text(tenths) if tenths is not None else None


def _covered_g(figures: Neutrality) -> int:
    """What was given and what the organiser retired; of what is given and not retired yet the page says so."""
    return figures.donated_g + figures.organiser_g


async def shown_names(
    rows: Sequence[BoardRow], *, keyring: Keyring, texts: ConsentTexts
) -> dict[tuple[UUID, Shown], Text]:
    """The names of those rows that are shown by name; of a person only while they agree, and their first letter alone."""
    named = [row for row in rows if row.shown_as is Shown.NAME]
    cards = await identity.introduce({row.donor_id for row in named}) if named else {}
    people = [row for row in named if cards[row.donor_id].name is None and row.name_sealed is not None]
    agreed = (
        await consents.status_of_many([row.donor_id for row in people], ConsentPurpose.BOARD, texts=texts)
        if people
        else {}
    )
    people = [row for row in people if agreed[row.donor_id].is_given]
    plain = await identity.unseal_many(
        [(row.donor_id, row.name_sealed or b"") for row in people], purpose=NAME_PURPOSE, keyring=keyring
    )
    found = {(row.donor_id, row.shown_as): card.name for row in named if (card := cards[row.donor_id]).name is not None}
    for row, name in zip(people, plain, strict=True):
        if name:
            found[row.donor_id, row.shown_as] = Text(zh=masked(name), en=masked(name))
    return found


async def _compared() -> tuple[datetime | None, bool]:
    """When the boards were last compared with the ledger, and whether they agreed."""
    told = await books.status()
    proof = told.proof if told is not None else None
    mine = next((one for one in proof.checked if one.check == _CHECK), None) if proof is not None else None
    return (proof.finished_at, mine.is_ok) if proof is not None and mine is not None else (None, True)
