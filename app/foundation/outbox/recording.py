"""Writing events down, and the map of who follows what."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import msgspec

from app.foundation.outbox.events import Event
from app.foundation.outbox.taking import Message, taken
from app.gateways import tracing
from app.gateways.database import Tx, fetch, transaction

_encoder = msgspec.json.Encoder()
_taking: ContextVar[dict[str, list[Message]] | None] = ContextVar("taking", default=None)


async def record(*events: Event, tx: Tx) -> None:
    """Write the events in the caller's transaction, in the order given; one round trip for any number.

    A row for each job that follows, but none for a job that the caller takes itself (`taking`).
    Each keeps the id of the request that it follows from, where that is known (`app/gateways/tracing.py`).
    """
    if not events:
        return
    following = _taking.get() or {}
    causes = {event.subject: tracing.cause_of(event.subject) for event in events}
    rows = await fetch(
        "SELECT id, job, subject, payload FROM outbox.record($1::text[], $2::text[], $3::jsonb[], $4::text[], $5::text[])",
        [event.kind for event in events],
        [event.subject for event in events],
        [_encoder.encode(event).decode() for event in events],
        [causes[event.subject] for event in events],
        list(following),
        tx=tx,
    )
    for job, messages in following.items():
        own = [row | {"age_s": 0.0, "request_id": causes[row["subject"]]} for row in rows if row["job"] == job]
        messages.extend(taken(job, own) if own else ())


@contextmanager
def taking(jobs: Iterable[str]) -> Iterator[Mapping[str, Sequence[Message]]]:
    """Take what `record` is told for these jobs within the block, as it is told: the transaction must do its work.

    Nobody else ever sees these messages: they have an id and leave no row.
    """
    written: dict[str, list[Message]] = {job: [] for job in jobs}
    before = _taking.set(written)
    try:
        yield written
    finally:
        _taking.reset(before)


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
