"""Functions that prove, queue, count and delete, with evil parameters; beside `functions.py`."""

from typing import Final

from tests.rooms.role.grants import FORBIDDEN, Case

_READS: Final = Case("reads", harmless="it reads what the role may read, as the role, and writes nothing")
_QUEUE: Final = Case(
    "loses or invents work",
    harmless="a message entitles to nothing: each job asks the rows of its room; what was lost the proof"
    " names (requested_is_coming, certified)",
)

FUNCTIONS_KEPT: Final = {
    # ---- what people agreed to ----------------------------------------------------------------------------------------
    "EXECUTE consents.give(uuid, text, integer, text, bytea, text)": Case(
        "says that somebody agreed",
        (
            (
                "SELECT consents.give(gen_random_uuid(), 'wall', 1, 'zh', sha256('x'), 'page')",
                "consent_person_active",
            ),
            (
                "SELECT consents.give(id, 'wall', 0, 'zh', sha256('x'), 'page') FROM person",
                "consent_text_version_check",
            ),
            ("SELECT consents.give(id, 'wall', 1, 'zh', 'x', 'page') FROM person", "consent_text_digest_check"),
            (
                (
                    "SELECT consents.give(id, 'wall', 1, 'zh', sha256('x'), 'page') FROM person;"
                    " SELECT consents.withdraw(id, 'wall', 'page') FROM person;"
                    " SELECT consents.give(id, 'wall', 1, 'zh', sha256('y'), 'page') FROM person"
                ),
                "consent_text_stays",
            ),
            ("SELECT consents.give(id, 'wall', 1, 'zh', sha256('x'), 'erasure') FROM person", "consent_erasure_check"),
        ),
        harmless="what a real person said is not known to PostgreSQL; each row names words by digest, and stays",
    ),
    "EXECUTE consents.withdraw(uuid, text, text)": Case(
        "takes back what somebody agreed to", harmless="less is shown of them; what was given stays written"
    ),
    # ---- proofs -------------------------------------------------------------------------------------------------------
    "EXECUTE books.begin(uuid)": Case("begins a look", harmless="a look without parts concludes nothing"),
    "EXECUTE books.look(uuid, text, bigint, timestamp with time zone)": Case(
        "looks at something else",
        (
            ("SELECT books.look(gen_random_uuid(), 'refuse_change')", "books_look_part_check"),
            (
                "SELECT books.look(gen_random_uuid(), 'prove_evil(); DELETE FROM books_run; --')",
                "books_look_part_check",
            ),
        ),
    ),
    "EXECUTE books.conclude(uuid, text, text)": Case(
        "writes a proof of what nobody looked at",
        (
            ("SELECT books.conclude(gen_random_uuid(), 'proof', 'all')", "books_run_looked_at"),
            ("SELECT books.conclude(gen_random_uuid(), 'proof', 'evil')", "books_run_looked_at"),
            (
                (
                    "SELECT books.look('00000000-0000-7000-8000-000000000001', 'prove_grams');"
                    " SELECT books.conclude('00000000-0000-7000-8000-000000000001', 'proof', 'all')"
                ),
                "books_run_looked_at",
            ),
            (
                (
                    "SELECT books.look('00000000-0000-7000-8000-000000000001', 'compare_tallies');"
                    " SELECT books.conclude('00000000-0000-7000-8000-000000000001', 'reconciliation', 'all')"
                ),
                "books_run_looked_at",
            ),
        ),
    ),
    "EXECUTE books.seal(uuid)": Case(
        "seals what nobody looked at",
        (
            ("SELECT books.seal(gen_random_uuid())", "books_checkpoint_snapshot"),
            ("INSERT INTO books_checkpoint (id) VALUES (1)", None),
        ),
    ),
    "EXECUTE footprint.form(jsonb, jsonb)": Case(
        "writes a form of calculations", harmless="a form says nothing until a calculation refers to it"
    ),
    **dict.fromkeys(
        (
            "EXECUTE books.cancelled(bigint)",
            "EXECUTE books.checkpoint_rows(bigint)",
            "EXECUTE books.checkpoint_seal(books_checkpoint)",
            "EXECUTE books.prove_between(bigint, bigint)",
            "EXECUTE books.prove_checkpoints(bigint, bigint)",
            "EXECUTE books.prove_day(bigint)",
            "EXECUTE books.prove_since()",
            "EXECUTE books.prove_waiting(bigint)",
            "EXECUTE footprint.whole(jsonb, integer, jsonb)",
            "EXECUTE books.compare_since(timestamp with time zone)",
            "EXECUTE books.compare_tallies(uuid[])",
            "EXECUTE books.lot_of(text)",
            "EXECUTE books.prove(bigint)",
            "EXECUTE books.prove_certificates(bigint)",
            "EXECUTE books.prove_approvals(bigint)",
            "EXECUTE books.prove_claims(bigint)",
            "EXECUTE books.prove_grams(bigint)",
            "EXECUTE books.prove_ledger(bigint)",
            "EXECUTE books.prove_records(bigint)",
            "EXECUTE books.prove_retirements(bigint)",
            "EXECUTE books.prove_tonnes(bigint)",
            "EXECUTE holdings.prove(bigint)",
            "EXECUTE invoices.lines(uuid[])",
            "EXECUTE invoices.net_minor(uuid)",
            "EXECUTE orders.prove(bigint)",
            "EXECUTE orders.sold(uuid)",
            "EXECUTE payments.prove(bigint)",
            "EXECUTE payments.prove_receipts(bigint)",
            "EXECUTE payments.refunded_by(text, text)",
            "EXECUTE payments.share_minor(bigint, bigint, bigint)",
            "EXECUTE payments.sold()",
        ),
        _READS,
    ),
    # ---- the queue, and what is deleted --------------------------------------------------------------------------------
    "EXECUTE outbox.record(text[], text[], jsonb[])": Case(
        "invents an event",
        (("SELECT outbox.record(ARRAY['Evil'], ARRAY['x'], ARRAY['{}']::jsonb[])", "outbox_message_kind_known"),),
        harmless=_QUEUE.harmless,
    ),
    "EXECUTE outbox.record(text[], text[], jsonb[], text[])": Case(
        "writes events that nobody follows",
        (
            (
                "SELECT outbox.record(ARRAY['Evil'], ARRAY['x'], ARRAY['{}']::jsonb[], ARRAY['req'])",
                "outbox_message_kind_known",
            ),
        ),
    ),
    "EXECUTE outbox.record(text[], text[], jsonb[], text[], text[])": Case(
        "takes messages without a row and does not do their work",
        (
            (
                "SELECT outbox.record(ARRAY['Evil'], ARRAY['x'], ARRAY['{}']::jsonb[], ARRAY['req'], ARRAY['fulfil_paid'])",
                "outbox_message_kind_known",
            ),
        ),
        harmless=_QUEUE.harmless,
    ),
    "EXECUTE outbox.due(text, integer, interval, integer)": _QUEUE,
    "EXECUTE outbox.due(text, integer, interval, integer, text[])": _QUEUE,
    "EXECUTE releases.oldest_that_works()": Case(
        "is told a name", harmless="it reads nothing; the owner alone replaces it"
    ),
    "EXECUTE outbox.begin(bigint[], text, integer)": _QUEUE,
    "EXECUTE outbox.take(bigint[], text)": _QUEUE,
    "EXECUTE outbox.take_told(bigint[], text)": _QUEUE,
    "EXECUTE outbox.ids_of(date)": Case("reads", harmless="it adds up a date; no table is read"),
    "EXECUTE intents.weeks()": Case("reads", harmless="names of weeks, no rows"),
    "EXECUTE intents.make_weeks(integer)": Case(
        "fills the catalogue with tables",
        (
            ("SELECT intents.make_weeks(9)", "intent_weeks_ahead"),
            ("SELECT intents.make_weeks(-1)", "intent_weeks_ahead"),
            ("CREATE TABLE intent_answer_w20991228 (LIKE intent_answer)", FORBIDDEN),
        ),
        harmless="at most two months of empty places, which are dropped when their week is over",
    ),
    "EXECUTE intents.keep(uuid, text, bytea, integer, bytea)": Case(
        "answers a repeated request wrongly", harmless="an answer moves nothing, and the first one stays"
    ),
    "EXECUTE outbox.days()": Case("reads", harmless="names of days, no rows"),
    "EXECUTE outbox.make_days(integer)": Case(
        "fills the catalogue with tables",
        (
            ("SELECT outbox.make_days(32)", "outbox_days_ahead"),
            ("SELECT outbox.make_days(-1)", "outbox_days_ahead"),
            ("CREATE TABLE outbox_message_d20991231 (LIKE outbox_message)", FORBIDDEN),
        ),
        harmless="at most a month of empty places, which are dropped when their day is over",
    ),
    "EXECUTE outbox.fail(bigint[], text, interval, integer)": _QUEUE,
    "EXECUTE outbox.excuse(bigint[])": _QUEUE,
    "EXECUTE outbox.replay(bigint[])": _QUEUE,
    "EXECUTE limits.take(text[], integer[], integer[])": Case(
        "tries without end, or uses up the tries of others",
        (
            ("SELECT limits.take(ARRAY[''], ARRAY[1], ARRAY[60])", "limit_count_key_check"),
            ("SELECT limits.take(ARRAY[NULL]::text[], ARRAY[1], ARRAY[60])", "23502"),
            ("SELECT limits.take(ARRAY['evil'], ARRAY[0], ARRAY[60])", "22012"),
        ),
        harmless="counts last for minutes, and whoever has the password asks the tables, not the codes",
    ),
    "EXECUTE limits.purge(integer)": Case("forgets counts", harmless="only those that are over"),
    **{
        f"EXECUTE retention.purge_{what}(interval, integer)": Case(
            "deletes before the time",
            tuple(
                (f"SELECT retention.purge_{what}({keep}, 100)", "retention_keep_check")
                for keep in ("interval '0'", "interval '-1 year'", "NULL")
            ),
        )
        for what in (
            "messages",
            "answers",
            "sessions",
            "attempts",
            "guests",
            "keys",
            "figures",
            "notices",
            "own_figures",
            "phone_messages",
        )
    },
}
