"""Money that goes back: by the merchant's call, in the merchant's console, or because a bank or PayPal took it."""

from typing import Any, Final

from app.sandbox.far_side import FarSide
from app.sandbox.paypal import keys, notifying, orders
from app.sandbox.paypal.admission import refused
from app.sandbox.paypal.forms import RefundForm, written
from app.sandbox.paypal.repeats import Made
from app.sandbox.truth import Row

RESULTS: Final = frozenset({"COMPLETED", "PENDING", "FAILED", "CANCELLED"})
LATEST_S: Final = 180 * 24 * 3600


def request(far: FarSide, capture_id: str, form: RefundForm) -> Made:
    """Give some of a capture back.

    Raises:
        Refusal: 404, or 422 with what PayPal says of it.
    """
    capture = far.truth.row("SELECT * FROM paypal_capture WHERE id = ?", capture_id)
    if capture is None:
        raise refused(404, "INVALID_RESOURCE_ID", "Specified resource ID does not exist.")
    order = orders.find(far, id=capture["order_id"])
    assert order is not None
    left = _left(far, capture, order)
    if capture["state"] != "COMPLETED":
        raise refused(422, "CAPTURE_NOT_REFUNDABLE", "The capture is not completed.")
    if form.currency not in {None, order["currency"]}:
        raise refused(422, "REFUND_CAPTURE_CURRENCY_MISMATCH", "Refund must be in the same currency as the capture.")
    if left == 0:
        raise refused(422, "CAPTURE_FULLY_REFUNDED", "The capture has already been fully refunded.")
    if (form.amount or left) > left:
        raise refused(
            422, "REFUND_AMOUNT_EXCEEDED", "The refund amount must be less than or equal to the capture amount."
        )
    if far.truth.now() > capture["created_at"] + LATEST_S:
        raise refused(
            422, "REFUND_TIME_LIMIT_EXCEEDED", "You are over the time limit to perform a refund on this capture."
        )
    return Made(refund_id=_write(far, capture, form.amount or left, form.custom_id, form.invoice_id, form.note))


def make_in_console(far: FarSide, reference: str, amount: int | None) -> str:
    """A person at the merchant gives money back without us: it carries the payment's own numbers."""
    order, capture = _paid(far, reference)
    return _write(far, capture, amount or _left(far, capture, order), order["custom_id"], order["invoice_id"], None)


def reverse(far: FarSide, reference: str) -> str:
    """A bank or PayPal takes all that is left of a payment."""
    order, capture = _paid(far, reference)
    return _write(
        far, capture, _left(far, capture, order), order["custom_id"], order["invoice_id"], None, kind="reversal"
    )


def set_result(far: FarSide, result: str, refund_reference: str | None) -> None:
    """How that refund ends, which must be under way; without a number all that come.

    Raises:
        Refusal: there is none, or it has ended.
    """
    if refund_reference is None:
        far.truth.set("paypal.refunds.result", result)
        return
    with far.truth.transaction():
        one = far.truth.row("SELECT * FROM paypal_refund WHERE invoice_id = ? AND state = 'PENDING'", refund_reference)
        if one is None:
            raise refused(409, "REFUND_IS_FINAL")
        far.truth.run(
            "UPDATE paypal_refund SET state = ?, changed_at = ? WHERE id = ?", result, far.truth.now(), one["id"]
        )
        if result != "PENDING":
            notifying.announce_refund(far, get(far, one["id"]), describe(far, one["id"]))


def get(far: FarSide, refund_id: str) -> Row:
    """The refund of that number.

    Raises:
        Refusal: 404.
    """
    one = far.truth.row(
        "SELECT r.*, o.custom_id AS reference, o.currency, o.notify_url FROM paypal_refund r"
        " JOIN paypal_capture c ON c.id = r.capture_id JOIN paypal_order o ON o.id = c.order_id WHERE r.id = ?", refund_id,
    )  # fmt: skip
    if one is None:
        raise refused(404, "INVALID_RESOURCE_ID", "Specified resource ID does not exist.")
    return one


def describe(far: FarSide, refund_id: str) -> dict[str, Any]:
    """A refund as answers and notices tell it."""
    one = get(far, refund_id)
    told: dict[str, Any] = {
        "id": refund_id,
        "status": one["state"],
        "amount": written(one["amount"], one["currency"]),
        "custom_id": one["custom_id"],
        "invoice_id": one["invoice_id"],
        "create_time": orders.zulu(one["created_at"]),
        "update_time": orders.zulu(one["changed_at"]),
        "links": [
            {"href": f"{far.base_url}/v2/payments/refunds/{refund_id}", "rel": "self", "method": "GET"},
            {"href": f"{far.base_url}/v2/payments/captures/{one['capture_id']}", "rel": "up", "method": "GET"},
        ],
    }
    if one["note"]:
        told["note_to_payer"] = one["note"]
    if one["state"] == "PENDING":
        told["status_details"] = {"reason": "ECHECK"}
    return told


def _write(
    far: FarSide, capture: Row, amount: int, custom_id: str, invoice_id: str, note: str | None, *, kind: str = "refund"
) -> str:
    id_, now = keys.code(17), far.truth.now()
    state = "COMPLETED" if kind == "reversal" else far.truth.setting("paypal.refunds.result", "COMPLETED")
    far.truth.run(
        "INSERT INTO paypal_refund VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        id_, capture["id"], custom_id, invoice_id, note, amount, kind, state, now, now,
    )  # fmt: skip
    notifying.announce_refund(far, get(far, id_), describe(far, id_))
    return id_


def _left(far: FarSide, capture: Row, order: Row) -> int:
    back = far.truth.row(
        "SELECT coalesce(sum(amount), 0) AS amount FROM paypal_refund"
        " WHERE capture_id = ? AND state IN ('COMPLETED', 'PENDING')", capture["id"],
    )  # fmt: skip
    assert back is not None
    return int(order["amount"] - back["amount"])


def _paid(far: FarSide, reference: str) -> tuple[Row, Row]:
    order = orders.find(far, custom_id=reference)
    capture = order and orders.capture_of(far, order["id"])
    if order is None or capture is None or capture["state"] != "COMPLETED" or not _left(far, capture, order):
        raise refused(409, "NOTHING_TO_GIVE_BACK")
    return order, capture
