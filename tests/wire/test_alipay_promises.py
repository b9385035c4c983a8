"""Alipay keeps what every channel promises, against the sandbox."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from app.gateways.channels.alipay import CREATE, PRECREATE
from app.gateways.channels.base import Charge, Payer, RawRequest, Trade
from tests.effort import moment_s
from tests.far_side import NoticeDoor, Sandbox
from tests.wire.alipay_asking import certificates, control, ours_for
from tests.wire.channel_promises import ChannelPromises, Wire
from tests.wire.wechatpay_asking import number

_ROUTES = {"query": "query", "close": "close", "refund": "refund"}


@dataclass
class AlipayWire(Wire):
    sandbox: Sandbox
    door: NoticeDoor
    payer: Payer | None = None

    def charge(self) -> Charge:
        return replace(super().charge(), payer=self.payer)

    async def pays(self, trade: Trade) -> None:
        await control(self.sandbox, "outcome", reference=trade.reference)

    async def notice(self, trade: Trade, tamper: str | None = None) -> RawRequest:
        if tamper is not None:
            await control(self.sandbox, "notify", reference=trade.reference, tamper=tamper)
        await self.pays(trade)
        delivery = (await self.door.wait(1))[0]
        return RawRequest(body=delivery.body, headers=delivery.headers)

    async def silent(self, verb: str) -> None:
        fault = {
            "route": f"alipay.{_ROUTES.get(verb, self.method.code)}",
            "kind": "timeout_after",
            "hold_s": moment_s(1.2),
        }
        await self.sandbox.control("POST", "fault", fault)


@pytest.fixture
async def wire(sandbox: Sandbox, notice_door: NoticeDoor) -> AsyncIterator[AlipayWire]:
    channel = ours_for(sandbox, notice_door.url, read_timeout_s=moment_s(0.6))
    yield AlipayWire(channel, PRECREATE, number, sandbox, notice_door)
    await channel.aclose()


class TestAlipay(ChannelPromises):
    """All of them."""


class TestMiniProgram(ChannelPromises):
    """The same for a payer whom its sign-in told apart, in certificate mode."""

    @pytest.fixture
    async def wire(self, sandbox: Sandbox, notice_door: NoticeDoor) -> AsyncIterator[AlipayWire]:
        channel = ours_for(sandbox, notice_door.url, read_timeout_s=moment_s(0.6), **certificates(sandbox))
        login = channel.sign_in
        code = (await sandbox.control("POST", "alipay/login_code", {"is_new_app": True}))["code"]
        payer = Payer(id=(await login.exchange(code)).openid, app_id=login.app_id)
        yield AlipayWire(channel, CREATE, number, sandbox, notice_door, payer)
        await channel.aclose()
