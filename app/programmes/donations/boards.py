"""Boards (特别贡献榜): read as their triggers keep them, and written anew where somebody asks."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.gateways.database import fetch, fetch_as, fetch_one
from app.kernel.text import Text
from app.programmes.donations.rules import Neutrality, Shown
from app.programmes.zones import GiverKind, Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """One place of a board."""

    place: int
    donor_id: UUID
    shown_as: Shown
    mass_g: int
    donations: int
    reached_at: datetime
    """When the last of them came."""
    name_sealed: bytes | None
    """The name that a person gave last; sealed under their key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The live definition of a board, and who stands on it."""

    id: UUID
    code: str
    version: int
    giver_kind: GiverKind
    since: date
    minimum_g: int
    anonymous: Text
    rows: tuple[BoardRow, ...]


async def boards_of(zone_id: UUID) -> list[Board]:
    """The live boards of a zone, those of organisations first, each in its order."""
    found = await fetch(
        "SELECT id, code, version, giver_kind, since, minimum_g, anonymous_zh, anonymous_en FROM donation_board"
        " WHERE zone_id = $1 AND ended_at IS NULL ORDER BY giver_kind, code",
        zone_id,
    )  # fmt: skip
    boards = []
    for row in found:
        rows = await fetch_as(
            BoardRow,
            "SELECT r.place, r.donor_id, r.shown_as, r.mass_g, r.donations, r.reached_at, ("
            "  SELECT d.name_sealed FROM donation d WHERE d.donor_id = r.donor_id AND d.zone_id = $2 AND d.shown_as = 'name'"
            "  ORDER BY d.transferred_at DESC LIMIT 1) AS name_sealed"
            " FROM donation_board_row r WHERE r.board_id = $1 ORDER BY r.place",
            row["id"], zone_id,
        )  # fmt: skip
        boards.append(
            Board(
                id=row["id"], code=row["code"], version=row["version"], giver_kind=GiverKind(row["giver_kind"]),
                since=row["since"], minimum_g=row["minimum_g"],
                anonymous=Text(zh=row["anonymous_zh"], en=row["anonymous_en"]), rows=tuple(rows),
            )
        )  # fmt: skip
    return boards


async def rebuild_boards(zone_id: UUID) -> int:
    """Write the rows of a zone's live boards, and its tallies, anew from its donations; answers how many boards."""
    await fetch("SELECT donations.rebuild_tallies($1)", zone_id)
    return len(
        await fetch(
            "SELECT donations.rebuild(b.id) FROM donation_board b WHERE b.zone_id = $1 AND b.ended_at IS NULL", zone_id
        )
    )


async def count_donors(zone_id: UUID) -> int:
    """How many have given to a zone."""
    row = await fetch_one("SELECT donors FROM donation_tally WHERE zone_id = $1", zone_id)
    return int(row["donors"]) if row is not None else 0


async def neutrality(zone: Zone) -> Neutrality:
    """What the zone's event emitted as stated, and what was retired for it, by source."""
    row = await fetch_one("SELECT * FROM donations.figures($1)", zone.id)
    assert row is not None, zone.id
    document = zone.document
    return Neutrality(
        emission_g=document.emissions.mass_g if document.emissions else None,
        reduction_g=document.reductions.mass_g if document.reductions else None,
        **row,
    )
