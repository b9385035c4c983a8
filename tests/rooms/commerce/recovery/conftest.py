"""A river whose marker is kept in a folder of the test's own."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from app.commerce import recovery
from app.gateways.files import FileStore
from tests.far_side import notice_door, sandbox, sandbox_process
from tests.flow import Flow, flow

__all__ = ["Marked", "flow", "marked", "notice_door", "sandbox", "sandbox_process"]


@dataclass
class Marked:
    """What a settling worker holds: a connection of its own, and the store outside."""

    flow: Flow
    connection: Any
    files: FileStore

    async def mark(self, *wants: recovery.Want) -> bool:
        """One round of the worker."""
        return await recovery.mark(self.connection, self.files, wants)

    async def marker(self) -> recovery.Marker:
        """The one outside."""
        found = await recovery.read(self.files)
        assert found is not None
        return found

    async def cover(self, *wants: recovery.Want) -> None:
        """As the worker's tools do."""
        assert await self.mark(*wants)


@pytest.fixture
async def marked(flow: Flow) -> AsyncIterator[Marked]:
    """A first marker is written, so that settling is bounded."""
    connection = await asyncpg.connect(flow.river.stand.app_url)
    one = Marked(flow, connection, flow.tools.gateways.files)
    assert await one.mark()
    yield one
    await connection.close()
