"""A stranger's organisation from its sign-up to its first scene: verified by two of ours, and a colleague let in."""

from dataclasses import dataclass

import pyotp
import pytest
from playwright.async_api import expect

from app.foundation.identity.organisation_rules import credit_code
from app.kernel.clock import beijing_day, utc_now
from tests.journeys.conftest import Travel, Traveller
from tests.journeys.test_organiser_gives import come_in

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Person:
    """What somebody types of themselves."""

    name: str
    email: str
    password: str = "a long enough password"


@dataclass(frozen=True)
class Club:
    """An organisation that nobody knows yet, and two of its people."""

    name: str
    code: str
    first: Person
    second: Person


SCENE = "示例江畔骑行日"
RIVERSIDE = Club(
    "示例江畔骑行协会", credit_code("51510100M000200X7"), Person("王小明", "wang@riverside.example"),
    Person("李娜", "li@riverside.example"),
)  # fmt: skip


async def introduced(traveller: Traveller, person: Person) -> None:
    """The fields of a new account."""
    for name, typed in {"name": person.name, "email": person.email}.items():
        await traveller.page.fill(f"[name={name}]", typed)
    for name in ("password", "password_again"):
        await traveller.page.fill(f"[name={name}]", person.password)


async def set_factor_up(traveller: Traveller) -> None:
    """By the secret that the page shows, as an authenticator computes it; the recovery codes are put away."""
    page = traveller.page
    await page.wait_for_url("**/operator/factor**")
    secret = (await page.locator("p.say.mono").inner_text()).replace("-", "").strip()
    await traveller.keep("factor")
    await page.fill("[name=code]", pyotp.TOTP(secret).now())
    await page.locator("form:has([name=code]) button").click()
    await expect(page.locator("ol.codes li")).to_have_count(10)
    await traveller.keep("codes")
    await page.locator("main a.btn").click()


async def signed_up(stranger: Traveller, club: Club) -> None:
    """From the home page to where the application stands."""
    page = stranger.page
    await page.goto(stranger.url("/"))
    await page.locator("main a[href='/organiser/sign-up']").click()
    for name, typed in {
        "name_zh": club.name, "register_number": club.code, "purpose": "为骑行活动的来宾赠送减排量",
    }.items():  # fmt: skip
        await page.fill(f"[name={name}]", typed)
    await page.select_option("[name=kind]", "association")
    await introduced(stranger, club.first)
    await stranger.keep("sign-up")
    await page.locator("main form button").click()
    await set_factor_up(stranger)
    await page.wait_for_url("**/organiser/application")


async def proposed(operator: Traveller, club: Club) -> None:
    """One of ours has seen the papers."""
    page = operator.page
    await come_in(operator, "operator")
    await page.goto(operator.url("/operator/organisations"))
    applied = page.locator("details", has_text=club.name)
    await applied.locator("summary").click()
    await expect(applied).to_contain_text(club.first.email)
    await operator.keep("applied")
    await applied.locator("[name=papers]").fill("社会团体法人登记证书，与原件核对")
    await applied.locator("form[action$='/propose'] button").click()
    await expect(page.locator("details", has_text=club.name)).to_have_count(0)


async def agreed(reviewer: Traveller, club: Club) -> None:
    """Another one agrees in the inbox."""
    page = reviewer.page
    await come_in(reviewer, "reviewer")
    await page.goto(reviewer.url("/operator/inbox"))
    waiting = page.locator("main tr", has_text=club.name)
    await waiting.locator("a").first.click()
    await expect(page.locator("main")).to_contain_text(club.code)
    await reviewer.keep("asked")
    approving = page.locator("form[action$='/approve']")
    await approving.locator("input[type=checkbox]").check()
    await approving.locator("button").click()
    await expect(waiting).to_have_count(0)


async def invited(stranger: Traveller, club: Club) -> str:
    """The link for a colleague, as it stands on the page to be copied."""
    page = stranger.page
    await page.goto(stranger.url("/organiser"))
    await page.locator("a[href^='/members/']").first.click()
    await page.fill("[name=label]", club.second.name)
    await page.locator("label:has([name=role_sponsor])").click()
    await page.get_by_role("button", name="生成邀请链接").click()
    link = await page.get_by_role("status").locator(".payload").inner_text()
    await stranger.keep("invited")
    return link.strip()


async def joined(colleague: Traveller, link: str, club: Club) -> None:
    """With nothing but the link."""
    page = colleague.page
    await page.goto(link)
    await expect(page.locator("main")).to_contain_text(club.name)
    await introduced(colleague, club.second)
    await colleague.keep("join")
    await page.get_by_role("button", name="创建账号并继续").click()
    await set_factor_up(colleague)


async def begun(colleague: Traveller) -> None:
    """The wizard's first step."""
    page, today = colleague.page, beijing_day(utc_now()).isoformat()
    await page.goto(colleague.url("/organiser"))
    await expect(page.locator("main")).to_contain_text(RIVERSIDE.name)
    await page.locator("a[href='/organiser/scenes/new']").first.click()
    await page.locator("label:has([name=kind][value=event])").click()
    for name, typed in {
        "title_zh": SCENE, "title_en": "Sample Riverside Cycling Day", "starts_on": today, "ends_on": today,
    }.items():  # fmt: skip
        await page.fill(f"[name={name}]", typed)
    await page.locator(".onward [value=next]").click()
    await page.wait_for_url("**/organiser/scenes/sdr_*/counting")
    await colleague.keep("begun")


async def test_an_organisation_signs_up_is_verified_by_two_and_a_colleague_begins_its_scene(travel: Travel) -> None:
    stranger = await travel()
    await signed_up(stranger, RIVERSIDE)
    status = stranger.page.locator("main .held")
    await expect(status).to_contain_text("待核验")
    await stranger.keep("waits")
    await proposed(await travel(desktop=True), RIVERSIDE)
    await stranger.page.reload()
    await expect(status).to_contain_text("核验中")
    await agreed(await travel(desktop=True), RIVERSIDE)
    await stranger.page.reload()
    await expect(status).to_contain_text("已核验")
    await stranger.keep("verified")

    link = await invited(stranger, RIVERSIDE)
    colleague = await travel()
    await joined(colleague, link, RIVERSIDE)
    await begun(colleague)

    # The link was good once; the two now see each other and the scene.
    gone = await stranger.page.request.get(link)
    assert gone.status == 410
    await stranger.page.goto(stranger.url("/organiser/scenes"))
    await expect(stranger.page.locator(".scenes li", has_text=SCENE)).to_have_count(1)
    await stranger.page.goto(stranger.url("/organiser"))
    await stranger.page.locator("a[href^='/members/']").first.click()
    await expect(stranger.page.locator("main table").first).to_contain_text(RIVERSIDE.second.email)
    await stranger.keep("members")
