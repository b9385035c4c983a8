"""A giver's logo at the doors: sent by a program or a form, shown before and after collecting, served to anybody, removed."""

import asyncio
from io import BytesIO
from typing import Any

from PIL import Image

from app.foundation import identity
from app.foundation.identity import Role
from app.gateways.database import fetch_value
from app.kernel.clock import utc_now
from app.kernel.text import Text
from app.views.giving import collecting as given
from tests.doors.conftest import OWN_PAGE, PAGE, Caller, Door
from tests.doors.test_gifts import KG, Host, collect, hosting
from tests.doors.test_pages_operator import fields
from tests.owning import as_owner
from tests.staff import member, verified

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def picture(colour: str = "#0B5D46", form: str = "PNG", size: tuple[int, int] = (960, 240)) -> bytes:
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, form)
    return file.getvalue()


async def put(caller: Caller, host: Host, data: bytes, status: int = 200) -> Any:
    answer = await caller.put(f"/api/v1/gift-campaigns/{host.campaign['id']}/logo", content=data)
    assert answer.status_code == status, answer.text
    given._offered.forget()  # what the page remembers for a second
    return answer.json()


async def send(browser: Caller, host: Host, *, status: int = 303, **form: Any) -> str:
    """The form on the gift's page, with a file where `logo` gives one."""
    here = f"/organiser/{host.code}/gift"
    sealed = fields((await browser.get(here, headers=PAGE)).text)["csrf_token"]
    file = form.pop("logo", None)
    files = {"logo": ("name.pdf", file, "application/pdf")} if file is not None else {"none": ("", b"", "text/plain")}
    answer = await browser.post(
        f"{here}/logo", data=form | {"csrf_token": sealed}, files=files, headers=OWN_PAGE | PAGE
    )
    assert answer.status_code == status, answer.text
    given._offered.forget()
    return str(answer.text if status != 303 else (await browser.get(here, headers=PAGE)).text)


async def test_a_logo_stands_on_the_card_and_on_the_page_after_and_is_served_to_anybody(door: Door) -> None:
    async with hosting(door) as host, door.guest() as visitor, door.caller() as anybody:
        before = (await visitor.get(f"/s/{host.code}", headers=PAGE)).text
        assert "gift-logos" not in before
        logo = (await put(host.caller, host, picture(form="JPEG")))["logo"]
        assert (logo["width"], logo["height"]) == (480, 120)
        wanted = f'<img src="{logo["url"]}" width="144" height="36" alt="示例工会">'
        assert wanted in (await visitor.get(f"/s/{host.code}", headers=PAGE)).text
        gift = (await collect(visitor, host.code)).json()["id"]
        assert wanted in (await visitor.get(f"/g/{gift}", headers=PAGE)).text
        assert (await visitor.get(f"/api/v1/gifts/{gift}")).json()["logo"] == logo
        shown = await anybody.get(logo["url"])
        assert (shown.status_code, shown.content[:8]) == (200, b"\x89PNG\r\n\x1a\n")
        headers = shown.headers
        assert headers["content-type"] == "image/png"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "public, max-age=86400, immutable"
        assert headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert "set-cookie" not in headers
        assert (await host.caller.delete(f"/api/v1/gift-campaigns/{host.campaign['id']}/logo")).status_code == 204
        await asyncio.sleep(1.05)  # what a crowd is told is a second old at most
        assert (await anybody.get(logo["url"])).status_code == 404
        assert "gift-logos" not in (await visitor.get(f"/g/{gift}", headers=PAGE)).text


async def test_a_gift_in_an_account_shows_whose_it_is(door: Door) -> None:
    async with hosting(door, amount="fixed", each_grams=KG, delivers="account") as host, door.guest() as visitor:
        url = (await put(host.caller, host, picture()))["logo"]["url"]
        gift = (await collect(visitor, host.code)).json()["id"]
        assert url in (await visitor.get(f"/g/{gift}", headers=PAGE)).text


async def test_no_other_file_has_an_address(door: Door) -> None:
    async with door.caller() as anybody:
        unknown = "9f" * 32
        names = (
            "x.png",
            f"{unknown}.png",
            f"{unknown.upper()}.png",
            f"{unknown}.svg",
            unknown,
            "..%2fx.png",
            f"{unknown}%00.png",
        )
        for name in names:
            answer = await anybody.get(f"/gift-logos/{name}")
            assert answer.status_code in {400, 404}, name


async def test_an_organisations_program_sets_its_logo_and_nobody_elses(door: Door) -> None:
    async with hosting(door) as host:
        made = []
        for organisation_id in (host.organisation_id, await verified(Text(zh="示例第三家", en="Sample Third"))):
            by = await member(organisation_id, Role.SPONSOR)
            made.append(await identity.keys.make(organisation_id, "标志", [Role.SPONSOR], by=by, now=utc_now()))
        own, other = (Caller(door.app, token=one.text) for one in made)
        async with own, other:
            first = (await put(own, host, picture()))["logo"]
            told = await put(other, host, picture("#C8445B"), 404)
            assert told["code"] == "GIFTS_CAMPAIGN_UNKNOWN"
            gone = await other.delete(f"/api/v1/gift-campaigns/{host.campaign['id']}/logo")
            assert gone.status_code == 404
            assert (await own.get(f"/api/v1/gift-campaigns/{host.campaign['id']}")).json()["logo"] == first


async def test_who_lost_the_role_a_moment_ago_changes_no_logo(door: Door) -> None:
    async with hosting(door) as host:
        browser = await host.browser()
        await send(browser, host, logo=picture())
        kept = await fetch_value("SELECT logo_sha256 FROM gift_campaign")
        here = f"/organiser/{host.code}/gift"
        sealed = fields((await browser.get(here, headers=PAGE)).text)["csrf_token"]
        await as_owner("DELETE FROM membership WHERE organisation_id = $1", host.organisation_id)
        for form, file in (({"do": "drop"}, b""), ({}, picture("#C8445B"))):
            answer = await browser.post(
                f"{here}/logo",
                data=form | {"csrf_token": sealed},
                files={"logo": ("x.png", file)},
                headers=OWN_PAGE | PAGE,
            )
            assert answer.status_code in {403, 404}
        await put(host.caller, host, picture("#C8445B"), 404)
        assert await fetch_value("SELECT logo_sha256 FROM gift_campaign") == kept


async def test_the_form_shows_it_changes_it_and_says_what_is_wrong_beside_the_field(door: Door) -> None:
    async with hosting(door) as host:
        browser = await host.browser()
        page = await send(browser, host, logo=picture(form="WEBP"))
        assert ("更换标志" in page, "移除标志" in page, 'alt="示例工会"' in page) == (True, True, True)
        kept = await fetch_value("SELECT logo_sha256 FROM gift_campaign")
        for file, said in (
            (SVG, "SVG 是可以带脚本的文件"), (b"", "请选择一张图片"), (picture()[:60], "图片已损坏或不完整"),
            (bytes(1_100_000), "文件不得超过 1 MB"), (b"GIF89a" + bytes(99), "请上传 PNG、JPEG 或 WebP 图片"),
            (picture(size=(2001, 2001)), "最多 400 万像素"),
        ):  # fmt: skip
            page = await send(browser, host, status=400, logo=file)
            assert page.count(said) == 2, said  # above, and at the field
            assert 'aria-invalid="true" aria-describedby="fault-logo"' in page
        here = f"/organiser/{host.code}/gift"
        old = await browser.post(
            f"{here}/logo",
            data={"csrf_token": "old"},
            files={"logo": ("x.png", picture("#C8445B"))},
            headers=OWN_PAGE | PAGE,
        )
        assert (old.status_code, "页面已过期" in old.text, "更换标志" in old.text) == (403, True, True)
        assert await fetch_value("SELECT logo_sha256 FROM gift_campaign") == kept
        assert "移除标志" not in await send(browser, host, do="drop")
        await host.step("end")
        page = await send(browser, host, status=409, logo=picture())
        assert "这项赠碳已经结束" in page


async def test_a_body_beyond_the_bounds_is_not_read_to_its_end(door: Door) -> None:
    async with hosting(door, pool_g=0) as host:
        told = await put(host.caller, host, bytes(1024 * 1024 + 1), 400)
        assert (told["code"], told["detail"]["field"]) == ("GIFTS_LOGO_UNFIT", "/logo")
        told = await put(host.caller, host, bytes(3 * 1024 * 1024), 413)
        assert told["code"] == "REQUEST_TOO_LARGE"
        assert (await put(host.caller, host, SVG, 400))["message"].startswith("标志没有保存：SVG")
