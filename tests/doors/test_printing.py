"""What an organiser prints, at their door: whoever may see the scene's page gets it, as it is at that moment."""

from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
import zxingcpp

from app import scenarios
from app.foundation.identity import Role
from app.kernel.clock import rfc3339, utc_now
from app.kernel.text import Text
from app.views import estimates
from app.views.giving import collecting as given
from app.views.printing.contents import matter_of
from app.views.printing.rendering import PrintKind
from tests.doors.conftest import PAGE, PUBLIC, Door
from tests.doors.test_gifts import hosting, scene_of
from tests.doors.test_pages_operator import Platform
from tests.staff import verified


def read(pdf: bytes) -> tuple[str, set[str]]:
    """The words of a sheet, and what its codes say."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        page = document[0]
        codes = zxingcpp.read_barcodes(page.render(scale=2).to_pil())
        return page.get_textpage().get_text_range(), {code.text for code in codes}
    finally:
        document.close()


def sheet(code: str, kind: str = "poster") -> str:
    return f"/organiser/{code}/print/{kind}.pdf"


@pytest.mark.parametrize("kind", list(PrintKind))
async def test_whoever_looks_after_the_scene_prints_each_kind(door: Door, kind: PrintKind) -> None:
    async with hosting(door) as host, await host.browser() as browser:
        answer = await browser.get(sheet(host.code, kind.value))
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
        assert f'filename="{kind.value}-{host.code}.pdf"' in answer.headers["content-disposition"]
        words, codes = read(answer.content)
        assert codes == {f"{PUBLIC}/s/{host.code}"}
        assert "=示例骑行日" in words
        assert "SANDBOX 样张" in words  # the doors' settings are those of a rehearsal


async def test_the_sentence_follows_the_gift(door: Door) -> None:
    async with hosting(door) as host, await host.browser() as browser:
        assert "主办方请你碳中和" in read((await browser.get(sheet(host.code))).content)[0]
        await host.step("pause")
        words, _ = read((await browser.get(sheet(host.code))).content)
        assert "中和你今天的碳足迹" in words
        assert "主办方请你" not in words


async def test_a_gift_that_is_open_for_later_is_promised_and_an_empty_one_is_not(door: Door) -> None:
    issuer, soon = door.app.state.services.issuer, utc_now() + timedelta(minutes=30)
    async with hosting(door, starts_at=rfc3339(soon)) as host:
        scene = await scenarios.open_scene(host.code, today=estimates.today())
        assert (await matter_of(scene, issuer)).is_gift
        await host.step("end")
        assert not (await matter_of(scene, issuer)).is_gift
    nothing = await scenarios.open_scene(door.live, today=estimates.today())
    assert not (await matter_of(nothing, issuer)).is_gift


async def test_a_stranger_gets_what_the_scenes_page_gives_them(door: Door) -> None:
    given._offered.forget()
    own, other = [await verified(Text(zh=name, en=name)) for name in ("示例工会", "示例别家")]
    code = await scene_of(own)
    callers: list[Any] = [
        await Platform(door, other).come(Role.SPONSOR), await Platform(door, own).come(Role.AUDITOR), door.caller(**PAGE),
    ]  # fmt: skip
    guest = door.caller(**PAGE)
    await guest.enter()
    for caller in (*callers, guest):
        for path in (sheet(code), sheet(code, "nothing"), sheet("000000"), sheet(door.live)):
            page = await caller.get(path.partition("/print/")[0])
            answer = await caller.get(path)
            assert (answer.status_code, answer.headers["content-type"]) == (
                page.status_code, page.headers["content-type"],
            ), path  # fmt: skip
            assert answer.status_code in {303, 403, 404}
        await caller.aclose()


async def test_another_name_than_the_three_is_no_page(door: Door) -> None:
    async with hosting(door) as host, await host.browser() as browser:
        for name in ("poster.png", "poster", "POSTER.PDF", "certificate.pdf"):
            assert (await browser.get(f"/organiser/{host.code}/print/{name}")).status_code == 404


async def test_the_scenes_page_links_every_kind_and_no_other_page_does(door: Door) -> None:
    async with hosting(door) as host, await host.browser() as browser:
        page = (await browser.get(f"/organiser/{host.code}")).text
        links = [f'href="{sheet(host.code, kind.value)}"' for kind in PrintKind]
        assert all(link in page for link in links)
        for other in (f"/organiser/{host.code}/gift", "/organiser", f"/s/{host.code}"):
            assert "/print/" not in (await browser.get(other)).text


async def test_printing_is_limited(door: Door) -> None:
    async with hosting(door) as host, await host.browser() as browser:
        answers = [(await browser.get(f"/organiser/{host.code}/print/nothing")).status_code for _ in range(45)]
        assert set(answers[:30]) == {404} and 429 in answers  # on a busy machine one comes back every two seconds
