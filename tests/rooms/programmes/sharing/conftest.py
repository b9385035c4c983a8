"""A bank that may ask, with a key, and a person with something in their account."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from app import scenarios
from app.foundation import identity
from app.foundation.identity import Role
from app.gateways.database import fetch
from app.kernel.clock import beijing_day, utc_now
from app.kernel.days import Period
from app.kernel.text import Language, Text
from app.programmes import sharing
from app.programmes.sharing import Book, Granularity, NewRequest, Request
from tests.conftest import Stand
from tests.flow import ISSUER
from tests.laid import copied
from tests.rooms.conftest import KEYRING, PROFILES, River, scene_and_lot
from tests.staff import member, staff, verified
from workers.jobs import JOBS, Tools
from workers.subscriptions import SETTLE

BANK = Text(zh="示例农商银行", en="Sample Rural Bank")
BOTH = (Book.EMITTED, Book.RETIRED)
MASS_G = 12_345
TOOLS = Tools(gateways=None, issuer=ISSUER, studio=None, profiles=PROFILES)  # type: ignore[arg-type] # no wire here


@dataclass(frozen=True)
class Bank:
    """Its enrolment, and a key that may ask."""

    organisation_id: UUID
    reader_id: UUID
    sponsor_id: UUID
    key_id: UUID


async def enrolled_reader(name: Text = BANK) -> Bank:
    """An organisation that two of ours enrolled, with a key that was let ask."""
    organisation_id = await verified(name)
    proposed = await sharing.propose_reader(organisation_id, "签有数据使用协议", by=await staff(Role.OPERATOR))
    reader_id = await sharing.approve_reader(proposed.id, seen=proposed.sha256, by=await staff(Role.REVIEWER))
    sponsor_id = await member(organisation_id, Role.SPONSOR)
    key_id = await key_of(organisation_id, by=sponsor_id)
    await sharing.let_ask(key_id, organisation_id, by=sponsor_id)
    return Bank(organisation_id, reader_id, sponsor_id, key_id)


async def key_of(organisation_id: UUID, *, by: UUID) -> UUID:
    return (await identity.keys.make(organisation_id, "绿贷", [Role.SPONSOR], by=by, now=utc_now())).id


def today() -> date:
    return beijing_day(utc_now())


@dataclass(frozen=True)
class Asking:
    """The bank, and somebody for whom 12 345 g are retired."""

    river: River
    bank: Bank

    @property
    def person_id(self) -> UUID:
        return self.river.person_id

    async def ask(
        self, *, key: str | None = None, books: tuple[Book, ...] = BOTH, granularity: Granularity = Granularity.TOTALS,
        days: int = 90, by: UUID | None = None,
    ) -> Request:  # fmt: skip
        new = NewRequest(
            purpose=Text(zh="绿色消费贷评估", en="To assess a green loan"),
            books=books,
            granularity=granularity,
            period=Period(date(today().year, 1, 1), date(today().year, 12, 31)),
            share_until=today() + timedelta(days=days),
        )
        return await sharing.ask(new, by=by or self.bank.key_id, key=key or uuid4().hex, today=today())

    async def answered(self, *books: Book, request: Request | None = None, by: UUID | None = None) -> Request:
        """A request to which the person said yes to these books."""
        request = request or await self.ask()
        await sharing.answer(request.code, books, by=by or self.person_id, language=Language.ZH, today=today())
        return request

    async def read(self, request: Request) -> sharing.Reading:
        return await sharing.read(request.id, by=self.bank.key_id)

    async def retired(self, mass_g: int = MASS_G) -> None:
        await self.river.requested([mass_g], name=f"share{uuid4().hex[:8]}")
        await self.work()

    async def work(self) -> None:
        while rows := await fetch(
            "SELECT job, array_agg(id ORDER BY id) AS ids FROM outbox_message"
            " WHERE queue = 'settle' AND done_at IS NULL AND dead_at IS NULL GROUP BY job ORDER BY min(id)"
        ):
            for row in rows:
                await JOBS[SETTLE][row["job"]](row["ids"], TOOLS)


@pytest.fixture
async def asking(database: Stand) -> Asking:
    """Somebody with 12 345 g, and a bank that may ask."""

    async def build() -> tuple[scenarios.Scene, int, UUID, Bank]:
        scene, lot_id = await scene_and_lot()
        guest = await identity.open_guest_session(Language.ZH, keyring=KEYRING, now=utc_now())
        one = Asking(River(database, scene, guest.session.person_id, lot_id), await enrolled_reader())
        await one.river.requested([MASS_G])
        (row,) = await fetch("SELECT id FROM outbox_message WHERE job = 'settle_retirements'")
        await JOBS[SETTLE]["settle_retirements"]([row["id"]], TOOLS)  # and no paper: registers outlive a test
        return scene, lot_id, one.person_id, one.bank

    scene, lot_id, person_id, bank = await copied("sharing", build, database)
    return Asking(River(database, scene, person_id, lot_id), bank)
