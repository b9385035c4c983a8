"""What the role may do about the big screen. A new grant needs a case here, or the test of the role fails."""

from typing import Final

from tests.rooms.role.grants import Case

_SHOWN: Final = "no gram moves; names lie sealed in another room, and only who agreed at that moment is shown"

WALL: Final = {
    "INSERT wall_scene(scenario_id, is_premoderated, turn_s, wait_s)": Case(
        "opens a screen nobody asked for",
        (
            (
                "INSERT INTO wall_scene (scenario_id, is_premoderated, turn_s, wait_s) SELECT id, true, 0, 1 FROM scenario",
                "wall_scene_turn_check",
            ),
            (
                "INSERT INTO wall_scene (scenario_id, is_premoderated, turn_s, wait_s) SELECT id, true, 1, 0 FROM scenario",
                "wall_scene_wait_check",
            ),
        ),
        harmless=_SHOWN,
    ),
    "UPDATE wall_scene(is_open, is_premoderated, turn_s, wait_s)": Case("shows names unchecked", harmless=_SHOWN),
    "INSERT wall_screen(id, scene_id, label, token_sha256, made_by_id)": Case(
        "lets somebody look who was given no link", harmless=_SHOWN
    ),
    "UPDATE wall_screen(revoked_by_id, revoked_at)": Case("darkens a screen", harmless=_SHOWN),
    "EXECUTE wall.line_up(uuid[], integer)": Case("lines somebody up", harmless=_SHOWN),
    "EXECUTE wall.follow(integer[], bigint[], integer)": Case("places turns early", harmless=_SHOWN),
    "EXECUTE wall.note_told(integer, bigint)": Case(
        "says that screens were told what they were not", harmless="somebody may miss their turn; " + _SHOWN
    ),
    "EXECUTE wall.hide(text, text)": Case("takes somebody off", harmless=_SHOWN),
    "EXECUTE wall.slots_now(integer)": Case("counts who waits", harmless="it may read them anyway"),
    "EXECUTE wall.agrees(uuid, integer)": Case("asks whether somebody agreed", harmless="it may read that anyway"),
    "EXECUTE wall.note_checks(text[], uuid[])": Case(
        "ties a name to another's check", harmless="what is shown waits for a decision of people either way; " + _SHOWN
    ),
    "EXECUTE wall.decide_picture(integer, uuid, bytea, text, uuid)": Case(
        "shows a picture unchecked", harmless="what the platform refused is not shown; " + _SHOWN
    ),
    "EXECUTE wall.photos_of(integer, uuid)": Case("counts photo moments", harmless="it may read them anyway"),
    "EXECUTE wall.take_photo(text, uuid, integer)": Case(
        "shows somebody once more whose turn is over", harmless="in a slot of its own; " + _SHOWN
    ),
    "EXECUTE wall.release(text[])": Case("shows names unchecked", harmless=_SHOWN),
}
