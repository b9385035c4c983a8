"""One worker process: the relay of its queue, an arq worker that consumes its jobs, and (for `settle`) the sweeper.

Without Redis, or while it is away, the relay runs the jobs here: slower by a look a second, nothing more.
"""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from tortoise import Tortoise

from app import wiring
from app.commerce import payments
from app.foundation import consents, moderation, outbox
from app.foundation.consents import ConsentPurpose
from app.gateways import readiness
from app.gateways.database import TROUBLE, fetch
from app.gateways.sampling import sample
from config.loading import load
from config.logging import configure_logging
from config.places import CONSENTS, WORDS, migration_head
from config.settings import Settings
from workers.job_queue import JOB_SECONDS, JobQueue
from workers.jobs import JOBS, Tools
from workers.keep_books import keep_books
from workers.keep_marker import MarkerKeeper
from workers.probes import Health, probes
from workers.relay import LOOK_EVERY_S, lanes, listen, relay
from workers.report_fonts import report_fonts
from workers.running import run
from workers.send_webhooks import send_webhooks
from workers.subjects import SUBJECTS
from workers.subscriptions import RENDER, SETTLE, by_kind
from workers.sweep import ContentAsking, sweep

_log = structlog.get_logger()


class MapOutdated(Exception):
    """The database lacks a table, a subscription or a kind of paid subject that this release needs: `diandian migrate` was
    not run. What a newer release added is in nobody's way."""


class ReleaseOutdated(Exception):
    """The database has gone on to where this release does not work any more."""


async def work(settings: Settings, queue: str, stop: asyncio.Event, *, host: str = "", port: int | None = None) -> None:
    """Work for one queue until `stop` is set; ends what it has begun, then closes everything. With a `port` it tells there
    how it is, from before it is ready until it has ended.

    Raises:
        MapOutdated: something that this release writes down would find no job.
        ReleaseOutdated: a newer release has taken away what this one needs.
        PortTaken: nobody can listen at the port.
    """
    health = Health(migration_head())
    with contextlib.ExitStack() as closing:
        if port is not None:
            _log.info("worker.probes", port=closing.enter_context(probes(host, port, health)))
        await _work_with(settings, queue, stop, health)


async def _work_with(settings: Settings, queue: str, stop: asyncio.Event, health: Health) -> None:
    gateways = wiring.gateways(settings)
    tools = Tools(
        gateways=gateways,
        issuer=wiring.issuer(settings),
        studio=wiring.studio(settings, gateways.files) if queue == RENDER else None,
        profiles=wiring.profiles(settings),
        name_wait=timedelta(seconds=settings.name_wait_s),
        wall_version=consents.load_texts(CONSENTS).present(ConsentPurpose.WALL).version,
        message_templates=gateways.message_templates,
        is_going_on=True,
    )
    await wiring.open_database(settings, kind=queue)
    try:
        await _check_map(stop)
        await _work(settings, queue, tools, stop, health)
    finally:
        await gateways.aclose()
        await Tortoise.close_connections()


async def _work(settings: Settings, queue: str, tools: Tools, stop: asyncio.Event, health: Health) -> None:
    jobs = JOBS[queue]
    keeper = (
        MarkerKeeper(lambda: wiring.connect(settings, kind=queue), tools.gateways.files) if queue == SETTLE else None
    )
    if keeper is not None:
        tools = replace(tools, cover=keeper.cover)
        if not await keeper.begin(stop):
            return
    job_queue = JobQueue(settings.redis_url, queue, jobs, tools)
    wakes = {lane: asyncio.Event() for lane in lanes(queue)}

    async def here(name: str, ids: list[int], number: int) -> None:
        await run(jobs[name], ids, tools, attempt=number, deadline_s=JOB_SECONDS)

    async def database() -> Any:  # noqa: ANN401 - asyncpg's connection has no exported type
        return await wiring.connect(settings, kind=queue)

    stop_waker = asyncio.create_task(_leave_at_end(queue, stop, list(wakes.values()), health))
    async with asyncio.TaskGroup() as tasks:
        for lane, wake in wakes.items():
            waiting = partial(job_queue.waiting, lane.jobs)
            tasks.create_task(relay(lane, enqueue=job_queue.enqueue, waiting=waiting, run=here, wake=wake, stop=stop))
        tasks.create_task(listen(database, list(wakes.values()), stop))
        tasks.create_task(job_queue.consume(stop))
        if tools.studio is not None:
            tasks.create_task(report_fonts(tools.studio.press.coverage, stop=stop))
        if queue == SETTLE:
            tasks.create_task(
                sweep(
                    tools.gateways,
                    keyring=wiring.keyring(settings),
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
            assert keeper is not None
            tasks.create_task(keeper.keep(stop))
            tasks.create_task(
                send_webhooks(keyring=wiring.keyring(settings), sender=tools.gateways.webhooks, stop=stop)
            )
        tasks.create_task(sample(queue, stop))
        health.is_ready = True
        _log.info("worker.ready", queue=queue)
    await stop_waker


async def _check_map(stop: asyncio.Event) -> None:
    """Wait for the database, then compare. A worker that began while PostgreSQL was away begins to work when it is back."""
    wanted = {(kind, job, queue) for kind, jobs in by_kind().items() for job, queue in (jobs or ((None, None),))}
    while not stop.is_set():
        try:
            level = await readiness.tables(fetch, migration_head())
            if not level.ok:
                raise ReleaseOutdated if level.detail.partition(",")[0] > migration_head() else MapOutdated
            if not (wanted <= await outbox.subscriptions() and await payments.declared_kinds() >= SUBJECTS.keys()):
                raise MapOutdated
        except TROUBLE as trouble:
            _log.warning("worker.database_away", error=type(trouble).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_EVERY_S)
        else:
            return


async def _leave_at_end(queue: str, stop: asyncio.Event, wakes: Sequence[asyncio.Event], health: Health) -> None:
    await stop.wait()
    health.is_stopping = True
    _log.info("worker.leaving", queue=queue)
    for wake in wakes:
        wake.set()


def main(queue: str = SETTLE, *, host: str = "127.0.0.1", port: int | None = None) -> None:
    """Run a worker process until SIGTERM or SIGINT."""
    settings = load()
    configure_logging()
    wiring.share_metrics(settings, queue)
    with asyncio.Runner() as runner:
        runner.run(_until_signal(lambda stop: work(settings, queue, stop, host=host, port=port)))


async def _until_signal(serve: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    await serve(stop)
