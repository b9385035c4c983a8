"""Bringing the database up to this program: tables, what PostgreSQL refuses, the map of jobs, the money accounts."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.migrations.executor import MigrationTarget

from app.cli.operations import applying
from app.cli.operations.role_settings import give_role_settings
from app.foundation import intents, outbox
from app.gateways.channels.kinds import Kind
from app.gateways.channels.table import CHANNELS
from app.gateways.postgresql.addresses import connect, look
from app.kernel.money import Currency
from app.registry import ledger, retirements
from config.database import owner_config
from config.faults import Fault
from config.settings import PROJECT, SettingsUnfit
from workers.subscriptions import by_kind

BY_HAND: Final = "hand"
"""What we gave back by hand, in every currency that some channel takes. Such accounts, and what each channel holds for us, have
no floor: the owner alone opens them."""
REVERSED: Final = "reversed"
"""What channels gave back or took back without us, in the same currencies: ours to claim, or lost."""
LOST_TIME: Final = "lost_time"
"""What channels took in lost time for nothing we know, until it is back, in the same currencies."""
MONEY_ACCOUNTS: Final = {"prepaid": "pool", "sales": "pool"}
"""What was paid and not yet delivered, what was delivered."""
FRESH: Final = PROJECT / "migrations" / "fresh.sql"
"""All migrations as one script, for an empty database; generated, and held equal to them by a test."""
_LOCK: Final = 7_306_816  # any number that nobody else uses for an advisory lock
_IS_EMPTY: Final = "SELECT NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace)"
_NO_TEMPORARY: Final = """
DO $$ BEGIN
    IF has_database_privilege('public', current_database(), 'TEMPORARY') THEN
        EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    END IF;
END $$
"""
"""PostgreSQL lets everybody make temporary tables in a new database; the application's role shall make none."""
_POOLED: Final = Fault(
    en="DATABASE_OWNER_URL leads through a pooler",
    zh="DATABASE_OWNER_URL 经过连接池",
    fix_en="let it lead to the server itself: a migration is one session, with its lock and its time-outs",
    fix_zh="让它直连服务器：迁移是一个会话，有自己的锁与时限",
)


async def migrate(
    owner_url: str,
    *,
    alone_g: int,
    app_url: str = "",
    begins: Callable[[str], object] = str,
    waits: Callable[[float], object] = float,
    makes_places: bool = False,
) -> list[str]:
    """Migrate to the newest state, as the owner; a database that is there already stays as it is.

    An empty one is given everything in one transaction, history included; any other goes on migration by migration.
    Killed at any moment it goes on where it was when it is run again. A table that is in use is waited for shortly, and
    tried again (applying.py). Of several at once one migrates; the others wait, and find it done.
    `alone_g` is what one person may retire of a holding alone, in grams; above it PostgreSQL asks for two.
    `makes_places`: also for the messages of these days and the answers of these weeks, so that the first of them, which may
    come before any worker does, need not lie among the rest.
    `begins` is told each migration's name, `waits` after how many seconds one whose table is in use is tried again.
    The role of `app_url` is given its settings, else the one that migrations make; what nobody here may say is answered.

    Raises:
        SettingsUnfit: the owner's address leads through a pooler, where a lock would be lost and time-outs be none.
    """
    async with _alone(owner_url) as connection:
        if not await _give_all(connection):
            config = owner_config(owner_url, lock_timeout=applying.LOCK_TIMEOUT)
            await Tortoise.init(config=config, init_connections=False)
            wanted = MigrationTarget("models", "__latest__")
            executor = applying.Executor(get_connection("default"), config["apps"], waits)
            await executor.migrate(
                [wanted], progress=lambda event, _, name: begins(name) if event == "apply_start" else None
            )
            await Tortoise.close_connections()
        await connection.execute(_NO_TEMPORARY)
        await Tortoise.init(config=owner_config(owner_url, lock_timeout="10s"))
        try:
            await outbox.subscribe(by_kind())
            if makes_places:
                await outbox.make_days()
                await intents.make_weeks()
            await retirements.set_limit(alone_g)
            for channel, currency in clearing(CHANNELS):
                await ledger.open_clearing(channel, unit=currency.value)
            for currency in sorted({currency for _, currency in clearing(CHANNELS)}):
                await ledger.open_accounts(MONEY_ACCOUNTS, unit=currency.value)  # type: ignore[arg-type]
        finally:
            await Tortoise.close_connections()
        return await give_role_settings(connection, app_url)


def clearing(kinds: Iterable[Kind]) -> list[tuple[str, Currency]]:
    """The clearing accounts of these channels, whether they are set up or not: a channel and a currency it takes."""
    found = [(kind.name, currency) for kind in kinds for currency in kind.currencies]
    currencies = sorted({Currency.CNY, *(currency for _, currency in found)})
    return found + [(name, currency) for name in (BY_HAND, REVERSED, LOST_TIME) for currency in currencies]


@asynccontextmanager
async def _alone(owner_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Hold a lock that dies with this process, on a connection of its own."""
    connection = await connect(owner_url, timeout=10, statement_cache_size=0)
    try:
        if (await look(connection)).is_pooled:
            raise SettingsUnfit([_POOLED])
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        yield connection
    finally:
        await connection.close(timeout=5)


async def _give_all(connection: asyncpg.Connection) -> bool:
    """Fill an empty database; False where it is not empty."""
    async with connection.transaction():
        if not await connection.fetchval(_IS_EMPTY):
            return False
        await connection.execute(FRESH.read_text("utf-8"))
    return True
