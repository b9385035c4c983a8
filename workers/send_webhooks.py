"""Sending what endpoints are to be told: so many at once, one at a time to each, and nobody else waits for a slow one.

It rests on due times in PostgreSQL, as the sweeper does, in a loop of its own: money is not asked after any later because
somebody's server is slow.
"""

import asyncio
import contextlib
from typing import Final

import structlog

from app.foundation import webhooks
from app.foundation.identity import Keyring
from app.gateways.database import TROUBLE, log_failure
from app.gateways.webhooks import WebhookSender

AT_ONCE: Final = 16
"""Messages under way in one process."""
LOOK_EVERY_S: Final = 1.0
END_S: Final = 12.0
"""How long the end of the process waits for what is under way: a little longer than any message may take."""

_log = structlog.get_logger()


async def send_webhooks(*, keyring: Keyring, sender: WebhookSender, stop: asyncio.Event) -> None:
    """Send until `stop` is set; what is under way then is ended first."""
    under_way: set[asyncio.Task[None]] = set()
    while not stop.is_set():
        free = AT_ONCE - len(under_way)
        found: list[webhooks.Due] = []
        try:
            found = await webhooks.begin(limit=free) if free else []
        except TROUBLE as trouble:
            log_failure(_log, "webhooks", trouble)
        for due in found:
            task = asyncio.create_task(_deliver(due, keyring=keyring, sender=sender))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        if not found:
            await _either(stop, under_way)
    if under_way:
        await asyncio.wait(under_way, timeout=END_S)


async def send_due(*, keyring: Keyring, sender: WebhookSender) -> int:
    """Send what is due now, in rounds, until nothing is; how many tries that were. For tests and the terminal."""
    tries = 0
    while found := await webhooks.begin(limit=AT_ONCE):
        tries += len(found)
        await asyncio.gather(*(_deliver(due, keyring=keyring, sender=sender) for due in found))
    return tries


async def _deliver(due: webhooks.Due, *, keyring: Keyring, sender: WebhookSender) -> None:
    """One that cannot be sent at all stops none of the others; it is taken again after its lease."""
    try:
        await webhooks.deliver(due, keyring=keyring, sender=sender)
    except Exception as failure:  # noqa: BLE001 - of any kind: logged, and it is due again
        log_failure(_log, "webhooks", failure, subject=str(due.endpoint_id))


async def _either(stop: asyncio.Event, under_way: set[asyncio.Task[None]]) -> None:
    """Until a second has passed, something under way has ended, or all is to end."""
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({stopping, *under_way}, timeout=LOOK_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await stopping
