"""F4, F5, F11, F12, F14: connections, servers, lines, locks and migrations that end where nobody expects it."""

import asyncio
import os
import signal
import subprocess
import sys
from urllib.parse import urlsplit

from tests import migrated
from tests.campaign.rounds import Ground
from tests.conftest import PROJECT
from tests.faults.test_connections_ended import end_connections
from tests.faults.test_killed_migrations import KILLED
from tests.faults.test_postgresql import is_down
from tests.faults.test_wires import LINES, half_open
from tests.migrations import catalogue
from tests.rooms.conftest import connected
from tests.stack import eventually


async def end_connections_at_random(ground: Ground) -> None:
    """F4: a storm of ended connections, those within a transaction first, while visitors order and pay."""
    over_s = ground.chance.uniform(4, 12)
    async with ground.crowd(ground.chance.randint(8, 20), over_s=over_s):
        ended = await end_connections(ground.stack, over_s=over_s, chance=ground.chance)
    ground.outcome.faults = sum(ended.values())
    ground.outcome.what = "ended"
    assert all(ground.stack.is_running(name) for name in ("serve", "worker")), "somebody died of it"
    await ground.end()


async def restart_postgresql(ground: Ground) -> None:
    """F5: one of three ways to shut PostgreSQL down, in the middle of payments."""
    servers, how = ground.stack.servers, ground.chance.choice(["smart", "fast", "immediate"])
    assert servers is not None
    assert servers.postgres_pid is not None
    ground.outcome.what = how
    async with ground.crowd(ground.chance.randint(6, 16), over_s=2.0):
        await asyncio.sleep(ground.chance.uniform(0.1, 1.5))
        if how == "smart":
            os.kill(servers.postgres_pid, signal.SIGTERM)
            await asyncio.sleep(ground.chance.uniform(0.2, 2))
        if how == "immediate":
            os.kill(servers.postgres_pid, signal.SIGQUIT)
            await eventually(lambda: is_down(servers.socket_dir), 30, "PostgreSQL does not end")
            await asyncio.to_thread(servers.start_postgres)
        else:
            await asyncio.to_thread(servers.restart_postgres)
        ground.outcome.faults = 1
    await ground.end()


async def silence_a_line(ground: Ground) -> None:
    """F11: one of five lines goes dead without saying so, for two to twenty seconds."""
    line = ground.chance.choice(LINES)
    ground.outcome.what = line
    ground.orders += await half_open(ground.stack, line, silent_s=ground.chance.uniform(2, 20))
    ground.outcome.faults = 1
    name = "worker" if line.startswith("worker") else "serve"
    ground.stack.begin(name)
    await ground.stack.ready(name)
    await ground.end()


async def lock_a_table(ground: Ground) -> None:
    """F12: somebody at a terminal holds a table for up to eight seconds, in the middle of payments."""
    tables = ["purchase_order", "payment", "ledger_account", "outbox_message", "retirement", "certificate_series"]
    table = ground.chance.choice(tables)
    ground.outcome.what = table
    async with ground.crowd(ground.chance.randint(6, 16), over_s=2.0, is_read=False), ground.stack.database() as holder:
        await asyncio.sleep(ground.chance.uniform(0, 1))
        async with holder.transaction():
            await holder.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            ground.outcome.faults = 1
            await asyncio.sleep(ground.chance.uniform(1, 8))
    await ground.end()


async def kill_a_migration(ground: Ground) -> None:
    """F14: from the first release on, killed at random statements until it is through; the schema is the usual one."""
    servers = ground.stack.servers
    assert servers is not None
    name = f"killed_{ground.chance.getrandbits(32):08x}"
    owner = servers.database_url("ddt_owner")
    urls = {"DATABASE_OWNER_URL": migrated.other(owner, name),
            "DATABASE_URL": migrated.other(servers.database_url("ddt_app"), name)}  # fmt: skip
    there = migrated.other(servers.database_url("postgres"), name)
    async with connected(servers.database_url("postgres")) as admin:
        await admin.execute(f'CREATE DATABASE {name} OWNER "{urlsplit(owner).username}"')
        try:
            await asyncio.to_thread(migrated.migrate, urls["DATABASE_OWNER_URL"], migrated.FIRST_RELEASE)
            code = -9
            while code == -9:
                how = ground.chance.choice(["COMMIT", "any"])
                until = f"{how}:{ground.chance.randint(*((2, 12) if how == 'COMMIT' else (40, 300)))}"
                done = await asyncio.to_thread(
                    subprocess.run, [sys.executable, str(KILLED), until], cwd=PROJECT, capture_output=True, text=True,
                    timeout=200, check=False, env={**os.environ, **urls, "PYTHONPATH": str(PROJECT)},
                )  # fmt: skip
                code = done.returncode
                assert code in {0, -9}, (until, done.stderr[-2000:])
                ground.outcome.faults += code == -9
            async with connected(there) as one, connected(ground.stack.super_url) as other:
                assert await catalogue.lines(one) == await catalogue.lines(other)
        finally:
            await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    ground.outcome.what = "kills"
