"""PayPal's REST calls as its merchants see them."""

from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from app.sandbox import faults
from app.sandbox.far_side import FarSide, Refusal
from app.sandbox.paypal import admission, forms, notifying, orders, refunds, repeats, reports
from app.sandbox.paypal.admission import Call, Reply, serve
from app.sandbox.paypal.repeats import Made


@post("/v1/oauth2/token")
async def token(request: Request[Any, Any, Any], far: FarSide) -> Response[bytes]:
    """A token for the app's secret."""
    return await serve(request, far, "token", lambda call: admission.issue_token(far, call), admitting=lambda *_: None)


@post("/v2/checkout/orders")
async def open_order(request: Request[Any, Any, Any], far: FarSide) -> Response[bytes]:
    """An order, and where its payer approves it."""

    def act(call: Call) -> Reply:
        form = forms.read_order(call)
        return repeats.once(far, call, lambda: orders.make(far, form), lambda made: _order(far, made))

    return await serve(request, far, "open", act)


@get("/v2/checkout/orders/{order_id:str}")
async def query_order(request: Request[Any, Any, Any], far: FarSide, order_id: str) -> Response[bytes]:
    """What became of an order."""
    return await serve(request, far, "query", lambda _: (200, orders.describe(far, order_id)))


@post("/v2/checkout/orders/{order_id:str}/capture")
async def capture(request: Request[Any, Any, Any], far: FarSide, order_id: str) -> Response[bytes]:
    """The money of an approved order."""

    def take() -> Made:
        made = orders.capture(far, order_id)
        notifying.announce_capture(far, order_id)
        return made

    def act(call: Call) -> Reply:
        forms.read_empty(call)
        return repeats.once(far, call, take, lambda made: _order(far, made))

    return await serve(request, far, "capture", act)


@post("/v2/payments/captures/{capture_id:str}/refund")
async def refund(request: Request[Any, Any, Any], far: FarSide, capture_id: str) -> Response[bytes]:
    """Money back."""

    def act(call: Call) -> Reply:
        form = forms.read_refund(call)
        return repeats.once(
            far,
            call,
            lambda: refunds.request(far, capture_id, form),
            lambda made: refunds.describe(far, made.refund_id or ""),
        )

    return await serve(request, far, "refund", act)


@get("/v2/payments/refunds/{refund_id:str}")
async def query_refund(request: Request[Any, Any, Any], far: FarSide, refund_id: str) -> Response[bytes]:
    """What became of a refund."""
    return await serve(request, far, "refund_query", lambda _: (200, refunds.describe(far, refund_id)))


@get("/v1/reporting/transactions")
async def transactions(request: Request[Any, Any, Any], far: FarSide) -> Response[bytes]:
    """A page of what moved."""
    return await serve(request, far, "bill", lambda call: reports.tell(far, call))


@get("/v1/notifications/certs/{name:str}")
async def certificate(request: Request[Any, Any, Any], far: FarSide, name: str) -> Response[bytes]:
    """The chain of a certificate that signs notices, for everybody."""
    call = await admission.read_call(request)
    fault = faults.take(far, "paypal.certificate")
    if fault is not None and fault.is_before and (instead := await faults.strike_before(fault)) is not None:
        return instead
    try:
        pem = notifying.certificates(far, name)
    except Refusal as refusal:
        return admission.refuse(far, "certificate", call, refusal)
    answer = Response(content=pem.encode(), media_type="application/x-pem-file", headers={})
    return await faults.strike_after(fault, answer) if fault is not None else answer


ROUTES: Final[list[HTTPRouteHandler]] = [
    token,
    open_order,
    query_order,
    capture,
    refund,
    query_refund,
    transactions,
    certificate,
]


def _order(far: FarSide, made: Made) -> dict[str, Any]:
    return orders.describe(far, made.order_id or "")
