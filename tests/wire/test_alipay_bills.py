"""Alipay's bill: told under the platform's signature, fetched within thirty seconds, unpacked within bounds, read strictly."""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta

import pytest

from app.gateways.channels.alipay import Alipay, billing
from app.gateways.channels.base import Bill, BillKind, BillUnfit, NoBill, Pending
from app.kernel.clock import BEIJING, beijing_day, utc_now
from app.kernel.errors import Unavailable
from app.kernel.money import Currency
from tests.far_side import Sandbox
from tests.wire.alipay_asking import back, charge, control, ours_for, pays
from tests.wire.alipay_forging import answer, http, node, our_side
from tests.wire.wechatpay_forging import far_side


def today() -> date:
    """Of the test: midnight may come in the middle of a run."""
    return beijing_day(utc_now())


def afternoon() -> datetime:
    return datetime.combine(today() + timedelta(days=1), datetime.min.time(), BEIJING) + timedelta(hours=13)


@pytest.fixture
async def ours(sandbox: Sandbox) -> AsyncIterator[Alipay]:
    """Our side, for whom it is the afternoon of tomorrow; the far side's calendar is moved with it."""
    channel = ours_for(sandbox, clock=utc_now)
    yield channel
    await channel.aclose()


async def moved(ours: Alipay, sandbox: Sandbox, description: str = "低碳大运, 12.4 kg") -> list[str]:
    """Our numbers of a payment and of a part of it that went back."""
    one = charge(description=description)
    await ours.open(one)
    await pays(sandbox, one)
    refund = back(one, 20)
    await ours.refund(refund)
    return [one.reference, refund.refund_reference]


async def tomorrow(sandbox: Sandbox) -> Alipay:
    """Both sides' calendars move on; answers whoever asks from there."""
    offset_s = (afternoon() - utc_now()).total_seconds()
    await sandbox.control("POST", "clock", {"offset_s": offset_s})
    return ours_for(sandbox, clock=lambda: utc_now() + timedelta(seconds=offset_s))


async def test_the_bill_of_a_day_says_what_was_paid_and_what_went_back(ours: Alipay, sandbox: Sandbox) -> None:
    reference, refund_reference = await moved(ours, sandbox)
    later = await tomorrow(sandbox)
    bill = await later.fetch_bill(today())
    assert isinstance(bill, Bill), bill
    payment, refund = later.read_bill(bill)
    theirs = (await sandbox.truth())["channels"]["alipay"]["trades"][0]
    assert (payment.kind, payment.reference, payment.amount_minor) == (BillKind.PAYMENT, reference, 62)
    assert (refund.kind, refund.reference, refund.amount_minor) == (BillKind.REFUND, reference, 20)
    assert {payment.transaction_id, refund.transaction_id} == {theirs["transaction_id"]}
    assert (payment.refund_reference, refund.refund_reference) == ("", refund_reference)
    assert refund.refund_id == refund_reference
    assert payment.currency is Currency.CNY
    assert abs(payment.at - utc_now()) < timedelta(minutes=5)
    assert payment.fee_minor == 0
    assert payment.other["商品名称"] == "低碳大运， 12.4 kg"
    assert not any("sandbox.example" in value for value in payment.other.values())  # who paid stands in the file alone
    await later.aclose()


async def test_a_day_without_trades_has_no_bill_from_noon_of_the_next_on(sandbox: Sandbox) -> None:
    later = await tomorrow(sandbox)
    assert await later.fetch_bill(today()) == NoBill(code="isp.bill_not_exist")
    await later.aclose()


async def test_the_same_word_before_noon_may_mean_that_it_is_not_made_yet(ours: Alipay, sandbox: Sandbox) -> None:
    await moved(ours, sandbox)
    early = afternoon() - timedelta(hours=4)
    offset_s = (early - utc_now()).total_seconds()
    await sandbox.control("POST", "clock", {"offset_s": offset_s})
    later = ours_for(sandbox, clock=lambda: utc_now() + timedelta(seconds=offset_s))
    assert await later.fetch_bill(today()) == Pending(code="isp.bill_not_exist")
    await later.aclose()
    noon = await tomorrow(sandbox)
    assert isinstance(await noon.fetch_bill(today()), Bill)
    await noon.aclose()


async def test_today_is_nobodys_bill_yet(ours: Alipay, sandbox: Sandbox) -> None:
    await moved(ours, sandbox)
    assert await ours.fetch_bill(today()) == Pending(code="isv.invalid-arguments")


@pytest.mark.parametrize(
    ("defect", "word"),
    [
        ("cut", "BAD_FILE"), ("plain", "BAD_FILE"), ("bomb", "BAD_FILE"), ("third_file", "BAD_FILE"),
        ("elsewhere", "BAD_ANSWER"),
    ],
)  # fmt: skip
async def test_a_file_that_is_not_what_it_should_be_is_fetched_again(
    ours: Alipay, sandbox: Sandbox, defect: str, word: str
) -> None:
    await moved(ours, sandbox)
    later = await tomorrow(sandbox)
    await control(sandbox, "bill", defect=defect)
    assert await later.fetch_bill(today()) == Pending(code=word)
    await control(sandbox, "bill", defect="")
    assert isinstance(await later.fetch_bill(today()), Bill)
    await later.aclose()


async def test_a_bill_whose_sums_are_wrong_is_unfit(ours: Alipay, sandbox: Sandbox) -> None:
    await moved(ours, sandbox)
    later = await tomorrow(sandbox)
    await control(sandbox, "bill", defect="sums")
    bill = await later.fetch_bill(today())
    assert isinstance(bill, Bill)
    with pytest.raises(BillUnfit, match="sums"):
        later.read_bill(bill)
    await later.aclose()


@pytest.mark.parametrize("kind", ["502", "unsigned", "wrong_signature", "bad_json", "500"])
async def test_an_answer_nobody_can_believe_leads_to_no_file(ours: Alipay, sandbox: Sandbox, kind: str) -> None:
    await sandbox.control("POST", "fault", {"route": "alipay.bill", "kind": kind})
    assert isinstance(await ours.fetch_bill(today() - timedelta(days=1)), Pending)


ADDRESSES = [
    "https://files.example/bill", "http://127.0.0.1.evil.example/bill", "https://127.0.0.1/bill",
    "ftp://127.0.0.1/bill", "http://user@127.0.0.1/bill", "http://localhost:1/bill", "/bill", "", "http://[::1",
]  # fmt: skip


@pytest.mark.parametrize("url", ADDRESSES)
async def test_a_file_is_fetched_from_the_platform_alone(url: str) -> None:
    content = {"code": "10000", "msg": "Success", "bill_download_url": url}
    body = answer(node(content), name="alipay_data_dataservice_bill_downloadurl_query_response")
    async with far_side(lambda _: http(body)) as far:
        ours = our_side(gateway_url=f"{far.url}/gateway.do")
        assert await ours.fetch_bill(today()) == Pending(code="BAD_ANSWER")
        await ours.aclose()
    assert len(far.heads) == 1


@pytest.mark.parametrize(
    ("url", "is_theirs"),
    [
        ("https://dwbillcenter.alipay.com/downloadBillFile.resource?fileId=1", True),
        ("https://openapi.alipay.com/bill", True),
        ("http://dwbillcenter.alipay.com/bill", False),
        ("https://dwbillcenter.alipay.com.evil.example/bill", False),
        ("https://notalipay.com/bill", False),
        ("https://alipay.com@evil.example/bill", False),
        ("https://dwbillcenter.alipay.com:8443/bill", False),
    ],
)
def test_the_platforms_hosts_are_those_of_its_gateways_domain(url: str, is_theirs: bool) -> None:  # noqa: FBT001 - a table's column
    assert billing._is_theirs(url, "https://openapi.alipay.com/gateway.do") is is_theirs


async def test_nothing_is_fetched_where_nobody_listens() -> None:
    ours = our_side()
    with pytest.raises(Unavailable):
        await ours.fetch_bill(today())
    await ours.aclose()
