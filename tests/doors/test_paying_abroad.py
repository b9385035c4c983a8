"""A way to pay abroad: what is told there is asked by itself, a no costs nothing, and it is taken back on the privacy page."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from app.cli.operations.migrating import MONEY_ACCOUNTS
from app.foundation import consents
from app.foundation.consents import ConsentPurpose
from app.gateways.database import fetch, fetch_value
from app.kernel.money import Currency
from app.registry import ledger
from config.places import CONSENTS
from tests.doors.conftest import OWN_PAGE, PAGE, Caller, Door
from tests.doors.test_consents import decide, form_of, states
from tests.doors.test_dollars import CHOSEN, PHONE, plain
from tests.doors.test_pages_citizen import fields
from tests.staff import rate
from tests.tiny import far_side
from tests.tiny.far_side import KEY
from tests.tiny.gateway import CARD, SCAN, Tiny

VERSION = consents.load_texts(CONSENTS).present(ConsentPurpose.ABROAD).version
METHOD = "tiny.card"


@pytest.fixture
async def abroad(door: Door, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """A channel one of whose ways to pay, the one in dollars, is abroad."""
    await ledger.open_accounts(MONEY_ACCOUNTS, unit=Currency.USD.value)
    await door.as_superuser("SELECT ledger.open_clearing('tiny', 'USD')")
    await rate("7.1234")
    async with far_side.running() as far:
        channel = Tiny(far.url, KEY)
        channel.methods = (SCAN, replace(CARD, is_abroad=True))
        monkeypatch.setitem(door.app.state.services.gateways.channels, "tiny", channel)
        yield
        await channel.aclose()


async def at_cashier(door: Door, visitor: Caller) -> str:
    page = await visitor.get(f"/s/{door.live}?mode=metro&km=23&currency=USD", headers=PAGE)
    placed = await visitor.post(f"/s/{door.live}", data=fields(page.text) | CHOSEN, headers=OWN_PAGE)
    return placed.headers["location"]


async def choose(visitor: Caller, url: str, **typed: str):
    form = fields((await visitor.get(url, headers=PAGE)).text) | {"method": METHOD} | typed
    return await visitor.post(url, data=form, headers=OWN_PAGE | PAGE)


async def attempts() -> int:
    return int(await fetch_value("SELECT count(*) FROM payment"))


async def test_before_anything_is_told_abroad_its_own_page_asks_and_the_name_that_was_typed_stays(
    door: Door, abroad: None
) -> None:
    async with door.caller(user_agent=PHONE, accept_language="en") as visitor:
        url = await at_cashier(door, visitor)
        sent_on = await choose(visitor, url, name="Ada")
        assert (sent_on.status_code, sent_on.headers["location"]) == (303, f"{url}/abroad?method={METHOD}")
        asked = await visitor.get(sent_on.headers["location"], headers=PAGE)
        told = plain(asked.text)
        for part in ("Recipient:", "Purpose:", "How:", "What:", "Your rights:", "Saying no leaves every other way"):
            assert part in told
        assert await attempts() == 0 and await fetch_value("SELECT count(*) FROM consent") == 0
        agreed = await visitor.post(f"{url}/abroad", data=fields(asked.text), headers=OWN_PAGE | PAGE)
        assert agreed.status_code == 303
        assert 'value="Ada"' in (await visitor.get(url, headers=PAGE)).text
    (given,) = await fetch("SELECT purpose, version, language, state, place FROM consent")
    assert dict(given) == {
        "purpose": "abroad", "version": VERSION, "language": "en", "state": "given", "place": "page",
    }  # fmt: skip
    assert await attempts() == 1


async def test_whoever_says_no_is_shown_how_else_to_pay_and_their_order_waits(door: Door, abroad: None) -> None:
    async with door.caller(user_agent=PHONE) as visitor:
        url = await at_cashier(door, visitor)
        page = (await visitor.get(f"{url}/abroad?method={METHOD}", headers=PAGE)).text
        assert "不同意，改用人民币" in page and f'href="/s/{door.live}?' in page
        assert "订单保留到" in page
        assert (await visitor.get(url, headers=PAGE)).status_code == 200
    assert [row["state"] for row in await fetch("SELECT state FROM purchase_order")] == ["placed"]


async def test_the_api_refuses_by_name_what_nobody_agreed_to_and_tells_beforehand_what_is_asked(
    door: Door, abroad: None
) -> None:
    async with door.guest() as visitor:
        body = {"scene": door.live, "mode": "metro", "km": 23, "currency": "USD", "buy_more": True}
        order = (await visitor.post("/api/v1/orders", json=body, headers={"idempotency-key": "key-00000001"})).json()
        ways = await visitor.get(f"/api/v1/orders/{order['id']}/payment-methods?place=phone")
        assert [(one["key"], one["consent"]) for one in ways.json()["methods"]] == [(METHOD, "abroad")]

        async def pay(key: str):
            return await visitor.post(
                f"/api/v1/orders/{order['id']}/payments", json={"method": METHOD}, headers={"idempotency-key": key}
            )

        refused = await pay("key-00000002")
        assert (refused.status_code, refused.json()["code"]) == (409, "ORDER_ABROAD_NOT_AGREED")
        assert await attempts() == 0
        assert (await decide(visitor, abroad=True)).status_code == 200
        assert (await pay("key-00000003")).status_code == 201
        assert (await decide(visitor, abroad=False)).status_code == 200
        assert (await pay("key-00000004")).json()["code"] == "ORDER_ABROAD_NOT_AGREED"


async def test_what_was_agreed_is_taken_back_on_the_privacy_page_and_asked_again(door: Door, abroad: None) -> None:
    async with door.caller(user_agent=PHONE, accept_language="en") as visitor:
        url = await at_cashier(door, visitor)
        asked = await visitor.get((await choose(visitor, url)).headers["location"], headers=PAGE)
        await visitor.post(f"{url}/abroad", data=fields(asked.text), headers=OWN_PAGE | PAGE)
        assert (await choose(visitor, url)).status_code == 200, "asked once only"
        privacy = (await visitor.get("/me/privacy", headers=PAGE)).text
        form = form_of(privacy, "abroad")
        assert form["given"] == "no"
        assert (await visitor.post("/me/consents", data=form, headers=OWN_PAGE)).status_code == 303
        assert (await states(visitor))["abroad"] == "withdrawn"
        assert (await choose(visitor, url)).headers["location"].startswith(f"{url}/abroad")


async def test_under_14_nobody_agrees_to_it_and_the_page_says_so(door: Door, abroad: None) -> None:
    async with door.caller(user_agent=PHONE) as visitor:
        url = await at_cashier(door, visitor)
        await decide(visitor, abroad=True)
        privacy = fields((await visitor.get("/me/privacy", headers=PAGE)).text)
        ticked = {"csrf_token": privacy["csrf_token"], "intent": privacy["intent"], "under_14": "yes"}
        assert (await visitor.post("/me/privacy/age", data=ticked, headers=OWN_PAGE)).status_code == 303
        assert (await states(visitor))["abroad"] == "withdrawn"
        page = (await visitor.get(f"{url}/abroad?method={METHOD}", headers=PAGE)).text
        assert 'id="closed"' in page and 'id="agree"' not in page
        assert (await decide(visitor, abroad=True)).json()["code"] == "CONSENTS_MINOR"


async def test_a_form_of_older_words_agrees_to_nothing(door: Door, abroad: None) -> None:
    async with door.caller(user_agent=PHONE) as visitor:
        url = await at_cashier(door, visitor)
        form = fields((await visitor.get(f"{url}/abroad?method={METHOD}", headers=PAGE)).text) | {"version": "9"}
        answer = await visitor.post(f"{url}/abroad", data=form, headers=OWN_PAGE | PAGE)
        assert answer.status_code == 409 and "请看过后再决定" in answer.text
    assert await attempts() == 0


async def test_a_method_that_tells_nothing_abroad_has_no_such_page(door: Door, abroad: None) -> None:
    async with door.caller(user_agent=PHONE) as visitor:
        url = await at_cashier(door, visitor)
        for other in ("tiny.scan", "wechatpay.h5", "x"):
            assert (await visitor.get(f"{url}/abroad?method={other}", headers=PAGE)).status_code == 400
