"""Opening the big screen of a scene, and the tokens of its screens."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app.foundation.identity import Role, demand_role
from app.gateways.database import Tx, fetch, fetch_as, fetch_one, transaction
from app.kernel.ids import uuid7
from app.programmes.wall.errors import ScreensTooMany, ScreenUnknown, WallClosed, WallUnfit
from app.programmes.wall.rules import TURN_S, WAIT_S, token_digest

SCREENS_MOST: Final = 20
"""Of a scene, at a time."""
_TOKEN_BYTES: Final = 16
_COLUMNS: Final = "w.id, w.scenario_id, w.is_open, w.is_premoderated, w.turn_s, w.wait_s, w.last_no, w.seen_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class WallScene:
    """The big screen of a scene."""

    id: int
    scenario_id: UUID
    is_open: bool
    is_premoderated: bool
    turn_s: int
    wait_s: int
    last_no: int
    """How many turns there were asked for so far."""
    seen_at: datetime | None
    """When one of its screens was last on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """A token's row; the token itself is told once, when it is made."""

    id: UUID
    label: str
    made_at: datetime
    revoked_at: datetime | None


async def open_wall(
    scenario_id: UUID, *, is_premoderated: bool = True, turn_s: int = TURN_S, wait_s: int = WAIT_S, tx: Tx | None = None
) -> WallScene:
    """Give a scene a big screen, or set that up anew; turns that have their place keep it. Whoever asks has been admitted.

    Raises:
        WallUnfit: a turn is 1 to 600 seconds, a wait 1 to 3600.
    """
    if not 1 <= turn_s <= 600:
        raise WallUnfit(field="/turn_s", problem_zh="每人 1 到 600 秒", problem_en="a turn takes 1 to 600 seconds")
    if not 1 <= wait_s <= 3600:
        raise WallUnfit(field="/wait_s", problem_zh="等候 1 到 3600 秒", problem_en="a wait takes 1 to 3600 seconds")
    (one,) = await fetch_as(
        WallScene,
        "INSERT INTO wall_scene AS w (scenario_id, is_premoderated, turn_s, wait_s) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT ON CONSTRAINT wall_scene_scenario_key DO UPDATE SET is_open = true,"
        f" is_premoderated = excluded.is_premoderated, turn_s = excluded.turn_s, wait_s = excluded.wait_s RETURNING {_COLUMNS}",
        scenario_id, is_premoderated, turn_s, wait_s, tx=tx,
    )  # fmt: skip
    return one


async def close_wall(scenario_id: UUID) -> None:
    """Take nobody in any more and place nobody; who is on the screen ends their turn. Repeated: nothing happens."""
    await fetch("UPDATE wall_scene SET is_open = false WHERE scenario_id = $1", scenario_id)


async def find_wall(scenario_id: UUID) -> WallScene | None:
    """The scene's big screen, open or closed; None where it never had one."""
    found = await fetch_as(WallScene, f"SELECT {_COLUMNS} FROM wall_scene w WHERE w.scenario_id = $1", scenario_id)
    return found[0] if found else None


async def make_screen(scenario_id: UUID, label: str, *, organisation_id: UUID, by: UUID) -> tuple[Screen, str]:
    """A new token for one screen of this scene, told this once; answers its row and the token.

    Raises:
        RoleMissing: `by` does not look after the scenes of that organisation.
        WallClosed: the scene has no big screen.
        WallUnfit: the label is empty or longer than 40 characters.
        ScreensTooMany: twenty tokens are good already.
    """
    label = " ".join(label.split())
    if not 1 <= len(label) <= 40:
        raise WallUnfit(field="/label", problem_zh="名称 1 到 40 个字", problem_en="a name has 1 to 40 characters")
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    async with transaction() as tx:
        await demand_role(by, organisation_id, Role.SPONSOR, tx=tx)
        wall = await fetch_one(
            "SELECT w.id, w.is_open FROM wall_scene w JOIN scenario s ON s.id = w.scenario_id"
            " WHERE w.scenario_id = $1 AND s.organisation_id = $2 FOR UPDATE OF w",
            scenario_id, organisation_id, tx=tx,
        )  # fmt: skip
        if wall is None or not wall["is_open"]:
            raise WallClosed
        count = await fetch_one(
            "SELECT count(*) AS good FROM wall_screen WHERE scene_id = $1 AND revoked_at IS NULL", wall["id"], tx=tx
        )
        assert count is not None
        if count["good"] >= SCREENS_MOST:
            raise ScreensTooMany(most=SCREENS_MOST)
        (one,) = await fetch_as(
            Screen,
            "INSERT INTO wall_screen (id, scene_id, label, token_sha256, made_by_id) VALUES ($1, $2, $3, $4, $5)"
            " RETURNING id, label, made_at, revoked_at",
            uuid7(), wall["id"], label, token_digest(token), by, tx=tx,
        )  # fmt: skip
    return one, token


async def revoke_screen(screen_id: UUID, scenario_id: UUID, *, organisation_id: UUID, by: UUID) -> None:
    """End a token; a screen that is on with it goes dark within seconds. Repeated: nothing happens.

    Raises:
        RoleMissing: `by` does not look after the scenes of that organisation.
        ScreenUnknown: the scene has no such screen.
    """
    async with transaction() as tx:
        await demand_role(by, organisation_id, Role.SPONSOR, tx=tx)
        row = await fetch_one(
            "SELECT n.id, n.revoked_at FROM wall_screen n JOIN wall_scene w ON w.id = n.scene_id"
            " JOIN scenario s ON s.id = w.scenario_id"
            " WHERE n.id = $1 AND w.scenario_id = $2 AND s.organisation_id = $3 FOR UPDATE OF n",
            screen_id, scenario_id, organisation_id, tx=tx,
        )  # fmt: skip
        if row is None:
            raise ScreenUnknown
        if row["revoked_at"] is None:
            await fetch(
                "UPDATE wall_screen SET revoked_at = clock_timestamp(), revoked_by_id = $2 WHERE id = $1",
                screen_id, by, tx=tx,
            )  # fmt: skip


async def screens_of(scenario_id: UUID) -> list[Screen]:
    """The screens of a scene, the newest first, ended ones last."""
    return await fetch_as(
        Screen,
        "SELECT n.id, n.label, n.made_at, n.revoked_at FROM wall_screen n JOIN wall_scene w ON w.id = n.scene_id"
        " WHERE w.scenario_id = $1 ORDER BY n.revoked_at IS NOT NULL, n.id DESC LIMIT 40",
        scenario_id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a token opens."""

    screen_id: UUID
    scene_id: int
    scenario_id: UUID
    organisation_id: UUID | None
    turn_s: int
    wait_s: int


async def find_screen(token: str) -> Opened:
    """What a token opens; one descent of an index.

    Raises:
        ScreenUnknown: nothing, or no longer.
    """
    found = await fetch_as(
        Opened,
        "SELECT n.id AS screen_id, w.id AS scene_id, w.scenario_id, s.organisation_id, w.turn_s, w.wait_s FROM wall_screen n"
        " JOIN wall_scene w ON w.id = n.scene_id JOIN scenario s ON s.id = w.scenario_id"
        " WHERE n.token_sha256 = $1 AND n.revoked_at IS NULL AND w.is_open",
        token_digest(token),
    )
    if not found:
        raise ScreenUnknown
    return found[0]


async def still_good(screen_ids: list[UUID]) -> set[UUID]:
    """Which of these screens may still be shown; one statement for all of a process."""
    rows = await fetch(
        "SELECT n.id FROM wall_screen n JOIN wall_scene w ON w.id = n.scene_id"
        " WHERE n.id = ANY($1::uuid[]) AND n.revoked_at IS NULL AND w.is_open",
        screen_ids,
    )
    return {row["id"] for row in rows}
