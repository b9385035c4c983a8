"""PayPal keeps what every channel promises, against the sandbox."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from app.gateways.channels.base import RawRequest, Trade
from app.gateways.channels.paypal import CHECKOUT
from tests.effort import moment_s
from tests.far_side import NoticeDoor, Sandbox
from tests.wire.channel_promises import ChannelPromises, Wire
from tests.wire.paypal_asking import fault, number, ours_for, outcome

# A close is a question, since there is nothing to be closed.
_ROUTES = {"open": "open", "query": "query", "close": "query", "refund": "refund"}


@dataclass
class PayPalWire(Wire):
    sandbox: Sandbox
    door: NoticeDoor

    async def pays(self, trade: Trade) -> None:
        await outcome(self.sandbox, trade)

    async def notice(self, trade: Trade, tamper: str | None = None) -> RawRequest:
        if tamper is not None:
            order = {"reference": trade.reference, "tamper": tamper}
            await self.sandbox.control("POST", "channels/paypal/notify", order)
        await self.pays(trade)
        await self.channel.advance(trade)
        deliveries = await self.door.wait(2)  # the other one says that the payer has approved
        delivery = next(one for one in deliveries if b'"PAYMENT.CAPTURE.COMPLETED"' in one.body)
        return RawRequest(body=delivery.body, headers=delivery.headers)

    async def silent(self, verb: str) -> None:
        await fault(self.sandbox, _ROUTES[verb], "timeout_after", hold_s=moment_s(1.2))


@pytest.fixture
async def wire(sandbox: Sandbox, notice_door: NoticeDoor) -> AsyncIterator[PayPalWire]:
    await sandbox.control("POST", "paypal/webhook", {"url": notice_door.url})
    channel = ours_for(sandbox, read_timeout_s=moment_s(0.6))
    yield PayPalWire(channel, CHECKOUT, number, sandbox, notice_door)
    await channel.aclose()


class TestPayPal(ChannelPromises):
    """All of them."""
