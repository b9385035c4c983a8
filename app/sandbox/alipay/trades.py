"""Trades (交易): prepared by a code or a link, begun when the buyer scans or signs in, paid, closed, told in Alipay's words.

Until it has begun there is no trade: asking about it and closing it say `ACQ.TRADE_NOT_EXIST` while its code can be paid.
Past its time a trade that has begun is closed by itself.
"""

import secrets
from typing import Any, Final

from app.sandbox.alipay.admission import clock_text
from app.sandbox.alipay.forms import OrderForm, yuan
from app.sandbox.channels import CannotBePaid
from app.sandbox.far_side import FarSide, Refusal, state_refusal
from app.sandbox.truth import Row

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS alipay_trade (
    out_trade_no TEXT PRIMARY KEY, way TEXT NOT NULL CHECK (way IN ('wap', 'precreate', 'create')),
    subject TEXT NOT NULL, total INTEGER NOT NULL CHECK (total > 0), notify_url TEXT NOT NULL, return_url TEXT NOT NULL,
    quit_url TEXT NOT NULL, expires_at REAL NOT NULL, code_until REAL NOT NULL, created_at REAL NOT NULL,
    token TEXT NOT NULL UNIQUE, begun_at REAL, trade_no TEXT UNIQUE, buyer_id TEXT, paid_at REAL, plan TEXT,
    state TEXT NOT NULL CHECK (state IN ('NONE', 'WAIT_BUYER_PAY', 'TRADE_SUCCESS', 'TRADE_FINISHED', 'TRADE_CLOSED')),
    CHECK ((state = 'NONE') = (begun_at IS NULL)), CHECK ((begun_at IS NULL) = (trade_no IS NULL)),
    CHECK (state NOT IN ('TRADE_SUCCESS', 'TRADE_FINISHED') OR paid_at IS NOT NULL));
CREATE TABLE IF NOT EXISTS alipay_refund (
    out_trade_no TEXT NOT NULL REFERENCES alipay_trade, out_request_no TEXT NOT NULL, fen INTEGER NOT NULL CHECK (fen > 0),
    reason TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('PROCESSING', 'SUCCESS')), asked_at REAL NOT NULL,
    done_at REAL, PRIMARY KEY (out_trade_no, out_request_no), CHECK ((state = 'SUCCESS') = (done_at IS NOT NULL)));
CREATE TABLE IF NOT EXISTS alipay_certificate (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, pem TEXT NOT NULL, private_pem TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS alipay_person (id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS alipay_code (
    code TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES alipay_person, made_at REAL NOT NULL, used_at REAL);
CREATE TABLE IF NOT EXISTS alipay_key (id INTEGER PRIMARY KEY, private_pem TEXT NOT NULL, public_pem TEXT NOT NULL);
"""


def prepare(far: FarSide, form: OrderForm) -> Row:
    """Write down what a code or a link may begin; the same again renews its life.

    Raises:
        Refusal: the number has other content, or its trade is paid or closed.
    """
    with far.truth.transaction():
        known = find(far, out_trade_no=form.out_trade_no)
        if known is not None:
            _check_same(known, form)
            far.truth.run(
                "UPDATE alipay_trade SET code_until = ? WHERE out_trade_no = ?", form.code_until, form.out_trade_no
            )
        else:
            far.truth.run(
                "INSERT INTO alipay_trade (out_trade_no, way, subject, total, notify_url, return_url, quit_url, expires_at,"
                " code_until, created_at, token, buyer_id, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'NONE')",
                form.out_trade_no,
                form.way,
                form.subject,
                form.total_fen,
                form.notify_url,
                form.return_url,
                form.quit_url,
                form.expires_at,
                form.code_until,
                far.truth.now(),
                "bax" + secrets.token_hex(12),
                form.buyer_id,
            )
        return _must(far, form.out_trade_no)


def begin(far: FarSide, out_trade_no: str) -> Row:
    """The buyer scans the code or signs in: from now on there is a trade. Repeated it is the same one."""
    with far.truth.transaction():
        trade = _must(far, out_trade_no)
        if trade["state"] != "NONE" or obstacle(far, trade, by_link=True) is not None:
            return trade
        return _begin(far, trade)


def pay(far: FarSide, out_trade_no: str, *, late: bool, by_link: bool) -> Row:
    """Money moves. `late` pays even what is closed or expired, as a bank that answered slowly does.

    Raises:
        CannotBePaid: nothing has moved.
    """
    with far.truth.transaction():
        trade = _must(far, out_trade_no)
        if (reason := obstacle(far, trade, by_link=by_link)) is not None and not (late and reason != "paid"):
            raise CannotBePaid(reason)
        if trade["state"] == "NONE":
            _begin(far, trade)
        far.truth.run(
            "UPDATE alipay_trade SET state = 'TRADE_SUCCESS', paid_at = ? WHERE out_trade_no = ?",
            far.truth.now(),
            out_trade_no,
        )
        return _must(far, out_trade_no)


def close(far: FarSide, trade: Row) -> Row:
    """Nobody shall pay this any more.

    Raises:
        Refusal: it is paid or closed.
    """
    if trade["state"] != "WAIT_BUYER_PAY":
        raise state_refusal(40004, "ACQ.TRADE_STATUS_ERROR", "交易状态不合法")
    far.truth.run("UPDATE alipay_trade SET state = 'TRADE_CLOSED' WHERE out_trade_no = ?", trade["out_trade_no"])
    return _must(far, trade["out_trade_no"])


def obstacle(far: FarSide, trade: Row, *, by_link: bool = False) -> str | None:
    """Why it cannot be paid now (see `CannotBePaid`), or None."""
    if trade["paid_at"] is not None:
        return "paid"
    if trade["state"] == "TRADE_CLOSED":
        return "closed"
    now = far.truth.now()
    if now >= trade["expires_at"]:
        return "expired"
    return "link" if by_link and trade["state"] == "NONE" and now >= trade["code_until"] else None


def find(far: FarSide, **key: str) -> Row | None:
    """What was prepared or begun under that `out_trade_no`, `trade_no` or `token`; what is past its time is closed first."""
    ((name, value),) = key.items()
    assert name in {"out_trade_no", "trade_no", "token"}, name
    far.truth.run(
        "UPDATE alipay_trade SET state = 'TRADE_CLOSED' WHERE state = 'WAIT_BUYER_PAY' AND expires_at <= ?",
        far.truth.now(),
    )
    return far.truth.row(f"SELECT * FROM alipay_trade WHERE {name} = ?", value)


def get(far: FarSide, **key: str) -> Row:
    """Like `find`, where a trade must have begun.

    Raises:
        Refusal: there is none, so far.
    """
    trade = find(far, **key)
    if trade is None or trade["state"] == "NONE":
        raise state_refusal(40004, "ACQ.TRADE_NOT_EXIST", "交易不存在")
    return trade


def prepared(far: FarSide, out_trade_no: str) -> Row:
    """Like `find`, by the merchant's number, where something must be prepared at least.

    Raises:
        Refusal: nothing is.
    """
    trade = find(far, out_trade_no=out_trade_no)
    if trade is None:
        raise state_refusal(404, "ACQ.TRADE_NOT_EXIST", "交易不存在")
    return trade


def describe(trade: Row) -> dict[str, Any]:
    """The trade as `alipay.trade.query` tells it."""
    told = {
        "out_trade_no": trade["out_trade_no"],
        "trade_no": trade["trade_no"],
        "trade_status": trade["state"],
        "total_amount": yuan(trade["total"]),
        "buyer_user_id": trade["buyer_id"],
        "buyer_logon_id": "san***@sandbox.example",
        "invoice_amount": "0.00",
        "point_amount": "0.00",
        "buyer_pay_amount": yuan(trade["total"]) if trade["paid_at"] else "0.00",
        "receipt_amount": yuan(trade["total"]) if trade["paid_at"] else "0.00",
    }
    return told | ({"send_pay_date": clock_text(trade["paid_at"])} if trade["paid_at"] else {})


def refunded_fen(far: FarSide, trade: Row) -> int:
    """What of it is back."""
    found = far.truth.row(
        "SELECT coalesce(sum(fen), 0) AS fen FROM alipay_refund WHERE out_trade_no = ? AND state = 'SUCCESS'",
        trade["out_trade_no"],
    )
    assert found is not None
    return int(found["fen"])


def _begin(far: FarSide, trade: Row) -> Row:
    day = clock_text(far.truth.now())[:10].replace("-", "")
    far.truth.run(
        "UPDATE alipay_trade SET state = 'WAIT_BUYER_PAY', begun_at = ?, trade_no = ?, buyer_id = coalesce(buyer_id, ?)"
        " WHERE out_trade_no = ?",
        far.truth.now(),
        day + "22" + str(secrets.randbelow(10**18)).zfill(18),
        "2088" + str(secrets.randbelow(10**12)).zfill(12),
        trade["out_trade_no"],
    )
    return _must(far, trade["out_trade_no"])


def _must(far: FarSide, out_trade_no: str) -> Row:
    trade = find(far, out_trade_no=out_trade_no)
    assert trade is not None, out_trade_no
    return trade


def _check_same(trade: Row, form: OrderForm) -> None:
    if trade["paid_at"] is not None:
        raise state_refusal(40004, "ACQ.TRADE_HAS_SUCCESS", "交易已被支付")
    if trade["state"] == "TRADE_CLOSED":
        raise state_refusal(40004, "ACQ.TRADE_HAS_CLOSE", "交易已经关闭")
    ours = (form.way, form.subject, form.total_fen, form.buyer_id or trade["buyer_id"], int(form.expires_at))
    theirs = (trade["way"], trade["subject"], trade["total"], trade["buyer_id"], int(trade["expires_at"]))
    if ours != theirs:
        raise Refusal(
            40004, "ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改", expected=repr(theirs), got=repr(ours), is_form=True
        )
