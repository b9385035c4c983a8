"""People of the platform for tests that need one to act: rows, no passwords, since nobody signs in as them."""

from datetime import date
from uuid import UUID

from app import credits, identity
from app.credits import Programme
from app.gateways.database import fetch, fetch_value
from app.identity import OrganisationKind, Role
from app.kernel.clock import beijing_day, utc_now
from app.kernel.ids import uuid7
from app.kernel.money import Currency
from app.kernel.text import Text


async def staff(*roles: Role) -> UUID:
    """A person with these roles in the organisation that runs the platform, which is made where there is none."""
    house = await fetch_value("SELECT id FROM organisation WHERE kind = 'exchange' AND is_verified LIMIT 1")
    if house is None:
        house = uuid7()
        await fetch(
            "INSERT INTO organisation (id, name_zh, name_en, kind, is_verified, created_at)"
            " VALUES ($1, '示例交易所', 'Sample Exchange', 'exchange', true, clock_timestamp())",
            house,
        )
    return await member(UUID(str(house)), *roles)


async def member(organisation_id: UUID, *roles: Role) -> UUID:
    """A person with these roles in an organisation."""
    person_id = uuid7()
    await fetch(
        "INSERT INTO person (id, language, state, created_at) VALUES ($1, 'zh', 'active', clock_timestamp())", person_id
    )
    await join(person_id, organisation_id, *roles)
    return person_id


async def join(person_id: UUID, organisation_id: UUID, *roles: Role) -> None:
    """Let a person who stands in the tables have these roles in an organisation."""
    await fetch(
        "INSERT INTO operator (id, person_id, password_hash, created_at) VALUES ($1, $2, '', clock_timestamp())"
        " ON CONFLICT (person_id) DO NOTHING",
        uuid7(), person_id,
    )  # fmt: skip
    for role in roles:
        await fetch(
            "INSERT INTO membership (id, person_id, organisation_id, role, created_at)"
            " VALUES ($1, $2, $3, $4, clock_timestamp())",
            uuid7(), person_id, organisation_id, role.value,
        )  # fmt: skip


async def price(
    programme: Programme,
    per_tonne_minor: int,
    *,
    currency: Currency = Currency.CNY,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> None:
    """A price of the programme, from today in Beijing where no day is named."""
    await credits.set_price(
        programme,
        per_tonne_minor=per_tonne_minor,
        currency=currency,
        valid_from=valid_from or beijing_day(utc_now()),
        valid_to=valid_to,
        by=await staff(Role.OPERATOR),
    )


async def joined(person_id: UUID, name: str) -> UUID:
    """An invented organisation that this person orders for."""
    organisation_id = await identity.enrol_organisation(
        Text(zh=name, en="Sample company"), kind=OrganisationKind.COMPANY, now=utc_now()
    )
    await join(person_id, organisation_id, Role.OPERATOR)
    return organisation_id
