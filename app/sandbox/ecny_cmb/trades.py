"""Orders of e-CNY: made by the client, paid in an app, closed by the client, told in the bank's words.

States: P (waits), F (the payer's wallet was refused), D (the payer left), S (paid), C (closed). F and D may be tried again
until the order's time is over or it is closed.
"""

import secrets
from datetime import datetime
from typing import Any, Final

from app.sandbox.channels import CannotBePaid
from app.sandbox.ecny_cmb.admission import own
from app.sandbox.ecny_cmb.forms import OrderForm
from app.sandbox.far_side import FarSide, state_refusal
from app.sandbox.truth import BEIJING, Row

NAME: Final = "ecny_cmb"
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS ecny_cmb_trade (
    order_id TEXT PRIMARY KEY, cmb_order_id TEXT NOT NULL UNIQUE, content TEXT NOT NULL, transaction_type TEXT NOT NULL,
    goods_name TEXT NOT NULL, fen INTEGER NOT NULL CHECK (fen > 0), notify_url TEXT NOT NULL, expires_at REAL NOT NULL,
    created_at REAL NOT NULL, token TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('P', 'F', 'D', 'S', 'C')),
    paid_at REAL, third_order_id TEXT UNIQUE, plan TEXT,
    CHECK ((state = 'S') = (paid_at IS NOT NULL)), CHECK ((paid_at IS NULL) = (third_order_id IS NULL)));
CREATE TABLE IF NOT EXISTS ecny_cmb_refund (
    order_id TEXT PRIMARY KEY, cmb_order_id TEXT NOT NULL UNIQUE, content TEXT NOT NULL,
    of_order_id TEXT NOT NULL REFERENCES ecny_cmb_trade, fen INTEGER NOT NULL CHECK (fen > 0), notify_url TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('P', 'S', 'F')), result TEXT NOT NULL CHECK (result IN ('P', 'S', 'F')),
    created_at REAL NOT NULL, due_at REAL NOT NULL, settled_at REAL, CHECK ((state = 'S') = (settled_at IS NOT NULL)));
"""
ASKED_S: Final = 15 * 24 * 3600
"""How long the bank answers for an order."""


def open_order(far: FarSide, form: OrderForm) -> dict[str, Any]:
    """Write the order down and give what the payer needs; the same content again gives it again.

    Raises:
        Refusal: the number is taken by other content, or the order is paid, closed or over.
    """
    with far.truth.transaction():
        trade = find(far, order_id=form.order_id)
        if trade is None:
            if far.truth.row("SELECT 1 FROM ecny_cmb_refund WHERE order_id = ?", form.order_id):
                raise state_refusal(200, "ORDERID_DUPLICATION", "商户订单号重复")
            far.truth.run(
                "INSERT INTO ecny_cmb_trade (order_id, cmb_order_id, content, transaction_type, goods_name, fen, notify_url,"
                " expires_at, created_at, token, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'P')",
                form.order_id,
                new_number(far),
                form.content,
                form.transaction_type,
                form.goods_name,
                form.fen,
                form.notify_url,
                form.expires_at,
                far.truth.now(),
                secrets.token_urlsafe(9),
            )
        elif trade["state"] == "S":
            raise state_refusal(200, "ORDER_PAID", "订单已支付")
        elif trade["state"] == "C" or far.truth.now() >= trade["expires_at"]:
            raise state_refusal(200, "ORDERID_INVALID", "订单号已失效")
        elif trade["fen"] != form.fen:
            raise state_refusal(200, "AMT_MISMATCHED_ORDER", "金额和订单信息不符")
        elif trade["content"] != form.content:
            raise state_refusal(200, "ORDERID_DUPLICATION", "商户订单号重复")
        trade = find(far, order_id=form.order_id)
        assert trade is not None
        page = f"{far.base_url}/cashier/{trade['token']}"
        what = {"qrCode": page} if trade["transaction_type"] == "TT01" else {"invokeUrl": page}
        return {"merId": own(far).merchant, **_numbers(trade), "txnTime": digits(trade["created_at"]), **what}


def tell(far: FarSide, order_id: str | None, cmb_order_id: str | None) -> dict[str, Any]:
    """What became of an order.

    Raises:
        Refusal: there is none, nobody answers for it any more, or its time went by unpaid.
    """
    trade = get(far, order_id, cmb_order_id)
    if trade["state"] in {"P", "F", "D"} and far.truth.now() >= trade["expires_at"]:
        raise state_refusal(200, "ORDERID_INVALID", "订单号已失效")
    has_refund = far.truth.row(
        "SELECT 1 FROM ecny_cmb_refund WHERE of_order_id = ? AND state <> 'F'", trade["order_id"]
    )
    return paid_fields(far, trade) | {"tradeState": "R" if has_refund else trade["state"]}


def close(far: FarSide, order_id: str | None, cmb_order_id: str | None) -> dict[str, Any]:
    """Nobody shall pay this any more. A failed one is said to be failed (`F`), and nobody can pay it any more either.

    Raises:
        Refusal: paid, closed already, or never made.
    """
    with far.truth.transaction():
        trade = get(far, order_id, cmb_order_id)
        if trade["state"] == "S":
            raise state_refusal(200, "ORDER_PAID", "订单已支付")
        if trade["state"] == "C":
            raise state_refusal(200, "TRADESTATE_NOT_LAWFUL", "原交易状态不允许关单")
        far.truth.run("UPDATE ecny_cmb_trade SET state = 'C' WHERE order_id = ?", trade["order_id"])
    return {
        "merId": own(far).merchant,
        "origOrderId": trade["order_id"],
        "closeState": "F" if trade["state"] == "F" else "C",
        "txnTime": digits(far.truth.now()),
    }


def pay(far: FarSide, order_id: str, *, late: bool = False) -> Row:
    """Money moves.

    Raises:
        CannotBePaid: nothing has moved.
    """
    with far.truth.transaction():
        trade = get(far, order_id, None)
        if (reason := obstacle(far, trade)) is not None and not (late and reason != "paid"):
            raise CannotBePaid(reason)
        far.truth.run(
            "UPDATE ecny_cmb_trade SET state = 'S', paid_at = ?, third_order_id = ? WHERE order_id = ?",
            far.truth.now(),
            "C1030844021030" + secrets.token_hex(8).upper(),
            order_id,
        )
        return get(far, order_id, None)


def leave(far: FarSide, order_id: str, state: str) -> None:
    """The payer goes without having paid: F or D.

    Raises:
        CannotBePaid: there was nothing to pay.
    """
    with far.truth.transaction():
        if (reason := obstacle(far, get(far, order_id, None))) is not None:
            raise CannotBePaid(reason)
        far.truth.run("UPDATE ecny_cmb_trade SET state = ? WHERE order_id = ?", state, order_id)


def obstacle(far: FarSide, trade: Row) -> str | None:
    """Why the order cannot be paid now (see `CannotBePaid`), or None."""
    if trade["state"] in {"S", "C"}:
        return "paid" if trade["state"] == "S" else "closed"
    return "expired" if far.truth.now() >= trade["expires_at"] else None


def find(far: FarSide, **key: str) -> Row | None:
    """The order with that `order_id`, `cmb_order_id` or `token`."""
    ((name, value),) = key.items()
    assert name in {"order_id", "cmb_order_id", "token"}, name
    return far.truth.row(f"SELECT * FROM ecny_cmb_trade WHERE {name} = ?", value)


def get(far: FarSide, order_id: str | None, cmb_order_id: str | None) -> Row:
    """The order of the bank's number, or else of the merchant's.

    Raises:
        Refusal: there is none, or it is too old.
    """
    trade = find(far, cmb_order_id=cmb_order_id) if cmb_order_id else find(far, order_id=order_id or "")
    if trade is None:
        raise state_refusal(200, "CMBORDERID_NOT_EXIST", "平台订单号不存在")
    if far.truth.now() > trade["created_at"] + ASKED_S:
        raise state_refusal(200, "CMB_ORDERID_NOT_EXIST", "平台订单号不存在")
    return trade


def paid_fields(far: FarSide, trade: Row) -> dict[str, str]:
    """The order as an answer and a notice tell it, without its state."""
    told = {
        "merId": own(far).merchant,
        **_numbers(trade),
        "userId": own(far).cashier,
        "txnAmt": str(trade["fen"]),
        "dscAmt": "0",
        "currencyCode": "156",
        "payType": "EC",
        "txnTime": digits(trade["created_at"]),
    }
    if trade["paid_at"] is not None:
        at = digits(trade["paid_at"])
        told |= {"endDate": at[:8], "endTime": at[8:], "thirdOrderId": trade["third_order_id"]}
    return told


def new_number(far: FarSide) -> str:
    """A number of the bank's own: kind, time, and digits nobody guesses."""
    return "0042" + digits(far.truth.now())[2:] + str(secrets.randbelow(10**8)).zfill(8)


def digits(at: float) -> str:
    """Beijing time to the second, fourteen digits."""
    return datetime.fromtimestamp(at, BEIJING).strftime("%Y%m%d%H%M%S")


def _numbers(trade: Row) -> dict[str, str]:
    return {"orderId": trade["order_id"], "cmbOrderId": trade["cmb_order_id"]}
