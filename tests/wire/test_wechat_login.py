"""Login of the mini-program: a code becomes a person once; silence is never a person, and nothing secret is logged."""

import asyncio
import logging
import os

import pytest

from app.gateways.wechat import LoginCodeRefused, WeChatLogin
from app.kernel.errors import Unavailable
from app.kernel.text import Language
from tests.effort import moment_s
from tests.wire.wechatpay_forging import compact, far_side


def login_at(url, *, appid="wx0000000000000001", secret="s3cr3t" * 5, read_timeout_s=5.0):
    return WeChatLogin(appid=appid, secret=secret, base_url=url, read_timeout_s=read_timeout_s)


@pytest.fixture
async def login(sandbox):
    keys = sandbox.keys
    ours = login_at(sandbox.url, appid=keys.appid, secret=keys.app_secret, read_timeout_s=moment_s(0.5))
    yield ours
    await ours.aclose()


async def test_a_code_tells_who_it_is(login, sandbox):
    minted = await sandbox.control("POST", "wx/code", {})
    identity = await login.exchange(minted["code"])
    assert identity.openid == minted["openid"]
    assert identity.unionid is not None


async def test_the_same_person_comes_back_with_another_code(login, sandbox):
    first = await sandbox.control("POST", "wx/code", {})
    second = await sandbox.control("POST", "wx/code", {"openid": first["openid"]})
    assert await login.exchange(first["code"]) == await login.exchange(second["code"])


async def test_a_code_is_good_once(login, sandbox):
    sandbox.expect_refusals()
    code = (await sandbox.control("POST", "wx/code", {}))["code"]
    await login.exchange(code)
    with pytest.raises(LoginCodeRefused):
        await login.exchange(code)


async def test_of_twenty_at_once_one_has_the_code(login, sandbox):
    sandbox.expect_refusals()
    code = (await sandbox.control("POST", "wx/code", {}))["code"]
    answers = await asyncio.gather(*(login.exchange(code) for _ in range(20)), return_exceptions=True)
    assert sum(not isinstance(answer, Exception) for answer in answers) == 1
    assert sum(isinstance(answer, LoginCodeRefused) for answer in answers) == 19


@pytest.mark.parametrize("code", ["", " ", "a b", "码", "x" * 129, "a\nb"])
async def test_what_cannot_be_a_code_is_refused_without_asking(code):
    with pytest.raises(LoginCodeRefused):
        await login_at("http://127.0.0.1:9").exchange(code)


async def test_the_refusal_speaks_both_languages():
    message = LoginCodeRefused().message()
    assert message.in_(Language.ZH) != message.in_(Language.EN)
    assert LoginCodeRefused.code == "wechat.login_code_refused"


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after", "500", "502", "429", "reset", "trickle"])
async def test_a_fault_is_silence(kind, login, sandbox):
    sandbox.expect_refusals()
    code = (await sandbox.control("POST", "wx/code", {}))["code"]
    await sandbox.control("POST", "fault", {"route": "login", "kind": kind, "hold_s": moment_s(6)})
    with pytest.raises(Unavailable):
        await login.exchange(code)


async def test_a_wrong_secret_is_our_trouble_not_the_payers(sandbox):
    sandbox.expect_refusals()
    code = (await sandbox.control("POST", "wx/code", {}))["code"]
    ours = login_at(sandbox.url, appid=sandbox.keys.appid)
    with pytest.raises(Unavailable, match="40125"):
        await ours.exchange(code)
    await ours.aclose()


async def test_silence_where_nobody_listens():
    with pytest.raises(Unavailable):
        await login_at("http://127.0.0.1:9").exchange("0abc")


def answered(content, status=200):
    body = content if isinstance(content, bytes) else compact(content)
    head = f"HTTP/1.1 {status} Answer\r\ncontent-type: text/plain\r\ncontent-length: {len(body)}\r\n"
    return lambda _: head.encode() + b"connection: close\r\n\r\n" + body


@pytest.mark.parametrize("errcode", [40029, 40163, 41008, 40226])
async def test_wechats_own_no_is_a_refusal(errcode):
    async with far_side(answered({"errcode": errcode, "errmsg": "no"})) as far:
        with pytest.raises(LoginCodeRefused):
            await login_at(far.url).exchange("0abc")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({"errcode": -1, "errmsg": "system error"}, id="system-error"),
        pytest.param({"errcode": 45011, "errmsg": "api minute-quota reach limit"}, id="minute-quota"),
        pytest.param({"errcode": 45009, "errmsg": "reach max api daily quota limit"}, id="day-quota"),
        pytest.param({"errcode": "x", "errmsg": ""}, id="code-that-is-no-number"),
        pytest.param({"errcode": 40001, "errmsg": "invalid credential"}, id="credential"),
        pytest.param({"openid": ""}, id="empty-openid"),
        pytest.param({"openid": 1}, id="openid-number"),
        pytest.param({"openid": "o" * 65}, id="openid-too-long"),
        pytest.param({"openid": "o'; DROP"}, id="openid-with-sql"),
        pytest.param({"session_key": "x"}, id="no-openid"),
        pytest.param([], id="array"),
        pytest.param(b"<html>", id="html"),
        pytest.param(b"", id="empty"),
        pytest.param(b"[" * 100_000, id="deep"),
    ],
)
async def test_an_answer_that_says_nothing_about_the_code_is_silence(content):
    async with far_side(answered(content)) as far:
        with pytest.raises(Unavailable):
            await login_at(far.url).exchange("0abc")
        assert len(far.heads) == 1, "asked once: a second try would burn the code"


async def test_one_call_is_one_request_and_fetches_no_token():
    async with far_side(answered({"openid": "oTEST", "session_key": "k"})) as far:
        identity = await login_at(far.url).exchange("0abc")
        assert (identity.openid, identity.unionid) == ("oTEST", None)
        assert len(far.heads) == 1
        assert far.heads[0].startswith(b"GET /sns/jscode2session?")
        assert b"js_code=0abc" in far.heads[0]


async def test_a_redirect_is_not_followed():
    redirect = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    async with far_side(lambda _: redirect) as far:
        with pytest.raises(Unavailable):
            await login_at(far.url).exchange("0abc")


async def test_a_proxy_of_the_environment_is_passed_by(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert os.environ["http_proxy"]
    async with far_side(answered({"openid": "oTEST"})) as far:
        assert (await login_at(far.url).exchange("0abc")).openid == "oTEST"


async def test_neither_secret_nor_session_key_nor_openid_is_logged_or_shown(caplog):
    secret = "s3cr3t" * 5
    with caplog.at_level(logging.DEBUG):
        async with far_side(answered({"openid": "oVISIBLE", "session_key": "kVISIBLE", "unionid": "uVISIBLE"})) as far:
            identity = await login_at(far.url).exchange("0abc")
        with pytest.raises(Unavailable) as silence:
            await login_at("http://127.0.0.1:9").exchange("0abc")
    shown = caplog.text + repr(identity) + str(silence.value) + repr(silence.value)
    for hidden in (secret, "kVISIBLE", "oVISIBLE", "uVISIBLE"):
        assert hidden not in shown
    assert silence.value.__suppress_context__, "the address in the cause holds the secret"
