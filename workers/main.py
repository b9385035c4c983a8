"""One worker process: the relay of its queue, an arq worker that consumes its jobs, and (for `settle`) the sweeper.

Without Redis, or while it is away, the relay runs the jobs here: slower by a look a second, nothing more.
"""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import structlog
from tortoise import Tortoise

from app import wiring
from app.commerce import payments
from app.foundation import consents, moderation, outbox
from app.foundation.consents import ConsentPurpose
from app.gateways.database import TROUBLE
from config.loading import load
from config.logging import configure_logging
from config.places import CONSENTS, WORDS
from config.settings import Settings
from workers.job_queue import JOB_SECONDS, JobQueue
from workers.jobs import JOBS, Tools
from workers.keep_books import keep_books
from workers.relay import LOOK_EVERY_S, listen, relay
from workers.report_fonts import report_fonts
from workers.running import run
from workers.send_webhooks import send_webhooks
from workers.subjects import SUBJECTS
from workers.subscriptions import RENDER, SETTLE, by_kind
from workers.sweep import ContentAsking, sweep

_log = structlog.get_logger()


class MapOutdated(Exception):
    """The database's map of subscriptions, or its kinds of paid subjects, are other than this program's: `diandian migrate`
    was not run."""


async def work(settings: Settings, queue: str, stop: asyncio.Event) -> None:
    """Work for one queue until `stop` is set; ends what it has begun, then closes everything.

    Raises:
        MapOutdated: the database knows other subscriptions or kinds of paid subjects; something would find no job.
    """
    gateways = wiring.gateways(settings)
    tools = Tools(
        gateways=gateways,
        issuer=wiring.issuer(settings),
        studio=wiring.studio(settings, gateways.files) if queue == RENDER else None,
        profiles=wiring.profiles(settings),
        name_wait=timedelta(seconds=settings.name_wait_s),
        wall_version=consents.load_texts(CONSENTS).present(ConsentPurpose.WALL).version,
        is_going_on=True,
    )
    await wiring.open_database(settings, kind=queue)
    try:
        await _check_map(stop)
        await _work(settings, queue, tools, stop)
    finally:
        await gateways.aclose()
        await Tortoise.close_connections()


async def _work(settings: Settings, queue: str, tools: Tools, stop: asyncio.Event) -> None:
    jobs = JOBS[queue]
    job_queue = JobQueue(settings.redis_url, queue, jobs, tools)
    wake = asyncio.Event()

    async def here(name: str, ids: list[int], number: int) -> None:
        await run(jobs[name], ids, tools, attempt=number, deadline_s=JOB_SECONDS)

    async def database() -> Any:  # noqa: ANN401 - asyncpg's connection has no exported type
        return await wiring.connect(settings, kind=queue)

    stop_waker = asyncio.create_task(_wake_at_end(stop, wake))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(
            relay(queue, enqueue=job_queue.enqueue, waiting=job_queue.waiting, run=here, wake=wake, stop=stop)
        )
        tasks.create_task(listen(database, wake, stop))
        tasks.create_task(job_queue.consume(stop))
        if tools.studio is not None:
            tasks.create_task(report_fonts(tools.studio.press.coverage, stop=stop))
        if queue == SETTLE:
            tasks.create_task(
                sweep(
                    tools.gateways,
                    keep=wiring.keep(settings),
                    database=database,
                    stop=stop,
                    gift_grace=timedelta(days=settings.gift_grace_days),
                    content=ContentAsking(
                        wiring.keyring(settings), settings.public_url, moderation.load_words(WORDS), settings.is_sandbox
                    ),
                )
            )
            tasks.create_task(keep_books(database=database, stop=stop))
            tasks.create_task(
                send_webhooks(keyring=wiring.keyring(settings), sender=tools.gateways.webhooks, stop=stop)
            )
        _log.info("worker.ready", queue=queue)
    await stop_waker


async def _check_map(stop: asyncio.Event) -> None:
    """Wait for the database, then compare. A worker that began while PostgreSQL was away begins to work when it is back."""
    wanted = {(kind, job, queue) for kind, jobs in by_kind().items() for job, queue in (jobs or ((None, None),))}
    while not stop.is_set():
        try:
            if await outbox.subscriptions() != wanted or await payments.declared_kinds() != SUBJECTS.keys():
                raise MapOutdated
        except TROUBLE as trouble:
            _log.warning("worker.database_away", error=type(trouble).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_EVERY_S)
        else:
            return


async def _wake_at_end(stop: asyncio.Event, wake: asyncio.Event) -> None:
    await stop.wait()
    wake.set()


def main(queue: str = SETTLE) -> None:
    """Run a worker process until SIGTERM or SIGINT."""
    settings = load()
    configure_logging()
    wiring.share_metrics(settings, queue)
    with asyncio.Runner() as runner:
        runner.run(_until_signal(lambda stop: work(settings, queue, stop)))


async def _until_signal(serve: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    await serve(stop)
