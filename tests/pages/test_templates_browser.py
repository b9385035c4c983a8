"""The citizen pages in a real browser: nothing clipped, the button in sight, and what scripts do, also without them.

No server: the browser's requests are answered here, with the policy the site sends.
"""

import importlib.util
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from playwright.async_api import Browser, CDPSession, ConsoleMessage, Error, Page, Route, async_playwright, expect

from app.kernel.text import Language
from app.views import page as views
from app.web.kit.gallery import gallery_page
from app.web.kit.responses import pages
from tests.pages.gift_samples import LOGO, logo_png

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip
SITE = "http://pages.test"
KINDS = {".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png"}

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

_spec = importlib.util.spec_from_file_location("page_samples", Path(__file__).with_name("test_templates_render.py"))
assert _spec and _spec.loader
samples = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(samples)

Answer = Callable[[Route], Awaitable[None]]
Open = Callable[..., Awaitable[Page]]
Choose = Callable[[Page, int], Awaitable[None]]


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        await running.close()


@pytest.fixture(scope="session")
async def tabs(browser: Browser) -> AsyncIterator[dict[bool, list[Page]]]:
    """Tabs that wait for the next reader, with and without scripts: a new one is a new process, ten times as slow."""
    idle: dict[bool, list[Page]] = {True: [], False: []}
    yield idle
    for page in (*idle[True], *idle[False]):
        await page.context.close()


@pytest.fixture
async def visit(browser: Browser, tabs: dict[bool, list[Page]]) -> AsyncIterator[Open]:
    """Opens a page of the samples as a reader would; complaints of the browser fail the test."""
    taken: list[tuple[bool, Page]] = []
    complaints: list[str] = []

    def said(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    def failed(error: Error) -> None:
        complaints.append(str(error))

    async def go(
        view: views.Page,
        language: Language = Language.ZH,
        *,
        size: tuple[int, int] = (390, 844),
        script: bool = True,
        api: Answer | None = None,
        others: dict[str, views.Page] | None = None,
    ) -> Page:
        page = await _tab(browser, tabs[script], script=script)
        taken.append((script, page))
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        page.on("console", said)
        page.on("pageerror", failed)

        async def answer(route: Route) -> None:
            path = urlsplit(route.request.url).path
            if path.startswith("/static/"):
                file = pages.STATIC / path.removeprefix("/static/")
                return await route.fulfill(body=file.read_bytes(), content_type=KINDS[file.suffix])
            if path.startswith("/api/"):
                assert api is not None, path
                return await api(route)
            if path.endswith((".png", ".ico")):
                return await route.fulfill(body=logo_png() if path == LOGO.url else b"", content_type="image/png")
            is_framed = path.endswith("/preview") and path != view.here
            shown = samples.sample_pages(language)["scene_preview"] if is_framed else (others or {}).get(path, view)
            policy = pages.content_security_policy(shown.template, frame_ancestors="'self'" if is_framed else "'none'")
            return await route.fulfill(
                body=pages.render(shown.template, shown, language),
                content_type="text/html; charset=utf-8",
                headers={"content-security-policy": policy},
            )

        await page.route("**/*", answer)
        await page.goto(SITE + view.here)
        return page

    yield go
    for script, page in taken:
        page.remove_listener("console", said)
        page.remove_listener("pageerror", failed)
        await page.unroute_all(behavior="ignoreErrors")
        await page.goto("about:blank")  # what it still asks or waits for ends here
        await page.context.clear_cookies()
        tabs[script].append(page)
    assert not complaints


@pytest.fixture
async def choose_text(visit: Open) -> AsyncIterator[Choose]:
    """Chooses a size of text, in percent, in the browser's settings: rem and the em of media queries follow it.

    Tabs are handed on, and a size outlives its test unless somebody waits until it is taken back.
    """
    chosen: dict[Page, CDPSession] = {}

    async def choose(page: Page, percent: int) -> None:
        if page not in chosen:
            chosen[page] = await page.context.new_cdp_session(page)
        sizes = {"standard": 16 * percent // 100, "fixed": 13 * percent // 100}
        await chosen[page].send("Page.setFontSizes", {"fontSizes": sizes})
        for _ in range(100):
            if await page.evaluate("getComputedStyle(document.documentElement).fontSize") == f"{sizes['standard']}px":
                return
            await page.wait_for_timeout(50)
        raise AssertionError(f"the browser did not take text of {percent} % within five seconds")

    yield choose
    for page, talk in chosen.items():
        await choose(page, 100)
        await talk.detach()


async def _tab(browser: Browser, idle: list[Page], *, script: bool) -> Page:
    if idle:
        return idle.pop()
    return await (await browser.new_context(java_script_enabled=script, reduced_motion="reduce")).new_page()


async def quiet(route: Route) -> None:
    await route.fulfill(json={})


PHONES = [(390, 844), (320, 568)]
"""The usual one, and the narrowest."""
SCREENS = [(size, percent) for percent in (100, 140) for size in PHONES]
SHOWN = [
    "scene", "scene_gift", "scene_gift_logo", "scene_gift_logo_gone", "scene_gift_code", "scene_gift_card",
    "scene_gift_account", "gift_code", "gift_code_fault", "gift_code_declined",
    "gift_code_passed_on", "cards", "cards_none", "cards_fault", "cards_given",
    "give_on", "give_on_fault", "give_on_card", "give_on_nothing", "give_on_closed",
    "offer", "offer_taken", "offer_back_too_late", "offer_card", "offer_card_taken", "offer_card_killed",
    "take", "take_fault", "take_offered", "take_over", "take_card", "take_card_killed",
    "scene_gift_partial", "scene_gift_empty", "scene_gift_over", "scene_small", "scene_fault",
    "scene_not_begun", "ended", "cashier",
    "cashier_qr", "cashier_unpaid", "cashier_snapshot", "organiser", "order_refunding",
    "cancel", "order_confirming", "order_unpaid", "order_refunded", "certificate",
    "account", "account_empty", "calculator", "calculator_year", "figure", "grams", "letter",
    "certificate_wechat",
    "verify_hint", "verified", "verified_partly", "home", "problem", "books", "books_broken", "books_unknown",
    "findings_stopped", "findings_late", "findings_none", "op_sign_in", "op_lots",
    "op_lots_empty", "op_report", "op_review", "op_own", "op_cancelled", "op_propose", "op_withdraw",
    "op_lots_over", "organisations_own", "op_orders_none", "op_orders_typed",
    "scene_unpaid", "cashier_quoted", "op_orders", "errors", "errors_one", "naming", "naming_agreed",
    "join", "join_wrong", "join_known", "join_over", "join_waiting", "reset", "factor", "factor_wrong", "code", "codes",
    "members", "members_link", "members_waiting", "members_empty", "organisations", "organisations_wrong",
    "cashier_transfer", "cashier_transfer_recorded", "op_transfers", "op_transfers_wrong", "op_transfers_none",
    "scene_two_currencies", "scene_dollars", "scene_no_dollars", "cashier_dollars", "cashier_too_small", "order_dollars",
    "op_rates", "op_rates_none", "op_rates_old",
    "op_statements", "op_statements_wrong", "op_statements_none", "op_statement_read", "op_statement_taken",
    "op_statement_nothing", "op_findings", "op_finding_returns", "op_finding_over", "op_findings_none",
    "op_bills", "op_bills_none", "op_bill_day", "op_bill_day_wrong", "op_bill_day_waiting", "op_bill_day_signed",
    "op_bill_differences", "op_bill_differences_wrong", "op_bill_difference_over", "op_bill_differences_none",
    "op_payments", "op_payments_none", "op_refunds", "op_refunds_wrong", "op_refunds_waiting", "op_notices",
    "op_notices_masked", "op_names", "op_names_seen", "op_names_wrong", "op_invoices",
    "op_invoices_reverse", "op_invoices_none", "own_invoices", "own_invoices_wrong", "own_invoices_none", "order_reversed",
    "organisations_empty", "own", "own_empty", "organisations_applied", "sign_up", "sign_up_wrong",
    "application", "application_returned", "application_done", "application_none",
    "keys", "keys_made", "keys_wrong", "keys_empty",
    "hold_cashier", "hold_arriving", "hold_done", "hold_closed", "both_done",
    "webhooks", "webhooks_none", "webhooks_secret", "webhooks_off", "webhooks_fault",
    "draft_new", "draft_kind", "draft_kind_faults", "draft_counting", "draft_counting_none", "draft_host",
    "draft_groups", "draft_groups_none", "draft_groups_faults", "draft_paying", "draft_paying_lacking", "draft_review",
    "draft_review_unfilled", "draft_waiting", "draft_returned", "draft_open", "draft_changed", "scenes",
    "scenes_none", "scene_preview", "cashier_name", "certificate_name", "certificate_name_long", "verified_name",
    "results", "results_days", "results_unknown", "results_none",
    "wechat_none", "wechat_linked", "wechat_off", "wechat_wait", "wechat_wait_link", "wechat_confirmed",
    "wechat_confirmed_link", "wechat_over", "wechat_ask", "wechat_ask_link", "wechat_done", "wechat_refused",
    "wechat_elsewhere",
    "held_logo", "gift_logo", "gift_logo_gone", "gift_desk_logo", "gift_desk_logo_fault", "gift_desk_logo_over",
    "held", "held_making", "held_coming", "held_used", "held_fault",
    "gift", "gift_writing", "gift_part", "gift_name_fault", "gift_desk", "gift_desk_draft", "gift_desk_codes",
    "gift_desk_paused", "gift_desk_empty", "gift_desk_over", "gift_desk_none",
    "board", "board_empty", "board_waiting", "board_differs", "contribution", "contribution_retired",
    "donations", "donations_empty", "give", "give_refused", "give_nobody", "give_owner", "give_owner_waiting",
    "give_owner_proposed", "give_owner_empty",
    "certificate_in_zone", "scene_in_zone", "zone", "zone_given", "zone_over",
    "sharing", "sharing_empty", "sharing_unknown_code", "share_ask", "share_ask_open", "share_ask_stranger", "share_revoke",
    "organiser_sharing", "readers", "account_statement",
    "avatar", "avatar_refused", "poster", "poster_waiting", "moderation", "moderation_readonly", "verified_shared",
    "wall_desk", "wall_desk_made", "wall_desk_none", "wall_desk_fault", "certificate_wall", "certificate_wall_line",
    "screen_checks", "screen_checks_none", "certificate_wall_again", "certificate_wall_over",
]  # fmt: skip

LAID_OUT = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 60))))"
"""What a new width changes is drawn once, the frames within the page too."""
FAULTS = """() => {
  const faults = [];
  if (document.documentElement.scrollWidth > innerWidth) faults.push(`wider than the screen: ${document.documentElement.scrollWidth}`);
  const seen = [...document.querySelectorAll("main *, header *, footer *, .dock *")].filter((e) =>
    e.checkVisibility() && !e.closest("svg, .unseen, .tb thead") && getComputedStyle(e).opacity !== "0" && !e.closest("details:not([open])"));
  for (const e of seen) {
    const box = e.getBoundingClientRect();
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (own && (box.right > innerWidth + 1 || box.left < -1)) faults.push(`outside: ${e.textContent.trim()}`);
    if (own && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflow !== "visible") faults.push(`clipped: ${e.textContent.trim()}`);
    const tapped = e.matches("button, summary, nav a, .links a, .km a, .btn, .rows a, label:has(input[type=radio]), .field input, .km input");
    // On a desk a button in a row is 32 px high, for a mouse.
    const least = e.matches(".tb .btn.s, .pair .btn.s") && innerWidth >= 1056 ? 31.5 : 43.5;
    if (tapped && (box.height < least || box.width < 36)) faults.push(`small: ${e.outerHTML.slice(0, 60)} ${box.width}×${box.height}`);
  }
  for (const e of document.querySelectorAll(".chart text")) {
    const box = e.getBoundingClientRect();
    if (box.height < 12) faults.push(`tiny: ${e.textContent} ${box.height}`);
    if (box.right > innerWidth || box.left < 0) faults.push(`outside: ${e.textContent}`);
  }
  // No line of a text begins with the point between two parts of it.
  for (const e of document.querySelectorAll(".meta, .lead")) {
    const texts = document.createTreeWalker(e, NodeFilter.SHOW_TEXT);
    for (let last = null; texts.nextNode(); ) {
      for (const [at, letter] of [...texts.currentNode.data].entries()) {
        if (!letter.trim()) continue;
        const range = document.createRange();
        range.setStart(texts.currentNode, at);
        range.setEnd(texts.currentNode, at + 1);
        const box = range.getBoundingClientRect();
        if (last && letter === "·" && box.top > last.bottom - 4) faults.push(`a point begins a line: ${e.textContent.trim()}`);
        last = box;
      }
    }
  }
  // What is chosen can be read in its field.
  for (const e of document.querySelectorAll("main select")) {
    const style = getComputedStyle(e);
    const canvas = document.createElement("canvas").getContext("2d");
    canvas.font = style.font;
    const room = e.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - 20;  // the arrow
    const width = canvas.measureText(e.selectedOptions[0]?.textContent ?? "").width;
    if (width > room) faults.push(`cut off: ${e.selectedOptions[0].textContent} ${width} of ${room}`);
  }
  const button = document.querySelector(".dock .btn:not([hidden])");
  if (button?.checkVisibility()) {
    const box = button.getBoundingClientRect();
    if (box.bottom > innerHeight || box.height < 51.5) faults.push(`button at ${box.top}–${box.bottom}`);
  }
  // The bar at the bottom leaves three quarters of the screen to what one reads.
  const dock = document.querySelector(".dock");
  if (dock?.checkVisibility() && getComputedStyle(dock).position === "sticky") {
    const taken = innerHeight - dock.getBoundingClientRect().top;
    if (taken > innerHeight / 4 + 1) faults.push(`the bar takes ${taken} of ${innerHeight}`);
    if (taken < 40) faults.push(`a blank bar of ${taken}`);
  }
  // No word of a button stands alone on its last line.
  for (const e of document.querySelectorAll(".btn")) {
    if (!e.checkVisibility()) continue;
    const lines = new Map();
    const texts = document.createTreeWalker(e, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const range = document.createRange();
      range.selectNodeContents(texts.currentNode);
      for (const box of range.getClientRects()) lines.set(box.top, (lines.get(box.top) ?? 0) + box.width);
    }
    const widths = [...lines].sort(([a], [b]) => a - b).map(([, width]) => width);
    if (widths.length > 1 && widths.at(-1) < Math.max(...widths) / 3) faults.push(`an orphan on ${e.textContent.trim()}`);
  }
  // The ribbon is a strip over the corner: what lies under its lower left edge is below it.
  const ribbon = document.querySelector(".ribbon span");
  if (ribbon) {
    const strip = ribbon.getBoundingClientRect();
    const [x, y] = [(strip.left + strip.right) / 2, (strip.top + strip.bottom) / 2];
    for (const e of document.querySelectorAll(".switch a, .brand")) {
      const box = e.getBoundingClientRect();
      const away = (box.top - y - (box.right - x)) / Math.SQRT2 - ribbon.offsetHeight / 2;
      if (away < 4) faults.push(`under the ribbon: ${e.textContent.trim()} ${away}`);
    }
  }
  // Whatever is read stands out from what is really behind it.
  const rgb = (text) => text.match(/[0-9.]+/g).map(Number);
  const light = (parts) => {
    const [r, g, b] = parts.map((one) => (one / 255 <= 0.04045 ? one / 255 / 12.92 : ((one / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== "none" || at.matches(".hero, .top")) return null;
      const [r, g, b, a = 1] = rgb(style.backgroundColor);
      if (a === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  for (const e of seen) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    const behind = own && !e.matches("option, [hidden]") ? ground(e) : null;
    if (!behind) continue;
    const style = getComputedStyle(e);
    const [high, low] = [light(rgb(style.color).slice(0, 3)), light(behind)].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) faults.push(`hard to read (${ratio.toFixed(1)}): ${e.textContent.trim().slice(0, 30)}`);
  }
  const sun = document.querySelector(".hero circle")?.getBoundingClientRect();
  for (const e of sun ? document.querySelectorAll(".brand span, .brand svg, .switch a") : []) {
    const range = document.createRange();
    range.selectNodeContents(e);
    for (const box of range.getClientRects()) {
      if (box.top >= e.closest("a").getBoundingClientRect().bottom) continue;  // a name that wrapped out of sight
      if (box.left < sun.right && sun.left < box.right && box.top < sun.bottom && sun.top < box.bottom) faults.push(`on the sun: ${e.className}`);
    }
  }
  return faults;
}"""  # noqa: E501  # a script of its own


async def faults(page: Page, *, but: tuple[str, ...] = ()) -> list[str]:
    """What FAULTS finds in the page at rest: it has two seconds to take a new size, and only what stays is a fault."""
    for left in reversed(range(20)):
        found = [one for one in await page.evaluate(FAULTS) if not one.startswith(but)]
        if not found or not left:
            break
        await page.wait_for_timeout(100)
    return found


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("language", list(Language))
async def test_nothing_is_clipped_and_the_button_is_in_sight(
    visit: Open, choose_text: Choose, name: str, language: Language
) -> None:
    page = await visit(samples.sample_pages(language)[name], language, api=quiet)
    for (width, height), percent in SCREENS:
        await choose_text(page, percent)
        await page.set_viewport_size({"width": width, "height": height})
        await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert await faults(page) == [], (width, height, percent)


ALONE = """() => [...document.querySelectorAll("main :is(p, small, h1, h2, b, .help, .t span)")].filter((e) => {
  if (!e.checkVisibility() || !/\\p{Script=Han}/u.test(e.textContent) || e.closest(".mono, .nb, details:not([open])")) return false;
  const lines = new Map();
  const range = document.createRange();
  range.selectNodeContents(e);
  for (const box of range.getClientRects()) lines.set(Math.round(box.bottom / 8), (lines.get(Math.round(box.bottom / 8)) ?? 0) + box.width);
  const size = parseFloat(getComputedStyle(e).fontSize);
  return lines.size > 1 && [...lines].sort(([a], [b]) => a - b).at(-1)[1] < 1.4 * size;
}).map((e) => e.textContent.trim())"""  # noqa: E501  # a script of its own


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("language", list(Language))
async def test_text_that_wechat_enlarges_stays_whole(visit: Open, name: str, language: Language) -> None:
    page = await visit(samples.sample_pages(language)[name], language, api=quiet)
    # WeChat's own size of text: the letters grow, and media queries know nothing of it.
    await page.evaluate("document.documentElement.style.fontSize = '140%'")
    for width in (320, 390):
        await page.set_viewport_size({"width": width, "height": 844})
        await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        # How much the bar takes is a media query's business.
        assert await faults(page, but=("the bar takes",)) == [], width
        if language is Language.ZH:
            assert await page.evaluate(ALONE) == [], width


UNSEEN_NAME = """() => [...document.querySelectorAll(".giver img")].map((e) => {
  const [box, style, words] = [e.getBoundingClientRect(), getComputedStyle(e), document.createElement("span")];
  const around = ["Left", "Right"].reduce((sum, side) => sum + parseFloat(style[`padding${side}`]) + parseFloat(style[`border${side}Width`]), 0);
  words.textContent = e.alt;
  words.style.cssText = `display:inline-block;overflow-wrap:anywhere;width:${box.width - around}px`;
  e.after(words);
  const missing = Math.max(0, words.offsetHeight - box.height) + Math.max(0, box.right - innerWidth);
  words.remove();
  return [e.alt !== "", e.naturalWidth, Math.round(missing)];
})"""  # noqa: E501  # a script of its own


@pytest.mark.parametrize("name", ["scene_gift_logo_gone", "gift_logo_gone"])
@pytest.mark.parametrize("language", list(Language))
async def test_where_a_logo_does_not_come_the_whole_name_stands(visit: Open, name: str, language: Language) -> None:
    page = await visit(samples.sample_pages(language)[name], language, size=(320, 568), api=quiet)
    for percent in (100, 140, 200):
        await page.evaluate(f"document.documentElement.style.fontSize = '{percent}%'")
        assert await page.evaluate(UNSEEN_NAME) == [[True, 0, 0]], percent


_OF_CONSOLES = (
    "op_",
    "members",
    "organisations",
    "own",
    "keys",
    "application",
    "scenes",
    "draft",
    "wechat_none",
    "wechat_linked",
    "moderation",
    "organiser_sharing",
    "readers",
)
CONSOLES = [name for name in SHOWN if name.startswith(_OF_CONSOLES)]


@pytest.mark.parametrize("name", CONSOLES)
@pytest.mark.parametrize("language", list(Language))
async def test_a_console_is_whole_on_a_desk_and_on_a_tablet(visit: Open, name: str, language: Language) -> None:
    page = await visit(samples.sample_pages(language)[name], language, size=(1280, 900))
    for width in (1280, 1060, 850, 768):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.evaluate(LAID_OUT)
        assert await faults(page) == [], width


@pytest.mark.parametrize("language", list(Language))
async def test_no_component_is_clipped_or_wider_than_the_screen(
    visit: Open, choose_text: Choose, language: Language
) -> None:
    page = await visit(gallery_page(language, {}), language, script=False)
    for (width, height), percent in [*SCREENS, ((1280, 900), 100), ((390, 844), 140)]:
        await choose_text(page, percent)
        await page.set_viewport_size({"width": width, "height": height})
        await page.wait_for_timeout(100)
        assert await faults(page) == [], (width, height, percent)


LINES_BEGIN = """() => [...document.querySelectorAll(".links")].flatMap((links) => {
  const shown = links.getBoundingClientRect().left + 2;  // what clip-path leaves
  const firsts = new Map();
  for (const one of links.children) if (one.matches("span")) {
    const box = one.getBoundingClientRect();
    if (!firsts.has(Math.round(box.top))) firsts.set(Math.round(box.top), box.left + 1);
  }
  return [...firsts.values()].filter((end) => end > shown);
})"""


@pytest.mark.parametrize("name", ["findings_stopped", "books", "errors", "certificate", "scene"])
@pytest.mark.parametrize("language", list(Language))
async def test_no_line_of_links_begins_with_a_hairline(
    visit: Open, choose_text: Choose, name: str, language: Language
) -> None:
    page = await visit(samples.sample_pages(language)[name], language, api=quiet)
    for percent in (100, 140):
        await choose_text(page, percent)
        for width in (320, 390, 480):
            await page.set_viewport_size({"width": width, "height": 844})
            await page.wait_for_timeout(50)
            assert await page.evaluate(LINES_BEGIN) == [], (width, percent)


FIGURES = """() => [...document.querySelectorAll(".shares dd, .programme .facts dd")].map((figure) => {
  const range = document.createRange();
  range.selectNodeContents(figure);
  const tops = [...range.getClientRects()].map((box) => Math.round(box.top));
  return {text: figure.textContent.trim(), line: tops[0], lines: new Set(tops).size};
})"""


@pytest.mark.parametrize("language", list(Language))
async def test_the_books_show_one_figure_a_line_on_a_phone(
    visit: Open, choose_text: Choose, language: Language
) -> None:
    page = await visit(samples.sample_pages(language)["books"], language)
    for (width, height), percent in [*SCREENS, ((390, 844), 140), ((320, 568), 100)]:
        await choose_text(page, percent)
        await page.set_viewport_size({"width": width, "height": height})
        await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        figures = await page.evaluate(FIGURES)
        assert len(figures) > 5
        assert [one for one in figures if one["lines"] != 1] == [], (width, percent)
        assert len({one["line"] for one in figures}) == len(figures), (width, percent, figures)


@pytest.mark.parametrize("size", [(768, 1024), (1280, 800), (667, 375), (360, 740), (430, 932)])
async def test_other_screens_show_the_scene_whole(visit: Open, size: tuple[int, int]) -> None:
    page = await visit(samples.sample_pages(Language.ZH)["scene_gift"], size=size)
    assert await faults(page) == []


async def test_the_picture_for_whoever_shares_the_link_is_loaded_by_no_visitor(visit: Open) -> None:
    page = await visit(samples.sample_pages(Language.ZH)["scene"], api=quiet)
    assert await page.locator("img[src*='share.png']").count() == 1
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.reload(wait_until="networkidle")
    assert any("/static/" in url for url in asked)
    assert [url for url in asked if "share.png" in url] == []


async def test_another_choice_brings_another_figure(visit: Open) -> None:
    scene = samples.sample_pages(Language.ZH)["scene"]
    asked = []

    async def estimate(route: Route) -> None:
        asked.append(parse_qs(urlsplit(route.request.url).query))
        found = samples.replace_struct(
            scene.estimate,
            grams=241_000,
            mass_text="241.0 kg",
            amount_minor=1205,
            price_text="¥12.05",
            summary="往返 1,800 km",
            lines=(*scene.estimate.lines, samples.replace_struct(scene.estimate.lines[0], label="<b>参赛包</b>")),
        )
        await route.fulfill(body=msgspec.json.encode(found), content_type="application/json")

    page = await visit(scene, api=estimate)
    await page.get_by_text("飞机").click()
    await page.locator("#km").fill("900")
    await expect(page.locator("[data-f=n]")).to_have_text("241.0")
    while asked[-1] != {"mode": ["flight"], "km": ["900"]}:  # each choice asks; bounded by the page's own timeout
        await page.wait_for_event("response", timeout=5_000)
    assert await page.locator(".dock .btn").inner_text() == "自己出 ¥12.05，领取证书"
    sent = await page.evaluate("Object.fromEntries(new FormData(document.getElementById('order')))")
    assert {name: sent[name] for name in ("mode", "km", "price")} == {"mode": "flight", "km": "900", "price": "1205"}
    assert await page.locator("#lines li [data-f=label]").all_text_contents() == ["地铁", "午餐", "<b>参赛包</b>"]
    assert (
        await page.locator(".switch a[lang=en]").get_attribute("href") == f"{SITE}/s/H7QP3K?mode=flight&km=900&lang=en"
    )


async def test_in_dollars_a_smallest_amount_is_told_until_the_choice_costs_more(visit: Open) -> None:
    scene = samples.sample_pages(Language.EN)["scene_dollars"]
    asked = []

    async def estimate(route: Route) -> None:
        asked.append(parse_qs(urlsplit(route.request.url).query))
        found = samples.replace_struct(
            scene.estimate, grams=241_000, mass_text="241.0 kg", amount_minor=170, price_text="US$1.70",
            buys_grams=241_000, buys_text="241.0 kg",
        )  # fmt: skip
        await route.fulfill(body=msgspec.json.encode(found), content_type="application/json")

    page = await visit(scene, Language.EN, api=estimate)
    tops = page.locator("#tops")
    assert "It buys 142.5 kg, more than your footprint of 12.4 kg" in await tops.inner_text()
    await page.locator("#km").fill("900")
    await expect(tops).to_be_hidden()
    assert asked[-1]["currency"] == ["USD"]
    assert await page.locator(".dock .btn").inner_text() == "Pay US$1.70, get certificate"
    sent = await page.evaluate("Object.fromEntries(new FormData(document.getElementById('order')))")
    wanted = {"currency": "USD", "price": "170", "buys": "241000"}
    assert {name: sent[name] for name in wanted} == wanted
    back = await page.locator("[data-currency]").get_attribute("href")
    assert back is not None and back.endswith("/s/H7QP3K?mode=metro&km=900&currency=CNY")


async def test_the_steps_and_the_slider_stay_within_the_mode(visit: Open) -> None:
    scene = samples.sample_pages(Language.ZH)["scene"]

    async def estimate(route: Route) -> None:
        await route.fulfill(body=msgspec.json.encode(scene.estimate), content_type="application/json")

    page = await visit(replace(scene, km="60", km_slide=60), api=estimate)
    await page.locator("[data-step='1']").click()
    assert await page.locator("#km").input_value() == "60"
    await page.locator("[data-step='-1']").click()
    assert await page.locator("#km").input_value() == "59"
    assert await page.locator("#slide").input_value() == "59"
    await page.get_by_text("自驾").click()
    await page.locator("#km").fill("390")
    await page.get_by_text("地铁", exact=True).first.click()
    assert await page.locator("#km").input_value() == "23"
    await page.get_by_text("飞机").click()
    assert await page.locator("#km").input_value() == "1000"
    assert await page.locator("#slide").get_attribute("min") == "50"


async def test_a_refused_choice_is_told_in_the_servers_words(visit: Open) -> None:
    scene = samples.sample_pages(Language.ZH)["scene"]
    page = await visit(scene)
    # In the page, since the browser notes a refusal from outside in its console, which fails every test here.
    await page.evaluate(
        "fetch = async () => new Response(JSON.stringify({message: '请稍等一会儿再试。'}), {status: 429})"
    )
    await page.get_by_text("高铁").click()
    await expect(page.locator("#notice")).to_have_text("请稍等一会儿再试。")
    assert await page.locator("#notice").is_visible()
    # Neither the figure of before nor its price stays beside a choice that has none.
    assert not await page.locator("#mass").is_visible()
    assert not await page.locator(".dock .btn").is_visible()


async def test_a_distance_that_does_not_fit_is_told_at_its_field_and_stays_as_typed(visit: Open) -> None:
    page = await visit(samples.sample_pages(Language.ZH)["scene"])
    await page.evaluate(
        "fetch = async () => new Response(JSON.stringify({message: '需在 50 与 20000 之间。', detail: {field: '/km'}}),"
        " {status: 400})"
    )
    await page.locator("#km").fill("20.5")
    await expect(page.locator("#km-fault")).to_have_text("需在 50 与 20000 之间。")
    assert await page.locator("#km").input_value() == "20.5"
    assert await page.locator("#km").get_attribute("aria-invalid") == "true"
    assert not await page.locator("#notice").is_visible()
    assert not await page.locator("#mass").is_visible()


async def test_without_a_script_the_choice_is_sent_by_the_form(visit: Open) -> None:
    page = await visit(samples.sample_pages(Language.ZH)["scene"], script=False)
    assert not await page.locator("#slide").is_visible()
    await page.get_by_text("自驾").click()
    await page.locator("#km").fill("40")
    async with page.expect_request(lambda request: request.method == "POST") as sent:
        await page.locator("#trip noscript button").click()
    body = parse_qs((await sent.value).post_data or "", keep_blank_values=True)
    assert {name: body[name] for name in ("mode", "km", "was_mode", "was_km", "pay")} == {
        "mode": ["car"], "km": ["40"], "was_mode": ["metro"], "was_km": ["23"], "pay": ["look"],
    }  # fmt: skip


async def test_a_tap_without_a_script_sends_the_order_once_with_its_intent(visit: Open) -> None:
    page = await visit(samples.sample_pages(Language.ZH)["scene"], script=False)
    async with page.expect_request(lambda request: request.method == "POST") as sent:
        await page.locator(".dock .btn").click()
    body = parse_qs((await sent.value).post_data or "")
    assert body == {
        "intent": ["int_1"], "csrf_token": ["token"], "mode": ["metro"], "km": ["23"], "was_mode": ["metro"],
        "was_km": ["23"], "price": ["62"], "buys": ["12400"], "pay": ["own"],
    }  # fmt: skip


async def test_the_waiting_page_follows_the_server_to_the_certificate(visit: Open) -> None:
    wait, done = samples.sample_pages(Language.ZH)["order_confirming"], samples.sample_pages(Language.ZH)["certificate"]
    answers = iter([
        {"phase": "unpaid"},
        {"phase": "retiring"},
        {"phase": "certifying", "retirement_number": "R-20261122-7K3M9QFX"},
        {"phase": "done", "retirement_number": "R-20261122-7K3M9QFX", "certificate_url": "/c/crt_01"},
    ])  # fmt: skip

    async def status(route: Route) -> None:
        await route.fulfill(json=next(answers))

    page = await visit(wait, api=status, others={"/c/crt_01": done})
    await page.get_by_role("heading", name="注销中").wait_for()
    await page.get_by_role("heading", name="证书生成中").wait_for()
    assert await page.locator("#retirement dd").inner_text() == "R-20261122-7K3M9QFX"
    await page.wait_for_url("**/c/crt_01")


PUBLIC = "https://dd.example.org/v/7K3M9QFX2R"


async def able(page: Page, what: str, can: str) -> None:
    """The page's script anew, in a browser that can do this: of a site without TLS it can neither share nor copy."""
    await page.evaluate(
        f"Object.defineProperty(navigator, '{what}', {{value: {can}}}); import('/static/citizen/share.js?able')"
    )


async def test_sharing_gives_the_system_a_title_and_the_public_link_only(visit: Open) -> None:
    page = await visit(samples.sample_pages(Language.EN)["certificate"], Language.EN)
    await able(page, "share", "async (what) => { window.shared = what }")
    await page.get_by_role("button", name="Share certificate").click()
    assert await page.evaluate("window.shared") == {"title": await page.title(), "url": PUBLIC}
    await expect(page.locator("#open")).to_be_hidden()


@pytest.mark.parametrize(
    ("can", "said", "copied"),
    [
        ("async (text) => { window.kept = text }", "链接已复制", PUBLIC),
        ("async () => { throw new Error() }", "没能复制", None),
    ],
)
async def test_where_nothing_is_shared_the_link_is_copied_and_the_page_says_so(
    visit: Open, can: str, said: str, copied: str | None
) -> None:
    page = await visit(samples.sample_pages(Language.ZH)["certificate"])
    await able(page, "clipboard", f"{{writeText: {can}}}")
    await page.get_by_role("button", name="分享证书").click()
    await expect(page.get_by_role("status").filter(has_text=said)).to_be_in_viewport()
    assert await page.evaluate("window.kept ?? null") == copied


@pytest.mark.parametrize(("name", "script"), [("certificate", False), ("certificate_wechat", True)])
async def test_without_a_script_and_in_wechat_sharing_is_a_link_to_the_public_page(
    visit: Open, name: str, *, script: bool
) -> None:
    page = await visit(samples.sample_pages(Language.ZH)[name], script=script)
    link = page.get_by_role("link", name="打开验真页分享")
    assert await link.get_attribute("href") == "/v/7K3M9QFX2R"
    await expect(page.get_by_role("button", name="分享证书")).to_be_hidden()
    assert await page.get_by_text("右上角").is_visible() is (name == "certificate_wechat")


async def test_a_call_up_that_was_cancelled_says_that_nothing_was_charged(visit: Open) -> None:
    page = await visit(samples.sample_pages(Language.ZH)["cashier_call_up"], api=quiet)
    assert not await page.locator("#unpaid").is_visible()
    await page.evaluate(
        "window.WeixinJSBridge = {invoke: (name, values, done) => done({err_msg: 'get_brand_wcpay_request:cancel'})};"
        "document.dispatchEvent(new Event('WeixinJSBridgeReady'))"
    )
    await expect(page.locator("#unpaid")).to_contain_text("没有付成，没有扣钱。")
    assert not await page.locator("#calling").is_visible()


async def test_what_the_channel_twice_calls_unpaid_is_told_in_seconds(visit: Open) -> None:
    wait = samples.sample_pages(Language.ZH)["order_confirming"]
    asked = []

    async def status(route: Route) -> None:
        asked.append(urlsplit(route.request.url).query)
        await route.fulfill(json={"phase": "unpaid"})

    page = await visit(wait, api=status)
    await page.wait_for_url("**?paid=2", timeout=8_000)
    assert asked[:3] == ["ask=true", "", "ask=true"]


async def test_an_answer_the_page_does_not_know_moves_nothing(visit: Open) -> None:
    loads = []

    async def status(route: Route) -> None:
        await route.fulfill(json={"phase": "elsewhere"})

    page = await visit(samples.sample_pages(Language.ZH)["order_retiring"], api=status)
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    await page.wait_for_timeout(2500)
    assert not loads
    assert await page.get_by_role("heading", name="注销中").is_visible()


async def test_waiting_long_is_told_honestly_and_ends(visit: Open) -> None:
    asked = []

    async def status(route: Route) -> None:
        asked.append(route.request.url)
        await route.fulfill(json={"phase": "confirming"})

    page = await visit(samples.sample_pages(Language.ZH)["order_confirming"], api=status)
    await page.clock.install()
    await page.reload()
    assert not await page.get_by_text("钱是安全的").is_visible()
    await page.clock.run_for(17_000)
    await page.get_by_text("钱是安全的").wait_for()
    await page.clock.run_for(46_000)
    await page.get_by_text("我们会继续查").wait_for()
    assert not await page.get_by_text("钱是安全的").is_visible()
    assert await page.get_by_role("link", name="再查一次").is_visible()
    count = len(asked)
    await page.clock.run_for(10_000)
    assert len(asked) == count


async def test_the_ribbon_takes_no_taps(visit: Open) -> None:
    page = await visit(samples.sample_pages(Language.ZH)["scene"])
    hit = await page.evaluate("document.elementFromPoint(innerWidth - 6, 60).closest('.ribbon')")
    assert hit is None


async def test_the_calculator_follows_what_is_typed_and_says_faults_at_their_fields(visit: Open) -> None:
    shown = samples.sample_pages(Language.ZH)
    day, faulty = shown["calculator"], shown["calculator_year"]
    answers = {"/me/footprint": day}
    page = await visit(replace(day, here="/me/begin", result=None), others=answers)  # type: ignore[call-arg]
    assert not await page.locator("#result .hero-n").count()
    await page.locator("[name=metro_km]").fill("12.5")
    await page.locator("#result .hero-n").wait_for()
    assert await page.get_by_role("button", name="记入我的碳账户").is_visible()
    answers["/me/footprint"] = faulty
    await page.locator("[name=metro_km]").fill("abc")
    await page.locator("#metro_km-fault").wait_for()
    assert await page.locator("[name=metro_km]").input_value() == "abc"
    assert not await page.locator("#result .hero-n").count()
