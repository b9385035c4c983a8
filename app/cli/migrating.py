"""Bringing the database up to this program: tables, what PostgreSQL refuses, the map of jobs, the money accounts."""

from tortoise import Tortoise
from tortoise.migrations.api.migrate import migrate as run_migrations

from app import ledger, outbox
from app.kernel.money import Currency
from config.database import tortoise_config
from workers.subscriptions import by_kind

CLEARING = ("wechatpay", "hand")
"""What each channel holds for us, and what we gave back by hand: without a floor, and therefore opened by the owner alone."""
MONEY_ACCOUNTS = {"prepaid": "pool", "sales": "pool"}
"""What was paid and not yet delivered, what was delivered."""


async def migrate(owner_url: str) -> None:
    """Migrate to the newest state, as the owner; a database that is there already stays as it is."""
    config = tortoise_config(owner_url, pool_size=2)
    config["connections"]["default"]["credentials"]["server_settings"]["lock_timeout"] = "10s"
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
