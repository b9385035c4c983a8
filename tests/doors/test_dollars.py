"""Dollars at the doors: offered where they can be paid and priced, told to the gram and cent before anything is placed."""

import html
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from app.cli.operations.migrating import MONEY_ACCOUNTS
from app.foundation.identity import Role
from app.gateways.database import fetch
from app.kernel.clock import beijing_day, utc_now
from app.kernel.money import Currency
from app.registry import ledger
from app.registry.credits import Programme
from tests.doors.conftest import OWN_PAGE, PAGE, Door
from tests.doors.test_pages_citizen import fields
from tests.doors.test_pages_operator import Platform, platform
from tests.staff import price, rate
from tests.tiny import far_side
from tests.tiny.far_side import KEY, FarSide
from tests.tiny.gateway import Tiny

__all__ = ["platform"]

PHONE = "Mozilla/5.0 (iPhone) Mobile Safari"
WECHAT = f"{PHONE} MicroMessenger/8.0"
CHOSEN = {"mode": "metro", "km": "23", "pay": "own"}


@pytest.fixture
async def tiny(door: Door, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FarSide]:
    await ledger.open_accounts(MONEY_ACCOUNTS, unit=Currency.USD.value)
    await door.as_superuser("SELECT ledger.open_clearing('tiny', 'USD')")
    async with far_side.running() as far:
        channel = Tiny(far.url, KEY)
        monkeypatch.setitem(door.app.state.services.gateways.channels, "tiny", channel)
        yield far
        await channel.aclose()


def plain(page: str) -> str:
    """What stands on a page, without its marks and what is hidden."""
    shown = re.sub(r"<(p|button|span)\b[^>]* hidden[^>]*>.*?</\1>", "", page.partition("<main")[2], flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", shown)))


async def test_a_reader_pays_a_dollar_for_more_grams_than_their_footprint_and_is_told_so_on_every_page(
    door: Door, tiny: FarSide
) -> None:
    await rate("7.1234")
    async with door.caller(user_agent=PHONE, accept_language="en") as visitor:
        first = await visitor.get(f"/s/{door.live}?mode=metro&km=23", headers=PAGE)
        assert "Pay in US dollars" in first.text and "¥" in plain(first.text)
        there = await visitor.get(f"/s/{door.live}?mode=metro&km=23&currency=USD", headers=PAGE)
        assert "US$1.00 is the least that can be paid. It buys 142.5 kg, more than your footprint of 4.2 kg" in plain(
            there.text
        )
        assert "Pay in yuan" in there.text
        form = fields(there.text) | CHOSEN
        assert (form["currency"], form["price"], form["buys"]) == ("USD", "100", "142468")
        url = (await visitor.post(f"/s/{door.live}", data=form, headers=OWN_PAGE)).headers["location"]
        cashier = plain((await visitor.get(url, headers=PAGE)).text)
        assert "US$1.00" in cashier and "142.468" in cashier
        assert "your footprint is 4.221 kg" in cashier
        assert "Priced at 1 USD = 7.1234 CNY" in cashier
        paid = await visitor.post(
            url,
            data=fields((await visitor.get(url, headers=PAGE)).text) | {"method": "tiny.card"},
            headers=OWN_PAGE | PAGE,
        )
        assert paid.status_code == 200
        (row,) = await fetch("SELECT reference, amount_minor, currency FROM payment")
        assert (row["amount_minor"], row["currency"]) == (100, "USD")
        tiny.approve(row["reference"])
        waiting = plain((await visitor.get(f"{url}?paid=1", headers=PAGE)).text)
        assert "4.221 kg" in waiting and "1 USD = 7.1234 CNY" in waiting, waiting
        (order,) = await fetch("SELECT state, mass_g, needed_g FROM purchase_order")
        assert (order["mass_g"], order["needed_g"]) == (142_468, 4_221)


async def test_inside_wechat_where_nothing_takes_dollars_none_are_offered(door: Door, tiny: FarSide) -> None:
    await rate()
    async with door.caller(user_agent=WECHAT) as visitor:
        page = (await visitor.get(f"/s/{door.live}?currency=USD", headers=PAGE)).text
        assert "改用" not in page
        assert "US$" not in page
        assert 'name="currency"' not in page


async def test_where_the_rate_is_too_old_the_page_says_why_and_stays_with_yuan(door: Door, tiny: FarSide) -> None:
    day = beijing_day(utc_now()) - timedelta(days=8)
    await rate(day=day)
    async with door.caller(user_agent=PHONE) as visitor:
        page = (await visitor.get(f"/s/{door.live}?currency=USD", headers=PAGE)).text
        assert f"暂不支持 USD：最近的汇率是 {day} 的，超过 7 天。" in page
        assert "US$" not in page
        told = await visitor.get(f"/api/v1/scenes/{door.live}/estimate?mode=metro&km=23&currency=USD")
        assert (told.status_code, told.json()["code"]) == (409, "CREDITS_RATE_TOO_OLD")


async def test_a_rate_that_moved_since_the_page_was_shown_is_shown_before_anything_is_ordered(
    door: Door, tiny: FarSide
) -> None:
    await rate("7.1234")
    async with door.caller(user_agent=PHONE) as visitor:
        form = fields((await visitor.get(f"/s/{door.live}?currency=USD&mode=metro&km=23", headers=PAGE)).text) | CHOSEN
        await rate("7")  # a dollar still, for fewer grams
        again = await visitor.post(f"/s/{door.live}", data=form, headers=OWN_PAGE | PAGE)
        assert (again.status_code, "金额已经重新算过" in again.text) == (409, True)
        assert fields(again.text)["buys"] == "140000"
        assert not await fetch("SELECT id FROM purchase_order")


async def test_the_api_orders_in_dollars_and_refuses_what_nobody_could_pay(door: Door, tiny: FarSide) -> None:
    await rate("7.1234")
    body = {"scene": door.live, "mode": "metro", "km": 23, "currency": "USD"}
    async with door.guest() as visitor:
        figure = (await visitor.get(f"/api/v1/scenes/{door.live}/estimate?mode=metro&km=23&currency=USD")).json()
        assert (figure["amount_minor"], figure["grams"], figure["buys_grams"]) == (100, 4_221, 142_468)
        refused = await visitor.post("/api/v1/orders", json=body, headers={"idempotency-key": "key-00000001"})
        assert (refused.status_code, refused.json()["code"]) == (422, "ORDER_BELOW_LEAST")
        assert "142.5 kg" in refused.json()["message"]
        placed = await visitor.post(
            "/api/v1/orders", json=body | {"buy_more": True}, headers={"idempotency-key": "key-00000002"}
        )
        told = placed.json()
        assert (placed.status_code, told["currency"], told["amount_minor"]) == (201, "USD", 100)
        assert (told["grams"], told["needed_grams"], told["rate"]["text"]) == (142_468, 4_221, "1 USD = 7.1234 CNY")
        (line,) = told["lines"]
        assert (line["emission_grams"], line["prices"][0]["per_tonne_currency"]) == (4_221, "CNY")
        unknown = await visitor.post(
            "/api/v1/orders", json=body | {"currency": "EUR"}, headers={"idempotency-key": "key-00000003"}
        )
        assert (unknown.status_code, unknown.json()["detail"]["field"]) == (400, "/currency")


async def test_a_currency_that_no_way_to_pay_takes_is_refused_by_name(door: Door) -> None:
    await price(Programme.CDCER, 700, currency=Currency.USD)
    async with door.guest() as visitor:
        body = {"scene": door.live, "mode": "metro", "km": 23, "currency": "USD"}
        refused = await visitor.post("/api/v1/orders", json=body, headers={"idempotency-key": "key-00000001"})
        assert (refused.status_code, refused.json()["code"]) == (422, "PAYMENT_CURRENCY_NOT_TAKEN")


async def test_finance_proposes_a_rate_on_its_page_and_another_person_confirms_it_there(platform: Platform) -> None:
    one, other = await platform.come(Role.FINANCE), await platform.come(Role.REVIEWER)
    page = await one.get("/operator/rates?lang=en", headers=PAGE)
    assert "no exchange rate is confirmed yet" in page.text
    form = fields(page.text) | {
        "rate": "7.1234", "day": str(beijing_day(utc_now())), "source": "示例外汇牌价", "url": "https://rates.example.org/u",
    }  # fmt: skip
    for wrong, field in (({"rate": "x"}, "rate"), ({"day": "x"}, "day"), ({"url": "http://x"}, "url")):
        refused = await one.post("/operator/rates", data=form | wrong, headers=OWN_PAGE | PAGE)
        assert (refused.status_code, f'id="fault-{field}"' in refused.text) == (400, True), (field, refused.text)
        assert "示例外汇牌价" in refused.text
    sent = await one.post("/operator/rates", data=form, headers=OWN_PAGE | PAGE)
    assert sent.status_code == 303, sent.text
    seen = await other.get(sent.headers["location"], headers=PAGE)
    assert "1 USD = 7.1234 CNY" in seen.text and "https://rates.example.org/u" in seen.text
    agreed = await other.post(f"{sent.headers['location']}/approve", data=fields(seen.text), headers=OWN_PAGE | PAGE)
    assert agreed.status_code == 303
    listed = await one.get("/operator/rates", headers=PAGE)
    assert "1 USD = 7.1234 CNY" in listed.text and "In use" in listed.text
