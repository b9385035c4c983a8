"""What the role may do about the bank's statements. A new grant needs a case here, or the test of the role fails."""

from typing import Final

from tests.rooms.role.grants import Case

_NOBODY: Final = "gen_random_uuid()"
_KEEPS: Final = (
    "SELECT statements.keep_sealed(gen_random_uuid(), '1', '', 'x', 0, now()::date, now()::date, '[]',"
    """ '[{"payer_name": "%s"}]', '', id) FROM person"""
)
_READS: Final = Case("tells what is in statements and payments", harmless="the application shows it to finance")
_NO_MONEY: Final = (
    "a statement pays nothing: a payment by transfer is paid by its receipt, which two people agree to, with the bank's"
    " list before them"
)

STATEMENTS: Final = {
    "EXECUTE statements.keep(uuid, text, bytea, text, integer, date, date, jsonb, jsonb, uuid)": Case(
        "keeps a statement that no bank made",
        (
            (
                f"SELECT statements.keep({_NOBODY}, '1', '', 'x', 0, now()::date, now()::date, '[]', '[]', p.id) FROM person p",
                "bank_statement_finance",
            ),
        ),
        harmless=_NO_MONEY,
    ),
    "EXECUTE statements.keep_sealed(uuid, text, bytea, text, integer, date, date, jsonb, jsonb, bytea, uuid)": Case(
        "keeps a statement that no bank made, or one that names payers in clear",
        ((_KEEPS % "", "bank_statement_finance"), (_KEEPS % "x", "bank_statement_payers_sealed")),
        harmless=_NO_MONEY,
    ),
    "EXECUTE statements.seal_payers(uuid, bytea)": Case(
        "makes who paid in statements of the release before unreadable",
        harmless="days, amounts, numbers and codes stay, by which they are matched; once, and the bank has its list",
    ),
    "EXECUTE statements.take(uuid, uuid)": Case(
        "takes a statement in for somebody who is nobody of finance",
        ((f"SELECT statements.take({_NOBODY}, id) FROM person", "bank_statement_finance"),),
        harmless=_NO_MONEY,
    ),
    "EXECUTE statements.compare()": Case(
        "settles findings", harmless="only what does not differ any more; repeated it changes nothing"
    ),
    "EXECUTE statements.note_proposed(bigint[], uuid[])": Case(
        "calls a row recorded",
        harmless="only in an approval that waits and names the row's own number; it pays nothing",
    ),
    "EXECUTE statements.lock_finding(uuid, uuid)": Case(
        "looks at a finding as somebody else",
        ((f"SELECT statements.lock_finding({_NOBODY}, id) FROM person", "bank_statement_finance"),),
        harmless="it stays as it is",
    ),
    "EXECUTE statements.take_finding(uuid, uuid)": Case(
        "lets somebody look after a finding who is nobody of finance",
        ((f"SELECT statements.take_finding({_NOBODY}, id) FROM person", "bank_statement_finance"),),
        harmless="it stays open",
    ),
    "EXECUTE statements.close_finding(uuid, uuid, text, text)": Case(
        "explains a finding in somebody's name",
        ((f"SELECT statements.close_finding({_NOBODY}, id, 'x', '') FROM person", "bank_statement_finance"),),
        harmless=f"what was said stands with who said it; {_NO_MONEY}",
    ),
    **dict.fromkeys(
        (
            "EXECUTE statements.content(uuid)",
            "EXECUTE statements.judge(uuid)",
            "EXECUTE statements.unseen()",
            "EXECUTE statements.prove(bigint)",
        ),
        _READS,
    ),
}
