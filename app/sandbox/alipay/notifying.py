"""Alipay's notices (异步通知): forms, signed anew for each sending, on Alipay's own schedule.

A refund is told as a notice of its trade, with the trade's status.
"""

import json
import secrets
from collections.abc import Mapping
from functools import partial
from typing import Final
from urllib.parse import urlencode

import httpx

from app.sandbox import notices
from app.sandbox.alipay import certificates, keys, signing, tampering, trades
from app.sandbox.alipay.admission import MODE, clock_text
from app.sandbox.alipay.forms import yuan
from app.sandbox.far_side import FarSide
from app.sandbox.plans import Plan
from app.sandbox.truth import Row

NAME: Final = "alipay"
SCHEDULE_S: Final = (240, 600, 600, 3600, 7200, 21600, 54000)
"""Waits after each sending that was not answered by `success`: 24 h 24 min in all, eight sendings."""


def announce_payment(far: FarSide, trade: Row, plan: Plan) -> None:
    """Prepare the notice of a paid trade; joins the caller's transaction."""
    # A notice tells how the payment succeeded, whatever was refunded since.
    status = "TRADE_FINISHED" if trade["state"] == "TRADE_FINISHED" else "TRADE_SUCCESS"
    told = _told(far, trade) | {"trade_status": status}
    if plan.tamper is not None and plan.tamper in tampering.LIES:
        told |= tampering.LIES[plan.tamper](told)
    _announce(far, plan, trade, told)


def announce_refund(far: FarSide, trade: Row, refund: Row) -> None:
    """Prepare the notice of money that went back; joins the caller's transaction."""
    told = _told(far, trade) | {
        "trade_status": trade["state"],
        "out_biz_no": refund["out_request_no"],
        "refund_fee": yuan(trades.refunded_fen(far, trade)),
        "gmt_refund": f"{clock_text(refund['done_at'])}.{int(refund['done_at'] * 1000) % 1000:03d}",
    }
    _announce(far, Plan(), trade, told)


def send_so(far: FarSide, out_trade_no: str, plan: Plan) -> bool:
    """Send the notice of a paid trade (again) so; keep the plan for when it is paid, and say that it was kept."""
    with far.truth.transaction():
        trade = trades.prepared(far, out_trade_no)
        if trade["paid_at"] is None:
            far.truth.run("UPDATE alipay_trade SET plan = ? WHERE out_trade_no = ?", plan.to_json(), out_trade_no)
            return True
        if plan.drop:
            notices.drop(far, out_trade_no, channel=NAME)
        else:
            announce_payment(far, trade, plan)
        return False


def sending(far: FarSide, notice: Row) -> tuple[bytes, Mapping[str, str]]:
    """The fields that stay, the time of this sending, and the signature over both."""
    fields = json.loads(notice["body"]) | {"notify_time": clock_text(far.truth.stamp_now())}
    body = tampering.forge(notice["tamper"], fields, key_pem=notice_key(far), now=far.truth.stamp_now())
    return body, {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "User-Agent": "Mozilla/4.0"}


def is_heard(answer: httpx.Response) -> bool:
    """Only these seven bytes, whatever the status says besides."""
    return answer.status_code == 200 and answer.content == b"success"


def notice_key(far: FarSide) -> str:
    """The private key that notices are signed with: of the mode that the client's last call was in."""
    return certificates.current(far)[1] if far.truth.setting(MODE, "") == "1" else platform_key(far)


def platform_key(far: FarSide) -> str:
    """The platform's private key of now, outside certificate mode: the newest of a rotation, or the first."""
    newest = far.truth.row("SELECT private_pem FROM alipay_key ORDER BY id DESC LIMIT 1")
    return str(newest["private_pem"]) if newest else keys.ensure(far.truth.folder).platform_private_pem


def return_address(far: FarSide, trade: Row) -> str:
    """Where Alipay's cashier sends a browser after a payment: the merchant's page, with signed fields that prove little."""
    ours = keys.ensure(far.truth.folder)
    told = {
        "app_id": ours.app_id,
        "auth_app_id": ours.app_id,
        "charset": "utf-8",
        "method": "alipay.trade.wap.pay.return",
        "out_trade_no": trade["out_trade_no"],
        "seller_id": ours.seller_id,
        "timestamp": clock_text(far.truth.stamp_now()),
        "total_amount": yuan(trade["total"]),
        "trade_no": trade["trade_no"],
        "version": "1.0",
    }
    told |= {"sign": signing.sign(notice_key(far), signing.notice_text(told)), "sign_type": "RSA2"}
    return f"{trade['return_url']}{'&' if '?' in trade['return_url'] else '?'}{urlencode(told)}"


def _told(far: FarSide, trade: Row) -> dict[str, str]:
    ours = keys.ensure(far.truth.folder)
    return {
        "gmt_create": clock_text(trade["begun_at"]),
        "charset": "utf-8",
        "gmt_payment": clock_text(trade["paid_at"]),
        "subject": trade["subject"],
        "buyer_id": trade["buyer_id"],
        "invoice_amount": yuan(trade["total"]),
        "version": "1.0",
        "fund_bill_list": f'[{{"amount":"{yuan(trade["total"])}","fundChannel":"ALIPAYACCOUNT"}}]',
        "notify_type": "trade_status_sync",
        "out_trade_no": trade["out_trade_no"],
        "total_amount": yuan(trade["total"]),
        "trade_no": trade["trade_no"],
        "auth_app_id": ours.app_id,
        "receipt_amount": yuan(trade["total"]),
        "point_amount": "0.00",
        "buyer_pay_amount": yuan(trade["total"]),
        "app_id": ours.app_id,
        "sign_type": "RSA2",
        "seller_id": ours.seller_id,
    }


def _announce(far: FarSide, plan: Plan, trade: Row, told: dict[str, str]) -> None:
    if not trade["notify_url"]:
        return
    notices.announce(
        far,
        plan,
        channel=NAME,
        kind=told["trade_status"],
        subject=trade["out_trade_no"],
        url=trade["notify_url"],
        event_id=lambda: f"{clock_text(far.truth.now())[:10].replace('-', '')}{secrets.randbelow(10**24):024d}",
        body=partial(_body, told),
    )


def _body(told: dict[str, str], event_id: str) -> bytes:
    return json.dumps(told | {"notify_id": event_id}, ensure_ascii=False).encode()
