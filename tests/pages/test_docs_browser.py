"""The API's page draws itself in a real browser that reaches nobody but us."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.conftest import PROJECT

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium found")
async def test_the_page_draws_itself_with_the_network_blocked(tmp_path: Path):
    from playwright.async_api import async_playwright

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(  # noqa: ASYNC220  # returns at once; the loop has nothing else to do
        [
            Path(sys.executable).parent / "granian", "--interface", "asgi", "--factory", "--no-ws",
            "--port", str(port), "--log-level", "error", "tests.doors.kit.test_docs:create",
        ],
        env=os.environ | {"PYTHONPATH": str(PROJECT)}, cwd=tmp_path,
    )  # fmt: skip
    try:
        await _answers(f"http://127.0.0.1:{port}/livez")
        foreign: list[str] = []
        faults: list[str] = []
        async with async_playwright() as play:
            chromium = await play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = await chromium.new_page()

            async def only_ours(route):
                if route.request.url.startswith((f"http://127.0.0.1:{port}/", "data:")):
                    await route.continue_()
                else:
                    foreign.append(route.request.url)
                    await route.abort()

            await page.route("**/*", only_ours)
            page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
            page.on("pageerror", lambda fault: faults.append(str(fault)))
            await page.goto(f"http://127.0.0.1:{port}/docs")
            await page.wait_for_selector("#api .opblock", timeout=20_000)
            title = await page.inner_text("#api .title")
            await chromium.close()
    finally:
        server.terminate()
        server.wait(10)

    assert "点点" in title
    assert foreign == []
    assert faults == []


async def _answers(url: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(200):
            try:
                if (await client.get(url)).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.1)
    pytest.fail(f"{url} did not answer")
