"""What PostgreSQL is told for every connection of ours."""

from app import wiring
from app.gateways.database import fetch_value
from config.settings import Settings
from tests.conftest import Stand


async def test_no_query_of_ours_is_compiled(database: Stand) -> None:
    """Where a server can (Debian's does), a function that must not read a whole table took seconds instead of milliseconds."""
    assert await fetch_value("SHOW jit") == "off"
    connection = await wiring.connect(Settings(database_url=database.app_url))
    try:
        assert await connection.fetchval("SHOW jit") == "off"
    finally:
        await connection.close()
