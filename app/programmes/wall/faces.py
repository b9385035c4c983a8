"""The pictures that people gave of themselves, beside their names: who agreed to that, and what was decided about each."""

from collections.abc import Sequence
from uuid import UUID

from app.foundation import avatars
from app.foundation.identity import Keyring
from app.gateways.database import Row, fetch
from app.programmes.wall.rules import PICTURE_SINCE, PictureState, is_picture_shown

AGREES = f"wall.agrees(t.person_id, {PICTURE_SINCE}) AS agrees_picture"
"""For a statement whose rows `faces_of` is asked about."""


async def faces_of(rows: Sequence[Row]) -> list[bytes | None]:
    """The digest of the picture to show with each of these turns, by `scene_id`, `person_id` and `agrees_picture`."""
    willing = {row["person_id"] for row in rows if row["agrees_picture"]}
    kept = await avatars.kept_of(willing) if willing else {}
    decided = await decisions(list(kept)) if kept else {}
    return [
        one.digest
        if (one := kept.get(row["person_id"]))
        and is_picture_shown(one.state, decided.get((row["scene_id"], row["person_id"], one.digest)))
        else None
        for row in rows
    ]


async def decisions(person_ids: Sequence[UUID]) -> dict[tuple[int, UUID, bytes], PictureState]:
    """What was decided about the pictures of these people, by scene, person and digest."""
    rows = await fetch(
        "SELECT scene_id, person_id, digest, state FROM wall_picture WHERE person_id = ANY($1::uuid[])",
        list(person_ids),
    )
    return {(row["scene_id"], row["person_id"], row["digest"]): PictureState(row["state"]) for row in rows}


async def fetch_face(scene_id: int, digest: bytes, *, keyring: Keyring) -> bytes | None:
    """The bytes of a picture that screens of this scene show now; None where none of them does."""
    rows = await fetch(
        f"SELECT DISTINCT t.scene_id, t.person_id, {AGREES} FROM wall_turn t"
        " WHERE t.scene_id = $1 AND t.person_id = ANY($2::uuid[]) AND t.moderation = 'shown'",
        scene_id, await avatars.owners_of(digest),
    )  # fmt: skip
    for row, face in zip(rows, await faces_of(rows), strict=True):
        if face == digest and (data := await avatars.fetch_own(row["person_id"], keyring=keyring)) is not None:
            return data
    return None
