"""The channel that exists in tests only keeps what every channel promises, against a far side of its own."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from app.gateways.channels.base import Bill, Closed, NoBill, RawRequest, StillOpen, Trade, Unknown
from app.kernel.clock import beijing_day, utc_now
from tests.effort import moment_s
from tests.tiny.far_side import KEY, FarSide, running
from tests.tiny.gateway import SCAN, Tiny
from tests.wire.channel_promises import ChannelPromises, Wire
from tests.wire.wechatpay_asking import number


@dataclass
class TinyWire(Wire):
    far: FarSide

    async def pays(self, trade: Trade) -> None:
        self.far.approve(trade.reference)

    async def notice(self, trade: Trade, tamper: str | None = None) -> RawRequest:
        await self.pays(trade)
        await self.channel.advance(trade)
        body, headers = self.far.notice(trade.reference, tamper=tamper)
        return RawRequest(body=body, headers=headers)

    async def silent(self, verb: str) -> None:
        assert verb in {"open", "query", "close", "refund"}
        self.far.silent = 1


@pytest.fixture
async def wire() -> AsyncIterator[TinyWire]:
    async with running() as far:
        channel = Tiny(far.url, KEY, read_timeout_s=moment_s(0.2))
        yield TinyWire(channel, SCAN, number, far)
        await channel.aclose()


class TestTiny(ChannelPromises):
    """All of them, and what is its own."""

    async def test_a_code_that_nobody_scanned_may_still_be_paid_until_its_time_is_over(self, wire: TinyWire) -> None:
        trade = await wire.opened()
        assert isinstance(await wire.channel.query(trade), Unknown)
        assert isinstance(await wire.channel.close(trade), StillOpen)
        past = Trade(
            reference=trade.reference,
            theirs=trade.theirs,
            method=trade.method,
            amount_minor=trade.amount_minor,
            currency=trade.currency,
            expires_at=utc_now() - timedelta(seconds=1),
        )
        assert isinstance(await wire.channel.close(past), Closed)

    async def test_its_bill_tells_what_moved(self, wire: TinyWire) -> None:
        today = beijing_day(utc_now())
        assert isinstance(await wire.channel.fetch_bill(today), NoBill)
        trade, done = await wire.paid()
        bill = await wire.channel.fetch_bill(today)
        assert isinstance(bill, Bill)
        assert done.transaction_id.encode() in bill.content
        (line,) = wire.channel.read_bill(bill)
        assert (line.reference, line.transaction_id, line.amount_minor) == (
            trade.reference,
            done.transaction_id,
            trade.amount_minor,
        )
