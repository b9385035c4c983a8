"""The trade bill's file in our words. Pure and strict: one line that has no sense makes the whole bill unfit.

Source: 微信支付 APIv3, 下载账单 (交易账单, `ALL`): comma-separated, a backtick before each value, yuan with two decimals,
fees with five; the last two lines are a heading and a line of sums.
"""

import csv
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Final

from app.gateways.channels.base import Bill, BillKind, BillLine, BillUnfit
from app.kernel.money import Currency

_BEIJING: Final = timezone(timedelta(hours=8))
_YUAN: Final = re.compile(r"(-?)([0-9]{1,10})\.([0-9]{1,5})", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9A-Za-z_\-|*@]{1,64}", re.ASCII)
_COUNT: Final = re.compile(r"([0-9]{1,9})(?:\.0{1,2})?", re.ASCII)  # the platform's own sample says `45.0`
_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}", re.ASCII)
_NONE: Final = frozenset({"", "0"})
"""How an absent number is written."""

_AT, _MERCHANT, _TRANSACTION, _REFERENCE = "交易时间", "商户号", "微信订单号", "商户订单号"
_STATE, _CURRENCY, _REFUND_ID, _REFUND_REFERENCE = "交易状态", "货币种类", "微信退款单号", "商户退款单号"
_REFUND_STATE, _FEE, _ORDERED, _GIVEN_BACK = "退款状态", "手续费", "订单金额", "申请退款金额"
_READ: Final = (
    _AT, _MERCHANT, _TRANSACTION, _REFERENCE, _STATE, _CURRENCY, _REFUND_ID, _REFUND_REFERENCE, _REFUND_STATE, _FEE,
    _ORDERED, _GIVEN_BACK,
)  # fmt: skip
_SUMMED: Final = {
    "应结订单总金额": "应结订单金额",
    "退款总金额": "退款金额",
    "充值券退款总金额": "充值券退款金额",
    "手续费总金额": _FEE,
    "订单总金额": _ORDERED,
    "申请退款总金额": _GIVEN_BACK,
}
_LINES: Final = "总交易单数"
_PAYMENT: Final = frozenset({"SUCCESS"})
_REFUND: Final = frozenset({"REFUND", "REVOKED"})
_MOVED: Final = frozenset({"SUCCESS", "PROCESSING", "CHANGE"})
"""Of a refund: it has left our account, even where the payer does not have it yet. `FAIL` came back, and is no line."""
_NOBODY: Final = frozenset({
    "公众账号ID", "特约商户号", "设备号", "交易类型", "付款银行", "应结订单金额", "代金券金额", "退款金额", "充值券退款金额",
    "退款类型", "商品名称", "商户数据包", "费率", "费率备注",
})  # fmt: skip
"""What is kept beside the line as it stands. Who paid (用户标识), and any column that we do not know, stand in the file alone,
which is sealed."""

Cells = Mapping[str, str]


def read_bill(bill: Bill, *, mchid: str) -> tuple[BillLine, ...]:
    """Every line that says money moved, in the file's order.

    Raises:
        BillUnfit: a heading, a line, an amount or a time has no sense, it is another merchant's, or the sums differ.
    """
    try:
        lines = bill.content.decode(bill.encoding).splitlines()
    except UnicodeDecodeError:
        raise BillUnfit("encoding") from None
    headings = lines[0].split(",") if lines else []
    if not {*_READ, *_SUMMED.values()} <= set(headings) or len(set(headings)) != len(headings):
        raise BillUnfit("headings", 1)
    end = next((number for number, line in enumerate(lines) if number and not line.startswith(("`", '"`'))), None)
    if end is None:
        raise BillUnfit("sums")
    rows = [_cells(line, headings, number) for number, line in enumerate(lines[1:end], start=2)]
    _demand_sums(rows, lines[end:])
    read = (_line(cells, mchid, number) for number, cells in enumerate(rows, start=2))
    return tuple(line for line in read if line is not None)


def _line(cells: Cells, mchid: str, number: int) -> BillLine | None:
    state = cells[_STATE]
    if cells[_MERCHANT] != mchid or state not in _PAYMENT | _REFUND or cells[_CURRENCY] != Currency.CNY:
        raise BillUnfit("line", number)
    is_refund = state in _REFUND
    if is_refund and cells[_REFUND_STATE] not in _MOVED:
        if cells[_REFUND_STATE] == "FAIL":
            return None
        raise BillUnfit("line", number)
    amount_minor = _fen(cells[_GIVEN_BACK if is_refund else _ORDERED], number)
    if amount_minor <= 0:
        raise BillUnfit("amount", number)
    return BillLine(
        kind=BillKind.REFUND if is_refund else BillKind.PAYMENT,
        reference=_number(cells[_REFERENCE], number),
        transaction_id=_number(cells[_TRANSACTION], number, is_wanted=True),
        refund_reference=_number(cells[_REFUND_REFERENCE], number) if is_refund else "",
        refund_id=_number(cells[_REFUND_ID], number, is_wanted=state == "REFUND") if is_refund else "",
        amount_minor=amount_minor,
        currency=Currency.CNY,
        at=_at(cells[_AT], number),
        fee_minor=_fen(cells[_FEE], number),
        other={name: cell for name, cell in cells.items() if cell and name in _NOBODY},
    )


def _cells(line: str, headings: list[str], number: int) -> Cells:
    """The values of a line by heading. A comma may stand in a value: between two values stands a comma and a backtick."""
    cells = line[1:].split(",`")
    if '"' in line or len(cells) != len(headings):
        quoted = next(csv.reader([line]))
        if all(cell.startswith("`") for cell in quoted) and len(quoted) == len(headings):
            cells = [cell[1:] for cell in quoted]
    if len(cells) != len(headings):
        raise BillUnfit("line", number)
    return dict(zip(headings, cells, strict=True))


def _demand_sums(rows: list[Cells], told: list[str]) -> None:
    """Compare the last line with what stands above it.

    Raises:
        BillUnfit: it is missing, or says something else.
    """
    if len(told) != 2:
        raise BillUnfit("sums")
    headings = told[0].split(",")
    if not {_LINES, *_SUMMED} <= set(headings):
        raise BillUnfit("sums")
    sums = _cells(told[1], headings, len(rows) + 3)
    count = _COUNT.fullmatch(sums[_LINES])
    if count is None or int(count[1]) != len(rows):
        raise BillUnfit("sums")
    for name, column in _SUMMED.items():
        found = sum(_fen(cells[column], number) for number, cells in enumerate(rows, start=2))
        if found != _fen(sums[name], len(rows) + 3):
            raise BillUnfit("sums")


def _fen(yuan: str, number: int) -> int:
    """Yuan as fen. Beyond a fen stand zeros only; the sums of the platform's own sample write `0.0`."""
    found = _YUAN.fullmatch(yuan)
    if found is None or found[3][2:].strip("0"):
        raise BillUnfit("amount", number)
    fen = int(found[2]) * 100 + int(found[3][:2].ljust(2, "0"))
    return -fen if found[1] else fen


def _number(cell: str, number: int, *, is_wanted: bool = False) -> str:
    if cell in _NONE and not is_wanted:
        return ""
    if cell in _NONE or _NUMBER.fullmatch(cell) is None:
        raise BillUnfit("line", number)
    return cell


def _at(cell: str, number: int) -> datetime:
    try:
        at = datetime.fromisoformat(cell) if _TIME.fullmatch(cell) else None
    except ValueError:
        at = None
    if at is None:
        raise BillUnfit("time", number)
    return at.replace(tzinfo=_BEIJING)
