"""The boards beside the people on the big screen: who gave most to the zone that the scene is in."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from app.foundation.consents import ConsentTexts
from app.foundation.identity import Keyring
from app.kernel.text import Language, Text
from app.programmes import donations, zones
from app.programmes.donations import Board, BoardRow
from app.programmes.zones import Zone
from app.views.zones.board_story import shown_names
from app.views.zones.page import Figure

ROWS_MOST: Final = 5
"""Of each board, the first."""
TURN_S: Final = 15
"""How long a board is read before the next stands there; every screen changes at the same second of the server's clock."""
Words = dict[Language, str]
"""In both languages: one stream tells screens of either."""


class WallRow(msgspec.Struct, frozen=True, kw_only=True):
    """One place."""

    place: int
    name: Words
    """An organisation's, a person's first letter, or the board's words for whoever does not want to be named."""
    mass: tuple[str, str]
    """Number and unit."""


class WallBoard(msgspec.Struct, frozen=True, kw_only=True):
    """The first places of one board."""

    title: Words
    rows: tuple[WallRow, ...]


class WallBoards(msgspec.Struct, frozen=True, kw_only=True):
    """The boards of a scene's zone that anybody stands on; none where it is in no zone."""

    boards: tuple[WallBoard, ...]


async def boards_of(scene_id: UUID, *, keyring: Keyring, texts: ConsentTexts) -> WallBoards:
    """The boards of this scene's zone, those of organisations first."""
    zone = await zones.of_scene(scene_id)
    if zone is None:
        return WallBoards(boards=())
    boards = [board for board in await donations.boards_of(zone.id) if board.rows]
    rows = [row for board in boards for row in board.rows[:ROWS_MOST]]
    names = await shown_names(rows, keyring=keyring, texts=texts)
    return WallBoards(
        boards=tuple(
            WallBoard(
                title=_words(_title(zone, board)),
                rows=tuple(
                    _row(row, names.get((row.donor_id, row.shown_as), board.anonymous))
                    for row in board.rows[:ROWS_MOST]
                ),
            )
            for board in boards
        )
    )


async def boards_of_many(scene_ids: Sequence[UUID], *, keyring: Keyring, texts: ConsentTexts) -> dict[UUID, WallBoards]:
    """The same of several scenes, for whoever tells screens."""
    return {scene_id: await boards_of(scene_id, keyring=keyring, texts=texts) for scene_id in scene_ids}


def _title(zone: Zone, board: Board) -> Text:
    definition = zone.document.board(board.code)
    return definition.title if definition else zone.document.name


def _row(row: BoardRow, name: Text) -> WallRow:
    figure = Figure.of(row.mass_g)
    return WallRow(place=row.place, name=_words(name), mass=(figure.number, figure.unit))


def _words(text: Text) -> Words:
    return {language: text.in_(language) for language in Language}
