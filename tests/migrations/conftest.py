"""What tests share that fill the tables of the first release and migrate on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from secrets import token_hex
from urllib.parse import urlsplit

import pytest

from tests import migrated
from tests.conftest import Stand
from tests.far_side import notice_door, sandbox, sandbox_process
from tests.flow import flow
from tests.rooms.conftest import connected, river

__all__ = ["first_release", "flow", "notice_door", "river", "sandbox", "sandbox_process", "this_release"]


@pytest.fixture
async def first_release(stand: Stand) -> AsyncIterator[Stand]:
    """A database as the first release left it, empty."""
    async with copied(stand, migrated.first_release(stand)) as one:
        yield one


@pytest.fixture
async def this_release(stand: Stand) -> AsyncIterator[Stand]:
    """A database as this release makes it, empty."""
    async with copied(stand, migrated.fresh(urlsplit(stand.super_url).path[1:])) as one:
        yield one


@asynccontextmanager
async def copied(stand: Stand, model: str) -> AsyncIterator[Stand]:
    """A copy of one of the server's databases, gone with the block."""
    name = f"release_{token_hex(4)}"
    owner = urlsplit(stand.owner_url).username
    async with connected(stand.super_url) as admin:
        try:
            await admin.execute(f'CREATE DATABASE {name} OWNER "{owner}" TEMPLATE {model}')
            yield replace(
                stand,
                super_url=migrated.other(stand.super_url, name),
                owner_url=migrated.other(stand.owner_url, name),
                app_url=migrated.other(stand.app_url, name),
            )
        finally:
            await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
