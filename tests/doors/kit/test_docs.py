"""The API's page works in a house without the internet."""

import re

import msgspec
import pytest
from litestar import get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from litestar.testing import AsyncTestClient

from app.web.kit import assembling
from app.web.kit.responses import docs


class Scene(msgspec.Struct):
    """What a QR code opens."""

    code: str


@get("/api/v1/scenes/{code:str}", operation_id="openScene", responses={404: ResponseSpec(Scene, description="x")})
async def scene(code: FromPath[str]) -> Scene:
    return Scene(code)


def create() -> assembling.Litestar:
    """Also what granian starts for a browser: tests/pages/test_docs_browser.py."""
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
