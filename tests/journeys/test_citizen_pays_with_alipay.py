"""A citizen pays with Alipay: in the phone's browser, and by a code on another screen, whose notice never comes."""

import pytest

from tests.journeys.acts import choose, held, order, to_the_channel
from tests.journeys.conftest import Travel

pytestmark = pytest.mark.browser


async def test_a_citizen_is_led_to_alipay_declined_and_paid_the_second_time(travel: Travel) -> None:
    """What the way back says proves nothing: the page asks us, and we ask Alipay."""
    citizen = await travel()
    page = citizen.page
    order_url = await order(citizen)
    await page.check("input[name=method][value='alipay.wap']")
    await citizen.keep("chosen")
    await to_the_channel(citizen)
    await citizen.keep("cashier")
    await choose(citizen, "declined")
    await page.wait_for_url(f"{order_url}*")
    await page.goto(f"{order_url}?paid=1")
    await page.wait_for_url("**/o/ord_*paid=2")
    await citizen.keep("declined")
    await page.check("input[name=method][value='alipay.wap']")
    await to_the_channel(citizen)
    await choose(citizen, "success")
    await held(page)
    await citizen.keep("certificate")


async def test_a_code_of_alipay_says_who_scans_it_and_is_paid_though_its_notice_is_lost(travel: Travel) -> None:
    citizen = await travel("en", desktop=True)
    page = citizen.page
    await order(citizen)
    await page.check("input[name=method][value='alipay.precreate']")
    await citizen.tap(".dock .btn")
    await page.locator(".qr svg").wait_for()
    await citizen.keep("code")
    assert "Alipay" in await page.inner_text("main")
    till = await page.locator("a[href*='/cashier/']").first.get_attribute("href")
    assert till is not None
    phone = await page.context.new_page()
    await phone.goto(till)
    await phone.locator("button[value=success_no_notify]").click()
    await phone.close()
    await held(page)
