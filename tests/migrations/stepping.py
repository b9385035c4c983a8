"""`python -m tests.migrations.stepping <address> <migration>` migrates a database up to that migration, as `migrate` would."""

import asyncio
import sys

from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.migrations.executor import MigrationTarget

from app.cli.operations.stepping import Stepping
from config.database import owner_config


async def _migrate(owner_url: str, migration: str) -> None:
    config = owner_config(owner_url)
    await Tortoise.init(config=config)
    try:
        await Stepping(get_connection("default"), config["apps"]).migrate([MigrationTarget("models", migration)])
    finally:
        await Tortoise.close_connections()


if __name__ == "__main__":
    asyncio.run(_migrate(*sys.argv[1:]))
