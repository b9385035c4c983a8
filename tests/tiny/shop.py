"""The river with the tiny channel beside WeChat Pay, for tests of the rooms."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, cast

import asyncpg
import pytest

from app.cli.operations.migrating import MONEY_ACCOUNTS, clearing
from app.commerce import orders, payments
from app.gateways.channels.base import Method, RawRequest
from app.gateways.channels.table import CHANNELS
from app.gateways.database import fetch
from app.kernel.money import Currency
from app.registry import ledger
from app.wiring import channels
from config.settings import Settings
from tests.flow import Flow
from tests.rooms.conftest import KEYRING
from tests.tiny.far_side import KEY, FarSide, running
from tests.tiny.gateway import KIND, SCAN, Tiny

TABLE = (*CHANNELS, KIND)


@dataclass
class Shop:
    """A river with one row more in its table of channels."""

    flow: Flow
    far: FarSide
    channel: Tiny

    async def opened(self, key: str = "k1") -> orders.OrderFacts:
        order = await self.flow.river.order(key)
        await self.open(order)
        return order

    async def open(self, order: orders.OrderFacts, method: Method = SCAN) -> None:
        way = orders.Way(channel="tiny", method=method)
        await orders.pay(order.id, way, by=order.person_id, description="碳中和", channels=self.flow.channels)

    async def receive(self, sent: tuple[bytes, dict[str, str]]) -> int:
        raw = RawRequest(body=sent[0], headers=sent[1])
        return (await payments.receive(raw, channel=self.channel, keyring=KEYRING)).status

    async def swept(self) -> None:
        await self.flow.due_now()
        await self.flow.sweep()

    async def pays(self, order: orders.OrderFacts, method: Method = SCAN) -> None:
        """Opened, approved by its payer, taken by us, and all that follows from it."""
        await self.open(order, method)
        assert await self.receive(self.far.approve((await self.flow.payment(order))["reference"])) == 200
        await self.flow.sweep()
        await self.flow.work()

    async def states(self, order: orders.OrderFacts) -> list[tuple[str, str]]:
        return [(row["channel"], row["state"]) for row in await self.flow.payments(order)]

    async def money(self) -> dict[str, int]:
        rows = await fetch("SELECT path, balance FROM ledger_account WHERE path LIKE 'clearing:%' OR path = 'sales'")
        return {row["path"]: row["balance"] for row in rows if row["balance"]}


@pytest.fixture
async def shop(flow: Flow) -> AsyncIterator[Shop]:
    owner = await asyncpg.connect(flow.river.stand.super_url)
    for name, currency in clearing(TABLE):  # as `diandian migrate` does
        await owner.execute("SELECT ledger.open_clearing($1, $2)", name, currency.value)
    await owner.close()
    await ledger.open_accounts(MONEY_ACCOUNTS, unit=Currency.USD.value)
    async with running() as far:
        settings = Settings(channels={"tiny": {"url": far.url, "key": KEY}})
        (channel,) = channels(settings, TABLE).values()
        ours = cast("dict[str, Any]", flow.tools.gateways.channels)
        ours["tiny"] = channel
        yield Shop(flow, far, cast("Tiny", channel))
        del ours["tiny"]
        await channel.aclose()
