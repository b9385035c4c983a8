"""The name is asked after success: it goes on the paper that waits for it."""

from uuid import UUID

from app.foundation import outbox
from app.gateways.database import fetch, fetch_one, fetch_value, transaction
from app.programmes.gifts.errors import CollectionUnknown, NameSettled
from app.programmes.gifts.requesting import cause_of
from app.registry import retirements


async def say_name(collection_id: UUID, *, by: UUID, name_sealed: bytes | None) -> None:
    """Give the name for the paper of what this person collected, or decline with None; the paper is written then.

    Raises:
        CollectionUnknown: there is none, or it is somebody else's.
        NameSettled: it was given or declined before, or did not come in time.
    """
    async with transaction() as tx:
        row = await fetch_one(
            "SELECT named_at FROM gift_collection WHERE id = $1 AND person_id = $2 FOR NO KEY UPDATE",
            collection_id, by, tx=tx,
        )  # fmt: skip
        if row is None:
            raise CollectionUnknown
        if row["named_at"] is not None:
            raise NameSettled
        await fetch(
            "UPDATE gift_collection SET name_sealed = $2, named_at = clock_timestamp() WHERE id = $1",
            collection_id, name_sealed, tx=tx,
        )  # fmt: skip
        # A statement of its own, after the lock: the one above began before a worker committed that it waited for, and
        # would not see the claim which that worker made.
        cause = cause_of(collection_id)
        is_claimed = await fetch_value("SELECT EXISTS (SELECT FROM claim WHERE cause = $1)", cause, tx=tx)
        if is_claimed and not await retirements.say_name(cause, by=by, name_sealed=name_sealed, tx=tx):
            raise NameSettled
    outbox.nudge()
