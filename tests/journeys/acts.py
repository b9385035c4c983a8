"""What a citizen does in a journey, and what they wait for, whoever pays."""

import asyncio
import io
import re

import httpx
import zxingcpp
from PIL import Image
from playwright.async_api import Page, expect

from app.cli.demo.qr_codes import read_qr_of_pdf
from tests.journeys.conftest import Traveller

_NARROW_PX = 320


async def kept(traveller: Traveller, name: str) -> None:
    """Pictures of the whole page at both widths, its dock at the foot; nothing is wider than the narrow screen."""
    page = traveller.page
    usual = page.viewport_size
    assert usual is not None
    for width in (usual["width"], _NARROW_PX):
        await page.set_viewport_size({"width": width, "height": usual["height"]})
        height = await page.evaluate("document.documentElement.scrollHeight")
        await page.set_viewport_size({"width": width, "height": height})
        await traveller.keep(f"{name}-{width}")
    assert await page.evaluate("document.documentElement.scrollWidth") <= _NARROW_PX, name
    await page.set_viewport_size(usual)


async def scan(traveller: Traveller, code: str = "") -> None:
    """Open what a printed code says, as a camera reads it; the seeded live scene's where none is named."""
    code = code or traveller.stack.code
    async with httpx.AsyncClient(base_url=traveller.stack.base, trust_env=False) as printer:
        printed = (await printer.get(f"/s/{code}/qr.png?size=400")).content
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(printed)).convert("L"))
    assert found.text == traveller.url(f"/s/{code}")
    await traveller.page.goto(found.text)


async def order(traveller: Traveller, *, name: str = "") -> str:
    """From the code to the cashier; the order's address."""
    await scan(traveller)
    await traveller.tap(".dock .btn")
    await traveller.page.wait_for_url("**/o/ord_*")
    if name:
        await traveller.page.fill("[name=name]", name)
    return traveller.page.url


async def to_the_channel(traveller: Traveller) -> None:
    await traveller.tap(".dock .btn")
    await traveller.page.wait_for_url(f"{traveller.stack.sandbox}/cashier/**")


async def choose(traveller: Traveller, outcome: str) -> None:
    """At the channel's page."""
    await traveller.page.locator(f"button[value={outcome}]").click()


async def held(page: Page) -> None:
    """The certificate's page, which shows the paper whatever is drawn of it."""
    await page.wait_for_url("**/c/crt_*", timeout=60_000)
    await page.locator(".paper svg").first.wait_for(timeout=20_000)


async def shared(citizen: Traveller) -> str:
    """The link that the certificate's page copies in a browser without a share sheet of its own."""
    page = citizen.page
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=citizen.stack.base)
    told = page.get_by_role("status").last
    before = await told.inner_text()
    await citizen.tap("#share")
    await expect(told).not_to_have_text(before)
    await citizen.keep("shared")
    return str(await page.evaluate("navigator.clipboard.readText()"))


async def opened_by_a_friend(friend: Traveller, link: str, *, number: str, valid: str, name: str) -> None:
    """In a browser that never was here: the certificate is valid, and the holder's name is not told."""
    await friend.page.goto(link)
    await expect(friend.page.locator("h1")).to_have_text(valid)
    assert number in await friend.page.locator(".facts").inner_text()
    assert name not in await friend.page.content()
    await friend.keep("opened")


async def tapped(citizen: Traveller, name: str) -> bytes:
    """A file behind its link, as a browser follows it: through the page that says it is being drawn."""
    address = await citizen.page.locator(f".tools a[href$='{name}']").get_attribute("href")
    assert address is not None
    async with asyncio.timeout(20):
        while (answer := await citizen.page.request.get(citizen.url(address))).status == 202:  # noqa: ASYNC110 - the server's
            await asyncio.sleep(float(answer.headers["retry-after"]))
    assert answer.status == 200, name
    return await answer.body()


async def anybody_finds_the_same(citizen: Traveller, name: str, valid: str) -> None:
    """From the certificate's page by its files and their codes to the public page, and to one's own list."""
    page = citizen.page
    verify_url = re.search(r"http\S+/v/\w+", await page.locator("#say").inner_text())
    assert verify_url is not None
    assert Image.open(io.BytesIO(await tapped(citizen, ".png"))).width == 1080
    for paper in ("zh.pdf", "en.pdf"):
        file = citizen.album / paper
        file.write_bytes(await tapped(citizen, paper))
        seen = read_qr_of_pdf(file)
        assert seen is not None
        assert seen.casefold() == verify_url[0].casefold()

    number = await page.locator(".facts .mono").first.inner_text()
    await page.goto(seen)
    await expect(page.locator("h1")).to_have_text(valid)
    assert await page.locator(".facts .mono").first.inner_text() == number
    assert name not in await page.content()
    await citizen.keep("verified")
    await page.goto(citizen.url("/me?kind=papers"))
    assert number in await page.locator("main").inner_text()
    await citizen.keep("mine")
