"""What stands in a trade bill: in minor units, by headings, and the whole is unfit where one field has no sense."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.gateways.channels.base import Bill, BillKind, BillLine, BillUnfit
from app.gateways.channels.wechatpay.bill_reading import read_bill

MCHID = "1900000109"
HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
SUMS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
PAID = {
    "交易时间": "2026-11-28 23:59:59", "公众账号ID": "wx1", "商户号": MCHID, "微信订单号": "4200001", "商户订单号": "OURS1",
    "用户标识": "o-payer", "交易类型": "JSAPI", "交易状态": "SUCCESS", "货币种类": "CNY", "应结订单金额": "0.60",
    "代金券金额": "0.02", "微信退款单号": "0", "商户退款单号": "0", "退款金额": "0.00", "充值券退款金额": "0.00",
    "商品名称": "12 kg", "手续费": "0.01000", "费率": "0.60%", "订单金额": "0.62", "申请退款金额": "0.00",
}  # fmt: skip
BACK = PAID | {
    "交易状态": "REFUND", "应结订单金额": "0.00", "代金券金额": "0.00", "微信退款单号": "5000001", "商户退款单号": "BACK1",
    "退款金额": "0.20", "退款状态": "SUCCESS", "退款类型": "ORIGINAL", "手续费": "-0.01000", "订单金额": "0.00",
    "申请退款金额": "0.20",
}  # fmt: skip


def written(*rows: dict[str, str], head: str = HEAD, sums: dict[str, str] | None = None, end: bool = True) -> Bill:
    def total(column: str, places: int = 2) -> str:
        return f"{sum(float(row.get(column, '0')) for row in rows):.{places}f}"

    said = {
        "总交易单数": str(len(rows)), "应结订单总金额": total("应结订单金额"), "退款总金额": total("退款金额"),
        "充值券退款总金额": "0.00", "手续费总金额": total("手续费", 5), "订单总金额": total("订单金额"),
        "申请退款总金额": total("申请退款金额"),
    } | (sums or {})  # fmt: skip
    lines = [head, *(",".join(f"`{row.get(name, '')}" for name in head.split(",")) for row in rows)]
    if end:
        lines += [SUMS, ",".join(f"`{said[name]}" for name in SUMS.split(","))]
    content = ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()
    return Bill(day=date(2026, 11, 28), content=content, encoding="utf-8-sig")


def read(*rows: dict[str, str], **how: object) -> tuple[BillLine, ...]:
    return read_bill(written(*rows, **how), mchid=MCHID)  # type: ignore[arg-type]


def swapped(bill: Bill, old: str, new: str) -> Bill:
    text = bill.content.decode()
    assert text.count(old) == 1, text
    return Bill(day=bill.day, content=text.replace(old, new).encode(), encoding=bill.encoding)


def test_a_payment_and_its_refund_are_read_by_order_amount_to_the_fen():
    paid, back = read(PAID, BACK)
    assert (paid.kind, paid.amount_minor, paid.fee_minor) == (BillKind.PAYMENT, 62, 1)
    assert (paid.reference, paid.transaction_id, paid.refund_reference) == ("OURS1", "4200001", "")
    assert paid.at == datetime(2026, 11, 28, 15, 59, 59, tzinfo=UTC)
    assert (back.kind, back.amount_minor, back.fee_minor) == (BillKind.REFUND, 20, -1)
    assert (back.refund_reference, back.refund_id, back.transaction_id) == ("BACK1", "5000001", "4200001")


def test_columns_that_name_nobody_are_kept_by_their_headings_and_neither_who_paid_nor_a_column_we_do_not_know():
    (line,) = read(PAID | {"用户手机号": "13900001234"}, head=HEAD + ",用户手机号")
    assert "13900001234" not in str(line)
    assert (line.other["应结订单金额"], line.other["费率"]) == ("0.60", "0.60%")
    assert "o-payer" not in str(line)


@pytest.mark.parametrize("name", ["一二, 三四", "a,b,c,d", 'say "so"', "`quoted`"])
def test_a_comma_or_a_mark_in_a_name_moves_no_column(name):
    (line,) = read(PAID | {"商品名称": name})
    assert (line.other["商品名称"], line.amount_minor) == (name, 62)


def test_a_value_in_quotation_marks_is_read_as_one():
    (line,) = read_bill(swapped(written(PAID), "`12 kg", '"`12, kg"'), mchid=MCHID)
    assert line.other["商品名称"] == "12, kg"


def test_columns_may_stand_in_another_order():
    (line,) = read(PAID, head=",".join(reversed(HEAD.split(","))))
    assert (line.transaction_id, line.amount_minor) == ("4200001", 62)


def test_a_refund_that_failed_is_no_line_and_one_on_its_way_is():
    assert [line.kind for line in read(BACK | {"退款状态": "FAIL"})] == []
    assert [line.kind for line in read(BACK | {"退款状态": "PROCESSING"})] == [BillKind.REFUND]


@pytest.mark.parametrize(
    "amount", ["0", "1e2", "1.001", "１.００", "-0.62", "0.00", "", "62", " 0.62", "0.62元", "1,00"]
)
def test_an_amount_that_is_not_written_as_yuan_makes_the_bill_unfit(amount):
    with pytest.raises(BillUnfit) as unfit:
        read_bill(swapped(written(PAID), "`0.62,`0.00,`", f"`{amount},`0.00,`"), mchid=MCHID)
    assert unfit.value.reason in {"amount", "line", "sums"}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"交易时间": "2026-11-31 00:00:00"}, "time"),
        ({"交易时间": "2026-11-28T00:00:00"}, "time"),
        ({"商户号": "1900000110"}, "line"),
        ({"货币种类": "USD"}, "line"),
        ({"交易状态": "NOTPAY"}, "line"),
        ({"微信订单号": "0"}, "line"),
        ({"微信订单号": "42 00"}, "line"),
        ({"商户订单号": "<b>"}, "line"),
        ({"手续费": "0.01234"}, "amount"),
    ],
)
def test_a_field_without_sense_names_its_line(changed, reason):
    with pytest.raises(BillUnfit) as unfit:
        read(PAID, PAID | changed, sums={"手续费总金额": "0.02000"})
    assert (unfit.value.reason, unfit.value.line) == (reason, 3)


@pytest.mark.parametrize("name", ["微信订单号", "订单金额", "退款状态", "应结订单金额"])
def test_a_missing_heading_stops_the_reading(name):
    with pytest.raises(BillUnfit, match="headings"):
        read(PAID, head=HEAD.replace(f",{name},", f",其他{name},", 1))


@pytest.mark.parametrize(
    "sums",
    [
        {"总交易单数": "2"},
        {"订单总金额": "0.63"},
        {"申请退款总金额": "0.01"},
        {"手续费总金额": "0.00000"},
        {"总交易单数": "x"},
    ],
)
def test_a_sum_that_does_not_agree_makes_the_bill_unfit(sums):
    with pytest.raises(BillUnfit, match="sums"):
        read(PAID, sums=sums)


def test_a_bill_without_its_sums_or_of_another_encoding_is_unfit():
    with pytest.raises(BillUnfit, match="sums"):
        read(PAID, end=False)
    with pytest.raises(BillUnfit, match="headings"):
        read_bill(Bill(day=date(2026, 11, 28), content=b"", encoding="utf-8-sig"), mchid=MCHID)
    with pytest.raises(BillUnfit, match="encoding"):
        read_bill(Bill(day=date(2026, 11, 28), content=HEAD.encode("gbk"), encoding="utf-8-sig"), mchid=MCHID)


def test_every_cut_of_a_bill_is_unfit():
    whole = written(PAID, BACK).content.decode()
    for length in range(len(whole) - 3):
        cut = Bill(day=date(2026, 11, 28), content=whole[:length].encode(), encoding="utf-8-sig")
        with pytest.raises(BillUnfit):
            read_bill(cut, mchid=MCHID)


def test_the_platforms_own_sample_is_read_to_its_sums():
    file = Path(__file__).parents[2].parent / "shared" / "vectors" / "wechatpay_bill_all_sample.json"
    if not file.exists():
        pytest.skip(f"no sample here: {file.name} is kept beside the repository, in ../shared/vectors")
    sample = json.loads(file.read_text(encoding="utf-8"))
    content = sample["csv"].encode()
    lines = read_bill(Bill(day=date(2019, 2, 19), content=content, encoding="utf-8-sig"), mchid="1921000401")
    assert len(lines) == 45
    assert sum(line.amount_minor for line in lines if line.kind is BillKind.PAYMENT) == 47
    assert sum(line.amount_minor for line in lines if line.kind is BillKind.REFUND) == 14
    assert sum(line.fee_minor or 0 for line in lines) == 8
