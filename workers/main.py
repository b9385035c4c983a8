"""One worker process: the relay of its queue, an arq worker that hears the bell, and (for `settle`) the sweeper.

Without Redis, or while it is away, the relay runs the jobs here: slower by a look a second, nothing more.
"""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
import structlog
from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.worker import Worker, func
from redis.asyncio.retry import Retry as Redial
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisSlow
from tortoise import Tortoise

from app import outbox, wiring
from config.loading import load
from config.logging import configure_logging
from config.settings import Settings
from workers.jobs import JOBS, Job, Tools
from workers.keep_books import keep_books
from workers.relay import listen, relay
from workers.running import run
from workers.subscriptions import RENDER, SETTLE, by_kind
from workers.sweep import sweep

JOB_SECONDS: Final = 25
"""The longest a job may take; a killed worker's ring is heard again after this and ten seconds, the relay is sooner."""
_DIAL_AGAIN_S: Final = 2.0
# arq's default is pickle, which lets whoever writes to Redis run code here.
_WIRE: Final[dict[str, Any]] = {
    "job_serializer": msgspec.json.Encoder(enc_hook=repr).encode,
    "job_deserializer": msgspec.json.decode,
}

_log = structlog.get_logger()


class MapOutdated(Exception):
    """The database's map of subscriptions is another than this program's: `diandian migrate` was not run."""


async def work(settings: Settings, queue: str, stop: asyncio.Event) -> None:
    """Work for one queue until `stop` is set; ends what it has begun, then closes everything.

    Raises:
        MapOutdated: the database knows other subscriptions; events would find no job.
    """
    gateways = wiring.gateways(settings)
    tools = Tools(
        gateways=gateways,
        issuer=wiring.issuer(settings),
        studio=wiring.studio(settings, gateways.files) if queue == RENDER else None,
        profiles=wiring.profiles(settings),
    )
    await wiring.open_database(settings)
    try:
        await _check_map()
        await _work(settings, queue, tools, stop)
    finally:
        await gateways.aclose()
        await Tortoise.close_connections()


async def _work(settings: Settings, queue: str, tools: Tools, stop: asyncio.Event) -> None:
    bell = _Bell(settings.redis_url, queue, tools)
    wake = asyncio.Event()

    async def here(name: str, ids: list[int], number: int) -> None:
        await run(JOBS[queue][name], ids, tools, ring=number, deadline_s=JOB_SECONDS)

    async def database() -> Any:  # noqa: ANN401 - asyncpg's connection has no exported type
        return await wiring.connect(settings)

    stop_waker = asyncio.create_task(_wake_at_end(stop, wake))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(relay(queue, ring=bell.ring, run=here, wake=wake, stop=stop))
        tasks.create_task(listen(database, wake, stop))
        tasks.create_task(bell.hear(stop))
        if queue == SETTLE:
            tasks.create_task(sweep(tools.gateways, database=database, stop=stop))
            tasks.create_task(keep_books(database=database, stop=stop))
        _log.info("worker.ready", queue=queue)
    await stop_waker


class _Bell:
    """The queue in Redis: rings for rows, and hears what other processes rang."""

    def __init__(self, url: str, queue: str, tools: Tools) -> None:
        self._settings = _redis(url) if url else None
        self._queue = queue
        self._tools = tools
        self._pool: ArqRedis | None = None

    async def ring(self, name: str, ids: list[int], number: int) -> None:
        """Hand rows to whoever hears first.

        Raises:
            RedisError, OSError: there is no bell now.
        """
        if self._pool is None:
            raise RedisAway("no bell")
        # The id differs for every ring: arq drops an id it still knows, silently.
        async with asyncio.timeout(2):
            await self._pool.enqueue_job(
                name,
                ids,
                number,
                _job_id=f"outbox-{ids[0]}-{ids[-1]}-{name}-{number}",
                _queue_name=f"diandian:{self._queue}",
            )

    async def hear(self, stop: asyncio.Event) -> None:
        """Run an arq worker until `stop`; when Redis goes away, begin again until it is back."""
        if self._settings is None:
            return
        while not stop.is_set():
            worker: Worker | None = None
            try:
                self._pool = await create_pool(self._settings, **_WIRE)
                worker = self._worker(self._pool)
                running = asyncio.ensure_future(worker.async_run())
                stopping = asyncio.ensure_future(stop.wait())
                await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
                stopping.cancel()
                if running.done() and running.exception() is not None:
                    raise running.exception() or RedisAway
            except (RedisError, OSError, asyncio.CancelledError, TimeoutError, KeyError) as trouble:
                if isinstance(trouble, asyncio.CancelledError) and stop.is_set():
                    raise
                _log.warning("bell.away", queue=self._queue, error=type(trouble).__name__)
            finally:
                self._pool = None
                if worker is not None:
                    await _close(worker)
            if not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _DIAL_AGAIN_S)

    def _worker(self, pool: ArqRedis) -> Worker:
        return Worker(
            functions=[_heard(name, job, self._tools) for name, job in JOBS[self._queue].items()],
            redis_pool=pool,
            queue_name=f"diandian:{self._queue}",
            handle_signals=False,
            keep_result=0,
            max_jobs=4,
            max_tries=1000,
            poll_delay=0.03,
            job_completion_wait=15,
            health_check_interval=30,
            health_check_key=f"diandian:{self._queue}:health",
            **_WIRE,
        )


def _heard(name: str, job: Job, tools: Tools) -> Any:  # noqa: ANN401 - arq's own type
    # Before a release that counts, a ring came without its number.
    async def hear(ctx: dict[str, Any], ids: list[int], number: int = 1) -> None:  # noqa: ARG001 - arq's form
        await run(job, ids, tools, ring=number, deadline_s=JOB_SECONDS)

    return func(
        hear,
        name=name,
        timeout=JOB_SECONDS + 3,
        keep_result=0,
        max_tries=1000,
    )


async def _close(worker: Worker) -> None:
    with contextlib.suppress(RedisError, OSError, TimeoutError, asyncio.CancelledError):
        async with asyncio.timeout(17):
            await worker.close()


def _redis(url: str) -> RedisSettings:
    settings = RedisSettings.from_dsn(url)
    settings.retry, settings.retry_on_timeout = Redial(ExponentialBackoff(cap=1, base=0.1), 3), True
    settings.retry_on_error = [RedisAway, RedisSlow, OSError]
    settings.conn_retries, settings.conn_timeout = 1, 2
    return settings


async def _check_map() -> None:
    wanted = {(kind, job, queue) for kind, jobs in by_kind().items() for job, queue in (jobs or ((None, None),))}
    if await outbox.subscriptions() != wanted:
        raise MapOutdated


async def _wake_at_end(stop: asyncio.Event, wake: asyncio.Event) -> None:
    await stop.wait()
    wake.set()


def main(queue: str = SETTLE) -> None:
    """Run a worker process until SIGTERM or SIGINT."""
    settings = load()
    configure_logging()
    with asyncio.Runner() as runner:
        runner.run(_until_signal(lambda stop: work(settings, queue, stop)))


async def _until_signal(serve: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    await serve(stop)
