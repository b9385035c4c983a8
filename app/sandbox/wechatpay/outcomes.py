"""The six named outcomes of a visit to the cashier (收银台), and what each does on the wire."""

from enum import StrEnum
from typing import Final

from app.sandbox.far_side import FarSide
from app.sandbox.truth import Row
from app.sandbox.wechatpay import notices, trades
from app.sandbox.wechatpay.notices import Plan


class Outcome(StrEnum):
    """What becomes of it; chosen by a button or a control call, never by the amount."""

    SUCCESS = "success"
    """成功: money moves, a signed notice follows at once."""
    DECLINED = "declined"
    """余额不足: no money, no notice; the same order may be tried again."""
    CANCEL = "cancel"
    """取消: the payer leaves; the order stays open until it expires."""
    SUCCESS_NO_NOTIFY = "success_no_notify"
    """成功但丢回调: money moves, no notice ever; asking finds out."""
    DUPLICATE_NOTIFY = "duplicate_notify"
    """重复回调: money moves, the notice comes three times, one after the other, under one event id."""
    DELAY_15S = "delay_15s"
    """延迟 15 秒: money moves and asking finds out now; the notice comes 15 s later."""


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
) -> Row:
    """Let the payer's visit end so; answers the trade afterwards.

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
                raise trades.CannotBePaid(reason)
            return trade
        trade = trades.pay(far, out_trade_no, payer_total_fen=payer_total_fen, late=late, by_link=by_link)
        notices.announce_payment(far, trade, _PLANS[outcome] or Plan.from_json(trade["plan"]))
        return trade
