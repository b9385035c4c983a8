"""A list comes in pieces that neither miss nor repeat a row."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from litestar import get
from litestar.testing import AsyncTestClient

from app.web.kit import assembling
from app.web.kit.responses import paging

Key = tuple[datetime, UUID]
ROWS = [(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=n // 2), UUID(int=n)) for n in range(45)]


class Item(msgspec.Struct):
    id: int


@get("/things")
async def things(limit: paging.Limit = 20, after: paging.After = None) -> paging.Page[Item]:
    since = paging.read(after, Key)
    rows = [row for row in ROWS if since is None or row > since][: limit + 1]
    return paging.cut(rows, limit, key=lambda row: row, show=lambda row: Item(row[1].int))


def client():
    return AsyncTestClient(assembling.assemble([things], version="1", hosts=["*"], is_secure=False, state={}))


@pytest.mark.parametrize("limit", [1, 7, 20, 45, 100])
async def test_following_next_gives_every_row_once(limit):
    seen: list[int] = []
    async with client() as browser:
        query: dict[str, Any] = {"limit": limit}
        while True:
            page = (await browser.get("/things", params=query)).json()
            seen += [item["id"] for item in page["items"]]
            assert len(page["items"]) <= limit
            assert page["has_more"] == (page["next"] is not None)
            if page["next"] is None:
                break
            query["after"] = page["next"]

    assert seen == list(range(45))


async def test_a_piece_has_twenty_rows_unless_said():
    async with client() as browser:
        assert len((await browser.get("/things")).json()["items"]) == 20


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1.5"])
async def test_a_limit_outside_1_to_100_is_refused(limit):
    async with client() as browser:
        answer = await browser.get("/things", params={"limit": limit})

    assert (answer.status_code, answer.json()["detail"]["field"]) == (400, "/limit")


@pytest.mark.parametrize("after", ["x", "é", "IQ", "a" * 301, paging.cursor([1, 2]), paging.cursor("a"), "$$$$", ""])
async def test_a_cursor_of_somebody_elses_is_refused_and_named(after):
    async with client() as browser:
        answer = await browser.get("/things", params={"after": after})

    assert answer.status_code == 400
    assert answer.json()["detail"]["field"] == "/after"
    assert answer.json()["detail"]["location"] == "query"
