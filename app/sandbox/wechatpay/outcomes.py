"""What the six named outcomes do at WeChat Pay."""

from typing import Final

from app.sandbox.channels import Books, CannotBePaid, Outcome, Sale
from app.sandbox.far_side import FarSide
from app.sandbox.plans import Plan
from app.sandbox.truth import Row
from app.sandbox.wechatpay import notifying, trades

_PLANS: Final = {
    Outcome.SUCCESS: None,
    Outcome.SUCCESS_NO_NOTIFY: Plan(drop=True),
    Outcome.DUPLICATE_NOTIFY: Plan(copies=3),
    Outcome.DELAY_15S: Plan(delay_s=15),
}


def bring_about(
    far: FarSide,
    out_trade_no: str,
    outcome: Outcome,
    *,
    payer_total_fen: int | None = None,
    late: bool = False,
    by_link: bool = False,
) -> None:
    """Let the payer's visit end so.

    A plan kept for the trade's notice by the control plane is followed by `success`; the other outcomes
    bring their own.

    Raises:
        CannotBePaid: the trade is paid, closed, expired or its link too old, whatever outcome was meant.
        Refusal: there is no such trade.
    """
    with far.truth.transaction():
        trade = trades.get(far, out_trade_no=out_trade_no)
        if outcome in {Outcome.DECLINED, Outcome.CANCEL}:
            if (reason := trades.obstacle(far, trade, by_link=by_link)) is not None:
                raise CannotBePaid(reason)
            return
        trade = trades.pay(far, out_trade_no, payer_total_fen=payer_total_fen, late=late, by_link=by_link)
        notifying.announce_payment(far, trade, _PLANS[outcome] or Plan.from_json(trade["plan"]))


def find_sale(far: FarSide, token: str) -> Sale | None:
    """The sale behind a link's token or a prepay id."""
    trade = trades.find(far, token=token) or trades.find(far, prepay_id=token)
    return None if trade is None else _sale(far, trade)


def books(far: FarSide) -> Books:
    """Every trade and refund, in common words."""
    refunds = far.truth.rows("SELECT * FROM refund ORDER BY created_at, rowid")
    return Books(
        trades=[
            {
                "reference": row["out_trade_no"],
                "transaction_id": row["transaction_id"],
                "amount_minor": row["total"],
                "currency": "CNY",
                "is_paid": row["state"] == "SUCCESS",
            }
            for row in far.truth.rows("SELECT * FROM trade ORDER BY created_at, rowid")
        ],
        refunds=[
            {
                "reference": row["out_trade_no"],
                "refund_reference": row["out_refund_no"],
                "refund_id": row["refund_id"],
                "amount_minor": row["fen"],
                "currency": "CNY",
                "is_done": row["state"] == "SUCCESS",
            }
            for row in refunds
        ],
    )


def _sale(far: FarSide, trade: Row) -> Sale:
    return Sale(
        reference=trade["out_trade_no"],
        token=trade["token"],
        description=trade["description"],
        amount_minor=trade["total"],
        sign="¥",
        notify_url=trade["notify_url"],
        obstacle=trades.obstacle(far, trade, by_link=True),
    )
