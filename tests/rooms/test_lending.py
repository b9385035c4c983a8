"""Connections that tests lend each other."""

import asyncio
import contextlib
from typing import Any

import asyncpg
import pytest

from tests import lending
from tests.conftest import Stand


async def test_one_that_comes_back_while_another_is_opened_is_kept(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lending, "_FREE", {})
    connect, asked, may_go = asyncpg.connect, asyncio.Event(), asyncio.Event()

    async def slowly(url: str) -> Any:
        asked.set()
        await may_go.wait()
        return await connect(url)

    async with contextlib.AsyncExitStack() as second:
        async with lending.lent(stand.super_url) as first:
            monkeypatch.setattr(asyncpg, "connect", slowly)
            entering = asyncio.create_task(second.enter_async_context(lending.lent(stand.super_url)))
            await asked.wait()
        may_go.set()
        await entering
    (free,) = lending._FREE.values()
    kept = list(free)
    for connection in kept:
        await connection.close()
    assert len(kept) == 2
    assert first in kept
