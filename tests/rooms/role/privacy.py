"""What the role may do about devices, erasing and raw messages. A grant without a case here fails the test of the role."""

from typing import Final

from tests.rooms.role.grants import Case

_MOVE: Final = (
    "INSERT INTO device_move (id, person_id, kind, code_hash, code_sealed, made_at, expires_at)"
    " SELECT gen_random_uuid(), id, 'guest', sha256('x'), 'x', now(), now() + interval '{life}' FROM person LIMIT 1"
)
_TAKEN: Final = "UPDATE device_move SET taker_hash = sha256('{who}'), number = 10, taken_at = now()"

PRIVACY: Final = {
    "INSERT device_move(id, person_id, kind, code_hash, code_sealed, made_at, expires_at, purpose)": Case(
        "begins a move that never ends",
        (
            (_MOVE.format(life="1 day"), "device_move_life_check"),
            (
                f"{_MOVE.format(life='1 min').replace('expires_at)', 'expires_at, purpose)')}".replace(
                    "interval '1 min' FROM", "interval '1 min', 'all' FROM"
                ),
                "device_move_purpose_check",
            ),
        ),
        harmless="the application opens sessions itself; what they may do is asked at each act",
    ),
    "UPDATE device_move(taker_hash, taker_id, taker_device, number, taken_at, confirmed_at, ended_at)": Case(
        "gives somebody's move to another device, or says yes before anybody typed the code",
        (
            (
                f"{_MOVE.format(life='1 min')}; {_TAKEN.format(who='a')}; {_TAKEN.format(who='b')}",
                "device_move_step_check",
            ),
            (
                _MOVE.format(life="1 min") + "; UPDATE device_move SET confirmed_at = now()",
                "device_move_step_check",
            ),
        ),
        harmless="as above",
    ),
    "EXECUTE identity.link_persons(uuid, uuid, timestamp with time zone)": Case(
        "links two persons of whom one never said yes",
        (
            # None of its own: a device's move links nobody, and nobody has confirmed.
            (
                _MOVE.format(life="1 min")
                + "; SELECT 1 / identity.link_persons(m.id, m.person_id, now())::int FROM device_move m",
                "22012",
            ),
        ),
        harmless="as above; a link moves grams between two persons who are one by it, and stays written",
    ),
    "INSERT message_answer(id, person_id, kind, template_id, answer, intent_key, answered_at)": Case(
        "says yes to a message in somebody's name",
        (
            (
                (
                    "INSERT INTO message_answer (id, person_id, kind, template_id, answer, intent_key, answered_at)"
                    " SELECT gen_random_uuid(), id, 'certificate', 'x', 'maybe', 'x', now() FROM person LIMIT 1"
                ),
                "message_answer_answer_check",
            ),
        ),
        harmless="WeChat asks for its own consent, and takes no message without it",
    ),
    "UPDATE phone_message(state, reason, tries, due_at, ended_at)": Case(
        "sends a message twice, or never",
        (
            (
                (
                    "INSERT INTO message_answer (id, person_id, kind, template_id, answer, intent_key, answered_at)"
                    " SELECT gen_random_uuid(), id, 'certificate', 'x', 'accept', 'x', now() FROM person LIMIT 1;"
                    " SELECT messages.line_up(gen_random_uuid(), 'certificate', 'x', a.person_id, 'x', 'p', '{}', 'zh', now())"
                    " FROM message_answer a; UPDATE phone_message SET state = 'sent', ended_at = now()"
                ),
                "phone_message_step_check",
            ),
        ),
        harmless="no gram hangs on it",
    ),
    "EXECUTE messages.line_up(uuid, text, text, uuid, text, text, jsonb, text, timestamp with time zone)": Case(
        "lines up a message that tells of nothing", harmless="it takes a yes, once; no gram hangs on it"
    ),
    "DELETE device_move": Case("ends moves of others", harmless="they take a new code"),
    "UPDATE person(is_under_14)": Case(
        "says that somebody is under 14, or not", harmless="no gram hangs on it; what they agreed to is taken back"
    ),
    "INSERT payment_notice_key": Case("writes a key it cannot wrap", harmless="what it seals opens as nothing"),
    "UPDATE payment_notice_key(wrapped, master_key)": Case(
        "makes raw messages unreadable", harmless="the facts by which books are kept stand beside them in clear"
    ),
}
