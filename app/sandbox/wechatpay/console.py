"""The merchant's console (商户平台), as far as a rehearsal needs it: giving money back without the merchant's program."""

from typing import Annotated, Any, Final

from litestar import post
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from app.sandbox.far_side import FarSide
from app.sandbox.wechatpay import refunds


class ConsoleRefundForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Money that somebody gives back by hand."""

    reference: str
    amount_minor: Annotated[int, Meta(ge=1, le=10**10)]


@post("/wechatpay/console_refund", status_code=200)
async def give_back(far: FarSide, data: ConsoleRefundForm) -> dict[str, Any]:
    """Give it back now; the notice goes where the payment's goes."""
    return refunds.make_at_console(far, data.reference, data.amount_minor)


CONTROL: Final[list[HTTPRouteHandler]] = [give_back]
