"""The first day: whoever runs the platform, and links for its first two administrators. On the owner's connection."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.foundation import fonts
from app.foundation.identity.access.inviting import write_invitation
from app.foundation.identity.access_errors import (
    AdministratorsComplete,
    ExchangeKnown,
    ExchangeUnknown,
    OrganisationNameMissing,
)
from app.foundation.identity.access_rules import ADMINISTRATORS, Link
from app.foundation.identity.rules import NAMES_MOST, Register, Role
from app.gateways.database import constraint, fetch, fetch_one, transaction
from app.kernel.graphemes import tidied
from app.kernel.ids import uuid7
from app.kernel.text import Text


@dataclass(frozen=True, slots=True)
class SetUp:
    """What a set-up made."""

    organisation_id: UUID
    links: tuple[Link, ...]
    """One for each administrator who is still missing."""


async def set_up(name: Text, register: Register, *, now: datetime) -> SetUp:
    """Write down who runs the platform, verified, and invite two administrators. The application's role may not.

    Raises:
        ExchangeKnown: somebody did already.
        OrganisationNameMissing: a name is empty or too long.
        NotPrintable: a name that no certificate could show.
    """
    name = Text(zh=tidied(name.zh), en=tidied(name.en))
    if not all(1 <= len(text) <= NAMES_MOST for text in (name.zh, name.en)):
        raise OrganisationNameMissing
    await fonts.demand({"/name_zh": name.zh, "/name_en": name.en})
    organisation_id = uuid7()
    try:
        async with transaction() as tx:
            await fetch(
                "SELECT identity.found_exchange($1, $2, $3, $4, $5)",
                organisation_id, name.zh, name.en, register.country, register.number, tx=tx,
            )  # fmt: skip
            links = [
                await write_invitation(organisation_id, [Role.ADMINISTRATOR], inviter_id=None, now=now, tx=tx)
                for _ in range(ADMINISTRATORS)
            ]
    except Exception as refusal:
        if constraint(refusal) == "organisation_one_exchange":
            raise ExchangeKnown from refusal
        raise
    return SetUp(organisation_id, tuple(links))


async def renew_links(*, now: datetime) -> SetUp:
    """New links for the first administrators who never came; their old ones end. Also on the owner's connection.

    Raises:
        ExchangeUnknown: nothing is set up.
        AdministratorsComplete: there are two administrators.
    """
    async with transaction() as tx:
        row = await fetch_one("SELECT id FROM organisation WHERE kind = 'exchange' AND is_verified FOR UPDATE", tx=tx)
        if row is None:
            raise ExchangeUnknown
        (counted,) = await fetch(
            "SELECT count(*) AS n FROM membership m JOIN operator o ON o.person_id = m.person_id"
            " WHERE m.organisation_id = $1 AND m.role = 'administrator' AND o.disabled_at IS NULL",
            row["id"], tx=tx,
        )  # fmt: skip
        if counted["n"] >= ADMINISTRATORS:
            raise AdministratorsComplete
        await fetch(
            "UPDATE invitation SET revoked_at = $2 WHERE organisation_id = $1 AND inviter_id IS NULL"
            " AND accepted_at IS NULL AND revoked_at IS NULL",
            row["id"], now, tx=tx,
        )  # fmt: skip
        links = [
            await write_invitation(row["id"], [Role.ADMINISTRATOR], inviter_id=None, now=now, tx=tx)
            for _ in range(ADMINISTRATORS - counted["n"])
        ]
        return SetUp(row["id"], tuple(links))
