"""WeChat's subscribe messages against their far side: one consent is one message, and what may have gone out stays."""

import json

import pytest

from app.gateways.wechat import MessageNotSent, MessageRefused, MessageServer, MessageUnknown, RefusalReason
from app.kernel.text import Language
from app.sandbox.wechat.messages import CERTIFICATE
from tests.effort import moment_s
from tests.wire.test_wechat_login import answered
from tests.wire.wechatpay_forging import far_side

VALUES = {"thing1": "示例职工欢乐跑", "character_string2": "DD-20261122-SC-7K3M9QFX2", "time3": "2026-11-22 10:02"}


@pytest.fixture
async def server(sandbox):
    keys = sandbox.keys
    ours = MessageServer(
        "SANDBOX-certificate", appid=keys.appid, secret=keys.app_secret, base_url=sandbox.url, read_timeout_s=0.5
    )
    yield ours
    await ours.aclose()


@pytest.fixture
async def openid(sandbox):
    return (await sandbox.control("POST", "wx/code", {}))["openid"]


async def says(sandbox, openid, word="accept"):
    await sandbox.control("POST", "wx/subscribe", {"openid": openid, "template_id": CERTIFICATE, "says": word})


async def send(server, openid, *, template_id=CERTIFICATE, page="pages/certificate/index?id=crt_1", values=VALUES):
    await server.send(template_id, values, openid=openid, page=page, language=Language.ZH, is_trial=True)


async def refusal_of(server, openid, **more):
    with pytest.raises(MessageRefused) as refusal:
        await send(server, openid, **more)
    return refusal.value.reason


async def test_one_consent_is_one_message(server, openid, sandbox):
    sandbox.expect_refusals()
    await says(sandbox, openid)
    await send(server, openid)
    assert await refusal_of(server, openid) is RefusalReason.NO_CONSENT
    (one,) = await sandbox.control("GET", "wx/messages")
    assert (one["openid"], one["lang"], one["page"]) == (openid, "zh_CN", "pages/certificate/index?id=crt_1")
    assert json.loads(one["data"]) == {name: {"value": value} for name, value in VALUES.items()}


@pytest.mark.parametrize("word", ["reject", "ban"])
async def test_who_said_no_is_not_told(server, openid, sandbox, word):
    sandbox.expect_refusals()
    await says(sandbox, openid, word)
    assert await refusal_of(server, openid) is RefusalReason.NO_CONSENT


async def test_a_template_page_or_field_that_is_none_is_told_by_name(server, openid, sandbox):
    sandbox.expect_refusals()
    await says(sandbox, openid)
    assert await refusal_of(server, openid, template_id="none") is RefusalReason.TEMPLATE
    assert await refusal_of(server, openid, page="https://example.org") is RefusalReason.PAGE
    assert await refusal_of(server, openid, values=VALUES | {"thing1": "甲" * 21}) is RefusalReason.DATA
    assert await refusal_of(server, openid, values={}) is RefusalReason.DATA
    assert await refusal_of(server, "oNOBODY") is RefusalReason.OPENID
    await send(server, openid)  # none of them used the consent


async def test_a_token_that_wechat_has_replaced_is_fetched_once_more(server, openid, sandbox):
    sandbox.expect_refusals()
    for _ in range(2):
        await says(sandbox, openid)
    await send(server, openid)
    server._token = type(server._token)("sandbox_stale", server._token.ends_at)
    await send(server, openid)
    assert len(await sandbox.control("GET", "wx/messages")) == 2


@pytest.mark.parametrize("errcode", [40001, 42001, 45009, 45047, -1])
async def test_what_wechat_did_not_take_may_be_sent_later(errcode):
    async with far_side(answered({"access_token": "t", "expires_in": 7200, "errcode": errcode})) as far:
        ours = MessageServer("SANDBOX-certificate", appid="wx1", secret="s" * 32, base_url=far.url)
        with pytest.raises(MessageNotSent):
            await send(ours, "oTEST")
        await ours.aclose()


async def test_no_connection_is_not_sent():
    ours = MessageServer("SANDBOX-certificate", appid="wx1", secret="s" * 32, base_url="http://127.0.0.1:9")
    with pytest.raises(MessageNotSent):
        await send(ours, "oTEST")
    await ours.aclose()


@pytest.mark.parametrize("kind", ["timeout_after", "500", "502", "reset"])
async def test_silence_after_sending_is_unknown(server, openid, sandbox, kind):
    sandbox.expect_refusals()
    for _ in range(2):
        await says(sandbox, openid)
    await send(server, openid)  # the token is there
    await sandbox.control("POST", "fault", {"route": "subscribe_message", "kind": kind, "hold_s": moment_s(2)})
    with pytest.raises((MessageUnknown, MessageNotSent)) as silence:
        await send(server, openid)
    # A 500 of theirs says -1, busy, which took nothing; the others say nothing.
    assert (silence.type is MessageUnknown) == (kind != "500")


@pytest.mark.parametrize(
    "content", [{}, {"errcode": "0"}, {"errcode": 99999}, [], b"<html>", b"", b"[" * 100_000], ids=str
)
async def test_an_answer_that_says_nothing_clearly_is_unknown(content):
    async with far_side(
        answered({"access_token": "t", "expires_in": 7200} | content if isinstance(content, dict) else content)
    ) as far:
        ours = MessageServer("SANDBOX-certificate", appid="wx1", secret="s" * 32, base_url=far.url)
        ours._token = None
        if not isinstance(content, dict):
            ours._token = _token()
        with pytest.raises(MessageUnknown):
            await send(ours, "oTEST")
        await ours.aclose()


def _token():
    from datetime import UTC, datetime

    from app.gateways.wechat import calling

    return calling._Token("t", datetime(2999, 1, 1, tzinfo=UTC))


async def test_neither_secret_nor_token_nor_openid_nor_text_is_in_what_goes_wrong(caplog):
    async with far_side(
        answered({"access_token": "tVISIBLE", "expires_in": 7200, "errcode": 45009, "errmsg": "oVISIBLE"})
    ) as far:
        ours = MessageServer("SANDBOX-certificate", appid="wx1", secret="s3cr3t" * 5, base_url=far.url)
        with pytest.raises(MessageNotSent) as fault:
            await send(ours, "oVISIBLE", values={"thing1": "cVISIBLE"})
        await ours.aclose()
    told = caplog.text + repr(fault.value) + repr(fault.value.__cause__)
    assert not [hidden for hidden in ("tVISIBLE", "cVISIBLE", "oVISIBLE", "s3cr3t") if hidden in told]
