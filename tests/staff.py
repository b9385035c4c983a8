"""People of the platform, and of others, for tests that need one to act: rows by the tables' owner.

The application cannot write them: a verified organisation is one by two people, a role comes by an accepted invitation.
"""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from app import scenarios
from app.foundation import identity
from app.foundation.identity import Keyring, OrganisationKind, Role
from app.kernel.clock import beijing_day, utc_now
from app.kernel.ids import uuid7
from app.kernel.money import Currency
from app.kernel.text import Text
from app.registry import credits
from app.registry.credits import Programme
from app.scenarios import Draft
from tests.owning import as_owner

HOUSE = Text(zh="示例交易所", en="Sample Exchange")


async def staff(*roles: Role) -> UUID:
    """A person with these roles in the organisation that runs the platform, which is made where there is none."""
    house = await as_owner("SELECT id FROM organisation WHERE kind = 'exchange' AND is_verified LIMIT 1")
    return await member(house or await exchange(), *roles)


async def exchange(name: Text = HOUSE) -> UUID:
    """The organisation that runs the platform."""
    return await verified(name, OrganisationKind.EXCHANGE)


async def verified(name: Text, kind: OrganisationKind = OrganisationKind.COMPANY) -> UUID:
    """An organisation that counts as verified, though nobody saw a paper."""
    made: UUID = await as_owner(
        "INSERT INTO organisation (id, name_zh, name_en, kind, is_verified, created_at)"
        " VALUES ($1, $2, $3, $4, true, clock_timestamp()) RETURNING id",
        uuid7(), name.zh, name.en, kind.value,
    )  # fmt: skip
    return made


async def member(organisation_id: UUID, *roles: Role) -> UUID:
    """A person with these roles in an organisation."""
    person_id = uuid7()
    await as_owner(
        "INSERT INTO person (id, language, state, created_at) VALUES ($1, 'zh', 'active', clock_timestamp())", person_id
    )
    await join(person_id, organisation_id, *roles)
    return person_id


async def join(person_id: UUID, organisation_id: UUID, *roles: Role) -> None:
    """Let a person who stands in the tables have these roles in an organisation; no password lets them in."""
    await as_owner(
        "WITH operator AS ("
        " INSERT INTO operator (id, person_id, password_hash, created_at) VALUES ($1, $2, '', clock_timestamp())"
        " ON CONFLICT (person_id) DO NOTHING)"
        " INSERT INTO membership (id, person_id, organisation_id, role, created_at)"
        " SELECT gen_random_uuid(), $2, $3, role, clock_timestamp() FROM unnest($4::text[]) AS role ON CONFLICT DO NOTHING",
        uuid7(), person_id, organisation_id, [role.value for role in roles],
    )  # fmt: skip


async def enrolled(
    email: str,
    password: str,
    organisation_id: UUID,
    roles: Collection[Role],
    *,
    keyring: Keyring,
    now: datetime | None = None,
) -> UUID:
    """A person who signs in with a password and has these roles in one organisation."""
    person_id = await identity.enrol_operator(email, password, keyring=keyring, now=now or utc_now())
    await join(person_id, organisation_id, *roles)
    return person_id


async def price(
    programme: Programme,
    per_tonne_minor: int,
    *,
    currency: Currency = Currency.CNY,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> None:
    """A price of the programme, from today in Beijing where no day is named, proposed by one and agreed to by another."""
    proposed = await credits.propose_price(
        programme,
        per_tonne_minor=per_tonne_minor,
        currency=currency,
        valid_from=valid_from or beijing_day(utc_now()),
        valid_to=valid_to,
        by=await staff(Role.OPERATOR),
    )
    await credits.approve_price(proposed.id, seen=proposed.sha256, by=await staff(Role.FINANCE))


async def rate(written: str = "7.1234", *, day: date | None = None) -> credits.Rate:
    """What a US dollar is worth, of today in Beijing where no day is named, proposed by one and agreed to by another."""
    proposed = await credits.propose_rate(
        written,
        day=day or beijing_day(utc_now()),
        source="示例外汇牌价",
        url="https://rates.example.org/usd",
        by=await staff(Role.FINANCE),
    )
    await credits.approve_rate(proposed.id, seen=proposed.sha256, by=await staff(Role.REVIEWER))
    return (await credits.list_rates(limit=1))[0]


async def opened(scene: Draft) -> str:
    """A scene that an operator proposed and a reviewer let be; its code."""
    return await opened_draft(await scenarios.draft(scene))


async def opened_draft(scenario_id: UUID) -> str:
    """The same of a draft that is there."""
    proposed = await scenarios.propose(scenario_id, by=await staff(Role.OPERATOR))
    return await scenarios.approve(proposed.id, seen=proposed.sha256, by=await staff(Role.REVIEWER))


async def suspended(suspension: credits.Suspension) -> None:
    """A methodology taken off sale by two people."""
    proposed = await credits.propose_suspension(suspension, by=await staff(Role.OPERATOR))
    await credits.approve_methodology(proposed.id, seen=proposed.sha256, by=await staff(Role.REVIEWER))


async def resumed(programme: Programme, code: str, *, source: str) -> None:
    """A methodology sold again by two people."""
    proposed = await credits.propose_resuming(programme, code, source=source, by=await staff(Role.OPERATOR))
    await credits.approve_methodology(proposed.id, seen=proposed.sha256, by=await staff(Role.REVIEWER))


async def joined(person_id: UUID, name: str) -> UUID:
    """An invented organisation that this person orders for."""
    organisation_id = await identity.enrol_organisation(
        Text(zh=name, en="Sample company"), kind=OrganisationKind.COMPANY, now=utc_now()
    )
    await join(person_id, organisation_id, Role.OPERATOR)
    return organisation_id
