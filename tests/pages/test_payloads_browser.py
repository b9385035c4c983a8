"""Every page in a real browser, with every payload in its texts: nothing runs, nothing is asked of a stranger.

The policy the site sends is in force, and it must have nothing to refuse: a page that relies on it has already failed.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import cycle, islice
from urllib.parse import urlsplit

import msgspec
import pytest
from playwright.async_api import Browser, ConsoleMessage, Dialog, Page, Route, expect

from app.kernel.text import Language
from app.views.page import Page as View
from app.web.kit.responses import pages
from tests.pages import test_templates_render as samples
from tests.pages.payloads import PAYLOADS
from tests.pages.test_templates_browser import KINDS, SITE, browser

__all__ = ["browser"]

TYPED = """async (words) => {
  const field = document.getElementById("name"), shown = [];
  for (const word of words) {
    field.value = word;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((next) => setTimeout(next));
    shown.push(document.getElementById("shown").textContent);
  }
  return shown;
}"""
IN_A_TEXT = 20  # a page with one text is opened 35 times instead of 684

pytestmark = pytest.mark.browser


class Watched:
    """A tab, and what happened in it that no text may cause."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.html = b""
        self.policy = ""
        self.happened: list[str] = []

    async def open(self, html: bytes, *, policy: str) -> None:
        self.html, self.policy = html, policy
        await self.page.goto(f"{SITE}/shown")

    async def answer(self, route: Route) -> None:
        asked = urlsplit(route.request.url)
        if asked.netloc != urlsplit(SITE).netloc:
            self.happened.append(f"asked {route.request.url}")
            await route.fulfill(status=204)  # nothing, and a page that was to leave stays
        elif asked.path == "/shown":
            headers = {"content-security-policy": self.policy} if self.policy else {}
            await route.fulfill(body=self.html, content_type="text/html; charset=utf-8", headers=headers)
        elif asked.path.startswith("/static/"):
            file = pages.STATIC / asked.path.removeprefix("/static/")
            await route.fulfill(body=file.read_bytes(), content_type=KINDS[file.suffix])
        elif asked.path.startswith("/api/"):
            await route.fulfill(json={})
        else:
            await route.fulfill(body=b"", content_type="image/png")

    def said(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.happened.append(message.text)

    async def dismissed(self, dialog: Dialog) -> None:
        self.happened.append(f"dialog {dialog.message}")
        await dialog.dismiss()


@asynccontextmanager
async def watched(browser: Browser) -> AsyncIterator[Watched]:
    context = await browser.new_context(reduced_motion="reduce", viewport={"width": 390, "height": 844})
    tab = Watched(await context.new_page())
    await tab.page.expose_function("hit", lambda: tab.happened.append("ran"))
    tab.page.on("console", tab.said)
    tab.page.on("dialog", tab.dismissed)
    await tab.page.route("**/*", tab.answer)
    try:
        yield tab
    finally:
        await context.close()


class Given:
    """Hands the payloads out in turn, twenty in one text, beginning again at the end; counts them."""

    def __init__(self) -> None:
        self.count = 0
        self._words = cycle(PAYLOADS)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.count += IN_A_TEXT
        return " ".join(islice(self._words, IN_A_TEXT))


def views() -> list[str]:
    """Pages whose view has a free text."""
    return [name for name, view in sorted(samples.sample_pages(Language.ZH).items()) if _texts(view)]


def _texts(view: View) -> int:
    given = Given()
    samples.poisoned(view, given)
    return given.count


@pytest.mark.parametrize("name", views())
async def test_no_payload_in_any_text_of_a_page_runs(browser: Browser, name: str) -> None:
    given = Given()
    policy = pages.content_security_policy(samples.sample_pages(Language.ZH)[name].template)
    async with watched(browser) as tab:
        for language in cycle(Language):
            if given.count >= len(PAYLOADS):
                break
            view = samples.poisoned(samples.sample_pages(language)[name], given)
            await tab.open(pages.render(view.template, view, language), policy=policy)
            assert tab.happened == []
    assert given.count >= 500


async def test_no_payload_typed_as_a_name_runs_while_the_paper_shows_it(browser: Browser) -> None:
    view = samples.sample_pages(Language.ZH)["gift"]
    async with watched(browser) as tab:
        await tab.open(
            pages.render(view.template, view, Language.ZH), policy=pages.content_security_policy(view.template)
        )
        shown = await tab.page.evaluate(TYPED, list(PAYLOADS))
    assert shown == [payload.strip() for payload in PAYLOADS]
    assert tab.happened == []


async def test_no_payload_in_an_answer_runs_where_the_script_of_the_scene_puts_it(browser: Browser) -> None:
    view, given = samples.sample_pages(Language.ZH)["scene_gift_partial"], Given()
    async with watched(browser) as tab:

        async def estimate(route: Route) -> None:
            answer = samples.poisoned(view.estimate, given)
            await route.fulfill(body=msgspec.json.encode(answer), content_type="application/json")

        await tab.page.route("**/api/**", estimate)
        await tab.open(
            pages.render(view.template, view, Language.ZH), policy=pages.content_security_policy(view.template)
        )
        for km in range(2, 40):
            before = given.count
            async with tab.page.expect_response("**/estimate**"):
                await tab.page.fill("[name=km]", str(km))
            await expect(tab.page.locator("body.busy")).to_have_count(0, timeout=60_000)
            assert given.count > before
            assert tab.happened == []
            if given.count >= len(PAYLOADS):
                break
    assert given.count >= 500


async def test_a_page_that_lets_a_payload_through_is_found(browser: Browser) -> None:
    """The watch itself: without escaping almost every payload is seen, by what it runs or by what the policy refuses."""
    runs = [payload for payload in PAYLOADS if payload.startswith("<") and not payload.startswith("</")]
    async with watched(browser) as tab:
        for policy, word in (("", "ran"), (pages.content_security_policy("base.html"), "Content Security Policy")):
            seen = 0
            for payload in runs:
                tab.happened.clear()
                await tab.open(f"<!doctype html><meta charset=utf-8><p>{payload}</p>".encode(), policy=policy)
                await tab.page.wait_for_timeout(20)
                seen += any(word in one or "asked" in one for one in tab.happened)
            assert seen >= len(runs) * 0.7, (word, seen, len(runs))
