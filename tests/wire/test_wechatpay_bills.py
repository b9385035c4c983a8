"""The trade bill: told under the platform's signature, known by that digest, and `Pending` for whatever else comes."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from app.gateways.channels.base import Bill, NoBill, Pending
from app.gateways.channels.wechatpay import WeChatPay, reading
from app.kernel.clock import beijing_day, utc_now
from app.kernel.errors import Unavailable
from tests.far_side import Sandbox
from tests.wire.wechatpay_asking import back, charge, ours_for


@pytest.fixture
async def ours(sandbox: Sandbox) -> AsyncIterator[WeChatPay]:
    """Our side, in the present; the far side's calendar is moved by the tests."""
    channel = ours_for(sandbox)
    yield channel
    await channel.aclose()


async def moved(ours: WeChatPay, sandbox: Sandbox) -> str:
    asked = charge()
    await ours.open(asked)
    await sandbox.control("POST", "pay", {"out_trade_no": asked.reference})
    await ours.refund(back(asked, 20))
    return asked.reference


async def the_day_after(sandbox: Sandbox, hours: int = 35) -> None:
    """The far side's calendar moves on; the second in signatures stays, as our side's clock does."""
    await sandbox.control("POST", "clock", {"offset_s": hours * 3600, "stamp_offset_s": 0})


async def test_the_bill_of_a_day_is_the_file_that_was_signed_for(ours: WeChatPay, sandbox: Sandbox) -> None:
    today = beijing_day(utc_now())
    reference = await moved(ours, sandbox)
    await the_day_after(sandbox)
    bill = await ours.fetch_bill(today)
    assert isinstance(bill, Bill), bill
    assert bill.day == today
    head, *lines = bill.content.decode(bill.encoding).splitlines()
    assert head.startswith("交易时间,")
    assert any(f"`{reference}" in line and "`0.62" in line for line in lines)
    assert lines[-2].startswith("总交易单数")


async def test_a_day_without_trades_has_no_bill(ours: WeChatPay, sandbox: Sandbox) -> None:
    await the_day_after(sandbox)
    assert await ours.fetch_bill(beijing_day(utc_now())) == NoBill(code="NO_STATEMENT_EXIST")


async def test_a_bill_that_is_not_made_yet_is_asked_for_again(ours: WeChatPay, sandbox: Sandbox) -> None:
    await moved(ours, sandbox)
    today = beijing_day(utc_now())
    assert isinstance(await ours.fetch_bill(today), Pending)  # the day is not over
    await sandbox.control("POST", "fault", {"route": "bill", "kind": "code:STATEMENT_CREATING"})
    await the_day_after(sandbox)
    assert await ours.fetch_bill(today) == Pending(code="STATEMENT_CREATING")
    assert isinstance(await ours.fetch_bill(today), Bill)


@pytest.mark.parametrize("defect", ["cut", "digest", "plain", "bomb"])
async def test_a_file_that_is_not_what_was_signed_for_is_no_bill(
    ours: WeChatPay, sandbox: Sandbox, defect: str
) -> None:
    await moved(ours, sandbox)
    await the_day_after(sandbox)
    await sandbox.control("POST", "bill", {"defect": defect})
    assert await ours.fetch_bill(beijing_day(utc_now())) == Pending(code="BAD_FILE")
    await sandbox.control("POST", "bill", {"defect": ""})
    assert isinstance(await ours.fetch_bill(beijing_day(utc_now())), Bill)


async def test_only_the_platforms_own_host_is_asked_for_the_file(ours: WeChatPay, sandbox: Sandbox) -> None:
    await moved(ours, sandbox)
    await the_day_after(sandbox)
    await sandbox.control("POST", "bill", {"defect": "elsewhere"})
    assert isinstance(await ours.fetch_bill(beijing_day(utc_now())), Bill)


@pytest.mark.parametrize("kind", ["502", "unsigned", "wrong_signature", "bad_json", "500"])
async def test_an_answer_nobody_can_believe_leads_to_no_file(ours: WeChatPay, sandbox: Sandbox, kind: str) -> None:
    await moved(ours, sandbox)
    await the_day_after(sandbox)
    await sandbox.control("POST", "fault", {"route": "bill", "kind": kind})
    assert isinstance(await ours.fetch_bill(beijing_day(utc_now())), Pending)


async def test_nothing_is_fetched_where_nobody_listens(sandbox: Sandbox) -> None:
    channel = ours_for(sandbox, base_url="http://127.0.0.1:9")
    with pytest.raises(Unavailable):
        await channel.fetch_bill(beijing_day(utc_now()) - timedelta(days=1))
    await channel.aclose()


@pytest.mark.parametrize("url", ["http://[::1/v3/file", "ftp://files.example/v3/file", "/v3/file", "", None, 1])
def test_what_is_no_address_is_no_link(url: object) -> None:
    assert reading.link({"download_url": url}, "download_url", ("https://", "http://")) == ""
