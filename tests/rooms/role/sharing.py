"""What the role may do about accounts that persons share. A new grant needs a case here, or the test of the role fails."""

from typing import Final

from tests.rooms.role.grants import Case

_TOLD: Final = Case(
    "tells what is in it", harmless="the application shows it to the person and to the reader; figures are not in it"
)
_SOMEBODY: Final = "(SELECT id FROM person LIMIT 1)"
_GUEST: Final = "(SELECT person_id FROM purchase_order LIMIT 1)"

SHARING: Final = {
    "SELECT share_reader": _TOLD,
    "SELECT share_reader_key": _TOLD,
    "SELECT share_request": _TOLD,
    "SELECT share_answer": _TOLD,
    "SELECT share_grant": _TOLD,
    "SELECT share_read": _TOLD,
    "SELECT account_statement": Case(
        "tells what is in it", harmless="the application states it; the name in it is sealed under the person's key"
    ),
    "USAGE share_read_id_seq": Case("skips numbers", harmless="ids may have gaps"),
    "INSERT share_request": Case(
        "asks in the name of an organisation that nobody enrolled",
        (
            (
                (
                    "INSERT INTO share_request (id, reader_id, key_id, intent_key, code, purpose_zh, purpose_en, asks_emitted,"
                    " asks_retired, granularity, period_from, period_to, share_until) SELECT gen_random_uuid(),"
                    " gen_random_uuid(), p.id, 'x', '7K3M9QXR', '测试', 'test', true, true, 'totals', '2026-01-01',"
                    " '2026-02-01', '2027-01-01' FROM person p LIMIT 1"
                ),
                "share_request_power",
            ),
        ),
    ),
    "INSERT share_answer": Case(
        "answers for somebody",
        harmless="the application opens sessions itself; an answer names no gram, and its person sees and revokes it",
    ),
    "INSERT share_grant": Case(
        "grants what nobody asked for",
        (
            (
                "INSERT INTO share_grant (id, request_id, book) VALUES (gen_random_uuid(), gen_random_uuid(), 'retired')",
                "share_grant_asked",
            ),
        ),
    ),
    "INSERT share_read(request_id, key_id, outcome)": Case(
        "writes a read down that no key may make",
        (
            (
                (
                    "INSERT INTO share_read (request_id, key_id, outcome) SELECT gen_random_uuid(), id, 'figures' FROM person"
                    " LIMIT 1"
                ),
                "share_read_power",
            ),
        ),
    ),
    "INSERT account_statement": Case(
        "states figures of days that have not come",
        (
            (
                (
                    "INSERT INTO account_statement (id, person_id, intent_key, granularity, period_from, period_to, figures,"
                    f" language) VALUES (gen_random_uuid(), {_SOMEBODY}, 'x', 'totals', current_date, current_date + 9,"
                    " '{}'::jsonb, 'zh')"
                ),
                "account_statement_past_check",
            ),
        ),
        harmless="figures that are none would be a lie about rows that stand beside them; no gram moves by a paper",
    ),
    "EXECUTE sharing.enrol(uuid, uuid)": Case(
        "enrols a reader alone",
        (("SELECT sharing.enrol(gen_random_uuid(), gen_random_uuid())", "share_reader_approval_fkey"),),
    ),
    "EXECUTE sharing.end_reader(uuid, uuid)": Case(
        "ends an enrolment in the name of a guest",
        ((f"SELECT sharing.end_reader(gen_random_uuid(), {_GUEST})", "share_reader_power"),),
    ),
    "EXECUTE sharing.let_ask(uuid, uuid, uuid)": Case(
        "lets a key ask that nobody gave that power",
        (
            (
                f"SELECT sharing.let_ask({_SOMEBODY}, gen_random_uuid(), {_SOMEBODY})",
                "share_reader_key_power",
            ),
        ),
    ),
    "EXECUTE sharing.may_ask(uuid, uuid)": Case("looks", harmless="says whether a key may ask"),
    "EXECUTE sharing.begin_read(uuid, uuid)": Case(
        "looks at a request in the name of a key",
        harmless="tells whose it is; figures are read of them, and written down",
    ),
    "EXECUTE sharing.revoke(uuid, uuid)": Case(
        "takes somebody's yes back", harmless="nothing is shown that was not; they may be asked again"
    ),
}
