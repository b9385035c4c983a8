"""Alipay's bill as merchants have it, written here by hand: what is read, what makes it unfit, what is no archive."""

import contextlib
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.gateways.channels.alipay import billing, bills
from app.gateways.channels.base import BillKind, BillLine, BillUnfit
from app.kernel.money import Currency
from tests.wire.alipay_forging import SELLER_ID

HEAD = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,"
    "支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,"
    "退款批次号/请求号,服务费（元）,分润（元）,备注"
)
PAID = (
    "2026112122001400000000000001\t,P0000000000000000000000001\t,交易\t,低碳大运,2026-11-21 23:59:01,2026-11-21 23:59:59,"
    "\t,\t,\t,\t,*点(138****0000)\t,35.80,35.70,0.00,0.00,0.10,0.00,0.00,,0.00\t,0.00,\t,-0.21,0.00,"
)
BACK = (
    "2026112122001400000000000001\t,P0000000000000000000000001\t,退款\t,低碳大运,2026-11-21 23:59:01,2026-11-21 23:59:59,"
    "\t,\t,\t,\t,*点(138****0000)\t,-5.80,-5.80,0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,RF1\t,0.03,0.00,备注"
)
SUMS = [
    "#交易合计：1笔，商家实收共35.70元，商家优惠共0.00元",
    "#退款合计：1笔，商家实收退款共-5.80元，商家优惠退款共0.00元",
]
SUMMARY = [
    "#支付宝业务汇总查询",
    f"#账号：[{SELLER_ID}0156]",
    "#-----业务汇总列表-----",
    "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）",
    "合计\t,\t,1,1,30.00,29.90",
    "#-----业务汇总列表结束-----",
]


def lines(*rows: str, head: str = HEAD, sums: list[str] = SUMS, summary: list[str] = SUMMARY) -> list[str]:
    return [
        "#支付宝业务明细查询",
        f"#账号：[{SELLER_ID}0156]",
        "#起始日期：[2026年11月21日 00:00:00]   终止日期：[2026年11月22日 00:00:00]",
        "#-----------------------------------------业务明细列表----------------------------------------",
        head,
        *(rows or (PAID, BACK)),
        "#-----------------------------------------业务明细列表结束------------------------------------",
        *sums,
        "#导出时间：[2026年11月22日 05:46:49]",
        *summary,
    ]


def read(written: list[str], encoding: str = "gb18030") -> tuple[BillLine, ...]:
    return bills.read("\r\n".join(written).encode("gb18030"), encoding, seller_id=SELLER_ID)


def test_a_bill_is_read_by_its_headings_and_keeps_what_it_does_not_know():
    payment, refund = read(lines())
    assert payment == BillLine(
        kind=BillKind.PAYMENT,
        reference="P0000000000000000000000001",
        transaction_id="2026112122001400000000000001",
        amount_minor=3580,  # the order's amount, not what came after a discount
        currency=Currency.CNY,
        at=datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC),
        fee_minor=21,
        other=payment.other,
    )
    assert payment.other["商家实收(元)"] == "35.70"
    assert (refund.kind, refund.amount_minor, refund.refund_reference, refund.fee_minor) == (
        BillKind.REFUND,
        580,
        "RF1",
        -3,
    )
    assert refund.other["备注"] == "备注"


def column(head: str, index: int, name: str) -> str:
    cells = head.split(",")
    return ",".join([*cells[:index], name, *cells[index:]])


def with_new_column() -> list[str]:
    return lines(*(column(row, 3, "新") for row in (PAID, BACK)), head=column(HEAD, 3, "新列"))


def in_another_order() -> list[str]:
    return lines(
        *(",".join(reversed(row.split(","))) for row in (PAID, BACK)), head=",".join(reversed(HEAD.split(",")))
    )


FIT: dict[str, Callable[[], list[str]]] = {
    "a-new-column": with_new_column,
    "columns-in-another-order": in_another_order,
    "narrow-brackets": lambda: lines(head=HEAD.replace("（", "(").replace("）", ")")),
    "without-a-summary": lambda: lines(summary=[]),
    "a-comma-in-quotes": lambda: lines(PAID.replace("低碳大运", '"低碳,大运"'), BACK),
    "a-summary-by-shops": lambda: lines(
        summary=[*SUMMARY[:4], "S1\t,一店,1,0,35.80,35.70", "S2\t,二店,0,1,-5.80,-5.80", SUMMARY[5]]
    ),
    "blank-lines": lambda: [line for pair in zip(lines(), [""] * 99, strict=False) for line in pair],
}


@pytest.mark.parametrize("written", FIT.values(), ids=FIT.keys())
def test_what_is_odd_but_whole_is_read(written):
    assert [(line.kind, line.amount_minor) for line in read(written())] == [
        (BillKind.PAYMENT, 3580),
        (BillKind.REFUND, 580),
    ]


def test_a_bill_of_no_lines_is_read():
    sums = [
        SUMS[0].replace("1笔", "0笔").replace("35.70", "0.00"),
        SUMS[1].replace("1笔", "0笔").replace("-5.80", "0.00"),
    ]
    written = [line for line in lines(sums=sums, summary=[]) if line not in (PAID, BACK)]
    assert read(written) == ()


NEEDED = ("支付宝交易号", "商户订单号", "业务类型", "完成时间", "订单金额（元）", "商家实收（元）", "退款批次号/请求号")
UNFIT: dict[str, tuple[Callable[[], list[str]], str]] = {
    **{
        f"without-{name}": (lambda name=name: lines(head=HEAD.replace(name, "别的")), "headings")
        for name in NEEDED
    },
    "heading-twice": (lambda: lines(head=HEAD.replace("备注", "商品名称")), "headings"),
    "no-heading": (lambda: [line for line in lines() if line != HEAD], "headings"),
    "of-another-merchant": (lambda: [line.replace(SELLER_ID, "2088999999999999") for line in lines()], "line"),
    "of-nobody": (lambda: [line for line in lines() if not line.startswith("#账号")], "line"),
    "a-comma-without-quotes": (lambda: lines(PAID.replace("低碳大运", "低碳,大运"), BACK), "line"),
    "a-cell-too-few": (lambda: lines(PAID.rpartition(",")[0], BACK), "line"),
    "an-open-quote": (lambda: lines(PAID.replace("低碳大运", '"低碳'), BACK), "line"),
    "another-kind": (lambda: lines(PAID.replace("交易\t", "转账\t"), BACK), "line"),
    "no-number": (lambda: lines(PAID.replace("2026112122001400000000000001", "—"), BACK), "line"),
    "amount-1e2": (lambda: lines(PAID.replace("35.80", "1e2"), BACK), "amount"),
    "amount-three-decimals": (lambda: lines(PAID.replace("35.80", "35.801"), BACK), "amount"),
    "amount-full-width": (lambda: lines(PAID.replace("35.80", "３５.80"), BACK), "amount"),
    "amount-zero": (lambda: lines(PAID.replace("35.80", "0.00"), BACK), "amount"),
    "amount-empty": (lambda: lines(PAID.replace("35.80", ""), BACK), "amount"),
    "a-payment-below-zero": (lambda: lines(PAID.replace("35.80", "-35.80"), BACK), "amount"),
    "a-refund-above-zero": (lambda: lines(PAID, BACK.replace("-5.80,-5.80", "5.80,5.80")), "amount"),
    "received-is-no-amount": (lambda: lines(PAID.replace("35.70", "?"), BACK), "amount"),
    "fee-is-no-amount": (lambda: lines(PAID.replace("-0.21", "?"), BACK), "amount"),
    "time": (lambda: lines(PAID.replace("2026-11-21 23:59:59", "2026/11/21 23:59:59"), BACK), "time"),
    "a-line-missing": (lambda: lines(BACK), "sums"),
    "a-line-twice": (lambda: lines(PAID, PAID, BACK), "sums"),
    "sum-differs": (lambda: lines(sums=[SUMS[0].replace("35.70", "35.71"), SUMS[1]]), "sums"),
    "count-differs": (lambda: lines(sums=[SUMS[0], SUMS[1].replace("1笔", "2笔")]), "sums"),
    "no-sums": (lambda: lines(sums=[]), "sums"),
    "cut-off": (lambda: lines()[:6], "sums"),
    "summary-differs": (lambda: lines(summary=[line.replace("1,1", "2,1") for line in SUMMARY]), "sums"),
    "summary-without-counts": (lambda: lines(summary=[line.replace("总笔数", "") for line in SUMMARY]), "headings"),
}  # fmt: skip


@pytest.mark.parametrize(("written", "reason"), UNFIT.values(), ids=UNFIT.keys())
def test_what_has_no_sense_makes_the_whole_bill_unfit(written, reason):
    with pytest.raises(BillUnfit) as unfit:
        read(written())
    assert unfit.value.reason == reason


def test_bytes_that_are_no_text_are_unfit():
    with pytest.raises(BillUnfit, match="encoding"):
        bills.read(b"\xff\xff" + bills.LINES, bills.ENCODING, seller_id=SELLER_ID)


@given(position=st.integers(0, 1200), letter=st.sampled_from("0123456789-.,#\t\n合交"))
@settings(max_examples=150, deadline=None)
def test_no_changed_letter_raises_anything_else(position, letter):
    text = "\r\n".join(lines())
    position %= len(text)
    with contextlib.suppress(BillUnfit):
        bills.read((text[:position] + letter + text[position + 1 :]).encode("gb18030"), "gb18030", seller_id=SELLER_ID)


def zipped(files: dict[str, bytes], **how: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", **how) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_both_lists_are_kept_the_lines_first():
    packed = zipped({"b.csv": bills.SUMMARY + b"\r\n", "a.csv": bills.LINES})
    assert billing.unpacked(packed) == bills.LINES + b"\r\n" + bills.SUMMARY + b"\r\n"


NO_BILLS = {
    "empty": b"",
    "no-archive": bills.LINES,
    "archive-of-nothing": zipped({}),
    "no-lines": zipped({"a.csv": bills.SUMMARY}),
    "lines-twice": zipped({"a.csv": bills.LINES, "b.csv": bills.LINES}),
    "a-stranger": zipped({"a.csv": bills.LINES, "evil.sh": b"#!"}),
    "many-files": zipped({f"{n}.csv": bills.LINES for n in range(9)}),
    "cut": zipped({"a.csv": bills.LINES * 50}, compression=zipfile.ZIP_DEFLATED)[:-40],
    "bomb": zipped({"a.csv": bills.LINES + bytes(billing.BILL_BYTES_MAX)}, compression=zipfile.ZIP_DEFLATED),
    "damaged": zipped({"a.csv": bills.LINES}).replace(bills.LINES, bills.LINES[:-1] + b"x"),
}


@pytest.mark.parametrize("packed", NO_BILLS.values(), ids=NO_BILLS.keys())
def test_an_archive_that_is_not_a_bill_is_none(packed):
    assert billing.unpacked(packed) is None


@given(content=st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_no_file_of_a_stranger_raises(content):
    assert billing.unpacked(content) is None
    packed = bytearray(zipped({"a.csv": bills.LINES}))
    for at, byte in enumerate(content[: len(packed)]):
        packed[at * 7 % len(packed)] ^= byte
    billing.unpacked(bytes(packed))
