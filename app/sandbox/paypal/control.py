"""What only a rehearsal can order of PayPal, under `/_sandbox/paypal/`."""

from typing import Annotated, Any, Final, Literal

from litestar import post
from litestar.exceptions import ValidationException
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from app.sandbox.far_side import FarSide
from app.sandbox.paypal import notifying, orders, refunds
from app.sandbox.paypal.admission import refused


class WebhookForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Where notices go from now on, as a merchant says it in PayPal's dashboard."""

    url: Annotated[str, Meta(min_length=8, max_length=2048)]


class CaptureForm(Struct, frozen=True, forbid_unknown_fields=True):
    """How captures end: the named order's, which is under review, or all that come."""

    result: Literal["COMPLETED", "PENDING", "DECLINED"]
    reason: str = "PENDING_REVIEW"
    reference: str | None = None


class ReferenceForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A payment of the merchant's."""

    reference: str


class BackForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Money back from the merchant's console; all that is left without an amount."""

    reference: str
    amount_minor: Annotated[int, Meta(ge=1)] | None = None


@post("/paypal/webhook", status_code=200)
async def subscribe(far: FarSide, data: WebhookForm) -> dict[str, str]:
    """Orders made from now on tell their notices there."""
    far.truth.set("paypal.webhook", data.url)
    return {"url": data.url}


@post("/paypal/capture", status_code=200)
async def set_capture(far: FarSide, data: CaptureForm) -> dict[str, str]:
    """Say how captures end."""
    if data.reference is None:
        if data.reason not in orders.REASONS:
            raise ValidationException(f"reason: one of {sorted(orders.REASONS)}")
        far.truth.set("paypal.captures.result", data.result)
        far.truth.set("paypal.captures.reason", data.reason)
        return {"result": data.result}
    with far.truth.transaction():
        order = orders.find(far, custom_id=data.reference)
        if order is None:
            raise refused(404, "INVALID_RESOURCE_ID")
        orders.settle(far, order["id"], data.result)
        notifying.announce_capture(far, order["id"])
    return {"result": data.result}


@post("/paypal/console_refund", status_code=200)
async def refund_in_console(far: FarSide, data: BackForm) -> dict[str, str]:
    """Give money back without the merchant's program."""
    with far.truth.transaction():
        return {"refund_id": refunds.make_in_console(far, data.reference, data.amount_minor)}


@post("/paypal/reversal", status_code=200)
async def reverse(far: FarSide, data: ReferenceForm) -> dict[str, str]:
    """A bank takes a payment back."""
    with far.truth.transaction():
        return {"refund_id": refunds.reverse(far, data.reference)}


@post("/paypal/dispute", status_code=200)
async def dispute(far: FarSide, data: ReferenceForm) -> dict[str, bool]:
    """A payer complains."""
    with far.truth.transaction():
        notifying.announce_dispute(far, data.reference)
    return {"told": True}


@post("/paypal/keys/rotate", status_code=200)
async def rotate(far: FarSide) -> dict[str, str]:
    """Sign notices under a new certificate from now on."""
    return {"certificate": notifying.rotate(far)}


@post("/paypal/tokens/revoke", status_code=200)
async def revoke(far: FarSide) -> dict[str, Any]:
    """No token that was issued so far is taken any more."""
    far.truth.run("UPDATE paypal_token SET refused = 1")
    return {"revoked": True}


ROUTES: Final[list[HTTPRouteHandler]] = [subscribe, set_capture, refund_in_console, reverse, dispute, rotate, revoke]
