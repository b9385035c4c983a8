"""One migration after the other, beside processes that go on: said in one breath, and never in anybody's way for long.

A statement that changes a table waits for whoever uses it, and everybody who comes later waits behind that statement. So
it waits for less than they do; then what the migration has changed is taken back, its locks with it, and it is tried again.
"""

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any, Final

import asyncpg
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import BaseORMException
from tortoise.migrations.executor import PlanStep
from tortoise.migrations.operations import RunSQL
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.migrations.schema_editor.asyncpg import AsyncpgSchemaEditor

from app.cli.operations.stepping import Stepping
from app.gateways.database import RETRYABLE, sqlstate

LOCK_TIMEOUT: Final = "800ms"
"""For one lock. A request waits for five seconds; and it is less than the second after which PostgreSQL looks for a deadlock,
so that no request is ended for a migration's sake."""
PATIENCE_S: Final = 300.0
"""How long a migration is tried, before its last failure is raised as it came."""
_PAUSE_S: Final = (0.5, 2.0)
_WRITTEN: Final = (
    "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ({app}, {name}, clock_timestamp())"
    " ON CONFLICT (app, name) DO NOTHING"
)


class Executor(Stepping):
    """Lets every migration write itself down in its own transaction, and say everything at once.

    Tortoise 1.1.9 writes it down afterwards: killed in between, the next run would apply the same migration again and fail
    at its first table (tests/faults/test_killed_migrations.py). And between two statements it describes all models anew,
    for seconds, while the locks of the first are held.
    """

    def __init__(
        self, connection: BaseDBAsyncClient, apps_config: dict[str, dict[str, Any]], waits: Callable[[float], object]
    ) -> None:
        """`waits` is told, each time a table is in use, after how many seconds it is tried again."""
        super().__init__(connection, apps_config)
        self.recorder = self.loader.recorder = _Recorder(connection)
        self._waits = waits

    def _migration_plan(self, *wanted: Any) -> list[PlanStep]:  # noqa: ANN401 - Tortoise's own parameters
        steps = super()._migration_plan(*wanted)
        for migration in (step.migration for step in steps):
            if migration.atomic:  # one that is not is written so that it may run again: migrations/README.md
                own = RunSQL(_WRITTEN.format(app=f"'{migration.app_label}'", name=f"'{migration.name}'"))
                migration.operations = [*migration.operations, own]
        return steps

    # Tortoise's own parameters.
    def _schema_editor(self, atomic: bool = True, collect_sql: bool = False) -> AsyncpgSchemaEditor:  # noqa: FBT001, FBT002
        return _Editor(self.connection, self._waits, atomic=atomic, collect_sql=collect_sql)


class _Recorder(MigrationRecorder):
    """Writes down what was applied, and takes it for good where that stands written already."""

    async def record_applied(self, app: str, name: str) -> None:
        """After a migration that has done so itself this changes nothing."""
        await self.connection.execute_query(_WRITTEN.format(app="$1", name="$2"), [app, name])


class _Editor(AsyncpgSchemaEditor):
    """Keeps the statements of an atomic migration until the last, which writes it down, and then says them all."""

    def __init__(
        self, connection: BaseDBAsyncClient, waits: Callable[[float], object], *, atomic: bool, collect_sql: bool
    ) -> None:
        super().__init__(connection, atomic, collect_sql)
        self._waits = waits
        self._said: list[str] = []

    async def _run_sql(self, sql: str) -> None:
        if self.collect_sql or not self.atomic_migration:
            await super()._run_sql(sql)
            return
        self._said.append(sql)
        if sql.startswith(_WRITTEN.partition("VALUES")[0]):
            await self._say("\n;\n".join(self._said))  # a text that ends in a comment must not swallow the semicolon

    async def _say(self, script: str) -> None:
        until = time.monotonic() + PATIENCE_S
        while not await self._is_said(script, is_last=time.monotonic() > until):
            pause_s = random.uniform(*_PAUSE_S)  # noqa: S311 - jitter, not a secret
            self._waits(pause_s)
            await asyncio.sleep(pause_s)

    async def _is_said(self, script: str, *, is_last: bool) -> bool:
        await self.client.execute_script("SAVEPOINT said")
        try:
            await self.client.execute_script(script)
        except (asyncpg.PostgresError, BaseORMException) as refusal:
            if is_last or sqlstate(refusal) not in RETRYABLE:
                raise
            await self.client.execute_script("ROLLBACK TO SAVEPOINT said")  # which gives up its locks, too
            return False
        return True
