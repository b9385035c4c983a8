"""Refunds (退款): accepted at once, settled a little later, told by a notice; one per `out_refund_no`."""

import json
import secrets
from typing import Any, Final

from app.sandbox.far_side import FarSide, Refusal, state_refusal
from app.sandbox.truth import Row, rfc3339
from app.sandbox.wechatpay import notifying, trades
from app.sandbox.wechatpay.forms import RefundForm

MOST_PER_TRADE: Final = 50
SPACING_S: Final = 60.0
"""Between two refunds of one trade."""
UNDER_WAY_S: Final = 3.0
"""From accepted to settled; WeChat promises minutes for balances and days for cards."""
LATEST_S: Final = 365 * 24 * 3600


def request(far: FarSide, form: RefundForm) -> dict[str, Any]:
    """Accept a refund; the same number with the same content answers what became of it.

    Raises:
        Refusal: not paid, too much, too many, too soon, too late, or the number is taken by other content.
    """
    with far.truth.transaction():
        known = _find(far, form.out_refund_no)
        if known is not None:
            if json.loads(known["content"]) != json.loads(form.content):
                raise state_refusal(400, "INVALID_REQUEST", "商户退款单号重复，参数与首次请求不一致")
            return describe(far, known)
        trade = _trade(far, form)
        _check(far, trade, form)
        far.truth.run(
            "INSERT INTO refund (out_refund_no, refund_id, content, out_trade_no, fen, notify_url, state, result,"
            " created_at, due_at) VALUES (?, ?, ?, ?, ?, ?, 'PROCESSING', ?, ?, ?)",
            form.out_refund_no,
            "50300" + str(secrets.randbelow(10**23)).zfill(23),
            form.content,
            trade["out_trade_no"],
            form.refund_fen,
            form.notify_url or trade["notify_url"],
            far.truth.setting("refunds.result", "SUCCESS"),
            far.truth.now(),
            far.soon(UNDER_WAY_S),
        )
        return describe(far, get(far, form.out_refund_no))


def make_at_console(far: FarSide, out_trade_no: str, fen: int) -> dict[str, Any]:
    """Somebody gives money back in the merchant's console: at once, under a number of WeChat's making, and told like any.

    Raises:
        Refusal: not paid, or more than is left.
    """
    with far.truth.transaction():
        trade = trades.get(far, out_trade_no=out_trade_no)
        number = "4200" + str(secrets.randbelow(10**24)).zfill(24)
        earlier = far.truth.rows("SELECT fen FROM refund WHERE out_trade_no = ? AND state <> 'CLOSED'", out_trade_no)
        if trade["state"] != "SUCCESS" or sum(one["fen"] for one in earlier) + fen > trade["total"]:
            raise state_refusal(409, "INVALID_REQUEST", "申请退款金额大于订单可退金额")
        far.truth.run(
            "INSERT INTO refund (out_refund_no, refund_id, content, out_trade_no, fen, notify_url, state, result,"
            " created_at, due_at) VALUES (?, ?, '{}', ?, ?, ?, 'PROCESSING', 'SUCCESS', ?, ?)",
            number,
            "50300" + str(secrets.randbelow(10**23)).zfill(23),
            out_trade_no,
            fen,
            trade["notify_url"],
            far.truth.now(),
            far.truth.now(),
        )
    far.wake.set()
    return {"out_refund_no": number}


def settle_due(far: FarSide) -> None:
    """Bring every refund whose time has come to its end, and prepare the notices."""
    for refund in far.truth.rows(
        "SELECT * FROM refund WHERE state = 'PROCESSING' AND result <> 'PROCESSING' AND due_at <= ?", far.truth.now()
    ):
        with far.truth.transaction():
            far.truth.run(
                "UPDATE refund SET state = result, settled_at = ? WHERE out_refund_no = ?",
                far.truth.now(),
                refund["out_refund_no"],
            )
            settled = get(far, refund["out_refund_no"])
            notifying.announce_refund(far, settled, _told_in_notice(far, settled))


def set_result(far: FarSide, result: str, out_refund_no: str | None) -> None:
    """How that refund ends, which must be under way; without a number all that come.

    Raises:
        Refusal: there is none, or it has ended.
    """
    if out_refund_no is None:
        far.truth.set("refunds.result", result)
        return
    refund = get(far, out_refund_no)
    if refund["state"] != "PROCESSING":
        raise state_refusal(409, "REFUND_IS_FINAL", refund["state"])
    far.truth.run("UPDATE refund SET result = ? WHERE out_refund_no = ?", result, out_refund_no)


def get(far: FarSide, out_refund_no: str) -> Row:
    """The refund of that number.

    Raises:
        Refusal: there is none.
    """
    refund = _find(far, out_refund_no)
    if refund is None:
        raise state_refusal(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
    return refund


def describe(far: FarSide, refund: Row) -> dict[str, Any]:
    """The refund as answers tell it."""
    trade = trades.get(far, out_trade_no=refund["out_trade_no"])
    told = {
        "refund_id": refund["refund_id"],
        "out_refund_no": refund["out_refund_no"],
        "transaction_id": trade["transaction_id"],
        "out_trade_no": refund["out_trade_no"],
        "channel": "ORIGINAL",
        "user_received_account": "支付用户零钱",
        "create_time": rfc3339(refund["created_at"]),
        "status": refund["state"],
        "funds_account": "AVAILABLE",
        "amount": _amount(trade, refund)
        | {
            "settlement_refund": refund["fen"],
            "settlement_total": trade["total"],
            "discount_refund": 0,
            "currency": "CNY",
        },
        "promotion_detail": [],
    }
    return told | ({"success_time": rfc3339(refund["settled_at"])} if refund["state"] == "SUCCESS" else {})


def _told_in_notice(far: FarSide, refund: Row) -> dict[str, Any]:
    trade = trades.get(far, out_trade_no=refund["out_trade_no"])
    told = {
        "mchid": far.keys.mchid,
        "out_trade_no": refund["out_trade_no"],
        "transaction_id": trade["transaction_id"],
        "out_refund_no": refund["out_refund_no"],
        "refund_id": refund["refund_id"],
        "refund_status": refund["state"],
        "user_received_account": "支付用户零钱",
        "amount": _amount(trade, refund),
    }
    return told | ({"success_time": rfc3339(refund["settled_at"])} if refund["state"] == "SUCCESS" else {})


def _amount(trade: Row, refund: Row) -> dict[str, int]:
    # A coupon's part goes back to whoever gave the coupon, in proportion.
    payer_refund = refund["fen"] * trade["payer_total"] // trade["total"]
    return {
        "total": trade["total"],
        "refund": refund["fen"],
        "payer_total": trade["payer_total"],
        "payer_refund": payer_refund,
    }


def _find(far: FarSide, out_refund_no: str) -> Row | None:
    return far.truth.row("SELECT * FROM refund WHERE out_refund_no = ?", out_refund_no)


def _trade(far: FarSide, form: RefundForm) -> Row:
    if form.out_trade_no is not None:
        trade = trades.find(far, out_trade_no=form.out_trade_no)
    else:
        trade = trades.find(far, transaction_id=form.transaction_id or "")
    if trade is None:
        raise state_refusal(404, "RESOURCE_NOT_EXISTS", "订单不存在")
    return trade


def _check(far: FarSide, trade: Row, form: RefundForm) -> None:
    now = far.truth.now()
    if trade["state"] != "SUCCESS":
        raise state_refusal(400, "INVALID_REQUEST", "订单状态错误：订单未支付")
    if form.total_fen != trade["total"]:
        raise Refusal(400, "PARAM_ERROR", "订单金额与原订单不一致", field="/amount/total", expected=str(trade["total"]))
    if now > trade["paid_at"] + LATEST_S:
        raise state_refusal(400, "INVALID_REQUEST", "订单已超过可退款的最大期限")
    sql = "SELECT * FROM refund WHERE out_trade_no = ? AND state <> 'CLOSED' ORDER BY created_at"
    earlier = far.truth.rows(sql, trade["out_trade_no"])
    if sum(refund["fen"] for refund in earlier) + form.refund_fen > trade["total"]:
        raise state_refusal(400, "INVALID_REQUEST", "申请退款金额大于订单可退金额")
    if len(earlier) >= MOST_PER_TRADE:
        raise state_refusal(400, "INVALID_REQUEST", "部分退款次数超过限制")
    if earlier and now < earlier[-1]["created_at"] + SPACING_S * far.notify_factor:
        raise state_refusal(429, "FREQUENCY_LIMITED", "同一订单退款过于频繁，请一分钟后再试")
