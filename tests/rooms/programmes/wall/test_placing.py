"""Turns: lined up by consent, placed in order without overlap, whole, once; hidden at once."""

from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from tortoise.exceptions import IntegrityError

from app.foundation import consents
from app.foundation.consents import ConsentPlace, ConsentPurpose
from app.gateways.database import constraint, fetch, fetch_value
from app.kernel.clock import utc_now
from app.programmes import wall
from app.programmes.wall import Because, Moderation, showing
from app.registry.claims import Purpose
from tests.conftest import Stand
from tests.owning import as_owner
from tests.rooms.conftest import KEYRING, River, connected, refusal
from tests.rooms.programmes.wall.conftest import VERSION, Hall, open_hall


async def look(hall: Hall, after: int = 0) -> list[showing.Happened]:
    """What a reader does twice a second."""
    return await showing.follow({hall.wall.id: after}, version=VERSION)


async def test_whoever_agreed_is_lined_up_once_and_nobody_else(hall: Hall) -> None:
    (willing,) = await hall.certified(1)
    (silent,) = await hall.certified(1, agree=False)
    assert await wall.line_up([willing, silent], version=VERSION) == [willing]
    assert await wall.line_up([willing, silent], version=VERSION) == []
    assert [row["no"] for row in await hall.turns()] == [1]
    assert await wall.line_up([silent], version=VERSION + 1) == []


async def test_an_older_yes_does_not_count_for_a_newer_text(hall: Hall) -> None:
    (willing,) = await hall.certified(1)
    assert await wall.line_up([willing], version=VERSION + 1) == []


async def test_what_a_court_ordered_is_never_shown_nor_by_the_owner(hall: Hall) -> None:
    (ordered,) = await hall.certified(1, purpose=Purpose.JUDICIAL)
    assert await wall.line_up([ordered], version=VERSION) == []
    with pytest.raises(wall.NotForWall):
        await wall.ask(ordered, version=VERSION)
    insert = (
        "INSERT INTO wall_turn (scene_id, cause, certificate_id, person_id, consent_version, no, turn_s, moderation)"
        " SELECT w.id, c.cause, c.id, c.holder_id, 1, 99, 30, 'shown' FROM certificate c"
        " JOIN wall_scene w ON w.scenario_id = c.scenario_id"
    )
    async with connected(hall.river.stand.owner_url) as owner:
        assert (await refusal(owner, insert))[1] == "wall_turn_certificate"


async def test_asking_says_what_is_missing(hall: Hall, river: River) -> None:
    (silent,) = await hall.certified(1, agree=False)
    with pytest.raises(wall.ConsentMissing):
        await wall.ask(silent, version=VERSION)
    await wall.close_wall(hall.scene.id)
    with pytest.raises(wall.WallClosed):
        await wall.ask(silent, version=VERSION)


async def test_nothing_is_placed_until_somebody_looked_where_names_are_looked_at_first(river: River) -> None:
    hall = await open_hall(river, is_premoderated=True)
    causes = await hall.lined(2)
    assert await look(hall) == []
    assert await wall.release(causes[1:]) == causes[1:]
    assert await wall.release(causes[1:]) == []
    assert [one.kind for one in await look(hall)] == ["placed"]
    listed = await wall.list_turns(hall.wall.id, keyring=KEYRING)
    assert [(one.no, one.moderation) for one in listed] == [(1, Moderation.WAITING), (2, Moderation.SHOWN)]


async def test_turns_are_placed_in_order_whole_and_apart_with_slots_by_the_queue(hall: Hall) -> None:
    await hall.lined(20)
    asked_at = utc_now()
    happened = await look(hall)
    placed = [row for row in await hall.turns() if row["show_from"]]
    # ⌈20 × 30 / 120⌉ slots; each begins one, and the next turns lie beyond what screens are told ahead.
    assert [row["no"] for row in placed] == [1, 2, 3, 4, 5]
    assert {row["slots"] for row in placed} == {5} and [row["slot"] for row in placed] == [1, 2, 3, 4, 5]
    assert {row["show_to"] - row["show_from"] for row in placed} == {timedelta(seconds=30)}
    assert all(row["show_from"] > asked_at + timedelta(seconds=1) for row in placed)
    assert [one.turn_id for one in happened] == [row["id"] for row in placed]
    assert [one.turn_id for one in await look(hall, happened[-1].event_id)] == []
    # Slots follow the queue of those that wait, as the rule says.
    for queue in range(60):
        assert wall.slots(queue) == await as_owner("SELECT wall.slots($1, 30, 120)", queue)


async def test_the_last_of_a_crowd_waits_no_longer_than_was_said(hall: Hall) -> None:
    causes = await hall.lined(36)
    await as_owner("UPDATE wall_scene SET seen_at = now()")
    said = (await wall.standing(causes[-1])).wait_s
    told = 0
    for _ in range(8):
        for one in await look(hall, told):
            told = one.event_id
        await showing.note_told(hall.wall.id, told)
        await _age(hall.river.stand, seconds=24)
    turns = await hall.turns()
    starts = [row["show_from"] for row in turns]
    assert starts == sorted(starts)
    waited_s = max((row["show_from"] - row["asked_at"]).total_seconds() for row in turns)
    assert said == 90
    assert waited_s < wall.WAIT_S, "with slots by the queue alone it was five minutes"


async def test_many_short_turns_are_placed_ahead_in_order_without_overlap(river: River) -> None:
    hall = await open_hall(river, turn_s=1, wait_s=10)
    await hall.lined(40)
    await look(hall)
    placed = [row for row in await hall.turns() if row["show_from"]]
    assert len(placed) == 28  # four slots, from two to eight seconds ahead
    for slot in range(1, 5):
        own = [row for row in placed if row["slot"] == slot]
        assert all(one["show_to"] == two["show_from"] for one, two in pairwise(own))
    assert [row["show_from"] for row in placed] == sorted(row["show_from"] for row in placed)


async def test_what_no_screen_was_told_of_in_time_waits_again_and_what_one_was_told_of_stays(river: River) -> None:
    hall = await open_hall(river, turn_s=3)
    await hall.lined(3)
    first = await look(hall)
    before = {row["no"]: row["show_from"] for row in await hall.turns()}
    assert len(first) == 3 and all(before.values())
    await showing.note_told(hall.wall.id, first[0].event_id)
    # A process died after placing and before telling the second and third; time went by.
    await _age(hall.river.stand, seconds=5)
    second = await look(hall, first[-1].event_id)
    rows = {row["no"]: row for row in await hall.turns()}
    assert [one.turn_id for one in second] == [rows[2]["id"], rows[3]["id"]]
    assert rows[1]["show_from"] == before[1] - timedelta(seconds=5)  # it was told, so it was shown
    assert utc_now() < rows[2]["show_from"] < rows[3]["show_from"]


async def _age(stand: Stand, *, seconds: int) -> None:
    """As though so much time had gone by since everybody came and was placed. A superuser's act."""
    async with connected(stand.super_url) as admin:
        await admin.execute("SET session_replication_role = replica")
        await admin.execute(  # the earliest first: none meets the one before it in its slot
            "DO $$ DECLARE one bigint; BEGIN FOR one IN SELECT id FROM wall_turn ORDER BY show_from, id LOOP UPDATE wall_turn"
            f" SET asked_at = asked_at - interval '{seconds} s', show_from = show_from - interval '{seconds} s',"
            f" show_to = show_to - interval '{seconds} s' WHERE id = one; END LOOP; END $$"
        )


async def test_a_withdrawn_consent_clears_who_is_on_and_who_waits_and_moves_nobody_else(hall: Hall) -> None:
    await hall.lined(6)
    happened = await look(hall)
    before = await hall.turns()
    on, waits = before[0], before[-1]
    for row in (on, waits):
        await consents.withdraw(row["person_id"], ConsentPurpose.WALL, place=ConsentPlace.PAGE)
    told = await look(hall, happened[-1].event_id)
    assert [(one.kind, one.turn_id) for one in told if one.kind == "cleared"] == [("cleared", on["id"])]
    after = {row["no"]: row for row in await hall.turns()}
    for gone in (on, waits):
        assert after[gone["no"]]["moderation"] == "hidden" and after[gone["no"]]["hidden_because"] == "withdrawn"
    assert after[2]["show_from"] == before[1]["show_from"] and after[2]["slot"] == before[1]["slot"]
    # Saying yes again brings nothing back.
    await hall.agree(on["person_id"])
    assert await wall.line_up([on["certificate_id"]], version=VERSION) == []
    assert (await wall.standing(on["cause"])).because is Because.WITHDRAWN


async def test_hiding_takes_a_turn_off_once_and_for_good(hall: Hall) -> None:
    (cause,) = await hall.lined(1)
    (placed,) = await look(hall)
    assert await wall.hide(cause) is True
    assert await wall.hide(cause) is False
    assert [one.kind for one in await look(hall, placed.event_id)] == ["cleared"]
    assert (await wall.snapshot(hall.wall.id, keyring=KEYRING)).turns == ()
    assert await wall.release([cause]) == []
    with pytest.raises(wall.TurnUnknown):
        await wall.hide_turn(placed.turn_id, hall.wall.id + 1, by=hall.by)


async def test_postgresql_refuses_overlap_part_of_a_turn_and_another_person(hall: Hall) -> None:
    await hall.lined(2)
    await look(hall)
    tries = {
        "UPDATE wall_turn SET show_to = show_to - interval '1 s'": "wall_turn_whole_check",
        "UPDATE wall_turn SET turn_s = 1, show_to = show_from + interval '1 s' WHERE false; "
        "UPDATE wall_turn SET slot = 1, slots = 12, show_from = (SELECT min(show_from) FROM wall_turn),"
        " show_to = (SELECT min(show_from) FROM wall_turn) + interval '30 s', turn_s = 30": "wall_turn_no_overlap",
        "UPDATE wall_turn SET person_id = (SELECT max(id::text)::uuid FROM person)": "wall_turn_step_check",
        "UPDATE wall_turn SET slot = 13, slots = 13 WHERE show_from IS NOT NULL": "wall_turn_slot_check",
        "DELETE FROM wall_turn": "wall_turn_stays",
        "UPDATE wall_event SET at = now()": "wall_event_stays",
    }
    async with connected(hall.river.stand.owner_url) as owner:
        for statement, named in tries.items():
            assert (await refusal(owner, statement))[1] == named, statement


async def test_what_screens_were_told_of_and_has_begun_is_not_moved(hall: Hall) -> None:
    await hall.lined(1)
    (placed,) = await look(hall)
    await showing.note_told(hall.wall.id, placed.event_id)
    await _age(hall.river.stand, seconds=5)
    move = "UPDATE wall_turn SET show_from = show_from + interval '1 h', show_to = show_to + interval '1 h'"
    async with connected(hall.river.stand.owner_url) as owner:
        assert (await refusal(owner, move))[1] == "wall_turn_step_check"


async def test_what_was_told_never_goes_back_nor_beyond_what_happened(hall: Hall) -> None:
    await hall.lined(1)
    (placed,) = await look(hall)
    for said in (placed.event_id + 1000, 0):
        await showing.note_told(hall.wall.id, said)
        assert await fetch_value("SELECT told_id FROM wall_scene") == placed.event_id


async def test_the_phone_says_who_is_before_and_about_how_long(hall: Hall) -> None:
    causes = await hall.lined(6)
    assert (await wall.standing(causes[2])).wait_s is None  # no screen is on
    happened = await look(hall)
    await showing.note_told(hall.wall.id, happened[-1].event_id)
    soon, third = await wall.standing(causes[0]), await wall.standing(causes[4])
    assert soon.ahead == 0 and soon.wait_s is not None and 0 < soon.wait_s <= 3 and not soon.is_on
    # Two are about to begin, and one slot is enough for the four that wait: thirty-two seconds, and twice thirty.
    assert (third.ahead, third.no) == (2, 5) and third.wait_s is not None and 90 <= third.wait_s <= 95
    assert (await wall.standing(f"retirement:{uuid4()}")).moderation is None


async def test_tokens_open_one_scene_are_kept_as_digests_and_end(hall: Hall) -> None:
    screen, token = await wall.make_screen(hall.scene.id, " 主屏 ", organisation_id=hall.organisation_id, by=hall.by)
    assert (await wall.find_screen(token)).scene_id == hall.wall.id
    assert [row["label"] for row in await fetch("SELECT label FROM wall_screen")] == ["主屏"]
    assert token not in str(await fetch("SELECT * FROM wall_screen"))
    for _ in range(2):
        await wall.revoke_screen(screen.id, hall.scene.id, organisation_id=hall.organisation_id, by=hall.by)
    with pytest.raises(wall.ScreenUnknown):
        await wall.find_screen(token)
    with pytest.raises(wall.WallUnfit):
        await wall.make_screen(hall.scene.id, " ", organisation_id=hall.organisation_id, by=hall.by)


async def test_the_application_cannot_write_a_turn_by_itself(hall: Hall) -> None:
    with pytest.raises(Exception, match="permission denied"):
        await fetch("UPDATE wall_turn SET moderation = 'shown'")
    with pytest.raises(IntegrityError) as refused:
        await fetch(
            "INSERT INTO wall_scene (scenario_id, is_premoderated, turn_s, wait_s) SELECT id, true, 0, 1 FROM scenario"
        )
    assert constraint(refused.value) in {"wall_scene_turn_check", "wall_scene_scenario_key"}
