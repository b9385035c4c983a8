"""WeChat Pay keeps what every channel promises, against the sandbox."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from app.gateways.channels.base import RawRequest, Trade
from app.gateways.channels.wechatpay import NATIVE
from tests.effort import moment_s
from tests.far_side import NoticeDoor, Sandbox
from tests.wire.channel_promises import ChannelPromises, Wire
from tests.wire.wechatpay_asking import number, ours_for

_ROUTES = {"open": "native", "query": "query", "close": "close", "refund": "refund"}


@dataclass
class WeChatWire(Wire):
    sandbox: Sandbox
    door: NoticeDoor

    async def pays(self, trade: Trade) -> None:
        await self.sandbox.control("POST", "pay", {"out_trade_no": trade.reference})

    async def notice(self, trade: Trade, tamper: str | None = None) -> RawRequest:
        if tamper is not None:
            await self.sandbox.control("POST", "notify", {"out_trade_no": trade.reference, "tamper": tamper})
        await self.pays(trade)
        delivery = (await self.door.wait(1))[0]
        return RawRequest(body=delivery.body, headers=delivery.headers)

    async def silent(self, verb: str) -> None:
        await self.sandbox.control(
            "POST", "fault", {"route": _ROUTES[verb], "kind": "timeout_after", "hold_s": moment_s(1.2)}
        )


@pytest.fixture
async def wire(sandbox: Sandbox, notice_door: NoticeDoor) -> AsyncIterator[WeChatWire]:
    sandbox.expect_refusals()
    channel = ours_for(sandbox, notice_door.url, read_timeout_s=moment_s(0.6))
    yield WeChatWire(channel, NATIVE, number, sandbox, notice_door)
    await channel.aclose()


class TestWeChatPay(ChannelPromises):
    """All of them."""
