"""What the role may do about content checks and avatars. A new grant needs a case here, or the test of the role fails."""

from typing import Final

from tests.rooms.role.grants import Case

_NOBODY: Final = "gen_random_uuid()"
_ID: Final = "00000000-0000-7000-8000-00000000c0de"
_ASK: Final = (
    f"SELECT moderation.ask('{_ID}', 'text', 'name', sha256('x'), (SELECT id FROM person LIMIT 1), 'x', 'people'); "
)
_PASS: Final = f"{_ASK}SELECT moderation.decide('{_ID}', 'passed', "
_TEXT: Final = f"SELECT moderation.ask({_NOBODY}, 'text', 'name', sha256('x'), {_NOBODY}, NULL, "
_NO_GRAM: Final = "what is shown of people; no gram, price or proof hangs on it"

MODERATION: Final = {
    "EXECUTE moderation.ask(uuid, text, text, bytea, uuid, bytea, text)": Case(
        "asks for what nobody wrote",
        (
            (_TEXT.replace("'text'", "'evil'") + "'people')", "content_check_kind_check"),
            (f"SELECT moderation.ask({_NOBODY}, 'text', 'name', 'x', {_NOBODY}, NULL, 'people')", "content_check_digest_check"),
            (_TEXT + "'nobody')", "content_check_waits_for_check"),
            (_TEXT + "NULL)", "content_check_waiting_check"),
        ),
        harmless="whatever is asked waits",
    ),
    "EXECUTE moderation.take_due(interval, integer)": Case("puts questions off", harmless="what waits is not shown"),
    "EXECUTE moderation.note_sent(uuid, text, interval)": Case("says that WeChat looks", harmless="what waits is not shown"),
    "EXECUTE moderation.hand_over(uuid)": Case("gives a check to people", harmless="what waits is not shown"),
    "EXECUTE moderation.decide(uuid, text, text, uuid, text, text)": Case(
        "shows what nobody has looked at",
        (
            (_PASS + f"'person', {_NOBODY}, NULL, 'waiting')", "content_check_power"),
            (_PASS + "'person', NULL, NULL, 'waiting')", "content_check_power"),
            (_PASS + "'words', NULL, NULL, NULL)", "content_check_words_refuse_check"),
            (_ASK + f"SELECT moderation.decide('{_ID}', 'refused', 'wechat', NULL, NULL, NULL)", "content_check_reason_check"),
            (_PASS + "'evil', NULL, NULL, NULL)", "content_check_decided_by_check"),
            (f"SELECT moderation.decide({_NOBODY}, 'passed', 'wechat', NULL, NULL, NULL)", "content_check_known"),
        ),
        harmless=f"the application hears WeChat's word, which PostgreSQL cannot know; each stays written. {_NO_GRAM}",
    ),
    "EXECUTE avatars.keep(uuid, bytea, bytea, uuid)": Case(
        "gives somebody a picture",
        (
            (f"SELECT avatars.keep({_NOBODY}, sha256('x'), 'x', {_NOBODY})", "avatar_person_active"),
            (f"SELECT avatars.keep(id, 'x', 'x', {_NOBODY}) FROM person LIMIT 1", "avatar_digest_check"),
        ),
        harmless=f"sealed under a key outside of PostgreSQL, and seen once its check has passed; {_NO_GRAM}",
    ),
    "EXECUTE avatars.remove(uuid)": Case("takes a picture down", harmless="taking down is a right"),
}  # fmt: skip
