"""Writing events down, and the map of who follows what."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

import msgspec

from app.foundation.outbox.events import Event
from app.gateways import tracing
from app.gateways.database import Tx, fetch, transaction

_encoder = msgspec.json.Encoder()
_noting: ContextVar[dict[str, list[int]] | None] = ContextVar("noting", default=None)


async def record(*events: Event, tx: Tx) -> None:
    """Write the events in the caller's transaction, in the order given; one round trip for any number.

    Each keeps the id of the request that it follows from, where that is known (`app/gateways/tracing.py`).
    """
    if not events:
        return
    rows = await fetch(
        "SELECT id, job FROM outbox.record($1::text[], $2::text[], $3::jsonb[], $4::text[]) ORDER BY id",
        [event.kind for event in events],
        [event.subject for event in events],
        [_encoder.encode(event).decode() for event in events],
        [tracing.cause_of(event.subject) for event in events],
        tx=tx,
    )
    if (noting := _noting.get()) is not None:
        for row in rows:
            if row["job"] is not None:
                noting.setdefault(row["job"], []).append(row["id"])


@contextmanager
def noted() -> Iterator[dict[str, list[int]]]:
    """The rows that `record` writes within the block, by job: for whoever takes them in the same transaction."""
    rows: dict[str, list[int]] = {}
    before = _noting.set(rows)
    try:
        yield rows
    finally:
        _noting.reset(before)


async def subscribe(jobs: Mapping[str, Iterable[tuple[str, str]]]) -> None:
    """Make the database's map equal to `jobs`: kind -> (job, queue) …; run by whoever migrates, as the owner.

    A kind that left the map is forgotten; its rows keep the jobs they were written with.
    """
    wanted = {(kind, job, queue) for kind, pairs in jobs.items() for job, queue in (tuple(pairs) or ((None, None),))}
    async with transaction() as tx:
        await fetch("LOCK TABLE outbox_subscription IN EXCLUSIVE MODE", tx=tx)
        known = await subscriptions(tx=tx)
        for kind, job, queue in known - wanted:
            await fetch(
                "DELETE FROM outbox_subscription WHERE kind = $1 AND job IS NOT DISTINCT FROM $2"
                " AND queue IS NOT DISTINCT FROM $3",
                kind, job, queue, tx=tx,
            )  # fmt: skip
        for kind, job, queue in sorted(wanted - known, key=str):
            await fetch(
                "INSERT INTO outbox_subscription (kind, job, queue) VALUES ($1, $2, $3)", kind, job, queue, tx=tx
            )


async def subscriptions(*, tx: Tx | None = None) -> set[tuple[str, str | None, str | None]]:
    """The database's map as (kind, job, queue) triples; job and queue are None where nobody follows."""
    rows = await fetch("SELECT kind, job, queue FROM outbox_subscription", tx=tx)
    return {(row["kind"], row["job"], row["queue"]) for row in rows}
