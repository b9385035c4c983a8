"""A guest's way from the printed code to a certificate that somebody else paid for."""

import re
import time

import pytest
from playwright.async_api import expect

from app.cli.seeding.gifts import GIFT_CODE
from tests.effort import slowness
from tests.journeys.acts import anybody_finds_the_same, choose, held, opened_by_a_friend, scan, shared, to_the_channel
from tests.journeys.conftest import Travel

pytestmark = pytest.mark.browser

NAMES = {"zh": "林小川", "en": "Mary O'Neil"}
SAYS = {
    "zh": {"title": "碳中和证书", "valid": "证书有效"},
    "en": {"title": "Carbon neutrality certificate", "valid": "Valid certificate"},
}


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_guest_collects_says_their_name_and_shares_what_anybody_checks(travel: Travel, language: str) -> None:
    guest = await travel(language)
    page, says, began = guest.page, SAYS[language], time.monotonic()

    await scan(guest, GIFT_CODE)
    await expect(page.locator("#gift h2")).to_be_visible()
    shown = await page.locator("#figure [data-f=n]").inner_text()
    await guest.keep("scene")
    await guest.tap(".dock .btn:visible")
    await page.wait_for_url("**/g/gft_*")
    assert shown in await page.locator(".meta").first.inner_text()
    await page.fill("#name", NAMES[language])
    await expect(page.locator("#shown")).to_have_text(NAMES[language])
    await guest.keep("collected")
    await guest.tap(".dock .btn")
    assert guest.taps <= 4
    await held(page)
    assert time.monotonic() - began < 60 * slowness()
    await expect(page.locator("h1")).to_have_text(says["title"])
    assert NAMES[language] in await page.locator(".facts").inner_text()
    await guest.keep("certificate")
    number, link = await page.locator(".facts .mono").first.inner_text(), await shared(guest)
    await opened_by_a_friend(await travel("en"), link, number=number, valid=SAYS["en"]["valid"], name=NAMES[language])
    await anybody_finds_the_same(guest, NAMES[language], says["valid"])

    # Whoever scans again finds what is theirs, and nothing more.
    await scan(guest, GIFT_CODE)
    await guest.tap(".dock .btn:visible")
    await held(page)
    await page.goto(guest.url("/me"))
    assert await page.locator(".rows a[href^='/c/crt_']").count() == 1


async def test_a_guest_collects_without_a_script(travel: Travel) -> None:
    guest = await travel(script=False)
    await scan(guest, GIFT_CODE)
    await guest.tap(".dock .btn:visible")
    await guest.page.wait_for_url("**/g/gft_*")
    await guest.page.fill("#name", "林小川")
    await guest.tap(".dock .btn")
    await held(guest.page)  # the page reloads itself until the paper is there
    assert "林小川" in await guest.page.locator(".facts").inner_text()


async def test_a_gift_covers_a_part_and_the_guest_pays_the_rest(travel: Travel) -> None:
    guest = await travel()
    page = guest.page
    await scan(guest, GIFT_CODE)
    await guest.tap(page.locator(".chips label").nth(3))  # a flight: more than the gift covers
    await page.wait_for_url("**mode=flight*")
    rest = await page.locator("[data-f=rest_price_text]:visible").first.inner_text()
    assert re.fullmatch(r"¥[\d.]+", rest)
    await guest.keep("scene")
    await guest.tap(".dock .btn:visible")
    await page.wait_for_url("**/o/ord_*")
    await expect(page.locator(".pay .hero-n")).to_have_text(rest)
    await guest.keep("cashier")
    await to_the_channel(guest)
    await choose(guest, "success")
    await held(page)
    await page.goto(guest.url("/me"))
    assert await page.locator(".rows a[href^='/c/crt_']").count() >= 1
    await guest.keep("mine")
