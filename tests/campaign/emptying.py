"""F7: Redis emptied, killed, paused, filled to its brim, or full of rubbish; and none at all."""

import asyncio
import contextlib

from redis.asyncio import Redis
from redis.exceptions import RedisError

from tests.campaign.rounds import Ground
from workers.job_queue import queue_key
from workers.jobs import JOBS
from workers.subscriptions import SETTLE

SETTLING = queue_key(SETTLE, JOBS[SETTLE])


async def trouble_redis(ground: Ground) -> None:
    """One kind of trouble by lot; visitors notice nothing but a delay."""
    name, trouble = ground.chance.choice(sorted(_TROUBLES.items()))
    ground.outcome.what = name
    assert ground.stack.servers is not None
    await trouble(ground)
    assert all(ground.stack.is_running(one) for one in ("serve", "worker")), "somebody died of it"
    await ground.end()


async def _flushed(ground: Ground) -> None:
    async with _redis(ground) as redis, ground.crowd(10, over_s=1.5):
        for _ in range(ground.chance.randint(5, 15)):
            await redis.flushall()
            ground.outcome.faults += 1
            await asyncio.sleep(ground.chance.uniform(0.02, 0.25))


async def _killed(ground: Ground) -> None:
    servers = ground.stack.servers
    assert servers is not None
    async with ground.crowd(10, over_s=3.0):
        for _ in range(ground.chance.randint(1, 3)):
            await asyncio.sleep(ground.chance.uniform(0, 0.8))
            await asyncio.to_thread(servers.kill_valkey)
            ground.outcome.faults += 1
            await asyncio.sleep(ground.chance.uniform(0, 3))
            await asyncio.to_thread(servers.start_valkey)


async def _paused(ground: Ground) -> None:
    async with _redis(ground) as redis, ground.crowd(8, over_s=2.0):
        await asyncio.sleep(ground.chance.uniform(0, 0.5))
        await redis.execute_command("CLIENT", "PAUSE", ground.chance.randint(1_000, 4_000), "ALL")
        ground.outcome.faults += 1


async def _full(ground: Ground) -> None:
    async with _redis(ground) as redis, ground.crowd(8, over_s=2.0):
        await redis.config_set("maxmemory", 1)
        ground.outcome.faults += 1
        try:
            await asyncio.sleep(2)
        finally:
            await redis.config_set("maxmemory", 0)


async def _of_the_wrong_type(ground: Ground) -> None:
    async with _redis(ground) as redis:
        async with ground.crowd(8, over_s=2.0):
            keys = [SETTLING, f"{SETTLING}:health"]
            for _ in range(ground.chance.randint(2, 6)):
                for key in {*(key.encode() for key in keys), *await redis.keys("*")}:
                    await redis.delete(key)
                    await redis.rpush(key, "rubbish")
                ground.outcome.faults += 1
                await asyncio.sleep(ground.chance.uniform(0.05, 0.4))
        await redis.flushall()


async def _poisoned(ground: Ground) -> None:
    async with _redis(ground) as redis, ground.crowd(8, over_s=2.0):
        for number in range(ground.chance.randint(1, 5)):
            await redis.set(f"arq:job:rubbish-{number}", ground.chance.randbytes(64))
            await redis.zadd(SETTLING, {f"rubbish-{number}": 1})
            ground.outcome.faults += 1
            await asyncio.sleep(0.2)


async def _absent(ground: Ground) -> None:
    for name in ("serve", "worker"):
        await ground.stack.kill(name)
        ground.stack.begin(name, REDIS_URL=ground.chance.choice(["", "unix:///nowhere/valkey.sock"]))
    await ground.stack.ready("serve")
    ground.outcome.faults += 1
    async with ground.crowd(6, over_s=1.0):
        pass
    for name in ("serve", "worker"):
        await ground.stack.kill(name)
        ground.stack.begin(name)
    await ground.stack.ready("serve")


_TROUBLES = {
    "emptied": _flushed,
    "killed": _killed,
    "paused": _paused,
    "full": _full,
    "keys of the wrong type": _of_the_wrong_type,
    "poisoned jobs": _poisoned,
    "none at all": _absent,
}


@contextlib.asynccontextmanager
async def _redis(ground: Ground):
    servers = ground.stack.servers
    assert servers is not None
    redis = Redis(unix_socket_path=servers.redis_socket, socket_timeout=10)
    try:
        yield redis
    finally:
        with contextlib.suppress(RedisError, OSError):
            await redis.aclose()
