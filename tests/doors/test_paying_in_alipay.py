"""Paying from Alipay's browser: what is offered there, where it leads, and that WeChat's name for somebody says nothing."""

import json
import re
from collections.abc import AsyncIterator
from urllib.parse import parse_qsl

import pytest

from app.foundation import identity
from app.gateways.channels.alipay import Alipay
from app.gateways.database import fetch
from app.kernel.clock import utc_now
from tests.doors.conftest import OWN_PAGE, PAGE, Door
from tests.doors.test_api_orders import told
from tests.doors.test_pages_citizen import fields, scanned
from tests.wire.alipay_forging import answer, http, node, our_side
from tests.wire.wechatpay_forging import FarSide, far_side

IN_ALIPAY = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AliApp(AP/10.5.0) AlipayClient/10.5.0 Language/zh-Hans"
)
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile"


@pytest.fixture(autouse=True)
async def ours(door: Door, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Alipay]:
    """Our side, in the present, with nobody at its far side's address."""
    channel = our_side(now=utc_now)
    monkeypatch.setitem(door.app.state.services.gateways.channels, "alipay", channel)
    yield channel
    await channel.aclose()


def offered(page: str) -> list[str]:
    return re.findall(r'name="method" value="([^"]+)"', page)


@pytest.mark.parametrize(("browser", "first"), [(IN_ALIPAY, "alipay.wap"), (PHONE, "wechatpay.h5")])
async def test_a_phones_browser_is_offered_what_works_there_its_own_app_first(
    door: Door, browser: str, first: str
) -> None:
    async with door.caller(user_agent=browser) as visitor:
        form = await scanned(visitor, door.live)
        url = (await visitor.post(f"/s/{door.live}", data=form, headers=OWN_PAGE)).headers["location"]
        cashier = await visitor.get(url, headers=PAGE)
        methods = offered(cashier.text)
        assert methods[0] == first
        assert {"alipay.wap", "alipay.precreate"} <= set(methods)
        assert "alipay.create" not in methods  # nobody told us who this is to Alipay
        paid = await visitor.post(url, data=fields(cashier.text) | {"method": "alipay.wap"}, headers=OWN_PAGE | PAGE)
        assert paid.status_code == 303
        assert paid.headers["location"].startswith("http://127.0.0.1:9/gateway.do?app_id=")
        (row,) = await fetch("SELECT channel, method, state FROM payment")
        assert row == {"channel": "alipay", "method": "wap", "state": "pending"}


@pytest.mark.parametrize(("lang", "said"), [("zh", "用支付宝扫一扫付款"), ("en", "Scan with Alipay to pay")])
async def test_a_code_says_which_app_scans_it(
    door: Door, monkeypatch: pytest.MonkeyPatch, lang: str, said: str
) -> None:
    far: FarSide

    def code(_: bytes) -> bytes:
        asked = json.loads(dict(parse_qsl(far.bodies[-1].decode()))["biz_content"])
        told = {
            "code": "10000",
            "msg": "Success",
            "out_trade_no": asked["out_trade_no"],
            "qr_code": "https://qr.alipay.com/bax1",
        }
        return http(answer(node(told), name="alipay_trade_precreate_response"))

    async with far_side(code) as far, door.caller() as visitor:
        channel = our_side(now=utc_now, gateway_url=f"{far.url}/gateway.do")
        monkeypatch.setitem(door.app.state.services.gateways.channels, "alipay", channel)
        form = await scanned(visitor, door.live)
        url = (await visitor.post(f"/s/{door.live}", data=form, headers=OWN_PAGE)).headers["location"]
        cashier = await visitor.get(f"{url}?lang={lang}", headers=PAGE)
        shown = await visitor.post(
            f"{url}?lang={lang}", data=fields(cashier.text) | {"method": "alipay.precreate"}, headers=OWN_PAGE | PAGE
        )
        assert shown.status_code == 200
        assert said in shown.text
        assert "微信扫一扫" not in shown.text.replace("用微信扫一扫付款</small>", "")
        await channel.aclose()


async def test_whoever_wechat_knows_is_nobody_to_alipay(door: Door) -> None:
    async with door.guest() as citizen:
        order_id = (await citizen.order(door.live)).json()["id"]
        (person,) = await fetch("SELECT DISTINCT person_id AS id FROM purchase_order")
        services = door.app.state.services
        await identity.keep_openid(
            person["id"], "oSomebody", services.wechat_appid, keyring=services.keyring, now=utc_now()
        )
        asked = f"/api/v1/orders/{order_id}/payment-methods"
        keys = {
            place: [one["key"] for one in (await citizen.get(asked, params={"place": place})).json()["methods"]]
            for place in ("alipay", "mini_program")
        }
        assert keys["mini_program"] == ["wechatpay.jsapi"]
        assert keys["alipay"][0] == "alipay.wap"
        assert "alipay.create" not in keys["alipay"]
        refused = await citizen.post(
            f"/api/v1/orders/{order_id}/payments", json={"method": "alipay.create"}, headers={"idempotency-key": "p"}
        )
        assert told(refused) == (400, "PAYMENT_METHOD_UNAVAILABLE", "/method")


@pytest.mark.parametrize("person", ["2088123412341234", "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5"])
async def test_whoever_signed_in_at_our_mini_program_in_alipay_pays_there_and_nowhere_else_by_that_name(
    door: Door, monkeypatch: pytest.MonkeyPatch, person: str
) -> None:
    far: FarSide
    asked: list[dict[str, str]] = []

    def platform(_: bytes) -> bytes:
        fields = dict(parse_qsl(far.bodies[-1].decode()))
        if fields["method"] == "alipay.system.oauth.token":
            known = {"user_id" if person.startswith("2088") else "open_id": person}
            return http(answer(node(known), name="alipay_system_oauth_token_response"))
        asked.append(json.loads(fields["biz_content"]))
        told = {
            "code": "10000",
            "msg": "Success",
            "out_trade_no": asked[-1]["out_trade_no"],
            "trade_no": "2026112222001400000000000001",
        }
        return http(answer(node(told), name="alipay_trade_create_response"))

    async with far_side(platform) as far, door.caller() as stranger:
        channel = our_side(now=utc_now, gateway_url=f"{far.url}/gateway.do")
        services = door.app.state.services
        monkeypatch.setitem(services.gateways.channels, "alipay", channel)
        monkeypatch.setitem(services.gateways.sign_ins, "alipay", channel.sign_in)
        came = await stranger.post("/api/v1/sessions/apps/alipay", json={"code": "c1"})
        assert came.status_code == 201
        assert (came.json()["kind"], came.json()["is_new"]) == ("citizen", True)
        async with door.caller(authorization=f"Bearer {came.json()['token']}") as citizen:
            order_id = (await citizen.order(door.live)).json()["id"]
            path = f"/api/v1/orders/{order_id}/payment-methods"
            keys = {
                place: [one["key"] for one in (await citizen.get(path, params={"place": place})).json()["methods"]]
                for place in ("alipay_mini_program", "alipay", "mini_program")
            }
            assert keys["alipay_mini_program"] == ["alipay.create"]
            assert "alipay.create" not in keys["alipay"]
            assert keys["mini_program"] == []
            opened = await citizen.post(
                f"/api/v1/orders/{order_id}/payments",
                json={"method": "alipay.create"},
                headers={"idempotency-key": "p"},
            )
        assert opened.status_code == 201
        assert opened.json()["call_up"] == {"tradeNO": "2026112222001400000000000001"}
        (content,) = asked
        assert content["buyer_id" if person.startswith("2088") else "buyer_open_id"] == person
        assert content["op_app_id"] == channel._keys.app_id
        await channel.aclose()


async def test_an_app_where_we_have_no_mini_program_says_so(door: Door) -> None:
    async with door.caller() as stranger:
        refused = await stranger.post("/api/v1/sessions/apps/elsewhere", json={"code": "c1"})
    assert told(refused)[:2] == (404, "APP_UNKNOWN")
