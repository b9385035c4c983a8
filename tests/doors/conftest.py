"""The whole application over real tables, without a server: who asks, and what there is to ask for.

`door` gives the application in this process, a live scene with credits to sell, one that has ended, one that has not
begun, one where everybody walks; `caller` makes somebody with a session. Nothing here touches a wire.
"""

import base64
import contextlib
import itertools
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from litestar import Litestar

from app import certificates
from app.commerce import payments
from app.foundation import identity
from app.foundation.consents import ConsentPurpose
from app.gateways.channels.wechatpay import NATIVE
from app.gateways.database import fetch, transaction
from app.kernel import ids
from app.kernel.clock import beijing_day, utc_now
from app.kernel.money import Currency
from app.kernel.text import Text
from app.main import create_app
from app.registry.credits import Programme
from app.sandbox import keys as sandbox_keys
from app.scenarios import Draft, ScenarioKind, Setup
from app.views.prices import offers
from config.settings import Settings
from tests.conftest import Stand
from tests.laid import copied
from tests.rooms.conftest import PROFILES, open_lot
from tests.scratch import scratch
from tests.staff import enrolled, opened, price
from workers.jobs import JOBS, Tools
from workers.subscriptions import SETTLE

PUBLIC = "http://127.0.0.1:8000"
OWN_PAGE = {"sec-fetch-site": "same-origin", "origin": PUBLIC}
"""What a browser says when one of our own pages sends a form."""
PAGE = {"accept": "text/html"}
_numbers = itertools.count(1)


class Caller(httpx.AsyncClient):
    """Somebody with or without a session, asking the application in this process."""

    def __init__(self, app: Litestar, *, token: str | None = None, **headers: str) -> None:
        number = next(_numbers)
        super().__init__(
            transport=httpx.ASGITransport(app=app, client=(f"10.9.{number // 250 % 250}.{number % 250}", 40_000)),
            base_url=PUBLIC,
            headers={"accept-language": "zh-CN"}
            | ({"authorization": f"Bearer {token}"} if token else {})
            | {name.replace("_", "-"): value for name, value in headers.items()},
        )

    async def enter(self) -> None:
        """Open a guest's session and act in it."""
        answer = await self.post("/api/v1/sessions/guest")
        assert answer.status_code == 201, answer.text
        self.headers["authorization"] = f"Bearer {answer.json()['token']}"

    async def order(self, code: str, *, key: str | None = None, **more: Any) -> httpx.Response:
        """Order the neutralisation of a visit by metro."""
        form = {"scene": code, "mode": "metro", "km": 23} | more
        return await self.post("/api/v1/orders", json=form, headers={"idempotency-key": key or uuid4().hex})


@dataclass(frozen=True, slots=True)
class Door:
    """The application, and the codes of its scenes."""

    app: Litestar
    stand: Stand
    live: str
    walking: str
    ahead: str
    over: str

    def caller(self, **headers: str) -> Caller:
        """Nobody known yet."""
        return Caller(self.app, **headers)

    @contextlib.asynccontextmanager
    async def guest(self) -> AsyncIterator[Caller]:
        """Somebody with a session of their own."""
        async with self.caller() as caller:
            await caller.enter()
            yield caller

    async def as_superuser(self, statement: str) -> None:
        """Change what the application's role may not."""
        connection = await asyncpg.connect(self.stand.super_url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def paid(self, order_id: str) -> str:
        """Let the channel's word come that an order is paid, and everything that follows; its certificate's id."""
        certificate_id = await certificates.of_cause(f"order:{await self.fulfilled(order_id)}")
        assert certificate_id is not None
        return ids.public("crt", certificate_id)

    async def money_comes(self, order_id: str) -> UUID:
        """Let the channel's word come, and nothing that follows; the order's id in the database."""
        uuid = ids.parse("ord", order_id)
        assert uuid is not None
        await _pay(uuid)
        return uuid

    async def fulfilled(self, order_id: str) -> UUID:
        """The same, for an order of any number of parts; its id in the database."""
        uuid = await self.money_comes(order_id)
        await self.work()
        return uuid

    async def work(self, *, but: str = "") -> None:
        """Run every job that is due in the queue of settling, and what follows from it; `but` is left lying."""
        services = self.app.state.services
        tools = Tools(
            gateways=services.gateways, issuer=services.issuer, studio=None, profiles=PROFILES,
            wall_version=services.consents.present(ConsentPurpose.WALL).version,
            message_templates=services.gateways.message_templates,
        )  # fmt: skip
        while rows := await fetch(
            "SELECT job, array_agg(id ORDER BY id) AS ids FROM outbox_message"
            " WHERE queue = 'settle' AND done_at IS NULL AND dead_at IS NULL AND job <> $1 GROUP BY job ORDER BY min(id)",
            but,
        ):
            for row in rows:
                await JOBS[SETTLE][row["job"]](row["ids"], tools)

    @contextlib.asynccontextmanager
    async def operator(self, organisation_id: UUID, *roles: identity.Role) -> AsyncIterator[Caller]:
        """Somebody who signs in with a password and has these roles in one organisation."""
        keyring, email, password = (
            self.app.state.services.keyring,
            f"{uuid4().hex}@example.org",
            "correct horse battery",
        )
        await enrolled(email, password, organisation_id, roles, keyring=keyring)
        signed_in = await identity.sign_in_operator(email, password, keyring=keyring, now=utc_now())
        async with Caller(self.app, token=signed_in.token) as caller:
            yield caller


async def _pay(order_id: UUID) -> None:
    from app.commerce.payments.querying import receive_answer
    from app.kernel.outcome import Done

    async with transaction() as tx:
        (row,) = await fetch("SELECT amount_minor, expires_at FROM purchase_order WHERE id = $1", order_id, tx=tx)
        payment_id = await payments.prepare(
            payments.NewPayment(
                subject=f"order:{order_id}", channel="wechatpay", method=NATIVE, description="碳中和",
                amount_minor=row["amount_minor"], currency=Currency.CNY, expires_at=row["expires_at"],
            ),
            tx=tx,
        )  # fmt: skip
    (payment,) = await fetch("SELECT reference FROM payment WHERE id = $1", payment_id)
    word = Done(
        reference=payment["reference"], transaction_id=uuid4().hex, at=utc_now(), amount_minor=row["amount_minor"],
        currency="CNY",
    )  # fmt: skip
    await receive_answer("wechatpay", payment["reference"], word)


@pytest.fixture(scope="session")
def settings(stand: Stand) -> Iterator[Settings]:
    """Of a rehearsal with the sandbox's keys, whose far side is not there."""
    with scratch("doors") as folder:
        keys = sandbox_keys.ensure(folder / "sandbox")
        key = base64.b64encode(b"d" * 32).decode()
        yield Settings(
            database_url=stand.app_url,
            public_url=PUBLIC,
            data_folder=folder,
            master_keys=f"t={key}",
            index_key=base64.b64encode(b"i" * 32).decode(),
            csrf_key=key,
            wechat_appid=keys.appid,
            wechat_secret=keys.app_secret,
            wechat_url="http://127.0.0.1:9",
            wechat_certificate_template="SANDBOX-certificate",
            wechat_refund_template="SANDBOX-refund",
            channels={
                "wechatpay": {
                    "url": "http://127.0.0.1:9",
                    "mchid": keys.mchid,
                    "serial": keys.merchant_serial,
                    "private_key": keys.merchant_private_key_pem,
                    "apiv3_key": keys.apiv3_key,
                    "public_key_id": keys.platform_public_key_id,
                    "public_key": keys.platform_public_key_pem,
                },
                "bank": {
                    "holder": "SANDBOX 示例环境交易所",
                    "branch": "SANDBOX 示例银行成都分行",
                    "account": "SANDBOX 0000 0000",
                },
            },
            sandbox_url="http://127.0.0.1:9",
            demo_key="d" * 32,
            demo_scene="H7QP3K",
            # What a hash costs by default is asked in tests/rooms/foundation/identity; here each would take 0.2 s.
            password_memory_kib=64,
            password_passes=1,
            password_lanes=1,
        )


@pytest.fixture(scope="session")
def application(settings: Settings) -> Litestar:
    """The application by these settings."""
    return create_app(settings)


@pytest.fixture
async def door(application: Litestar, database: Stand) -> Door:
    """The application over fresh tables with four scenes."""
    offers.forget()  # a price may be shown two seconds late; the tables are new
    application.state.services.answers._answers.clear()  # a scene, a second late; its code is that of the test before
    return Door(application, database, *await copied("door", _four_scenes, database))


async def _four_scenes() -> tuple[str, str, str, str]:
    today = beijing_day(utc_now())
    await open_lot()
    await price(Programme.CDCER, 5000)
    lunch = {"extras": {"meals_mixed": "1"}, "extras_text": Text(zh="午餐 1 份", en="1 lunch")}
    live = await _publish("示例职工欢乐跑", today, Setup(modes=("metro", "car"), **lunch))
    walking = await _publish("示例步行日", today, Setup(modes=("walk_bike", "metro")))
    ahead = await _publish("示例明日跑", today + timedelta(days=1), Setup(modes=("metro",), **lunch))
    over = await _publish("示例昨日跑", today - timedelta(days=1), Setup(modes=("metro",), **lunch))
    return live, walking, ahead, over


async def _publish(title: str, day: date, setup: Setup) -> str:
    return await opened(
        Draft(
            kind=ScenarioKind.EVENT,
            title=Text(zh=title, en="Sample run"),
            organiser=Text(zh="示例工会", en="Sample Union"),
            organisation_id=None,
            starts_on=day,
            ends_on=day,
            setup=setup,
        )
    )
