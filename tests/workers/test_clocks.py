"""F10: a machine's clock jumps. Times of money are PostgreSQL's, and nothing expires that has time left."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import asyncpg
import pytest

from app.commerce import orders
from app.gateways.database import fetch, fetch_value
from app.kernel import clock
from app.kernel.clock import beijing_day
from tests.flow import Flow

NEAR = timedelta(minutes=5)
"""How far a time that PostgreSQL wrote may be from PostgreSQL's clock at the end of a test on a busy machine."""
YEAR_END = datetime(datetime.now(UTC).year, 12, 31, 15, 59, 59, tzinfo=UTC) - datetime.now(UTC)
"""To the last second of the year in Beijing, which the clock then passes."""
JUMPS = {
    "an hour ahead": timedelta(hours=1),
    "an hour back": timedelta(hours=-1),
    "a day ahead": timedelta(days=1),
    "a day back": timedelta(days=-1),
    "over the end of the year": YEAR_END + timedelta(seconds=2),
    "into last year": -timedelta(days=366),
}


@contextmanager
def jumped(by: timedelta) -> Iterator[None]:
    """This process's clock is off by so much: the port through which all of the program reads it."""

    class Jumped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return datetime.now(tz) + by

    before = clock.datetime
    clock.datetime = Jumped  # type: ignore[misc]
    try:
        assert abs(clock.utc_now() - datetime.now(UTC) - by) < NEAR
        yield
    finally:
        clock.datetime = before  # type: ignore[misc]


@pytest.mark.parametrize("jump", JUMPS)
async def test_whatever_a_workers_clock_says_an_order_lives_its_half_hour_and_no_longer(flow: Flow, jump: str) -> None:
    alive, over = await flow.river.order("alive"), await flow.river.order("over")
    await flow.time_is_up(over)
    with jumped(JUMPS[jump]):
        await flow.sweep()
        states = [await flow.state(alive), await flow.state(over)]
    assert states == ["placed", "expired"]


TIMES = (
    ("ledger_transfer", "posted_at"),
    ("retirement", "settled_at"),
    ("certificate", "issued_at"),
    ("outbox_message", "recorded_at"),
)


@pytest.mark.parametrize("jump", JUMPS)
async def test_whatever_a_workers_clock_says_times_of_money_and_numbers_are_the_databases(
    flow: Flow, jump: str
) -> None:
    """The worker that fulfils, settles and issues is off; the API that took the order was right."""
    order = await flow.paid()
    before = {row["at"] for table, column in TIMES for row in await fetch(f"SELECT {column} AS at FROM {table}")}
    with jumped(JUMPS[jump]):
        await flow.work()
    now = await fetch_value("SELECT clock_timestamp()")
    for table, column in TIMES:
        written = await fetch(f"SELECT {column} AS at FROM {table} WHERE {column} IS NOT NULL")
        rows = [row for row in written if row["at"] not in before]
        assert rows, table
        assert all(abs(row["at"] - now) < NEAR for row in rows), (table, rows)
    certificate = await flow.certificate(order)
    assert f"{beijing_day(now):%Y%m%d}" in certificate.number
    (retirement,) = await fetch("SELECT number FROM retirement")
    assert f"{beijing_day(now):%Y%m%d}" in retirement["number"]


@pytest.mark.parametrize("jump", JUMPS)
async def test_whatever_the_apis_clock_says_an_order_is_placed_now_and_has_its_half_hour(flow: Flow, jump: str) -> None:
    """Today's price is offered by the API's own day, so there is one for every day here; the times are the database's."""
    connection = await asyncpg.connect(flow.river.stand.super_url)
    try:
        await connection.execute("UPDATE credit_price SET valid_from = valid_from - 800")
    finally:
        await connection.close()
    with jumped(JUMPS[jump]):
        order = await flow.river.order("jumped")
        facts = await orders.find(order.id, by=order.person_id)
    now = await fetch_value("SELECT clock_timestamp()")
    (row,) = await fetch("SELECT placed_at, expires_at FROM purchase_order WHERE id = $1", order.id)
    assert abs(row["placed_at"] - now) < NEAR
    assert row["expires_at"] - row["placed_at"] == timedelta(minutes=30)
    assert facts.state is orders.OrderState.PLACED


async def test_entries_stand_in_the_order_in_which_they_were_posted_whatever_any_clock_said(flow: Flow) -> None:
    for number, by in enumerate(JUMPS.values()):
        order = await flow.paid(f"k{number}")
        with jumped(by):
            await flow.work()
        assert await flow.state(order) == "paid"
    rows = await fetch("SELECT posted_at FROM ledger_transfer ORDER BY id")
    assert [row["posted_at"] for row in rows] == sorted(row["posted_at"] for row in rows)
