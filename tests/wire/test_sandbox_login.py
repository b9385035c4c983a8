"""The mini-program's login server: codes live five minutes and are used once."""

import httpx
import pytest


@pytest.fixture
async def wire(sandbox):
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False, verify=False) as client:
        yield client


def login(sandbox, code, **changes):
    asked = {"appid": sandbox.keys.appid, "secret": sandbox.keys.app_secret, "js_code": code}
    return asked | {"grant_type": "authorization_code"} | changes


async def asked(wire, parameters):
    answer = await wire.get("/sns/jscode2session", params=parameters)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")  # as WeChat's is
    return answer.json()


async def test_a_code_gives_the_person_once(sandbox, wire):
    minted = await sandbox.control("POST", "wx/code", {})
    told = await asked(wire, login(sandbox, minted["code"]))
    assert told["openid"] == minted["openid"]
    assert set(told) == {"openid", "session_key", "unionid"}
    assert (await asked(wire, login(sandbox, minted["code"])))["errcode"] == 40163


async def test_the_same_person_comes_back_under_a_new_code(sandbox, wire):
    told = []
    for _ in range(2):
        minted = await sandbox.control("POST", "wx/code", {"openid": "oSANDBOXpanda"})
        told.append(await asked(wire, login(sandbox, minted["code"])))
    assert {person["openid"] for person in told} == {"oSANDBOXpanda"}
    assert len({person["unionid"] for person in told}) == 1
    assert len({person["session_key"] for person in told}) == 2


@pytest.mark.parametrize(("age_s", "accepted"), [(290, True), (300, False)])
async def test_a_code_lives_five_minutes(age_s, accepted, sandbox, wire):
    minted = await sandbox.control("POST", "wx/code", {})
    await sandbox.control("POST", "clock", {"offset_s": age_s})
    told = await asked(wire, login(sandbox, minted["code"]))
    assert ("openid" in told) is accepted
    assert accepted or told["errcode"] == 40029


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"appid": "wx0000000000000000"}, 40013),
        ({"secret": "wrong"}, 40125),
        ({"grant_type": "client_credential"}, 40002),
        ({"js_code": ""}, 41008),
    ],
)
async def test_a_wrong_question_is_answered_in_dialect_and_logged_without_the_secret(changes, errcode, sandbox, wire):
    sandbox.expect_refusals()
    minted = await sandbox.control("POST", "wx/code", {})
    assert (await asked(wire, login(sandbox, minted["code"], **changes)))["errcode"] == errcode
    log = await sandbox.control("GET", "log")
    assert log["refusals"][0]["code"] == str(errcode)
    assert sandbox.keys.app_secret not in str(log)
    if "js_code" not in changes:  # a refused question uses nothing up
        assert "openid" in await asked(wire, login(sandbox, minted["code"]))


async def test_an_unknown_code_is_invalid(sandbox, wire):
    assert (await asked(wire, login(sandbox, "0nobody")))["errcode"] == 40029


async def token(sandbox, wire, **more):
    body = {"grant_type": "client_credential", "appid": sandbox.keys.appid, "secret": sandbox.keys.app_secret}
    return (await wire.post("/cgi-bin/stable_token", json=body | more)).json()


async def test_the_stable_token_stays_until_five_minutes_before_its_end(sandbox, wire):
    first = await token(sandbox, wire)
    assert len(first["access_token"]) >= 512
    assert first["expires_in"] == 7200
    await sandbox.control("POST", "clock", {"offset_s": 6800})
    assert (await token(sandbox, wire))["access_token"] == first["access_token"]
    await sandbox.control("POST", "clock", {"offset_s": 6901})
    assert (await token(sandbox, wire))["access_token"] != first["access_token"]


async def test_a_token_can_be_forced_twenty_times_a_day(sandbox, wire):
    forced = [await token(sandbox, wire, force_refresh=True) for _ in range(21)]
    assert len({answer["access_token"] for answer in forced[:20]}) == 20
    assert forced[20]["errcode"] == 45009
