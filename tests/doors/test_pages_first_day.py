"""The first day in a browser: invitations, the second factor, members, organisations, and back to where one was."""

import dataclasses
import html
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pyotp
import pytest

from app import scenarios
from app.foundation import identity
from app.foundation.identity import OrganisationKind, Role, SessionKind, read_register
from app.foundation.identity.keeping_sessions import open_session
from app.gateways.database import fetch, fetch_value
from app.kernel import ids
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Language, Text
from app.web.kit.requests import cookies
from tests import staff
from tests.doors.conftest import OWN_PAGE, PAGE, Caller, Door

PASSWORD = "a long enough password"
TYPED = {"name": "李娜", "email": "li@x.example", "password": PASSWORD, "password_again": PASSWORD}
CODE = "91110000802100433B"


def fields(page: str) -> dict[str, str]:
    """The hidden fields of a page's forms, as a browser would send them."""
    return {
        name: html.unescape(v) for name, v in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    }


def link_of(page: str) -> str:
    """The path of the link that a page shows."""
    found = re.search(r"(/join/[\w-]{43})", page)
    assert found, page
    return found[1]


@pytest.fixture
def strict(door: Door, monkeypatch: pytest.MonkeyPatch) -> Door:
    """The door as in production: nobody without a second factor."""
    state = door.app.state
    monkeypatch.setitem(state._state, "services", dataclasses.replace(state.services, needs_factor=True))
    return door


@pytest.fixture
async def exchange(door: Door) -> UUID:
    name = Text(zh="示例环境交易所", en="Sample Exchange")
    return await staff.exchange(name)


class People:
    """Browsers of people with roles."""

    def __init__(self, door: Door, exchange: UUID) -> None:
        self.door, self.exchange = door, exchange
        self.open: list[Caller] = []

    def browser(self) -> Caller:
        caller = self.door.caller(**OWN_PAGE, **PAGE)
        self.open.append(caller)
        return caller

    async def come(self, *roles: Role, organisation: UUID | None = None) -> Caller:
        """Somebody signed in, without the slow look at a password."""
        guest = await identity.open_guest_session(
            Language.ZH, keyring=self.door.app.state.services.keyring, now=utc_now()
        )
        person_id = guest.session.person_id
        await staff.join(person_id, organisation or self.exchange, *roles)
        opened = await open_session(
            person_id, kind=SessionKind.OPERATOR, language=Language.ZH, now=utc_now(), is_new=False
        )
        caller = self.browser()
        caller.cookies.set(cookies.SESSION, opened.token)
        return caller


@pytest.fixture
async def people(door: Door, exchange: UUID) -> AsyncIterator[People]:
    everybody = People(door, exchange)
    yield everybody
    for caller in everybody.open:
        await caller.aclose()


def members_of(organisation_id: UUID) -> str:
    return f"/members/{ids.public('org', organisation_id)}"


async def invited(admin: Caller, url: str, *roles: str, label: str = "") -> str:
    """The path of a link an administrator has just made."""
    form = fields((await admin.get(url)).text) | {f"role_{role}": "on" for role in roles} | {"label": label}
    answer = await admin.post(url, data=form)
    assert answer.status_code == 200, answer.text
    return link_of(answer.text)


async def set_factor_up(browser: Caller, url: str) -> tuple[pyotp.TOTP, list[str], str]:
    """Scan, confirm, read the recovery codes; where it leads."""
    page = (await browser.get(url)).text
    secret = re.search(r'<p class="say mono">([A-Z2-7-]+)</p>', page)
    assert secret, page
    assert "<svg" in page and "otpauth://totp/" in page
    totp = pyotp.TOTP(secret[1].replace("-", ""))
    answer = await browser.post("/operator/factor", data=fields(page) | {"code": totp.now()})
    assert answer.status_code == 200, answer.text
    codes = re.findall(r'<li class="mono">([0-9A-Z-]{19})</li>', answer.text)
    goal = re.search(r'<a class="btn" href="([^"]+)">', answer.text)
    assert len(codes) == 10 and goal
    return totp, codes, goal[1]


async def test_an_invitation_becomes_an_account_with_a_second_factor(strict: Door, people: People) -> None:
    admin = await people.come(Role.ADMINISTRATOR)
    url = members_of(people.exchange)
    link = await invited(admin, url, "operator", label="经办 李")
    assert "经办 李" in (await admin.get(url)).text

    browser = people.browser()
    shown = await browser.get(link)
    assert shown.status_code == 200 and "示例环境交易所" in shown.text and "经办" in shown.text
    accepted = await browser.post(link, data=TYPED)
    assert (accepted.status_code, accepted.headers["location"]) == (303, "/operator/factor")
    # The password alone opens nothing.
    assert (await browser.get("/operator/cancellations")).status_code == 303
    _, _, goal = await set_factor_up(browser, "/operator/factor")
    assert (await browser.get(goal)).headers["location"] == "/operator/cancellations"
    assert (await browser.get("/operator/cancellations")).status_code == 200
    listed = (await admin.get(url)).text
    assert "li@x.example" in listed and "李娜" in listed and "经办 李" not in listed
    again = await browser.get(link)
    assert again.status_code == 410 and "已被使用" in again.text


async def test_what_is_typed_wrong_stays_on_the_page_with_the_rest(people: People) -> None:
    admin = await people.come(Role.ADMINISTRATOR)
    link = await invited(admin, members_of(people.exchange), "auditor")
    browser = people.browser()
    for change, status, told in (
        ({"password_again": "another one"}, 400, "两次输入的密码不一致"),
        ({"password": "short", "password_again": "short"}, 422, "密码长度"),
        ({"email": "nowhere"}, 400, "邮箱格式不正确"),
        ({"name": " "}, 400, "请填写姓名"),
    ):
        answer = await browser.post(link, data=TYPED | change)
        assert (answer.status_code, told in answer.text) == (status, True), answer.text
        assert 'aria-invalid="true"' in answer.text
        assert ("email" in change or 'value="li@x.example"' in answer.text) and PASSWORD not in answer.text
    assert (await browser.post(link, data=TYPED)).status_code == 303


async def test_somebody_signed_in_takes_an_invitation_with_the_account_they_have(people: People) -> None:
    admin, other = await people.come(Role.ADMINISTRATOR), await people.come(Role.AUDITOR)
    link = await invited(admin, members_of(people.exchange), "finance")
    page = (await other.get(link)).text
    assert "用现在的账号接受" in page
    counted = "SELECT count(*) FROM membership WHERE role = 'finance'"
    before = await fetch_value(counted)
    assert (await other.post(f"{link}/as", data=fields(page))).status_code == 303
    assert await fetch_value(counted) == before + 1
    own = await invited(admin, members_of(people.exchange), "finance")
    refused = await admin.post(f"{own}/as", data=fields((await admin.get(own)).text))
    assert (refused.status_code, "不能接受自己发出或同意的邀请" in refused.text) == (422, True)


async def test_a_sign_in_asks_for_the_code_and_leads_back(strict: Door, people: People) -> None:
    admin = await people.come(Role.ADMINISTRATOR)
    browser = people.browser()
    await browser.post(await invited(admin, members_of(people.exchange), "reviewer"), data=TYPED)
    totp, codes, _ = await set_factor_up(browser, "/operator/factor")
    browser.cookies.clear()

    wanted = "/operator/organisations?lang=en"
    led = (await browser.get(wanted)).headers["location"]
    assert parse_qs(urlsplit(led).query)["next"] == [wanted]
    form = fields((await browser.get(led)).text) | {"email": "li@x.example", "password": PASSWORD}
    step = (await browser.post("/operator/sign-in", data=form)).headers["location"]
    assert step.startswith("/operator/code?next=")
    page = (await browser.get(step)).text
    used = await browser.post("/operator/code", data=fields(page) | {"code": totp.now()})
    assert (used.status_code, "已用过" in used.text) == (401, True)  # it set the factor up: a code is good once
    right = await browser.post("/operator/code", data=fields(page) | {"code": codes[0]})
    assert (right.status_code, right.headers["location"]) == (303, wanted)
    assert (await browser.get(wanted)).status_code == 200


async def test_operators_from_before_set_a_factor_up_at_their_next_sign_in(strict: Door, people: People) -> None:
    keyring = strict.app.state.services.keyring
    await staff.enrolled("old@x.example", PASSWORD, people.exchange, [Role.REVIEWER], keyring=keyring)
    browser = people.browser()
    step = await browser.post("/operator/sign-in", data={"email": "old@x.example", "password": PASSWORD, "next": ""})
    assert step.headers["location"] == "/operator/factor?next=/operator"
    page = (await browser.get(step.headers["location"])).text
    assert "以后再设置" not in page
    late = await browser.post("/operator/factor/later", data=fields(page))
    assert late.headers["location"].startswith("/operator/factor")
    await set_factor_up(browser, step.headers["location"])
    assert (await browser.get("/operator/cancellations")).status_code == 200


async def test_where_a_factor_is_only_offered_it_may_wait(people: People) -> None:
    admin = await people.come(Role.ADMINISTRATOR)
    browser = people.browser()
    await browser.post(await invited(admin, members_of(people.exchange), "reviewer"), data=TYPED)
    page = (await browser.get("/operator/factor")).text
    assert (await browser.post("/operator/factor/later", data=fields(page))).status_code == 303
    assert (await browser.get("/operator/cancellations")).status_code == 200
    assert (await browser.get("/operator/factor")).status_code == 200  # it may still be set up


async def test_a_wrong_code_is_told_on_the_page_and_the_same_secret_stays(strict: Door, people: People) -> None:
    admin = await people.come(Role.ADMINISTRATOR)
    browser = people.browser()
    await browser.post(await invited(admin, members_of(people.exchange), "reviewer"), data=TYPED)
    before = (await browser.get("/operator/factor")).text
    answer = await browser.post("/operator/factor", data=fields(before) | {"code": "000000"})
    assert (answer.status_code, "动态码不正确" in answer.text) == (401, True)
    secret = re.compile(r'<p class="say mono">([A-Z2-7-]+)</p>')
    assert secret.findall(before) == secret.findall(answer.text)
    foreign = people.browser()
    foreign.headers["sec-fetch-site"] = "cross-site"
    assert (await foreign.post("/operator/factor", data=fields(before) | {"code": "1"})).status_code == 403


async def test_a_page_of_an_organiser_leads_to_the_sign_in_and_back_also_for_a_guest(people: People) -> None:
    browser = people.browser()
    wanted = f"/organiser/{people.door.live}"
    assert (await browser.get(wanted)).headers["location"] == f"/operator/sign-in?next={wanted}"
    guest = await identity.open_guest_session(
        Language.ZH, keyring=people.door.app.state.services.keyring, now=utc_now()
    )
    browser.cookies.set(cookies.SESSION, guest.token)
    assert (await browser.get(wanted)).headers["location"] == f"/operator/sign-in?next={wanted}"
    for url in ("/organiser", "/operator", "/operator/people", members_of(people.exchange)):
        assert (await browser.get(url)).headers["location"] == f"/operator/sign-in?next={url}"
    await staff.enrolled(
        "li@x.example", PASSWORD, people.exchange, [Role.SPONSOR], keyring=people.door.app.state.services.keyring
    )
    form = fields((await browser.get(f"/operator/sign-in?next={wanted}")).text)
    back = await browser.post("/operator/sign-in", data=form | {"email": "li@x.example", "password": PASSWORD})
    assert (back.status_code, back.headers["location"]) == (303, wanted)


async def test_an_organisation_is_verified_by_another_person_and_its_first_member_invites_the_next(
    people: People,
) -> None:
    maker, checker = await people.come(Role.OPERATOR), await people.come(Role.REVIEWER)
    admin = await people.come(Role.ADMINISTRATOR)
    home = "/operator/organisations"
    form = fields((await maker.get(home)).text) | {
        "name_zh": "示例总工会", "name_en": "Sample Union", "kind": "association", "country": "CN",
        "register_number": "91110000802100433X", "papers": "法人登记证书",
    }  # fmt: skip
    wrong = await maker.post(home, data=form)
    assert (wrong.status_code, "统一社会信用代码" in wrong.text, "示例总工会" in wrong.text) == (400, True, True)
    assert (await maker.post(home, data=form | {"register_number": CODE})).status_code == 303
    same = await maker.post(home, data=form | {"register_number": CODE, "name_zh": "另一家"})
    assert (same.status_code, "已存在" in same.text) == (409, True)

    own = (await maker.get(home)).text
    assert "须由另一人核验" in own and "/verify" not in own
    page = (await checker.get(home)).text
    action = re.search(r'action="(/operator/organisations/[^"]+/verify)"', page)
    assert action
    assert (await maker.post(action[1], data=fields(own) | {"seen": fields(page)["seen"]})).status_code in {403, 422}
    assert (await checker.post(action[1], data=fields(page))).status_code == 303
    union = await fetch_value("SELECT id FROM organisation WHERE is_verified AND register_number = $1", CODE)
    assert union is not None

    link = await invited(admin, members_of(union), "sponsor")
    first = people.browser()
    await first.post(link, data=TYPED)
    await first.post("/operator/factor/later", data=fields((await first.get("/operator/factor")).text))
    assert (await first.get("/operator")).headers["location"] == "/organiser"
    home_page = (await first.get("/organiser")).text
    assert "示例总工会" in home_page and members_of(union) in home_page and "还没有场景" in home_page
    assert await invited(first, members_of(union), "finance")
    assert (await first.get(members_of(people.exchange))).status_code == 403
    sponsor = await fetch_value("SELECT person_id FROM membership WHERE role = 'sponsor'")
    proposed = await scenarios.propose(await scenarios.draft(_scene(union)), by=sponsor)
    assert "示例新年跑" not in (await first.get("/organiser")).text
    page = f"/operator/inbox/{proposed.id}"
    shown = await checker.get(page)
    assert "示例总工会" in shown.text and "地铁" in shown.text
    agreed = await checker.post(f"{page}/approve", data=fields(shown.text))
    assert agreed.status_code == 303, agreed.text
    assert "示例新年跑" in (await first.get("/organiser")).text


def _scene(organisation_id: UUID) -> scenarios.Draft:
    today = beijing_day(utc_now())
    return scenarios.Draft(
        kind=scenarios.ScenarioKind.EVENT, title=Text(zh="示例新年跑", en="Sample New Year run"),
        organiser=Text(zh="示例总工会", en="Sample Union"), organisation_id=organisation_id, starts_on=today,
        ends_on=today + timedelta(days=1), setup=scenarios.Setup(modes=("metro",)),
    )  # fmt: skip


async def test_members_of_an_organisation_nobody_verified_are_not_invited(people: People) -> None:
    admin = await people.come(Role.ADMINISTRATOR)
    maker = await fetch_value("SELECT person_id FROM membership LIMIT 1")
    organisation_id, _ = await identity.add_organisation(
        Text(zh="示例公司", en="Sample Company"), kind=OrganisationKind.COMPANY, register=read_register("CN", CODE),
        papers="营业执照", by=maker, now=utc_now(),
    )  # fmt: skip
    page = (await admin.get(members_of(organisation_id))).text
    assert "核验之后才能邀请成员" in page and "还没有成员" in page
    home = (await admin.get("/operator/people")).headers["location"]
    token = fields((await admin.get(home)).text)
    refused = await admin.post(members_of(organisation_id), data=token | {"role_sponsor": "on"})
    assert (refused.status_code, "尚未核验" in refused.text) == (409, True)


async def test_an_invitation_without_a_role_keeps_what_was_typed(people: People) -> None:
    admin = await people.come(Role.ADMINISTRATOR)
    url = members_of(people.exchange)
    answer = await admin.post(url, data=fields((await admin.get(url)).text) | {"label": "给王工"})
    assert (answer.status_code, "请至少选择一个角色" in answer.text, "给王工" in answer.text) == (400, True, True)


async def test_a_role_and_an_invitation_are_taken_back_on_the_page(people: People) -> None:
    admin = await people.come(Role.ADMINISTRATOR)
    other = await people.come(Role.OPERATOR)
    url = members_of(people.exchange)
    await invited(admin, url, "operator", label="谁也没来")
    page = (await admin.get(url)).text
    token = {"csrf_token": fields(page)["csrf_token"]}
    invitation = re.search(r'name="invitation" value="(inv_\w+)"', page)
    assert invitation
    assert (await admin.post(f"{url}/revoke", data=token | {"invitation": invitation[1]})).status_code == 303
    assert "谁也没来" not in (await admin.get(url)).text
    person = re.search(r'name="person" value="(per_\w+)"', page)
    assert person
    taken = await admin.post(f"{url}/take-role", data=token | {"person": person[1], "role": "operator"})
    assert taken.status_code == 303
    assert (await other.get("/operator/cancellations")).status_code == 403
    me = ids.public("per", await fetch_value("SELECT person_id FROM membership WHERE role = 'administrator'"))
    own = await admin.post(f"{url}/take-role", data=token | {"person": me, "role": "administrator"})
    assert (own.status_code, "不能收回自己的角色" in own.text) == (422, True)


async def test_a_reset_link_leads_to_a_new_password_and_a_new_factor(strict: Door, people: People) -> None:
    admin = await people.come(Role.ADMINISTRATOR)
    await people.come(Role.REVIEWER)
    browser = people.browser()
    await browser.post(await invited(admin, members_of(people.exchange), "operator"), data=TYPED)
    await set_factor_up(browser, "/operator/factor")
    rows = await fetch("SELECT person_id, role FROM membership ORDER BY created_at, id")
    by = {row["role"]: row["person_id"] for row in rows}  # the latest of each: the sample's own people came before
    link = await identity.reset_operator(by["operator"], by=by["administrator"], second=by["reviewer"], now=utc_now())
    assert (await browser.get("/operator/cancellations")).status_code == 303
    path = f"/reset/{link.token}"
    assert (await browser.get(path)).status_code == 200
    new = {"password": "another long password", "password_again": "another long password"}
    assert (await browser.post(path, data=new | {"password_again": "x"})).status_code == 400
    assert (await browser.post(path, data=new)).headers["location"] == "/operator/factor"
    await set_factor_up(browser, "/operator/factor")
    assert (await browser.get("/operator/cancellations")).status_code == 200
    assert (await browser.get(path)).status_code == 410


async def test_ten_wrong_passwords_of_a_stranger_leave_the_owners_browser_alone(people: People) -> None:
    keyring = people.door.app.state.services.keyring
    await staff.enrolled("old@x.example", PASSWORD, people.exchange, [Role.REVIEWER], keyring=keyring)
    form = {"email": "old@x.example", "password": PASSWORD, "next": ""}
    stranger, owner = people.browser(), people.browser()
    for _ in range(10):
        assert (await stranger.post("/operator/sign-in", data=form | {"password": "wrong"})).status_code == 401
    locked = await stranger.post("/operator/sign-in", data=form)
    assert locked.status_code == 429 and int(locked.headers["retry-after"]) > 3000
    assert (await owner.post("/operator/sign-in", data=form)).status_code == 303
