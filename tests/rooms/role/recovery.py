"""What the role may do about lost time. A new grant needs a case here, or the test of the role fails."""

from typing import Final

from tests.rooms.role.grants import Case

_NOBODY: Final = "gen_random_uuid()"
_READS: Final = Case(
    "tells how far we have come", harmless="the marker is published; of money only what channels say of themselves"
)
_NO_GRAM: Final = "nobody is given a gram or a number by it: what is set aside is nobody's, and the proof names it"

RECOVERY: Final = {
    "EXECUTE recovery.timeline()": Case(
        "reads the server's line of history", harmless="PostgreSQL tells it to anybody"
    ),
    "EXECUTE recovery.is_followed()": Case("reads two settings", harmless="PostgreSQL tells them to anybody"),
    "EXECUTE recovery.plan(uuid, jsonb)": Case(
        "plans markers that nobody writes",
        harmless=f"the next one is planned after it; bounds hold once written; {_NO_GRAM}",
    ),
    "EXECUTE recovery.written(jsonb)": Case(
        "calls a marker written that is not",
        harmless="only the one planned last: what is lost is then found by its number",
    ),
    "EXECUTE recovery.uncovered(bigint[], text)": Case("asks what messages will need", harmless="it only reads"),
    "EXECUTE recovery.compare(jsonb)": Case("compares with a marker of its own", harmless="it only reads"),
    "EXECUTE recovery.notice(uuid, jsonb)": Case(
        "stops settling by a marker of its own", harmless=f"two people look at it and decide; {_NO_GRAM}"
    ),
    "EXECUTE recovery.take(uuid)": Case(
        "sets aside what was decided about", harmless=f"no more than two people agreed to; {_NO_GRAM}"
    ),
    "EXECUTE recovery.decide(uuid, timestamp with time zone, uuid, uuid, text, jsonb)": Case(
        "decides in the name of people who may not",
        ((f"SELECT recovery.decide({_NOBODY}, now(), {_NOBODY}, {_NOBODY}, 'x', '[]')", "recovery_case_roles"),),
        harmless=_NO_GRAM,
    ),
    "EXECUTE recovery.read_day(uuid, text, date, jsonb)": Case(
        "has money given back that no channel took",
        ((f"SELECT recovery.read_day({_NOBODY}, 'wechatpay', '2026-01-01', '[]')", "recovery_day_known"),),
        harmless="the channel itself gives back what it took, once, to whoever paid",
    ),
    "EXECUTE recovery.hear_day(uuid, text, date, text)": Case(
        "puts a word into a channel's mouth", harmless="for people"
    ),
    "EXECUTE recovery.hear_refund(uuid, text, text, text)": Case(
        "calls money given back that is not", harmless="the channel's bill of the day says otherwise, and differs"
    ),
    "EXECUTE payments.record_lost_answer(text, text, text, text, boolean)": Case(
        "calls money given back that is not", harmless="the channel's bill of the day says otherwise, and differs"
    ),
    "EXECUTE recovery.prove(bigint)": _READS,
    **{
        f"SELECT recovery_{table}": _READS
        for table in ("state", "marker", "bound", "case", "quarantine", "day", "payment")
    },
}
