"""Bringing the database up to this program: tables, what PostgreSQL refuses, the map of jobs, the money accounts."""

from typing import Final

import asyncpg
from tortoise import Tortoise
from tortoise.migrations.api.migrate import migrate as run_migrations

from app import ledger, outbox
from app.kernel.money import Currency
from config.database import tortoise_config
from config.settings import PROJECT
from workers.subscriptions import by_kind

CLEARING: Final = ("wechatpay", "hand")
"""What each channel holds for us, and what we gave back by hand: without a floor, and therefore opened by the owner alone."""
MONEY_ACCOUNTS: Final = {"prepaid": "pool", "sales": "pool"}
"""What was paid and not yet delivered, what was delivered."""
FRESH: Final = PROJECT / "migrations" / "fresh.sql"
"""All migrations as one script, for an empty database; generated, and held equal to them by a test."""
_LOCK: Final = 7_306_816  # any number that nobody else uses for an advisory lock
_IS_EMPTY: Final = "SELECT NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace)"


async def migrate(owner_url: str) -> None:
    """Migrate to the newest state, as the owner; a database that is there already stays as it is.

    An empty one is given everything in one transaction, history included; any other goes on migration by migration.
    """
    config = tortoise_config(owner_url, pool_size=2)
    config["connections"]["default"]["credentials"]["server_settings"]["lock_timeout"] = "10s"
    if not await _give_all(owner_url):
        await run_migrations(config=config)
        await Tortoise.close_connections()
    await Tortoise.init(config=config)
    try:
        await outbox.subscribe(by_kind())
        for channel in CLEARING:
            await ledger.open_clearing(channel, unit=Currency.CNY.value)
        await ledger.open_accounts(MONEY_ACCOUNTS, unit=Currency.CNY.value)  # type: ignore[arg-type]
    finally:
        await Tortoise.close_connections()


async def _give_all(owner_url: str) -> bool:
    """Fill an empty database; False where it is not empty. Of several at once one fills it and the others wait."""
    connection = await asyncpg.connect(owner_url, timeout=10)
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL lock_timeout = '60s'")
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            if not await connection.fetchval(_IS_EMPTY):
                return False
            await connection.execute(FRESH.read_text("utf-8"))
    finally:
        await connection.close(timeout=5)
    return True
