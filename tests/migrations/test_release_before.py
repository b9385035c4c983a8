"""What the release before left migrates without losing a row, a gram or a byte of what was frozen."""

import os

from tests.flow import Flow
from tests.migrations import dumping
from tests.migrations.walking import walk
from tests.rooms.conftest import connected


async def test_the_walk_that_the_rows_come_from_leads_to_every_state_and_the_books_add_up(flow: Flow) -> None:
    await walk(flow)
    async with connected(flow.river.stand.super_url) as connection:
        states = await connection.fetch("SELECT DISTINCT state FROM purchase_order ORDER BY 1")
        assert [row["state"] for row in states] == [
            "cancelled", "expired", "paid", "placed", "quoted", "refunded", "refunding",
        ]  # fmt: skip
        if os.environ.get("REWRITE_RELEASE"):
            dumping.write(await dumping.dump(connection))
