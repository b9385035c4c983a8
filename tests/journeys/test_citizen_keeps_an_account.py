"""The life of a personal carbon account, from the first scan to its erasure, as it looks on a phone of either width."""

import re

import httpx
import pytest
from playwright.async_api import expect

from app.cli.seeding.gifts import GIFT_CODE
from tests.journeys.account_acts import (
    EMPLOYER,
    agreed_to_one_book,
    computed,
    erased,
    exported,
    linked,
    may_ask,
    moved,
)
from tests.journeys.acts import choose, held, kept, scan, to_the_channel
from tests.journeys.conftest import Travel, Traveller

pytestmark = pytest.mark.browser

NAMES = {"zh": "林小川", "en": "Mary O'Neil"}
SAYS = {
    "zh": {"log": "读取了你同意的数字", "refused": "被拒绝", "word": "删除", "gram": "克"},
    "en": {"log": "Read the figures you agreed to", "refused": "Refused", "word": "erase", "gram": "g"},
}
PART_G = 1_500


async def collected(citizen: Traveller, name: str) -> int:
    """A gift by its code, with one's name on the paper; its grams."""
    page = citizen.page
    await scan(citizen, GIFT_CODE)
    await citizen.tap(".dock .btn:visible")
    await page.wait_for_url("**/g/gft_*")
    await page.fill("#name", name)
    await citizen.tap(".dock .btn")
    await held(page)
    answer = await page.request.get(citizen.url(f"/api/v1/certificates/{page.url.rsplit('/', 1)[-1]}"))
    return int((await answer.json())["record"]["mass_g"])


async def neutralised_a_part(citizen: Traveller) -> str:
    """From the page of the kept figure: 1.5 kg of it, paid; the address where anybody verifies the certificate."""
    page = citizen.page
    figure_url = page.url
    await page.fill("[name=kg]", f"{PART_G / 1000:g}")
    await citizen.tap(".dock .btn")
    await page.wait_for_url("**/o/ord_*")
    await kept(citizen, "cashier")
    await to_the_channel(citizen)
    await choose(citizen, "success")
    await held(page)
    await kept(citizen, "certificate")
    verify = re.search(r"/v/\w+", await page.locator("#say").inner_text())
    assert verify is not None
    await page.goto(figure_url)
    await expect(page.locator(".facts dd").nth(1)).to_contain_text(f"{PART_G:,}")
    return verify[0]


async def verified(citizen: Traveller, address: str) -> str:
    """What anybody is told of a certificate, which is still valid."""
    async with httpx.AsyncClient(base_url=citizen.stack.base, trust_env=False) as anybody:
        told = await anybody.get(f"/api/v1/verify{address.removeprefix('/v')}")
    assert (told.status_code, told.json()["valid"]) == (200, True)
    return told.text


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_an_account_is_filled_shared_taken_back_moved_and_erased(travel: Travel, language: str) -> None:
    says = SAYS[language]
    citizen = await travel(language)
    page = citizen.page
    async with may_ask(travel) as employer:
        gift_g = await collected(citizen, NAMES[language])
        await citizen.tap("a[href='/me']")
        await expect(page.locator("main")).to_contain_text(f"{gift_g:,}" if gift_g < 1_000 else f"{gift_g / 1000:.1f}")
        await kept(citizen, "account-of-a-gift")

        await computed(citizen, "P1", f"6,852 {says['gram']}")
        await computed(citizen, "P2", f"4,087,389 {says['gram']}")
        verify = await neutralised_a_part(citizen)
        await page.goto(citizen.url("/me"))
        await kept(citizen, "account")
        for path in ("/me/grams", "/me/letter"):
            await page.goto(citizen.url(path))
            await kept(citizen, path.rsplit("/", 1)[-1])

        request = await employer.ask()
        await agreed_to_one_book(citizen, request["code"], employer=EMPLOYER[language])
        read = await employer.read(request)
        assert read.status_code == 200, read.text
        books = read.json()["books"]
        assert (books["emitted"], books["retired"]["total_grams"]) == (None, gift_g + PART_G)
        await page.reload()
        await expect(page.locator("ol.time")).to_contain_text(says["log"])
        await kept(citizen, "read")
        await citizen.tap("a[href$='/revoke']")
        await kept(citizen, "revoking")
        await citizen.tap(".dock .btn")
        await page.wait_for_url("**/me/sharing#shr_*")
        assert (await employer.read(request)).status_code == 403
        await page.reload()
        await expect(page.locator("ol.time li").first).to_contain_text(says["refused"])
        await kept(citizen, "revoked")

    told, paper = await exported(citizen)
    for kept_there in ("4087389", "6852", NAMES[language]):
        assert kept_there in told, kept_there
    assert paper.startswith(b"%PDF")

    async with linked(citizen, language) as mini:
        years = (await mini.get("/api/v1/account")).json()["years"]
        assert sum(year["retired"]["grams"] for year in years) == gift_g + PART_G

        second = await travel(language)
        await moved(citizen, second)
        await expect(second.page.locator("main")).to_contain_text("4.09")
        await kept(second, "account-on-the-second-device")

        await page.goto(citizen.url("/me"))  # the page of the code looks again by itself, and would be refused
        await erased(second, word=says["word"])
        await page.goto(citizen.url("/me"))
        assert "4.09" not in await page.locator("main").inner_text()
        assert (await mini.get("/api/v1/account")).status_code == 401  # of both that are one
    assert NAMES[language] not in await verified(citizen, verify)
