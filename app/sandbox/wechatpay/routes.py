"""WeChat Pay API v3 (微信支付) as its merchants see it: the routes, and the one way every answer leaves."""

import json
import secrets
from collections.abc import Callable
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from app.sandbox import faults
from app.sandbox.far_side import FarSide, Refusal
from app.sandbox.truth import rfc3339
from app.sandbox.wechatpay import admission, bills, forms, refunds, signing, trades
from app.sandbox.wechatpay.admission import Call

Reply = dict[str, Any] | None
"""The JSON of an answer; None is a 204 without a body."""

_JSON: Final = "application/json"


@post("/v3/pay/transactions/jsapi")
async def open_jsapi(request: Request[Any, Any, Any], far: FarSide) -> Response[bytes]:
    """Inside WeChat: answers a prepay id."""
    return await _serve(request, far, "jsapi", lambda call: _open(far, "JSAPI", call))


@post("/v3/pay/transactions/h5")
async def open_h5(request: Request[Any, Any, Any], far: FarSide) -> Response[bytes]:
    """In a phone's browser: answers the address of the cashier."""
    return await _serve(request, far, "h5", lambda call: _open(far, "MWEB", call))


@post("/v3/pay/transactions/native")
async def open_native(request: Request[Any, Any, Any], far: FarSide) -> Response[bytes]:
    """On another screen: answers the text of a QR code."""
    return await _serve(request, far, "native", lambda call: _open(far, "NATIVE", call))


@get("/v3/pay/transactions/out-trade-no/{number:str}")
async def query(request: Request[Any, Any, Any], far: FarSide, number: str) -> Response[bytes]:
    """What became of the merchant's order number."""

    def tell(_: Call) -> Reply:
        _check_query(request, far)
        return trades.describe(far, trades.get(far, out_trade_no=number))

    return await _serve(request, far, "query", tell)


@get("/v3/pay/transactions/id/{number:str}")
async def query_by_id(request: Request[Any, Any, Any], far: FarSide, number: str) -> Response[bytes]:
    """What became of WeChat's own number."""

    def tell(_: Call) -> Reply:
        _check_query(request, far)
        return trades.describe(far, trades.get(far, transaction_id=number))

    return await _serve(request, far, "query", tell)


@post("/v3/pay/transactions/out-trade-no/{number:str}/close")
async def close(request: Request[Any, Any, Any], far: FarSide, number: str) -> Response[bytes]:
    """Nobody shall pay this any more: 204."""

    def shut(call: Call) -> Reply:
        forms.read_close(far, call.body)
        trades.close(far, number)
        return None

    return await _serve(request, far, "close", shut)


@post("/v3/refund/domestic/refunds")
async def refund(request: Request[Any, Any, Any], far: FarSide) -> Response[bytes]:
    """Give money back."""
    return await _serve(request, far, "refund", lambda call: refunds.request(far, forms.read_refund(call.body)))


@get("/v3/refund/domestic/refunds/{number:str}")
async def query_refund(request: Request[Any, Any, Any], far: FarSide, number: str) -> Response[bytes]:
    """What became of a refund."""
    return await _serve(request, far, "refund_query", lambda _: refunds.describe(far, refunds.get(far, number)))


@get("/v3/bill/tradebill")
async def trade_bill(request: Request[Any, Any, Any], far: FarSide) -> Response[bytes]:
    """Where the bill of a day lies."""
    return await _serve(request, far, "bill", lambda _: bills.announce(far, dict(request.query_params)))


@get("/v3/billdownload/file")
async def bill_file(request: Request[Any, Any, Any], far: FarSide) -> Response[bytes]:
    """The packed file: asked for under a signature, and answered without one."""
    call = await read_call(request)
    try:
        admission.admit(far, call)
        content = bills.packed(far, request.query_params.get("token", ""))
    except Refusal as refusal:
        return refuse(far, "bill_file", call, refusal)
    return Response(content=content, media_type="application/octet-stream")


@get("/v3/certificates")
async def certificates(request: Request[Any, Any, Any], far: FarSide) -> Response[bytes]:
    """The platform's certificates, each sealed under the APIv3 key."""
    return await _serve(request, far, "certificates", lambda _: _tell_certificates(far))


ROUTES: Final[list[HTTPRouteHandler]] = [
    open_jsapi,
    open_h5,
    open_native,
    query,
    query_by_id,
    close,
    refund,
    query_refund,
    trade_bill,
    bill_file,
    certificates,
]


async def read_call(request: Request[Any, Any, Any]) -> Call:
    """The request as it stood on the wire."""
    scope = request.scope
    url = scope["raw_path"].decode("latin-1")
    if scope["query_string"]:
        url += "?" + scope["query_string"].decode("latin-1")
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    return Call(method=request.method, url=url, headers=headers, body=await request.body())


def refuse(far: FarSide, route: str, call: Call, refusal: Refusal) -> Response[bytes]:
    """A refusal in dialect: logged with what was expected, and signed like every answer."""
    far.truth.run(
        "INSERT INTO refusal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        far.truth.now(),
        route,
        call.method,
        call.url,
        refusal.status,
        refusal.code,
        refusal.message,
        refusal.expected,
        refusal.got,
        refusal.is_form,
    )
    told: dict[str, Any] = {"code": refusal.code, "message": refusal.message}
    if refusal.field is not None:
        told["detail"] = {"location": "body", "field": refusal.field, "issue": refusal.message}
    wished = call.headers.get("wechatpay-serial")
    try:
        serial, key_pem = admission.answer_serial(far, wished)
    except Refusal:
        serial, key_pem = admission.answer_serial(far, None)
    return _signed(far, refusal.status, _encode(told), serial=serial, key_pem=key_pem)


def refuse_plainly(request: Request[Any, Any, Any], fact: HTTPException) -> Response[bytes]:
    """What the framework refused on a path of ours."""
    call = Call(method=request.method, url=request.scope["path"], headers=dict(request.headers.items()), body=b"")
    code = "RESOURCE_NOT_EXISTS" if fact.status_code == 404 else "PARAM_ERROR"
    return refuse(request.app.state.far, "unknown", call, Refusal(fact.status_code, code, fact.detail))


async def _serve(
    request: Request[Any, Any, Any], far: FarSide, route: str, act: Callable[[Call], Reply]
) -> Response[bytes]:
    call = await read_call(request)
    fault = faults.take(far, route)
    try:
        admission.admit(far, call)
        serial, key_pem = admission.answer_serial(far, call.headers.get("wechatpay-serial"))
        if fault is not None and fault.is_before and (instead := await faults.strike_before(fault)) is not None:
            return instead
        told = act(call)
    except Refusal as refusal:
        answer = refuse(far, route, call, refusal)
    else:
        body = b"" if told is None else _encode(told)
        if fault is not None and fault.kind == "bad_json":
            body = body[: len(body) // 2]  # and truly signed as it is, or the client would never come to read it
        answer = _signed(far, 204 if told is None else 200, body, serial=serial, key_pem=key_pem)
    if fault is None or fault.is_before:
        return answer
    return await faults.strike_after(fault, answer)


def _encode(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _signed(far: FarSide, status: int, body: bytes, *, serial: str, key_pem: str) -> Response[bytes]:
    stamps = signing.stamps(key_pem, serial, body, now_s=far.truth.stamp_now())
    headers = stamps | {"Request-ID": secrets.token_hex(16).upper()}
    return Response(content=body, status_code=status, media_type=_JSON, headers=headers)


def _open(far: FarSide, trade_type: str, call: Call) -> Reply:
    return dict(trades.open_trade(far, forms.read_open(far, trade_type, call.body)))


def _check_query(request: Request[Any, Any, Any], far: FarSide) -> None:
    forms.check_mchid(far, request.query_params.get("mchid"), location="query")


def _tell_certificates(far: FarSide) -> Reply:
    return {
        "data": [
            {
                "serial_no": one.serial,
                "effective_time": rfc3339(signing.life(one.pem)[0]),
                "expire_time": rfc3339(signing.life(one.pem)[1]),
                "encrypt_certificate": signing.seal(far.keys.apiv3_key, one.pem, associated="certificate"),
            }
            for one in admission.certificates(far)
        ]
    }
