"""What the six named outcomes do at the bank, and its books in common words."""

from typing import Final

from app.sandbox.channels import Books, Outcome, Sale
from app.sandbox.ecny_cmb import notifying, trades
from app.sandbox.far_side import FarSide
from app.sandbox.plans import Plan

_PLANS: Final = {
    Outcome.SUCCESS: None,
    Outcome.SUCCESS_NO_NOTIFY: Plan(drop=True),
    Outcome.DUPLICATE_NOTIFY: Plan(copies=3),
    Outcome.DELAY_15S: Plan(delay_s=15),
}
_LEFT: Final = {Outcome.DECLINED: "F", Outcome.CANCEL: "D"}


def bring_about(
    far: FarSide, reference: str, outcome: Outcome, *, late: bool = False, by_link: bool = False
) -> str | None:
    """Let the payer's visit end so. The app sends nobody anywhere: its payer goes back to the browser by hand.

    Raises:
        CannotBePaid: the order is paid, closed or its time is over.
        Refusal: there is no such order.
    """
    del by_link  # a code lives as long as its order
    if outcome in _LEFT:
        trades.leave(far, reference, _LEFT[outcome])
        return None
    with far.truth.transaction():
        trade = trades.pay(far, reference, late=late)
        notifying.announce_payment(far, trade, _PLANS[outcome] or Plan.from_json(trade["plan"]))
    return None


def find_sale(far: FarSide, token: str) -> Sale | None:
    """The order behind a code or a link."""
    trade = trades.find(far, token=token)
    if trade is None:
        return None
    return Sale(
        reference=trade["order_id"],
        token=trade["token"],
        description=trade["goods_name"],
        amount_minor=trade["fen"],
        sign="¥",
        notify_url=trade["notify_url"],
        obstacle=trades.obstacle(far, trade),
    )


def books(far: FarSide) -> Books:
    """Every order and refund."""
    return Books(
        trades=[
            {
                "reference": row["order_id"],
                "transaction_id": row["cmb_order_id"] if row["state"] == "S" else None,
                "amount_minor": row["fen"],
                "currency": "CNY",
                "is_paid": row["state"] == "S",
            }
            for row in far.truth.rows("SELECT * FROM ecny_cmb_trade ORDER BY created_at, rowid")
        ],
        refunds=[
            {
                "reference": row["of_order_id"],
                "refund_reference": row["order_id"],
                "refund_id": row["cmb_order_id"],
                "amount_minor": row["fen"],
                "currency": "CNY",
                "is_done": row["state"] == "S",
            }
            for row in far.truth.rows("SELECT * FROM ecny_cmb_refund ORDER BY created_at, rowid")
        ],
    )
