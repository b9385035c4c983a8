"""Orders: made by the merchant, approved by a payer, captured by the merchant. An order that nobody approved ends after
three hours, and so does one that was approved and not captured: from then on PayPal has never heard of it."""

from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from app.sandbox.far_side import FarSide
from app.sandbox.paypal import keys
from app.sandbox.paypal.admission import refused
from app.sandbox.paypal.forms import OrderForm, written
from app.sandbox.paypal.repeats import Made
from app.sandbox.truth import Row

LIFE_S: Final = 3 * 3600
NOTICE_PATH: Final = "/notify/paypal"
"""Where a merchant's site takes notices, unless the control plane says another address: a rehearsal has no dashboard."""
REASONS: Final = frozenset({"ECHECK", "PENDING_REVIEW", "RECEIVING_PREFERENCE_MANDATES_MANUAL_ACTION"})


def make(far: FarSide, form: OrderForm) -> Made:
    """Write an order down."""
    id_, now = keys.code(17), far.truth.now()
    site = urlsplit(form.return_url)
    notify_url = far.truth.setting("paypal.webhook", f"{site.scheme}://{site.netloc}{NOTICE_PATH}")
    far.truth.run(
        "INSERT INTO paypal_order (id, reference_id, custom_id, invoice_id, description, amount, currency, return_url,"
        " cancel_url, notify_url, state, created_at, changed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'PAYER_ACTION_REQUIRED', ?, ?)",
        id_, form.reference_id, form.custom_id, form.invoice_id, form.description, form.amount, form.currency,
        form.return_url, form.cancel_url, notify_url, now, now,
    )  # fmt: skip
    return Made(order_id=id_)


def approve(far: FarSide, order: Row, *, will_decline: bool, travel: str | None) -> None:
    """The payer agrees; nothing moves. `will_decline`: their bank will say no once the merchant captures."""
    far.truth.run(
        "UPDATE paypal_order SET state = 'APPROVED', approved_at = ?, changed_at = ?, payer_id = ?, will_decline = ?,"
        " travel = ? WHERE id = ?",
        far.truth.now(), _later(far, order), order["payer_id"] or keys.code(13), will_decline, travel, order["id"],
    )  # fmt: skip


def capture(far: FarSide, order_id: str) -> Made:
    """Take the money of an approved order.

    Raises:
        Refusal: 404, or 422 `ORDER_ALREADY_CAPTURED`, `ORDER_NOT_APPROVED`, `INSTRUMENT_DECLINED`, `DUPLICATE_INVOICE_ID`.
    """
    order = get(far, order_id)
    if order["state"] == "COMPLETED":
        raise refused(422, "ORDER_ALREADY_CAPTURED", "Order already captured.")
    if order["state"] != "APPROVED":
        raise refused(422, "ORDER_NOT_APPROVED", "Payer has not yet approved the Order for payment.")
    if far.truth.row(
        "SELECT 1 FROM paypal_capture c JOIN paypal_order o ON o.id = c.order_id"
        " WHERE o.invoice_id = ? AND c.state <> 'DECLINED'",
        order["invoice_id"],
    ):
        raise refused(422, "DUPLICATE_INVOICE_ID", "Duplicate Invoice ID detected.")
    if order["will_decline"]:
        far.truth.run(
            "UPDATE paypal_order SET state = 'PAYER_ACTION_REQUIRED', changed_at = ?, will_decline = 0 WHERE id = ?",
            _later(far, order), order_id,
        )  # fmt: skip
        raise refused(422, "INSTRUMENT_DECLINED", "The instrument presented was declined.")
    state = far.truth.setting("paypal.captures.result", "COMPLETED")
    reason = far.truth.setting("paypal.captures.reason", "") if state == "PENDING" else ""
    now = far.truth.now()
    far.truth.run(
        "INSERT INTO paypal_capture VALUES (?, ?, ?, ?, ?, ?)", keys.code(17), order_id, state, reason or None, now, now
    )
    far.truth.run(
        "UPDATE paypal_order SET state = 'COMPLETED', changed_at = ? WHERE id = ?", _later(far, order), order_id
    )
    return Made(order_id=order_id)


def settle(far: FarSide, order_id: str, state: str) -> None:
    """A capture that was under review ends.

    Raises:
        Refusal: 409, none is.
    """
    found = far.truth.row("SELECT * FROM paypal_capture WHERE order_id = ? AND state = 'PENDING'", order_id)
    if found is None:
        raise refused(409, "NOT_PENDING")
    far.truth.run(
        "UPDATE paypal_capture SET state = ?, reason = NULL, changed_at = ? WHERE id = ?",
        state,
        far.truth.now(),
        found["id"],
    )


def obstacle(far: FarSide, order: Row) -> str | None:
    """Why its payer cannot approve it now, or None."""
    if order["state"] == "COMPLETED":
        return "paid"
    if order["state"] == "VOIDED":
        return "closed"
    return "expired" if has_ended(far, order) else None


def has_ended(far: FarSide, order: Row) -> bool:
    """Whether three hours have passed over an order that was not captured."""
    return bool(
        order["state"] != "COMPLETED" and far.truth.now() >= (order["approved_at"] or order["created_at"]) + LIFE_S
    )


def find(far: FarSide, **key: str) -> Row | None:
    """The newest order with that `id` or `custom_id`."""
    ((name, value),) = key.items()
    assert name in {"id", "custom_id"}, name
    return far.truth.row(f"SELECT * FROM paypal_order WHERE {name} = ? ORDER BY created_at DESC, rowid DESC", value)


def get(far: FarSide, order_id: str) -> Row:
    """The order of that number, while PayPal remembers it.

    Raises:
        Refusal: 404.
    """
    order = find(far, id=order_id)
    if order is None or has_ended(far, order):
        raise refused(
            404,
            "INVALID_RESOURCE_ID",
            "Specified resource ID does not exist. Please check the resource ID and try again.",
        )
    return order


def capture_of(far: FarSide, order_id: str) -> Row | None:
    """Its capture, if there is one."""
    return far.truth.row("SELECT * FROM paypal_capture WHERE order_id = ?", order_id)


def describe(far: FarSide, order_id: str) -> dict[str, Any]:
    """An order as answers tell it."""
    order = get(far, order_id)
    own = keys.ensure(far.folder)
    captured, refunded = (
        capture_of(far, order_id),
        far.truth.rows(
            "SELECT r.* FROM paypal_refund r JOIN paypal_capture c ON c.id = r.capture_id"
            " WHERE c.order_id = ? ORDER BY r.rowid",
            order_id,
        ),
    )
    unit: dict[str, Any] = {
        "reference_id": order["reference_id"],
        "amount": written(order["amount"], order["currency"]),
        "payee": {"email_address": "merchant@sandbox.example", "merchant_id": own.merchant_id},
        "description": order["description"],
        "custom_id": order["custom_id"],
        "invoice_id": order["invoice_id"],
    }
    if captured is not None:
        unit["payments"] = {"captures": [describe_capture(far, captured)]}
        if refunded:
            unit["payments"]["refunds"] = [
                {"id": one["id"], "status": one["state"], "amount": written(one["amount"], order["currency"])}
                for one in refunded
            ]
    base = f"{far.base_url}/v2/checkout/orders/{order_id}"
    links = [{"href": base, "rel": "self", "method": "GET"}]
    if order["state"] == "PAYER_ACTION_REQUIRED":
        links.append({"href": f"{far.base_url}/cashier/{order_id}", "rel": "payer-action", "method": "GET"})
    if order["state"] == "APPROVED":
        links.append({"href": f"{base}/capture", "rel": "capture", "method": "POST"})
    told: dict[str, Any] = {
        "id": order_id,
        "intent": "CAPTURE",
        "status": order["state"],
        "payment_source": {"paypal": {}},
        "purchase_units": [unit],
        "create_time": zulu(order["created_at"]),
        "update_time": zulu(order["changed_at"]),
        "links": links,
    }
    if order["payer_id"]:
        told["payer"] = {
            "payer_id": order["payer_id"],
            "email_address": "payer@sandbox.example",
            "name": {"given_name": "Tingyu", "surname": "Ouyang"},
            "address": {"address_line_1": "77 Planted Lane", "country_code": "US"},
        }
    return told


def describe_capture(far: FarSide, capture: Row) -> dict[str, Any]:
    """A capture as orders and notices tell it."""
    order = find(far, id=capture["order_id"])
    assert order is not None
    back = far.truth.row(
        "SELECT coalesce(sum(amount), 0) AS amount FROM paypal_refund"
        " WHERE capture_id = ? AND kind = 'refund' AND state = 'COMPLETED'",
        capture["id"],
    )
    assert back is not None
    state = capture["state"]
    if state == "COMPLETED" and back["amount"]:
        state = "REFUNDED" if back["amount"] == order["amount"] else "PARTIALLY_REFUNDED"
    told: dict[str, Any] = {
        "id": capture["id"],
        "status": state,
        "amount": written(order["amount"], order["currency"]),
        "final_capture": True,
        "custom_id": order["custom_id"],
        "invoice_id": order["invoice_id"],
        "create_time": zulu(capture["created_at"]),
        "update_time": zulu(capture["changed_at"]),
        "links": [
            {"href": f"{far.base_url}/v2/payments/captures/{capture['id']}", "rel": "self", "method": "GET"},
            {"href": f"{far.base_url}/v2/payments/captures/{capture['id']}/refund", "rel": "refund", "method": "POST"},
            {"href": f"{far.base_url}/v2/checkout/orders/{order['id']}", "rel": "up", "method": "GET"},
        ],
    }
    if capture["reason"]:
        told["status_details"] = {"reason": capture["reason"]}
    return told


def zulu(at: float) -> str:
    """As PayPal writes times: UTC, whole seconds."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _later(far: FarSide, order: Row) -> float:
    # Times are told in whole seconds, and no two changes of an order in one: payers are slower than tests.
    return max(far.truth.now(), float(int(order["changed_at"]) + 1))
