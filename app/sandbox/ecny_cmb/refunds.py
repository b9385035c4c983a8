"""Refunds: taken at once (P), settled a little later, told by a notice where they succeed; one per number."""

from typing import Any, Final

from app.sandbox.ecny_cmb import notifying, trades
from app.sandbox.ecny_cmb.admission import own
from app.sandbox.ecny_cmb.forms import RefundForm
from app.sandbox.far_side import FarSide, Refusal, state_refusal
from app.sandbox.truth import Row

MOST_PER_ORDER: Final = 50
UNDER_WAY_S: Final = 3.0
LATEST_S: Final = 365 * 24 * 3600
RESULTS: Final = frozenset({"S", "F", "P"})
"""How a refund can be told to end; `P` keeps it under way."""


def request(far: FarSide, form: RefundForm) -> dict[str, Any]:
    """Take a refund; the same number with the same content answers what became of it, and a failed one is tried anew.

    Raises:
        Refusal: not paid, too much, too many, too late, or the number is taken by other content.
    """
    with far.truth.transaction():
        known = _find(far, form.order_id)
        if known is None:
            trade = _trade(far, form)
            _check(far, trade, form)
            _insert(far, trade, form)
        elif known["content"] != form.content:
            raise state_refusal(200, "ORDERID_DUPLICATION", "商户订单号重复")
        elif known["state"] == "F":
            _check(far, _trade(far, form), form)
            far.truth.run(
                "UPDATE ecny_cmb_refund SET state = 'P', result = ?, due_at = ? WHERE order_id = ?",
                far.truth.setting("ecny_cmb.refunds.result", "S"),
                far.soon(UNDER_WAY_S),
                form.order_id,
            )
        refund = _find(far, form.order_id)
        assert refund is not None
        return _fields(far, refund) | {"refundState": refund["state"]}


def tell(far: FarSide, order_id: str | None, cmb_order_id: str | None) -> dict[str, Any]:
    """What became of a refund.

    Raises:
        Refusal: there is none.
    """
    refund = _find(far, order_id or "")
    if cmb_order_id:
        refund = far.truth.row("SELECT * FROM ecny_cmb_refund WHERE cmb_order_id = ?", cmb_order_id)
    if refund is None:
        raise state_refusal(200, "CMBORDERID_NOT_EXIST", "平台订单号不存在")
    return _fields(far, refund) | {"tradeState": refund["state"]}


def settle_due(far: FarSide) -> None:
    """Bring every refund whose time has come to its end, and prepare the notices."""
    for refund in far.truth.rows(
        "SELECT * FROM ecny_cmb_refund WHERE state = 'P' AND result <> 'P' AND due_at <= ?", far.truth.now()
    ):
        with far.truth.transaction():
            far.truth.run(
                "UPDATE ecny_cmb_refund SET state = result, settled_at = CASE result WHEN 'S' THEN ? END WHERE order_id = ?",
                far.truth.now(),
                refund["order_id"],
            )
            settled = _find(far, refund["order_id"])
            assert settled is not None
            if settled["state"] == "S":
                told = _fields(far, settled) | {"payType": "EC", "userId": own(far).cashier}
                notifying.announce_refund(far, settled, told)


def set_result(far: FarSide, result: str, order_id: str | None) -> None:
    """How that refund ends, which must be under way; without a number all that come.

    Raises:
        Refusal: there is none, or it has ended.
    """
    if order_id is None:
        far.truth.set("ecny_cmb.refunds.result", result)
        return
    refund = _find(far, order_id)
    if refund is None or refund["state"] != "P":
        raise state_refusal(409, "REFUND_IS_FINAL", refund["state"] if refund else "none")
    far.truth.run("UPDATE ecny_cmb_refund SET result = ? WHERE order_id = ?", result, order_id)


def _insert(far: FarSide, trade: Row, form: RefundForm) -> None:
    far.truth.run(
        "INSERT INTO ecny_cmb_refund (order_id, cmb_order_id, content, of_order_id, fen, notify_url, state, result, created_at,"
        " due_at) VALUES (?, ?, ?, ?, ?, ?, 'P', ?, ?, ?)",
        form.order_id,
        trades.new_number(far),
        form.content,
        trade["order_id"],
        form.fen,
        form.notify_url or trade["notify_url"],
        far.truth.setting("ecny_cmb.refunds.result", "S"),
        far.truth.now(),
        far.soon(UNDER_WAY_S),
    )


def _fields(far: FarSide, refund: Row) -> dict[str, str]:
    told = {
        "merId": own(far).merchant,
        "orderId": refund["order_id"],
        "cmbOrderId": refund["cmb_order_id"],
        "refundAmt": str(refund["fen"]),
        "refundDscAmt": "0",
        "currencyCode": "156",
        "txnTime": trades.digits(refund["created_at"]),
    }
    if refund["state"] == "F":
        told["failureReason"] = "SANDBOX 样张"
    if refund["settled_at"] is not None:
        at = trades.digits(refund["settled_at"])
        told |= {"endDate": at[:8], "endTime": at[8:]}
    return told


def _find(far: FarSide, order_id: str) -> Row | None:
    return far.truth.row("SELECT * FROM ecny_cmb_refund WHERE order_id = ?", order_id)


def _trade(far: FarSide, form: RefundForm) -> Row:
    trade = (
        trades.find(far, cmb_order_id=form.of_cmb_order_id)
        if form.of_cmb_order_id
        else trades.find(far, order_id=form.of_order_id or "")
    )
    if trade is None:
        raise state_refusal(200, "OCMBORDERID_NOT_EXIST", "平台订单号不存在")
    return trade


def _check(far: FarSide, trade: Row, form: RefundForm) -> None:
    if trades.find(far, order_id=form.order_id) is not None:
        raise state_refusal(200, "ORDERID_DUPLICATION", "商户订单号重复")
    if trade["state"] != "S":
        raise state_refusal(200, "UNPAIED_ORDER", "订单未支付")
    if form.total_fen != trade["fen"]:
        raise Refusal(200, "TXNAMT_ERROR", "原交易金额不符", field="txnAmt", expected=str(trade["fen"]))
    if far.truth.now() > trade["paid_at"] + LATEST_S:
        raise state_refusal(200, "TRADE_OVERDUE", "订单已经超过退款期限")
    earlier = far.truth.rows(
        "SELECT fen FROM ecny_cmb_refund WHERE of_order_id = ? AND state <> 'F'", trade["order_id"]
    )
    if sum(one["fen"] for one in earlier) + form.fen > trade["fen"]:
        raise state_refusal(200, "NOT_ENOUGH", "余额不足")
    if len(earlier) >= MOST_PER_ORDER:
        raise state_refusal(200, "TRADESTATE_NOT_LAWFUL", "部分退款次数超过限制")
