"""Forgetting a person: their key is destroyed, and what finds them again goes with it. What stays names nobody."""

from datetime import datetime
from uuid import UUID

from app.foundation.identity.errors import PersonGone, StaffKeepsAccount
from app.gateways.database import Tx, again, fetch, fetch_one, transaction


async def destroy_key(person_id: UUID) -> None:
    """Make everything sealed for this person unreadable for ever, and end their sessions with it.

    Repeated: nothing more happens. The person stays as `erasing`, whom nobody can sign in as. The deleted row
    is on disk until PostgreSQL vacuums it, and in write-ahead logs and backups until those are gone:
    docs/rooms/identity.md.
    """
    async with transaction() as tx:
        whole = await _whole(person_id, tx=tx)
        await fetch("UPDATE person SET state = 'erasing' WHERE id = ANY($1::uuid[]) AND state = 'active'", whole, tx=tx)
        await fetch("DELETE FROM keys.person_key WHERE person_id = ANY($1::uuid[])", whole, tx=tx)


async def erase(person_id: UUID, *, now: datetime) -> None:
    """Forget a person: their key, every datum and what finds it, their sessions; all of it or nothing.

    What other rooms keep of them goes with the change of state, by triggers: consents are taken back, the picture is
    deleted, what they were told under their keys, the raw messages of channels about their payments, their address at
    them. Orders, books, retirements and certificates stay, and name nobody. Repeated: nothing more happens.

    Whoever is linked with them is the same person: both keys go, and both persons' rows are reached.

    Raises:
        StaffKeepsAccount: they act for an organisation, or have signed for one; somebody must end that first.
        PersonGone: there is no such person.
    """

    async def use_case() -> None:
        async with transaction() as tx:
            whole = await _whole(person_id, tx=tx)
            row = await fetch_one("SELECT state FROM person WHERE id = $1", person_id, tx=tx)
            if row is None:
                raise PersonGone
            if row["state"] == "erased":
                return
            if await fetch_one(
                "SELECT 1 FROM operator WHERE person_id = ANY($1::uuid[])"
                " UNION ALL SELECT 1 FROM membership WHERE person_id = ANY($1::uuid[]) LIMIT 1",
                whole, tx=tx,
            ):  # fmt: skip
                raise StaffKeepsAccount
            await fetch(
                "UPDATE person SET state = 'erasing' WHERE id = ANY($1::uuid[]) AND state = 'active'", whole, tx=tx
            )
            await fetch(
                "DELETE FROM device_move WHERE person_id = ANY($1::uuid[]) OR taker_id = ANY($1::uuid[])", whole, tx=tx
            )
            await fetch(
                "UPDATE identity_session SET revoked_at = $2 WHERE revoked_at IS NULL AND id IN"
                " (SELECT id FROM identity_session WHERE person_id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE)",
                whole, now, tx=tx,
            )  # fmt: skip
            await fetch("DELETE FROM person_pii WHERE person_id = ANY($1::uuid[])", whole, tx=tx)
            await fetch("DELETE FROM keys.person_key WHERE person_id = ANY($1::uuid[])", whole, tx=tx)
            await fetch("UPDATE person SET state = 'erased' WHERE id = ANY($1::uuid[])", whole, tx=tx)

    await again(use_case)


async def _whole(person_id: UUID, *, tx: Tx) -> list[UUID]:
    """This person and all who were linked to them, locked: the kept one first, after which nobody new is linked to it."""
    await fetch("SELECT 1 FROM person WHERE id = identity.kept_of($1) FOR UPDATE", person_id, tx=tx)
    rows = await fetch("SELECT identity.persons_of($1) AS id", person_id, tx=tx)
    whole = [row["id"] for row in rows]
    await fetch("SELECT 1 FROM person WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE", whole, tx=tx)
    return whole
