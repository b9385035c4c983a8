"""The API's page works in a house without the internet."""

import asyncio
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import msgspec
import pytest
from litestar import get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from litestar.testing import AsyncTestClient

from app.web.kit import assembling
from app.web.kit.responses import docs

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)


class Scene(msgspec.Struct):
    """What a QR code opens."""

    code: str


@get("/api/v1/scenes/{code:str}", operation_id="openScene", responses={404: ResponseSpec(Scene, description="x")})
async def scene(code: FromPath[str]) -> Scene:
    return Scene(code)


def create() -> assembling.Litestar:
    """Also what granian starts below."""
    return assembling.assemble([scene], version="1.2", hosts=["*"], is_secure=False, state={})


async def test_no_reference_leads_away_from_this_server():
    async with AsyncTestClient(create()) as browser:
        page = await browser.get("/docs")
        files = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        script = (await browser.get(f"{docs.ASSETS_PATH}/start.js")).text
        style = (await browser.get(f"{docs.ASSETS_PATH}/swagger-ui.css")).text

    assert len(files) == 4
    assert all(file.startswith("/static/docs/") for file in files)
    assert not re.search(r"https?:|//[a-z]", page.text)
    assert not re.search(r"https?:", script)
    assert not re.search(r"url\(\s*['\"]?https?:", style)
    assert "validatorUrl: null" in script


async def test_every_file_of_the_page_is_served_from_the_package():
    async with AsyncTestClient(create()) as browser:
        page = await browser.get("/docs")
        for file in re.findall(r'(?:src|href)="([^"]+)"', page.text):
            answer = await browser.get(file)
            assert answer.status_code == 200
            assert len(answer.content) > 200
            assert "max-age" in answer.headers["cache-control"]


@pytest.mark.parametrize("name", ["swagger-editor.js", "..%2f__init__.py", "%2e%2e/__init__.py", "LICENSE"])
async def test_no_other_file_of_the_package_is_served(name):
    async with AsyncTestClient(create()) as browser:
        assert (await browser.get(f"{docs.ASSETS_PATH}/{name}")).status_code == 404


async def test_the_description_is_openapi_3_1_in_our_name():
    async with AsyncTestClient(create()) as browser:
        answer = await browser.get("/docs/openapi.json")

    description = answer.json()
    assert description["openapi"].startswith("3.1")
    assert (description["info"]["title"], description["info"]["version"]) == ("点点", "1.2")
    assert list(description["paths"]) == ["/api/v1/scenes/{code}"]
    assert description["paths"]["/api/v1/scenes/{code}"]["get"]["operationId"] == "openScene"


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
            "--port", str(port), "--log-level", "error", f"{Path(__file__).stem}:create",
        ],
        env=os.environ | {"PYTHONPATH": f"{Path(__file__).parent}:{Path(__file__).parents[3]}"}, cwd=tmp_path,
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
