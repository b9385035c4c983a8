"""Who acts for an organisation, who sees that, and who may end it."""

from uuid import UUID

from app.foundation import audit
from app.foundation.identity.access.enrolling import card, membership_of
from app.foundation.identity.access.inviting import may_give
from app.foundation.identity.access_errors import InviterMissing, LastAdministrator, OwnRole
from app.foundation.identity.access_rules import Member
from app.foundation.identity.admitting import purpose
from app.foundation.identity.envelope import Keyring
from app.foundation.identity.rules import DatumKind, OrganisationCard, Role
from app.foundation.identity.sealing import unseal_many
from app.gateways.database import fetch, fetch_value, transaction

_SHOWN_MOST = 500
_NO_KEY = "NOT EXISTS (SELECT FROM api_key k WHERE k.person_id = m.person_id)"


async def list_members(organisation_id: UUID, *, by: UUID, keyring: Keyring, limit: int = _SHOWN_MOST) -> list[Member]:
    """Everybody with a role there, by when they came.

    Raises:
        OrganisationUnknown, InviterMissing: `by` has no say there.
    """
    if not await may_give(by, organisation_id):
        raise InviterMissing
    rows = await fetch(
        "SELECT m.person_id, array_agg(m.role ORDER BY m.role) AS roles,"
        " EXISTS (SELECT FROM operator_factor f WHERE f.person_id = m.person_id AND f.confirmed_at IS NOT NULL)"
        " AS has_factor,"
        " EXISTS (SELECT FROM operator o WHERE o.person_id = m.person_id AND o.disabled_at IS NOT NULL) AS is_disabled"
        f" FROM membership m WHERE m.organisation_id = $1 AND {_NO_KEY}"
        " GROUP BY m.person_id ORDER BY min(m.created_at), m.person_id LIMIT $2",
        organisation_id, limit,
    )  # fmt: skip
    people = [row["person_id"] for row in rows]
    names, emails = [await read_data(kind, people, keyring) for kind in (DatumKind.NAME, DatumKind.EMAIL)]
    return [
        Member(
            row["person_id"], names.get(row["person_id"]), emails.get(row["person_id"]),
            tuple(Role(role) for role in row["roles"]), row["has_factor"], row["is_disabled"],
        )
        for row in rows
    ]  # fmt: skip


async def count_members(organisation_id: UUID) -> int:
    """How many there are, for whoever was shown some of them."""
    return int(
        await fetch_value(
            f"SELECT count(DISTINCT m.person_id) FROM membership m WHERE m.organisation_id = $1 AND {_NO_KEY}",
            organisation_id,
        )
    )


async def own_organisations(person_id: UUID) -> list[tuple[OrganisationCard, tuple[Role, ...]]]:
    """The organisations somebody acts for, with their roles there."""
    rows = await fetch(
        "SELECT o.*, m.roles FROM organisation o JOIN (SELECT organisation_id, array_agg(role ORDER BY role) AS roles"
        " FROM membership WHERE person_id = $1 GROUP BY organisation_id) m ON m.organisation_id = o.id"
        " ORDER BY o.name_zh, o.id",
        person_id,
    )
    return [(card(row), tuple(Role(role) for role in row["roles"])) for row in rows]


async def take_role(person_id: UUID, organisation_id: UUID, role: Role, *, by: UUID) -> None:
    """Take a role away, from the next request on. Repeated: nothing happens.

    Raises:
        OwnRole: nobody takes their own.
        InviterMissing, OrganisationUnknown: `by` may not take this role there.
        LastAdministrator: nobody could administer the platform any more.
    """
    if person_id == by:
        raise OwnRole
    async with transaction() as tx:
        if role not in await may_give(by, organisation_id, tx=tx):
            raise InviterMissing
        if role is Role.ADMINISTRATOR:
            # Two administrators who take each other's role at once leave one: the second sees what the first did.
            await fetch("SELECT pg_advisory_xact_lock(hashtext('identity.take_role'))", tx=tx)
            others = await fetch(
                "SELECT 1 FROM membership m JOIN operator o ON o.person_id = m.person_id"
                " WHERE m.organisation_id = $1 AND m.role = 'administrator' AND m.person_id <> $2"
                " AND o.disabled_at IS NULL",
                organisation_id, person_id, tx=tx,
            )  # fmt: skip
            if not others or role not in await may_give(by, organisation_id, tx=tx):
                raise LastAdministrator
        gone = await fetch(
            "DELETE FROM membership WHERE person_id = $1 AND organisation_id = $2 AND role = $3 RETURNING role",
            person_id, organisation_id, role, tx=tx,
        )  # fmt: skip
        if gone:
            await audit.record(
                "role.withdrawn", membership_of(person_id, organisation_id), before={"role": role}, after=None, by=by,
                tx=tx,
            )  # fmt: skip


async def read_data(kind: DatumKind, people: list[UUID], keyring: Keyring) -> dict[UUID, str | None]:
    """One datum of each of these people, as far as they gave it and are not forgotten."""
    rows = await fetch(
        "SELECT person_id, sealed FROM person_pii WHERE kind = $1 AND person_id = ANY($2::uuid[])", kind, people
    )
    texts = await unseal_many(
        [(row["person_id"], row["sealed"]) for row in rows], purpose=purpose(kind), keyring=keyring
    )
    return {row["person_id"]: text for row, text in zip(rows, texts, strict=True)}
