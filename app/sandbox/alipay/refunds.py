"""Refunds (退款): done at once and said so, one per `out_request_no`; told by a notice of their trade.

`fund_change` says whether this very call moved money, `refund_fee` what of the trade is back in all.
"""

import secrets
from typing import Any, Final

from app.sandbox.alipay import forms, notifying, trades
from app.sandbox.alipay.admission import Call, clock_text
from app.sandbox.alipay.forms import yuan
from app.sandbox.far_side import FarSide, state_refusal
from app.sandbox.truth import Row

LATEST_S: Final = 365 * 24 * 3600
RESULTS: Final = frozenset({"SUCCESS", "PROCESSING", "SELLER_BALANCE_NOT_ENOUGH"})
"""Done at once; taken and not done yet (`fund_change=N`); refused, since the merchant's balance is short."""


def request(far: FarSide, call: Call) -> dict[str, Any]:
    """Give money back; the same number with the same amount answers what became of it.

    Raises:
        Refusal: there is no such trade, it is not paid, too much, too late, or the number has another amount.
    """
    key = forms.read_key(call, "refund_amount", "out_request_no", "refund_reason", "out_trade_no")
    with far.truth.transaction():
        trade = trades.get(far, **key)
        form = forms.read_refund(call, total_fen=trade["total"])
        known = _find(far, trade, form.out_request_no)
        moved = known is None and _make(far, trade, form.out_request_no, form.fen, form.reason)
        if known is not None and known["fen"] != form.fen:
            raise state_refusal(40004, "ACQ.DISCORDANT_REPEAT_REQUEST", "请求信息不一致")
        return {
            "out_trade_no": trade["out_trade_no"],
            "trade_no": trade["trade_no"],
            "buyer_logon_id": "san***@sandbox.example",
            "buyer_user_id": trade["buyer_id"],
            "fund_change": "Y" if moved else "N",
            "refund_fee": yuan(trades.refunded_fen(far, trade)),
            "send_back_fee": yuan(form.fen) if moved else "0.00",
        }


def query(far: FarSide, call: Call) -> dict[str, Any]:
    """What became of a refund: without a status where there is none, or none that is done."""
    key = forms.read_key(call, "out_request_no", "query_options", "out_trade_no")
    number, options = forms.read_refund_query(call)
    trade = trades.get(far, **key)
    refund = _find(far, trade, number)
    told = {"out_trade_no": trade["out_trade_no"], "trade_no": trade["trade_no"], "out_request_no": number}
    if refund is None or refund["state"] != "SUCCESS":
        return told
    told |= {
        "refund_status": "REFUND_SUCCESS",
        "refund_amount": yuan(refund["fen"]),
        "total_amount": yuan(trade["total"]),
        "refund_reason": refund["reason"],
    }
    return told | ({"gmt_refund_pay": clock_text(refund["done_at"])} if "gmt_refund_pay" in options else {})


def by_console(far: FarSide, out_trade_no: str, fen: int) -> str:
    """A person of the merchant gives money back at Alipay itself, under a number of Alipay's; answers that number.

    Raises:
        Refusal: as for a call.
    """
    with far.truth.transaction():
        trade = trades.prepared(far, out_trade_no)
        number = f"{clock_text(far.truth.now())[:10].replace('-', '')}{secrets.randbelow(10**20):020d}"
        _make(far, trade, number, fen, "商家后台退款", by_call=False)
        return number


def set_result(far: FarSide, result: str, out_request_no: str | None) -> None:
    """How that refund ends, which must be under way; without a number how all that come begin.

    Raises:
        Refusal: there is none under way.
    """
    if out_request_no is None:
        far.truth.set("alipay.refunds.result", result)
        return
    sql = "SELECT * FROM alipay_refund WHERE out_request_no = ? AND state = 'PROCESSING'"
    with far.truth.transaction():
        refund = far.truth.row(sql, out_request_no)
        if refund is None or result != "SUCCESS":
            raise state_refusal(409, "REFUND_IS_FINAL", "没有处理中的退款")
        _finish(far, trades.prepared(far, refund["out_trade_no"]), out_request_no)


def _make(far: FarSide, trade: Row, number: str, fen: int, reason: str, *, by_call: bool = True) -> bool:
    """Write it down; whether money moved at once."""
    _check(far, trade, fen)
    result = far.truth.setting("alipay.refunds.result", "SUCCESS") if by_call else "SUCCESS"
    if result == "SELLER_BALANCE_NOT_ENOUGH":
        raise state_refusal(40004, "ACQ.SELLER_BALANCE_NOT_ENOUGH", "卖家余额不足")
    far.truth.run(
        "INSERT INTO alipay_refund (out_trade_no, out_request_no, fen, reason, state, asked_at)"
        " VALUES (?, ?, ?, ?, 'PROCESSING', ?)",
        trade["out_trade_no"],
        number,
        fen,
        reason,
        far.truth.now(),
    )
    if result == "SUCCESS":
        _finish(far, trade, number)
    return result == "SUCCESS"


def _finish(far: FarSide, trade: Row, number: str) -> None:
    far.truth.run(
        "UPDATE alipay_refund SET state = 'SUCCESS', done_at = ? WHERE out_trade_no = ? AND out_request_no = ?",
        far.truth.now(),
        trade["out_trade_no"],
        number,
    )
    if trades.refunded_fen(far, trade) == trade["total"]:
        far.truth.run("UPDATE alipay_trade SET state = 'TRADE_CLOSED' WHERE out_trade_no = ?", trade["out_trade_no"])
    refund = _find(far, trade, number)
    assert refund is not None
    notifying.announce_refund(far, trades.prepared(far, trade["out_trade_no"]), refund)


def _find(far: FarSide, trade: Row, number: str) -> Row | None:
    return far.truth.row(
        "SELECT * FROM alipay_refund WHERE out_trade_no = ? AND out_request_no = ?", trade["out_trade_no"], number
    )


def _check(far: FarSide, trade: Row, fen: int) -> None:
    if trade["state"] == "TRADE_FINISHED":
        raise state_refusal(40004, "ACQ.TRADE_HAS_FINISHED", "交易已完结")
    if trade["paid_at"] is None:
        raise state_refusal(40004, "ACQ.TRADE_STATUS_ERROR", "交易状态不合法")
    if far.truth.now() > trade["paid_at"] + LATEST_S:
        raise state_refusal(40004, "ACQ.TRADE_NOT_ALLOW_REFUND", "当前交易不允许退款")
    asked = far.truth.row(
        "SELECT coalesce(sum(fen), 0) AS fen FROM alipay_refund WHERE out_trade_no = ?", trade["out_trade_no"]
    )
    assert asked is not None
    if asked["fen"] + fen > trade["total"]:
        raise state_refusal(40004, "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额超限")
