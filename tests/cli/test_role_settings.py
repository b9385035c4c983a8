"""`diandian migrate` gives the application's role its settings, as the owner or as the role itself, or says what is left."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from app.cli.operations.role_settings import give_role_settings
from app.gateways.postgresql.addresses import ROLE_SETTINGS, connect, look
from tests.cli.conftest import role
from tests.conftest import Stand

BARE = "ALTER ROLE {role} RESET ALL"


@contextlib.asynccontextmanager
async def session(url: str) -> AsyncIterator[Any]:
    connection = await connect(url, need="any")
    try:
        yield connection
    finally:
        await connection.close()


async def lacking(url: str) -> tuple[str, ...]:
    async with session(url) as own:
        return (await look(own)).lacking


def somebody_else(url: str) -> str:
    """The same role with another port, where nobody answers."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{parts.username}@127.0.0.1:1", query=""))


async def test_a_role_that_its_owner_may_not_change_changes_itself(stand: Stand) -> None:
    async with role(stand, BARE) as url, session(stand.owner_url) as owner:
        before = await lacking(url)
        left = await give_role_settings(owner, url)

        assert set(before) >= {"lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"}
        assert left == []
        assert await lacking(url) == ()


async def test_whoever_may_change_the_role_does_so_without_its_password(stand: Stand) -> None:
    async with role(stand, BARE) as url, session(stand.super_url) as owner:
        assert await give_role_settings(owner, somebody_else(url)) == []
        assert await lacking(url) == ()


async def test_what_nobody_here_may_say_is_told_for_an_administrator(stand: Stand) -> None:
    async with role(stand, BARE) as url, session(stand.owner_url) as owner:
        left = await give_role_settings(owner, somebody_else(url))
        async with session(stand.super_url) as administrator:
            for statement in left:
                await administrator.execute(statement)

        assert len(left) == len(ROLE_SETTINGS)
        assert await lacking(url) == ()


async def test_a_role_that_has_them_is_left_alone_and_several_at_once_are_no_trouble(stand: Stand) -> None:
    async with role(stand, BARE) as url, contextlib.AsyncExitStack() as closing:
        owners = [await closing.enter_async_context(session(stand.super_url)) for _ in range(6)]
        assert await asyncio.gather(*(give_role_settings(one, url) for one in owners)) == [[]] * 6
        name = urlsplit(url).username
        (before,) = await owners[0].fetch("SELECT xmin::text FROM pg_db_role_setting WHERE setrole = $1::regrole", name)
        await give_role_settings(owners[0], url)
        (after,) = await owners[0].fetch("SELECT xmin::text FROM pg_db_role_setting WHERE setrole = $1::regrole", name)

    assert before == after
