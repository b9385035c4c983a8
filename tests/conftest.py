"""What every test stands on: real servers, started once, a fresh schema by migrations only, empty tables each time.

Without `DATABASE_URL` and `REDIS_URL` the embedded servers are started in a folder of their own. With them
the whole suite runs against those: `DATABASE_URL` must then name a superuser, since a scratch database and
the roles are made with it.
"""

import contextlib
import gc
import os
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import structlog
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from tortoise import Tortoise
from xdist.scheduler import LoadScopeScheduling

from app.cli.operations.migrating import MONEY_ACCOUNTS, clearing
from app.embedded import Servers, start
from app.gateways.channels.table import CHANNELS
from config.database import tortoise_config
from tests import lending, migrated, owning
from tests.scratch import scratch

# structlog draws a frame around every line of a traceback where rich is installed: half a second of processor for each
# exception that a test makes a worker log.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)

# Hypothesis also tries the constants that stand in our code, and parses every file that is loaded for them: four seconds of
# processor in each process for the program, and the tests beside. The files of rules have those that matter.
providers.is_local_module_file = lambda path: path.endswith("rules.py")  # type: ignore[assignment,attr-defined]

# How long an example takes, or is made for, is a property of the machine.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

PROJECT = migrated.PROJECT
KEPT_TABLES = (
    "tortoise_migrations",
    "outbox_subscription",
    "paper_kind",
    "certificate_series",
    "ledger_movement",
    "holding_retirement_limit",
    "payment_subject_kind",
    "books_part",
    "recovery_state",
    "retirement_source",
    "approval_kind",
    "webhook_kind",
    "webhook_wait",
)
TABLES = (
    "SELECT CASE schemaname WHEN 'public' THEN tablename ELSE schemaname || '.' || tablename END AS name FROM pg_tables"
    " WHERE schemaname IN ('public', 'keys') AND NOT EXISTS (SELECT FROM pg_inherits"
    " WHERE inhrelid = (quote_ident(schemaname) || '.' || quote_ident(tablename))::regclass) ORDER BY 1"
)
"""Every table of ours by the name that a statement gives it: wrapped keys lie in a schema of their own, and what lies by day is
one table."""


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
    with scratch("test") as folder:
        migrated.fill(folder)
        with start(folder) as servers:
            yield Stand(
                super_url=servers.database_url("postgres"),
                owner_url=servers.database_url("ddt_owner"),
                app_url=servers.database_url("ddt_app"),
                redis_url=servers.redis_url,
                servers=servers,
            )


@pytest.fixture
async def database(stand: Stand) -> AsyncIterator[Stand]:
    """Tortoise on empty tables, as the application's role."""
    await _open_once(stand)
    yield stand
    await empty(stand)


_opened: list[str] = []


async def _open_once(stand: Stand) -> None:
    if not _opened:  # a second global initialisation is refused, and one pool serves all tests of the run
        await Tortoise.init(
            config=tortoise_config(stand.app_url, pool_size=16, wait_s=120, command_s=300), _enable_global_fallback=True
        )
        _opened.append(stand.app_url)
        owning.own(stand.owner_url)


@pytest.fixture(scope="session", autouse=True)
async def _closed_at_the_end() -> AsyncIterator[None]:
    yield
    if _opened:
        await Tortoise.close_connections()
    await owning.close()
    await lending.close()


async def empty(stand: Stand) -> None:
    """Empty every table. A superuser's act: the application's role could not, and the books refuse the owner too.

    By DELETE, since TRUNCATE makes new files for every table and its indexes; only where there are rows; and as one function
    on a connection that stays, which then knows the tables and has planned its statements already.
    """
    admin = await lending.unguarded(stand.super_url)
    if _emptier != [admin]:
        await _write_empty(admin)
        _emptier[:] = [admin]
    await admin.fetchval("SELECT laid.empty()")


_UNMARKED = (
    "UPDATE recovery_state SET planned_no = 0, planned_at = NULL, written_no = 0, written_at = NULL, timeline = NULL,"
    " marker = NULL, case_id = NULL"
)
_emptier: list[asyncpg.Connection] = []
"""The connection that last found the function there: a new one may be to another database."""


async def _write_empty(admin: asyncpg.Connection) -> None:
    names = [row["name"] for row in await admin.fetch(TABLES) if row["name"] not in KEPT_TABLES]
    counters = [f"'{row['name']}'" for row in await admin.fetch(_COUNTERS, names)]
    statements = [
        *(f"IF EXISTS (SELECT FROM {name}) THEN DELETE FROM {name}; END IF" for name in names),
        f"PERFORM setval(counter, 1, false) FROM unnest(ARRAY[{', '.join(counters)}]::regclass[]) counter",
        "UPDATE certificate_series SET next_no = 1",
        _UNMARKED,
        _MONEY_ACCOUNTS,
    ]
    await admin.execute(
        "CREATE SCHEMA IF NOT EXISTS laid;"
        f" CREATE OR REPLACE FUNCTION laid.empty() RETURNS void LANGUAGE plpgsql AS $$ BEGIN {'; '.join(statements)}; END $$;"
        " REVOKE ALL ON FUNCTION laid.empty() FROM PUBLIC"
    )


_COUNTERS = (
    "SELECT s.oid::regclass::text AS name FROM pg_class s"
    " JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i') JOIN pg_class t ON t.oid = d.refobjid"
    " WHERE s.relkind = 'S' AND t.relname = ANY($1::text[])"
)
_CLEARING = clearing(CHANNELS)
# As `diandian migrate` opens them, from the table of channels.
_MONEY_ACCOUNTS = "INSERT INTO ledger_account (path, unit, kind, floor, balance) VALUES " + ", ".join(
    [f"('clearing:{name}', '{unit}', 'external', 0, 0)" for name, unit in _CLEARING]
    + [
        f"('{path}', '{unit}', '{kind}', 0, 0)"
        for unit in sorted({unit for _, unit in _CLEARING})
        for path, kind in MONEY_ACCOUNTS.items()
    ]
)


@contextlib.contextmanager
def _own_servers(url: str) -> Iterator[Stand]:
    redis_url = numbered(os.environ.get("REDIS_URL", ""), _PROCESS)
    name = f"diandian_test_{secrets.token_hex(4)}"

    parts = urlsplit(url)
    # The role belongs to the whole cluster and every process of a run sets it up, so all must say the same.
    password = sha256(f"tests of {url}".encode()).hexdigest()[:32]
    role = (
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ddt_app') THEN CREATE ROLE ddt_app LOGIN;"
        f" END IF; EXECUTE 'ALTER ROLE ddt_app PASSWORD ''{password}'''; END $$"
    )
    # The processes of one run begin at once, and two cannot make or change one role at the same instant.
    migrated.execute(url, "SELECT pg_advisory_lock(7306815)", f"CREATE DATABASE {name}", role)
    here = migrated.other(url, name)
    host = (parts.netloc.rpartition("@")[2]) or ""
    app_url = urlunsplit(parts._replace(netloc=f"ddt_app:{password}@{host}", path=f"/{name}"))
    try:
        migrated.grow(here, here, app_url)
        yield Stand(super_url=here, owner_url=here, app_url=app_url, redis_url=redis_url, servers=None)
    finally:
        made = (name, migrated.first(name), migrated.fresh(name))
        migrated.execute(url, *(f"DROP DATABASE IF EXISTS {each} WITH (FORCE)" for each in made))


def numbered(redis_url: str, number: int) -> str:
    """The address of another of one Redis server's sixteen databases."""
    if redis_url.startswith("unix:"):
        return f"{redis_url}?db={number}"
    return urlunsplit(urlsplit(redis_url)._replace(path=f"/{number}")) if redis_url else ""


_PROCESS = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


_FIRST = ("faults", "journeys", "cli")
"""The folders whose tests share a running stack, or one process that has read the program and begins others.

They mostly wait, so they come first and others work beside them.
"""
_LAST = ("architecture", "pages", "rules", "views")
"""The folders whose files ask no server and wait for nothing; few take a second."""
_TOGETHER = (*_FIRST, "architecture")
"""The folders that stay whole: what a file of theirs has begun, or read of all sources, serves the others."""


class _ByWhatTheyShare(LoadScopeScheduling):
    """Keep in one of several processes what shares a stack, a file's own servers, or all sources: once is enough.

    By the tests' paths; xdist's own groups are lost on this pytest, which keeps the names of tests elsewhere (measured).
    """

    def _split_scope(self, nodeid: str) -> str:
        folder = _folder(nodeid)
        return folder if folder in _TOGETHER else nodeid.partition("::")[0]


def pytest_configure(config: pytest.Config) -> None:
    """Make room for what the processes of this run share, in the one that begins them."""
    if not config.getoption("numprocesses", None):  # the one that only hands out collects nothing itself
        gc.disable()  # until everything is collected: until then nearly all that is made stays
    if not hasattr(config, "workerinput"):
        closing = contextlib.ExitStack()
        closing.enter_context(migrated.shared())
        config.add_cleanup(closing.close)


@pytest.hookimpl(trylast=True)  # after they were shuffled
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what takes longest begin at once, and what is short come last: all processes then end together."""
    items.sort(key=lambda item: _turn(_folder(item.nodeid)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Begin no test in the last minute of a day in Beijing: what is of today would be of yesterday before it ends."""
    left_s = _DAY_S - (time.time() + 8 * 3600) % _DAY_S
    if left_s < _BEFORE_MIDNIGHT_S:
        time.sleep(left_s)


_DAY_S, _BEFORE_MIDNIGHT_S = 24 * 3600, 60


def pytest_collection_finish() -> None:
    """Have the collector of garbage pass over what was read and collected, which stays until the end of the run."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _ByWhatTheyShare:
    """What `-n` distributes by, whatever `--dist` says; in the order of the tests, not the largest file first."""
    config.option.loadscopereorder = False
    return _ByWhatTheyShare(config, log)


def _turn(folder: str) -> int:
    """Of what is short, the folder that stays whole is the longest."""
    return -1 if folder in _FIRST else (folder in _LAST) + (folder in _LAST and folder not in _TOGETHER)


def _folder(nodeid: str) -> str:
    return nodeid.removeprefix("tests/").partition("/")[0]
