"""Who paid lies sealed beside a statement; what the release before kept in clear is sealed later; keys end with their years."""

import json

import pytest

from app.commerce import payments, statements
from app.gateways.database import fetch, fetch_value
from app.kernel.clock import beijing_day, utc_now
from app.kernel.ids import uuid7
from tests.owning import as_owner
from tests.rooms.commerce.statements.conftest import Till
from tests.rooms.conftest import KEYRING, connected

PAYER, REMARK = "上官云起", "云起 13900004321 会务费"


async def as_before(till: Till) -> None:
    """A statement that the release before read and took in: two rows in clear, one of them explained and over."""
    day = beijing_day(utc_now()).isoformat()
    content = [
        {
            "no": no, "number": f"OLD-000{no}", "is_numbered": True, "day": day, "amount_minor": 500, "payer_name": PAYER,
            "payer_end": "4321", "remark": REMARK, "balance_minor": None, "codes": "", "is_marked": False,
        }
        for no in (1, 2)
    ]  # fmt: skip
    one = await fetch_value(
        "SELECT statements.keep($1, '62220000', $2, 'x.csv', 0, $3::date, $3::date, '[]', $4::jsonb, $5)",
        uuid7(), b"d" * 32, beijing_day(utc_now()), json.dumps(content), till.sponsor.clerk,
    )  # fmt: skip
    await statements.take(one, by=till.sponsor.clerk, keyring=KEYRING)
    finding = (await till.open())[0]
    await statements.explain(finding.id, reason="退回", by=till.sponsor.clerk)


async def words() -> set[tuple[str, str, str]]:
    return {
        (row["payer_name"], row["payer_end"], row["remark"])
        for row in await fetch("SELECT payer_name, payer_end, remark FROM bank_statement_row")
    }


async def told() -> set[tuple[str, str, str]]:
    found = [
        row
        for one in await statements.list_statements(limit=10)
        for row in await statements.list_rows(one.id, keyring=KEYRING, limit=10)
    ]
    return {(row.payer_name, row.payer_end, row.remark) for row in found}


async def test_what_a_statement_says_of_payers_stands_in_no_column_and_is_read_with_its_key(till: Till) -> None:
    statement = await till.reads(till.row(500, REMARK, "A0001", payer=PAYER))
    content = await fetch_value("SELECT content::text FROM bank_statement")
    assert PAYER not in content and REMARK not in content
    (shown,) = await statements.preview_rows(statement, keyring=KEYRING, limit=10)
    assert (shown.payer_name, shown.payer_end, shown.remark) == (PAYER, "0001", REMARK)
    await statements.take(statement, by=till.sponsor.clerk, keyring=KEYRING)
    assert await words() == {("", "", "")}
    assert await told() == {(PAYER, "0001", REMARK)}
    (finding,) = await till.open()
    assert (finding.payer_name, finding.payer_end, finding.text) == (PAYER, "0001", REMARK)


async def test_what_the_release_before_kept_in_clear_is_read_and_sealed_once(till: Till) -> None:
    await as_before(till)
    assert await words() == await told() == {(PAYER, "4321", REMARK)}
    assert [await statements.seal_due(keyring=KEYRING) for _ in range(2)] == [1, 0]
    assert await words() == {("", "", "")}
    assert await told() == {(PAYER, "4321", REMARK)}
    states = {row["state"] for row in await fetch("SELECT state FROM bank_statement_row")}
    assert states == {"open", "closed"}, "nothing else of a row has changed"


async def test_a_statement_that_is_read_and_not_taken_is_sealed_as_well(till: Till) -> None:
    await as_before(till)
    statement = await fetch_value(
        "SELECT statements.keep($1, '62220000', $2, 'y.csv', 0, $3::date, $3::date, '[]', $4::jsonb, $5)",
        uuid7(), b"e" * 32, beijing_day(utc_now()),
        json.dumps([{
            "no": 1, "number": "OLD-0009", "is_numbered": True, "day": beijing_day(utc_now()).isoformat(),
            "amount_minor": 700, "payer_name": PAYER, "payer_end": "4321", "remark": REMARK, "balance_minor": None,
            "codes": "", "is_marked": False,
        }]),
        till.sponsor.clerk,
    )  # fmt: skip
    assert await statements.seal_due(keyring=KEYRING) == 2
    (shown,) = await statements.preview_rows(statement, keyring=KEYRING, limit=10)
    assert (shown.payer_name, shown.amount_minor) == (PAYER, 700)
    assert PAYER not in await fetch_value("SELECT content::text FROM bank_statement WHERE id = $1", statement)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE bank_statement SET payers_sealed = 'x'",
        "UPDATE bank_statement SET payers_sealed = NULL",
        "UPDATE bank_statement SET file_name = 'other.csv'",
        "UPDATE bank_statement_row SET payer_name = 'somebody else'",
        "UPDATE bank_statement_row SET remark = 'x'",
        "UPDATE bank_statement_row SET amount_minor = 1",
        "DELETE FROM bank_statement",
    ],
)
async def test_what_is_sealed_stays_as_it_is_also_for_the_owner(till: Till, change: str) -> None:
    await as_before(till)
    await statements.seal_due(keyring=KEYRING)
    async with connected(till.sponsor.flow.river.stand.owner_url) as owner:
        with pytest.raises(Exception, match="what the bank said stays"):
            await owner.execute(change)


async def test_a_receipt_says_the_first_letter_and_the_name_to_whoever_has_its_key(till: Till) -> None:
    order, remark = await till.owed()
    await till.takes(till.row(order.amount_minor, remark, "A0001", payer=PAYER))
    (proposed,) = await till.waiting()
    assert PAYER not in await fetch_value("SELECT payload FROM approval WHERE id = $1", proposed.id)
    assert proposed.said()["payer_name"] == "上***"
    assert await payments.payer_of(proposed.said(), keyring=KEYRING) == PAYER


async def test_keys_of_payers_go_after_ten_whole_years_and_nothing_else_does(till: Till) -> None:
    order, remark = await till.owed()
    await till.takes(till.row(order.amount_minor, remark, "A0001", payer=PAYER))
    assert await payments.forget_payers_due() == 0
    await as_owner("UPDATE keys.bank_payer_key SET came_at = came_at - interval '10 years'")
    assert await payments.forget_payers_due() == 0, "ten whole years, counted from the end of the year"
    await as_owner("UPDATE keys.bank_payer_key SET came_at = came_at - interval '1 year'")
    assert await payments.forget_payers_due() == 2
    assert await told() == {("", "", "")}
    (proposed,) = await till.waiting()
    assert await payments.payer_of(proposed.said(), keyring=KEYRING) == "上***"
    assert await fetch_value("SELECT amount_minor FROM bank_statement_row") == order.amount_minor
