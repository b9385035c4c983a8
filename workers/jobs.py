"""The jobs: each takes ids of outbox rows, calls a room, and is done in the transaction of its effect.

A job may run twice or at once with itself: `outbox.take` gives each row to one transaction only.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from app import certificates
from app.commerce import payments
from app.foundation import messages as phone_messages
from app.foundation import outbox, webhooks
from app.gateways import tracing
from app.gateways.database import again, transaction
from app.kernel.text import Language, Text
from app.programmes import donations, gifts, sharing
from app.registry import cancellations, retirements
from app.views.orders.refund_messages import refund_messages
from workers import hops
from workers.subscriptions import RENDER, SETTLE
from workers.tools import Tools

__all__ = ["JOBS", "Job", "Tools"]


Job = Callable[[list[int], Tools], Awaitable[None]]


async def fulfil_paid(ids: list[int], tools: Tools) -> None:
    """Paid: let the room that owns each kind of subject go on with it."""
    await hops.go("fulfil_paid", ids, tools)


async def request_gifts(ids: list[int], tools: Tools) -> None:
    """Collected: make the claims, request their retirements."""
    await hops.go("request_gifts", ids, tools)


async def watch_pools(ids: list[int], tools: Tools) -> None:  # noqa: ARG001 - every job has one shape
    """Collected: look whether the pools run low, and record what their sponsors are to be told."""

    async def use_case() -> None:
        async with transaction() as tx:
            messages = await outbox.take(ids, "watch_pools", tx=tx)
            await gifts.watch([UUID(m.payload["set_id"]) for m in messages], tx=tx)

    await again(use_case)


async def announce(ids: list[int], tools: Tools) -> None:  # noqa: ARG001 - every job has one shape
    """Something that organisations may want to be told: line it up for their endpoints."""
    async with transaction() as tx:
        messages = await outbox.take(ids, "announce", tx=tx)
        await webhooks.announce([_notice(m) for m in messages], tx=tx)


async def settle_retirements(ids: list[int], tools: Tools) -> None:
    """Requested: cut the lots, make it final, judge what organisations claim."""
    await hops.go("settle_retirements", ids, tools)


async def issue_certificates(ids: list[int], tools: Tools) -> None:
    """Settled: freeze the records and number them."""
    await hops.go("issue_certificates", ids, tools)


async def count_scenes(ids: list[int], tools: Tools) -> None:
    """Settled: add to the tally on the scene's page."""
    await hops.go("count_scenes", ids, tools)


async def line_up_for_wall(ids: list[int], tools: Tools) -> None:
    """Issued: line up on the screen of its scene whoever agreed to it."""
    await hops.go("line_up_for_wall", ids, tools)


async def line_up_messages(ids: list[int], tools: Tools) -> None:
    """Issued: line a message up for each holder who agreed to one; the sweeper sends it."""
    await hops.go("line_up_messages", ids, tools)


async def supersede_certificates(ids: list[int], tools: Tools) -> None:
    """Trued up: freeze the next version of the certificate, with what was really emitted."""

    async def use_case() -> None:
        async with transaction() as tx:
            known = await outbox.take(ids, "supersede_certificates", tx=tx)
            await certificates.supersede(
                certificates.NEUTRALITY, [m.subject for m in known], issuer=tools.issuer, tx=tx
            )

    await again(use_case)


async def issue_contributions(ids: list[int], tools: Tools) -> None:
    """Given: issue the donor's certificate."""

    async def use_case() -> None:
        async with transaction() as tx:
            known = await outbox.take(ids, "issue_contributions", tx=tx)
            await certificates.issue(donations.CONTRIBUTION, [m.subject for m in known], issuer=tools.issuer, tx=tx)

    await again(use_case)


async def supersede_contributions(ids: list[int], tools: Tools) -> None:
    """All of a zone's account is retired: the certificates of what was given refer to that retirement."""

    async def use_case() -> None:
        async with transaction() as tx:
            known = await outbox.take(ids, "supersede_contributions", tx=tx)
            taken = await donations.of_retirements([UUID(m.payload["retirement_id"]) for m in known], tx=tx)
            causes = [donations.cause_of(id_) for id_ in taken]
            await certificates.supersede(donations.CONTRIBUTION, causes, issuer=tools.issuer, tx=tx)

    await again(use_case)


async def issue_statements(ids: list[int], tools: Tools) -> None:
    """A person asked for a statement of their account: issue its paper."""

    async def use_case() -> None:
        async with transaction() as tx:
            known = await outbox.take(ids, "issue_statements", tx=tx)
            await certificates.issue(sharing.ACCOUNT_STATEMENT, [m.subject for m in known], issuer=tools.issuer, tx=tx)

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


async def draw_wanted(ids: list[int], tools: Tools) -> None:
    """Somebody asked for a paper: draw it. What a release before this one wrote may be a picture."""
    await _draw("draw_wanted", ids, tools)


async def draw_pictures(ids: list[int], tools: Tools) -> None:
    """Somebody asked for a picture: the same, and no paper waits behind it."""
    await _draw("draw_pictures", ids, tools)


async def _draw(job: str, ids: list[int], tools: Tools) -> None:
    assert tools.studio is not None, "this process does not draw"
    messages = await outbox.peek(ids, job)
    wanted = [
        certificates.Wanted(UUID(m.payload["certificate_id"]), Language(m.payload["language"]), m.payload["file_kind"])
        for m in messages
    ]
    drawn = await certificates.draw(wanted, studio=tools.studio)  # outside: drawing is slow and may be repeated
    async with transaction() as tx:
        await outbox.take(ids, job, tx=tx)
        await certificates.note(drawn, tx=tx)


async def send_refunds(ids: list[int], tools: Tools) -> None:
    """Tell the channel that money goes back; what it says is taken by the refund's own number."""
    async with transaction() as tx:
        messages = await outbox.take(ids, "send_refunds", tx=tx)
    # From here on the refunds' rows and their due times carry them, whatever happens.
    ids_ = [UUID(message.payload["refund_id"]) for message in messages]
    await payments.send_refunds(ids_, channels=tools.gateways.channels)


async def finish_refunds(ids: list[int], tools: Tools) -> None:
    """Money is back: close what it belonged to."""

    async def finish(these: list[int]) -> None:
        async with transaction() as tx:
            messages = await outbox.take(these, "finish_refunds", tx=tx)
            hops.refuse_newer(messages, tools)
            finished = payments.by_kind((m.payload["paid_for"], None) for m in messages)
            for kind, pairs in finished.items():
                await tools.subjects[kind].finish_refunds([id_ for id_, _ in pairs], tx=tx)

    await hops.without_newer(finish, ids)


async def line_up_refund_messages(ids: list[int], tools: Tools) -> None:
    """Money is back: line a message up for each payer who agreed to one; the sweeper sends it."""

    async def use_case() -> None:
        async with transaction() as tx:
            known = await outbox.take(ids, "line_up_refund_messages", tx=tx)
            if tools.message_templates and known:
                found = await refund_messages([UUID(m.payload["refund_id"]) for m in known], tx=tx)
                await phone_messages.line_up(
                    found, templates=tools.message_templates, now=tools.gateways.clock(), tx=tx
                )

    await again(use_case)


async def send_cancellations(ids: list[int], tools: Tools) -> None:
    """Approved by a second person: ask the registry; what it says is taken by the cancellation's own number."""
    async with transaction() as tx:
        messages = await outbox.take(ids, "send_cancellations", tx=tx)
    for message in messages:  # from here on the row and its due time carry it, whatever happens
        with tracing.about(message.subject):
            await cancellations.send(UUID(message.payload["cancellation_id"]), registries=tools.gateways.registries)


def _notice(message: outbox.Message) -> webhooks.Notice:
    """As whoever records an event for endpoints writes it."""
    told = message.payload
    return webhooks.Notice(
        id=UUID(told["event_id"]),
        kind=told["event"],
        organisation_id=UUID(told["organisation_id"]),
        at=datetime.fromisoformat(told["at"]),
        data=told["data"],
        text=Text(zh=told["text_zh"], en=told["text_en"]),
        request_id=message.request_id,
    )


JOBS: Final[Mapping[str, Mapping[str, Job]]] = {
    SETTLE: {
        job.__name__: job
        for job in (
            fulfil_paid,
            request_gifts,
            settle_retirements,
            issue_certificates,
            supersede_certificates,
            issue_contributions,
            supersede_contributions,
            issue_statements,
            judge_upstream,
            count_scenes,
            line_up_for_wall,
            line_up_messages,
            watch_pools,
            announce,
            send_refunds,
            finish_refunds,
            line_up_refund_messages,
            send_cancellations,
        )
    },
    RENDER: {job.__name__: job for job in (draw_wanted, draw_pictures)},
}
"""Every job by queue and name; a test compares it with the map."""
