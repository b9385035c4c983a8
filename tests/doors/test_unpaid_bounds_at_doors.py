"""At the doors: who may not set more aside is told which order to pay or cancel, and what is quoted is paid all the same."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import pytest

from app.commerce import orders
from app.commerce.orders import NewJointOrder, NewRetireLine
from app.foundation import identity
from app.foundation.identity import Role
from app.gateways.database import fetch, fetch_value
from app.kernel import ids
from app.kernel.clock import utc_now
from app.kernel.money import Currency
from app.kernel.text import Language
from app.registry.claims import NewClaim, Purpose
from app.registry.credits import Programme
from app.registry.holdings import Mix
from tests.doors.conftest import OWN_PAGE, PAGE, Caller, Door
from tests.doors.test_pages_operator import Platform, fields, platform
from tests.staff import joined

__all__ = ["platform"]

URL = "/operator/orders"


@pytest.fixture
def bounded(door: Door, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Other bounds for this test, with nothing but the floor."""

    def to(**given: Any) -> None:
        services = door.app.state.services
        bounds = replace(services.bounds, **{"person_permille": 0} | given)
        monkeypatch.setattr(door.app.state, "services", replace(services, bounds=bounds))

    return to


async def visit_g(door: Door) -> int:
    """What one visit by metro weighs."""
    async with door.caller() as anybody:
        told = await anybody.get(f"/api/v1/scenes/{door.live}/estimate?mode=metro&km=23")
    return int(told.json()["grams"])


async def scene_form(browser: Caller, door: Door) -> dict[str, str]:
    page = (await browser.get(f"/s/{door.live}?mode=metro&km=23", headers=PAGE)).text
    return fields(page) | {"mode": "metro", "km": "23"}


async def test_a_visitor_who_leaves_an_order_unpaid_is_led_to_it_from_the_scene(
    door: Door, bounded: Callable[..., None]
) -> None:
    bounded(floor_g=await visit_g(door))
    async with door.guest() as visitor:
        first = (await visitor.order(door.live)).json()["id"]
        refused = await visitor.order(door.live)
        assert (refused.status_code, refused.json()["code"]) == (409, "ORDER_TOO_MUCH_UNPAID")
        assert first in refused.json()["message"]

        answer = await visitor.post(f"/s/{door.live}", data=await scene_form(visitor, door), headers=OWN_PAGE | PAGE)
        assert answer.status_code == 422
        assert f'href="/o/{first}"' in answer.text

        assert (await visitor.post(f"/api/v1/orders/{first}/cancel")).status_code == 200
        assert (await visitor.order(door.live)).status_code == 201


async def test_many_sessions_at_one_address_set_no_more_aside_than_its_share(
    door: Door, bounded: Callable[..., None]
) -> None:
    bounded(address_permille=0, floor_g=await visit_g(door))
    reserved = []
    for port in range(4):
        async with door.caller() as visitor:
            visitor._transport = httpx.ASGITransport(app=door.app, client=("198.51.100.7", 40_000 + port))
            await visitor.enter()
            reserved.append((await visitor.order(door.live)).json()["reserved"])
    assert reserved == [True, False, False, False]
    assert await fetch_value("SELECT count(*) FROM credit_reservation WHERE state = 'held'") == 1
    kept = await fetch("SELECT DISTINCT address_key FROM purchase_order")
    assert len(kept) == 1
    assert len(kept[0]["address_key"]) == 16


async def test_all_addresses_of_one_customers_ipv6_set_no_more_aside_than_one_and_the_next_customer_is_free(
    door: Door, bounded: Callable[..., None]
) -> None:
    bounded(address_permille=0, floor_g=await visit_g(door))
    reserved = []
    for host in ("2001:db8:1:2a00::1", "2001:db8:1:2aff:ffff::9", "2001:db8:1:2a17::1", "2001:db8:1:2b00::1"):
        async with door.caller() as visitor:
            visitor._transport = httpx.ASGITransport(app=door.app, client=(host, 40_000))
            await visitor.enter()
            reserved.append((await visitor.order(door.live)).json()["reserved"])
    assert reserved == [True, False, False, True]


async def test_the_cashier_says_that_nothing_is_set_aside_and_takes_the_money(
    door: Door, bounded: Callable[..., None]
) -> None:
    bounded(floor_g=1)
    async with door.guest() as visitor:
        order = (await visitor.order(door.live)).json()
        assert (order["phase"], order["reserved"]) == ("unpaid", False)
        page = (await visitor.get(f"/o/{order['id']}", headers=PAGE)).text
        assert "暂未预留减排量" in page
        await door.paid(order["id"])
        told = (await visitor.get(f"/api/v1/orders/{order['id']}")).json()
        assert (told["phase"], told["reserved"]) == ("done", True)


async def quoted(door: Door) -> str:
    """A quoted order of an organisation; its number."""
    person = await identity.open_guest_session(Language.ZH, keyring=door.app.state.services.keyring, now=utc_now())
    company = await joined(person.session.person_id, "示例钢铁厂")
    line = NewRetireLine(
        claim=NewClaim(
            purpose=Purpose.SITE, scenario_id=await fetch_value("SELECT id FROM scenario WHERE code = $1", door.live),
            beneficiary_id=company, period_from=date(2022, 1, 1), period_to=date(2022, 12, 31), emission_g=50_000,
            language="zh",
        ),
        mass_g=50_000, mix=Mix.only(Programme.CDCER),
    )  # fmt: skip
    order = await orders.place_joint(
        NewJointOrder(payer_id=company, lines=(line,), currency=Currency.CNY, language="zh"),
        by=person.session.person_id, key="joint", clock=utc_now,
        bounds=replace(door.app.state.services.bounds, organisation_permille=0, floor_g=1),
    )  # fmt: skip
    return ids.public("ord", order.id)


async def test_an_operator_of_the_house_reserves_a_quoted_order_on_the_page_with_a_reason(platform: Platform) -> None:
    number = await quoted(platform.door)
    operator = await platform.come(Role.OPERATOR)
    page = (await operator.get(URL)).text
    assert number in page
    assert "示例钢铁厂" in page

    form = fields(page) | {"order": number}
    refused = await operator.post(URL, data=form | {"reason": " "})
    assert refused.status_code == 400
    assert (await operator.post(URL, data=form | {"reason": "合同 2031-7"})).status_code == 303
    assert number not in (await operator.get(URL)).text
    assert await fetch_value("SELECT state FROM purchase_order") == "placed"
    assert await fetch_value("SELECT reason FROM purchase_order_act") == "合同 2031-7"


async def test_who_only_looks_has_no_button_and_is_refused(platform: Platform) -> None:
    number = await quoted(platform.door)
    auditor = await platform.come(Role.AUDITOR)
    page = (await auditor.get(URL)).text
    assert number in page
    assert not re.search(r'<form class="form"', page)
    answer = await auditor.post(URL, data=fields(page) | {"order": number, "reason": "合同"})
    assert answer.status_code == 403
