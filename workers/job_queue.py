"""The job queue: in Redis, through which a relay hands rows to whichever worker is free. It may be missing, or go away.

It also counts the rows it has enqueued lately that no worker has finished, so that a relay does not enqueue more than
is being worked off.
"""

import asyncio
import contextlib
import time
from collections.abc import Collection, Iterable, Mapping
from hashlib import sha256
from typing import Any, Final

import msgspec
import structlog
from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.worker import Worker, func
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry as Redial
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisSlow

from workers.jobs import Job, Tools
from workers.relay import PATIENCE_S
from workers.running import run

JOB_SECONDS: Final = 25
"""The longest a job may take; arq starts a killed worker's job again after this and ten seconds, the relay is sooner."""
_DIAL_AGAIN_S: Final = 2.0
_DIAL_S: Final = 10.0
_ANSWER_S: Final = 3.0
"""How long Redis may take for one answer; asked four times, then the connection is opened again."""
_IN_HAND_S: Final = 15.0
"""How long a worker that is told to end goes on with the jobs it has in hand; what is left is due again elsewhere."""
# arq's default is pickle, which lets whoever writes to Redis run code here.
_WIRE: Final[dict[str, Any]] = {
    "job_serializer": msgspec.json.Encoder(enc_hook=repr).encode,
    "job_deserializer": msgspec.json.decode,
}
_TLS: Final = frozenset(
    {"ssl_keyfile", "ssl_certfile", "ssl_cert_reqs", "ssl_ca_certs", "ssl_ca_data", "ssl_check_hostname"}
)

_log = structlog.get_logger()


def queue_key(queue: str, jobs: Iterable[str]) -> str:
    """Where in Redis the jobs of workers lie that know the same ones: while a release takes another's place, no worker is
    handed a job that only the other knows, which arq would drop.
    """
    return f"diandian:{queue}:{sha256(' '.join(sorted(jobs)).encode()).hexdigest()[:8]}"


class JobQueue:
    """Enqueues jobs, and runs those that any process has enqueued."""

    def __init__(self, url: str, queue: str, jobs: Mapping[str, Job], tools: Tools) -> None:
        self._settings = _redis(url) if url else None
        self._queue = queue
        self._jobs = jobs
        self._tools = tools
        self._pool: ArqRedis | None = None
        self._enqueued: dict[str, tuple[float, int, str]] = {}  # by its id: when, for how many rows, which job

    async def enqueue(self, name: str, ids: list[int], number: int) -> None:
        """Hand rows to the first worker that is free.

        Raises:
            RedisError, OSError: the queue is away now.
        """
        if self._pool is None:
            raise RedisAway("no queue")
        # The id differs for every attempt: arq drops an id it still knows, silently.
        job_id = f"outbox-{ids[0]}-{ids[-1]}-{name}-{number}"
        async with asyncio.timeout(2):
            await self._pool.enqueue_job(name, ids, number, _job_id=job_id, _queue_name=self._key)
        self._enqueued[job_id] = time.monotonic(), len(ids), name

    async def waiting(self, jobs: Collection[str] | None = None) -> int:
        """Rows, of these jobs, that this process has enqueued and no worker has finished; 0 while the queue is away.

        A job counts as long as its rows are not due again: the worker that took it may be dead.
        """
        since = time.monotonic() - PATIENCE_S
        self._enqueued = {job_id: one for job_id, one in self._enqueued.items() if one[0] > since}
        if not self._enqueued or self._pool is None:
            return 0
        job_ids = list(self._enqueued)
        try:
            async with asyncio.timeout(2):
                there = await self._pool.zmscore(self._key, job_ids)
        except (RedisError, OSError, TimeoutError):
            return 0
        for job_id, score in zip(job_ids, there, strict=True):
            if score is None:  # ended, or Redis was emptied
                self._enqueued.pop(job_id, None)
        return sum(rows for _, rows, name in self._enqueued.values() if jobs is None or name in jobs)

    async def consume(self, stop: asyncio.Event) -> None:
        """Run an arq worker until `stop`; when Redis goes away, begin again until it is back."""
        if self._settings is None:
            return
        while not stop.is_set():
            worker: Worker | None = None
            try:
                self._pool = await _dial(self._settings)
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
                _log.warning("queue.away", queue=self._queue, error=type(trouble).__name__)
            finally:
                self._pool = None
                if worker is not None:
                    if stop.is_set():
                        await _finish(worker)
                    await _close(worker)
            if not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _DIAL_AGAIN_S)

    @property
    def _key(self) -> str:
        return queue_key(self._queue, self._jobs)

    def _worker(self, pool: ArqRedis) -> Worker:
        return Worker(
            functions=[_function(name, job, self._tools) for name, job in self._jobs.items()],
            redis_pool=pool,
            queue_name=self._key,
            handle_signals=False,
            keep_result=0,
            max_jobs=4,
            max_tries=1000,
            poll_delay=0.03,
            health_check_interval=30,
            health_check_key=f"{self._key}:health",
            **_WIRE,
        )


def _function(name: str, job: Job, tools: Tools) -> Any:  # noqa: ANN401 - arq's own type
    async def consume(ctx: dict[str, Any], ids: list[int], number: int = 1) -> None:  # noqa: ARG001 - arq's form
        await run(job, ids, tools, attempt=number, deadline_s=JOB_SECONDS)

    return func(
        consume,
        name=name,
        timeout=JOB_SECONDS + 3,
        keep_result=0,
        max_tries=1000,
    )


async def _dial(settings: RedisSettings) -> ArqRedis:
    """Connections on which every answer has a deadline.

    arq 0.28 sets one for connecting only: on a line that died without saying so it would listen for ever, while jobs
    go out over new connections and no worker takes them.
    """
    async with asyncio.timeout(_DIAL_S):
        pool = await create_pool(settings, **_WIRE)
        pool.connection_pool.connection_kwargs["socket_timeout"] = _ANSWER_S
        await pool.connection_pool.disconnect()
        pool.connection_pool.reset()  # type: ignore[no-untyped-call] # the one it was tried on keeps none
    return pool


async def _finish(worker: Worker) -> None:
    """Take no further job, and let those in hand end. arq would do so for a signal of its own; closing gives them up."""
    worker.allow_pick_jobs = False
    if in_hand := list(worker.tasks.values()):
        await asyncio.wait(in_hand, timeout=_IN_HAND_S)


async def _close(worker: Worker) -> None:
    with contextlib.suppress(RedisError, OSError, TimeoutError, asyncio.CancelledError):
        async with asyncio.timeout(17):
            await worker.close()


def _redis(url: str) -> RedisSettings:
    # As redis-py reads it for the API: arq's own reading leaves a password quoted and drops the roots of TLS.
    told = parse_url(url)
    secured: dict[str, Any] = {name: value for name, value in told.items() if name in _TLS}
    settings = RedisSettings(
        host=told.get("host", "localhost"),
        port=told.get("port", 6379),
        unix_socket_path=told.get("path"),
        database=told.get("db", 0),
        username=told.get("username"),
        password=told.get("password"),
        ssl=url.startswith("rediss:"),
        **secured,
    )
    settings.retry, settings.retry_on_timeout = Redial(ExponentialBackoff(cap=1, base=0.1), 3), True
    settings.retry_on_error = [RedisAway, RedisSlow, OSError]
    settings.conn_retries, settings.conn_timeout = 1, 2
    return settings
