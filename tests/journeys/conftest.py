"""Real browsers before the whole product: phones and a desktop, their taps counted and every complaint kept."""

import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, ConsoleMessage, Locator, Page, Request, async_playwright

from tests.conftest import PROJECT, Stand
from tests.stack import Stack

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip
ARTIFACTS = PROJECT / "artifacts" / "journeys"
PHONE = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36"
)


@dataclass
class Traveller:
    """One browser, watched."""

    page: Page
    stack: Stack
    album: Path
    taps: int = 0
    complaints: list[str] = field(default_factory=list)
    _pictures: int = 0

    def url(self, path: str) -> str:
        """An address of the product."""
        return self.stack.base + path

    async def tap(self, target: str | Locator) -> None:
        """One touch of the reader's finger."""
        self.taps += 1
        await (self.page.locator(target) if isinstance(target, str) else target).first.click()

    async def keep(self, name: str) -> None:
        """A picture for whoever wants to look."""
        self._pictures += 1
        await self.page.screenshot(path=self.album / f"{self._pictures:02}-{name}.png", full_page=True)

    def watch(self) -> None:
        """Keep what the browser complains about, and requests to anybody but us and the channel."""
        own = {urlsplit(self.stack.base).netloc, urlsplit(self.stack.sandbox).netloc}

        def said(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"}:
                self.complaints.append(f"console: {message.text}")

        def asked(request: Request) -> None:
            parts = urlsplit(request.url)
            if parts.scheme not in {"data", "blob"} and parts.netloc not in own:
                self.complaints.append(f"foreign: {request.url}")

        self.page.on("console", said)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("request", asked)


Travel = Callable[..., Awaitable[Traveller]]


@pytest.fixture(scope="session")
def journey_stack(stand: Stand) -> Iterator[Stack]:
    """The whole product beside the tests' own servers."""
    with Stack(stand) as stack:
        yield stack


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: the journeys need one")
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        await running.close()


@pytest.fixture
async def travel(chromium: Browser, journey_stack: Stack, request: pytest.FixtureRequest) -> AsyncIterator[Travel]:
    """Opens a browser for a journey; what it complains about in the end fails the test."""
    travellers: list[Traveller] = []

    async def begin(
        language: str = "zh", *, script: bool = True, desktop: bool = False, wall: bool = False
    ) -> Traveller:
        desktop = desktop or wall
        size = {"width": 1920, "height": 1080} if wall else {"width": 1280, "height": 860}
        context = await chromium.new_context(
            viewport=size if desktop else {"width": 390, "height": 844},  # type: ignore[arg-type]
            user_agent=None if desktop else PHONE,
            is_mobile=not desktop,
            has_touch=not desktop,
            locale={"zh": "zh-CN", "en": "en-GB"}[language],
            java_script_enabled=script,
            reduced_motion="reduce",
        )
        name = re.sub(r"\W+", "-", request.node.name.removeprefix("test_")).strip("-")
        album = ARTIFACTS / language if "holds_a_certificate" in name else ARTIFACTS / name
        if travellers:
            album /= str(len(travellers) + 1)
        shutil.rmtree(album, ignore_errors=True)
        album.mkdir(parents=True)
        traveller = Traveller(await context.new_page(), journey_stack, album)
        traveller.watch()
        travellers.append(traveller)
        return traveller

    yield begin
    for traveller in travellers:
        await traveller.page.context.close()
    assert [complaint for traveller in travellers for complaint in traveller.complaints] == []
