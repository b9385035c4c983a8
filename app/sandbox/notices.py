"""Notices (支付通知): messages of every channel to the client's door, sent again on the channel's own schedule.

Each is a row before it is sent, so a killed sandbox goes on where it stopped. The row stays the same through all sendings;
what is signed anew each time (time, nonce) its channel adds. Nothing is ever sent beyond loopback.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

import httpx

from app.sandbox.addresses import is_loopback
from app.sandbox.channels import FarChannel, channels
from app.sandbox.far_side import FarSide
from app.sandbox.plans import Plan
from app.sandbox.truth import Row

_LONGEST_NAP_S: Final = 0.5


def announce(
    far: FarSide,
    plan: Plan,
    *,
    channel: str,
    kind: str,
    subject: str,
    url: str,
    event_id: Callable[[], str],
    body: Callable[[str], bytes],
) -> None:
    """Prepare a notice as planned; joins the caller's transaction.

    `subject` is the merchant's order number. `event_id` makes a new one, and `body` the message under it: one for all copies,
    unless the plan wants fresh ones.
    """
    if plan.drop:
        return
    id_, follows = event_id(), None
    for _ in range(plan.copies):
        if plan.fresh_ids:
            id_ = event_id()
        row_id = far.truth.run(
            "INSERT INTO notice (channel, event_id, kind, subject, url, body, tamper, follows, due_at, state)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            channel,
            id_,
            kind,
            subject,
            url,
            body(id_),
            plan.tamper,
            follows,
            far.soon(plan.delay_s),
            "waiting" if is_loopback(url) else "outside",
        )
        follows = None if plan.at_once else row_id
    far.wake.set()


def drop(far: FarSide, subject: str, *, channel: str) -> None:
    """Whatever of this order still waits is never sent."""
    far.truth.run(
        "UPDATE notice SET state = 'dropped' WHERE subject = ? AND channel = ? AND state = 'waiting'", subject, channel
    )


async def deliver(far: FarSide) -> None:
    """Send what is due, for ever; what time alone has changed is brought about before each look."""
    under_way: dict[int, asyncio.Task[None]] = {}
    limits = httpx.Limits(max_keepalive_connections=0)
    known = channels()
    async with httpx.AsyncClient(follow_redirects=False, trust_env=False, limits=limits) as client:
        try:
            while True:
                far.wake.clear()
                for channel in known.values():
                    channel.settle_due(far)
                for notice in _due(far):
                    if notice["id"] not in under_way:
                        task = asyncio.create_task(_send(far, known[notice["channel"]], client, notice))
                        under_way[notice["id"]] = task
                        task.add_done_callback(partial(_landed, far, under_way, notice["id"]))
                await _nap(far)
        finally:
            for task in under_way.values():
                task.cancel()
            await asyncio.gather(*under_way.values(), return_exceptions=True)


def _due(far: FarSide) -> list[Row]:
    return far.truth.rows(
        "SELECT * FROM notice WHERE state = 'waiting' AND due_at <= ? AND (follows IS NULL OR EXISTS"
        " (SELECT 1 FROM notice AS earlier WHERE earlier.id = notice.follows AND"
        " (earlier.attempts > 0 OR earlier.state <> 'waiting'))) ORDER BY due_at, id",
        far.truth.now(),
    )


async def _send(far: FarSide, channel: FarChannel, client: httpx.AsyncClient, notice: Row) -> None:
    try:
        body, headers = channel.sending(far, notice)
        answer = await client.post(notice["url"], content=body, headers=headers, timeout=channel.patience_s)
        heard, accepted = str(answer.status_code), channel.is_heard(answer) and channel.is_clients(far, answer)
    except (httpx.HTTPError, httpx.InvalidURL) as silence:
        heard, accepted = type(silence).__name__, False
    attempts, schedule_s = notice["attempts"] + 1, channel.schedule_s
    state = "acknowledged" if accepted else "waiting"
    if not accepted and (attempts > len(schedule_s) or notice["tamper"] is not None):
        state = "given_up"
    due_at = far.soon(schedule_s[attempts - 1]) if state == "waiting" else notice["due_at"]
    with far.truth.transaction():
        # Forgotten by a reset while it was under way: nothing to write down.
        if far.truth.row("SELECT 1 FROM notice WHERE id = ?", notice["id"]):
            far.truth.run("INSERT INTO sending VALUES (?, ?, ?)", notice["id"], far.truth.now(), heard)
            far.truth.run(
                "UPDATE notice SET attempts = ?, due_at = ?, state = ? WHERE id = ? AND state = 'waiting'",
                attempts,
                due_at,
                state,
                notice["id"],
            )


def _landed(far: FarSide, under_way: dict[int, asyncio.Task[None]], id_: int, task: asyncio.Task[None]) -> None:
    del under_way[id_]
    far.wake.set()
    if not task.cancelled():
        task.result()  # a fault of ours must be seen in the log of the loop, not vanish with the task


async def _nap(far: FarSide) -> None:
    soonest = far.truth.row("SELECT min(due_at) AS at FROM notice WHERE state = 'waiting'")
    assert soonest is not None
    nap_s = _LONGEST_NAP_S
    if soonest["at"] is not None:
        nap_s = min(nap_s, max(0.005, soonest["at"] - far.truth.now()))
    try:
        async with asyncio.timeout(nap_s):
            await far.wake.wait()
    except TimeoutError:
        pass
