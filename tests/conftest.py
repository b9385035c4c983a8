"""What every test stands on: real servers, started once, a fresh schema by migrations only, empty tables each time.

Without `DATABASE_URL` and `REDIS_URL` the embedded servers are started in a folder of their own. With them
the whole suite runs against those: `DATABASE_URL` must then name a superuser, since a scratch database and
the roles are made with it.
"""

import contextlib
import gc
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import structlog
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
        await Tortoise.init(config=tortoise_config(stand.app_url, pool_size=16), _enable_global_fallback=True)
        _opened.append(stand.app_url)
        owning.own(stand.owner_url)


@pytest.fixture(scope="session", autouse=True)
async def _closed_at_the_end() -> AsyncIterator[None]:
    yield
    if _opened:
        await Tortoise.close_connections()
    for connection in _emptier:
        await connection.close()
    await owning.close()
    await lending.close()


async def empty(stand: Stand) -> None:
    """Empty every table. A superuser's act: the application's role could not, and the books refuse the owner too.

    By DELETE, since TRUNCATE makes new files for every table and its indexes; only where there are rows, which one prepared
    statement answers; and on a connection that stays, since a new one first learns all of them anew, which takes ten times
    as long.
    """
    if not _emptier or _emptier[0].is_closed():
        _emptier[:] = [await asyncpg.connect(stand.super_url)]
        tables = await _emptier[0].fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        names = [row["tablename"] for row in tables if row["tablename"] not in KEPT_TABLES]
        counters = await _emptier[0].fetch(_COUNTERS, names)
        _filled[:] = [
            await _emptier[0].prepare(
                " UNION ALL ".join(f"SELECT '{name}' AS name WHERE EXISTS (SELECT FROM {name})" for name in names)
            )
        ]
        _emptying[:] = [
            *(f"SELECT setval('{row['name']}', 1, false)" for row in counters),
            "UPDATE certificate_series SET next_no = 1",
            _UNMARKED,
            _MONEY_ACCOUNTS,
        ]
    async with _emptier[0].transaction():
        await _emptier[0].execute(_UNGUARDED)
        filled = [row["name"] for row in await _filled[0].fetch()]
        await _emptier[0].execute("; ".join([*(f"DELETE FROM {name}" for name in filled), *_emptying]))


_UNMARKED = (
    "UPDATE recovery_state SET planned_no = 0, planned_at = NULL, written_no = 0, written_at = NULL, timeline = NULL,"
    " marker = NULL, case_id = NULL"
)
_UNGUARDED = "SET LOCAL session_replication_role = replica; SET LOCAL lock_timeout = '10s'"
_emptier: list[asyncpg.Connection] = []
_filled: list[Any] = []
"""Which tables have rows, as one prepared statement of that connection."""
_emptying: list[str] = []
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


_FIRST = ("faults", "journeys")
"""The folders whose tests share a running stack. They mostly wait, so they come first and others work beside them."""
_LAST = ("architecture", "pages", "rules", "views")
"""The folders whose files ask no server and wait for nothing; few take a second."""


class _ByWhatTheyShare(LoadScopeScheduling):
    """Keep in one of several processes what shares a stack, or a file's own servers: they are started once.

    By the tests' paths; xdist's own groups are lost on this pytest, which keeps the names of tests elsewhere (measured).
    """

    def _split_scope(self, nodeid: str) -> str:
        folder = _folder(nodeid)
        return folder if folder in _FIRST else nodeid.partition("::")[0]


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
    items.sort(key=lambda item: (_folder(item.nodeid) not in _FIRST, _folder(item.nodeid) in _LAST))


def pytest_collection_finish() -> None:
    """Have the collector of garbage pass over what was read and collected, which stays until the end of the run."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _ByWhatTheyShare:
    """What `-n` distributes by, whatever `--dist` says; in the order of the tests, not the largest file first."""
    config.option.loadscopereorder = False
    return _ByWhatTheyShare(config, log)


def _folder(nodeid: str) -> str:
    return nodeid.removeprefix("tests/").partition("/")[0]
