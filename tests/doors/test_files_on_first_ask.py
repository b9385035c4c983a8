"""A file of a certificate is drawn when its holder first asks for it; meanwhile the answer says so."""

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from app import certificates
from app.certificates.rendering import Press
from app.gateways.database import fetch, fetch_value
from app.web.citizen import api_files
from app.wiring import PAPERS
from tests.doors.conftest import Caller, Door
from workers.jobs import JOBS, Tools
from workers.subscriptions import RENDER

PAGE = {"accept": "text/html"}


@pytest.fixture(scope="module")
def press() -> Press:
    return Press()


async def drawn(door: Door, press: Press) -> None:
    """The drawing worker does what is asked of it."""
    services = door.app.state.services
    with ThreadPoolExecutor(1) as threads:
        studio = certificates.Studio(
            press=press, papers=PAPERS, threads=threads, files=services.gateways.files, keyring=services.keyring
        )
        tools = Tools(gateways=services.gateways, issuer=services.issuer, studio=studio)
        for job, draw in JOBS[RENDER].items():
            rows = await fetch("SELECT id FROM outbox_message WHERE job = $1 AND done_at IS NULL ORDER BY id", job)
            await draw([row["id"] for row in rows], tools)


async def held(door: Door, citizen: Caller) -> str:
    order = await citizen.order(door.live, name="林小川")
    return await door.paid(order.json()["id"])


async def test_nothing_is_drawn_until_somebody_asks_and_the_page_shows_the_record_at_once(door: Door) -> None:
    async with door.guest() as citizen:
        certificate = await held(door, citizen)
        assert await fetch_value("SELECT count(*) FROM outbox_message WHERE queue = 'render'") == 0
        told = (await citizen.get(f"/api/v1/certificates/{certificate}")).json()
        page = await citizen.get(f"/c/{certificate}", headers=PAGE)
    (paper,) = re.findall(r'<article class="sheet paper.*?</article>', page.text, re.DOTALL)
    for fact in (
        "林小川",
        told["number"],
        told["retirement_number"],
        told["record"]["lines"][0]["lot"],
        "SANDBOX 样张",
    ):
        assert fact in paper, fact
    assert paper.count("<svg") == 4  # ring, logo, landscape, code
    for name in ("zh.png", "zh.pdf", "en.pdf"):
        assert f'href="/c/{certificate}/{name}"' in page.text
    assert await fetch_value("SELECT count(*) FROM certificate_wanted") == 0


async def test_a_file_that_is_being_drawn_is_202_and_a_page_that_asks_again_by_itself(
    door: Door, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.citizen.pages_certificate._FILE_WAIT_S", 0.1)
    async with door.guest() as citizen:
        certificate = await held(door, citizen)
        for _ in range(2):  # however often somebody asks, it is asked for once
            answer = await citizen.get(f"/api/v1/certificates/{certificate}/zh.pdf")
            assert (answer.status_code, answer.headers["retry-after"]) == (202, "1")
            waiting = await citizen.get(f"/c/{certificate}/zh.pdf", headers=PAGE)
            assert (waiting.status_code, waiting.headers["cache-control"]) == (202, "no-store")
            assert '<meta http-equiv="refresh" content="1">' in waiting.text
            assert "正在绘制" in waiting.text
        assert await fetch_value("SELECT count(*) FROM outbox_message WHERE queue = 'render'") == 1

        await drawn(door, press)
        for path in (f"/api/v1/certificates/{certificate}/zh.pdf", f"/c/{certificate}/zh.pdf"):
            there = await citizen.get(path, headers=PAGE)
            assert (there.status_code, there.headers["content-type"]) == (200, "application/pdf")
            assert there.content.startswith(b"%PDF")


async def test_an_answer_that_may_wait_comes_with_the_file_as_soon_as_it_is_there(door: Door, press: Press) -> None:
    async with door.guest() as citizen:
        certificate = await held(door, citizen)

        async def draws() -> None:
            while not await fetch_value("SELECT count(*) FROM certificate_wanted"):  # noqa: ASYNC110 - it is in the database
                await asyncio.sleep(0.01)
            await drawn(door, press)

        answer, _ = await asyncio.gather(
            citizen.get(f"/api/v1/certificates/{certificate}/zh.png", params={"wait": 10}), draws()
        )
        assert answer.status_code == 200, answer.text
        assert answer.content.startswith(b"\x89PNG")


async def test_who_asks_for_very_many_files_is_told_to_wait_and_those_that_are_there_are_still_given(
    door: Door, press: Press
) -> None:
    async with door.guest() as citizen:
        certificate = await held(door, citizen)
        await citizen.get(f"/api/v1/certificates/{certificate}/zh.pdf")
        await drawn(door, press)
        with _limit(2):
            for name in ("zh.png", "en.pdf", "en.png"):
                answer = await citizen.get(f"/api/v1/certificates/{certificate}/{name}")
            assert answer.status_code == 429, answer.text
            assert (await citizen.get(f"/api/v1/certificates/{certificate}/zh.png")).status_code == 202  # asked already
            assert (await citizen.get(f"/api/v1/certificates/{certificate}/zh.pdf")).status_code == 200


@contextmanager
def _limit(count: int) -> Iterator[None]:
    """Fewer drawings a minute than in the house."""
    from app.web.kit.security.limits import limited

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api_files, "_ASKING", limited("draw", count))
        yield


async def test_so_many_may_wait_in_one_process_and_others_are_told_at_once(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_files, "_WAITING_MOST", 1)
    async with door.guest() as citizen:
        certificate = await held(door, citizen)

        async def ask(name: str, **more: Any) -> int:
            answer = await citizen.get(f"/api/v1/certificates/{certificate}/{name}", **more)
            return answer.status_code

        waits = asyncio.create_task(ask("zh.pdf", params={"wait": 6}))
        while not api_files._waiting:  # noqa: ASYNC110 - a plain list
            await asyncio.sleep(0.01)
        assert await ask("zh.png", params={"wait": 6}) == 202
        assert not waits.done()
        assert await waits == 202
