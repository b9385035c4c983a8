"""An organiser's day at the console: a scene asked for and opened, a gift paid ahead, printed, watched, ended, refunded."""

import io
import json
import os
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from playwright.async_api import Locator, expect

from app.cli.demo.qr_codes import read_qr_of_pdf
from app.kernel.clock import beijing_day, utc_now
from app.views.demo_roles import ORGANISER_EMAIL, RoleName, token
from tests.journeys.acts import held, scan
from tests.journeys.conftest import Travel, Traveller
from tests.stack import Stack, eventually, nursery

pytestmark = pytest.mark.browser

TITLE = {"zh": "示例城市骑行节", "en": "Sample City Cycling Festival"}


def diandian(stack: Stack, folder: Path, *arguments: str) -> str:
    """What a verb answers the organiser at the terminal."""
    out, log = folder / "out", folder / "log"
    own = {name: value for name, value in os.environ.items() if not name.startswith("DIANDIAN_")}
    own |= stack.environment | {"LANG": "C.UTF-8", "DIANDIAN_OPERATOR_PASSWORD": stack.environment["DIANDIAN_DEMO_KEY"]}
    code = nursery().wait(nursery().begin([*arguments], own, log, out=out), 60)
    assert code == 0, log.read_text("utf-8")
    return out.read_text("utf-8")


def ask_for_a_scene(stack: Stack, folder: Path) -> str:
    """The organiser proposes it at the terminal; nobody enters before somebody of the platform agreed."""
    (own,) = json.loads(diandian(stack, folder, "organisation", "list", "示例城市总工会", "--json"))
    today = beijing_day(utc_now())
    scene = json.loads(diandian(stack, folder, "scene", "publish", "--example")) | {
        "organisation": own["id"], "title": TITLE, "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(days=1)).isoformat(),
    }  # fmt: skip
    file = folder / "scene.json"
    file.write_text(json.dumps(scene), "utf-8")
    return diandian(stack, folder, "scene", "publish", "--file", str(file), "--by", ORGANISER_EMAIL).split()[0]


async def come_in(traveller: Traveller, role: RoleName) -> None:
    """By the demo's link."""
    await traveller.page.goto(
        traveller.url(f"/demo/{role}/{token(role, key=traveller.stack.environment['DIANDIAN_DEMO_KEY'])}")
    )


def step(traveller: Traveller, what: str) -> Locator:
    """The button of one step at the desk."""
    return traveller.page.locator(f"form:has(input[name=do][value={what}]) button")


async def opened_by_a_reviewer(reviewer: Traveller, code: str) -> None:
    """In the inbox of the platform, where what waits says what it is."""
    await come_in(reviewer, "reviewer")
    await reviewer.page.goto(reviewer.url("/operator/inbox"))
    waiting = reviewer.page.locator(f"main tr:has-text('{code}')")
    await waiting.locator("a").first.click()
    await reviewer.keep("asked")
    approving = reviewer.page.locator("form[action$='/approve']")
    await approving.locator("input[type=checkbox]").check()
    await approving.locator("button").click()
    await expect(waiting).to_have_count(0)


async def printed(organiser: Traveller, code: str) -> str:
    """Where the poster's code leads."""
    await organiser.page.goto(organiser.url("/organiser"))
    await organiser.page.get_by_role("link", name=TITLE["zh"]).click()
    await organiser.keep("scene")
    poster = await organiser.page.request.get(organiser.url(f"/organiser/{code}/print/poster.pdf"))
    file = organiser.album / "poster.pdf"
    file.write_bytes(await poster.body())
    return read_qr_of_pdf(file) or ""


async def set_up_and_paid(organiser: Traveller, code: str) -> str:
    """A gift for everybody of up to 20 kg each, with 0.1 t in its pool; answers its desk."""
    page, desk = organiser.page, organiser.url(f"/organiser/{code}/gift")
    await page.locator(f"a[href='/organiser/{code}/gift']").click()
    await page.fill("[name=each_kg]", "20")
    await page.fill("[name=message_zh]", "谢谢你骑车来")
    await page.fill("[name=message_en]", "Thank you for cycling")
    await step(organiser, "new").click()
    await organiser.keep("draft")
    await page.fill("[name=buy_t]", "0.1")
    await step(organiser, "buy").click()
    await page.wait_for_url("**/o/ord_*")
    await organiser.keep("cashier")
    await page.locator(".dock .btn").first.click()
    till = await page.get_by_role("link", name="SANDBOX").get_attribute("href")
    assert till is not None
    trade = await organiser.stack.trade_of(till)
    await organiser.stack.control("pay", out_trade_no=trade["out_trade_no"], outcome="success")

    async def is_filled() -> bool:
        await page.goto(desk)
        return await page.locator("ul.bought li").count() == 1

    await eventually(is_filled, 20, "what was paid is not in the pool", every_s=0.5)
    return desk


async def collected(guest: Traveller, code: str) -> None:
    """As whoever scans does."""
    await scan(guest, code)
    await guest.tap(".dock .btn:visible")
    await guest.page.wait_for_url("**/g/gft_*")
    await guest.page.fill("#name", "Mary O'Neil")
    await guest.tap(".dock .btn")
    await held(guest.page)


async def given_g(organiser: Traveller, desk: str) -> int:
    """As the exported sheet says, of the one who came."""
    export = await organiser.page.request.get(f"{desk}.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(await export.body())).worksheets[1]
    assert sheet.max_row == 2
    return int(str(sheet.cell(2, 3).value))


async def test_an_organiser_gives_from_the_first_word_to_the_last_fen(travel: Travel, tmp_path: Path) -> None:
    organiser = await travel(desktop=True)
    stack, page = organiser.stack, organiser.page
    code = ask_for_a_scene(stack, tmp_path)
    assert (await page.request.get(organiser.url(f"/s/{code}"))).status == 404
    await opened_by_a_reviewer(await travel(desktop=True), code)

    await come_in(organiser, "organiser")
    assert await printed(organiser, code) == organiser.url(f"/s/{code}")
    desk = await set_up_and_paid(organiser, code)
    await step(organiser, "open").click()
    await expect(step(organiser, "pause")).to_be_visible()
    await collected(await travel("en"), code)

    await page.goto(desk)
    await expect(page.locator("main table tbody tr")).to_have_count(1)
    await organiser.keep("watched")
    await step(organiser, "end").click()
    back_fen = 500 * (100_000 - await given_g(organiser, desk)) // 100_000
    await expect(step(organiser, "refund")).to_contain_text(f"¥{back_fen / 100:.2f}")
    await organiser.keep("ended")
    await step(organiser, "refund").click()
    await expect(step(organiser, "refund")).to_have_count(0)
    await organiser.keep("refunded")

    async def is_back() -> bool:
        refunds = (await stack.truth())["refunds"]
        return back_fen in [refund["fen"] for refund in refunds if refund["state"] == "SUCCESS"]

    await eventually(is_back, 20, "the rest of the money is not back at the channel", every_s=0.5)
    late = await travel()
    await scan(late, code)
    await expect(late.page.locator("#gift h2")).to_have_text("赠碳已结束")
    await expect(late.page.locator(".dock .btn:visible")).to_contain_text("自己出")
    await late.keep("over")
