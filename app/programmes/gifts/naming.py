"""The name is asked after success: it goes on the paper that waits for it."""

from uuid import UUID

from app.foundation import outbox
from app.gateways.database import fetch, fetch_one, transaction
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
            "SELECT k.named_at, c.id AS claim_id FROM gift_collection k LEFT JOIN claim c ON c.cause = 'gift:' || k.id"
            " WHERE k.id = $1 AND k.person_id = $2 FOR NO KEY UPDATE OF k",
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
        if row["claim_id"] is not None and not await retirements.say_name(
            cause_of(collection_id), by=by, name_sealed=name_sealed, tx=tx
        ):
            raise NameSettled
    outbox.nudge()
