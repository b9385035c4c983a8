"""The operators' door: who gets in, and the way of a cancellation from a proposal to what a certificate says."""

import html
import re
from dataclasses import dataclass
from uuid import UUID

import pytest

from app.foundation import identity
from app.foundation.identity import Role, SessionKind
from app.foundation.identity.keeping_sessions import open_session
from app.gateways.database import fetch
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Language, Text
from app.web.kit.requests import cookies
from app.web.kit.security.signing_in import HOME, own_path
from tests.doors.conftest import OWN_PAGE, PAGE, Caller, Door
from tests.staff import enrolled, exchange, join, verified

PASSWORD = "a long enough password"
LIST = "/operator/cancellations"
PDF = b"%PDF-1.7\n a proof"


def today() -> str:
    """In Beijing, where the day may end while these tests run."""
    return beijing_day(utc_now()).isoformat()


@dataclass
class Platform:
    """The door, and the platform's people."""

    door: Door
    organisation_id: UUID

    async def come(self, *roles: Role, organisation_id: UUID | None = None) -> Caller:
        """A browser in which an operator with these roles has signed in; without the slow look at a password."""
        platform, now = self.door.app.state.services, utc_now()
        guest = await identity.open_guest_session(Language.ZH, keyring=platform.keyring, now=now)
        person_id = guest.session.person_id
        await join(person_id, organisation_id or self.organisation_id, *roles)
        opened = await open_session(person_id, kind=SessionKind.OPERATOR, language=Language.ZH, now=now, is_new=False)
        browser = Caller(self.door.app, **OWN_PAGE, **PAGE)
        browser.cookies.set(cookies.SESSION, opened.token)
        return browser

    async def two(self) -> tuple[Caller, Caller]:
        """One who proposes and one who reviews."""
        return await self.come(Role.OPERATOR), await self.come(Role.REVIEWER)


@pytest.fixture
async def platform(door: Door) -> Platform:
    name = Text(zh="示例环境交易所", en="Sample Exchange")
    return Platform(door, await exchange(name))


def fields(page: str) -> dict[str, str]:
    """The hidden fields of a page's forms, as a browser would send them."""
    return {
        name: html.unescape(v) for name, v in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    }


async def sold(door: Door) -> str:
    """A certificate, and with it retired grams; answers its verify code."""
    async with door.guest() as citizen:
        certificate_id = await door.paid((await citizen.order(door.live)).json()["id"])
        return str((await citizen.get(f"/api/v1/certificates/{certificate_id}")).json()["verify_code"])


async def proposed(maker: Caller) -> str:
    """The page of a cancellation the maker has just proposed."""
    form = fields((await maker.get(LIST)).text)
    answer = await maker.post(LIST, data=form | {"mode": "hand"})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def reported(maker: Caller, url: str, *, data: bytes = PDF, **typed: str) -> int:
    """The maker brings the proof; answers the status."""
    form = fields((await maker.get(url)).text) | {"registry_reference": "VN-2026-1", "cancelled_on": today()} | typed
    answer = await maker.post(f"{url}/report", data=form, files={"evidence": ("proof.pdf", data, "application/pdf")})
    return answer.status_code


async def test_the_way_of_a_cancellation_ends_on_the_certificate(platform: Platform) -> None:
    code = await sold(platform.door)
    anybody = platform.door.caller(**PAGE)
    before = (await anybody.get(f"/api/v1/verify/{code}")).json()["upstream"]
    assert (before["state"], before["proofs"]) == ("pooled", [])
    maker, checker = await platform.two()

    url = await proposed(maker)
    assert await reported(maker, url) == 303
    assert (await anybody.get(f"/api/v1/verify/{code}")).json()["upstream"]["state"] == "submitted"
    shown = await checker.get(url)
    assert "VN-2026-1" in shown.text
    assert (await checker.get(f"{url}/evidence")).content == PDF
    assert (await checker.post(f"{url}/approve", data=fields(shown.text))).status_code == 303

    after = (await anybody.get(f"/api/v1/verify/{code}")).json()["upstream"]
    assert after["state"] == "cancelled"
    assert after["covered_g"] == after["mass_g"] > 0
    (proof,) = after["proofs"]
    assert (proof["registry_reference"], proof["cancelled_on"], proof["first"]) == ("VN-2026-1", today(), 1)
    page = (await anybody.get(f"/v/{code}")).text
    assert "登记机构已确认注销" in page
    assert "VN-2026-1" in page
    assert "没有缺口" in (await checker.get(LIST)).text


async def test_without_a_name_the_pages_lead_to_the_sign_in_and_back(platform: Platform) -> None:
    browser = platform.door.caller(**OWN_PAGE, **PAGE)
    answer = await browser.get(LIST)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/operator/sign-in?next={LIST}")
    assert "登录" in (await browser.get(answer.headers["location"])).text
    assert (await browser.post(LIST, data={"lot": "x"})).status_code == 401


async def test_the_right_password_lets_in_and_a_wrong_one_is_told_on_the_page(platform: Platform) -> None:
    keyring = platform.door.app.state.services.keyring
    await enrolled("maker@x.example", PASSWORD, platform.organisation_id, [Role.OPERATOR], keyring=keyring)
    browser = platform.door.caller(**OWN_PAGE, **PAGE)
    form = {"email": "maker@x.example", "password": PASSWORD, "next": "https://evil.example/"}
    wrong = await browser.post("/operator/sign-in", data=form | {"password": "wrong"})
    assert (wrong.status_code, "邮箱或密码不正确" in wrong.text) == (401, True)
    assert "set-cookie" not in wrong.headers
    right = await browser.post("/operator/sign-in", data=form)
    assert (right.status_code, right.headers["location"]) == (303, HOME)
    assert (await browser.get(HOME)).headers["location"] == LIST
    assert (await browser.get(LIST)).status_code == 200


@pytest.mark.parametrize(
    "goal",
    [
        "https://evil.example/", "//evil.example", "/operator//evil.example", "/operator/\\evil", "", "me", "javascript:x",
        "/\t/evil.example", "/\n/evil.example", "/%5Cevil.example", "/%2F/evil.example", "/%09/evil.example",
        "/%0d%0aset-cookie:a=b", "/operator/sign-in?next=/operator/sign-in", "/operator/code", "/operator/sign-out",
    ],
)  # fmt: skip
def test_signing_in_leads_to_our_own_pages_only(goal: str) -> None:
    assert own_path(goal) == HOME


def test_signing_in_leads_back_to_any_page_of_ours() -> None:
    for ours in (LIST + "/UC-1", "/o/ord_01JD8Q9T5K3V2M7N4P6R8S0W1X", "/organiser/H7QP3K?lang=en", "/me"):
        assert own_path(ours) == ours


async def test_a_sign_in_from_a_foreign_page_is_refused(platform: Platform) -> None:
    browser = platform.door.caller(sec_fetch_site="cross-site")
    form = {"email": "maker@x.example", "password": PASSWORD}
    assert (await browser.post("/operator/sign-in", data=form)).status_code == 403


async def test_a_role_in_another_organisation_opens_nothing(platform: Platform) -> None:
    other = await verified(Text(zh="示例主办方", en="Sample sponsor"))
    browser = await platform.come(Role.OPERATOR, Role.REVIEWER, organisation_id=other)
    assert (await browser.get(LIST)).status_code == 403


async def test_who_reviews_does_not_propose_and_who_proposes_does_not_review(platform: Platform) -> None:
    await sold(platform.door)
    maker, checker = await platform.two()
    token = fields((await checker.get(LIST)).text)
    assert (await checker.post(LIST, data=token | {"lot": "CDCER-2022-0113", "mode": "hand"})).status_code == 403
    url = await proposed(maker)
    await reported(maker, url)
    mine = fields((await maker.get(url)).text)
    assert (await maker.post(f"{url}/approve", data=mine | {"seen": "0" * 64})).status_code == 403


async def test_nobody_with_both_roles_confirms_their_own(platform: Platform) -> None:
    await sold(platform.door)
    both = await platform.come(Role.OPERATOR, Role.REVIEWER)
    url = await proposed(both)
    await reported(both, url)
    page = await both.get(url)
    assert "请另一位同事复核" in page.text
    assert "/approve" not in page.text
    seen = re.findall(r"SHA-256 ([0-9a-f]{64})</p>", page.text)[-1]
    answer = await both.post(f"{url}/approve", data=fields(page.text) | {"seen": seen})
    assert (answer.status_code, "提请人不能复核自己的提请" in answer.text) == (403, True)


async def test_a_form_of_another_session_is_refused(platform: Platform) -> None:
    await sold(platform.door)
    maker, checker = await platform.two()
    url = await proposed(maker)
    await reported(maker, url)
    stolen = fields((await maker.get(url)).text)
    seen = fields((await checker.get(url)).text)["seen"]
    assert (await checker.post(f"{url}/approve", data=stolen | {"seen": seen})).status_code == 403
    assert (await checker.post(f"{url}/approve", data={"seen": seen})).status_code == 403


async def test_a_page_that_is_out_of_date_confirms_nothing(platform: Platform) -> None:
    await sold(platform.door)
    maker, checker = await platform.two()
    url = await proposed(maker)
    old = fields((await checker.get(url)).text)
    await reported(maker, url)
    answer = await checker.post(f"{url}/approve", data=old)
    assert (answer.status_code, "请刷新后重新核对" in answer.text) == (409, True)


async def test_an_unfit_report_is_told_on_the_page_with_what_was_typed(platform: Platform) -> None:
    await sold(platform.door)
    maker = await platform.come(Role.OPERATOR)
    url = await proposed(maker)
    for data, typed, status, says in (
        (b"MZ", {}, 400, "PDF、PNG、JPG 或 XLSX"),
        (PDF + bytes(2 * 1024 * 1024), {}, 400, "不得超过 2 MB"),
        (PDF + bytes(3 * 1024 * 1024), {}, 413, ""),
        (PDF, {"registry_reference": "?"}, 400, "登记机构的注销编号"),
        (PDF, {"cancelled_on": "2999-01-01"}, 422, "注销日期应在"),
    ):
        form = fields((await maker.get(url)).text) | {"registry_reference": "VN-77", "cancelled_on": today()} | typed
        answer = await maker.post(
            f"{url}/report", data=form, files={"evidence": ("proof.pdf", data, "application/pdf")}
        )
        assert (answer.status_code, says in answer.text) == (status, True), says
        if status == 400 and not typed:
            assert 'value="VN-77"' in answer.text
    assert "待填报回执" in (await maker.get(url)).text


async def test_what_was_sent_back_says_why_in_english_too(platform: Platform) -> None:
    await sold(platform.door)
    maker, checker = await platform.two()
    url = await proposed(maker)
    form = fields((await checker.get(url)).text) | {"reason": "<b>Wrong range</b>"}
    assert (await checker.post(f"{url}/return", data=form | {"reason": " "})).status_code == 400
    assert (await checker.post(f"{url}/return", data=form)).status_code == 303
    page = (await maker.get(f"{url}?lang=en")).text
    assert "sent back" in page
    assert "&lt;b&gt;Wrong range&lt;/b&gt;" in page


async def test_who_proposes_is_asked_twice_and_proposes_what_was_shown(platform: Platform) -> None:
    await sold(platform.door)
    maker = await platform.come(Role.OPERATOR)
    listed = (await maker.get(LIST)).text
    assert re.search(rf'<form method="get" action="{LIST}/propose">', listed)
    asked = await maker.get(f"{LIST}/propose?lot=CDCER-2022-0113&mode=hand")
    assert (asked.status_code, "提请这些吨？" in asked.text, "第 1 至 1 号" in asked.text) == (200, True, True)
    assert not await fetch("SELECT id FROM upstream_cancellation")
    other = await maker.post(LIST, data=fields(asked.text) | {"tonnes": "0-7"})
    assert (other.status_code, "请重新核对" in other.text) == (409, True)
    assert (await maker.post(LIST, data=fields(asked.text))).status_code == 303
    nothing = await maker.get(f"{LIST}/propose?lot=CDCER-2022-0113&mode=hand")
    assert (nothing.status_code, "正在办理" in nothing.text, f'action="{LIST}/propose"' in nothing.text) == (
        422,
        True,
        False,
    )


async def test_who_proposed_takes_it_back_after_being_asked_and_the_tonnes_are_free_again(platform: Platform) -> None:
    code = await sold(platform.door)
    maker, other = await platform.come(Role.OPERATOR), await platform.come(Role.OPERATOR, Role.REVIEWER)
    for is_reported in (False, True):
        url = await proposed(maker)
        if is_reported:
            await reported(maker, url)
        assert f'href="{url}/withdraw"' in (await maker.get(url)).text
        assert f'href="{url}/withdraw"' not in (await other.get(url)).text
        assert (await other.get(f"{url}/withdraw")).headers["location"] == url
        asked = await maker.get(f"{url}/withdraw")
        assert (asked.status_code, "撤回这笔提请？" in asked.text) == (200, True)
        for form, who, status, says in (
            (fields(asked.text) | {"reason": "x"}, maker, 400, "请写明原因"),
            (fields(asked.text) | {"reason": "写错了号段", "csrf_token": "old"}, maker, 403, "页面已过期"),
        ):
            answer = await who.post(f"{url}/withdraw", data=form)
            assert (answer.status_code, says in answer.text, form["reason"] in answer.text) == (status, True, True)
        theirs = fields((await other.get(url)).text) | {"reason": "不是我的"}
        assert (await other.post(f"{url}/withdraw", data=theirs)).status_code == 403
        done = await maker.post(f"{url}/withdraw", data=fields(asked.text) | {"reason": "写错了号段"})
        assert (done.status_code, done.headers["location"]) == (303, url)
        page = (await other.get(url)).text
        assert ("已撤回" in page, "写错了号段" in page, "/approve" in page) == (True, True, False)
        again = await maker.post(f"{url}/withdraw", data=fields(asked.text) | {"reason": "再来一次"})
        assert (again.status_code, "不能再这样操作" in again.text) == (409, True)
        state = (await platform.door.caller().get(f"/api/v1/verify/{code}")).json()["upstream"]["state"]
        assert state == "pooled"


async def test_an_old_form_comes_back_with_what_was_typed_into_it(platform: Platform) -> None:
    await sold(platform.door)
    maker, checker = await platform.two()
    url = await proposed(maker)
    typed = {"registry_reference": "VN-2026-9", "cancelled_on": today(), "csrf_token": "old"}
    answer = await maker.post(f"{url}/report", data=typed, files={"evidence": ("proof.pdf", PDF, "application/pdf")})
    assert (answer.status_code, "页面已过期" in answer.text, 'value="VN-2026-9"' in answer.text) == (403, True, True)
    returned = await checker.post(f"{url}/return", data={"reason": "号段不对", "csrf_token": "old"})
    assert (returned.status_code, "号段不对" in returned.text) == (403, True)


async def test_signing_out_ends_the_session(platform: Platform) -> None:
    maker = await platform.come(Role.OPERATOR)
    form = fields((await maker.get(LIST)).text)
    assert (await maker.post("/operator/sign-out", data=form)).status_code == 303
    assert (await maker.get(LIST)).headers["location"].startswith("/operator/sign-in")


async def test_a_proof_is_never_run_by_a_browser(platform: Platform) -> None:
    await sold(platform.door)
    maker = await platform.come(Role.OPERATOR)
    url = await proposed(maker)
    assert (await maker.get(f"{url}/evidence")).status_code == 404
    await reported(maker, url)
    headers = (await maker.get(f"{url}/evidence")).headers
    assert headers["content-disposition"].startswith("attachment")
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["x-content-type-options"] == "nosniff"
