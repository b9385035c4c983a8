"""The transactions of a merchant's account (Transaction Search), from PayPal's own books, three hours behind them."""

import re
from datetime import datetime
from typing import Any, Final

from app.sandbox.far_side import FarSide
from app.sandbox.paypal import keys, orders
from app.sandbox.paypal.admission import Call, Reply, refused, unfit
from app.sandbox.paypal.forms import written
from app.sandbox.truth import Row

LATE_S: Final = 3 * 3600
WINDOW_S: Final = 31 * 24 * 3600
ROWS_MOST: Final = 10_000
DEFECTS: Final = frozenset({"", "early_end", "missing_row", "amount", "repeated_row"})
_KNOWN: Final = {"start_date", "end_date", "fields", "balance_affecting_records_only", "page_size", "page"}
_EVENTS: Final = {"payment": "T0006", "refund": "T1107", "reversal": "T1106"}
_STATES: Final = {"COMPLETED": "S", "PENDING": "P", "DECLINED": "D", "FAILED": "D", "CANCELLED": "D"}


def tell(far: FarSide, call: Call) -> Reply:
    """One page of a window.

    Raises:
        Refusal: 400, the window is not ours to tell of, or holds too much.
    """
    for name in call.query.keys() - _KNOWN:
        raise unfit("INVALID_PARAMETER_VALUE", field=name)
    start, end = _instant(call, "start_date"), _instant(call, "end_date")
    if not 0 <= end - start <= WINDOW_S:
        raise unfit("INVALID_REQUEST", field="end_date", got=call.query["end_date"], expected="at most 31 days")
    size, page = _number(call, "page_size", 100, 500), _number(call, "page", 1, 10_000)
    refreshed = far.truth.now() - LATE_S
    if start > refreshed:
        raise refused(400, "INVALID_REQUEST", "Data for the given start date is not available.")
    told_to = min(end, refreshed)
    defect = far.truth.setting("paypal.bill.defect", "")
    if defect == "early_end":
        told_to = start + (told_to - start) / 2
    rows = [row for row in _rows(far) if start <= int(row["at"]) <= told_to]
    if len(rows) > ROWS_MOST:
        raise refused(400, "RESULTSET_TOO_LARGE", "Result set size is greater than the maximum limit.")
    total = len(rows) + (defect == "missing_row")
    if defect == "repeated_row" and rows:
        rows, total = [*rows, rows[-1]], len(rows) + 1
    details = [_told(row, spoilt=defect == "amount") for row in rows[(page - 1) * size : page * size]]
    return 200, {
        "transaction_details": details,
        "account_number": keys.ensure(far.folder).merchant_id,
        "start_date": _written(start),
        "end_date": _written(told_to),
        "last_refreshed_datetime": _written(refreshed),
        "page": page,
        "total_items": total,
        "total_pages": -(-total // size),
        "links": [],
    }


def _rows(far: FarSide) -> list[Row]:
    paid = far.truth.rows(
        "SELECT c.id, c.state, c.created_at AS at, 'payment' AS kind, o.amount, o.currency, o.custom_id, o.invoice_id,"
        " NULL AS paid_by FROM paypal_capture c JOIN paypal_order o ON o.id = c.order_id"
    )
    back = far.truth.rows(
        "SELECT r.id, r.state, r.created_at AS at, r.kind, -r.amount AS amount, o.currency, r.custom_id, r.invoice_id,"
        " r.capture_id AS paid_by FROM paypal_refund r JOIN paypal_capture c ON c.id = r.capture_id"
        " JOIN paypal_order o ON o.id = c.order_id"
    )
    return sorted([*paid, *back], key=lambda row: (row["at"], row["id"]))


def _told(row: Row, *, spoilt: bool) -> dict[str, Any]:
    amount = written(row["amount"], row["currency"])
    if spoilt:
        amount["value"] += "1"
    info: dict[str, Any] = {
        "paypal_account_id": "SANDBOXPAYER2",
        "transaction_id": row["id"],
        "transaction_event_code": _EVENTS[row["kind"]],
        "transaction_initiation_date": _written(row["at"]),
        "transaction_updated_date": _written(row["at"]),
        "transaction_amount": amount,
        "transaction_status": _STATES[row["state"]],
        "invoice_id": row["invoice_id"],
        "custom_field": row["custom_id"],
        "protection_eligibility": "01",
    }
    if row["kind"] == "payment" and row["state"] == "COMPLETED":
        # 3.49 % and 49 cents, rounded half up.
        info["fee_amount"] = written(-((row["amount"] * 349 + 5_000) // 10_000 + 49), row["currency"])
    if row["paid_by"]:
        info |= {"paypal_reference_id": row["paid_by"], "paypal_reference_id_type": "TXN"}
    return {"transaction_info": info}


def _instant(call: Call, name: str) -> float:
    given = call.query.get(name, "")
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:?[0-9]{2})", given):
        raise unfit("INVALID_PARAMETER_SYNTAX", field=name, got=given, expected="2014-07-01T00:00:00-0700")
    return datetime.fromisoformat(given).timestamp()


def _number(call: Call, name: str, usual: int, most: int) -> int:
    given = call.query.get(name, str(usual))
    if not re.fullmatch(r"[0-9]{1,5}", given) or not 1 <= int(given) <= most:
        raise unfit("INVALID_PARAMETER_VALUE", field=name, got=given, expected=f"1 to {most}")
    return int(given)


def _written(at: float) -> str:
    return orders.zulu(at).replace("Z", "+0000")
