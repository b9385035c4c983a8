"""What stands in a bill of the platform's (业务账单): lines between marks, sums below them, yuan. Pure.

Source: 支付宝开放平台, 对账; the columns as merchants' bills of 2016 to 2026 have them.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from app.gateways.channels.alipay import reading
from app.gateways.channels.base import BillKind, BillLine, BillUnfit
from app.kernel.money import Currency

ENCODING: Final = "gb18030"
"""GBK as the platform writes it, with what newer systems put into it."""
LINES: Final = "#支付宝业务明细查询".encode("gbk")
SUMMARY: Final = "#支付宝业务汇总查询".encode("gbk")

_TRADE_NO: Final = "支付宝交易号"
_OUR_NO: Final = "商户订单号"
_KIND: Final = "业务类型"
_AT: Final = "完成时间"
_AMOUNT: Final = "订单金额(元)"
_RECEIVED: Final = "商家实收(元)"
_REQUEST_NO: Final = "退款批次号/请求号"
_FEE: Final = "服务费(元)"
_NEEDED: Final = frozenset({_TRADE_NO, _OUR_NO, _KIND, _AT, _AMOUNT, _RECEIVED, _REQUEST_NO})
_NOBODY: Final = frozenset({
    _RECEIVED, "商品名称", "创建时间", "门店编号", "门店名称", "操作员", "终端号", "支付宝红包(元)", "集分宝(元)",
    "支付宝优惠(元)", "商家优惠(元)", "券核销金额(元)", "券名称", "商家红包消费金额(元)", "卡消费金额(元)", "分润(元)", "备注",
})  # fmt: skip
"""What is kept beside a line as it stands. Who paid (对方账户), and any column that we do not know, stand in the file alone,
which is sealed."""
_KINDS: Final = {"交易": BillKind.PAYMENT, "退款": BillKind.REFUND}
_END: Final = "业务明细列表结束"
_SUMS: Final = {
    BillKind.PAYMENT: re.compile(r"#交易合计：([0-9]{1,9})笔，商家实收共(-?[0-9.]{1,16})元.*", re.ASCII),
    BillKind.REFUND: re.compile(r"#退款合计：([0-9]{1,9})笔，商家实收退款共(-?[0-9.]{1,16})元.*", re.ASCII),
}
_ACCOUNT: Final = re.compile(r"#账号：\[([0-9A-Za-z]{4,40})\]", re.ASCII)
_COUNTS: Final = {BillKind.PAYMENT: "交易订单总笔数", BillKind.REFUND: "退款订单总笔数"}

Cells = Mapping[str, str]


def read(content: bytes, encoding: str, *, seller_id: str) -> tuple[BillLine, ...]:
    """The lines of this merchant's bill in its order. Its counts and sums must agree with them, the summary's counts too.

    A refund's amounts are below zero in the file and above it here.

    Raises:
        BillUnfit: see there.
    """
    try:
        text = content.decode(encoding)
    except ValueError:
        raise BillUnfit("encoding") from None
    detail, _, summary = text.partition(SUMMARY.decode("gbk"))
    account = next((found for line in detail.splitlines() if (found := _ACCOUNT.fullmatch(line.strip()))), None)
    # The account's number is the merchant's and four digits more.
    if account is None or not account[1].startswith(seller_id):
        raise BillUnfit("line")
    rows = list(_rows(detail))
    lines = tuple(_line(at, cells) for at, cells in rows)
    received = [(line.kind, _fen(at, cells, _RECEIVED)) for line, (at, cells) in zip(lines, rows, strict=True)]
    if not any(_END in line for line in detail.splitlines() if line.startswith("#")):
        raise BillUnfit("sums")  # cut off
    for kind, pattern in _SUMS.items():
        told = next((found for line in detail.splitlines() if (found := pattern.fullmatch(line.strip()))), None)
        of_kind = [fen for one, fen in received if one is kind]
        if told is None or int(told[1]) != len(of_kind) or _signed_fen(told[2]) != sum(of_kind):
            raise BillUnfit("sums")
    if summary:
        _check_summary(summary, lines)
    return lines


def _check_summary(summary: str, lines: tuple[BillLine, ...]) -> None:
    rows = [cells for _, cells in _table(summary)]
    total = next((cells for cells in rows if "合计" in next(iter(cells.values()), "")), None)
    for kind, heading in _COUNTS.items():
        told = [cells.get(heading, "") for cells in ([total] if total else rows)]
        if not all(one.isascii() and one.isdecimal() and len(one) < 10 for one in told):
            raise BillUnfit("headings")
        if sum(map(int, told)) != sum(line.kind is kind for line in lines):
            raise BillUnfit("sums")


def _line(at: int, cells: Cells) -> BillLine:
    kind = _KINDS.get(cells[_KIND])
    number, reference = cells[_TRADE_NO], cells[_OUR_NO]
    if kind is None or not number.isascii() or not number.isdecimal():
        raise BillUnfit("line", at)
    fen, when = _fen(at, cells, _AMOUNT), reading.instant(cells[_AT])
    if fen == 0 or (fen < 0) != (kind is BillKind.REFUND):
        raise BillUnfit("amount", at)
    if when is None:
        raise BillUnfit("time", at)
    request_no = cells[_REQUEST_NO] if kind is BillKind.REFUND else ""
    return BillLine(
        kind=kind,
        reference=reference,
        transaction_id=number,
        refund_reference=request_no,
        refund_id=request_no,  # the platform has no number of its own for a refund
        amount_minor=abs(fen),
        currency=Currency.CNY,
        at=_aware(when),
        # What it keeps is written as a loss of ours.
        fee_minor=-_fen(at, cells, _FEE) if cells.get(_FEE) else None,
        other={name: value for name, value in cells.items() if name in _NOBODY},
    )


def _aware(when: datetime) -> datetime:
    assert when.tzinfo is not None, when
    return when


def _rows(detail: str) -> Iterator[tuple[int, Cells]]:
    rows = list(_table(detail))
    headings = next((line for line in detail.splitlines() if line and not line.startswith("#")), "")
    if missing := _NEEDED - set(map(_heading, next(csv.reader([headings]), []))):
        raise BillUnfit("headings") from ValueError(f"missing: {sorted(missing)}")
    yield from rows


def _table(part: str) -> Iterator[tuple[int, Cells]]:
    """The rows of a list with the number of each line, by its headings; lines that begin with # are marks and sums."""
    headings: list[str] | None = None
    for at, line in enumerate(part.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            cells = [cell.strip() for cell in next(csv.reader([line], strict=True))]
        except csv.Error:
            raise BillUnfit("line", at) from None
        if headings is None:
            headings = [_heading(cell) for cell in cells]
            if len(set(headings)) != len(headings):
                raise BillUnfit("headings")
            continue
        if len(cells) != len(headings):
            raise BillUnfit("line", at)
        yield at, dict(zip(headings, cells, strict=True))


def _heading(cell: str) -> str:
    return cell.strip().replace("（", "(").replace("）", ")")


def _fen(at: int, cells: Cells, name: str) -> int:
    fen = _signed_fen(cells[name])
    if fen is None:
        raise BillUnfit("amount", at)
    return fen


def _signed_fen(text: str) -> int | None:
    sign, plain = (-1, text[1:]) if text.startswith("-") else (1, text)
    if re.fullmatch(r"0+(\.0{1,2})?", plain):
        return 0
    fen = reading.minor(plain)
    return None if fen is None else sign * fen
