"""What releases before found of lost time is posted when the tables are brought up, and their function still works."""

from pathlib import Path
from typing import Final

import asyncpg
import pytest

from app.cli.operations.migrating import FRESH
from app.gateways.database import fetch, fetch_value
from app.registry import books, ledger
from tests.conftest import Stand
from tests.lost_time import refused_refund
from tests.rooms.conftest import connected

_SQL: Final[Path] = FRESH.parent / "sql" / "payments_lost_time.sql"
_HELD: Final = ["clearing:wechatpay", "clearing:lost_time"]


def posting() -> str:
    """The step of the migration that posts what is there."""
    sql = _SQL.read_text("utf-8")
    return sql[sql.rindex("DO $$") :]


@pytest.mark.parametrize(("state", "held_minor"), [("requested", 70), ("refused", 70), ("done", 0)])
async def test_what_was_found_before_is_posted_once_as_it_stands(database: Stand, state: str, held_minor: int) -> None:
    async with connected(database.super_url) as admin:
        number = await refused_refund()
        # As the release before left it: the row, and nothing in the ledger.
        await admin.execute("SET session_replication_role = replica")
        await admin.execute("TRUNCATE ledger_entry, ledger_transfer")
        await admin.execute("UPDATE ledger_account SET balance = 0")
        await admin.execute("DELETE FROM ledger_account WHERE path = 'clearing:lost_time' AND unit = 'CNY'")
        await admin.execute(
            "UPDATE recovery_payment SET state = $1::text, channel_refund_id = CASE $1::text WHEN 'done' THEN 'B1' END,"
            " finished_at = CASE $1::text WHEN 'done' THEN now() END WHERE refund_reference = $2",
            state, number,
        )  # fmt: skip
    async with connected(database.owner_url) as owner:
        for _ in range(2):
            await owner.execute(posting())
    assert await ledger.balances(_HELD, unit="CNY") == dict(zip(_HELD, (-held_minor, held_minor), strict=True))
    run = await books.prove(connect=lambda: asyncpg.connect(database.app_url))
    told = {line.check: line.is_ok for line in run.checked}
    assert (told["money_is_paid"], told["recovered"]) == (True, state == "done")


async def test_the_release_before_still_says_what_a_channel_answered(database: Stand) -> None:
    await refused_refund()
    assert database
    id_ = await fetch_value("SELECT id FROM recovery_payment")
    await fetch("SELECT recovery.hear_refund($1, 'requested', NULL, 'PENDING')", id_)
    assert await fetch_value("SELECT state FROM recovery_payment") == "refused", "a no stays until a person acts"
    await fetch("SELECT recovery.hear_refund($1, 'done', 'B1', 'SUCCESS')", id_)
    assert await fetch_value("SELECT state FROM recovery_payment") == "done"
    assert await ledger.balances(_HELD, unit="CNY") == dict.fromkeys(_HELD, 0)
