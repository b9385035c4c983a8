"""The cashier: six named buttons, two languages, no JavaScript, and nobody sent to a stranger's page."""

import json
import re
import secrets
from urllib.parse import quote

import httpx
import pytest
from wechatpayv3.async_.type import WeChatPayType

OUTCOMES = {
    "success": ("SUCCESS", 1),
    "declined": ("NOTPAY", 0),
    "cancel": ("NOTPAY", 0),
    "success_no_notify": ("SUCCESS", 0),
    "duplicate_notify": ("SUCCESS", 3),
    "delay_15s": ("SUCCESS", 1),
}
"""By button, in the order of the page: the trade's state afterwards, and how many notices there are."""


@pytest.fixture
async def browser(sandbox):
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False, verify=False) as client:
        yield client


@pytest.fixture
async def visit(oracle):
    """An H5 order: its number and the address of its cashier."""
    order = "T" + secrets.token_hex(12).upper()
    return order, await open_h5(oracle, order)


async def open_h5(oracle, order):
    scene = {"payer_client_ip": "203.0.113.9", "h5_info": {"type": "Wap"}}
    code, message = await oracle.pay(
        description="成都大运会 <b>12.4 kg</b>",
        out_trade_no=order,
        amount={"total": 123456},
        pay_type=WeChatPayType.H5,
        scene_info=scene,
    )
    assert code == 200, message
    return json.loads(message)["h5_url"]


async def press(browser, url, outcome):
    return await browser.post(url, data={"outcome": outcome})


async def test_the_page_shows_amount_description_and_six_buttons(visit, browser):
    page = (await browser.get(visit[1])).text
    assert "1,234.56" in page
    assert "成都大运会 &lt;b&gt;12.4 kg&lt;/b&gt;" in page
    assert "SANDBOX 样张" in page
    assert re.findall(r'name="outcome" value="(\w+)"', page) == list(OUTCOMES)
    assert "<script" not in page


@pytest.mark.parametrize(
    ("headers", "query", "lang"),
    [
        ({"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}, "", "zh-CN"),
        ({"Accept-Language": "en-GB,en"}, "", "en"),
        ({"Accept-Language": "en-GB,en"}, "&lang=zh", "zh-CN"),
        ({"Accept-Language": "zh-CN"}, "&lang=en", "en"),
        ({"Accept-Language": ""}, "", "zh-CN"),
    ],
)
async def test_the_page_speaks_the_readers_language(headers, query, lang, visit, browser):
    page = await browser.get(visit[1] + query, headers=headers)
    assert f'<html lang="{lang}">' in page.text
    assert ("Balance too low" in page.text) is (lang == "en")


@pytest.mark.parametrize("outcome", OUTCOMES)
async def test_each_button_does_what_it_says(outcome, visit, browser, sandbox):
    order, url = visit
    answer = await press(browser, url, outcome)
    assert answer.status_code == 303
    assert (await browser.get(answer.headers["location"])).status_code == 200
    state, count = OUTCOMES[outcome]
    assert (await sandbox.trade(order))["state"] == state
    notices = (await sandbox.truth())["notices"]
    assert len(notices) == count
    assert len({notice["event_id"] for notice in notices}) == min(count, 1)


async def test_the_late_notice_is_fifteen_seconds_late(visit, browser, sandbox, notice_door):
    await press(browser, visit[1], "delay_15s")
    assert notice_door.deliveries == []
    trade = await sandbox.trade(visit[0])
    await notice_door.wait(1)
    (notice,) = (await sandbox.truth())["notices"]
    assert notice["due_at"] - trade["paid_at"] >= 15 * sandbox.time_factor


@pytest.mark.parametrize("outcome", OUTCOMES)
async def test_after_the_button_the_payer_is_back_at_the_merchant(outcome, visit, browser):
    back = "http://127.0.0.1:9/orders/1?from=cashier&x=支付"
    answer = await press(browser, f"{visit[1]}&redirect_url={quote(back, safe='')}", outcome)
    assert answer.status_code == 303
    assert answer.headers["location"] in {back, quote(back, safe=":/?&=")}


@pytest.mark.parametrize(
    "back",
    [
        "https://stranger.invalid/",
        "//stranger.invalid/",
        "javascript:alert(1)",
        "http://127.0.0.1@stranger.invalid/",
        "http://127.0.0.1\\@stranger.invalid/",
        "http://127.0.0.1.stranger.invalid/",
        "http://127.0.0.1:80;x/",
        "http://127.0.0.1/\r\nSet-Cookie: a=b",
        "/somewhere",
    ],
)
async def test_nobody_is_sent_to_a_stranger(back, visit, browser):
    url = f"{visit[1]}&redirect_url={quote(back, safe='')}"
    assert "stranger" not in (await browser.get(url)).headers["content-security-policy"]
    answer = await press(browser, url, "cancel")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/cashier/")


async def test_a_paid_order_has_no_buttons_left(visit, browser, sandbox):
    await press(browser, visit[1], "success")
    assert 'name="outcome"' not in (await browser.get(visit[1])).text
    before = await sandbox.trade(visit[0])
    assert (await press(browser, visit[1], "success")).status_code == 409
    assert await sandbox.trade(visit[0]) == before


async def test_an_h5_link_lives_five_minutes_and_is_renewed_by_asking_again(visit, browser, sandbox, oracle):
    await sandbox.control("POST", "clock", {"offset_s": 301, "stamp_offset_s": 0})
    assert 'name="outcome"' not in (await browser.get(visit[1])).text
    assert (await press(browser, visit[1], "success")).status_code == 409
    assert (await sandbox.trade(visit[0]))["state"] == "NOTPAY"
    assert (await press(browser, await open_h5(oracle, visit[0]), "success")).status_code == 303
    assert (await sandbox.trade(visit[0]))["state"] == "SUCCESS"


async def test_a_qr_text_leads_to_a_cashier_too(oracle, browser):
    order = "T" + secrets.token_hex(12).upper()
    _, message = await oracle.pay(description="x", out_trade_no=order, amount={"total": 5})
    page = await browser.get("/cashier/" + re.search(r"pr=([\w-]+)", message)[1])
    assert "0.05" in page.text


@pytest.mark.parametrize("outcome", ["", "free", "SUCCESS"])
async def test_an_unknown_button_does_nothing(outcome, visit, browser, sandbox):
    assert (await press(browser, visit[1], outcome)).status_code == 400
    assert (await sandbox.trade(visit[0]))["state"] == "NOTPAY"


async def test_an_unknown_cashier_is_not_found(browser, sandbox):
    assert (await browser.get("/cashier/nobody")).status_code == 404
    assert (await press(browser, "/cashier/nobody", "success")).status_code == 404
