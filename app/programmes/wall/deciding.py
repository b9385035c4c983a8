"""Whoever looks after a scene decides about names and pictures on its screens; each decision is written down with its person.

The platform's own decision about a name or a picture stands above: what it refused is shown nowhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app.foundation import audit, avatars
from app.foundation.identity import Keyring
from app.foundation.moderation import CheckState
from app.gateways.database import Row, Tx, fetch, fetch_one, fetch_value, transaction
from app.programmes.wall.errors import PictureUnknown, TurnUnknown
from app.programmes.wall.faces import AGREES, decisions
from app.programmes.wall.names import names_of
from app.programmes.wall.rules import Because, Moderation, PictureState
from app.programmes.wall.waking import nudge

WAITING_MOST: Final = 50
"""Turns on the page of what waits, the oldest first."""


async def release_turn(turn_id: int, scene_id: int, *, by: UUID) -> bool:
    """A turn of this scene may be shown; whether it waited for that. Whoever asks has been admitted.

    Raises:
        TurnUnknown: it is none of this scene.
    """
    async with transaction() as tx:
        turn = await _turn(turn_id, scene_id, tx)
        done = bool(await fetch("SELECT wall.release($1)", [turn["cause"]], tx=tx))
        if done:
            await _note("screen_turn.released", turn, before=turn["moderation"], after=Moderation.SHOWN, by=by, tx=tx)
    nudge()
    return done


async def hide_turn(turn_id: int, scene_id: int, *, by: UUID, because: Because = Because.HIDDEN) -> bool:
    """Take a turn of this scene off every screen, or out of the line, for good; whether this did it.

    Raises:
        TurnUnknown: it is none of this scene.
    """
    async with transaction() as tx:
        turn = await _turn(turn_id, scene_id, tx)
        done = bool(await fetch_value("SELECT wall.hide($1, $2)", turn["cause"], because.value, tx=tx))
        if done:
            await _note("screen_turn.hidden", turn, before=turn["moderation"], after=because, by=by, tx=tx)
    nudge()
    return done


async def decide_picture(turn_id: int, scene_id: int, digest: bytes, state: PictureState, *, by: UUID) -> bool:
    """Show or hide the picture with this digest on the screens of this scene; whether that changed anything.

    The last word counts, and it can be taken back. The person stays on the screen, with the default picture.

    Raises:
        TurnUnknown: it is none of this scene.
        PictureUnknown: its person has another picture by now, none, or has not agreed that it is shown.
    """
    async with transaction() as tx:
        turn = await _turn(turn_id, scene_id, tx)
        kept = (await avatars.kept_of([turn["person_id"]])).get(turn["person_id"])
        if kept is None or kept.digest != digest or not turn["agrees_picture"]:
            raise PictureUnknown
        done = bool(
            await fetch_value(
                "SELECT wall.decide_picture($1, $2, $3, $4, $5)",
                scene_id,
                turn["person_id"],
                digest,
                state.value,
                by,
                tx=tx,
            )
        )
        if done:
            await _note(f"screen_picture.{state.value}", turn, before=None, after=state, by=by, tx=tx)
    return done


async def fetch_picture(turn_id: int, scene_id: int, *, keyring: Keyring) -> bytes | None:
    """The picture of a turn's person for whoever decides about it; None where there is none, or they did not agree."""
    turn = await _turn(turn_id, scene_id, None)
    return await avatars.fetch_own(turn["person_id"], keyring=keyring) if turn["agrees_picture"] else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A name or a picture of somebody that waits for whoever looks after the scene."""

    turn_id: int
    scenario_id: UUID
    no: int
    name: str | None
    is_name_waiting: bool
    picture: bytes | None
    """The digest of the picture, where that waits."""
    asked_at: datetime


async def list_waiting(scenario_ids: Sequence[UUID], *, keyring: Keyring) -> list[Waiting]:
    """What waits in these scenes, the oldest first: names of turns that wait, and pictures that neither the platform nor
    anybody of the scene has decided about, of turns that are still to come or ended within the hour."""
    rows = await fetch(
        f"SELECT t.id, t.scene_id, t.no, t.person_id, t.moderation, t.asked_at, w.scenario_id, c.name_sealed, {AGREES}"
        " FROM wall_turn t JOIN wall_scene w ON w.id = t.scene_id AND w.is_open JOIN certificate c ON c.id = t.certificate_id"
        " WHERE w.scenario_id = ANY($1::uuid[]) AND t.moderation <> 'hidden'"
        " AND (t.show_to IS NULL OR t.show_to > clock_timestamp() - interval '1 h') ORDER BY t.id LIMIT 1000",
        list(scenario_ids),
    )
    waiting = await _pictures(rows)
    found = [row for row in rows if row["moderation"] == Moderation.WAITING or row["id"] in waiting][:WAITING_MOST]
    names = await names_of(found, keyring)
    return [
        Waiting(
            turn_id=row["id"],
            scenario_id=row["scenario_id"],
            no=row["no"],
            name=name,
            is_name_waiting=row["moderation"] == Moderation.WAITING,
            picture=waiting.get(row["id"]),
            asked_at=row["asked_at"],
        )
        for row, name in zip(found, names, strict=True)
    ]


async def _pictures(rows: Sequence[Row]) -> dict[int, bytes]:
    kept = await avatars.kept_of([row["person_id"] for row in rows if row["agrees_picture"]])
    decided = await decisions(list(kept))
    return {
        row["id"]: one.digest
        for row in rows
        if row["agrees_picture"]
        and (one := kept.get(row["person_id"]))
        and one.state is CheckState.WAITING
        and (row["scene_id"], row["person_id"], one.digest) not in decided
    }


async def _turn(turn_id: int, scene_id: int, tx: Tx | None) -> Row:
    row = await fetch_one(
        f"SELECT t.id, t.cause, t.person_id, t.moderation, {AGREES} FROM wall_turn t WHERE t.id = $1 AND t.scene_id = $2",
        turn_id, scene_id, tx=tx,
    )  # fmt: skip
    if row is None:
        raise TurnUnknown
    return row


async def _note(action: str, turn: Row, *, before: str | None, after: str, by: UUID, tx: Tx) -> None:
    await audit.record(
        action,
        f"turn {turn['id']}",
        before={"state": before} if before else None,
        after={"state": str(after)},
        by=by,
        tx=tx,
    )
