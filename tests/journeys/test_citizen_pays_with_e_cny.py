"""A citizen pays with e-CNY: on the phone in its app, and by a code on another screen."""

import io

import pytest
import zxingcpp
from PIL import Image

from tests.journeys.acts import choose, held, order, to_the_channel
from tests.journeys.conftest import Travel

pytestmark = pytest.mark.browser


async def test_a_citizen_pays_in_the_app_and_comes_back_to_the_browser(travel: Travel) -> None:
    """Declined first: the same order is paid in the end. The app leads nobody back, as the bank's does not."""
    citizen = await travel()
    page = citizen.page
    order_url = await order(citizen)
    await page.check("input[name=method][value='ecny_cmb.h5']")
    await citizen.keep("chosen")
    await to_the_channel(citizen)
    await citizen.keep("app")
    await choose(citizen, "declined")
    await page.go_back()
    await page.goto(f"{order_url}?paid=1")
    await page.wait_for_url("**/o/ord_*paid=2")
    await citizen.keep("declined")
    await page.check("input[name=method][value='ecny_cmb.h5']")
    await to_the_channel(citizen)
    await choose(citizen, "success")
    await page.goto(order_url)
    await held(page)
    await citizen.keep("certificate")


async def test_a_code_on_a_desktop_is_paid_with_a_phone_and_the_page_moves_on(travel: Travel) -> None:
    citizen = await travel("en", desktop=True)
    page = citizen.page
    await order(citizen)
    await page.check("input[name=method][value='ecny_cmb.ecny_qr']")
    await citizen.tap(".dock .btn")
    await page.locator(".qr svg").wait_for()
    await citizen.keep("code")
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(await page.screenshot(full_page=True))).convert("L"))
    assert code.text.startswith(f"{citizen.stack.sandbox}/cashier/")
    phone = await page.context.new_page()
    await phone.goto(code.text)
    await phone.locator("button[value=success_no_notify]").click()
    await phone.close()
    await held(page)  # no notice ever came: the page asked us, and we asked the bank
