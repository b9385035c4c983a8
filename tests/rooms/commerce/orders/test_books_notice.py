"""The question that every test ends with can fail: each way to break the books is named by its invariant."""

import asyncpg
import pytest

from tests.books import PENDING_LONGEST_S, books_add_up
from tests.flow import Flow

BROKEN_BY_HAND = [
    ("UPDATE ledger_account SET balance = balance + 1 WHERE path = 'sales'", {"I1", "I4", "I6"}),
    ("DELETE FROM ledger_entry WHERE id = (SELECT max(id) FROM ledger_entry)", {"I3", "I4"}),
    ("UPDATE ledger_entry SET balance = balance + 1 WHERE id = (SELECT max(id) FROM ledger_entry)", {"I4"}),
    ("UPDATE purchase_order SET state = 'refunding' WHERE state = 'paid'", {"I6"}),
    ("UPDATE purchase_order SET amount_minor = amount_minor + 1 WHERE state = 'paid'", {"I6"}),
    ("UPDATE sale_line_price SET mass_g = mass_g + 1", {"I6"}),
    ("UPDATE sale_line_price SET per_tonne_minor = per_tonne_minor * 2", {"I6"}),
    ("UPDATE sale_line SET mass_g = mass_g + 1", {"I6"}),
    ("UPDATE payment SET amount_minor = amount_minor - 1", {"I6", "I9"}),
    ("UPDATE payment SET transaction_id = NULL, paid_at = NULL", {"I6", "I9"}),
    ("UPDATE credit_reservation SET state = 'released' WHERE state = 'held'", {"I6"}),
    ("UPDATE credit_reservation SET mass_g = mass_g + 1", {"I6"}),
    ("DELETE FROM retirement_slice", {"I6", "I7"}),
    ("UPDATE retirement_slice SET start_g = start_g + 1, stop_g = stop_g + 1", {"I7"}),
    ("UPDATE retirement_cursor SET next_g = next_g + 1", {"I6"}),
    ("UPDATE retirement SET mass_g = mass_g + 1", {"I6", "I7"}),
    ("DELETE FROM certificate", {"I7"}),
    ("UPDATE certificate SET register_no = 7", {"I7"}),
    ("UPDATE certificate_series SET next_no = next_no + 1", {"I7"}),
    ("UPDATE payment_notice SET fate = 'received'", {"I6"}),
    (
        "UPDATE outbox_message SET done_at = NULL, recorded_at = recorded_at - interval '61 s' WHERE queue = 'settle'",
        {"I6"},
    ),
]


async def test_each_way_to_break_the_books_is_noticed(flow: Flow) -> None:
    await flow.paid("k1")
    await flow.river.order("k2")
    await flow.work()
    url, truth = flow.river.stand.super_url, await flow.sandbox.truth()
    assert await books_add_up(url, truth=truth) == []
    assert PENDING_LONGEST_S == 60

    admin = await asyncpg.connect(url)
    try:
        for statement, invariants in BROKEN_BY_HAND:
            copies = await _keep(admin)
            await admin.execute("SET session_replication_role = replica")
            assert await admin.execute(statement) != "UPDATE 0", statement
            broken = await books_add_up(url, truth=truth, patience_s=PENDING_LONGEST_S)
            assert {sentence.split(":")[0] for sentence in broken} == invariants, (statement, broken)
            await _give_back(admin, copies)
    finally:
        await admin.close()


async def test_a_balance_below_its_floor_is_noticed_even_where_the_constraint_was_lost(flow: Flow) -> None:
    admin = await asyncpg.connect(flow.river.stand.super_url)
    floor = await admin.fetchval("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = $1", FLOOR)
    try:
        await admin.execute(f"ALTER TABLE ledger_account DROP CONSTRAINT {FLOOR}")
        await admin.execute("UPDATE ledger_account SET floor = 1000 WHERE path = 'prepaid' AND unit = 'CNY'")
        assert await books_add_up(flow.river.stand.app_url) == [
            "I2: account prepaid (CNY) holds 0, below its floor 1000"
        ]
    finally:
        await admin.execute("UPDATE ledger_account SET floor = 0 WHERE path = 'prepaid'")
        await admin.execute(f"ALTER TABLE ledger_account ADD CONSTRAINT {FLOOR} {floor}")
        await admin.close()


@pytest.mark.parametrize("what", ["trade", "refund"])
async def test_what_the_far_side_knows_and_we_do_not_is_noticed(flow: Flow, what: str) -> None:
    order = await flow.paid()
    await flow.work()
    truth = await flow.sandbox.truth()
    reference = (await flow.payment(order))["reference"]
    theirs = truth["channels"]["wechatpay"]
    if what == "trade":
        theirs["trades"].append(
            {"reference": "NOBODYS", "transaction_id": "42", "amount_minor": 5, "currency": "CNY", "is_paid": True}
        )
    else:
        theirs["refunds"].append(
            {"refund_reference": "RF1", "refund_id": "50", "amount_minor": 5, "currency": "CNY", "is_done": True}
        )
        theirs["balances"]["CNY"]["held"] -= 5
    broken = await books_add_up(flow.river.stand.app_url, truth=truth)
    assert broken
    assert all(sentence.startswith("I9: ") for sentence in broken)
    assert not any(reference in sentence for sentence in broken)


FLOOR = "ledger_account_floor_check"
TABLES = (
    "ledger_account", "ledger_entry", "purchase_order", "sale_line", "sale_line_price", "payment",
    "payment_notice", "credit_reservation",
    "retirement", "retirement_slice", "retirement_cursor", "certificate", "certificate_series", "outbox_message",
)  # fmt: skip


_COLUMNS = (
    "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0"
    " AND NOT attisdropped AND attgenerated = ''"
)


async def _keep(admin: asyncpg.Connection) -> list[str]:
    for table in TABLES:
        await admin.execute(f"CREATE TEMPORARY TABLE kept_{table} AS TABLE {table}")
    return list(TABLES)


async def _give_back(admin: asyncpg.Connection, tables: list[str]) -> None:
    for table in tables:
        await admin.execute(f"DELETE FROM {table}")
        columns = await admin.fetchval(_COLUMNS, table)
        await admin.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM kept_{table}")
        await admin.execute(f"DROP TABLE kept_{table}")
