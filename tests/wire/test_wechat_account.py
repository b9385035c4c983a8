"""Web authorization of the official account: a reader inside WeChat becomes an openid once; a snapshot is nobody."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from app.gateways.wechat import LoginCodeRefused, OfficialAccount
from app.kernel.errors import Unavailable
from tests.effort import moment_s

BACK = "http://127.0.0.1:8000/wechat/back"
INSIDE = {"user-agent": "Mozilla/5.0 (iPhone) Mobile MicroMessenger/8.0"}


@pytest.fixture
async def account(sandbox):
    keys = sandbox.keys
    ours = OfficialAccount(
        appid=keys.account_appid, secret=keys.account_secret, base_url=sandbox.url, open_url=sandbox.url,
        read_timeout_s=moment_s(0.5),
    )  # fmt: skip
    yield ours
    await ours.aclose()


async def sent(url, *, browser=None, headers=INSIDE):
    """Where WeChat sends the browser, with code and state; None where it shows a page of its own."""
    async with httpx.AsyncClient(trust_env=False, headers=headers) as own:
        answer = await (browser or own).get(url, headers=headers)
    if answer.status_code != 302:
        return None
    parts = urlsplit(answer.headers["location"])
    assert parts._replace(query="").geturl() == BACK
    return {name: value for name, (value,) in parse_qs(parts.query).items()}


async def test_a_reader_inside_wechat_is_told_apart_silently_and_is_the_same_the_next_time(account):
    url = account.authorize_url(redirect_uri=BACK, state="a1B2")
    assert url.endswith("#wechat_redirect")
    async with httpx.AsyncClient(trust_env=False) as browser:
        first, second = await sent(url, browser=browser), await sent(url, browser=browser)
    assert first["state"] == "a1B2"
    reader, again = await account.exchange(first["code"]), await account.exchange(second["code"])
    assert (reader.is_snapshot, reader.openid) == (False, again.openid)
    assert (await account.exchange((await sent(url))["code"])).openid != reader.openid
    assert reader.openid not in repr(reader)


async def test_a_code_of_a_page_is_good_once(account, sandbox):
    sandbox.expect_refusals()
    code = (await sent(account.authorize_url(redirect_uri=BACK, state="")))["code"]
    await account.exchange(code)
    for spent in (code, "1sandboxffff", "", "a b"):
        with pytest.raises(LoginCodeRefused):
            await account.exchange(spent)


async def test_a_snapshot_is_told_as_such_and_is_another_one_each_time(account, sandbox):
    await sandbox.control("POST", "wx/snapshot", {"on": True})
    url = account.authorize_url(redirect_uri=BACK, state="")
    readers = [await account.exchange((await sent(url))["code"]) for _ in range(2)]
    assert [one.is_snapshot for one in readers] == [True, True]
    assert readers[0].openid != readers[1].openid


@pytest.mark.parametrize(
    ("change", "headers"),
    [
        (lambda url: url, {"user-agent": "Mozilla/5.0 (iPhone) Mobile Safari"}),
        (lambda url: url.replace("snsapi_base", "snsapi_login"), INSIDE),
        (lambda url: url.replace("127.0.0.1%3A8000", "evil.example"), INSIDE),
        (lambda url: url.replace("appid=wx", "appid=xx"), INSIDE),
        (lambda url: url.replace("state=a", "state=a-b"), INSIDE),
        (
            lambda url: url.replace("response_type=code&scope=snsapi_base", "scope=snsapi_base&response_type=code"),
            INSIDE,
        ),
    ],
)
async def test_wechat_shows_an_error_of_its_own_where_the_link_is_not_as_it_wants(account, change, headers):
    assert await sent(change(account.authorize_url(redirect_uri=BACK, state="a")), headers=headers) is None


async def test_silence_about_a_page_is_never_a_person(account, sandbox):
    url = account.authorize_url(redirect_uri=BACK, state="")
    for kind in ("timeout_after", "500", "429", "reset", "code:SYSTEM_ERROR"):
        code = (await sent(url))["code"]
        await sandbox.control("POST", "fault", {"route": "page_login", "kind": kind, "hold_s": moment_s(6)})
        with pytest.raises(Unavailable):
            await account.exchange(code)
