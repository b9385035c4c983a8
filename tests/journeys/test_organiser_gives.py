"""An organiser's day at the console: a scene asked for and opened, a gift paid ahead, printed, watched, ended, refunded."""

import io
import json
import os
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from PIL import Image
from playwright.async_api import Locator, expect

from app.cli.demo.qr_codes import read_qr_of_pdf
from app.kernel.clock import beijing_day, utc_now
from app.views.demo_roles import ORGANISER_EMAIL, RoleName, token
from tests.journeys.acts import held, kept, scan
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


def ask_for_a_scene(stack: Stack, folder: Path, title: dict[str, str] = TITLE) -> str:
    """The organiser proposes it at the terminal; nobody enters before somebody of the platform agreed."""
    (own,) = json.loads(diandian(stack, folder, "organisation", "list", "示例城市总工会", "--json"))
    today = beijing_day(utc_now())
    scene = json.loads(diandian(stack, folder, "scene", "publish", "--example")) | {
        "organisation": own["id"], "title": title, "starts_on": today.isoformat(),
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


async def printed(organiser: Traveller, code: str, title: str) -> str:
    """Where the poster's code leads."""
    await organiser.page.goto(organiser.url("/organiser"))
    await organiser.page.get_by_role("link", name=title).first.click()
    await organiser.keep("scene")
    poster = await organiser.page.request.get(organiser.url(f"/organiser/{code}/print/poster.pdf"))
    file = organiser.album / "poster.pdf"
    file.write_bytes(await poster.body())
    return read_qr_of_pdf(file) or ""


async def set_up(organiser: Traveller, code: str, *, delivers: str = "retire", audience: str = "everyone") -> None:
    """A gift of up to 20 kg each."""
    page = organiser.page
    await page.locator(f"a[href='/organiser/{code}/gift']").click()
    await page.select_option("[name=audience]", audience)
    await page.select_option("[name=delivers]", delivers)
    await page.fill("[name=each_kg]", "20")
    await page.fill("[name=message_zh]", "谢谢你骑车来")
    await page.fill("[name=message_en]", "Thank you for cycling")
    await step(organiser, "new").click()
    await organiser.keep("draft")


async def paid(organiser: Traveller, code: str) -> str:
    """0.1 t in the gift's pool; answers its desk."""
    page, desk = organiser.page, organiser.url(f"/organiser/{code}/gift")
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


async def logo_set(organiser: Traveller) -> None:
    """A photograph of a logo, by the form; its name says that it is something else."""
    page, file = organiser.page, io.BytesIO()
    Image.new("RGB", (900, 300), "#0B5D46").save(file, "JPEG")
    await page.set_input_files(
        "[name=logo]", {"name": "logo.svg", "mimeType": "image/svg+xml", "buffer": file.getvalue()}
    )
    await page.locator("form[action$='/gift/logo'] .btn").click()
    await sees_logo(organiser, "main")
    await organiser.keep("logo")


async def sees_logo(reader: Traveller, where: str) -> None:
    """The picture itself, with its giver's name to whoever does not see it."""
    logo = reader.page.locator(f"{where} .giver img")
    await expect(logo).to_have_js_property("naturalWidth", 480)
    assert await logo.get_attribute("alt")


async def collected(guest: Traveller, code: str, *, has_logo: bool = False) -> None:
    """As whoever scans does."""
    await scan(guest, code)
    if has_logo:
        await sees_logo(guest, "#gift")
    await guest.tap(".dock .btn:visible")
    await guest.page.wait_for_url("**/g/gft_*")
    if has_logo:
        await sees_logo(guest, ".won")
    await guest.page.fill("#name", "Mary O'Neil")
    await guest.tap(".dock .btn")
    await held(guest.page)


async def given_g(organiser: Traveller, desk: str) -> int:
    """As the exported sheet says, of the one who came."""
    export = await organiser.page.request.get(f"{desk}.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(await export.body())).worksheets[1]
    assert sheet.max_row == 2
    return int(str(sheet.cell(2, 3).value))


async def watched_ended_and_refunded(organiser: Traveller, desk: str) -> None:
    """One came; the rest of 0.1 t goes back to the fen, at the desk and at the channel."""
    page = organiser.page
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
        refunds = (await organiser.stack.truth())["refunds"]
        return back_fen in [refund["fen"] for refund in refunds if refund["state"] == "SUCCESS"]

    await eventually(is_back, 20, "the rest of the money is not back at the channel", every_s=0.5)


async def test_an_organiser_gives_from_the_first_word_to_the_last_fen(travel: Travel, tmp_path: Path) -> None:
    organiser = await travel(desktop=True)
    stack, page = organiser.stack, organiser.page
    code = ask_for_a_scene(stack, tmp_path)
    assert (await page.request.get(organiser.url(f"/s/{code}"))).status == 404
    await opened_by_a_reviewer(await travel(desktop=True), code)

    await come_in(organiser, "organiser")
    assert await printed(organiser, code, TITLE["zh"]) == organiser.url(f"/s/{code}")
    await set_up(organiser, code)
    await logo_set(organiser)
    desk = await paid(organiser, code)
    await step(organiser, "open").click()
    await expect(step(organiser, "pause")).to_be_visible()
    await collected(await travel("en"), code, has_logo=True)

    await watched_ended_and_refunded(organiser, desk)
    late = await travel()
    await scan(late, code)
    await expect(late.page.locator("#gift h2")).to_have_text("赠碳已结束")
    await expect(late.page.locator(".dock .btn:visible")).to_contain_text("自己出")
    await late.keep("over")


async def given_on(giver: Traveller, friend: Traveller, stranger: Traveller) -> None:
    """1 kg of what lies in an account, by a link: a friend who was never here has it, whoever comes later does not."""
    page = giver.page
    await page.goto(giver.url("/me/give"))
    await page.fill("[name=kg]", "1")
    await kept(giver, "giving")
    await giver.tap(".dock .btn")
    await page.wait_for_url("**/me/give/gtr_*")
    await expect(page.locator("h1")).to_have_text("等待对方收下")
    await kept(giver, "offer")
    link = await page.locator("#url").inner_text()
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=giver.stack.base)
    await giver.tap("#share")
    await expect(page.locator("#copied")).to_have_text("链接已复制，发给一个人就好。")
    assert await page.evaluate("navigator.clipboard.readText()") == link

    await friend.page.goto(link)
    await expect(friend.page.locator("h1")).to_contain_text("1.0 kg")
    await kept(friend, "offered")
    await friend.tap(".dock .btn")
    await friend.page.wait_for_url("**/g/*")
    await expect(friend.page.locator("main")).to_contain_text("1.0 kg")
    await kept(friend, "accepted")
    await friend.page.goto(friend.url("/me/grams"))
    await expect(friend.page.locator("main")).to_contain_text("1,000 g")
    await kept(friend, "grams")

    await page.reload()
    await expect(page.locator("h1")).to_have_text("对方已收下")
    await kept(giver, "given")
    await stranger.page.goto(link)
    await expect(stranger.page.locator("main")).to_contain_text("This gift was accepted already.")
    await kept(stranger, "too-late")


async def card_made(organiser: Traveller, code: str) -> str:
    """One card of 10 kg, out of a gift for cards; its number."""
    await organiser.page.goto(organiser.url(f"/organiser/{code}"))
    await set_up(organiser, code, audience="cards")
    await paid(organiser, code)
    await step(organiser, "open").click()
    form = organiser.page.locator("form[action$='/codes']")
    await form.locator("[name=label]").fill("嘉宾")
    await form.locator("[name=count]").fill("1")
    await form.locator("[name=card_kg]").fill("10")
    async with organiser.page.expect_download() as downloading:
        await form.locator("button").click()
    file = organiser.album / "cards.csv"
    await (await downloading.value).save_as(file)
    return file.read_text("utf-8-sig").splitlines()[1].split(",")[1]


async def card_given_on(giver: Traveller, friend: Traveller, card: str) -> None:
    """4 kg of a card, by a link: one tap, and they are a card of the friend's."""
    page = giver.page
    await page.goto(giver.url("/card"))
    await page.fill("[name=card]", card)
    await giver.tap(".dock .btn")
    await giver.tap("a[href^='/me/give?gift=gcd_']")
    await page.fill("[name=kg]", "4")
    await kept(giver, "card-giving")
    await giver.tap(".dock .btn")
    await page.wait_for_url("**/me/give/gtr_*")
    await kept(giver, "card-offer")

    await friend.page.goto(await page.locator("#url").inner_text())
    await expect(friend.page.locator("main")).to_contain_text("gift card of yours")
    await kept(friend, "card-offered")
    await friend.tap(".dock .btn")
    await friend.page.wait_for_url("**/card")
    await expect(friend.page.locator("main")).to_contain_text("4.0 kg")
    await kept(friend, "card-accepted")
    await page.goto(giver.url("/card"))
    await expect(page.locator("main")).to_contain_text("6.0 kg")
    await page.get_by_text("记录").click()
    await expect(page.locator(".lines")).to_contain_text("赠给别人")
    await kept(giver, "card-given")


async def test_a_card_is_given_on_in_part_and_both_have_theirs(travel: Travel, tmp_path: Path) -> None:
    organiser = await travel(desktop=True)
    code = ask_for_a_scene(organiser.stack, tmp_path, {"zh": "示例读书会", "en": "Sample Reading Circle"})
    await opened_by_a_reviewer(await travel(desktop=True), code)
    await come_in(organiser, "organiser")
    await card_given_on(await travel(), await travel("en"), await card_made(organiser, code))


async def test_a_gift_into_ones_account_is_kept_used_later_with_the_giver_on_the_paper_and_given_on(
    travel: Travel, tmp_path: Path
) -> None:
    organiser = await travel(desktop=True)
    code = ask_for_a_scene(organiser.stack, tmp_path, {"zh": "示例植树日", "en": "Sample Planting Day"})
    await opened_by_a_reviewer(await travel(desktop=True), code)
    await come_in(organiser, "organiser")
    await organiser.page.goto(organiser.url(f"/organiser/{code}"))
    await set_up(organiser, code, delivers="account")
    await paid(organiser, code)
    await step(organiser, "open").click()
    await expect(step(organiser, "pause")).to_be_visible()

    guest = await travel()
    page = guest.page
    await scan(guest, code)
    await guest.keep("offered")
    await guest.tap(".dock .btn:visible")
    await page.wait_for_url("**/g/gft_*")
    await expect(page.locator("#use")).to_be_visible(timeout=20_000)  # the page finds by itself that it has arrived
    await guest.keep("held")
    await page.fill("[name=kg]", "1.5")
    await page.fill("#use [name=name]", "林小川")
    await guest.tap(".dock .btn")
    paper = page.locator(".uses a[href^='/c/crt_']")
    await paper.wait_for(timeout=30_000)  # and that the certificate is there
    await guest.keep("used")
    await page.goto(guest.url("/me"))
    await expect(page.locator("main")).to_contain_text("账户里的赠碳")
    await guest.keep("mine")
    await page.locator("a[href^='/c/crt_']").first.click()
    await held(page)
    facts = await page.locator(".facts").inner_text()
    assert "林小川" in facts
    assert "示例城市总工会" in facts
    await guest.keep("certificate")
    await given_on(guest, await travel("en"), await travel("en"))
