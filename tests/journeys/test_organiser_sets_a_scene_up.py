"""From an empty desk to a scene whose code opens: the organiser's four steps, and the platform's word, in real browsers."""

import re
from datetime import timedelta

import pytest
from playwright.async_api import FrameLocator, expect

from app.kernel.clock import beijing_day, utc_now
from tests.journeys.acts import scan
from tests.journeys.conftest import Travel, Traveller
from tests.journeys.test_organiser_gives import come_in, opened_by_a_reviewer

pytestmark = pytest.mark.browser

TITLE = {"zh": "示例龙泉山徒步日", "en": "Sample Hiking Day"}


def phone(organiser: Traveller) -> FrameLocator:
    """What stands beside each step."""
    return organiser.page.frame_locator("iframe[name=phone]")


async def named(organiser: Traveller) -> None:
    """Step one, saved while it is typed: the phone shows the name before any button is pressed."""
    page, today = organiser.page, beijing_day(utc_now())
    await page.goto(organiser.url("/organiser"))
    await page.locator("a[href='/organiser/scenes']").first.click()
    await organiser.keep("list")
    await page.locator("a[href='/organiser/scenes/new']").first.click()
    await page.locator("label:has([name=kind][value=event])").click()
    await page.fill("[name=title_zh]", TITLE["zh"])
    await page.fill("[name=title_en]", TITLE["en"])
    await page.fill("[name=place_zh]", "示例森林公园")
    await page.fill("[name=place_en]", "Sample Forest Park")
    await page.fill("[name=starts_on]", today.isoformat())
    await page.fill("[name=ends_on]", (today + timedelta(days=1)).isoformat())
    await page.wait_for_url("**/organiser/scenes/sdr_*/kind", timeout=20_000)
    await expect(phone(organiser).locator("h1")).to_have_text(TITLE["zh"], timeout=20_000)
    await organiser.keep("kind")
    await page.locator(".onward [value=next]").click()


async def counted(organiser: Traveller) -> str:
    """Step two, by a template, with the example to the gram; answers what the host emits."""
    page = organiser.page
    await page.locator("button[name=template][value=race]").click()
    await expect(page.locator("[name=on_clothes_tshirt]")).to_be_checked()
    before = await page.locator("#sum").inner_text()
    await page.locator("label:has([name=on_clothes_tshirt])").click()
    await expect(page.locator("#g-clothes_tshirt")).to_have_text("不计", timeout=20_000)
    assert await page.locator("#sum").inner_text() != before
    await expect(phone(organiser).locator("#figure details")).to_be_visible()
    await organiser.keep("counting")
    await page.locator("[value=host]").click()
    for name, typed in {"attendees": "300", "days": "1", "electricity_kwh": "1200"}.items():
        await page.fill(f"[name={name}]", typed)
    await expect(page.locator("#figure")).to_contain_text("187,680", timeout=20_000)
    await organiser.keep("host")
    await page.locator(".onward [value=next]").click()
    await expect(page.locator("#host")).to_contain_text("187,680")
    await answered(organiser)
    await page.locator(".onward [value=next]").click()
    return "187,680"


async def answered(organiser: Traveller) -> None:
    """Beside step two: the organiser answers for itself and its staff, and sees both summed while typing."""
    page = organiser.page
    await page.locator("[value=groups]").click()
    await page.locator("label:has([name=covers_host])").click()
    await page.locator("label:has([name='groups/1/covered'])").click()
    await page.fill("[name='groups/1/kg']", "12.5")
    await expect(page.locator("#answered")).to_contain_text("200,180", timeout=20_000)
    await organiser.keep("groups")
    await page.locator(".onward [value=next]").click()
    await expect(page.locator("#groups")).to_contain_text("200,180")


async def paid_for(organiser: Traveller) -> None:
    """Step three: the organiser gives, and sees what that costs."""
    page = organiser.page
    await page.locator("label:has([name=payer][value=gift])").click()
    await page.fill("[name=each_kg]", "20")
    await page.fill("[name=people]", "300")
    await page.fill("[name=message_zh]", "山上见")
    await page.fill("[name=message_en]", "See you on the hill")
    await expect(page.locator("#cost b").first).to_contain_text("¥", timeout=20_000)
    await expect(phone(organiser).locator("#gift h2")).to_contain_text("20.0", timeout=20_000)
    await organiser.keep("paying")
    await page.locator(".onward [value=next]").click()


async def put_forward(organiser: Traveller, host: str) -> str:
    """Step four: everything once more, and to the platform; answers the code, which opens nothing yet."""
    page = organiser.page
    await expect(page.locator("main")).to_contain_text(TITLE["en"])
    await expect(page.locator("main")).to_contain_text(host)
    await expect(page.locator("main")).to_contain_text("12,500 g")
    await organiser.keep("review")
    await page.locator(".onward button").click()
    await expect(page.locator("h1")).to_have_text("已提交，等平台复核")
    await organiser.keep("waiting")
    told = re.search(r"[0-9A-HJKMNP-TV-Z]{6}(?= ?[\u2069]?，通过之后)", await page.locator("main").inner_text())
    assert told is not None
    assert (await page.request.get(organiser.url(f"/s/{told[0]}"))).status == 404
    return told[0]


async def test_an_organiser_sets_a_scene_up_without_asking_anybody(travel: Travel) -> None:
    organiser = await travel(desktop=True)
    page = organiser.page
    await come_in(organiser, "organiser")
    await named(organiser)
    host = await counted(organiser)
    await paid_for(organiser)
    code = await put_forward(organiser, host)

    await opened_by_a_reviewer(await travel(desktop=True), code)
    await page.reload()
    await expect(page.locator("h1")).to_have_text("已开放，可以打印了")
    await organiser.keep("open")
    assert (await page.request.get(organiser.url(f"/organiser/{code}/print/poster.pdf"))).status == 200
    guest = await travel("en")
    await scan(guest, code)
    await expect(guest.page.locator("h1")).to_have_text(TITLE["en"])
    await expect(guest.page.locator("main")).to_contain_text("Sample Forest Park")
    await guest.keep("scene")


async def test_on_a_phone_without_a_script_the_steps_are_pages(travel: Travel) -> None:
    organiser = await travel(script=False)
    page, today = organiser.page, beijing_day(utc_now())
    await come_in(organiser, "organiser")
    await page.goto(organiser.url("/organiser/scenes/new"))
    await page.locator("label:has([name=kind][value=meeting])").click()
    await page.fill("[name=title_zh]", "示例年会")
    await page.locator(".onward [value=next]").click()
    await expect(page.locator(".fault").first).to_be_visible()
    assert await page.input_value("[name=title_zh]") == "示例年会"
    await organiser.keep("faults")
    # A browser logs that the page with the faults came as 422.
    assert all("422" in one for one in organiser.complaints), organiser.complaints
    organiser.complaints.clear()
    await page.fill("[name=title_en]", "Sample Meeting")
    await page.fill("[name=starts_on]", today.isoformat())
    await page.fill("[name=ends_on]", today.isoformat())
    await page.locator(".onward [value=next]").click()
    await page.locator("button[name=template][value=meeting]").click()
    await expect(page.locator("[name=on_meals_mixed]")).to_be_checked()
    await organiser.keep("counting")
    await page.locator(".alone a").click()
    await expect(page.locator("h1")).to_have_text("示例年会")
    await organiser.keep("preview")
    await page.locator(".before a").click()
    await page.wait_for_url("**/counting")
    await page.locator(".onward [value=back]").click()
    assert await page.input_value("[name=title_en]") == "Sample Meeting"
    await page.goto(organiser.url("/organiser/scenes"))
    row = page.locator(".scenes li", has_text="示例年会")
    await row.locator("form button").click()
    await page.locator(".undo button").click()
    await expect(page.locator(".scenes li", has_text="示例年会")).to_have_count(1)
