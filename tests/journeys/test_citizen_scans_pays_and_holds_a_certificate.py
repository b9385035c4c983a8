"""A citizen's way from the printed code to a certificate anybody can check, as it looks on a phone."""

import io
import re
import time

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import expect

from tests.effort import slowness
from tests.journeys.acts import anybody_finds_the_same, choose, held, order, scan, to_the_channel
from tests.journeys.conftest import Travel

pytestmark = pytest.mark.browser

NAMES = {"zh": "林小川", "en": "Mary O'Neil"}
SAYS = {
    "zh": {"pay": "自己出", "title": "碳中和证书", "valid": "证书有效", "confirming": "支付确认中", "unpaid": "待支付"},
    "en": {"pay": "get certificate", "title": "Carbon neutrality certificate", "valid": "Valid certificate"},
}


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_visitor_scans_pays_and_holds_a_certificate(travel: Travel, language: str) -> None:
    citizen = await travel(language)
    page, says, began = citizen.page, SAYS[language], time.monotonic()

    await scan(citizen)
    assert await page.locator("html").get_attribute("lang") == {"zh": "zh-CN", "en": "en"}[language]
    await expect(page.locator(".dock .btn")).to_contain_text(says["pay"])
    await citizen.keep("scene")
    figure = page.locator("#figure [data-f=n]")
    before = await figure.inner_text()
    await citizen.tap(page.locator(".chips label").nth(1))
    await citizen.tap("[data-step='1']")
    await page.wait_for_url("**mode=car&km=24*")  # the figure of the last tap stands
    await expect(figure).not_to_have_text(before)
    shown = await figure.inner_text()
    price = re.search(r"¥[\d.]+", await page.locator(".dock .btn").inner_text())
    assert price is not None
    await citizen.keep("figure-changed")

    await citizen.tap(".dock .btn")
    await page.wait_for_url("**/o/ord_*")
    await expect(page.locator(".pay .hero-n")).to_have_text(price[0])
    await page.fill("[name=name]", NAMES[language])
    await citizen.keep("cashier")
    await to_the_channel(citizen)
    assert citizen.taps <= 4
    await citizen.keep("channel")

    await choose(citizen, "success")
    await page.wait_for_url(re.compile(r"/o/ord_|/c/crt_"))
    await citizen.keep("waiting")
    await held(page)
    assert time.monotonic() - began < 60 * slowness()
    await expect(page.locator("h1")).to_have_text(says["title"])
    assert shown in await page.locator(".meta").first.inner_text()
    assert NAMES[language] in await page.locator(".facts").inner_text()
    await citizen.keep("certificate")

    await anybody_finds_the_same(citizen, NAMES[language], says["valid"])


async def test_the_same_way_without_a_script(travel: Travel) -> None:
    citizen = await travel(script=False)
    page = citizen.page
    await scan(citizen)
    before = await page.locator("#figure [data-f=n]").inner_text()
    await citizen.tap(page.locator(".chips label").nth(1))
    await citizen.tap("#trip noscript button")
    assert await page.locator("#figure [data-f=n]").inner_text() != before
    await citizen.tap(".dock .btn")
    await page.wait_for_url("**/o/ord_*")
    await to_the_channel(citizen)
    await choose(citizen, "success")
    await held(page)  # both waits are the page's own: it reloads itself
    await citizen.keep("certificate")


async def test_declined_cancelled_then_paid_is_one_order(travel: Travel) -> None:
    citizen = await travel()
    page = citizen.page
    order_url = await order(citizen)
    for outcome in ("declined", "cancel"):
        await to_the_channel(citizen)
        await choose(citizen, outcome)
        # The channel says that nothing came, and says it twice: the cashier tells so, with the way on.
        await page.wait_for_url("**/o/ord_*paid=2")
        await expect(page.get_by_text("没有付成，没有扣钱")).to_be_visible()
        await citizen.keep(outcome)
        await expect(page.locator(".dock button.btn")).to_contain_text("付款")
    await to_the_channel(citizen)
    await choose(citizen, "success")
    await held(page)
    order_id = order_url.rsplit("/", 1)[-1]
    done = await page.request.get(citizen.url(f"/api/v1/orders/{order_id}"))
    assert (await done.json())["phase"] == "done"
    await page.goto(order_url)
    await page.wait_for_url("**/c/crt_*")
    await page.goto(citizen.url("/me"))
    assert await page.locator(".rows a[href^='/c/crt_']").count() == 1


async def test_a_cancelled_order_is_over_and_the_scene_keeps_the_choices(travel: Travel) -> None:
    citizen = await travel()
    page = citizen.page
    await scan(citizen)
    await citizen.tap(page.locator(".chips label").nth(1))
    await page.wait_for_url("**mode=car*")  # the button says the price of the new choice
    await citizen.tap(".dock .btn")
    await page.wait_for_url("**/o/ord_*")
    await page.get_by_role("link", name="取消订单").click()
    await citizen.keep("really")
    await page.get_by_role("button", name="取消订单").click()
    await expect(page.get_by_role("heading", name="已关闭")).to_be_visible()
    await citizen.keep("closed")
    await page.get_by_role("link", name="重新开始").click()
    await expect(page.locator("[name=mode]:checked").first).to_have_value("car")


async def test_a_lost_notice_is_waited_for_honestly_and_found_by_asking(travel: Travel) -> None:
    citizen = await travel()
    page = citizen.page
    await order(citizen)
    await to_the_channel(citizen)
    await citizen.stack.control("fault", route="query", kind="500", times=4)
    await choose(citizen, "success_no_notify")
    await page.wait_for_url("**/o/ord_*paid=1")
    await expect(page.get_by_role("heading", name=SAYS["zh"]["confirming"])).to_be_visible()
    await citizen.keep("confirming")
    await held(page)


async def test_a_notice_that_comes_late_or_thrice_makes_one_certificate(travel: Travel) -> None:
    citizen = await travel("en")
    for outcome in ("delay_15s", "duplicate_notify"):
        await order(citizen)
        await to_the_channel(citizen)
        await choose(citizen, outcome)
        await held(citizen.page)
    await citizen.page.goto(citizen.url("/me"))
    assert await citizen.page.locator(".rows a[href^='/c/crt_']").count() == 2


async def test_a_desktop_shows_a_code_that_a_phone_can_pay(travel: Travel) -> None:
    citizen = await travel(desktop=True)
    page = citizen.page
    await order(citizen)
    await citizen.tap(".dock .btn")
    code = page.locator(".qr svg")
    await code.wait_for()
    shot = Image.open(io.BytesIO(await page.screenshot())).convert("L")
    (seen,) = zxingcpp.read_barcodes(shot)
    assert re.fullmatch(r"weixin://wxpay/bizpayurl\?pr=[\w-]+", seen.text)
    await citizen.keep("code")
    # Nobody's WeChat can scan a sandbox's code, so the page offers the sandbox's own.
    till = await page.get_by_role("link", name="SANDBOX").get_attribute("href")
    assert till is not None
    assert till.startswith(citizen.stack.sandbox)
    assert seen.text.rpartition("=")[2] == till.rsplit("/", 1)[-1]
    await citizen.stack.control(
        "pay", out_trade_no=(await citizen.stack.trade_of(till))["out_trade_no"], outcome="success"
    )
    await held(page)  # the page asks by itself
