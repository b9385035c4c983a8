"""The hops of a paid order or of gifts: fulfil or request, settle, issue and count. Each is a job of its own; a worker that
holds one goes on.

What follows from a hop is recorded as events all the same. Whoever holds the hop before may take those messages as they
are recorded: one commit instead of four, nothing has to be enqueued or found again, and they leave no row. Where that
fails, or where a row was enqueued before, each hop goes alone, in a transaction of its own, as it does for any other
worker; then each message has its row.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from app import certificates, scenarios
from app.commerce import payments
from app.foundation import messages as phone_messages
from app.foundation import outbox
from app.foundation.messages import MessageKind
from app.gateways import faults, tracing
from app.gateways.database import Tx, again, is_connection_lost, retry_after_s, transaction
from app.kernel.errors import Unavailable
from app.programmes import gifts, wall
from app.registry import retirements
from app.views.certificates.messages import certificate_messages
from workers.tools import Tools

Hop = Callable[[Sequence[outbox.Message], Tools, Tx], Awaitable[None]]
"""Does the work of messages that were taken in the caller's transaction."""


class OfNewerRelease(Exception):
    """Some rows are about a kind of paid subject that this release does not know."""

    def __init__(self, ids: list[int]) -> None:
        super().__init__(ids)
        self.ids = ids


async def without_newer(work: Callable[[list[int]], Awaitable[None]], ids: list[int]) -> None:
    """Do the work for those rows that this release understands; the others wait for a worker of the newer one.

    Raises:
        Unavailable: there were such others. They are enqueued again, and nothing is counted against them.
    """
    try:
        await work(ids)
    except OfNewerRelease as newer:
        if rest := [id_ for id_ in ids if id_ not in newer.ids]:
            await work(rest)
        raise Unavailable("rows of a newer release") from newer


def refuse_newer(messages: Iterable[outbox.Message], tools: Tools) -> None:
    """Before anything is done for messages about paid subjects.

    Raises:
        OfNewerRelease: some are of a kind that this release does not know.
    """
    known = tools.subjects.keys()
    if ids := [m.id for m in messages if m.payload["paid_for"].partition(":")[0] not in known]:
        raise OfNewerRelease(ids)


async def go(job: str, ids: list[int], tools: Tools) -> None:
    """Do one hop for these rows and, where the tools say so, whatever follows from it in the same transaction.

    All of it is committed, or none. Where a hop that follows fails, the first is done without them.
    """
    await without_newer(lambda these: _hop(job, these, tools), ids)


async def _hop(job: str, ids: list[int], tools: Tools) -> None:
    if not tools.is_going_on:
        return await _go(job, ids, tools)
    try:
        return await _go(job, ids, tools, onward=True)
    except OfNewerRelease:
        raise
    except Exception as failure:
        if is_connection_lost(failure) or retry_after_s(failure) is not None:
            raise
    return await _go(job, ids, tools)


async def _go(first: str, ids: list[int], tools: Tools, *, onward: bool = False) -> None:
    done: list[str] = []
    jobs = list(_HOPS)

    async def use_case() -> None:
        done.clear()
        async with transaction() as tx:
            in_hand: dict[str, Sequence[outbox.Message]] = {first: await outbox.take(ids, first, tx=tx)}
            for no, job in enumerate(jobs):
                if messages := in_hand.get(job):
                    with outbox.taking(jobs[no + 1 :] if onward else ()) as followed:
                        await _HOPS[job](messages, tools, tx)
                    done.append(job)
                    for later, written in followed.items():
                        in_hand[later] = [*in_hand.get(later, ()), *written]

    await again(use_case)
    for job in done:
        _committed(job)


def _committed(job: str) -> None:
    match job:
        case "fulfil_paid":
            faults.reach("fulfil.committed")
        case "request_gifts":
            faults.reach("gifts.committed")
        case "settle_retirements":
            faults.reach("settle.committed")
        case "issue_certificates":
            faults.reach("issue.committed")
        case "line_up_for_wall":
            wall.nudge()


async def _fulfil(messages: Sequence[outbox.Message], tools: Tools, tx: Tx) -> None:
    """Paid: let the room that owns each kind of subject go on with it."""
    refuse_newer(messages, tools)
    for message in messages:  # what is requested for an order is about the order, not its payment
        tracing.note(message.payload["paid_for"], message.request_id)
    paid = payments.by_kind((m.payload["paid_for"], UUID(m.payload["payment_id"])) for m in messages)
    for kind, pairs in paid.items():
        await tools.subjects[kind].fulfil(pairs, tx=tx)
    faults.reach("fulfil.before_commit")


async def _request_gifts(messages: Sequence[outbox.Message], tools: Tools, tx: Tx) -> None:
    """Collected: make the claims, request their retirements."""
    for message in messages:
        for collection_id, request_id in message.payload.get("requests", {}).items():
            tracing.note(gifts.cause_of(UUID(collection_id)), request_id)
    await gifts.request([UUID(m.payload["set_id"]) for m in messages], name_wait=tools.name_wait, tx=tx)
    faults.reach("gifts.before_commit")


async def _settle(requested: Sequence[outbox.Message], tools: Tools, tx: Tx) -> None:
    """Requested: cut the lots, make it final, judge what organisations claim."""
    await retirements.settle([UUID(m.payload["retirement_id"]) for m in requested], profiles=tools.profiles, tx=tx)
    faults.reach("settle.before_commit")


async def _issue(settled: Sequence[outbox.Message], tools: Tools, tx: Tx) -> None:
    """Settled: freeze the records and number them."""
    await certificates.issue(certificates.NEUTRALITY, [m.subject for m in settled], issuer=tools.issuer, tx=tx)
    faults.reach("issue.before_commit")


async def _count(settled: Sequence[outbox.Message], tools: Tools, tx: Tx) -> None:  # noqa: ARG001 - every hop has one shape
    """Settled: add to the tally on the scene's page."""
    found = await retirements.scenes_of([UUID(m.payload["retirement_id"]) for m in settled], tx=tx)
    await scenarios.count(found, tx=tx)


async def _line_up(issued: Sequence[outbox.Message], tools: Tools, tx: Tx) -> None:
    """Issued: line up on the screen of its scene whoever agreed to it."""
    if tools.wall_version is not None:
        await wall.line_up([UUID(m.payload["certificate_id"]) for m in issued], version=tools.wall_version, tx=tx)


async def _line_up_messages(issued: Sequence[outbox.Message], tools: Tools, tx: Tx) -> None:
    """Issued: line a message up for each holder who agreed to one; the sweeper sends it."""
    if not tools.message_templates:
        return
    holders = await certificates.holders_of([UUID(m.payload["certificate_id"]) for m in issued], tx=tx)
    agreed = await phone_messages.agreed(
        MessageKind.CERTIFICATE, set(holders.values()), templates=tools.message_templates, tx=tx
    )
    if ids := [id_ for id_, holder in holders.items() if holder in agreed]:
        found = await certificates.find_many(ids, tx=tx)
        await phone_messages.line_up(
            certificate_messages(found), templates=tools.message_templates, now=tools.gateways.clock(), tx=tx
        )


_HOPS: Final[Mapping[str, Hop]] = {
    "fulfil_paid": _fulfil,
    "request_gifts": _request_gifts,
    "settle_retirements": _settle,
    "issue_certificates": _issue,
    "count_scenes": _count,
    "line_up_for_wall": _line_up,
    "line_up_messages": _line_up_messages,
}
"""In their order: what every hop leads to comes after it. The series and the tallies are locked last, for the least time."""
SETTLING: Final = frozenset({"fulfil_paid", "settle_retirements", "issue_certificates"})
"""Those that give grams of lots, or numbers of registers, or lead to one that does."""
