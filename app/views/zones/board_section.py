"""What donations tell on the zone's own page: how much was given, the first places of the board, and the way to give."""

from dataclasses import dataclass
from typing import ClassVar, Final

from app.foundation import identity
from app.kernel.text import Language, Text
from app.programmes import donations
from app.programmes.donations import Shown
from app.programmes.zones import GiverKind, Zone
from app.views.zones.page import Figure
from app.views.zones.slot_shapes import Action, Given, Place

_PLACES_SHOWN: Final = 5
_GIVE: Final = Text(zh="企业捐赠碳信用", en="Donate as a company")


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardSection:
    """The first places, and the way to all of it."""

    template: ClassVar[str] = "public/board_section.html"
    place: ClassVar[Place] = "before"

    title: str
    url: str
    places: tuple[tuple[int, str, Figure], ...]


async def section(zone: Zone, language: Language) -> BoardSection | None:
    """The board of organisations; None where the zone has none."""
    board = next((one for one in await donations.boards_of(zone.id) if one.giver_kind is GiverKind.ORGANISATION), None)
    if board is None:
        return None
    rows = board.rows[:_PLACES_SHOWN]
    cards = await identity.introduce({row.donor_id for row in rows})
    definition = zone.document.board(board.code)
    return BoardSection(
        title=definition.title.in_(language) if definition else "",
        url=f"/z/{zone.slug}/board",
        places=tuple(
            (
                row.place,
                ((cards[row.donor_id].name if row.shown_as is Shown.NAME else None) or board.anonymous).in_(language),
                Figure.of(row.mass_g),
            )
            for row in rows
        ),
    )


async def given(zone: Zone) -> Given:
    """What was given to it."""
    figures = await donations.neutrality(zone)
    return Given(
        mass_g=figures.donated_g,
        givers=await donations.count_donors(zone.id),
        retired_g=figures.donors_g,
        guests_g=figures.guests_g,
    )


async def action(zone: Zone, language: Language) -> Action | None:
    """The way to the give page."""
    return Action(f"/organiser/donations/{zone.slug}", _GIVE.in_(language))
