"""One day of one organiser, from a stranger's sign-up to the last fen: everything that the other journeys walk in parts."""

import pytest
from playwright.async_api import expect

from app.foundation.identity.organisation_rules import credit_code
from tests.journeys import test_organisation_signs_itself_up as joining
from tests.journeys import test_organiser_gives as giving
from tests.journeys import test_organiser_sets_a_scene_up as wizard
from tests.journeys.acts import scan
from tests.journeys.conftest import Travel, Traveller

pytestmark = pytest.mark.browser

CLUB = joining.Club(
    "示例龙泉山徒步协会", credit_code("51510100M000300X4"), joining.Person("赵一", "zhao@hills.example"),
    joining.Person("钱多", "qian@hills.example"),
)  # fmt: skip


async def verified(travel: Travel) -> str:
    """Signed up, seen by one of ours, agreed by another; answers the link for a colleague."""
    first = await travel()
    await joining.signed_up(first, CLUB)
    await joining.proposed(await travel(desktop=True), CLUB)
    await joining.agreed(await travel(desktop=True), CLUB)
    return await joining.invited(first, CLUB)


async def opened(organiser: Traveller, travel: Travel) -> str:
    """Set up in four steps with its gift, put forward, and agreed to; answers the code."""
    await wizard.named(organiser)
    host = await wizard.counted(organiser)
    await wizard.paid_for(organiser)
    code = await wizard.put_forward(organiser, host)
    await giving.opened_by_a_reviewer(await travel(desktop=True), code)
    await organiser.page.reload()
    await expect(organiser.page.locator("h1")).to_have_text("已开放，可以打印了")
    return code


async def looked_at(organiser: Traveller, desk: str) -> None:
    """The desk in English, and the scene's results in both: whole on the screen."""
    for path in (
        f"{desk}?lang=en",
        f"{desk.removesuffix('/gift')}/results?lang=en",
        f"{desk.removesuffix('/gift')}/results?lang=zh",
    ):
        await organiser.page.goto(path)
        await expect(organiser.page.locator("h1")).to_be_visible()
        assert await organiser.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        await organiser.keep("looked-at")


async def test_a_day_from_the_invitation_to_the_last_fen(travel: Travel) -> None:
    link = await verified(travel)
    organiser = await travel(desktop=True)
    await joining.joined(organiser, link, CLUB)
    code = await opened(organiser, travel)

    page = organiser.page
    await page.goto(organiser.url(f"/organiser/{code}/gift"))
    desk = await giving.paid(organiser, code)
    await giving.step(organiser, "open").click()
    await expect(giving.step(organiser, "pause")).to_be_visible()
    assert await giving.printed(organiser, code, wizard.TITLE["zh"]) == organiser.url(f"/s/{code}")
    await giving.collected(await travel("en"), code)
    await giving.watched_ended_and_refunded(organiser, desk)
    await looked_at(organiser, desk)

    late = await travel()
    await scan(late, code)
    await expect(late.page.locator("#gift h2")).to_have_text("赠碳已结束")
