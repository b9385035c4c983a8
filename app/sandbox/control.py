"""The control plane: what a test or an operator tells the far side to do next. Opened by the control token.

Nothing here exists at WeChat. Every call answers JSON; what cannot be done answers 409 with the reason.
"""

import hmac
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from litestar import Response, Router, get, post
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, ValidationException
from litestar.handlers import BaseRouteHandler
from msgspec import Meta, Struct

from app.sandbox import channel_control, faults
from app.sandbox.channels import Books, CannotBePaid, Outcome, channels
from app.sandbox.far_side import FarSide, Refusal
from app.sandbox.keys import issue_platform_certificate, packages
from app.sandbox.plans import Plan
from app.sandbox.registry import control as registry
from app.sandbox.truth import Row
from app.sandbox.webhooks import control as webhooks
from app.sandbox.wechat import login
from app.sandbox.wechatpay import bills, notifying, outcomes, refunds, signing, tampering, trades

Seconds = Annotated[float, Meta(ge=0, le=30 * 24 * 3600)]
Times = Annotated[int, Meta(ge=1, le=1000)]


class PayForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A payer's visit that ends well unless another outcome is named."""

    out_trade_no: str
    outcome: Outcome = Outcome.SUCCESS
    payer_total: Annotated[int, Meta(ge=0, le=10**10)] | None = None
    """Fen the payer pays after coupons; all of it by default."""
    late: bool = False
    """Pay even what is closed or expired, as a slow bank does."""


class CallUpForm(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What a page inside WeChat hands to the phone (调起支付), and how the payer decides."""

    app_id: str
    time_stamp: str
    nonce_str: str
    package: str
    sign_type: Literal["RSA"]
    pay_sign: str
    outcome: Outcome = Outcome.SUCCESS


class NotifyForm(Struct, frozen=True, forbid_unknown_fields=True):
    """How the notice of a trade travels. Before payment it is kept for it; after payment it is sent (again) so."""

    out_trade_no: str
    drop: bool = False
    """Before payment: no notice ever. After it: what still waits is never sent."""
    delay_s: Seconds = 0
    """Nominal, like every waiting time: multiplied by the time factor."""
    duplicate: Times = 1
    at_once: bool = False
    fresh_ids: bool = False
    tamper: str | None = None


class FaultForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What goes wrong in the next calls of a route."""

    route: str
    kind: str
    times: Times = 1
    hold_s: Seconds = 30
    """How long a time-out is silent and a trickle takes; real seconds."""


class RotateForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Which key signs notices from now on, and whether the platform gets a new certificate."""

    notices: Literal["public_key", "certificate", "mixed"] | None = None
    new_certificate: bool = False


class BillForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What is wrong with the bills."""

    defect: str


class ClockForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the far side's clock stands, relative to this machine's."""

    offset_s: Annotated[float, Meta(ge=-10 * 365 * 24 * 3600, le=10 * 365 * 24 * 3600)]
    stamp_offset_s: float | None = None
    """For the timestamps of signatures, where they shall not follow: 0 keeps the wire fresh while orders age."""


class CodeForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose phone calls `wx.login()`; a new person's by default."""

    openid: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class SnapshotForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether whoever opens a page sees its snapshot first."""

    on: bool


class RefundResultForm(Struct, frozen=True, forbid_unknown_fields=True):
    """How refunds end: the named one that is still under way, or all that come."""

    result: Literal["SUCCESS", "ABNORMAL", "CLOSED", "PROCESSING"]
    """`PROCESSING` keeps them under way until told otherwise."""
    out_refund_no: str | None = None


@post("/outcome", status_code=200)
async def bring_about(far: FarSide, data: PayForm) -> dict[str, Any]:
    """Let the payer's visit end with the named outcome."""
    return _pay(far, data)


@post("/pay", status_code=200)
async def pay(far: FarSide, data: PayForm) -> dict[str, Any]:
    """The same under the shorter name for an ordinary payment."""
    return _pay(far, data)


@post("/wx/call_up", status_code=200)
async def call_up(far: FarSide, data: CallUpForm) -> dict[str, Any]:
    """Pay inside WeChat: the client's signature over the call-up must hold, as on a phone."""
    message = signing.call_up_message(
        appid=data.app_id, timestamp=data.time_stamp, nonce=data.nonce_str, package=data.package
    )
    trade = trades.get(far, prepay_id=data.package.removeprefix("prepay_id="))
    is_signed = signing.holds(far.keys.merchant_certificate_pem, message, data.pay_sign)
    if data.app_id != trades.appid_of(trade) or not is_signed:
        raise Refusal(401, "SIGN_ERROR", "支付验证签名失败", expected=message.decode(), got=data.pay_sign)
    return _pay(far, PayForm(out_trade_no=trade["out_trade_no"], outcome=data.outcome))


@post("/wx/code", status_code=200)
async def mint_code(far: FarSide, data: CodeForm | None = None) -> dict[str, str]:
    """A login code, and the openid it will give."""
    return login.mint_code(far, openid=data.openid if data else None)


@post("/wx/snapshot", status_code=200)
async def set_snapshot(far: FarSide, data: SnapshotForm) -> dict[str, bool]:
    """Whether pages are read in the snapshot mode (快照页) from now on."""
    far.truth.set("account.snapshot", "1" if data.on else "0")
    return {"on": data.on}


@post("/notify", status_code=200)
async def notify(far: FarSide, data: NotifyForm) -> dict[str, Any]:
    """Say how a notice travels, or send it again."""
    if data.tamper is not None and data.tamper not in tampering.NAMES:
        raise ValidationException(f"tamper: one of {sorted(tampering.NAMES)}")
    plan = Plan(
        drop=data.drop,
        delay_s=data.delay_s,
        copies=data.duplicate,
        at_once=data.at_once,
        fresh_ids=data.fresh_ids,
        tamper=data.tamper,
    )
    return {"kept_for_payment": notifying.send_so(far, data.out_trade_no, plan)}


@post("/fault", status_code=200)
async def order_fault(far: FarSide, data: FaultForm) -> dict[str, Any]:
    """Let something go wrong in the next calls."""
    routes = faults.ROUTES.union(*(channel.fault_routes for channel in channels().values()))
    if data.route not in routes:
        raise ValidationException(f"route: one of {sorted(routes)}")
    if not faults.is_kind(data.kind):
        raise ValidationException(f"kind: one of {sorted(faults.BEFORE | faults.AFTER)} or code:NAME")
    faults.order(far, route=data.route, kind=data.kind, times=data.times, hold_s=data.hold_s)
    return {"ordered": data.times}


@post("/fault/clear", status_code=200)
async def clear_faults(far: FarSide) -> dict[str, bool]:
    """What was ordered and not met yet happens to nobody."""
    far.truth.run("UPDATE fault SET left = 0")
    return {"cleared": True}


@post("/keys/rotate", status_code=200)
async def rotate(far: FarSide, data: RotateForm) -> dict[str, Any]:
    """Change what notices are signed with; earlier certificates stay valid and listed."""
    if data.notices is not None:
        far.truth.set("notices.signed_by", data.notices)
    serial = None
    if data.new_certificate:
        serial, pem, key_pem = issue_platform_certificate(far.keys, at=datetime.now(UTC))
        far.truth.run("INSERT INTO certificate VALUES (?, ?, ?, ?)", serial, pem, key_pem, far.truth.now())
    return {"notices": far.truth.setting("notices.signed_by", "public_key"), "new_serial": serial}


@post("/bill", status_code=200)
async def set_bill(far: FarSide, data: BillForm) -> dict[str, Any]:
    """Let the bills that are fetched from now on have this defect; an empty one mends them."""
    if data.defect not in bills.DEFECTS:
        raise ValidationException(f"defect: one of {sorted(bills.DEFECTS)}")
    far.truth.set("wechatpay.bill.defect", data.defect)
    return {"defect": data.defect}


@post("/clock", status_code=200)
async def set_clock(far: FarSide, data: ClockForm) -> dict[str, Any]:
    """Move the far side's clock."""
    with far.truth.transaction():
        far.truth.set("clock.offset_s", data.offset_s)
        far.truth.set("clock.stamp_offset_s", data.offset_s if data.stamp_offset_s is None else data.stamp_offset_s)
    far.wake.set()
    return {"now": far.truth.now(), "stamp_now": far.truth.stamp_now()}


@post("/refund", status_code=200)
async def set_refund_result(far: FarSide, data: RefundResultForm) -> dict[str, Any]:
    """Say how refunds end."""
    refunds.set_result(far, data.result, data.out_refund_no)
    far.wake.set()
    return {"result": data.result}


@get("/truth")
async def tell_truth(far: FarSide) -> dict[str, Any]:
    """WeChat Pay's trades and refunds as it keeps them, every notice, and the books of every channel in common words."""
    paid = far.truth.row("SELECT coalesce(sum(total), 0) AS fen FROM trade WHERE state = 'SUCCESS'")
    back = far.truth.row("SELECT coalesce(sum(fen), 0) AS fen FROM refund WHERE state = 'SUCCESS'")
    assert paid is not None
    assert back is not None
    return {
        "trades": far.truth.rows("SELECT * FROM trade ORDER BY created_at, rowid"),
        "refunds": far.truth.rows("SELECT * FROM refund ORDER BY created_at, rowid"),
        "notices": [_notice(far, row) for row in far.truth.rows("SELECT * FROM notice ORDER BY id")],
        "balances": {"CNY": {"paid": paid["fen"], "refunded": back["fen"], "held": paid["fen"] - back["fen"]}},
        "channels": {name: _told(channel.books(far)) for name, channel in channels().items()},
    }


@get("/log")
async def tell_log(far: FarSide) -> dict[str, Any]:
    """Every refusal, with what was expected; `is_form` marks those that the client's writing caused."""
    return {"refusals": far.truth.rows("SELECT * FROM refusal ORDER BY rowid")}


@post("/reset", status_code=200)
async def reset(far: FarSide) -> dict[str, Any]:
    """Forget everything but the keys."""
    far.truth.forget()
    far.wake.set()
    return {"reset": True}


def token_holder(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Only who holds the control token."""
    far: FarSide = connection.app.state.far
    given = connection.headers.get("authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {far.keys.control_token}".encode()):
        raise NotAuthorizedException


def refuse(_: Any, refusal: Refusal) -> Response[dict[str, str | None]]:  # noqa: ANN401 - the framework's own shape
    """A refusal reaches this caller as it is, unsigned."""
    return Response(
        {"code": refusal.code, "message": refusal.message, "expected": refusal.expected}, status_code=refusal.status
    )


def cannot_be_paid(_: Any, fact: CannotBePaid) -> Response[dict[str, str]]:  # noqa: ANN401 - the same
    """409, with the reason."""
    return Response({"code": "CANNOT_BE_PAID", "message": fact.reason}, status_code=409)


ROUTER: Final = Router(
    path="/_sandbox",
    route_handlers=[
        bring_about,
        pay,
        call_up,
        mint_code,
        set_snapshot,
        notify,
        order_fault,
        clear_faults,
        rotate,
        set_bill,
        set_clock,
        set_refund_result,
        tell_truth,
        tell_log,
        reset,
        *channel_control.ROUTES,
        *registry.ROUTES,
        *webhooks.ROUTES,
        *(route for package in packages() for route in getattr(package, "CONTROL", [])),
    ],
    guards=[token_holder],
    exception_handlers={Refusal: refuse, CannotBePaid: cannot_be_paid},
)


def _pay(far: FarSide, data: PayForm) -> dict[str, Any]:
    outcomes.bring_about(far, data.out_trade_no, data.outcome, payer_total_fen=data.payer_total, late=data.late)
    return trades.describe(far, trades.get(far, out_trade_no=data.out_trade_no))


def _told(books: Books) -> dict[str, Any]:
    return {"trades": books.trades, "refunds": books.refunds, "balances": books.balances()}


def _notice(far: FarSide, row: Row) -> dict[str, Any]:
    sendings = far.truth.rows("SELECT at, answer FROM sending WHERE notice = ? ORDER BY rowid", row["id"])
    return {**row, "body": row["body"].decode(), "sendings": sendings}
