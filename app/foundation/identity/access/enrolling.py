"""Organisations, and the operators who act for them. Who may enrol whom is the door's rule."""

import contextlib
from datetime import datetime
from uuid import UUID

from app.foundation import fonts
from app.foundation.identity import rules
from app.foundation.identity.admitting import admit, keep_datum
from app.foundation.identity.by_wechat.linking import end_link
from app.foundation.identity.credentials.hashing_passwords import hash_password
from app.foundation.identity.envelope import Keyring
from app.foundation.identity.errors import EmailTaken, EmailUnreadable, OperatorUnknown
from app.foundation.identity.keeping_sessions import sign_out_everywhere
from app.foundation.identity.models import Operator, Organisation
from app.foundation.identity.rules import DatumKind, OrganisationCard, OrganisationKind, Register, Role
from app.gateways.database import Row, Tx, fetch, fetch_value, transaction
from app.kernel import ids
from app.kernel.text import Language, Text
from app.kernel.typed import typed_line


async def enrol_organisation(name: Text, *, kind: OrganisationKind, now: datetime) -> UUID:
    """Write an organisation down that nobody has verified. PostgreSQL lets no other be written, and no exchange.

    Raises:
        NotPrintable: a name that no certificate could show.
    """
    await fonts.demand({"/name_zh": name.zh, "/name_en": name.en})
    organisation = await Organisation.create(
        name_zh=name.zh, name_en=name.en, kind=kind, is_verified=False, created_at=now
    )
    return organisation.id


async def find_organisation(organisation_id: UUID) -> OrganisationCard | None:
    """What others may know of it."""
    rows = await fetch("SELECT * FROM organisation WHERE id = $1", organisation_id)
    return card(rows[0]) if rows else None


async def find_registered(register: Register) -> OrganisationCard | None:
    """The organisation under this register entry; None: nobody wrote one down."""
    rows = await fetch(
        "SELECT * FROM organisation WHERE country = $1 AND register_number = $2 ORDER BY is_verified DESC, id LIMIT 1",
        register.country, register.number,
    )  # fmt: skip
    return card(rows[0]) if rows else None


async def find_exchange() -> UUID | None:
    """The verified organisation that runs the platform; None before anything is set up."""
    rows = await fetch("SELECT id FROM organisation WHERE kind = 'exchange' AND is_verified ORDER BY id LIMIT 1")
    return rows[0]["id"] if rows else None


async def list_organisations(words: str = "", *, limit: int) -> list[OrganisationCard]:
    """The organisations in whose name, Chinese or English, these words stand as they are, by name; all without words."""
    rows = await fetch(
        "SELECT * FROM organisation"
        " WHERE position(lower($1) IN lower(name_zh || ' ' || name_en)) > 0 ORDER BY name_zh, id LIMIT $2",
        typed_line(words), limit,
    )  # fmt: skip
    return [card(row) for row in rows]


async def count_organisations(words: str = "") -> int:
    """How many those are."""
    counted = "SELECT count(*) FROM organisation WHERE position(lower($1) IN lower(name_zh || ' ' || name_en)) > 0"
    return int(await fetch_value(counted, typed_line(words)))


def card(row: Row) -> OrganisationCard:
    """From an organisation's columns to what others may know of it."""
    return OrganisationCard(
        row["id"],
        Text(zh=row["name_zh"], en=row["name_en"]),
        OrganisationKind(row["kind"]),
        row["is_verified"],
        Register(row["country"], row["register_number"]) if row["country"] is not None else None,
    )


async def enrol_operator(
    email: str, password: str, *, keyring: Keyring, now: datetime, language: Language = Language.ZH
) -> UUID:
    """A new person who signs in with a password and has no role; their person id.

    Raises:
        EmailUnreadable, PasswordUnfit: nothing was written.
        EmailTaken: an operator has this email, in any writing of it.
    """
    if (plain := rules.plain_email(email)) is None:
        raise EmailUnreadable
    rules.check_password(password)
    password_hash = await hash_password(password, cost=keyring.password_cost)
    async with transaction() as tx:
        person_id = await admit(language=language, keyring=keyring, now=now, tx=tx)
        if not await keep_datum(person_id, DatumKind.EMAIL, plain, keyring=keyring, now=now, tx=tx):
            raise EmailTaken
        await Operator.create(using_db=tx, person_id=person_id, password_hash=password_hash, created_at=now)
    return person_id


def membership_of(person_id: UUID, organisation_id: UUID) -> str:
    """What the history of roles is told about: whose, and where."""
    return f"{ids.public('per', person_id)} {ids.public('org', organisation_id)}"


async def withdraw_role(person_id: UUID, organisation_id: UUID, role: Role) -> None:
    """Take a role away, from the next request on. Repeated: nothing happens."""
    await fetch(
        "DELETE FROM membership WHERE person_id = $1 AND organisation_id = $2 AND role = $3",
        person_id,
        organisation_id,
        role,
    )


async def platform_roles(person_id: UUID) -> frozenset[Role]:
    """What an operator may do for whoever runs the platform: a role in a sponsor's organisation is none here."""
    rows = await fetch(
        "SELECT DISTINCT m.role FROM membership m JOIN organisation o ON o.id = m.organisation_id"
        " WHERE m.person_id = $1 AND o.kind = 'exchange' AND o.is_verified",
        person_id,
    )
    return frozenset(Role(row["role"]) for row in rows)


async def disable_operator(person_id: UUID, *, now: datetime, tx: Tx | None = None) -> None:
    """Sign an operator out everywhere and never let them in again; what they did stays. Repeated: nothing happens.

    Raises:
        OperatorUnknown: nobody signs in with a password under this id.
    """
    async with contextlib.nullcontext(tx) if tx else transaction() as own:
        operator = await Operator.filter(person_id=person_id).using_db(own).select_for_update().get_or_none()
        if operator is None:
            raise OperatorUnknown
        if operator.disabled_at is None:
            operator.disabled_at = now
            await operator.save(using_db=own, update_fields=["disabled_at"])
        await end_link(person_id, now=now, tx=own)
        await sign_out_everywhere(person_id, now, tx=own)
