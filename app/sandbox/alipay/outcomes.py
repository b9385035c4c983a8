"""What the six named outcomes do at Alipay, and what stands at its cashier."""

from typing import Final

from app.sandbox.alipay import notifying, trades
from app.sandbox.channels import Books, CannotBePaid, Outcome, Sale
from app.sandbox.far_side import FarSide
from app.sandbox.plans import Plan
from app.sandbox.truth import Row

_PLANS: Final = {
    Outcome.SUCCESS: None,
    Outcome.SUCCESS_NO_NOTIFY: Plan(drop=True),
    Outcome.DUPLICATE_NOTIFY: Plan(copies=3),
    Outcome.DELAY_15S: Plan(delay_s=15),
}


def find_sale(far: FarSide, token: str) -> Sale | None:
    """The sale behind a code, a link, or a call-up's trade number. Whoever sees its page has scanned or signed in: the trade
    begins."""
    trade = trades.find(far, token=token) or trades.find(far, trade_no=token)
    return None if trade is None else _sale(far, trades.begin(far, trade["out_trade_no"]))


def bring_about(
    far: FarSide, out_trade_no: str, outcome: Outcome, *, late: bool = False, by_link: bool = False
) -> str | None:
    """Let the payer's visit end so; answers where Alipay's own cashier sends a browser then.

    Raises:
        CannotBePaid: it is paid, closed, expired, or its code too old, whatever outcome was meant.
        Refusal: nothing is prepared under that number.
    """
    with far.truth.transaction():
        trade = trades.prepared(far, out_trade_no)
        if outcome in {Outcome.DECLINED, Outcome.CANCEL}:
            if (reason := trades.obstacle(far, trade, by_link=by_link)) is not None:
                raise CannotBePaid(reason)
            trades.begin(far, out_trade_no)
            return (trade["quit_url"] or None) if outcome is Outcome.CANCEL else None
        trade = trades.pay(far, out_trade_no, late=late, by_link=by_link)
        notifying.announce_payment(far, trade, _PLANS[outcome] or Plan.from_json(trade["plan"]))
        return notifying.return_address(far, trade) if trade["return_url"] else None


def books(far: FarSide) -> Books:
    """Every trade that has begun and every refund, in common words."""
    return Books(
        trades=[
            {
                "reference": row["out_trade_no"],
                "transaction_id": row["trade_no"] if row["paid_at"] else None,
                "amount_minor": row["total"],
                "currency": "CNY",
                "is_paid": row["paid_at"] is not None,
            }
            for row in far.truth.rows(
                "SELECT * FROM alipay_trade WHERE begun_at IS NOT NULL ORDER BY created_at, rowid"
            )
        ],
        refunds=[
            {
                "reference": row["out_trade_no"],
                "refund_reference": row["out_request_no"],
                # Alipay has no number of its own for a refund.
                "refund_id": row["out_request_no"],
                "amount_minor": row["fen"],
                "currency": "CNY",
                "is_done": row["state"] == "SUCCESS",
            }
            for row in far.truth.rows("SELECT * FROM alipay_refund ORDER BY asked_at, rowid")
        ],
    )


def _sale(far: FarSide, trade: Row) -> Sale:
    return Sale(
        reference=trade["out_trade_no"],
        token=trade["token"],
        description=trade["subject"],
        amount_minor=trade["total"],
        sign="¥",
        notify_url=trade["notify_url"],
        obstacle=trades.obstacle(far, trade, by_link=True),
        back=trade["return_url"] or None,
    )
