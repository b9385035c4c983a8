"""Comparing a bill with what is ours; its neighbours come with it, since midnight is nobody's alone."""

from datetime import date
from uuid import UUID

import structlog

from app.gateways.database import Row, Tx, again, fetch, transaction

_log = structlog.get_logger()


async def compare(bill_id: UUID, *, tx: Tx) -> None:
    """Find what differs, settle what does no more: of this bill, and of the channel's others around it.

    Repeated it changes nothing. Bills are locked in the order of their days.
    """
    rows = await fetch(
        "SELECT q.id, q.channel FROM channel_bill b JOIN channel_bill q ON q.channel = b.channel"
        " WHERE b.id = $1 AND (q.id = b.id OR q.day BETWEEN b.day - 1 AND b.day + 1 OR (q.state IN ('read', 'none')"
        " AND EXISTS (SELECT FROM bill_difference x WHERE x.channel = q.channel AND x.day = q.day AND x.state = 'open')))"
        " AND NOT EXISTS (SELECT FROM bill_day d WHERE d.day = q.day) ORDER BY q.day",
        bill_id, tx=tx,
    )  # fmt: skip
    await _compare(rows, tx=tx)


async def compare_open(channel: str) -> None:
    """The same for every bill of a channel that has something open, in a transaction of its own."""

    async def use_case() -> None:
        async with transaction() as tx:
            rows = await fetch(
                "SELECT q.id, q.channel FROM channel_bill q WHERE q.channel = $1 AND EXISTS (SELECT FROM bill_difference x"
                " WHERE x.channel = q.channel AND x.day = q.day AND x.state = 'open') ORDER BY q.day",
                channel, tx=tx,
            )  # fmt: skip
            await _compare(rows, tx=tx)

    await again(use_case)


async def compare_day(day: date, *, tx: Tx) -> None:
    """The same for every bill of a day."""
    await _compare(
        await fetch("SELECT id, channel FROM channel_bill WHERE day = $1 ORDER BY channel", day, tx=tx), tx=tx
    )


async def _compare(rows: list[Row], *, tx: Tx) -> None:
    for row in rows:
        (found,) = await fetch("SELECT * FROM bills.compare($1)", row["id"], tx=tx)
        if found["opened"]:
            _log.warning("bill.differs", channel=row["channel"], row=row["id"], count=found["opened"])
