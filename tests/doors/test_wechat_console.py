"""WeChat instead of the password: linked by an act on both sides, the second factor asked as ever, taken back at any time."""

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pyotp
import pytest

from app.foundation import audit, identity
from app.foundation.identity import Role
from app.gateways.database import fetch, fetch_value
from app.gateways.wechat import OfficialAccount
from app.kernel.clock import utc_now
from app.kernel.text import Text
from app.web.kit.requests.cookies import SESSION
from tests.doors.conftest import OWN_PAGE, PAGE, PUBLIC, Caller, Door
from tests.doors.test_pages_first_day import fields
from tests.far_side import Sandbox, own_sandbox, sandbox, sandbox_process
from tests.owning import as_owner
from tests.staff import enrolled, verified

__all__ = ["own_sandbox", "sandbox", "sandbox_process"]  # fixtures, found by their names

INSIDE = "Mozilla/5.0 (iPhone) Mobile MicroMessenger/8.0"
HERE = "/operator/wechat"


@pytest.fixture
async def wechat(door: Door, sandbox: Sandbox) -> AsyncIterator[Sandbox]:
    """The door's application with an official account at the sandbox."""
    platform = door.app.state.services
    account = OfficialAccount(
        appid=sandbox.keys.account_appid, secret=sandbox.keys.account_secret, base_url=sandbox.url, open_url=sandbox.url
    )
    object.__setattr__(platform.gateways, "account", account)
    yield sandbox
    object.__setattr__(platform.gateways, "account", None)
    await account.aclose()


class Phone:
    """A telephone with a WeChat of its own."""

    def __init__(self, door: Door) -> None:
        self.ours = Caller(door.app, user_agent=INSIDE, **PAGE)
        self.wechat = httpx.AsyncClient(trust_env=False, headers={"user-agent": INSIDE})

    async def scan(self, path: str) -> httpx.Response:
        """Open what a QR code says, through WeChat; the question, or why there is none."""
        out = await self.ours.get(path)
        if out.status_code != 303:
            return out
        back = await self.wechat.get(out.headers["location"])
        return await self.ours.get(back.headers["location"].removeprefix(PUBLIC))

    async def say_yes(self, path: str) -> httpx.Response:
        asked = await self.scan(path)
        assert asked.status_code == 200, asked.text
        return await self.ours.post("/w/confirm", data=fields(asked.text), headers=OWN_PAGE)

    async def aclose(self) -> None:
        await self.ours.aclose()
        await self.wechat.aclose()


@dataclass
class Member:
    """Somebody of an organiser, signed in with a password."""

    desk: Caller
    phone: Phone
    person_id: UUID
    secret: str | None
    """Of their authenticator."""


@asynccontextmanager
async def member(door: Door, *, has_factor: bool = False) -> AsyncIterator[Member]:
    organisation_id = await verified(Text(zh="示例工会", en="Sample Union"))
    keyring, email = door.app.state.services.keyring, f"{uuid4().hex}@example.org"
    await enrolled(email, "correct horse battery", organisation_id, (Role.SPONSOR,), keyring=keyring)
    opened = await identity.sign_in_operator(email, "correct horse battery", keyring=keyring, now=utc_now())
    secret = None
    if has_factor:
        offer = await identity.offer_factor(opened.session.person_id, issuer="x", keyring=keyring, now=utc_now())
        secret = offer.secret
        before = utc_now() - timedelta(minutes=2)  # the code of this minute stays good
        await identity.set_factor_up(
            opened.session.person_id, pyotp.TOTP(secret).at(before), keyring=keyring, now=before
        )
    phone = Phone(door)
    async with Caller(door.app, **PAGE) as desk:
        desk.cookies.set(SESSION, opened.token)
        yield Member(desk, phone, opened.session.person_id, secret)
    await phone.aclose()


async def scan_url(browser: Caller) -> str:
    """What the QR code of a browser says."""
    page = (await browser.get(f"{HERE}/wait")).text
    found = re.search(r"aria-label=\"[^\"]*?(/w/[\w-]{22})\"", html.unescape(page))
    assert found, page
    return found[1]


async def begin_link(one: Member) -> str:
    page = await one.desk.get(HERE)
    begun = await one.desk.post(f"{HERE}/link", data=fields(page.text), headers=OWN_PAGE)
    assert begun.status_code == 303, begun.text
    return await scan_url(one.desk)


async def finish(browser: Caller, **typed: str) -> httpx.Response:
    page = await browser.get(f"{HERE}/wait?next=/organiser")
    return await browser.post(f"{HERE}/finish", data=fields(page.text) | typed, headers=OWN_PAGE)


async def linked(one: Member) -> None:
    path = await begin_link(one)
    assert (await one.phone.say_yes(path)).status_code == 200
    code = {"code": pyotp.TOTP(one.secret).now()} if one.secret else {}
    done = await finish(one.desk, **code)
    assert (done.status_code, done.headers["location"]) == (303, HERE), done.text


async def begin_sign_in(browser: Caller) -> str:
    begun = await browser.post(f"{HERE}/sign-in", data={"next": "/organiser"}, headers=OWN_PAGE)
    assert begun.status_code == 303
    return await scan_url(browser)


async def test_a_member_links_their_wechat_and_comes_in_on_another_screen_without_a_password(
    door: Door, wechat: Sandbox
) -> None:
    async with member(door) as one, door.caller(**PAGE) as screen:
        assert "还没有关联微信" in (await one.desk.get(HERE)).text
        await linked(one)
        assert "已关联微信" in (await one.desk.get(HERE)).text
        assert "用微信登录" in (await screen.get("/operator/sign-in")).text
        path = await begin_sign_in(screen)
        asked = await one.phone.scan(path)
        number = re.search(r'<b class="n">(\d\d)</b>', asked.text)
        assert number is not None
        assert number[0] in (await screen.get(f"{HERE}/wait")).text  # the same on both
        await one.phone.ours.post("/w/confirm", data=fields(asked.text), headers=OWN_PAGE)
        came = await finish(screen)
        assert (came.status_code, came.headers["location"]) == (303, "/organiser")
        assert "示例工会" in (await screen.get("/organiser")).text
        (line,) = [each for each in await audit.history(about=str(one.person_id)) if each.action == "wechat.linked"]
        assert line.actor_id == one.person_id


async def test_whoever_has_a_second_factor_is_asked_for_it_to_link_and_to_come_in(door: Door, wechat: Sandbox) -> None:
    async with member(door, has_factor=True) as one, door.caller(**PAGE) as screen:
        await one.phone.say_yes(await begin_link(one))
        wrong = await finish(one.desk, code="000000")
        assert (wrong.status_code, 'aria-invalid="true"' in wrong.text) == (401, True)
        assert await identity.by_wechat.link_of(one.person_id) is None
        assert one.secret is not None
        totp, window = pyotp.TOTP(one.secret), int(utc_now().timestamp()) // 30
        await finish(one.desk, code=totp.at(30 * window))
        await one.phone.say_yes(await begin_sign_in(screen))
        came = await finish(screen)
        assert came.headers["location"].startswith("/operator/code?")
        assert (await screen.get("/organiser")).status_code == 303  # nothing is open before the code
        page = await screen.get("/operator/code?next=/organiser")
        # A code is good once; the next one is good a window early, however late in its window this began.
        typed = fields(page.text) | {"code": totp.at(30 * (window + 1)), "next": "/organiser"}
        opened = await screen.post("/operator/code", data=typed, headers=OWN_PAGE)
        assert (opened.status_code, opened.headers["location"]) == (303, "/organiser")


async def test_a_wechat_that_is_linked_to_nobody_opens_nothing(door: Door, wechat: Sandbox) -> None:
    async with door.caller(**PAGE) as screen:
        phone = Phone(door)
        refused = await phone.scan(await begin_sign_in(screen))
        assert (refused.status_code, "没有关联任何控制台账号" in refused.text) == (401, True)
        await phone.aclose()
        assert (await finish(screen)).status_code == 410


async def test_a_link_that_was_taken_back_opens_nothing_any_more_also_while_a_screen_waits(
    door: Door, wechat: Sandbox
) -> None:
    async with member(door) as one, door.caller(**PAGE) as screen:
        await linked(one)
        await one.phone.say_yes(await begin_sign_in(screen))
        page = await one.desk.get(HERE)
        assert (await one.desk.post(f"{HERE}/unlink", data=fields(page.text), headers=OWN_PAGE)).status_code == 303
        assert (await finish(screen)).status_code == 401
        assert "没有关联任何控制台账号" in (await one.phone.scan(await begin_sign_in(screen))).text
        await linked(one)  # and may be made anew


async def test_one_wechat_opens_one_account_and_one_account_has_one_wechat(door: Door, wechat: Sandbox) -> None:
    async with member(door) as one, member(door) as other:
        await linked(one)
        refused = await one.phone.scan(await begin_link(other))
        assert (refused.status_code, "已有关联" in refused.text) == (409, True)
        assert (await other.phone.say_yes(await begin_link(one))).status_code == 200
        assert (await finish(one.desk)).status_code == 409


async def test_whoever_is_disabled_or_reset_loses_the_link(door: Door, wechat: Sandbox) -> None:
    async with member(door) as one, door.caller(**PAGE) as screen:
        await linked(one)
        await one.phone.say_yes(await begin_sign_in(screen))
        await identity.disable_operator(one.person_id, now=utc_now())
        assert (await finish(screen)).status_code == 401
        assert await identity.by_wechat.link_of(one.person_id) is None


async def test_a_ticket_is_good_once_for_its_own_browser_and_for_three_minutes(door: Door, wechat: Sandbox) -> None:
    async with member(door) as one, door.caller(**PAGE) as screen, door.caller(**PAGE) as thief:
        await linked(one)
        path = await begin_sign_in(screen)
        await one.phone.say_yes(path)
        assert (await finish(thief)).status_code == 410  # the QR code alone lets nobody in
        page = fields((await screen.get(f"{HERE}/wait")).text)
        assert (await screen.post(f"{HERE}/finish", data=page, headers=OWN_PAGE)).status_code == 303
        assert "已失效" in (await one.phone.scan(path)).text
        late = await begin_sign_in(screen)
        await as_owner("ALTER TABLE wechat_ticket DISABLE TRIGGER wechat_ticket_goes_on")
        await as_owner(
            "UPDATE wechat_ticket SET made_at = made_at - interval '4 min', expires_at = expires_at - interval '4 min'"
        )
        await as_owner("ALTER TABLE wechat_ticket ENABLE TRIGGER wechat_ticket_goes_on")
        assert "已失效" in (await one.phone.scan(late)).text
        assert "重新取二维码" in (await screen.get(f"{HERE}/wait")).text


@pytest.mark.parametrize("forged", ["scan", "account", "csrf_token"])
async def test_a_yes_that_was_tampered_with_counts_for_nothing(door: Door, wechat: Sandbox, forged: str) -> None:
    async with member(door) as one, door.caller(**PAGE) as screen:
        await linked(one)
        asked = fields((await one.phone.scan(await begin_sign_in(screen))).text)
        other = asked[forged][:-1] + ("0" if asked[forged][-1] != "0" else "1")
        refused = await one.phone.ours.post("/w/confirm", data=asked | {forged: other}, headers=OWN_PAGE)
        assert refused.status_code == 403
        assert (
            await fetch_value("SELECT count(*) FROM wechat_ticket WHERE account IS NOT NULL AND used_at IS NULL") == 0
        )


async def test_outside_of_wechat_it_is_said_where_to_open_it_and_a_snapshot_is_nobody(
    door: Door, wechat: Sandbox
) -> None:
    async with member(door) as one, door.caller(**PAGE) as screen:
        path = await begin_sign_in(screen)
        assert "请用手机微信扫这个二维码" in (await screen.get(path)).text
        await wechat.control("POST", "wx/snapshot", {"on": True})
        assert "快照页" in (await one.phone.scan(path)).text
        await wechat.control("POST", "wx/snapshot", {"on": False})
    assert await fetch("SELECT account FROM wechat_ticket WHERE account IS NOT NULL") == []


async def test_an_answer_of_wechat_that_nobody_asked_for_leads_nowhere(door: Door, wechat: Sandbox) -> None:
    phone = Phone(door)
    for query in ("code=x&state=y", ""):
        answer = await phone.ours.get(f"/w/back?{query}")
        assert (answer.status_code, "请重新扫码" in answer.text) == (410, True)
    await phone.aclose()


async def test_no_openid_is_kept_for_a_console(door: Door, wechat: Sandbox) -> None:
    async with member(door) as one:
        await linked(one)
        (row,) = await fetch("SELECT to_jsonb(l)::text AS link FROM wechat_link l")
        assert "oSANDBOX" not in row["link"]
        assert await fetch_value("SELECT count(*) FROM person_pii WHERE kind = 'openid'") == 0


async def test_without_an_official_account_wechat_is_not_offered(door: Door) -> None:
    async with door.caller(**PAGE) as screen:
        assert "用微信登录" not in (await screen.get("/operator/sign-in")).text
        away = await screen.post(f"{HERE}/sign-in", data={"next": "/organiser"}, headers=OWN_PAGE)
        assert away.headers["location"] == "/operator/sign-in"
