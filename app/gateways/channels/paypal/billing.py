"""The day's transactions (Transaction Search), in windows and pages, kept whole as one canonical JSON text.

PayPal has no bill as a file: rows come up to three hours late, 500 a page, 10 000 a window, and one transaction id may
stand in several rows. So a bill is taken only when every page of it agrees with the first on how many rows there are.
"""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode

from app.gateways.channels.base import Bill, BillKind, BillLine, BillUnfit, NoBill, Pending
from app.gateways.channels.paypal.amounts import minor_of
from app.gateways.channels.paypal.asking import Answer
from app.gateways.channels.paypal.reading import (
    REFERENCE,
    Content,
    Unreadable,
    instant,
    is_of,
    number,
    read_object,
    word,
)
from app.kernel.clock import BEIJING, rfc3339
from app.kernel.money import Currency

PAGE_ROWS: Final = 500
PAGES_MOST: Final = 20
"""10 000 rows: PayPal's own limit of a window."""
_WINDOWS_MOST: Final = 256
_SHORTEST: Final = timedelta(minutes=1)
_TOO_MANY: Final = frozenset({"RESULTSET_TOO_LARGE"})
_PATH: Final = "/v1/reporting/transactions"

_PAYMENTS: Final = "T00"
"""Source: PayPal, transaction event codes: T00nn are payments; one that we received has a positive amount."""
_GIVEN_BACK: Final = frozenset({"T1106", "T1107", "T1201"})
"""A payment was reversed by PayPal, refunded by the merchant, or charged back. What is held during a dispute (T1110) has
not moved yet."""
_REFUND: Final = "T1107"

Ask = Callable[[str, str], Awaitable[Answer | Pending]]
Rows = list[Content]


async def fetch_bill(ask: Ask, day: date) -> Bill | NoBill | Pending:
    """All rows of a day of Beijing; `Pending` while it may still grow, or when its pages do not agree.

    How far its books reach PayPal says itself, in each page: no clock of ours decides it.

    Raises:
        Unavailable: nothing could be sent.
    """
    begins_at = datetime.combine(day, time.min, BEIJING)
    ends_at = begins_at + timedelta(days=1, seconds=-1)  # PayPal counts both ends in
    windows: list[dict[str, object]] = []
    waiting = [(begins_at, ends_at)]
    while waiting:
        start, end = waiting.pop()
        rows = await _window(ask, start, end)
        if isinstance(rows, Pending):
            return rows
        if rows is None:  # more than a window holds: in two halves, the earlier one first
            middle = start + timedelta(seconds=(end - start) // timedelta(seconds=2))
            if end - start < _SHORTEST or len(windows) + len(waiting) > _WINDOWS_MOST:
                return Pending(code="TOO_MANY_ROWS")
            waiting += [(middle + timedelta(seconds=1), end), (start, middle)]
            continue
        windows.append({"start_date": rfc3339(start), "end_date": rfc3339(end), "total_items": len(rows), "rows": rows})
    if not any(window["rows"] for window in windows):
        return NoBill(code="NO_TRANSACTIONS")
    content = json.dumps({"windows": windows}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return Bill(day=day, content=content.encode(), encoding="utf-8")


async def _window(ask: Ask, start: datetime, end: datetime) -> Rows | Pending | None:
    """All pages of a window; None where it holds more than PayPal tells at once."""
    rows: Rows = []
    pages, promised = 1, -1
    page = 1
    while page <= pages:
        query = {
            "start_date": rfc3339(start),
            "end_date": rfc3339(end),
            "fields": "transaction_info",
            "balance_affecting_records_only": "Y",
            "page_size": str(PAGE_ROWS),
            "page": str(page),
        }
        answer = await ask("GET", f"{_PATH}?{urlencode(query)}")
        if isinstance(answer, Pending):
            return answer
        if not answer.succeeded:
            return None if answer.says(_TOO_MANY) else answer.undecided
        found, total, pages_now = (
            answer.content.get(name) for name in ("transaction_details", "total_items", "total_pages")
        )
        if not isinstance(found, list) or type(total) is not int or type(pages_now) is not int:
            return Pending(code="BAD_ANSWER")
        if not _reaches(answer.content, end):
            return Pending(code="NOT_READY")
        if promised not in {-1, total} or pages_now > PAGES_MOST or (total > 0 and pages_now < 1):
            return Pending(code="CHANGED")
        promised, pages = total, max(1, pages_now)
        rows += [one if isinstance(one, dict) else {} for one in found]
        page += 1
    return rows if len(rows) == promised else Pending(code="CHANGED")


def _reaches(page: Content, end: datetime) -> bool:
    """Whether PayPal's own books reach to the end of the window: it shortens what was asked where they do not."""
    told_to, refreshed = instant(page.get("end_date")), page.get("last_refreshed_datetime")
    refreshed_at = instant(refreshed) if refreshed is not None else told_to
    return told_to is not None and refreshed_at is not None and min(told_to, refreshed_at) >= end


def read_bill(content: bytes) -> tuple[BillLine, ...]:
    """The lines of a bill: payments that we received, and what went back of them, in the order of its rows.

    Raises:
        BillUnfit: it cannot be read whole, or a window holds not as many rows as it says.
    """
    try:
        windows = read_object(content).get("windows")
    except Unreadable:
        raise BillUnfit("encoding") from None
    if not isinstance(windows, list):
        raise BillUnfit("headings")
    lines: list[BillLine] = []
    place = 0
    for window in windows:
        rows = window.get("rows") if isinstance(window, dict) else None
        if not isinstance(rows, list):
            raise BillUnfit("headings")
        if window.get("total_items") != len(rows):
            raise BillUnfit("sums")
        for row in rows:
            place += 1
            lines += _lines(row, place)
    return tuple(lines)


def _lines(row: object, place: int) -> Iterator[BillLine]:
    info = row.get("transaction_info") if isinstance(row, dict) else None
    if not isinstance(info, dict):
        raise BillUnfit("line", place)
    code, status = word(info, "transaction_event_code"), word(info, "transaction_status")
    if not code or not status:
        raise BillUnfit("line", place)
    is_payment = code.startswith(_PAYMENTS)
    # P waits and D was denied: neither moved money. V was reversed later: it moved, and its reversal is a row of its own.
    if status not in {"S", "V"} or not (is_payment or code in _GIVEN_BACK):
        return
    amount = minor_of(info.get("transaction_amount"), signed=True)
    if amount is None:
        raise BillUnfit("amount", place)
    if (amount[0] > 0) is not is_payment or amount[0] == 0:
        return  # what we paid to others, or what came back to us from a dispute
    yield _line(info, BillKind.PAYMENT if is_payment else BillKind.REFUND, *amount, place)


def _line(info: Content, kind: BillKind, minor: int, currency: str, place: int) -> BillLine:
    at, theirs = instant(info.get("transaction_initiation_date")), number(info, "transaction_id")
    if at is None:
        raise BillUnfit("time", place)
    if not theirs or currency not in set(Currency):
        raise BillUnfit("line" if not theirs else "amount", place)
    fee = minor_of(info["fee_amount"], signed=True) if "fee_amount" in info else None
    if "fee_amount" in info and (fee is None or fee[1] != currency):
        raise BillUnfit("amount", place)
    reference = _ours(info, "custom_field") or _ours(info, "invoice_id")
    is_refund = kind is BillKind.REFUND
    own = _ours(info, "invoice_id") if is_refund and info.get("transaction_event_code") == _REFUND else ""
    return BillLine(
        kind=kind,
        reference=reference,
        transaction_id=number(info, "paypal_reference_id") if is_refund else theirs,
        # A refund made in the merchant's console carries its payment's own number, if any.
        refund_reference=own if own != reference else "",
        refund_id=theirs if is_refund else "",
        amount_minor=abs(minor),
        currency=Currency(currency),
        at=at,
        fee_minor=-fee[0] if fee is not None else None,
        other={name: _told(value) for name, value in info.items() if name in _NOBODY},
    )


_NOBODY: Final = frozenset({
    "available_balance", "bank_reference_id", "credit_term", "discount_amount", "ending_balance", "insurance_amount",
    "instrument_sub_type", "instrument_type", "other_amount", "paypal_reference_id_type", "protection_eligibility",
    "sales_tax_amount", "shipping_amount", "shipping_discount_amount", "shipping_tax_amount", "tip_amount",
    "transaction_event_code", "transaction_status", "transaction_updated_date",
})  # fmt: skip
"""What is kept beside the line as it stands. Who paid (`paypal_account_id`), what they wrote (`transaction_subject`,
`transaction_note`), and any field that we do not know, stand in the file alone, which is sealed."""


def _ours(info: Mapping[str, object], name: str) -> str:
    value = info.get(name)
    return str(value) if is_of(value, REFERENCE) else ""


def _told(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
