"""What every test stands on: real servers, started once, a fresh schema by migrations only, empty tables each time.

Without `DATABASE_URL` and `REDIS_URL` the embedded servers are started in a folder of their own. With them
the whole suite runs against those: `DATABASE_URL` must then name a superuser, since a scratch database and
the roles are made with it.
"""

import asyncio
import contextlib
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from tortoise import Tortoise
from xdist.scheduler import LoadScopeScheduling

from app.embedded import Servers, start
from config.database import tortoise_config
from tests.scratch import scratch

PROJECT = Path(__file__).resolve().parent.parent
KEPT_TABLES = ("tortoise_migrations", "outbox_subscription", "certificate_series")


@dataclass(frozen=True, slots=True)
class Stand:
    """Addresses of the servers a test may use."""

    super_url: str
    owner_url: str
    app_url: str
    redis_url: str
    servers: Servers | None
    """None where the servers are the user's own and must not be killed."""

    def environment(self) -> dict[str, str]:
        """For a process of ours."""
        return {
            **os.environ,
            "DATABASE_URL": self.app_url,
            "DATABASE_OWNER_URL": self.owner_url,
            "REDIS_URL": self.redis_url,
        }


@pytest.fixture(scope="session")
def stand() -> Iterator[Stand]:
    """Servers with an empty, migrated database; started when the first test asks."""
    if url := os.environ.get("DATABASE_URL"):
        with _own_servers(url) as stand:
            yield stand
        return
    with scratch("test") as folder, start(folder) as servers:
        stand = Stand(
            super_url=servers.database_url("postgres"),
            owner_url=servers.database_url("ddt_owner"),
            app_url=servers.database_url("ddt_app"),
            redis_url=servers.redis_url,
            servers=servers,
        )
        _migrate(stand)
        yield stand


@pytest.fixture
async def database(stand: Stand) -> AsyncIterator[Stand]:
    """Tortoise on empty tables, as the application's role."""
    await _open_once(stand)
    yield stand
    await empty(stand)


_opened: list[str] = []


async def _open_once(stand: Stand) -> None:
    if not _opened:  # a second global initialisation is refused, and one pool serves all tests of the run
        await Tortoise.init(config=tortoise_config(stand.app_url, pool_size=16), _enable_global_fallback=True)
        _opened.append(stand.app_url)


@pytest.fixture(scope="session", autouse=True)
async def _closed_at_the_end() -> AsyncIterator[None]:
    yield
    if _opened:
        await Tortoise.close_connections()
    for connection in _emptier:
        await connection.close()


async def empty(stand: Stand) -> None:
    """Empty every table. A superuser's act: the application's role could not, and the books refuse the owner too.

    By DELETE, since TRUNCATE makes new files for every table and its indexes; on a connection that stays, since a new
    one first learns all of them anew, which takes ten times as long.
    """
    if not _emptier or _emptier[0].is_closed():
        _emptier[:] = [await asyncpg.connect(stand.super_url)]
        tables = await _emptier[0].fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        names = [row["tablename"] for row in tables if row["tablename"] not in KEPT_TABLES]
        counters = await _emptier[0].fetch(_COUNTERS, names)
        _emptying[:] = [
            "SET LOCAL session_replication_role = replica",
            "SET LOCAL lock_timeout = '10s'",
            *(f"DELETE FROM {name}" for name in names),
            *(f"SELECT setval('{row['name']}', 1, false)" for row in counters),
            "UPDATE certificate_series SET next_no = 1",
            _MONEY_ACCOUNTS,
        ]
    async with _emptier[0].transaction():
        await _emptier[0].execute("; ".join(_emptying))


_emptier: list[asyncpg.Connection] = []
_emptying: list[str] = []
_COUNTERS = (
    "SELECT s.oid::regclass::text AS name FROM pg_class s"
    " JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i') JOIN pg_class t ON t.oid = d.refobjid"
    " WHERE s.relkind = 'S' AND t.relname = ANY($1::text[])"
)
_MONEY_ACCOUNTS = (
    "INSERT INTO ledger_account (path, unit, kind, floor, balance) VALUES"
    " ('clearing:wechatpay', 'CNY', 'external', 0, 0), ('prepaid', 'CNY', 'pool', 0, 0), ('sales', 'CNY', 'pool', 0, 0)"
)


def _migrate(stand: Stand) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "migrate"],
        cwd=PROJECT, env=stand.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.exit(f"the migrations failed:\n{done.stdout}{done.stderr}", returncode=1)


@contextlib.contextmanager
def _own_servers(url: str) -> Iterator[Stand]:
    redis_url = numbered(os.environ.get("REDIS_URL", ""), _PROCESS)
    name = f"diandian_test_{secrets.token_hex(4)}"

    async def run(*statements: str) -> None:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    parts = urlsplit(url)
    # The role belongs to the whole cluster and every process of a run sets it up, so all must say the same.
    password = sha256(f"tests of {url}".encode()).hexdigest()[:32]
    role = (
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ddt_app') THEN CREATE ROLE ddt_app LOGIN;"
        f" END IF; EXECUTE 'ALTER ROLE ddt_app PASSWORD ''{password}'''; END $$"
    )
    # The processes of one run begin at once, and two cannot make or change one role at the same instant.
    asyncio.run(run("SELECT pg_advisory_lock(7306815)", f"CREATE DATABASE {name}", role))
    here = urlunsplit(parts._replace(path=f"/{name}"))
    host = (parts.netloc.rpartition("@")[2]) or ""
    app_url = urlunsplit(parts._replace(netloc=f"ddt_app:{password}@{host}", path=f"/{name}"))
    stand = Stand(super_url=here, owner_url=here, app_url=app_url, redis_url=redis_url, servers=None)
    try:
        _migrate(stand)
        yield stand
    finally:
        asyncio.run(run(f"DROP DATABASE {name} WITH (FORCE)"))


def numbered(redis_url: str, number: int) -> str:
    """The address of another of one Redis server's sixteen databases."""
    if redis_url.startswith("unix:"):
        return f"{redis_url}?db={number}"
    return urlunsplit(urlsplit(redis_url)._replace(path=f"/{number}")) if redis_url else ""


_PROCESS = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


class _ByWhatTheyShare(LoadScopeScheduling):
    """Keep in one of several processes what shares a running stack: it is started once, and these tests mostly wait.

    By the tests' paths; xdist's own groups are lost on this pytest, which keeps the names of tests elsewhere (measured).
    """

    def _split_scope(self, nodeid: str) -> str:
        folder, _, rest = nodeid.removeprefix("tests/").partition("/")
        if folder in {"faults", "journeys"}:
            return folder
        if folder in {"rules", "architecture", "pages"}:  # no servers: only their own, cheap fixtures
            return rest.partition("::")[0]
        return nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _ByWhatTheyShare:
    """What `-n` distributes by, whatever `--dist` says."""
    return _ByWhatTheyShare(config, log)
