"""PayPal's transactions of a day: taken whole or not at all, and what their rows say."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from app.gateways.channels.base import Bill, BillKind, BillUnfit, NoBill, Pending
from app.gateways.channels.paypal import PayPal
from app.gateways.channels.paypal.billing import read_bill
from app.kernel.clock import BEIJING, beijing_day, utc_now
from app.kernel.money import Currency
from tests.far_side import Sandbox
from tests.wire.paypal_asking import back, opened, ours_for, outcome
from tests.wire.paypal_forging import compact, meeting

DAY = date(2026, 11, 22)
AFTERWARDS = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
async def ours(sandbox: Sandbox) -> AsyncIterator[PayPal]:
    channel = ours_for(sandbox)
    yield channel
    await channel.aclose()


async def the_day_after(sandbox: Sandbox, hours: int = 35) -> None:
    await sandbox.control("POST", "clock", {"offset_s": hours * 3600, "stamp_offset_s": 0})


async def test_the_bill_of_a_day_holds_what_was_paid_and_given_back(ours, sandbox):
    today = beijing_day(utc_now())
    trade = await opened(ours)
    await outcome(sandbox, trade)
    done = await ours.advance(trade)
    refund = back(trade, done, 20)
    given = await ours.refund(refund)
    await sandbox.control("POST", "paypal/console_refund", {"reference": trade.reference, "amount_minor": 10})
    await sandbox.control("POST", "paypal/reversal", {"reference": trade.reference})
    await the_day_after(sandbox)
    bill = await ours.fetch_bill(today)
    assert isinstance(bill, Bill), bill
    lines = {(line.kind, line.amount_minor): line for line in ours.read_bill(bill)}
    assert len(lines) == 4
    payment = lines[BillKind.PAYMENT, 62]
    ours_back, console, reversal = (lines[BillKind.REFUND, minor] for minor in (20, 10, 32))
    assert (payment.kind, payment.reference, payment.transaction_id) == (
        BillKind.PAYMENT, trade.reference, done.transaction_id,
    )  # fmt: skip
    assert (payment.amount_minor, payment.currency, payment.fee_minor, payment.at) == (62, Currency.USD, 51, done.at)
    assert payment.other["transaction_event_code"] == "T0006"
    assert (ours_back.kind, ours_back.reference, ours_back.transaction_id) == (
        BillKind.REFUND, trade.reference, done.transaction_id,
    )  # fmt: skip
    assert (ours_back.refund_reference, ours_back.refund_id, ours_back.amount_minor) == (
        refund.refund_reference, given.transaction_id, 20,
    )  # fmt: skip
    assert (console.refund_reference, console.reference, console.amount_minor) == ("", trade.reference, 10)
    assert (reversal.refund_reference, reversal.reference, reversal.amount_minor) == ("", trade.reference, 32)


async def test_fetched_twice_it_is_the_same_bytes(ours, sandbox):
    trade = await opened(ours)
    await outcome(sandbox, trade)
    await ours.advance(trade)
    await the_day_after(sandbox)
    first, second = [await ours.fetch_bill(beijing_day(utc_now())) for _ in range(2)]
    assert isinstance(first, Bill)
    assert first == second


async def test_a_day_without_transactions_has_no_bill(ours, sandbox):
    await the_day_after(sandbox)
    assert await ours.fetch_bill(beijing_day(utc_now())) == NoBill(code="NO_TRANSACTIONS")


async def test_a_day_that_may_still_grow_is_asked_for_again(ours, sandbox):
    today = beijing_day(utc_now())
    assert isinstance(await ours.fetch_bill(today), Pending)
    assert isinstance(await ours.fetch_bill(today + timedelta(days=1)), Pending)
    midnight = datetime.combine(today + timedelta(days=1), time.min, BEIJING)
    for hours, word in ((2, Pending(code="NOT_READY")), (4, NoBill(code="NO_TRANSACTIONS"))):
        offset_s = (midnight - utc_now()).total_seconds() + hours * 3600
        await sandbox.control("POST", "clock", {"offset_s": offset_s, "stamp_offset_s": 0})
        assert await ours.fetch_bill(today) == word


@pytest.mark.parametrize(("defect", "code"), [("early_end", "NOT_READY"), ("missing_row", "CHANGED")])
async def test_a_bill_that_did_not_come_whole_is_not_taken(ours, sandbox, defect, code):
    trade = await opened(ours)
    await outcome(sandbox, trade)
    await ours.advance(trade)
    await the_day_after(sandbox)
    await sandbox.control("POST", "channels/paypal/bill", {"defect": defect})
    assert await ours.fetch_bill(beijing_day(utc_now())) == Pending(code=code)


async def test_an_amount_that_is_none_stops_the_reading(ours, sandbox):
    trade = await opened(ours)
    await outcome(sandbox, trade)
    await ours.advance(trade)
    await the_day_after(sandbox)
    await sandbox.control("POST", "channels/paypal/bill", {"defect": "amount"})
    bill = await ours.fetch_bill(beijing_day(utc_now()))
    assert isinstance(bill, Bill)
    with pytest.raises(BillUnfit, match="amount in line 1"):
        ours.read_bill(bill)


async def test_one_id_in_two_rows_is_two_lines(ours, sandbox):
    trade = await opened(ours)
    await outcome(sandbox, trade)
    await ours.advance(trade)
    await the_day_after(sandbox)
    await sandbox.control("POST", "channels/paypal/bill", {"defect": "repeated_row"})
    bill = await ours.fetch_bill(beijing_day(utc_now()))
    assert isinstance(bill, Bill)
    first, second = ours.read_bill(bill)
    assert first == second


def info(number, **changed):
    return {
        "transaction_info": {
            "transaction_id": f"T{number:06d}",
            "transaction_event_code": "T0006",
            "transaction_initiation_date": "2026-11-22T02:00:00+0000",
            "transaction_amount": {"currency_code": "USD", "value": "0.62"},
            "transaction_status": "S",
            "invoice_id": f"P{number}",
            "custom_field": f"P{number}",
        }
        | changed
    }


def pages(rows, *, most=10_000, spoil=None):
    """A PayPal with so many rows a second of the day, that tells at most `most` in one window."""

    def answer(method, path, _body):
        if not path.startswith("/v1/reporting"):
            return None
        asked = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        start, end = (datetime.fromisoformat(asked[name]) for name in ("start_date", "end_date"))
        found = [row for at, row in rows if start <= at <= end]
        if len(found) > most:
            return 400, compact({"name": "INVALID_REQUEST", "details": [{"issue": "RESULTSET_TOO_LARGE"}]})
        size, page = int(asked["page_size"]), int(asked["page"])
        told = {
            "transaction_details": found[(page - 1) * size : page * size],
            "end_date": asked["end_date"],
            "total_items": len(found),
            "total_pages": -(-len(found) // size),
        }
        return 200, compact(told | (spoil(page) if spoil else {}))

    return answer


def through_the_day(count):
    begins_at = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)
    return [(begins_at + timedelta(seconds=86_399 * number // count), info(number)) for number in range(count)]


async def test_all_pages_are_fetched_in_their_order():
    async with meeting(now=lambda: AFTERWARDS, answer=pages(through_the_day(1_203))) as (ours, far):
        bill = await ours.fetch_bill(DAY)
        assert isinstance(bill, Bill)
        assert [line.reference for line in ours.read_bill(bill)] == [f"P{number}" for number in range(1_203)]
        assert len([path for path in far.paths() if "reporting" in path]) == 3


async def test_a_window_that_holds_too_much_is_asked_for_in_halves_and_nothing_is_lost_or_doubled():
    async with meeting(now=lambda: AFTERWARDS, answer=pages(through_the_day(400), most=90)) as (ours, _):
        bill = await ours.fetch_bill(DAY)
        assert isinstance(bill, Bill)
        assert [line.reference for line in ours.read_bill(bill)] == [f"P{number}" for number in range(400)]
        assert len(json.loads(bill.content)["windows"]) == 8


async def test_a_minute_that_holds_too_much_is_not_halved_for_ever():
    at = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
    crowd = [(at, info(number)) for number in range(50)]
    async with meeting(now=lambda: AFTERWARDS, answer=pages(crowd, most=10)) as (ours, _):
        assert await ours.fetch_bill(DAY) == Pending(code="TOO_MANY_ROWS")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda page: {"total_items": 1_203 + (page > 1)},
        lambda page: {"transaction_details": []} if page == 2 else {},
        lambda _: {"total_pages": 10**6},
        lambda _: {"total_items": "1203"},
        lambda _: {"transaction_details": None},
        lambda _: {"end_date": "2026-11-22T12:00:00+0000"},
        lambda _: {"end_date": None},
        lambda _: {"last_refreshed_datetime": "2026-11-22T12:00:00+0000"},
        lambda _: {"last_refreshed_datetime": "soon"},
    ],
)
async def test_pages_that_do_not_agree_are_no_bill(spoil):
    async with meeting(now=lambda: AFTERWARDS, answer=pages(through_the_day(1_203), spoil=spoil)) as (ours, _):
        assert isinstance(await ours.fetch_bill(DAY), Pending)


def bill_of(*rows, total=None):
    return compact({"windows": [{"total_items": len(rows) if total is None else total, "rows": list(rows)}]})


@pytest.mark.parametrize(
    "row",
    [
        info(1, transaction_status="P"),
        info(1, transaction_status="D"),
        info(1, transaction_event_code="T0400", transaction_amount={"currency_code": "USD", "value": "-9.00"}),
        info(1, transaction_event_code="T0200"),
        info(1, transaction_amount={"currency_code": "USD", "value": "-0.62"}),
        info(1, transaction_event_code="T1107"),
    ],
)
def test_what_neither_paid_us_nor_went_back_is_no_line(row):
    assert read_bill(bill_of(row)) == ()


def test_what_was_paid_and_reversed_later_was_paid():
    (line,) = read_bill(bill_of(info(1, transaction_status="V")))
    assert line.kind is BillKind.PAYMENT


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[]", "encoding"),
        (b"\xff", "encoding"),
        (b"{}", "headings"),
        (b'{"windows":[{}]}', "headings"),
        (bill_of(info(1), total=2), "sums"),
        (bill_of({}), "line"),
        (bill_of(info(1, transaction_event_code=None)), "line"),
        (bill_of(info(1, transaction_status=None)), "line"),
        (bill_of(info(1, transaction_id="")), "line"),
        (bill_of(info(1, transaction_initiation_date="2026-11-22")), "time"),
        (bill_of(info(1, transaction_amount={"currency_code": "USD", "value": "0.620"})), "amount"),
        (bill_of(info(1, transaction_amount={"currency_code": "EUR", "value": "0.62"})), "amount"),
        (bill_of(info(1, fee_amount={"currency_code": "EUR", "value": "-0.51"})), "amount"),
        (bill_of(info(1, fee_amount=None)), "amount"),
    ],
)
def test_a_bill_that_cannot_be_read_whole_is_not_read(content, reason):
    with pytest.raises(BillUnfit) as unfit:
        read_bill(content)
    assert unfit.value.reason == reason
