"""Who is behind a login code of our mini-program inside Alipay: told once, under a signature, and only then believed."""

import json

import pytest

from app.gateways.channels.alipay import CREATE
from app.gateways.channels.base import Done, Opening, Payer, Refused
from app.gateways.channels.sign_in import AppCodeRefused
from app.kernel.errors import Unavailable
from tests.effort import moment_s
from tests.wire.alipay_asking import charge, ours_for, pays, trade
from tests.wire.alipay_forging import answer, http, node, our_side, signature
from tests.wire.wechatpay_forging import far_side

NAME = "alipay_system_oauth_token_response"


@pytest.fixture
async def login(sandbox):
    channel = ours_for(sandbox, read_timeout_s=moment_s(0.3))
    yield channel.sign_in
    await channel.aclose()


async def minted(sandbox, **how):
    return await sandbox.control("POST", "alipay/login_code", how)


@pytest.mark.parametrize("is_new_app", [False, True], ids=["user_id", "open_id"])
async def test_a_code_tells_who_somebody_is_who_then_pays_inside_alipay(login, sandbox, is_new_app):
    code = await minted(sandbox, is_new_app=is_new_app)
    identity = await login.exchange(code["code"])
    assert identity.openid == code["person"]
    assert identity.openid not in repr(identity)
    ours = ours_for(sandbox)
    one = charge(CREATE, payer=Payer(id=identity.openid, app_id=login.app_id))
    opening = await ours.open(one)
    assert isinstance(opening, Opening)
    await pays(sandbox, one)
    assert isinstance(await ours.query(trade(one)), Done)
    await ours.aclose()


async def test_a_code_is_good_once_and_a_known_person_stays_the_same(login, sandbox):
    first = await minted(sandbox)
    await login.exchange(first["code"])
    with pytest.raises(AppCodeRefused):
        await login.exchange(first["code"])
    again = await minted(sandbox, person=first["person"])
    assert (await login.exchange(again["code"])).openid == first["person"]


@pytest.mark.parametrize("code", ["", "nobodys", "x" * 129, "用户"])
async def test_a_code_that_is_none_is_refused(login, code):
    with pytest.raises(AppCodeRefused):
        await login.exchange(code)


async def test_silence_about_a_code_is_said_to_be_silence(login, sandbox):
    code = await minted(sandbox)
    await sandbox.control("POST", "fault", {"route": "alipay.login", "kind": "timeout_before", "hold_s": moment_s(1.2)})
    with pytest.raises(Unavailable):
        await login.exchange(code["code"])
    assert (await login.exchange(code["code"])).openid == code["person"]


@pytest.mark.parametrize(
    "body",
    [
        f'{{"{NAME}":{{"user_id":"2088123412341234"}}}}',
        f'{{"{NAME}":{{"user_id":"2088123412341234"}},"sign":"AAAA"}}',
        answer(node({"user_id": "2088123412341234"}), name=NAME, signer="stranger"),
        answer(node({"user_id": 2088123412341234}), name=NAME),
        answer(node({"open_id": "oWeChatOpenId00000000000000"}), name=NAME),
        answer(node({"access_token": "a"}), name=NAME),
        answer(node({"user_id": "2088123412341234"})),
    ],
    ids=["unsigned", "badly_signed", "wrong_key", "number", "wechats", "nobody", "other_answer"],
)
async def test_a_name_that_nobody_signed_or_that_is_none_is_not_believed(body):
    async with far_side(lambda _: http(body)) as far:
        one = our_side(gateway_url=f"{far.url}/gateway.do")
        with pytest.raises(Unavailable):
            await one.sign_in.exchange("code")
        await one.aclose()


@pytest.mark.parametrize("is_signed", [False, True])
async def test_a_no_is_believed_signed_or_not_since_it_lets_nobody_in(is_signed):
    told = json.dumps({"code": "40002", "msg": "Invalid Arguments", "sub_code": "isv.code-invalid"})
    body = f'{{"error_response":{told},"sign":"{signature(told) if is_signed else ""}"}}'
    async with far_side(lambda _: http(body)) as far:
        one = our_side(gateway_url=f"{far.url}/gateway.do")
        with pytest.raises(AppCodeRefused):
            await one.sign_in.exchange("code")
        await one.aclose()


async def test_an_id_of_another_app_opens_no_payment(sandbox):
    ours = ours_for(sandbox)
    for payer in (Payer(id="2088123412341234", app_id="wx0000000000000000"), Payer(id="oWeChat" + "0" * 21)):
        assert isinstance(await ours.open(charge(CREATE, payer=payer)), Refused)
    await ours.aclose()
