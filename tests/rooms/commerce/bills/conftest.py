"""A shop for tests of bills: tickets that are paid at the tiny channel's far side, and people who look at its bills."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
import pytest

from app.cli.operations.migrating import clearing
from app.commerce import bills, payments
from app.foundation.identity import Role
from app.gateways.channels.base import Channel
from app.gateways.channels.table import CHANNELS
from app.gateways.database import fetch, fetch_one, transaction
from app.gateways.files import FileStore, FolderStore
from app.kernel.clock import beijing_day, utc_now
from app.kernel.money import Currency
from app.registry import books
from tests.conftest import Stand
from tests.far_side import notice_door, sandbox, sandbox_process
from tests.flow import flow
from tests.owning import as_owner
from tests.rooms.commerce.payments.tickets import print_ticket, tickets
from tests.rooms.conftest import KEYRING
from tests.staff import staff
from tests.tiny.far_side import KEY, FarSide, running
from tests.tiny.gateway import KIND, SCAN, Tiny

__all__ = ["flow", "notice_door", "sandbox", "sandbox_process", "tickets"]

BEIJING: Final = timezone(timedelta(hours=8))
TABLE: Final = (*CHANNELS, KIND)
Rows = list[dict[str, Any]]


@dataclass
class Shop:
    """Tickets, a channel with a book of its own, and a folder for its files."""

    stand: Stand
    far: FarSide
    channels: Mapping[str, Channel]
    files: FileStore
    day: date
    """On which all of it is paid: the day before yesterday, so that a day follows that is over too."""
    payments: list[dict[str, Any]] = field(default_factory=list)

    def at(self, hour: int, minute: int = 0, second: int = 0, *, days: int = 0) -> datetime:
        """A time of Beijing on that day, or some days after."""
        return datetime(self.day.year, self.day.month, self.day.day, hour, minute, second, tzinfo=BEIJING) + timedelta(
            days
        )

    def stands_at(self, at: datetime) -> None:
        """The far side's clock stands still there."""
        self.far.now = at.timestamp

    async def open(self, amount_minor: int = 100) -> dict[str, Any]:
        """A ticket whose code is on somebody's screen."""
        ticket = await print_ticket(amount_minor, 1000)
        async with transaction() as tx:
            payment_id = await payments.prepare(
                payments.NewPayment(
                    subject=f"ticket:{ticket}", channel="tiny", method=SCAN, amount_minor=amount_minor,
                    currency=Currency.CNY, description="票", expires_at=utc_now() + timedelta(hours=1),
                ),
                tx=tx,
            )  # fmt: skip
        await payments.open_payment(payment_id, channels=self.channels)
        return await self.row(payment_id)

    async def pays(self, one: dict[str, Any]) -> None:
        """Its payer pays, and nobody has told us."""
        self.far.approve(one["reference"])
        self.far.answer("capture", {"number": self.far.trade(one["reference"])["number"]})

    async def paid(self, amount_minor: int = 100) -> dict[str, Any]:
        """A ticket that is paid, as both sides know."""
        one = await self.open(amount_minor)
        await self.pays(one)
        await payments.ask(one["id"], channels=self.channels)
        return await self.row(one["id"])

    async def given_back(self, one: dict[str, Any], amount_minor: int, cause: str = "test") -> dict[str, Any]:
        """A part of it that went back, as both sides know; on our side at the same time as on theirs."""
        async with transaction() as tx:
            refund_id = await payments.refund(one["id"], cause=cause, amount_minor=amount_minor, tx=tx)
        await payments.send_refund(refund_id, channels=self.channels)
        row = await fetch_one("SELECT * FROM payment_refund WHERE id = $1", refund_id)
        assert row is not None
        return row

    async def row(self, payment_id: UUID) -> dict[str, Any]:
        row = await fetch_one("SELECT * FROM payment WHERE id = $1", payment_id)
        assert row is not None
        return row

    def lies(self, defect: Callable[[Rows], Rows] | None) -> None:
        """What becomes of the lines of its bills from now on."""
        self.far.defect = defect

    async def fetch(self, *, days: int = 1, hour: int = 11) -> int:
        """The sweeper's step, as if it were that time of a following day."""
        return await bills.fetch_due(
            channels=self.channels,
            files=self.files,
            keyring=KEYRING,
            now=self.at(hour, days=days),
            kinds=(*CHANNELS, KIND),
        )

    async def again(self, *, days: int = 0) -> str:
        """A person fetches one day's bill once more."""
        return await bills.fetch_one_bill(
            "tiny", self.day + timedelta(days), channels=self.channels, files=self.files, keyring=KEYRING, now=utc_now()
        )

    async def differences(self, *, is_open: bool | None = None) -> list[bills.Difference]:
        return await bills.list_differences(is_open=is_open, limit=100)

    async def told(self) -> list[tuple[str, str, int | None, int | None]]:
        """What differs now: nature, what moved, their figure and ours."""
        found = await self.differences(is_open=True)
        return sorted((one.nature.value, one.moved, one.theirs_minor, one.ours_minor) for one in found)

    async def bill(self, *, days: int = 0) -> bills.BillFacts:
        (one,) = await bills.list_day(self.day + timedelta(days))
        return one

    async def proved(self) -> books.Run:
        return await books.prove(connect=lambda: asyncpg.connect(self.stand.app_url))

    async def clerks(self) -> tuple[UUID, UUID]:
        return await staff(Role.FINANCE), await staff(Role.FINANCE)

    async def all_rows(self) -> dict[str, list[dict[str, Any]]]:
        """Everything that the room has written, to compare."""
        return {
            table: await fetch(f"SELECT to_jsonb(x) - 'tries' AS row FROM {table} x ORDER BY 1")
            for table in ("channel_bill", "channel_bill_file", "channel_bill_line", "bill_difference", "payment")
        }


@pytest.fixture
async def shop(database: Stand, tickets: None, tmp_path: Path) -> AsyncIterator[Shop]:
    del tickets
    owner = await asyncpg.connect(database.super_url)
    for name, currency in clearing(TABLE):  # as `diandian migrate` does
        await owner.execute("SELECT ledger.open_clearing($1, $2)", name, currency.value)
    async with running() as far:
        tiny = Tiny(far.url, KEY)
        one = Shop(database, far, {"tiny": tiny}, FolderStore(tmp_path), beijing_day(utc_now()) - timedelta(days=2))
        one.stands_at(one.at(12))
        yield one
        await tiny.aclose()
    await owner.close()


async def backdate(shop: Shop) -> None:
    """Our rows of refunds, which our own clock stamps, are of the shop's day: nobody can wait until then."""
    connection = await asyncpg.connect(shop.stand.super_url)
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(
            "UPDATE payment_refund SET finished_at = $1 WHERE finished_at IS NOT NULL", shop.at(12, 1)
        )
        await connection.execute("UPDATE payment SET created_at = $1", shop.at(11))
    await connection.close()


async def found_difference(day: date | None = None) -> UUID:
    """A payment that only a bill has, without a bill: for pages that need one to show."""
    found: UUID = await as_owner(
        "WITH b AS (INSERT INTO channel_bill (id, channel, day, state, due_at, tries, opened_at)"
        " VALUES (gen_random_uuid(), 'wechatpay', $1, 'expected', now() + interval '1 day', 1, now())"
        " RETURNING channel, day)"
        " INSERT INTO bill_difference (id, channel, day, nature, moved, key, state, theirs_minor, currency, at, reference,"
        " transaction_id, refund_reference, found_at, asks) SELECT gen_random_uuid(), b.channel, b.day, 'bill_only',"
        " 'payment', 'X1', 'open', 62, 'CNY', now(), 'STRANGE', 'X1', '', now(), 0 FROM b RETURNING id",
        day or beijing_day(utc_now()),
    )
    return found
