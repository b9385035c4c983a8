"""A bank that may ask persons for their accounts: enrolled by two of the platform, with a key that one of its people made."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tortoise import Tortoise

from app import wiring
from app.cli.seeding.people import Hosts, Staff, organisation
from app.foundation import identity
from app.foundation.identity import OrganisationKind, Role
from app.gateways.database import fetch_value
from app.kernel.clock import utc_now
from app.kernel.text import Text
from app.programmes import sharing
from config.settings import Settings

_BANK: Final = Text(zh="示例农商银行", en="Sample Rural Bank")
_NUMBER: Final = 36
_EMAIL: Final = "bank@demo.example"
_GROUND: Final = "样张：数据使用协议（示例）"
_KEY_NAME: Final = "演示"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bank:
    """What its program asks with."""

    name: Text
    key: str


@asynccontextmanager
async def bank_open(settings: Settings) -> AsyncIterator[Bank | None]:
    """The bank with a key of a day that ends with the block; None in data of a release that had no administrator."""
    await wiring.open_database(settings)
    try:
        hosts = Hosts(settings)
        staff = await hosts.staff()
        if staff is None or staff.administrator is None:
            yield None
            return
        bank_id = await organisation(_BANK, OrganisationKind.COMPANY, _NUMBER, staff)
        member = await _member(hosts, bank_id, by=staff.administrator)
        if await sharing.reader_of(bank_id) is None:
            await _enrol(bank_id, staff)
        made = await identity.keys.make(bank_id, _KEY_NAME, [Role.SPONSOR], days=1, by=member, now=utc_now())
        await sharing.let_ask(made.id, bank_id, by=member)
        try:
            yield Bank(name=_BANK, key=made.text)
        finally:
            await identity.keys.end(made.id, by=member)
    finally:
        await Tortoise.close_connections()


async def _enrol(bank_id: UUID, staff: Staff) -> None:
    """The operator proposes, the reviewer agrees."""
    waiting = await sharing.propose_reader(bank_id, _GROUND, by=staff.operator)
    await sharing.approve_reader(waiting.id, seen=waiting.sha256, by=staff.reviewer)


async def _member(hosts: Hosts, bank_id: UUID, *, by: UUID) -> UUID:
    known = await fetch_value(
        "SELECT person_id FROM membership WHERE organisation_id = $1 AND role = 'sponsor' ORDER BY created_at LIMIT 1",
        bank_id,
    )
    return known or await hosts.invite(bank_id, Role.SPONSOR, _EMAIL, "示例客户经理", by=by)
