"""The river with real money's far side: orders are paid at the sandbox, rooms and jobs are called here, without a server.

`flow` gives a live scene, credits, a channel that speaks to the sandbox, and a door that keeps the notices it sends.
Nothing happens by itself: a test hands a notice to `receive`, runs jobs by `work`, sweeps by `sweep`. After each test
the books must add up, and with the far side's; what a test breaks on purpose it announces in `flow.broken`.
"""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from app import certificates
from app.certificates.rendering import Press
from app.commerce import orders, payments
from app.commerce.payments.querying import receive_answer
from app.foundation import identity
from app.gateways.bundle import Gateways
from app.gateways.channels.base import Channel, Method, Opening, RawRequest, RawResponse, Trade
from app.gateways.channels.wechatpay import NATIVE, WeChatPay
from app.gateways.database import TROUBLE, fetch, fetch_one, transaction
from app.gateways.files import FolderStore
from app.gateways.wechat import WeChatLogin
from app.kernel.clock import utc_now
from app.kernel.money import Currency
from app.kernel.outcome import Done
from app.kernel.text import Language, Text
from app.registry import holdings, ledger
from app.wiring import PAPERS
from tests.books import books_add_up
from tests.far_side import Delivery, NoticeDoor, Sandbox
from tests.rooms.conftest import KEYRING, PROFILES, River
from tests.wire.wechatpay_asking import ours_for
from workers.jobs import JOBS, Tools
from workers.subscriptions import SETTLE
from workers.sweep import sweep_once

WECHATPAY = "wechatpay"
ISSUER = certificates.Issuer(
    name=Text(zh="示例环境交易所", en="Sample Exchange"), public_url="https://dd.example.org", is_sandbox=True
)


@dataclass
class Flow:
    """One river whose money is real on the far side of the wire."""

    river: River
    sandbox: Sandbox
    door: NoticeDoor
    tools: Tools
    broken: list[str] = field(default_factory=list)
    """What of the books this test breaks on purpose; compared at its end."""
    _heard: int = 0

    @property
    def channel(self) -> Channel:
        """Our side of WeChat Pay."""
        return self.tools.gateways.channels[WECHATPAY]

    @property
    def channels(self) -> dict[str, Channel]:
        """As the rooms take them."""
        return dict(self.tools.gateways.channels)

    async def open(self, order: orders.OrderFacts, method: Method = NATIVE, **given: Any) -> Opening:
        """The citizen chooses how to pay."""
        way = orders.Way(channel=WECHATPAY, method=method, payer_ip="203.0.113.7")
        return await orders.pay(
            order.id, way, by=order.person_id, description="碳中和", **({"channels": self.channels} | given)
        )

    async def opened(self, key: str = "k1", method: Method = NATIVE) -> orders.OrderFacts:
        """An order whose payer is standing before the channel's page."""
        order = await self.river.order(key)
        await self.open(order, method)
        return order

    async def pays(self, order: orders.OrderFacts, outcome: str = "success", **how: Any) -> str:
        """The payer pays the order's latest payment at the sandbox; answers its reference."""
        reference = (await self.payment(order))["reference"]
        await self.sandbox.control("POST", "pay", {"out_trade_no": reference, "outcome": outcome, **how})
        return str(reference)

    async def paid(self, key: str = "k1") -> orders.OrderFacts:
        """An order that was paid, told by its notice; nothing has followed from it yet."""
        order = await self.opened(key)
        await self.pays(order)
        await self.receive_notice()
        return order

    async def named(self, name: str) -> orders.OrderFacts:
        """The same with a name for the certificate."""
        order = await self.opened()
        sealed = await identity.seal(order.person_id, name, purpose=certificates.NAME_PURPOSE, keyring=KEYRING)
        assert await orders.rename(order.id, by=order.person_id, name_sealed=sealed)
        await self.pays(order)
        await self.receive_notice()
        return order

    async def paid_by_word(self, key: str) -> orders.OrderFacts:
        """An order that a channel's answer says is paid: for tests of what follows, without the far side's seconds."""
        order = await self.river.order(key)
        async with transaction() as tx:
            payment_id = await payments.prepare(
                payments.NewPayment(
                    subject=orders.cause_of(order.id), channel=WECHATPAY, method=NATIVE, description="碳中和",
                    amount_minor=order.amount_minor, currency=Currency.CNY, expires_at=order.expires_at,
                ),
                tx=tx,
            )  # fmt: skip
        row = await fetch_one("SELECT reference FROM payment WHERE id = $1", payment_id)
        assert row is not None
        word = Done(
            reference=row["reference"], transaction_id=uuid4().hex, at=utc_now(), amount_minor=order.amount_minor,
            currency="CNY",
        )  # fmt: skip
        await receive_answer(WECHATPAY, row["reference"], word)
        return order

    async def notice(self) -> RawRequest:
        """The next notice the far side sends, unopened."""
        self._heard += 1
        return raw((await self.door.wait(self._heard, within_s=60))[self._heard - 1])

    async def receive(self, notice: RawRequest) -> RawResponse:
        """Hand a notice in, as the door of the channels does."""
        return await payments.receive(notice, channel=self.channel, keyring=KEYRING)

    async def receive_notice(self) -> RawRequest:
        """Take the next notice in; it must be acknowledged."""
        notice = await self.notice()
        assert (await self.receive(notice)).status == 204
        return notice

    async def work(self) -> None:
        """Run every job that is due, until nothing follows any more. A failing job fails the test."""
        while rows := await fetch(
            "SELECT job, array_agg(id ORDER BY id) AS ids FROM outbox_message"
            " WHERE queue = 'settle' AND done_at IS NULL AND dead_at IS NULL GROUP BY job ORDER BY min(id)"
        ):
            for row in rows:
                await JOBS[SETTLE][row["job"]](row["ids"], self.tools)

    async def sweep(self) -> dict[str, int]:
        """One round of the sweeper; what PostgreSQL refuses fails the test."""
        return await sweep_once(self.tools.gateways, keyring=KEYRING, raises=TROUBLE)

    async def open_rows(self, job: str) -> list[int]:
        """Ids of the outbox rows that wait for a job."""
        rows = await fetch("SELECT id FROM outbox_message WHERE job = $1 AND done_at IS NULL ORDER BY id", job)
        return [row["id"] for row in rows]

    async def payment(self, order: orders.OrderFacts) -> dict[str, Any]:
        """The row of the order's latest payment."""
        return (await self.payments(order))[-1]

    async def payments(self, order: orders.OrderFacts) -> list[dict[str, Any]]:
        """The rows of the order's payments, the earliest first."""
        return await fetch("SELECT * FROM payment WHERE subject = $1 ORDER BY id", orders.cause_of(order.id))

    async def others_take_all(self, order: orders.OrderFacts) -> None:
        """Nothing is left to retire for whoever comes later."""
        async with transaction() as tx:
            left_g = (await self.grams())["inventory"]
            await holdings.reserve("test:all", order.programme, left_g, expires_at=order.expires_at, tx=tx)

    async def certificate(self, order: orders.OrderFacts) -> certificates.CertificateFacts:
        """The certificate that the order led to, as its holder sees it."""
        id_ = await certificates.of_cause(orders.cause_of(order.id))
        assert id_ is not None
        return await certificates.find(id_, by=order.person_id)

    async def asks(self, certificate: certificates.CertificateFacts, *kinds: certificates.FileKind) -> None:
        """The holder asks for files in Chinese that are not there; nothing draws them yet."""
        for kind in kinds:
            await certificates.want(certificate.id, Language.ZH, kind, by=certificate.holder_id)

    async def refund_of(self, payment: dict[str, Any]) -> str:
        """The reference of a payment's refund."""
        row = await fetch_one("SELECT reference FROM payment_refund WHERE payment_id = $1", payment["id"])
        assert row is not None
        return str(row["reference"])

    async def state(self, order: orders.OrderFacts) -> str:
        """Where the order stands now."""
        return str((await orders.find(order.id, by=order.person_id)).state.value)

    async def count(self, table: str, where: str = "true") -> int:
        """Rows of a table."""
        row = await fetch_one(f"SELECT count(*) AS n FROM {table} WHERE {where}")
        assert row is not None
        return int(row["n"])

    async def money(self) -> dict[str, int]:
        """The three accounts of money: what the channel owes us is negative, being the world outside."""
        return await ledger.balances(["clearing:wechatpay", "prepaid", "sales"], unit="CNY")

    async def grams(self) -> dict[str, int]:
        """The lot's accounts by their first word, without the source."""
        lot = self.river.lot_id
        names = ("inventory", "reserved", "retired")
        found = await ledger.balances([f"{name}:{lot}" for name in names], unit=f"g:{lot}")
        return {name: found[f"{name}:{lot}"] for name in names}

    async def due_now(self, table: str = "payment") -> None:
        """Let what is waiting to be asked about be due."""
        await fetch(
            f"UPDATE {table} SET next_query_at = clock_timestamp() WHERE id IN"
            f" (SELECT id FROM {table} WHERE next_query_at IS NOT NULL ORDER BY id FOR UPDATE)"
        )

    async def time_is_up(self, order: orders.OrderFacts) -> None:
        """Half an hour passes over the order. A superuser's act: the application may not move these times."""
        connection = await asyncpg.connect(self.river.stand.super_url)
        try:
            await connection.execute("UPDATE purchase_order SET expires_at = clock_timestamp() WHERE id = $1", order.id)
            subject = orders.cause_of(order.id)
            await connection.execute(  # in the order in which others lock them
                "UPDATE payment SET expires_at = clock_timestamp() WHERE id IN"
                " (SELECT id FROM payment WHERE subject = $1 ORDER BY id FOR UPDATE)",
                subject,
            )
        finally:
            await connection.close()

    def with_channel(self, channel: Channel) -> dict[str, Channel]:
        """Another channel under the same name, for one call."""
        return {WECHATPAY: channel}


def raw(delivery: Delivery) -> RawRequest:
    """A delivery as the door hands it on."""
    return RawRequest(body=delivery.body, headers=delivery.headers)


class PayerIsFaster:
    """Our side of the channel, with a payer whose money moves in the moment before a close is sent."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._inner = flow.channel

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def close(self, trade: Trade) -> Any:
        await self._flow.sandbox.control("POST", "pay", {"out_trade_no": trade.reference})
        return await self._inner.close(trade)


@pytest.fixture
async def flow(river: River, sandbox: Sandbox, notice_door: NoticeDoor, tmp_path: Path) -> AsyncIterator[Flow]:
    """A river ready to be paid for; its books are checked at the end, against the far side's too."""
    channel: WeChatPay = ours_for(sandbox, notice_door.url)
    gateways = Gateways(
        channels={WECHATPAY: channel},
        wechat=WeChatLogin(appid=sandbox.keys.appid, secret="secret", base_url=sandbox.url),
        files=FolderStore(tmp_path / "files"),
        clock=utc_now,
    )
    one = Flow(river, sandbox, notice_door, Tools(gateways=gateways, issuer=ISSUER, studio=None, profiles=PROFILES))
    yield one
    await channel.aclose()
    await gateways.wechat.aclose()
    truth = await sandbox.truth()
    by_word = await one.count("payment", "length(transaction_id) = 32")  # payments the far side has never heard of
    broken = await books_add_up(river.stand.app_url, truth=None if by_word else truth)
    assert broken == one.broken


@pytest.fixture(scope="session")
def press() -> Press:
    """The fonts, loaded once for the run."""
    return Press()


@pytest.fixture
def drawing(flow: Flow, press: Press) -> Flow:
    """The same river in a process that also draws."""
    studio = certificates.Studio(
        press=press, papers=PAPERS, threads=ThreadPoolExecutor(2), files=flow.tools.gateways.files, keyring=KEYRING
    )
    flow.tools = replace(flow.tools, studio=studio)
    return flow


async def at_once(call: Any, times: int) -> list[Any]:
    """Call the same thing many times, all of them waiting for one another at the start."""
    barrier = asyncio.Barrier(times)

    async def one() -> Any:
        await barrier.wait()
        return await call()

    return await asyncio.gather(*(one() for _ in range(times)))


HALF_AN_HOUR = timedelta(minutes=30)
