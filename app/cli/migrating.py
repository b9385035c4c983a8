"""Bringing the database up to this program: tables, what PostgreSQL refuses, the map of jobs, the money accounts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
from tortoise import Tortoise
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connection
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget, PlanStep
from tortoise.migrations.operations import RunSQL
from tortoise.migrations.recorder import MigrationRecorder

from app import ledger, outbox
from app.kernel.money import Currency
from config.database import tortoise_config
from workers.subscriptions import by_kind

MONEY_ACCOUNTS = {"clearing:wechatpay": "external", "clearing:hand": "external", "prepaid": "pool", "sales": "pool"}
"""What a channel holds for us, what we gave back by hand, what was paid and not yet delivered, what was delivered."""

_LOCK: Final = 7_306_816  # any number that nobody else uses for an advisory lock
_WRITTEN: Final = (
    "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ({app}, {name}, clock_timestamp())"
    " ON CONFLICT (app, name) DO NOTHING"
)


async def migrate(owner_url: str) -> None:
    """Migrate to the newest state, as the owner; a database that is there already stays as it is.

    Killed at any moment it goes on where it was when it is run again. Of several at once one migrates; the others wait,
    and find it done.
    """
    config = tortoise_config(owner_url, pool_size=2)
    config["connections"]["default"]["credentials"]["server_settings"]["lock_timeout"] = "10s"
    async with _alone(owner_url):
        await Tortoise.init(config=config, init_connections=False)
        await _Executor(get_connection("default"), config["apps"]).migrate([MigrationTarget("models", "__latest__")])
        await Tortoise.close_connections()
        await Tortoise.init(config=config)
        try:
            await outbox.subscribe(by_kind())
            await ledger.open_accounts(MONEY_ACCOUNTS, unit=Currency.CNY.value)  # type: ignore[arg-type]
        finally:
            await Tortoise.close_connections()


@asynccontextmanager
async def _alone(owner_url: str) -> AsyncIterator[None]:
    """Hold a lock that dies with this process."""
    connection = await asyncpg.connect(owner_url, timeout=10)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        yield
    finally:
        await connection.close()


class _Recorder(MigrationRecorder):
    """Writes down what was applied, and takes it for good where that stands written already."""

    async def record_applied(self, app: str, name: str) -> None:
        """After a migration that has done so itself this changes nothing."""
        await self.connection.execute_query(_WRITTEN.format(app="$1", name="$2"), [app, name])


class _Executor(MigrationExecutor):
    """Lets every migration write itself down in its own transaction.

    Tortoise 1.1.9 does it afterwards: killed in between, the next run would apply the same migration again and fail at
    its first table (tests/faults/test_killed_migrations.py).
    """

    def __init__(self, connection: BaseDBAsyncClient, apps_config: dict[str, dict[str, Any]]) -> None:
        super().__init__(connection, apps_config)
        self.recorder = self.loader.recorder = _Recorder(connection)

    def _migration_plan(self, *wanted: Any) -> list[PlanStep]:  # noqa: ANN401 - Tortoise's own parameters
        steps = super()._migration_plan(*wanted)
        for migration in (step.migration for step in steps):
            if migration.atomic:  # one that is not is written so that it may run again: migrations/README.md
                own = RunSQL(_WRITTEN.format(app=f"'{migration.app_label}'", name=f"'{migration.name}'"))
                migration.operations = [*migration.operations, own]
        return steps
