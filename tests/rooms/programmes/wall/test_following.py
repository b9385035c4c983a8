"""What is decided elsewhere reaches the screens in the transaction that decides it: names, pictures, consents."""

from dataclasses import replace

import pytest

from app.foundation import avatars, consents, moderation
from app.foundation.consents import ConsentPlace, ConsentPurpose, ConsentTexts
from app.foundation.moderation import CheckState, ContentPurpose
from app.gateways.database import fetch, fetch_value
from app.kernel.text import Language
from app.programmes import wall
from app.programmes.wall import PictureState, Screens
from config.places import WORDS
from tests.owning import as_owner
from tests.rooms.conftest import KEYRING, River
from tests.rooms.programmes.wall.conftest import TEXTS, Hall, open_hall
from tests.rooms.programmes.wall.pictures import PICTURE, decide, give_picture
from tests.rooms.programmes.wall.test_streaming import screens, switched_on

__all__ = ["screens"]
LIST = moderation.load_words(WORDS)
OLD = replace(TEXTS, versions={**TEXTS.versions, ConsentPurpose.WALL: TEXTS.versions[ConsentPurpose.WALL][:1]})


async def name_check(name: str) -> moderation.Standing:
    """What the sweeper found for a name."""
    await wall.check_names(words=LIST, keyring=KEYRING)
    found = await moderation.find_text(name, ContentPurpose.NAME, keyring=KEYRING)
    assert found is not None
    return found


async def test_a_name_that_is_hidden_by_the_platform_leaves_every_screen_within_a_second(
    hall: Hall, screens: Screens
) -> None:
    one, two = await switched_on(hall, screens), await switched_on(hall, screens)
    await hall.lined(1, name="林小川")
    check = await name_check("林小川")
    await one.until("turn")
    await decide(check.check_id, CheckState.REFUSED, seen=CheckState.WAITING)
    (row,) = await hall.turns()
    assert (row["moderation"], row["hidden_because"]) == ("hidden", "hidden")
    for each in (one, two):
        assert [told["turn"] for told in await each.until("cleared")] == [row["id"]]


async def test_a_name_that_passes_comes_into_the_line_with_the_decision(river: River, screens: Screens) -> None:
    hall = await open_hall(river, is_premoderated=True)
    one = await switched_on(hall, screens)
    await hall.lined(1, name="林小川")
    check = await name_check("林小川")
    await decide(check.check_id, CheckState.PASSED, seen=CheckState.WAITING)
    assert [turn["name"] for turn in await one.until("turn")] == ["林小川"]


async def test_a_consent_that_is_withdrawn_takes_the_turn_off_in_the_same_transaction(hall: Hall) -> None:
    await hall.lined(1)
    (row,) = await hall.turns()
    await consents.withdraw(row["person_id"], ConsentPurpose.WALL, place=ConsentPlace.API)
    (row,) = await hall.turns()
    assert (row["moderation"], row["hidden_because"]) == ("hidden", "withdrawn")


async def test_a_picture_is_shown_once_it_has_passed_and_its_blocking_reaches_the_screen_within_a_second(
    hall: Hall, screens: Screens
) -> None:
    one = await switched_on(hall, screens)
    await hall.lined(1)
    (row,) = await hall.turns()
    check, name = await give_picture(row["person_id"])
    assert (await one.until("turn"))[0]["face"] is None
    assert await wall.fetch_face(hall.wall.id, bytes.fromhex(name[:64]), keyring=KEYRING) is None
    await decide(check, CheckState.PASSED, seen=CheckState.WAITING)
    assert (await one.until("picture"))[-1] == {"turn": row["id"], "face": name}
    assert await wall.fetch_face(hall.wall.id, bytes.fromhex(name[:64]), keyring=KEYRING) == PICTURE
    assert await wall.fetch_face(hall.wall.id + 1, bytes.fromhex(name[:64]), keyring=KEYRING) is None
    seen = len(one.of("picture"))
    await decide(check, CheckState.REFUSED, seen=CheckState.PASSED)
    assert (await one.until("picture", seen + 1))[-1]["face"] is None
    assert await wall.fetch_face(hall.wall.id, bytes.fromhex(name[:64]), keyring=KEYRING) is None


async def test_a_picture_that_is_deleted_leaves_the_screen_and_its_person_stays(hall: Hall, screens: Screens) -> None:
    one = await switched_on(hall, screens)
    await hall.lined(1)
    (row,) = await hall.turns()
    check, name = await give_picture(row["person_id"])
    await decide(check, CheckState.PASSED, seen=CheckState.WAITING)
    assert (await one.until("turn"))[0]["face"] == name
    await avatars.remove(row["person_id"])
    assert (await one.until("picture"))[-1]["face"] is None
    assert one.of("cleared") == []


async def test_who_agreed_to_the_first_words_keeps_their_turn_and_has_no_picture_until_they_agree_again(
    hall: Hall, screens: Screens
) -> None:
    one = await switched_on(hall, screens)
    (certificate,) = await hall.certified(1, agree=False)
    person_id = await fetch_value("SELECT holder_id FROM certificate WHERE id = $1", certificate)
    await say_yes(person_id, 1, OLD)
    await wall.line_up([certificate], version=1)
    check, name = await give_picture(person_id)
    await decide(check, CheckState.PASSED, seen=CheckState.WAITING)
    assert (await one.until("turn"))[0]["face"] is None
    assert one.of("cleared") == []
    await say_yes(person_id, 2, TEXTS)
    assert (await one.until("picture"))[-1]["face"] == name


async def test_a_picture_that_waits_is_shown_where_whoever_looks_after_the_scene_passed_it_and_nowhere_else(
    hall: Hall, river: River
) -> None:
    await hall.lined(1, name="林小川")
    (row,) = await hall.turns()
    check, name = await give_picture(row["person_id"])
    digest = bytes.fromhex(name[:64])
    (waiting,) = await wall.list_waiting([hall.scene.id], keyring=KEYRING)
    assert (waiting.name, waiting.is_name_waiting, waiting.picture) == ("林小川", False, digest)
    assert await wall.fetch_picture(row["id"], hall.wall.id, keyring=KEYRING) == PICTURE
    assert await wall.decide_picture(row["id"], hall.wall.id, digest, PictureState.SHOWN, by=hall.by)
    assert not await wall.decide_picture(row["id"], hall.wall.id, digest, PictureState.SHOWN, by=hall.by)
    assert await wall.list_waiting([hall.scene.id], keyring=KEYRING) == []
    assert await wall.fetch_face(hall.wall.id, digest, keyring=KEYRING) == PICTURE
    assert await avatars.fetch_shown(digest, keyring=KEYRING) is None
    # What the platform refuses is shown nowhere, whoever passed it.
    await decide(check, CheckState.REFUSED, seen=CheckState.WAITING)
    assert await wall.fetch_face(hall.wall.id, digest, keyring=KEYRING) is None
    (line,) = await fetch("SELECT actor_id, action, about FROM audit_entry WHERE action LIKE 'screen_%'")
    assert (line["actor_id"], line["action"]) == (hall.by, "screen_picture.shown")


async def test_a_picture_that_was_hidden_in_a_scene_stays_hidden_there_when_the_platform_passes_it(hall: Hall) -> None:
    await hall.lined(1)
    (row,) = await hall.turns()
    check, name = await give_picture(row["person_id"])
    digest = bytes.fromhex(name[:64])
    await wall.decide_picture(row["id"], hall.wall.id, digest, PictureState.HIDDEN, by=hall.by)
    await decide(check, CheckState.PASSED, seen=CheckState.WAITING)
    assert await wall.fetch_face(hall.wall.id, digest, keyring=KEYRING) is None
    assert await avatars.fetch_shown(digest, keyring=KEYRING) == PICTURE
    with pytest.raises(wall.PictureUnknown):
        await wall.decide_picture(row["id"], hall.wall.id, b"x" * 32, PictureState.SHOWN, by=hall.by)


async def test_each_decision_about_a_turn_is_written_down_once_with_who_made_it(river: River) -> None:
    hall = await open_hall(river, is_premoderated=True)
    await hall.lined(1, name="林小川")
    (row,) = await hall.turns()
    for _ in range(2):
        await wall.release_turn(row["id"], hall.wall.id, by=hall.by)
    for _ in range(2):
        await wall.hide_turn(row["id"], hall.wall.id, by=hall.by)
    lines = await fetch("SELECT actor_id, action, about FROM audit_entry WHERE action LIKE 'screen_%' ORDER BY id")
    about = f"turn {row['id']}"
    assert [(line["actor_id"], line["action"], line["about"]) for line in lines] == [
        (hall.by, "screen_turn.released", about), (hall.by, "screen_turn.hidden", about),
    ]  # fmt: skip


async def test_whoever_is_forgotten_leaves_the_screen_with_name_and_picture(hall: Hall, screens: Screens) -> None:
    one = await switched_on(hall, screens)
    await hall.lined(1)
    (row,) = await hall.turns()
    await give_picture(row["person_id"])
    await one.until("turn")
    await as_owner("UPDATE person SET state = 'erasing' WHERE id = $1", row["person_id"])
    assert {told["turn"] for told in await one.until("cleared")} == {row["id"]}


async def say_yes(person_id: object, version: int, texts: ConsentTexts) -> None:
    await consents.give(
        person_id, ConsentPurpose.WALL, version=version, language=Language.ZH, place=ConsentPlace.PAGE, texts=texts
    )  # type: ignore[arg-type]
