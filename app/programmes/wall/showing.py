"""What screens show, what they are told, and how somebody's turn stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.foundation.identity import Keyring
from app.gateways.database import Row, fetch, fetch_as, fetch_one, fetch_value
from app.programmes.wall.faces import AGREES, faces_of
from app.programmes.wall.names import names_of
from app.programmes.wall.rules import AWAY_AFTER_S, Because, Moderation, Shown, Standing, expected_wait_s

LATEST: Final = 8
"""People of the last minutes, who pass at the foot of the screen."""

_PERSON: Final = f"t.id, t.no, t.scene_id, t.person_id, {AGREES}, c.name_sealed, r.mass_g"
_OF: Final = (
    " JOIN certificate c ON c.id = t.certificate_id JOIN retirement r ON r.id = c.retirement_id"
    " WHERE t.moderation = 'shown' AND t.show_from IS NOT NULL AND "
)
_SHOWN: Final = f"SELECT {_PERSON}, t.slot, t.slots, t.show_from, t.show_to FROM wall_turn t{_OF}"
_PHOTOS: Final = (
    f"SELECT {_PERSON}, 1 AS slot, 1 AS slots, p.show_from, p.show_to, p.event_id"
    f" FROM wall_photo p JOIN wall_turn t ON t.id = p.turn_id{_OF}"
)


async def read_turns(turn_ids: Sequence[int], *, keyring: Keyring) -> dict[int, Shown]:
    """What screens show of these turns, by id; one that was hidden meanwhile, or waits again, is absent."""
    return {one.id: one for one in await _shown(f"{_SHOWN} t.id = ANY($1::bigint[])", list(turn_ids), keyring=keyring)}


async def _shown(sql: str, *values: object, keyring: Keyring) -> list[Shown]:
    return await _opened(await fetch(sql, *values), keyring)


async def read_photos(event_ids: Sequence[int], *, keyring: Keyring) -> dict[int, Shown]:
    """The photo moments that these events tell, by event: the turn with the times at which it is shown once more."""
    rows = await fetch(f"{_PHOTOS} p.event_id = ANY($1::bigint[])", list(event_ids))
    return dict(zip([row["event_id"] for row in rows], await _opened(rows, keyring), strict=True))


async def _opened(rows: Sequence[Row], keyring: Keyring) -> list[Shown]:
    names, faces = await names_of(rows, keyring), await faces_of(rows)
    return [
        Shown(
            id=row["id"],
            no=row["no"],
            person_id=row["person_id"],
            name=name,
            face=face,
            mass_g=row["mass_g"],
            slot=row["slot"],
            slots=row["slots"],
            show_from=row["show_from"],
            show_to=row["show_to"],
        )
        for row, name, face in zip(rows, names, faces, strict=True)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything a screen needs that was not there before."""

    now: datetime
    """PostgreSQL's clock."""
    cursor: int
    """Of the last event that this contains; the stream goes on from it."""
    turns: tuple[Shown, ...]
    """On the screen or about to be, in the order of their times; and before them the latest that are over."""
    photos: tuple[Shown, ...]
    """In the photo slot now, or about to be."""
    waiting: int
    turn_s: int
    wait_s: int


async def snapshot(scene_id: int, *, keyring: Keyring) -> Snapshot:
    """What a screen that was just switched on shows. The number is read first: what happens meanwhile is told again."""
    row = await fetch_one(
        "SELECT clock_timestamp() AS now, w.turn_s, w.wait_s,"
        " (SELECT coalesce(max(e.id), 0) FROM wall_event e WHERE e.scene_id = w.id) AS cursor,"
        " (SELECT count(*) FROM wall_turn t WHERE t.scene_id = w.id AND t.moderation = 'shown' AND t.show_from IS NULL)"
        " AS waiting FROM wall_scene w WHERE w.id = $1",
        scene_id,
    )  # fmt: skip
    assert row is not None
    turns = await _shown(
        f"{_SHOWN} t.scene_id = $1 AND (t.show_to > $2 OR t.id IN (SELECT l.id FROM wall_turn l WHERE l.scene_id = $1"
        " AND l.moderation = 'shown' AND l.show_to <= $2 ORDER BY l.show_from DESC LIMIT $3)) ORDER BY t.show_from, t.slot",
        scene_id, row["now"], LATEST, keyring=keyring,
    )  # fmt: skip
    photos = await _shown(
        f"{_PHOTOS} p.scene_id = $1 AND p.show_to > $2 ORDER BY p.show_from", scene_id, row["now"], keyring=keyring
    )
    return Snapshot(turns=tuple(turns), photos=tuple(photos), **row)


async def standing(cause: str) -> Standing:
    """How a certificate stands to its scene's screen, for whoever holds it: the door asks that."""
    row = await fetch_one(
        "SELECT t.id, t.no, t.moderation, t.hidden_because, t.show_from, t.show_to, clock_timestamp() AS now, t.scene_id,"
        " w.seen_at, w.turn_s FROM wall_turn t JOIN wall_scene w ON w.id = t.scene_id WHERE t.cause = $1",
        cause,
    )  # fmt: skip
    if row is None:
        return Standing(moderation=None)
    ahead, wait_s = 0, None
    if row["moderation"] == Moderation.SHOWN and row["show_from"] is None:
        ahead, wait_s = await _line(row)
    elif row["show_from"] is not None and row["show_from"] > row["now"]:
        ahead, wait_s = 0, max(1, round((row["show_from"] - row["now"]).total_seconds()))
    return Standing(
        moderation=Moderation(row["moderation"]),
        because=Because(row["hidden_because"]) if row["hidden_because"] else None,
        no=row["no"],
        ahead=ahead,
        wait_s=wait_s,
        show_from=row["show_from"],
        show_to=row["show_to"],
        now=row["now"],
    )


async def _line(row: Row) -> tuple[int, int | None]:
    """Who is before a turn that waits, and about how long it takes; None while no screen is on."""
    line = await fetch_one(
        "SELECT count(*) FILTER (WHERE id < $2) AS ahead, wall.slots_now($1) AS slots FROM wall_turn"
        " WHERE scene_id = $1 AND moderation = 'shown' AND show_from IS NULL",
        row["scene_id"], row["id"],
    )  # fmt: skip
    busy = await fetch(
        "SELECT slot, extract(epoch FROM max(show_to) - clock_timestamp())::float8 AS free_s FROM wall_turn"
        " WHERE scene_id = $1 AND moderation = 'shown' AND show_to > clock_timestamp() GROUP BY slot",
        row["scene_id"],
    )  # fmt: skip
    assert line is not None
    known = {one["slot"]: one["free_s"] for one in busy}
    if row["seen_at"] is None or (row["now"] - row["seen_at"]).total_seconds() > AWAY_AFTER_S:
        return line["ahead"], None
    free_s = [known.get(slot, 0.0) for slot in range(1, line["slots"] + 1)]
    return line["ahead"], expected_wait_s(line["ahead"], free_s=free_s, turn_s=row["turn_s"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One event of a scene."""

    event_id: int
    scene_id: int
    kind: str
    turn_id: int


async def follow(cursors: dict[int, int], *, version: int) -> list[Happened]:
    """Place what waits in these scenes, and tell what happened in each after its number."""
    scenes = sorted(cursors)
    return await fetch_as(
        Happened, "SELECT * FROM wall.follow($1, $2, $3)", scenes, [cursors[scene] for scene in scenes], version
    )


async def note_told(scene_id: int, event_id: int) -> None:
    """The screens of a scene were told up to this number: what was placed since then and is late is placed anew."""
    await fetch("SELECT wall.note_told($1, $2)", scene_id, event_id)


async def events_after(scene_id: int, event_id: int, *, most: int) -> list[Happened] | None:
    """What a screen missed after this number, in order; None where that is more than `most`, so that it begins anew."""
    found = await fetch_as(
        Happened,
        "SELECT id AS event_id, scene_id, kind, turn_id FROM wall_event WHERE scene_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        scene_id, event_id, most + 1,
    )  # fmt: skip
    return found if len(found) <= most else None


async def last_event(scene_id: int) -> int:
    """The number of a scene's newest event; 0 where nothing happened yet."""
    return int(await fetch_value("SELECT coalesce(max(id), 0) FROM wall_event WHERE scene_id = $1", scene_id))


async def count_waiting(scene_ids: Sequence[int]) -> tuple[datetime, dict[int, int]]:
    """PostgreSQL's clock, and how many wait in each of these scenes: one statement for all screens of a process."""
    rows = await fetch(
        "SELECT s.id, clock_timestamp() AS now, (SELECT count(*) FROM wall_turn t WHERE t.scene_id = s.id"
        " AND t.moderation = 'shown' AND t.show_from IS NULL) AS waiting FROM unnest($1::int[]) s (id)",
        list(scene_ids),
    )
    return rows[0]["now"], {row["id"]: row["waiting"] for row in rows}
