"""The jobs: each takes ids of outbox rows, calls a room, and is done in the transaction of its effect.

A job may run twice or at once with itself: `outbox.take` gives each row to one transaction only.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from app import cancellations, certificates, claims, outbox, payments, retirements, scenarios
from app.gateways import faults
from app.gateways.bundle import Gateways
from app.gateways.database import again, transaction
from app.kernel.text import Language
from workers.subjects import SUBJECTS
from workers.subscriptions import PICTURE, RENDER, SETTLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What jobs work with, built once per process."""

    gateways: Gateways
    issuer: certificates.Issuer
    studio: certificates.Studio | None
    """None in a process that does not draw."""
    profiles: claims.ProfileSet | None = None
    """What judges the claims of organisations; None: nothing does."""
    subjects: Mapping[str, payments.SubjectKind] = field(default_factory=lambda: SUBJECTS)
    """What is done for each kind of thing that is paid for."""


Job = Callable[[list[int], Tools], Awaitable[None]]


async def fulfil_paid(ids: list[int], tools: Tools) -> None:
    """Paid: let the room that owns each kind of subject go on with it."""

    async def use_case() -> None:
        async with transaction() as tx:
            messages = await outbox.take(ids, "fulfil_paid", tx=tx)
            paid = payments.by_kind((m.payload["paid_for"], UUID(m.payload["payment_id"])) for m in messages)
            for kind, pairs in paid.items():
                await tools.subjects[kind].fulfil(pairs, tx=tx)
            faults.reach("fulfil.before_commit")

    await again(use_case)
    faults.reach("fulfil.committed")


async def settle_retirements(ids: list[int], tools: Tools) -> None:
    """Requested: cut the lots, make it final, judge what organisations claim."""

    async def use_case() -> None:
        async with transaction() as tx:
            requested = await outbox.take(ids, "settle_retirements", tx=tx)
            await retirements.settle(
                [UUID(m.payload["retirement_id"]) for m in requested], profiles=tools.profiles, tx=tx
            )
            faults.reach("settle.before_commit")

    await again(use_case)
    faults.reach("settle.committed")


async def issue_certificates(ids: list[int], tools: Tools) -> None:
    """Settled: freeze the records and number them."""

    async def use_case() -> None:
        async with transaction() as tx:
            settled = await outbox.take(ids, "issue_certificates", tx=tx)
            await certificates.issue([UUID(m.payload["retirement_id"]) for m in settled], issuer=tools.issuer, tx=tx)
            faults.reach("issue.before_commit")

    await again(use_case)
    faults.reach("issue.committed")


async def supersede_certificates(ids: list[int], tools: Tools) -> None:
    """Trued up: freeze the next version of the certificate, with what was really emitted."""

    async def use_case() -> None:
        async with transaction() as tx:
            known = await outbox.take(ids, "supersede_certificates", tx=tx)
            await certificates.supersede([UUID(m.payload["retirement_id"]) for m in known], issuer=tools.issuer, tx=tx)

    await again(use_case)


async def judge_upstream(ids: list[int], tools: Tools) -> None:
    """Cancelled upstream, judged at settling, or trued up: judge once more the claims that waited for it."""
    messages = await outbox.peek(ids, "judge_upstream")
    if tools.profiles is not None:
        told = [m.payload for m in messages]
        cancelled = await cancellations.ranges([UUID(p["cancellation_id"]) for p in told if "cancellation_id" in p])
        await retirements.judge_upstream(  # in batches of its own: whatever is kept needs not be done again
            [UUID(p["retirement_id"]) for p in told if "retirement_id" in p],
            cancelled=cancelled,
            profiles=tools.profiles,
        )
    async with transaction() as tx:
        await outbox.take(ids, "judge_upstream", tx=tx)


async def count_scenes(ids: list[int], tools: Tools) -> None:  # noqa: ARG001 - every job has one shape
    """Settled: add to the tally on the scene's page."""

    async def use_case() -> None:
        async with transaction() as tx:
            settled = await outbox.take(ids, "count_scenes", tx=tx)
            found = await retirements.find_settled([UUID(m.payload["retirement_id"]) for m in settled], tx=tx)
            await scenarios.count([(one.claim.scenario_id, one.mass_g) for one in found], tx=tx)

    await again(use_case)


async def draw_pdf(ids: list[int], tools: Tools) -> None:
    """Issued: draw the PDF in the holder's language."""
    await _draw(ids, "draw_pdf", "pdf", tools)


async def draw_png(ids: list[int], tools: Tools) -> None:
    """Issued: draw the picture in the holder's language."""
    await _draw(ids, "draw_png", "png", tools)


async def draw_wanted(ids: list[int], tools: Tools) -> None:
    """Somebody asked for a file in the other language."""
    await _draw(ids, "draw_wanted", None, tools)


async def send_refunds(ids: list[int], tools: Tools) -> None:
    """Tell the channel that money goes back; what it says is taken by the refund's own number."""
    async with transaction() as tx:
        messages = await outbox.take(ids, "send_refunds", tx=tx)
    # From here on the refunds' rows and their due times carry them, whatever happens.
    ids_ = [UUID(message.payload["refund_id"]) for message in messages]
    await payments.send_refunds(ids_, channels=tools.gateways.channels)


async def finish_refunds(ids: list[int], tools: Tools) -> None:
    """Money is back: close what it belonged to."""
    async with transaction() as tx:
        messages = await outbox.take(ids, "finish_refunds", tx=tx)
        finished = payments.by_kind((m.payload["paid_for"], None) for m in messages)
        for kind, pairs in finished.items():
            await tools.subjects[kind].finish_refunds([id_ for id_, _ in pairs], tx=tx)


async def send_cancellations(ids: list[int], tools: Tools) -> None:
    """Approved by a second person: ask the registry; what it says is taken by the cancellation's own number."""
    async with transaction() as tx:
        messages = await outbox.take(ids, "send_cancellations", tx=tx)
    for message in messages:  # from here on the row and its due time carry it, whatever happens
        await cancellations.send(UUID(message.payload["cancellation_id"]), registries=tools.gateways.registries)


JOBS: Final[Mapping[str, Mapping[str, Job]]] = {
    SETTLE: {
        job.__name__: job
        for job in (
            fulfil_paid,
            settle_retirements,
            issue_certificates,
            supersede_certificates,
            judge_upstream,
            count_scenes,
            send_refunds,
            finish_refunds,
            send_cancellations,
        )
    },
    RENDER: {job.__name__: job for job in (draw_pdf, draw_wanted)},
    PICTURE: {draw_png.__name__: draw_png},
}
"""Every job by queue and name; a test compares it with the map."""


async def _draw(ids: list[int], job: str, kind: certificates.FileKind | None, tools: Tools) -> None:
    assert tools.studio is not None, "this process does not draw"
    messages = await outbox.peek(ids, job)
    wanted = [
        certificates.Wanted(
            UUID(m.payload["certificate_id"]), Language(m.payload["language"]), kind or m.payload["file_kind"]
        )
        for m in messages
    ]
    drawn = await certificates.draw(wanted, studio=tools.studio)  # outside: drawing is slow and may be repeated
    async with transaction() as tx:
        await outbox.take(ids, job, tx=tx)
        await certificates.note(drawn, tx=tx)
