"""WeChat's content check against its far side: what it advises is taken, silence and nonsense are never a yes."""

import io
from urllib.parse import parse_qsl, urlsplit

import pytest
from PIL import Image

from app.gateways.wechat import ContentAdvice, ContentServer, OpenidStale, PushReader
from app.kernel.clock import utc_now
from app.kernel.errors import Unavailable
from tests.effort import moment_s
from tests.wire.test_wechat_login import answered
from tests.wire.wechatpay_forging import far_side


@pytest.fixture
async def server(sandbox):
    keys = sandbox.keys
    ours = ContentServer(appid=keys.appid, secret=keys.app_secret, base_url=sandbox.url, read_timeout_s=moment_s(0.5))
    yield ours
    await ours.aclose()


@pytest.fixture
async def openid(sandbox):
    return (await sandbox.control("POST", "wx/code", {}))["openid"]


@pytest.mark.parametrize(("text", "suggestion"), [("林小川", "pass"), ("疑似", "review"), ("违规", "risky")])
async def test_a_text_is_advised_about(server, openid, text, suggestion):
    assert (await server.check_text(text, openid=openid)).suggestion == suggestion


async def test_one_token_serves_many_questions(server, openid, sandbox):
    for _ in range(3):
        await server.check_text("甲", openid=openid)
    assert len(await sandbox.control("GET", "wx/content")) == 3


async def test_a_token_that_wechat_has_replaced_is_fetched_once_more(server, openid, sandbox):
    sandbox.expect_refusals()
    await server.check_text("甲", openid=openid)
    server._token = type(server._token)("sandbox_stale", server._token.ends_at)
    assert (await server.check_text("乙", openid=openid)).suggestion == "pass"


async def test_somebody_who_is_not_in_the_mini_program_is_not_checked(server, sandbox):
    sandbox.expect_refusals()
    with pytest.raises(OpenidStale):
        await server.check_text("甲", openid="oNOBODY")


async def test_somebody_who_was_there_hours_ago_is_not_checked(server, openid, sandbox):
    sandbox.expect_refusals()
    await sandbox.control("POST", "clock", {"offset_s": 3 * 3600})
    with pytest.raises(OpenidStale):
        await server.check_text("甲", openid=openid)


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after", "500", "502", "429", "reset"])
async def test_a_fault_is_silence(server, openid, sandbox, kind):
    sandbox.expect_refusals()
    await sandbox.control("POST", "fault", {"route": "content_text", "kind": kind, "hold_s": moment_s(2)})
    with pytest.raises(Unavailable):
        await server.check_text("甲", openid=openid)


async def test_a_picture_is_sent_under_a_name(server, openid, sandbox):
    trace_id = await server.send_picture("http://127.0.0.1:9/x.webp", openid=openid)
    (asked,) = await sandbox.control("GET", "wx/content")
    assert (asked["trace_id"], asked["content"]) == (trace_id, "http://127.0.0.1:9/x.webp")


@pytest.mark.parametrize(
    "content",
    [
        {}, {"errcode": 0}, {"errcode": 0, "result": {}}, {"errcode": 0, "result": {"suggest": 1, "label": 100}},
        {"errcode": 0, "result": {"suggest": "pass", "label": "100"}}, {"errcode": -1}, {"errcode": 45009}, [],
        {"result": {"suggest": "pass", "label": 100}}, {"errcode": "0", "result": {"suggest": "pass", "label": 100}},
        b"<html>", b"", b"[" * 100_000,
    ],
    ids=str,
)  # fmt: skip
async def test_an_answer_that_says_nothing_clearly_is_silence(content):
    async with far_side(answered(content)) as far:
        ours = ContentServer(appid="wx1", secret="s" * 32, base_url=far.url)
        with pytest.raises(Unavailable):
            await ours.check_text("甲", openid="oTEST")
        await ours.aclose()


async def test_neither_secret_nor_token_nor_text_nor_openid_is_in_what_goes_wrong(caplog):
    async with far_side(
        answered({"access_token": "tVISIBLE", "expires_in": 7200, "errcode": 87009, "errmsg": "cVISIBLE"})
    ) as far:
        ours = ContentServer(appid="wx1", secret="s3cr3t" * 5, base_url=far.url)
        with pytest.raises(Unavailable) as silence:
            await ours.check_text("cVISIBLE", openid="oVISIBLE")
        await ours.aclose()
    told = caplog.text + str(silence.value) + repr(silence.value)
    assert not [hidden for hidden in ("tVISIBLE", "cVISIBLE", "oVISIBLE", "s3cr3t") if hidden in told]


def test_advice_is_a_plain_record():
    assert ContentAdvice("pass", 100) == ContentAdvice("pass", 100)


def shown(colour):
    """A server that gives one picture of this colour."""
    out = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(out, "WEBP")
    body = out.getvalue()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: image/webp\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    return lambda _: head.encode() + body


@pytest.mark.parametrize(
    ("colour", "suggestion"), [((40, 160, 90), "pass"), ((250, 10, 10), "risky"), ((10, 10, 250), "review")]
)
async def test_a_picture_is_fetched_looked_at_and_told_by_a_push_that_we_read(
    server, openid, sandbox, notice_door, colour, suggestion
):
    await sandbox.control("POST", "wx/push_url", {"url": notice_door.url})
    async with far_side(shown(colour)) as far:
        trace_id = await server.send_picture(f"{far.url}/x.webp", openid=openid)
        (came,) = await notice_door.wait(1)
    query = dict(parse_qsl(urlsplit(came.path).query))
    keys = sandbox.keys
    seen = PushReader(keys.appid, keys.push_token, keys.push_aes_key).read(query, came.body, utc_now())
    assert (seen.trace_id, seen.advice.suggestion) == (trace_id, suggestion)


async def test_a_picture_that_cannot_be_had_is_told_as_an_error_and_says_nothing(server, openid, sandbox, notice_door):
    await sandbox.control("POST", "wx/push_url", {"url": notice_door.url})
    await server.send_picture("http://127.0.0.1:9/x.webp", openid=openid)
    (came,) = await notice_door.wait(1)
    keys = sandbox.keys
    query = dict(parse_qsl(urlsplit(came.path).query))
    assert PushReader(keys.appid, keys.push_token, keys.push_aes_key).read(query, came.body, utc_now()) is None
