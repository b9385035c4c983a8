"""Trades (交易): opened by the client, paid by a payer, closed by the client, told in WeChat's words.

Past its `time_expire` a trade stays NOTPAY until it is closed, but nobody can pay it any more.
"""

import json
import secrets
from typing import Any, Final

from app.sandbox.channels import CannotBePaid
from app.sandbox.far_side import FarSide, state_refusal
from app.sandbox.truth import Row, rfc3339
from app.sandbox.wechatpay.forms import OpenForm

LINK_LIFE_S: Final = {"MWEB": 5 * 60, "NATIVE": 2 * 3600, "JSAPI": 2 * 3600}
"""How long an h5 link, a QR code, a prepay id can be used; opening the same order again renews it."""

_STATE_TEXTS: Final = {
    "SUCCESS": "支付成功",
    "NOTPAY": "订单未支付",
    "CLOSED": "订单已关闭",
    "REFUND": "订单发生过退款",
}


def open_trade(far: FarSide, form: OpenForm) -> dict[str, str]:
    """Write the trade down and give what the payer needs; the same content again gives it again.

    Raises:
        Refusal: the number is taken by other content, or its trade is paid or closed.
    """
    now = far.truth.now()
    with far.truth.transaction():
        trade = find(far, out_trade_no=form.out_trade_no)
        if trade is None:
            far.truth.run(
                "INSERT INTO trade (out_trade_no, trade_type, content, description, attach, total, notify_url,"
                " expires_at, created_at, opened_at, prepay_id, token, openid, state)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'NOTPAY')",
                form.out_trade_no,
                form.trade_type,
                form.content,
                form.description,
                form.attach,
                form.total_fen,
                form.notify_url,
                form.expires_at,
                now,
                now,
                "wxsandbox" + secrets.token_hex(14)[:27],
                secrets.token_urlsafe(9),
                form.openid,
            )
        else:
            _check_same(trade, form)
            far.truth.run("UPDATE trade SET opened_at = ? WHERE out_trade_no = ?", now, form.out_trade_no)
        return _opening(far, get(far, out_trade_no=form.out_trade_no))


def close(far: FarSide, out_trade_no: str) -> None:
    """Nobody shall pay this any more.

    Raises:
        Refusal: paid, closed already, or never opened.
    """
    with far.truth.transaction():
        trade = get(far, out_trade_no=out_trade_no)
        if trade["state"] == "SUCCESS":
            raise state_refusal(400, "ORDERPAID", "该订单已支付")
        if trade["state"] == "CLOSED":
            raise state_refusal(400, "ORDER_CLOSED", "订单已关闭")
        far.truth.run("UPDATE trade SET state = 'CLOSED' WHERE out_trade_no = ?", out_trade_no)


def pay(
    far: FarSide, out_trade_no: str, *, payer_total_fen: int | None = None, late: bool = False, by_link: bool = False
) -> Row:
    """Money moves: the trade succeeds and gets its transaction id.

    `payer_total_fen` is lower than the order amount where a coupon pays the rest. `late` pays even what is
    closed or expired, as a bank that answered slowly does. `by_link` minds the life of the link too.

    Raises:
        CannotBePaid: nothing has moved.
    """
    with far.truth.transaction():
        trade = get(far, out_trade_no=out_trade_no)
        if (reason := obstacle(far, trade, by_link=by_link)) is not None and not (late and reason != "paid"):
            raise CannotBePaid(reason)
        far.truth.run(
            "UPDATE trade SET state = 'SUCCESS', transaction_id = ?, paid_at = ?, openid = ?, payer_total = ?"
            " WHERE out_trade_no = ?",
            "42000" + str(secrets.randbelow(10**23)).zfill(23),
            far.truth.now(),
            trade["openid"] or "oSANDBOX" + secrets.token_urlsafe(15),
            trade["total"] if payer_total_fen is None else payer_total_fen,
            out_trade_no,
        )
        return get(far, out_trade_no=out_trade_no)


def obstacle(far: FarSide, trade: Row, *, by_link: bool = False) -> str | None:
    """Why the trade cannot be paid now (see `CannotBePaid`), or None."""
    now = far.truth.now()
    if trade["state"] != "NOTPAY":
        return "paid" if trade["state"] == "SUCCESS" else "closed"
    if now >= trade["expires_at"]:
        return "expired"
    if by_link and now >= trade["opened_at"] + LINK_LIFE_S[trade["trade_type"]]:
        return "link"
    return None


def find(far: FarSide, **key: str) -> Row | None:
    """The trade with that `out_trade_no`, `transaction_id`, `token` or `prepay_id`."""
    ((name, value),) = key.items()
    assert name in {"out_trade_no", "transaction_id", "token", "prepay_id"}, name
    return far.truth.row(f"SELECT * FROM trade WHERE {name} = ?", value)


def get(far: FarSide, **key: str) -> Row:
    """Like `find`, where the trade must exist.

    Raises:
        Refusal: there is none.
    """
    trade = find(far, **key)
    if trade is None:
        raise state_refusal(404, "ORDER_NOT_EXIST", "订单不存在")
    return trade


def describe(far: FarSide, trade: Row) -> dict[str, Any]:
    """The transaction as answers and notices tell it."""
    state = trade["state"]
    if state == "SUCCESS" and _has_refund(far, trade):
        state = "REFUND"
    told: dict[str, Any] = {
        "appid": appid_of(trade),
        "mchid": far.keys.mchid,
        "out_trade_no": trade["out_trade_no"],
        "trade_state": state,
        "trade_state_desc": _STATE_TEXTS[state],
        "attach": trade["attach"] or "",
        "promotion_detail": [],
    }
    if trade["transaction_id"] is None:
        return told | {"amount": {"total": trade["total"], "currency": "CNY"}, "payer": {}}
    coupon_fen = trade["total"] - trade["payer_total"]
    return told | {
        "transaction_id": trade["transaction_id"],
        "trade_type": trade["trade_type"],
        "bank_type": "OTHERS",
        "success_time": rfc3339(trade["paid_at"]),
        "payer": {"openid": trade["openid"]},
        "amount": {
            "total": trade["total"],
            "payer_total": trade["payer_total"],
            "currency": "CNY",
            "payer_currency": "CNY",
        },
        "promotion_detail": [_coupon(coupon_fen)] if coupon_fen else [],
    }


def appid_of(trade: Row) -> str:
    """The app the trade was opened for."""
    return str(json.loads(trade["content"])["appid"])


def _has_refund(far: FarSide, trade: Row) -> bool:
    sql = "SELECT 1 FROM refund WHERE out_trade_no = ? AND state <> 'CLOSED'"
    return far.truth.row(sql, trade["out_trade_no"]) is not None


def _coupon(fen: int) -> dict[str, Any]:
    return {"coupon_id": "SANDBOX1", "name": "SANDBOX 样张", "scope": "GLOBAL", "type": "CASH", "amount": fen}


def _check_same(trade: Row, form: OpenForm) -> None:
    if trade["state"] == "SUCCESS":
        raise state_refusal(400, "ORDERPAID", "该订单已支付")
    if trade["state"] == "CLOSED":
        raise state_refusal(400, "ORDER_CLOSED", "订单已关闭")
    if trade["trade_type"] != form.trade_type:
        raise state_refusal(403, "OUT_TRADE_NO_USED", "商户订单号重复")
    if json.loads(trade["content"]) != json.loads(form.content):
        raise state_refusal(400, "INVALID_REQUEST", "201 商户订单号重复")


def _opening(far: FarSide, trade: Row) -> dict[str, str]:
    match trade["trade_type"]:
        case "JSAPI":
            return {"prepay_id": trade["prepay_id"]}
        case "NATIVE":
            return {"code_url": f"weixin://wxpay/bizpayurl?pr={trade['token']}"}
        case _:
            return {"h5_url": f"{far.base_url}/cashier/{trade['token']}?prepay_id={trade['prepay_id']}"}
