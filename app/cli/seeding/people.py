"""The people and organisations of a demo, let in as on a first day: set up, invited, verified by two."""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from app import wiring
from app.cli.access.people import set_up
from app.foundation import identity
from app.foundation.identity import OrganisationKind, Register, Role
from app.foundation.identity.organisation_rules import CHINA, credit_code
from app.gateways.database import fetch_value
from app.kernel.clock import utc_now
from app.kernel.text import Language, Text
from app.views.demo_roles import (
    ADMINISTRATOR_EMAIL,
    FINANCE_EMAIL,
    OPERATOR_EMAIL,
    ORGANISER_EMAIL,
    REVIEWER_EMAIL,
    SECOND_FINANCE_EMAIL,
)
from config.faults import Fault, missing
from config.settings import Settings, SettingsUnfit, environment_name

_EXCHANGE_CODE: Final = credit_code("91510100MA0000001")
_SECOND_ADMINISTRATOR: Final = "administrator2@demo.example"
_STAFF: Final = (
    (OPERATOR_EMAIL, Role.OPERATOR, "示例经办"),
    (REVIEWER_EMAIL, Role.REVIEWER, "示例复核"),
    (FINANCE_EMAIL, Role.FINANCE, "示例财务甲"),
    (SECOND_FINANCE_EMAIL, Role.FINANCE, "示例财务乙"),
)


_INTERRUPTED = Fault(
    en="an earlier seeding was interrupted",
    zh="上一次装入演示数据被打断",
    fix_en="begin anew: diandian demo --reset",
    fix_zh="重新开始：diandian demo --reset",
)


@dataclass(frozen=True, slots=True)
class Staff:
    """Those who propose and decide what is seeded."""

    administrator: UUID | None
    """None in data of a release that had none."""
    operator: UUID
    reviewer: UUID


class Hosts:
    """Lets people in with one password; nobody knows it outside a demo."""

    def __init__(self, settings: Settings) -> None:
        self._keyring = wiring.keyring(settings)
        self._password = settings.demo_key or secrets.token_urlsafe(24)

    async def enter(self, token: str, email: str, name: str) -> UUID:
        """Take an invitation; the second factor is left for later, so that one click is enough."""
        opened = await identity.accept_invitation(
            token, name=name, email=email, password=self._password, language=Language.ZH, keyring=self._keyring,
            now=utc_now(),
        )  # fmt: skip
        await identity.sign_out(opened.token, utc_now())
        return opened.session.person_id

    async def invite(self, organisation_id: UUID, role: Role, email: str, name: str, *, by: UUID) -> UUID:
        """Invite somebody and let them come."""
        link = await identity.invite(organisation_id, [role], by=by, label=name, keyring=self._keyring, now=utc_now())
        return await self.enter(link.token, email, name)

    async def join(self, organisation_id: UUID, role: Role, person_id: UUID, *, by: UUID) -> None:
        """Invite somebody who has an account already."""
        link = await identity.invite(organisation_id, [role], by=by, keyring=self._keyring, now=utc_now())
        await identity.join_as(link.token, person_id, now=utc_now())

    async def invite_by_two(
        self, organisation_id: UUID, role: Role, email: str, name: str, *, by: UUID, second: UUID
    ) -> UUID:
        """Invite somebody to the platform, have another administrator agree, and let them come."""
        link = await identity.invite(organisation_id, [role], by=by, label=name, keyring=self._keyring, now=utc_now())
        assert link.waits is not None, "there are two administrators"
        await identity.approve_invitation(link.waits.id, seen=link.waits.sha256, by=second, now=utc_now())
        return await self.enter(link.token, email, name)

    async def staff(self) -> Staff | None:
        """Those who are there; None before a first day.

        Raises:
            SettingsUnfit: they never all came.
        """
        exchange = await identity.find_exchange()
        if exchange is None:
            return None
        found = [
            await fetch_value(
                "SELECT person_id FROM membership WHERE organisation_id = $1 AND role = $2 ORDER BY id LIMIT 1",
                exchange, role.value,
            )
            for role in (Role.ADMINISTRATOR, Role.OPERATOR, Role.REVIEWER)
        ]  # fmt: skip
        if None in found[1:]:
            raise SettingsUnfit([_INTERRUPTED])
        return Staff(*found)


async def set_up_exchange(settings: Settings) -> tuple[str, ...]:
    """On the owner's connection; the administrators' tokens.

    Raises:
        SettingsUnfit: nobody said how to reach the database as its owner.
    """
    if not settings.database_owner_url:
        raise SettingsUnfit([missing(environment_name("database_owner_url"), "database_owner_url")])
    issuer = Text(zh=settings.issuer_zh, en=settings.issuer_en)
    made = await set_up(settings.database_owner_url, issuer, CHINA, _EXCHANGE_CODE)
    return tuple(link.token for link in made.links)


async def let_staff_in(hosts: Hosts, tokens: tuple[str, ...]) -> Staff:
    """Two administrators by the links of the set-up, and whom both let in."""
    administrator, second = await asyncio.gather(
        hosts.enter(tokens[0], ADMINISTRATOR_EMAIL, "示例管理员甲"),
        hosts.enter(tokens[1], _SECOND_ADMINISTRATOR, "示例管理员乙"),
    )
    exchange = await identity.find_exchange()
    assert exchange is not None, "set up before"
    came = [
        await hosts.invite_by_two(exchange, role, email, name, by=administrator, second=second)
        for email, role, name in _STAFF
    ]
    operator, reviewer, *_ = came
    return Staff(administrator, operator, reviewer)


async def let_organiser_in(hosts: Hosts, organisation_id: UUID, staff: Staff) -> None:
    """The organiser with two members; the first invites the second."""
    if staff.administrator is None:
        return
    first = await hosts.invite(organisation_id, Role.SPONSOR, ORGANISER_EMAIL, "示例主办方", by=staff.administrator)
    await hosts.invite(organisation_id, Role.FINANCE, "member@demo.example", "示例主办方财务", by=first)


async def organisation(name: Text, kind: OrganisationKind, number: int, staff: Staff) -> UUID:
    """One that is proposed by the operator and verified by the reviewer; one that is there stays as it is."""
    known = await fetch_value("SELECT id FROM organisation WHERE name_zh = $1 AND is_verified", name.zh)
    if known is not None:
        return UUID(str(known))
    register = Register(CHINA, credit_code(f"91510100MA{number:07}"))
    organisation_id, verification_id = await identity.add_organisation(
        name, kind=kind, register=register, papers="样张：营业执照（示例）", by=staff.operator, now=utc_now()
    )
    seen = (await identity.find_verification(verification_id)).sha256
    await identity.verify_organisation(verification_id, seen=seen, by=staff.reviewer)
    return organisation_id
