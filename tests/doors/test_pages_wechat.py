"""The cashier inside WeChat: who pays is asked silently, JSAPI comes first, a snapshot is told that it cannot pay."""

import html
import json
import re
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from app.gateways.channels.wechatpay import WeChatPay
from app.gateways.database import fetch
from app.gateways.wechat import OfficialAccount
from app.web.kit.requests.cookies import SESSION
from tests.doors.conftest import OWN_PAGE, PAGE, PUBLIC, Caller, Door
from tests.doors.test_pages_citizen import fields, scanned
from tests.far_side import Sandbox, own_sandbox, sandbox, sandbox_process
from tests.wire.wechatpay_asking import ours_for

__all__ = ["own_sandbox", "sandbox", "sandbox_process"]  # fixtures, found by their names

INSIDE = "Mozilla/5.0 (iPhone) Mobile MicroMessenger/8.0"


class Phone:
    """One phone: our browser inside WeChat, and its own side of WeChat."""

    def __init__(self, door: Door) -> None:
        self.ours = Caller(door.app, user_agent=INSIDE, **PAGE)
        self.wechat = httpx.AsyncClient(trust_env=False, headers={"user-agent": INSIDE})

    async def order(self, door: Door) -> str:
        """The address of a fresh order's cashier."""
        form = await scanned(self.ours, door.live)
        answer = await self.ours.post(f"/s/{door.live}", data=form, headers=OWN_PAGE)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    async def through_wechat(self, url: str) -> httpx.Response:
        """Open a page of ours, and follow it to WeChat and back; answers what the reader sees in the end."""
        out = await self.ours.get(url)
        assert out.status_code == 303
        assert out.headers["location"].split("?")[0].endswith("/connect/oauth2/authorize")
        back = await self.wechat.get(out.headers["location"])
        home = await self.ours.get(back.headers["location"].removeprefix(PUBLIC))
        assert home.status_code == 303
        return await self.ours.get(home.headers["location"])

    async def aclose(self) -> None:
        await self.ours.aclose()
        await self.wechat.aclose()


@pytest.fixture
async def wechat(door: Door, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    """The door's application with an official account and a merchant, both at the sandbox."""
    keys, platform = sandbox.keys, door.app.state.services
    account = OfficialAccount(
        appid=keys.account_appid, secret=keys.account_secret, base_url=sandbox.url, open_url=sandbox.url
    )
    channel: WeChatPay = ours_for(sandbox, f"{PUBLIC}/notify/wechatpay", page_appid=keys.account_appid)
    object.__setattr__(platform.gateways, "account", account)
    monkeypatch.setitem(platform.gateways.channels, "wechatpay", channel)
    yield sandbox
    object.__setattr__(platform.gateways, "account", None)
    await account.aclose()
    await channel.aclose()


@pytest.fixture
async def phone(door: Door) -> AsyncIterator[Phone]:
    one = Phone(door)
    yield one
    await one.aclose()


def methods(page: str) -> list[str]:
    return re.findall(r'name="method" value="([^"]+)"', page)


async def test_inside_wechat_one_pays_right_there_and_the_code_comes_last(
    door: Door, wechat: Sandbox, phone: Phone
) -> None:
    url = await phone.order(door)
    cashier = await phone.through_wechat(url)
    assert methods(cashier.text) == ["wechatpay.jsapi", "wechatpay.native"]
    paid = await phone.ours.post(url, data=fields(cashier.text) | {"method": "wechatpay.jsapi"}, headers=OWN_PAGE)
    assert paid.status_code == 200
    call = re.search(r'data-call="([^"]+)"', paid.text)
    assert call is not None
    call_up = json.loads(html.unescape(call[1]))
    assert call_up["appId"] == wechat.keys.account_appid
    assert set(call_up) == {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}
    # The phone's side checks our signature over the call-up, and that its payer is one of this account.
    trade = await wechat.control("POST", "wx/call_up", call_up)
    assert trade["appid"] == wechat.keys.account_appid
    arrived = await phone.ours.get(f"{url}?paid=1")
    assert "注销中" in arrived.text
    # The next order of this phone is not asked again.
    assert methods((await phone.ours.get(await phone.order(door))).text)[0] == "wechatpay.jsapi"


async def test_a_snapshot_is_told_that_it_cannot_pay_and_what_to_do_and_is_never_kept(
    door: Door, wechat: Sandbox, phone: Phone
) -> None:
    await wechat.control("POST", "wx/snapshot", {"on": True})
    url = await phone.order(door)
    cashier = await phone.through_wechat(url)
    assert "现在是微信的“快照页”，在这里不能付款。" in cashier.text
    assert "使用完整服务" in cashier.text
    assert methods(cashier.text) == ["wechatpay.native"]
    assert not await fetch("SELECT id FROM person_pii")
    # Whoever opens the full page goes on from there.
    await wechat.control("POST", "wx/snapshot", {"on": False})
    again = await phone.through_wechat(f"{url}/wechat")
    assert methods(again.text)[0] == "wechatpay.jsapi"


async def test_where_wechat_is_silent_the_code_is_offered_and_another_try(
    door: Door, wechat: Sandbox, phone: Phone
) -> None:
    await wechat.control("POST", "fault", {"route": "page_login", "kind": "code:SYSTEM_ERROR"})
    url = await phone.order(door)
    cashier = await phone.through_wechat(url)
    assert "微信没有告诉我们是谁在付款" in cashier.text
    assert (methods(cashier.text), f'href="{url}/wechat"' in cashier.text) == (["wechatpay.native"], True)


async def test_an_answer_of_wechat_counts_once_for_the_session_that_asked(
    door: Door, wechat: Sandbox, phone: Phone
) -> None:
    url = await phone.order(door)
    out = await phone.ours.get(url)
    back = (await phone.wechat.get(out.headers["location"])).headers["location"].removeprefix(PUBLIC)
    code, state = (parse_qs(urlsplit(back).query)[name][0] for name in ("code", "state"))
    session, sealed = phone.ours.cookies[SESSION], phone.ours.cookies["dd_wechat"]

    async def answered(state: str, **kept: str) -> str:
        async with door.caller(user_agent=INSIDE) as other:
            for name, value in kept.items():
                other.cookies.set(name, value)
            answer = await other.get(f"/wechat/back?code={code}&state={state}", headers=PAGE)
            return answer.headers.get("location", str(answer.status_code))

    thief = Phone(door)
    await thief.order(door)
    stolen = thief.ours.cookies[SESSION]
    await thief.aclose()
    wrong_goal = sealed.replace("ord_", "//evil")
    for given, kept in (
        ("0" * 32, {SESSION: session, "dd_wechat": sealed}),
        (state, {SESSION: session}),
        (state, {SESSION: stolen, "dd_wechat": sealed}),
        (state, {SESSION: session, "dd_wechat": wrong_goal}),
        (state, {SESSION: session, "dd_wechat": "x"}),
    ):
        assert await answered(given, **kept) == "/", kept
    assert await answered(state) == "401"
    assert await answered(state, **{SESSION: session, "dd_wechat": sealed}) == url
    assert not [row for row in await fetch("SELECT kind FROM person_pii") if row["kind"] != "openid"]


async def test_a_phone_that_lost_its_session_pays_with_the_same_openid_and_joins_nobody(
    door: Door, wechat: Sandbox, phone: Phone
) -> None:
    await phone.through_wechat(await phone.order(door))
    phone.ours.cookies.clear()
    url = await phone.order(door)
    cashier = await phone.through_wechat(url)
    assert methods(cashier.text)[0] == "wechatpay.jsapi"
    sent = await phone.ours.post(url, data=fields(cashier.text) | {"method": "wechatpay.jsapi"}, headers=OWN_PAGE)
    assert "data-call=" in sent.text
    assert len(await fetch("SELECT id FROM person_pii WHERE kind = 'openid'")) == 1
