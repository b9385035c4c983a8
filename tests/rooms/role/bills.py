"""What the role may do about channels' bills. A new grant needs a case here, or the test of the role fails."""

from typing import Final

from tests.rooms.role.grants import Case

_NOBODY: Final = "gen_random_uuid()"
_READS: Final = Case("tells what is in bills and payments", harmless="the application shows it to finance")
_NO_MONEY: Final = (
    "a bill moves no money and no gram: payments ask the channel itself;"
    " a day takes two people, who see digest and sums"
)

BILLS: Final = {
    "SELECT channel_bill_key": Case(
        "reads keys of files", harmless="wrapped by a key that is not in the database; the files lie elsewhere"
    ),
    "INSERT channel_bill_key": Case("writes a key it cannot wrap", harmless="what it seals opens as nothing"),
    "UPDATE channel_bill_key(wrapped, master_key)": Case(
        "makes files of bills unreadable", harmless="what books are compared with stands in lines and sums"
    ),
    "SELECT bank_payer_key": Case("reads keys of payers", harmless="wrapped by a key that is not in the database"),
    "INSERT bank_payer_key": Case("writes a key it cannot wrap", harmless="what it seals opens as nothing"),
    "UPDATE bank_payer_key(wrapped, master_key)": Case(
        "makes names of payers by transfer unreadable", harmless="days, amounts and numbers stay; the bank has its list"
    ),
    "EXECUTE payments.forget_payers(integer)": Case(
        "deletes keys of payers", harmless="only those whose ten years are over, which the sweeper deletes as well"
    ),
    "EXECUTE bills.expect(text, interval, timestamp with time zone)": Case(
        "expects bills that nobody makes, or too early", harmless=f"a channel then says that it has none; {_NO_MONEY}"
    ),
    "EXECUTE bills.take_due(text[], timestamp with time zone, integer)": Case(
        "puts bills off",
        harmless="by an hour each time; what is missing is told to whoever watches, and no day is signed",
    ),
    "EXECUTE bills.take_one(text, date, timestamp with time zone)": Case(
        "the same", harmless="a day that is signed is refused: tried in test_signing.py"
    ),
    **dict.fromkeys(
        (
            "EXECUTE bills.record_answer(uuid, text)",
            "EXECUTE bills.record_difference_answer(uuid, text)",
            "EXECUTE bills.hear(uuid, text)",  # the release before calls them by these two names
            "EXECUTE bills.hear_difference(uuid, text)",
        ),
        Case("records an answer that no channel gave", harmless="a text for people"),
    ),
    "EXECUTE bills.say_none(uuid, text)": Case(
        "calls a day empty that was not",
        ((f"SELECT bills.say_none({_NOBODY}, 'x')", "channel_bill_known"),),
        harmless=f"what was paid then differs, and is asked about; {_NO_MONEY}",
    ),
    "EXECUTE bills.keep_file(uuid, uuid, bytea, text, bigint, integer, text, integer)": Case(
        "keeps a file that no channel made",
        (
            (
                f"SELECT bills.keep_file({_NOBODY}, {_NOBODY}, sha256('x'), 'utf-8', 1, 0, NULL, NULL)",
                "channel_bill_known",
            ),
        ),
        harmless=f"its digest is what two people sign, and the next fetch tells another; {_NO_MONEY}",
    ),
    "EXECUTE bills.add_lines(uuid, jsonb)": Case(
        "adds lines to a file that was read",
        ((f"SELECT bills.add_lines({_NOBODY}, '[]')", "channel_bill_file_is_read"),),
        harmless=_NO_MONEY,
    ),
    "EXECUTE bills.read_file(uuid)": Case(
        "lets a file count that has not all of its lines",
        ((f"SELECT bills.read_file({_NOBODY})", "channel_bill_known"),),
        harmless=_NO_MONEY,
    ),
    "EXECUTE bills.compare(uuid)": Case(
        "settles what differs", harmless="only what does not differ any more; repeated it changes nothing"
    ),
    "EXECUTE bills.take_asks(integer, uuid)": Case("asks too often or never", harmless="the difference stays open"),
    "EXECUTE bills.take_difference(uuid, uuid)": Case(
        "lets somebody look after a difference who is nobody of finance",
        ((f"SELECT bills.take_difference({_NOBODY}, id) FROM person", "bill_difference_finance"),),
        harmless="it stays open",
    ),
    "EXECUTE bills.close_difference(uuid, text, uuid, text, text)": Case(
        "explains a difference in somebody's name",
        (
            (
                f"SELECT bills.close_difference({_NOBODY}, 'explained', id, 'x', '') FROM person",
                "bill_difference_finance",
            ),
        ),
        harmless=f"what was said stands in what two people sign, with who said it; {_NO_MONEY}",
    ),
    "EXECUTE bills.sign_day(uuid, uuid)": Case(
        "signs a day that nobody looked at",
        ((f"SELECT bills.sign_day({_NOBODY}, {_NOBODY})", "bill_day_two_people"),),
        harmless="it writes what two people agreed to, word for word, of a day where nothing is open; once",
    ),
    "EXECUTE bills.erase(uuid)": Case(
        "calls a file erased that is kept",
        ((f"SELECT bills.erase({_NOBODY})", "channel_bill_file_is_kept"),),
        harmless="only one whose ten years are over; its bytes lie in the store, not here",
    ),
    **dict.fromkeys(
        (
            "EXECUTE bills.kept_since()",
            "EXECUTE bills.take_erasures(integer)",
            "EXECUTE bills.content(date)",
            "EXECUTE bills.prove(bigint)",
            "EXECUTE bills.rows(text, date)",
            "EXECUTE bills.lines(text, date)",
            "EXECUTE bills.has_line(text, text, text, date)",
            "EXECUTE bills.begins(date)",
            "EXECUTE bills.edge()",
            "EXECUTE bills.nature(text, text, bigint, bigint, bigint)",
        ),
        _READS,
    ),
}
