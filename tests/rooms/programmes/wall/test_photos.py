"""The photo moment: by a tap, in a slot of its own, and nobody else's turn moves."""

from typing import Any

import pytest
from asyncpg import IntegrityConstraintViolationError

from app.foundation import consents
from app.foundation.consents import ConsentPlace, ConsentPurpose
from app.gateways.database import fetch
from app.programmes import wall
from app.programmes.wall import PHOTOS_MOST, Screens, streaming
from tests.owning import as_owner
from tests.rooms.conftest import KEYRING, connected
from tests.rooms.programmes.wall.conftest import Hall
from tests.rooms.programmes.wall.pictures import let_time_pass
from tests.rooms.programmes.wall.test_streaming import screens, switched_on

__all__ = ["screens"]


async def over(hall: Hall, people: int, *, name: str | None = None) -> list[dict[str, Any]]:
    """So many whose turns are over."""
    await hall.lined(people, name=name)
    await let_time_pass(hall)
    return await hall.turns()


async def photos() -> list[dict[str, Any]]:
    return await fetch("SELECT * FROM wall_photo ORDER BY show_from")


async def test_a_tap_shows_the_turn_once_more_for_its_whole_time_and_moves_nobody(hall: Hall, screens: Screens) -> None:
    (row,) = await over(hall, 1, name="林小川")
    one = await switched_on(hall, screens)
    await hall.lined(4)
    placed = await one.until("turn")
    before = await hall.turns()
    await wall.take_photo(row["cause"], row["person_id"])
    (told,) = await one.until("photo")
    assert (told["turn"], told["name"], told["to_ms"] - told["from_ms"]) == (row["id"], "林小川", 30_000)
    assert await hall.turns() == before and one.of("turn") == placed
    standing = await wall.photo_standing(row["cause"])
    assert standing is not None and standing.wait_s in {1, 2} and standing.left == PHOTOS_MOST - 1
    shown = await wall.snapshot(hall.wall.id, keyring=KEYRING)
    assert [photo.id for photo in shown.photos] == [row["id"]]


async def test_two_who_tap_come_one_after_the_other_and_a_second_tap_changes_nothing(hall: Hall) -> None:
    first, second = await over(hall, 2)
    for row in (first, second, first):
        await wall.take_photo(row["cause"], row["person_id"])
    one, two = await photos()
    assert (one["turn_id"], two["turn_id"]) == (first["id"], second["id"])
    assert two["show_from"] == one["show_to"]


async def test_who_stands_before_it_is_not_asked_to_wait_longer_than_two_minutes(hall: Hall) -> None:
    rows = await over(hall, 6)
    for row in rows[:4]:
        await wall.take_photo(row["cause"], row["person_id"])
    with pytest.raises(wall.PhotosBusy):
        await wall.take_photo(rows[4]["cause"], rows[4]["person_id"])


async def test_a_person_has_three_in_a_day_and_one_that_no_screen_was_told_of_does_not_count(hall: Hall) -> None:
    (row,) = await over(hall, 1)
    for taken in range(PHOTOS_MOST):
        await wall.take_photo(row["cause"], row["person_id"])
        await pass_photos(hall, told=True)
        standing = await wall.photo_standing(row["cause"])
        assert standing is not None and standing.left == PHOTOS_MOST - taken - 1
    with pytest.raises(wall.PhotosUsed):
        await wall.take_photo(row["cause"], row["person_id"])
    await pass_photos(hall, told=False)
    await wall.take_photo(row["cause"], row["person_id"])


async def test_nobody_is_shown_once_more_before_their_turn_without_a_screen_or_without_consent(hall: Hall) -> None:
    await hall.lined(1)
    (row,) = await hall.turns()
    with pytest.raises(wall.PhotoTooEarly):
        await wall.take_photo(row["cause"], row["person_id"])
    await let_time_pass(hall)
    await as_owner("UPDATE wall_scene SET seen_at = now() - interval '1 min'")
    with pytest.raises(wall.ScreenOff):
        await wall.take_photo(row["cause"], row["person_id"])
    with pytest.raises(wall.TurnUnknown):
        await wall.take_photo(row["cause"], hall.by)
    await consents.withdraw(row["person_id"], ConsentPurpose.WALL, place=ConsentPlace.API)
    with pytest.raises(wall.PhotoTooEarly):
        await wall.take_photo(row["cause"], row["person_id"])


async def test_a_consent_taken_back_in_the_photo_slot_clears_it_within_a_second(hall: Hall, screens: Screens) -> None:
    (row,) = await over(hall, 1)
    one = await switched_on(hall, screens)
    await wall.take_photo(row["cause"], row["person_id"])
    await one.until("photo")
    assert 2 * streaming.LOOK_EVERY_S + streaming.FLUSH_S < 1
    await consents.withdraw(row["person_id"], ConsentPurpose.WALL, place=ConsentPlace.API)
    assert [told["turn"] for told in await one.until("cleared")] == [row["id"]]
    assert (await wall.snapshot(hall.wall.id, keyring=KEYRING)).photos == ()


@pytest.mark.parametrize(
    ("shift", "long", "refused"),
    [
        ("0 s", "30 s", "wall_photo_no_overlap"),
        ("10 min", "31 s", "wall_photo_of_its_turn"),
        ("10 min", "0 s", "wall_photo_of_its_turn"),
    ],
)
async def test_postgresql_refuses_two_at_once_and_another_length_of_the_owner_too(
    hall: Hall, shift: str, long: str, refused: str
) -> None:
    first, second = await over(hall, 2)
    await wall.take_photo(first["cause"], first["person_id"])
    with pytest.raises(IntegrityConstraintViolationError) as refusal:
        await as_owner(
            "WITH told AS (INSERT INTO wall_event (scene_id, kind, turn_id) SELECT scene_id, 'photo', id FROM wall_turn"
            " WHERE id = $1 RETURNING id, scene_id, turn_id)"
            " INSERT INTO wall_photo (scene_id, turn_id, event_id, show_from, show_to) SELECT t.scene_id, t.turn_id, t.id,"
            " p.show_from + $2::text::interval, p.show_from + $2::text::interval + $3::text::interval"
            " FROM told t, wall_photo p",
            second["id"], shift, long,
        )  # fmt: skip
    assert refusal.value.constraint_name == refused  # type: ignore[attr-defined]
    with pytest.raises(IntegrityConstraintViolationError):
        await as_owner("DELETE FROM wall_photo")


async def pass_photos(hall: Hall, *, told: bool) -> None:
    """Those to come are over: a superuser's act."""
    async with connected(hall.river.stand.super_url) as admin:
        await admin.execute(
            "SET session_replication_role = replica;"
            " UPDATE wall_photo SET show_from = show_from - interval '1 h' * id, show_to = show_to - interval '1 h' * id"
            " WHERE show_to > now();"
            f" UPDATE wall_scene SET told_id = {'(SELECT max(id) FROM wall_event)' if told else '0'}"
        )
