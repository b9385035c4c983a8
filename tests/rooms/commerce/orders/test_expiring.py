"""Expiring as sets, without a watch: bounded in each transaction and each round, oldest first, and nobody is left behind."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest

from app.commerce import orders, payments
from app.commerce.orders import expiring
from app.gateways.channels.base import Trade, TradeStatus
from app.gateways.channels.wechatpay import NATIVE
from app.gateways.database import fetch, transaction
from app.kernel.errors import Unavailable
from app.kernel.money import Currency
from tests.books import books_add_up
from tests.rooms.conftest import River, connected

CHANNEL = "wechatpay"


class Silent:
    """A channel that is asked and never answers."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def query(self, trade: Trade) -> TradeStatus:
        """Keep in mind about what it was asked."""
        self.asked.append(trade.reference)
        raise Unavailable("silence")


async def overdue(river: River, many: int) -> list[UUID]:
    """Orders whose time is up, the longest overdue first: who ordered last, so that nothing else gives this order."""
    placed = [(await river.order(f"k{number}")).id for number in range(many)]
    async with connected(river.stand.super_url) as owner:
        for number, id_ in enumerate(placed):
            await owner.execute(
                "UPDATE purchase_order SET expires_at = clock_timestamp() - $2::interval WHERE id = $1",
                id_, timedelta(minutes=1 + number),
            )  # fmt: skip
    return placed[::-1]


async def ended() -> list[UUID]:
    rows = await fetch("SELECT id FROM purchase_order WHERE state = 'expired' ORDER BY expires_at")
    return [row["id"] for row in rows]


async def test_no_transaction_ends_more_than_a_batch_and_the_longest_overdue_end_first(
    river: River, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiring, "BATCH", 4)
    ids = await overdue(river, 10)

    assert await orders.expire_due(channels={}) == 10
    together = await fetch(  # which rows one transaction wrote
        "SELECT array_agg(id ORDER BY expires_at) AS ids FROM purchase_order GROUP BY xmin::text"
        " ORDER BY min(closed_at)"
    )
    assert [row["ids"] for row in together] == [ids[:4], ids[4:8], ids[8:]]
    assert await books_add_up(river.stand.app_url) == []


async def test_a_round_without_time_left_ends_one_batch_and_the_next_rounds_the_rest(
    river: River, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiring, "BATCH", 4)
    monkeypatch.setattr(expiring, "ROUND_S", 0.0)
    ids = await overdue(river, 10)

    for done in (4, 8, 10, 10):
        await orders.expire_due(channels={})
        assert await ended() == ids[:done]


async def test_an_order_that_somebody_is_busy_with_holds_up_no_other(river: River) -> None:
    first, *others = await overdue(river, 4)
    async with asyncio.timeout(120), connected(river.stand.super_url) as busy, busy.transaction():
        await busy.execute("SELECT FROM purchase_order WHERE id = $1 FOR UPDATE", first)
        assert await orders.expire_due(channels={}) == 3
        assert await ended() == others
    assert await orders.expire_due(channels={}) == 1


async def test_of_many_that_wait_for_a_silent_channel_each_gets_its_turn(
    river: River,
) -> None:
    ids = await overdue(river, 5)
    for id_ in ids:
        async with transaction() as tx:
            order = await orders.find(id_, by=river.person_id)
            new = payments.NewPayment(
                subject=orders.cause_of(id_), channel=CHANNEL, method=NATIVE, amount_minor=order.amount_minor,
                currency=Currency.CNY, description="碳中和", expires_at=order.expires_at,
            )  # fmt: skip
            await payments.prepare(new, tx=tx)
    channel = Silent()

    for _ in range(5):
        async with connected(river.stand.super_url) as owner:  # who waits longest lies last in the table, as it may
            await owner.execute(
                "UPDATE payment SET queries = queries WHERE next_query_at = (SELECT min(next_query_at) FROM payment)"
            )
        assert await orders.expire_due(channels={CHANNEL: channel}, limit=2) == 0  # type: ignore[dict-item]
    references = {row["reference"] for row in await fetch("SELECT reference FROM payment")}
    assert set(channel.asked[:6]) == references  # in three rounds of two
    assert Counter(channel.asked) == dict.fromkeys(references, 2)
