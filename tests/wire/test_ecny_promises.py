"""e-CNY keeps what every channel promises, against the sandbox."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from app.gateways.channels.base import RawRequest, Trade
from app.gateways.channels.ecny_cmb import QR
from tests.effort import moment_s
from tests.far_side import NoticeDoor, Sandbox
from tests.wire.channel_promises import ChannelPromises, Wire
from tests.wire.ecny_asking import NAME, fault, ours_for, pay
from tests.wire.wechatpay_asking import number


@dataclass
class EcnyWire(Wire):
    sandbox: Sandbox
    door: NoticeDoor

    async def pays(self, trade: Trade) -> None:
        await pay(self.sandbox, trade.reference)

    async def notice(self, trade: Trade, tamper: str | None = None) -> RawRequest:
        if tamper is not None:
            wanted = {"reference": trade.reference, "tamper": tamper}
            await self.sandbox.control("POST", f"channels/{NAME}/notify", wanted)
        await self.pays(trade)
        delivery = (await self.door.wait(1))[0]
        return RawRequest(body=delivery.body, headers=delivery.headers)

    async def silent(self, verb: str) -> None:
        await fault(self.sandbox, verb, "timeout_after", hold_s=moment_s(1.2))


@pytest.fixture
async def wire(sandbox: Sandbox, notice_door: NoticeDoor) -> AsyncIterator[EcnyWire]:
    sandbox.expect_refusals()
    channel = ours_for(sandbox, notice_door.url, read_timeout_s=moment_s(0.6))
    yield EcnyWire(channel, QR, number, sandbox, notice_door)
    await channel.aclose()


class TestEcnyCmb(ChannelPromises):
    """All of them."""
