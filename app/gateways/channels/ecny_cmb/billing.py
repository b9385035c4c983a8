"""The bank's list of a day (对账单): where it lies, its file, and what its lines mean.

Neither the answer that says where it lies nor the file is signed: what is known of them is that they came over TLS from the
addresses of our settings. A line can raise a question and never moves money.

Source: go-pay/gopay `cmbpay/bill_check.go` for the call; 招商银行商户聚合支付接口 V3.3.6, 2.3 and 4.13 for the amounts, which
are in fen. **The file's headings are not public**: `COLUMNS` is our assumption in the bank's words, and a file without them
is refused whole (docs/wire/ecny_cmb.md).
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Final
from urllib.parse import urlsplit

from app.gateways.channels.base import Bill, BillKind, BillLine, BillUnfit, NoBill, Pending
from app.gateways.channels.ecny_cmb import reading
from app.gateways.channels.ecny_cmb.asking import Wire
from app.gateways.sheets import Bounds, read_sheet
from app.kernel.cells import SheetRow
from app.kernel.clock import BEIJING
from app.kernel.errors import Invalid
from app.kernel.money import Currency

FILE_BYTES_MAX: Final = 16 << 20
LINES_MAX: Final = 200_000
_BOUNDS: Final = Bounds(bytes_most=FILE_BYTES_MAX, unpacked_most=64 << 20, rows_most=LINES_MAX)
_KIND: Final = "JH_JZ"
"""`billType`: the aggregated gateway's accounts."""
_READY: Final = "SUC000000"
_NONE: Final = frozenset({"PMS05V1", "PMS0RV1"})
"""Nothing moved on that day. (`PMS05V0`, `PMS0RV0`: not made yet.)"""
_WORKBOOK: Final = b"PK"

COLUMNS: Final = (
    "商户号", "交易类型", "商户订单号", "平台订单号", "原交易商户订单号", "原交易平台订单号", "交易金额", "交易币种",
    "订单完成时间", "手续费",
)  # fmt: skip
_MERCHANT, _WHAT, _OURS, _THEIRS, _OF_OURS, _OF_THEIRS, _AMOUNT, _CURRENCY, _AT, _FEE = COLUMNS
_NOBODY: Final = frozenset({"支付方式", "优惠金额", "清分日期", "门店", "门店编号"})
"""What is kept beside a line as it stands. Any column that we do not know stands in the file alone, which is sealed."""
_TIMES: Final = (
    (re.compile(r"[0-9]{14}"), "%Y%m%d%H%M%S"),
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"), "%Y-%m-%d %H:%M:%S"),
)
_KINDS: Final = {"支付": BillKind.PAYMENT, "退款": BillKind.REFUND}


async def fetch_bill(wire: Wire, day: date) -> Bill | NoBill | Pending:
    """The list of a day of Beijing. `Pending` while it is not made, and where an answer is not as documented.

    Raises:
        Unavailable: nothing could be sent.
    """
    wanted = {"merchantNo": wire.keys.merchant, "billDate": day.isoformat(), "billType": _KIND}
    answer = await wire.ask_for_bill(wanted)
    if isinstance(answer, Pending):
        return answer
    found = _address(answer, wanted)
    if not isinstance(found, str):
        return found
    content = await wire.download(found, bytes_max=FILE_BYTES_MAX)
    if isinstance(content, Pending):
        return content
    return Bill(day=day, content=content, encoding="xlsx" if content.startswith(_WORKBOOK) else "utf-8-sig")


def read_bill(bill: Bill, *, merchant: str) -> tuple[BillLine, ...]:
    """The lines of a CSV or a workbook, by their headings, in order; amounts are in fen.

    Raises:
        BillUnfit: a heading is missing, a line has no sense, or it is of another merchant.
    """
    try:
        rows = read_sheet(bill.content, bounds=_BOUNDS).rows
    except Invalid as unfit:
        raise BillUnfit("encoding") from unfit
    headings = [text.strip() for text in rows[0].texts] if rows else []
    if len(set(headings)) != len(headings) or not set(COLUMNS) - {_FEE} <= set(headings):
        raise BillUnfit("headings", rows[0].number if rows else 0)
    # A line of text that is shorter than the headings was cut off; a workbook leaves empty cells out.
    least = 0 if bill.content.startswith(_WORKBOOK) else len(headings)
    return tuple(_line(row, headings, merchant, least=least) for row in rows[1:])


def _address(answer: bytes, wanted: Mapping[str, str]) -> str | NoBill | Pending:
    """Path and query of the file that was asked for. The host is ours to know: an unsigned answer sends us nowhere."""
    told = _read_object(answer)
    code, data = reading.word(told, "code"), told.get("data")
    if code in _NONE:
        return NoBill(code=code)
    if code != _READY:
        return Pending(code=code or "BAD_ANSWER")
    if not isinstance(data, dict) or {name: data.get(name) for name in wanted} != wanted:
        return Pending(code="MISMATCH")
    address = urlsplit(reading.link(data, "downloadUrl"))
    if not address.path.startswith("/"):
        return Pending(code="BAD_ANSWER")
    return address.path + (f"?{address.query}" if address.query else "")


def _line(row: SheetRow, headings: list[str], merchant: str, *, least: int) -> BillLine:
    if row.faults or len(row.texts) < least or any(text.strip() for text in row.texts[len(headings) :]):
        raise BillUnfit("line", row.number)
    cells = dict.fromkeys(headings, "") | {
        name: text.strip().removeprefix("`") for name, text in zip(headings, row.texts, strict=False)
    }
    kind, minor = _KINDS.get(cells[_WHAT]), reading.fen(cells[_AMOUNT])
    if cells[_MERCHANT] != merchant or kind is None or not cells[_THEIRS] or cells[_CURRENCY] not in {"156", "CNY"}:
        raise BillUnfit("line", row.number)
    if minor is None:
        raise BillUnfit("amount", row.number)
    is_refund = kind is BillKind.REFUND
    return BillLine(
        kind=kind,
        reference=cells[_OF_OURS] if is_refund else cells[_OURS],
        transaction_id=cells[_OF_THEIRS] if is_refund else cells[_THEIRS],
        refund_reference=cells[_OURS] if is_refund else "",
        refund_id=cells[_THEIRS] if is_refund else "",
        amount_minor=minor,
        currency=Currency.CNY,
        at=_instant(cells[_AT], row.number),
        fee_minor=_fee(cells.get(_FEE, ""), row.number),
        other={name: text for name, text in cells.items() if name in _NOBODY},
    )


def _fee(text: str, line: int) -> int | None:
    """Fen; empty before the day is settled (清分), below zero where it is given back."""
    if not text:
        return None
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 13):
        raise BillUnfit("amount", line)
    return int(text)


def _instant(text: str, line: int) -> datetime:
    # By its form first: `strptime` takes nine digits for a time too, which a file that was cut off may end with.
    form = next((form for pattern, form in _TIMES if pattern.fullmatch(text)), "")
    try:
        return datetime.strptime(text, form).replace(tzinfo=BEIJING).astimezone(UTC)
    except (ValueError, OverflowError) as unfit:
        raise BillUnfit("time", line) from unfit


def _read_object(raw: bytes) -> Mapping[str, object]:
    try:
        value = json.loads(raw.decode())
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
