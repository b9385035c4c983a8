"""A visitor who reads English and pays in dollars: from the printed code by PayPal to the certificate."""

import re

import pytest
from playwright.async_api import expect

from tests.journeys.acts import choose, held, scan
from tests.journeys.conftest import Travel, Traveller
from tests.lending import lent

pytestmark = pytest.mark.browser

RATE = """
    INSERT INTO exchange_rate (id, base, currency, day, base_minor, currency_minor, source, url, approval_id, confirmed_at)
    SELECT 1, 'CNY', 'USD', (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date, 7123400, 1000000, 'A bank', 'https://example.org/rates',
           gen_random_uuid(), clock_timestamp() WHERE NOT EXISTS (SELECT FROM exchange_rate)
"""


async def dollars_have_a_price(citizen: Traveller) -> None:
    """What finance does by two people (tests of rates), in one stroke beforehand."""
    async with lent(citizen.stack.super_url) as admin, admin.transaction():
        await admin.execute("SET LOCAL session_replication_role = replica")
        await admin.execute(RATE)


async def to_paypal(citizen: Traveller) -> None:
    await scan(citizen)
    await citizen.tap("[data-currency=USD]")
    await expect(citizen.page.locator(".dock .btn").first).to_contain_text("US$")
    await citizen.keep("dollars")
    await citizen.tap(".dock .btn")
    await citizen.page.wait_for_url("**/o/ord_*")
    await expect(citizen.page.locator("main")).to_contain_text("PayPal")
    await citizen.keep("cashier")
    await agrees(citizen)
    await at_paypal(citizen)


async def agrees(citizen: Traveller) -> None:
    """What is told abroad is asked by itself, once; whoever looks back finds the cashier as it was."""
    await citizen.tap(".dock .btn")
    await citizen.page.wait_for_url("**/o/ord_*/abroad?method=paypal.checkout")
    await expect(citizen.page.locator("main")).to_contain_text("Recipient: PayPal")
    await citizen.keep("abroad")


async def at_paypal(citizen: Traveller) -> None:
    await citizen.tap(".dock .btn")
    await citizen.page.wait_for_url(f"{citizen.stack.sandbox}/cashier/**")
    await expect(citizen.page.locator("body")).to_contain_text("PayPal")


@pytest.mark.parametrize("script", [True, False])
async def test_a_visitor_pays_with_paypal_and_holds_a_certificate(travel: Travel, *, script: bool) -> None:
    citizen = await travel("en", script=script)
    await dollars_have_a_price(citizen)
    await to_paypal(citizen)
    await citizen.keep("paypal")
    await choose(citizen, "success")
    await held(citizen.page)
    await citizen.keep("certificate")


async def test_cancelled_and_declined_nothing_is_charged_and_the_same_order_is_paid(travel: Travel) -> None:
    citizen = await travel("en")
    await dollars_have_a_price(citizen)
    await to_paypal(citizen)
    for outcome in ("cancel", "declined"):
        await choose(citizen, outcome)
        await citizen.page.wait_for_url(re.compile(r"/o/ord_.*paid=2"))
        await citizen.keep(outcome)
        await at_paypal(citizen)
    await choose(citizen, "success_no_notify")
    await held(citizen.page)
