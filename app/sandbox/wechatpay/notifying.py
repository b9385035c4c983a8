"""WeChat's notices: sealed under the APIv3 key, signed anew for each sending, on WeChat's own schedule."""

import json
import secrets
import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import httpx

from app.sandbox import notices
from app.sandbox.far_side import FarSide
from app.sandbox.plans import Plan
from app.sandbox.truth import Row, rfc3339
from app.sandbox.wechatpay import admission, signing, tampering, trades

NAME: Final = "wechatpay"
SCHEDULE_S: Final = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)
"""Waits after each sending that was not answered by a 2xx: 24 h 4 min in all, sixteen sendings."""


def announce_payment(far: FarSide, trade: Row, plan: Plan) -> None:
    """Prepare the notice of a paid trade; joins the caller's transaction."""
    # A notice tells how the payment succeeded, whatever was refunded since.
    told = trades.describe(far, trade) | {"trade_state": "SUCCESS", "trade_state_desc": "支付成功"}
    if plan.tamper is not None and plan.tamper in tampering.LIES:
        tampering.LIES[plan.tamper](told)
    _announce(far, plan, trade, kind="TRANSACTION.SUCCESS", summary="支付成功", original_type="transaction", told=told)


def announce_refund(far: FarSide, refund: Row, told: dict[str, Any]) -> None:
    """Prepare the notice of a refund that came to its end; joins the caller's transaction."""
    summary = {"SUCCESS": "退款成功", "CLOSED": "退款关闭"}.get(refund["state"], "退款异常")
    _announce(far, Plan(), refund, kind=f"REFUND.{refund['state']}", summary=summary, original_type="refund", told=told)


def send_so(far: FarSide, out_trade_no: str, plan: Plan) -> bool:
    """Send the notice of a paid trade (again) so; keep the plan for when it is paid, and say that it was kept."""
    with far.truth.transaction():
        trade = trades.get(far, out_trade_no=out_trade_no)
        if trade["state"] != "SUCCESS":
            far.truth.run("UPDATE trade SET plan = ? WHERE out_trade_no = ?", plan.to_json(), out_trade_no)
            return True
        if plan.drop:
            notices.drop(far, out_trade_no, channel=NAME)
        else:
            announce_payment(far, trade, plan)
        return False


def sending(far: FarSide, notice: Row) -> tuple[bytes, Mapping[str, str]]:
    """Timestamp, nonce and signature of now over the body that stays."""
    serial, key_pem = _notice_key(far)
    body, headers = tampering.forge(far, notice["tamper"], notice["body"], key_pem=key_pem, serial=serial)
    return body, headers | {"Content-Type": "application/json", "Accept": "*/*", "User-Agent": "Mozilla/4.0"}


def is_heard(answer: httpx.Response) -> bool:
    """Any 2xx."""
    return answer.is_success


def _announce(
    far: FarSide, plan: Plan, about: Row, *, kind: str, summary: str, original_type: str, told: dict[str, Any]
) -> None:
    notices.announce(
        far,
        plan,
        channel=NAME,
        kind=kind,
        subject=about["out_trade_no"],
        url=about["notify_url"],
        event_id=lambda: str(uuid.uuid4()),
        body=partial(_body, far, kind, summary, original_type, told),
    )


def _body(far: FarSide, kind: str, summary: str, original_type: str, told: dict[str, Any], event_id: str) -> bytes:
    plain = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    resource = signing.seal(far.keys.apiv3_key, plain, associated=original_type)
    notice = {
        "id": event_id,
        "create_time": rfc3339(far.truth.now()),
        "resource_type": "encrypt-resource",
        "event_type": kind,
        "summary": summary,
        "resource": {"original_type": original_type, **resource},
    }
    return json.dumps(notice, ensure_ascii=False, separators=(",", ":")).encode()


def _notice_key(far: FarSide) -> tuple[str, str]:
    """The serial and key notices are signed with now; `mixed` draws, as on the days of a migration."""
    mode = far.truth.setting("notices.signed_by", "public_key")
    if mode == "mixed":
        mode = secrets.choice(("public_key", "certificate"))
    if mode == "public_key":
        return far.keys.platform_public_key_id, far.keys.platform_private_key_pem
    newest = admission.certificates(far)[0]
    return newest.serial, newest.key_pem
