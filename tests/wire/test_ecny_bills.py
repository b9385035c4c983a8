"""The bank's list of a day: where it lies is told unsigned, so that its file is fetched only where our settings say."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from openpyxl import Workbook

from app.gateways.channels.base import Bill, BillKind, BillUnfit, Done, NoBill, Pending
from app.gateways.channels.ecny_cmb import billing
from app.kernel.clock import BEIJING, beijing_day, utc_now
from app.kernel.errors import Unavailable
from app.kernel.money import Currency
from tests.wire.ecny_asking import NAME, back, charge, fault, ours_for, pay, trade

HEAD = ",".join(billing.COLUMNS)


@pytest.fixture
async def ours(sandbox):
    channel = ours_for(sandbox)
    yield channel
    await channel.aclose()


async def after_midnight(sandbox, **wait):
    """The far side's calendar stands so long after the end of today; the second in signatures stays."""
    now = utc_now().astimezone(BEIJING)
    midnight = datetime.combine(beijing_day(utc_now()) + timedelta(days=1), datetime.min.time(), BEIJING)
    offset_s = (midnight - now + timedelta(**wait)).total_seconds()
    await sandbox.control("POST", "clock", {"offset_s": offset_s, "stamp_offset_s": 0})


async def moved(ours, sandbox):
    """A payment and a refund of part of it, both settled."""
    asked = charge()
    await ours.open(asked)
    await pay(sandbox, asked.reference)
    done = await ours.query(trade(asked))
    refund = back(asked, done, 20)
    await ours.refund(refund)
    while not isinstance(outcome := await ours.query_refund(refund), Done):
        assert isinstance(outcome, Pending)
    return done, outcome


async def test_a_day_s_payment_and_refund_stand_in_its_bill_as_the_channel_told_them(ours, sandbox):
    today = beijing_day(utc_now())
    done, refunded = await moved(ours, sandbox)
    await after_midnight(sandbox, hours=17)
    bill = await ours.fetch_bill(today)
    assert isinstance(bill, Bill), bill
    payment, refund = ours.read_bill(bill)
    assert (payment.kind, payment.reference, payment.transaction_id) == (
        BillKind.PAYMENT, done.reference, done.transaction_id,
    )  # fmt: skip
    assert (payment.amount_minor, payment.currency, payment.at, payment.fee_minor) == (62, Currency.CNY, done.at, 0)
    assert (refund.kind, refund.reference, refund.transaction_id) == (
        BillKind.REFUND, done.reference, done.transaction_id,
    )  # fmt: skip
    assert (refund.refund_reference, refund.refund_id) == (refunded.reference, refunded.transaction_id)
    assert (refund.amount_minor, refund.at) == (20, refunded.at)
    assert refund.other["支付方式"] == "EC"


async def test_it_is_made_at_ten_thirty_five_and_has_its_fees_in_the_afternoon(ours, sandbox):
    today = beijing_day(utc_now())
    await moved(ours, sandbox)
    assert await ours.fetch_bill(today) == Pending(code="PMS05V0")
    await after_midnight(sandbox, hours=10, minutes=34)
    assert await ours.fetch_bill(today) == Pending(code="PMS05V0")
    await after_midnight(sandbox, hours=10, minutes=36)
    bill = await ours.fetch_bill(today)
    assert isinstance(bill, Bill)
    assert {line.fee_minor for line in ours.read_bill(bill)} == {None}


async def test_a_day_on_which_nothing_moved_has_none(ours, sandbox):
    await after_midnight(sandbox, hours=11)
    assert await ours.fetch_bill(beijing_day(utc_now())) == NoBill(code="PMS05V1")


@pytest.mark.parametrize(
    ("defect", "becomes"),
    [
        ("headings", ("headings", 1)),
        ("cut", ("line", 3)),
        ("yuan", ("amount", 2)),
    ],
)
async def test_a_file_that_is_not_as_we_read_it_is_refused_whole(ours, sandbox, defect, becomes):
    await moved(ours, sandbox)
    await after_midnight(sandbox, hours=11)
    await sandbox.control("POST", f"channels/{NAME}/bill", {"defect": defect})
    bill = await ours.fetch_bill(beijing_day(utc_now()))
    assert isinstance(bill, Bill)
    with pytest.raises(BillUnfit) as unfit:
        ours.read_bill(bill)
    assert (unfit.value.reason, unfit.value.line) == becomes


async def test_only_the_host_of_our_settings_is_asked_for_the_file(ours, sandbox):
    await moved(ours, sandbox)
    await after_midnight(sandbox, hours=11)
    await sandbox.control("POST", f"channels/{NAME}/bill", {"defect": "elsewhere"})
    assert isinstance(await ours.fetch_bill(beijing_day(utc_now())), Bill)


async def test_files_are_fetched_at_their_own_host_where_our_settings_name_one(ours, sandbox):
    await moved(ours, sandbox)
    await after_midnight(sandbox, hours=11)
    elsewhere = ours_for(sandbox, file_url="http://127.0.0.1:9")
    with pytest.raises(Unavailable):
        await elsewhere.fetch_bill(beijing_day(utc_now()))
    await elsewhere.aclose()


async def test_the_bill_of_another_day_is_none_of_this_one(ours, sandbox):
    await moved(ours, sandbox)
    await after_midnight(sandbox, hours=11)
    await sandbox.control("POST", f"channels/{NAME}/bill", {"defect": "other_day"})
    assert await ours.fetch_bill(beijing_day(utc_now())) == Pending(code="MISMATCH")


@pytest.mark.parametrize(
    ("kind", "code"), [("502", "HTTP_502"), ("bad_json", "BAD_ANSWER"), ("500", "SYSTEM_ERROR"), ("reset", "RESET")]
)
async def test_an_answer_that_is_none_leads_to_no_file(ours, sandbox, kind, code):
    await after_midnight(sandbox, hours=11)
    await fault(sandbox, "bill", kind)
    assert await ours.fetch_bill(beijing_day(utc_now())) == Pending(code=code)


ROW = "308,支付,P1,0042,,,62,156,20261122095930,1"


def read(text, *, encoding="utf-8"):
    bill = Bill(day=datetime(2026, 11, 22, tzinfo=UTC).date(), content=text.encode(encoding), encoding=encoding)
    return billing.read_bill(bill, merchant="308")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_columns_are_known_by_their_headings_in_any_order_and_further_ones_are_kept(encoding):
    swapped = ",".join(reversed(billing.COLUMNS)) + ",门店"
    (line,) = read(f"{swapped}\n" + ",".join(reversed(ROW.split(","))) + ',"甲,乙"\n', encoding=encoding)
    assert (line.reference, line.amount_minor, line.fee_minor, dict(line.other)) == ("P1", 62, 1, {"门店": "甲,乙"})
    assert line.at == datetime(2026, 11, 22, 1, 59, 30, tzinfo=UTC)


def test_a_workbook_is_read_as_a_text_is():
    book = Workbook()
    for row in (HEAD, ROW, ROW.replace("P1", "P2").removesuffix(",1")):
        book.active.append(row.split(","))
    file = io.BytesIO()
    book.save(file)
    bill = Bill(day=datetime(2026, 11, 22, tzinfo=UTC).date(), content=file.getvalue(), encoding="xlsx")
    first, second = billing.read_bill(bill, merchant="308")
    assert first == read(f"{HEAD}\n{ROW}\n")[0]
    assert (second.reference, second.fee_minor) == ("P2", None)


def test_a_list_of_headings_alone_has_no_lines():
    assert read(HEAD + "\n") == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "headings", id="empty"),
        pytest.param(HEAD.replace("交易金额", "金额") + f"\n{ROW}\n", "headings", id="a-heading-missing"),
        pytest.param(f"{HEAD},{billing.COLUMNS[0]}\n{ROW},1\n", "headings", id="a-heading-twice"),
        pytest.param(f"{HEAD}\n{ROW.replace('308', '309')}\n", "line", id="another-merchant"),
        pytest.param(f"{HEAD}\n{ROW.replace('支付', '撤销')}\n", "line", id="another-kind"),
        pytest.param(f"{HEAD}\n{ROW.replace('156', '840')}\n", "line", id="another-currency"),
        pytest.param(f"{HEAD}\n{ROW.replace('0042', '')}\n", "line", id="no-number-of-theirs"),
        pytest.param(f"{HEAD}\n{ROW},x\n", "line", id="a-cell-too-many"),
        pytest.param(f"{HEAD}\n{ROW.rpartition(',')[0]}\n", "line", id="a-cell-too-few"),
        pytest.param(f"{HEAD}\n{ROW.replace('095930', '0')}\n", "time", id="time-cut-off"),
        pytest.param(f"{HEAD}\n{ROW.replace(',62,', ',0.62,')}\n", "amount", id="yuan"),
        pytest.param(f"{HEAD}\n{ROW.replace(',62,', ',-62,')}\n", "amount", id="below-zero"),
        pytest.param(f"{HEAD}\n{ROW.replace(',62,', ',６２,')}\n", "amount", id="full-width"),
        pytest.param(f"{HEAD}\n{ROW}.5\n", "amount", id="fee-with-point"),
        pytest.param(f"{HEAD}\n{ROW.replace('20261122', '20261132')}\n", "time", id="no-such-day"),
        pytest.param("%PDF-1.7", "encoding", id="a-pdf"),
        pytest.param(f'{HEAD}\n"{ROW}\n', "encoding", id="a-quotation-mark-left-open"),
    ],
)
def test_what_has_no_sense_refuses_the_whole_list(text, reason):
    with pytest.raises(BillUnfit) as unfit:
        read(text)
    assert unfit.value.reason == reason
