"""The bank's notices: a form, its content JSON, signed once for each sending, on the bank's own schedule.

As documented they say no state: that a message comes is all they say, and whoever wants to know asks.
"""

import json
import secrets
from collections.abc import Mapping
from functools import partial
from typing import Final

import httpx

from app.sandbox import notices
from app.sandbox.ecny_cmb import signing, tampering, trades
from app.sandbox.ecny_cmb.admission import own
from app.sandbox.far_side import FarSide
from app.sandbox.plans import Plan
from app.sandbox.truth import Row

SCHEDULE_S: Final = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)
"""Waits after each sending that was not acknowledged (V3.4.1, 2.5): 24 h 4 min in all, sixteen sendings."""


def announce_payment(far: FarSide, trade: Row, plan: Plan) -> None:
    """Prepare the notice of a paid order; joins the caller's transaction."""
    told = trades.paid_fields(far, trade)
    if plan.tamper is not None and plan.tamper in tampering.LIES:
        tampering.LIES[plan.tamper](told)
    _announce(far, plan, kind="PAYMENT", subject=trade["order_id"], url=trade["notify_url"], told=told)


def announce_refund(far: FarSide, refund: Row, told: dict[str, str]) -> None:
    """Prepare the notice of a refund that succeeded; joins the caller's transaction."""
    _announce(far, Plan(), kind="REFUND", subject=refund["of_order_id"], url=refund["notify_url"], told=told)


def send_so(far: FarSide, order_id: str, plan: Plan) -> bool:
    """Send the notice of a paid order (again) so; keep the plan for when it is paid, and say that it was kept."""
    with far.truth.transaction():
        trade = trades.get(far, order_id, None)
        if trade["state"] != "S":
            far.truth.run("UPDATE ecny_cmb_trade SET plan = ? WHERE order_id = ?", plan.to_json(), order_id)
            return True
        if plan.drop:
            notices.drop(far, order_id, channel=trades.NAME)
        else:
            announce_payment(far, trade, plan)
        return False


def sending(far: FarSide, notice: Row) -> tuple[bytes, Mapping[str, str]]:
    """The form under a signature of now."""
    body = tampering.forge(notice["tamper"], notice["body"].decode(), private=bank_private(far))
    return body, {"Content-Type": "application/x-www-form-urlencoded", "Accept": "*/*", "User-Agent": "Java/1.8"}


def is_heard(answer: httpx.Response) -> bool:
    """JSON that says SUCCESS twice."""
    told = _read(answer)
    return answer.is_success and (told.get("returnCode"), told.get("respCode")) == ("SUCCESS", "SUCCESS")


def is_clients(far: FarSide, answer: httpx.Response) -> bool:
    """Signed by the merchant's key."""
    told = _read(answer)
    return signing.holds(own(far).merchant_public, signing.text_to_sign(told), told.get("sign", ""))


def bank_private(far: FarSide) -> str:
    """The key that the bank signs with now."""
    keys = own(far)
    return keys.next_bank_private if far.truth.setting("ecny_cmb.signed_by", "bank") == "next" else keys.bank_private


def _announce(far: FarSide, plan: Plan, *, kind: str, subject: str, url: str, told: dict[str, str]) -> None:
    notices.announce(
        far,
        plan,
        channel=trades.NAME,
        kind=kind,
        subject=subject,
        url=url,
        event_id=lambda: secrets.token_hex(16),
        body=partial(_content, told, is_fresh=plan.fresh_ids),
    )


def _read(answer: httpx.Response) -> dict[str, str]:
    """The fields of an answer; none where it is not JSON of texts."""
    try:
        told = json.loads(answer.content)
    except ValueError:
        return {}
    return told if isinstance(told, dict) and all(isinstance(value, str) for value in told.values()) else {}


def _content(told: dict[str, str], event_id: str, *, is_fresh: bool) -> bytes:
    """The wire carries no id: a message with other content is another one."""
    return signing.compact(told | ({"mchReserved": event_id} if is_fresh else {})).encode()
