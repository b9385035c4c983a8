"""A citizen closes the tab in the middle of paying: what was left is found again, what was paid needs nobody to come back."""

import pytest
from playwright.async_api import expect

from tests.journeys.acts import held, order, to_the_channel
from tests.journeys.conftest import Travel, Traveller

pytestmark = pytest.mark.browser


async def again(citizen: Traveller, path: str) -> None:
    """The tab is gone; the same browser opens another."""
    context = citizen.page.context
    await citizen.page.close()
    citizen.page = await context.new_page()
    citizen.watch()
    await citizen.page.goto(citizen.url(path))


async def test_a_citizen_closes_the_tab_before_and_after_paying_and_holds_one_certificate(travel: Travel) -> None:
    citizen = await travel()
    order_url = await order(citizen)
    order_path = order_url.removeprefix(citizen.stack.base)
    await citizen.page.check("input[name=method][value='alipay.wap']")
    await to_the_channel(citizen)

    # Closed at the channel's page, unpaid: the order stands on one's own list, and is paid from there.
    await again(citizen, "/me")
    await citizen.keep("mine-unpaid")
    await citizen.tap(f"a[href='{order_path}']")
    await citizen.page.check("input[name=method][value='alipay.wap']")
    await to_the_channel(citizen)

    # Paid, and the tab closed before it came back: no page of ours hears of it from this browser.
    paid = await citizen.page.request.post(citizen.page.url, form={"outcome": "success"}, max_redirects=0)
    assert paid.status == 303
    await again(citizen, order_path)
    await held(citizen.page)
    await citizen.keep("certificate")
    await citizen.page.goto(citizen.url("/me"))
    await expect(citizen.page.locator("a[href^='/c/crt_']")).to_have_count(1)
    await expect(citizen.page.locator(f"a[href='{order_path}']")).to_have_count(0)
    await citizen.keep("mine-held")
