"""Forgetting a person by destroying their key. Blind indexes, files and the state `erased` are later work."""

from uuid import UUID

from app.gateways.database import fetch, transaction


async def destroy_key(person_id: UUID) -> None:
    """Make everything sealed for this person unreadable for ever, and end their sessions with it.

    Repeated: nothing more happens. The person stays as `erasing`, whom nobody can sign in as. The deleted row
    is on disk until PostgreSQL vacuums it, and in write-ahead logs and backups until those are gone:
    docs/rooms/identity.md.
    """
    async with transaction() as tx:
        await fetch("UPDATE person SET state = 'erasing' WHERE id = $1 AND state = 'active'", person_id, tx=tx)
        await fetch("DELETE FROM person_key WHERE person_id = $1", person_id, tx=tx)
