"""What a citizen does with their account in a journey, and what the one who asks for it does."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from playwright.async_api import expect

from app.kernel.clock import beijing_day, utc_now
from tests.journeys.acts import kept
from tests.journeys.conftest import Travel, Traveller
from tests.journeys.test_organiser_gives import come_in

EMPLOYER = {"zh": "示例城市总工会", "en": "Sample City Trade Union"}
EXAMPLES = {
    one["id"]: one["inputs"]
    for one in json.loads((Path(__file__).parents[1] / "data" / "worked_examples.json").read_text("utf-8"))["examples"]
}
_HALF_TYPED = "status of 422"
"""A diet without its days is refused while it is typed, which a browser writes to its console."""


@dataclass(frozen=True)
class Program:
    """What asks for accounts with an organisation's key."""

    http: httpx.AsyncClient

    async def ask(self) -> Any:
        """A request for both books of this year; what it answers."""
        today = beijing_day(utc_now())
        form = {
            "purpose": {"zh": "用于绿色出行奖励的核对", "en": "To check a reward for travelling green"},
            "books": ["emitted", "retired"],
            "period_from": f"{today:%Y}-01-01",
            "period_to": f"{today:%Y}-12-31",
            "share_until": (today + timedelta(days=30)).isoformat(),
        }
        made = await self.http.post("/api/v1/sharing/requests", json=form, headers={"idempotency-key": uuid4().hex})
        assert made.status_code == 201, made.text
        return made.json()

    async def read(self, request: Any) -> httpx.Response:
        """The account behind a request."""
        return await self.http.get(f"/api/v1/sharing/requests/{request['id']}/account")


@asynccontextmanager
async def may_ask(travel: Travel) -> AsyncIterator[Program]:
    """Two of the platform enrol the employer in their consoles, its own people make a key and let that ask."""
    operator, reviewer, member = [await travel(desktop=True) for _ in range(3)]
    await come_in(operator, "operator")
    await operator.page.goto(operator.url("/operator/readers"))
    if not await operator.page.locator("main tbody tr", has_text=EMPLOYER["zh"]).count():
        await operator.page.select_option("[name=organisation]", label=EMPLOYER["zh"])
        await operator.page.fill("[name=ground]", "数据使用协议 2026-17")
        await operator.page.locator("form:has([name=ground]) button.btn").click()
        await operator.page.wait_for_url("**/operator/inbox/*")
        await come_in(reviewer, "reviewer")
        await reviewer.page.goto(operator.page.url)
        await reviewer.keep("enrolling")
        agreeing = reviewer.page.locator("form[action$='/approve']")
        if await agreeing.locator("input[type=checkbox]").count():
            await agreeing.locator("input[type=checkbox]").check()
        await agreeing.locator("button").click()
    await come_in(member, "organiser")
    await member.page.goto(member.url("/organiser/keys"))
    name = f"绿色出行 {uuid4().hex[:6]}"
    await member.page.fill("[name=name]", name)
    await member.page.locator("form:has([name=name]) button.btn").click()
    key = await member.page.locator("section[role=status] .payload").first.inner_text()
    await member.page.goto(member.url("/organiser/sharing"))
    await member.page.locator(f"tr:has-text('{name}') button").click()
    await expect(member.page.locator(f"tr:has-text('{name}') button")).to_have_count(0)
    headers = {"authorization": f"Bearer {key.strip()}"}
    async with httpx.AsyncClient(base_url=member.stack.base, headers=headers, trust_env=False, timeout=20) as http:
        yield Program(http)


async def computed(citizen: Traveller, example: str, shown: str) -> None:
    """A worked example typed into the calculator, field by field, and its figure kept; to the gram."""
    page, inputs = citizen.page, dict(EXAMPLES[example])
    span = inputs.pop("mode")
    await page.goto(citizen.url(f"/me/footprint?span={span}"))
    closed = page.locator("details.group:not([open]) > summary")
    while await closed.count():
        await closed.first.click()
    year = inputs.pop("activity_year")
    if span == "year":
        await page.locator("[name=activity_year]").select_option(str(year))
    else:
        await page.locator("[name=on]").fill(f"{year}-05-20")
    for no, flight in enumerate(inputs.pop("flights", [])):
        await page.locator(f"[name=flight_{no}_km]").fill(flight["km"])
        await page.locator(f"[name=flight_{no}_cabin]").select_option(flight["cabin"])
        await page.locator(f"[name=flight_{no}_round_trip]").set_checked(flight["round_trip"])
    for name, value in inputs.items():
        field = page.locator(f"#calc [name={name}]")
        if isinstance(value, bool):
            await field.set_checked(value)
        elif await field.evaluate("one => one.tagName") == "SELECT":
            await field.select_option(str(value))
        else:
            await field.fill(str(value))
    await expect(page.locator("#result")).to_contain_text(shown, timeout=20_000)  # it follows what is typed
    citizen.complaints[:] = [one for one in citizen.complaints if _HALF_TYPED not in one]
    await expect(page.locator(".dock button[value=keep]")).to_be_visible()
    await kept(citizen, f"computed-{span}")
    await citizen.tap(".dock button[value=keep]")
    await page.wait_for_url("**/me/footprint/fig_*")
    assert shown in await page.locator("main").inner_text()
    await kept(citizen, f"figure-{span}")


async def agreed_to_one_book(citizen: Traveller, code: str, *, employer: str) -> None:
    """The code is typed, the request read; retired yes, emitted no."""
    page = citizen.page
    await page.goto(citizen.url("/me"))
    await citizen.tap("a[href='/me/sharing']")
    await kept(citizen, "sharing-empty")
    await page.fill("[name=code]", code)
    await page.locator("form:has([name=code]) .btn").click()
    await expect(page.locator("main")).to_contain_text(employer)
    await page.locator("[name=book_emitted][value=no]").check()
    await page.locator("[name=book_retired][value=yes]").check()
    await kept(citizen, "asked")
    await citizen.tap(".dock .btn")
    await page.wait_for_url("**/me/sharing#shr_*")


async def exported(citizen: Traveller) -> tuple[str, bytes]:
    """JSON and PDF of all that is kept, by the links of the page."""
    page = citizen.page
    await page.goto(citizen.url("/me/privacy"))
    await kept(citizen, "privacy")
    files = []
    for name in ("json", "pdf"):
        address = await page.locator(f"a[href$='export.{name}']").get_attribute("href")
        answer = await page.request.get(citizen.url(str(address)))
        assert answer.status == 200, name
        files.append(await answer.body())
    return files[0].decode(), files[1]


@asynccontextmanager
async def linked(citizen: Traveller, language: str) -> AsyncIterator[httpx.AsyncClient]:
    """Eight characters shown in the browser, typed in the mini-program; said yes to here, finished there. The mini-program."""
    page, stack = citizen.page, citizen.stack
    spoken = {"accept-language": language}  # the one person reads what the mini-program reads
    async with httpx.AsyncClient(base_url=stack.base, headers=spoken, trust_env=False, timeout=20) as mini:
        code = (await stack.control("wx/code"))["code"]
        opened = await mini.post("/api/v1/sessions/wechat", json={"code": code})
        mini.headers["authorization"] = f"Bearer {opened.json()['token']}"
        await page.goto(citizen.url("/me/devices"))
        await citizen.tap("a[href='/me/link']")
        await kept(citizen, "link")
        await page.locator("form[action='/me/link'] .btn").click()
        shown = await page.locator(".code").inner_text()
        await kept(citizen, "link-code")
        begun = await mini.post("/api/v1/account/links", json={"code": re.sub(r"\s", "", shown).lower()})
        assert begun.status_code == 201, begun.text
        # The page looks again by itself.
        await expect(page.locator(".number b")).to_have_text(str(begun.json()["number"]), timeout=30_000)
        await kept(citizen, "mini-program-asks")
        await page.locator("button[value=yes]").click()
        await expect(page.locator("form[action='/me/link/answer']")).to_have_count(0)
        done = await mini.post(f"/api/v1/account/links/{begun.json()['id']}/finish")
        assert done.status_code == 200, done.text
        await page.goto(citizen.url("/me/link"))
        await kept(citizen, "linked")
        yield mini


async def moved(old: Traveller, new: Traveller) -> None:
    """Eight characters shown on the old device, typed on the new one, said yes to on both."""
    await old.page.goto(old.url("/me/devices"))
    await kept(old, "devices")
    await old.page.locator("form[action='/me/devices/move'] .btn").click()
    code = await old.page.locator(".code").inner_text()
    await kept(old, "code")
    await new.page.goto(new.url("/move"))
    await new.page.fill("[name=code]", re.sub(r"\s", "", code).lower())
    await kept(new, "typed")
    await new.page.locator("form[action='/move'] .btn").click()
    number = await new.page.locator(".number b").inner_text()
    await expect(old.page.locator(".number b")).to_have_text(number, timeout=30_000)  # the page looks again by itself
    await kept(old, "another-device-asks")
    await old.page.locator("button[value=yes]").click()
    finish = new.page.locator("form[action='/move/finish'] .btn")
    await finish.wait_for(timeout=30_000)
    await kept(new, "said-yes")
    await finish.click()
    await new.page.wait_for_url("**/me")


async def erased(citizen: Traveller, *, word: str) -> None:
    """The last page of an account."""
    page = citizen.page
    await page.goto(citizen.url("/me/privacy"))
    await citizen.tap("a[href='/me/privacy/erase']")
    await kept(citizen, "erase")
    await page.fill("[name=sure]", word)
    await page.locator("form[action='/me/privacy/erase'] .btn").click()
    await expect(page.locator(".stamp")).to_be_visible()
    await kept(citizen, "erased")
