"""What the six named outcomes do at PayPal. Approving moves no money: the merchant captures, and only then it moves."""

import contextlib
from typing import Final
from urllib.parse import urlencode

from app.sandbox.channels import Books, CannotBePaid, Outcome, Sale
from app.sandbox.far_side import FarSide, Refusal
from app.sandbox.paypal import notifying, orders
from app.sandbox.paypal.admission import refused
from app.sandbox.plans import Plan
from app.sandbox.truth import Row

_SIGNS: Final = {"USD": "US$", "EUR": "€", "GBP": "£", "HKD": "HK$", "JPY": "JP¥"}
_TRAVELS: Final = {
    Outcome.SUCCESS_NO_NOTIFY: Plan(drop=True),
    Outcome.DUPLICATE_NOTIFY: Plan(copies=3),
    Outcome.DELAY_15S: Plan(delay_s=15),
}
"""How the notices of approval and capture travel; after `success` and `declined` as the control plane said, or at once."""


def bring_about(far: FarSide, reference: str, outcome: Outcome, *, late: bool = False, by_link: bool = False) -> str:
    """Let the payer's visit end so, and say where PayPal sends them.

    `declined`: they approve, and their bank says no when the merchant captures. `late` approves what has expired.

    Raises:
        CannotBePaid: it is paid, voided or expired, whatever outcome was meant.
        Refusal: there is no such order.
    """
    del by_link  # a link lives as long as its order
    with far.truth.transaction():
        order = orders.find(far, custom_id=reference)
        if order is None:
            raise refused(404, "INVALID_RESOURCE_ID", "there is no such order")
        reason = orders.obstacle(far, order)
        if reason is not None and not (late and reason == "expired"):
            raise CannotBePaid(reason)
        if outcome is Outcome.CANCEL:
            return _with(order["cancel_url"], token=order["id"])
        travel = _TRAVELS.get(outcome)
        orders.approve(
            far, order, will_decline=outcome is Outcome.DECLINED, travel=travel.to_json() if travel else None
        )
        approved = orders.find(far, id=order["id"])
        assert approved is not None
        notifying.announce_approval(far, approved, travel or Plan())
        return _with(order["return_url"], token=order["id"], PayerID=approved["payer_id"])


def take(far: FarSide, reference: str) -> None:
    """Capture what was approved, as the merchant's call does; nothing where it was not, or where the bank says no."""
    order = orders.find(far, custom_id=reference)
    if order is None or order["state"] != "APPROVED":
        return
    with contextlib.suppress(Refusal):
        orders.capture(far, order["id"])
        notifying.announce_capture(far, order["id"])


def find_sale(far: FarSide, token: str) -> Sale | None:
    """The order whose page this is."""
    order = orders.find(far, id=token)
    if order is None:
        return None
    return Sale(
        reference=order["custom_id"],
        token=order["id"],
        description=order["description"],
        amount_minor=order["amount"],
        sign=_SIGNS.get(order["currency"], order["currency"] + " "),
        notify_url=order["notify_url"],
        obstacle=orders.obstacle(far, order),
        back=order["return_url"],
    )


def books(far: FarSide) -> Books:
    """Every order and refund, in common words; what a bank took back is a refund without a number of the merchant's."""
    found = far.truth.rows(
        "SELECT o.*, c.id AS capture_id, c.state AS captured FROM paypal_order o"
        " LEFT JOIN paypal_capture c ON c.order_id = o.id ORDER BY o.created_at, o.rowid"
    )
    back = far.truth.rows(
        "SELECT r.*, o.custom_id AS reference, o.currency FROM paypal_refund r JOIN paypal_capture c ON c.id = r.capture_id"
        " JOIN paypal_order o ON o.id = c.order_id ORDER BY r.created_at, r.rowid"
    )
    return Books(trades=[_trade(row) for row in found], refunds=[_refund(row) for row in back])


def _trade(row: Row) -> Row:
    is_paid = row["captured"] == "COMPLETED"
    return {
        "reference": row["custom_id"],
        "transaction_id": row["capture_id"] if is_paid else None,
        "amount_minor": row["amount"],
        "currency": row["currency"],
        "is_paid": is_paid,
    }


def _refund(row: Row) -> Row:
    return {
        "reference": row["reference"],
        "refund_reference": row["invoice_id"] if row["invoice_id"] != row["reference"] else "",
        "refund_id": row["id"],
        "amount_minor": row["amount"],
        "currency": row["currency"],
        "is_done": row["state"] == "COMPLETED",
    }


def _with(url: str, **more: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(more)}"
