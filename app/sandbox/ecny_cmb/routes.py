"""The paths of the bank's gateway, and the one way every answer leaves: JSON under the bank's signature.

What is wrong with a call's outside is answered unsigned, as the documents allow; what an order's state forbids, signed.
"""

import json
from collections.abc import Callable
from typing import Any, Final, Literal

from litestar import Request, Response, get, post
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from app.sandbox import faults
from app.sandbox.ecny_cmb import admission, bills, forms, notifying, refunds, signing, trades
from app.sandbox.ecny_cmb.admission import Call
from app.sandbox.far_side import FarSide, Refusal

Reply = dict[str, Any]

_BASE: Final = "/polypay/v1.0/mchorders"
_OUTSIDE: Final = frozenset({
    "JSON_FORMAT_ERROR", "POST_DATA_EMPTY", "SIGN_ERROR", "VERSION_ERROR", "ENCODING_ERROR", "SIGNMETHOD_ERROR",
    "APPID_ERROR", "APISIGN_ERROR", "TIMESTAMP_ERROR", "HEAD_ERROR",
})  # fmt: skip
_WORDS: Final = {"SYSTEM_ERROR": "SYSTERM_ERROR", "FREQUENCY_LIMITED": "OPERATING_FREQUENTLY"}
"""The bank's own for what every far side can be told to say."""
VERBS: Final = ("open", "query", "close", "refund", "refund_query", "bill")


class KeysForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Which of its two keys the bank signs with from now on, and whether it writes the content of answers as an object."""

    signed_by: Literal["bank", "next"] = "bank"
    content_as: Literal["text", "object"] = "text"


@post(f"{_BASE}/ecny/unifiedOrder", status_code=200)
async def open_order(request: Request[Any, Any, Any], far: FarSide) -> Response[bytes]:
    """数字人民币统一下单."""
    return await _serve(request, far, "open", lambda told: trades.open_order(far, forms.read_order(far, told)))


@post(f"{_BASE}/orderquery", status_code=200)
async def query(request: Request[Any, Any, Any], far: FarSide) -> Response[bytes]:
    """支付结果查询."""
    return await _serve(request, far, "query", lambda told: trades.tell(far, *_numbers(far, told)))


@post(f"{_BASE}/close", status_code=200)
async def close(request: Request[Any, Any, Any], far: FarSide) -> Response[bytes]:
    """关闭订单."""

    def shut(told: dict[str, str]) -> Reply:
        return trades.close(far, *forms.read_number(far, told, ours="origOrderId", theirs="origCmbOrderId"))

    return await _serve(request, far, "close", shut)


@post(f"{_BASE}/refund", status_code=200)
async def refund(request: Request[Any, Any, Any], far: FarSide) -> Response[bytes]:
    """退款申请."""
    return await _serve(request, far, "refund", lambda told: refunds.request(far, forms.read_refund(far, told)))


@post(f"{_BASE}/refundquery", status_code=200)
async def query_refund(request: Request[Any, Any, Any], far: FarSide) -> Response[bytes]:
    """退款结果查询."""
    return await _serve(request, far, "refund_query", lambda told: refunds.tell(far, *_numbers(far, told)))


@post("/bill/check/adapter", status_code=200)
async def bill(request: Request[Any, Any, Any], far: FarSide) -> Response[bytes]:
    """Where the list of a day lies; unsigned."""
    call, fault = await read_call(request), faults.take(far, "ecny_cmb.bill")
    try:
        wanted = admission.admit_for_bill(far, call)
        if fault is not None and fault.is_before and (instead := await faults.strike_before(fault)) is not None:
            return instead
        told = bills.announce(far, wanted)
    except Refusal as refusal:
        _note(far, "ecny_cmb.bill", call, refusal)
        told = {"code": refusal.code, "data": None, "message": refusal.message, "timestamp": ""}
    body = json.dumps(told, ensure_ascii=False).encode()
    if fault is not None and fault.kind == "bad_json":
        body = body[: len(body) // 2]
    answer = _json(body)
    return answer if fault is None or fault.is_before else await faults.strike_after(fault, answer)


@get("/bill/check/files/{token:str}")
async def bill_file(far: FarSide, token: str) -> Response[bytes]:
    """The file itself."""
    content = bills.file(far, token)
    if content is None:
        return Response(content=b"", status_code=404, media_type="text/plain")
    return Response(content=content, media_type="text/csv")


@post("/ecny_cmb/keys", status_code=200)
async def set_keys(far: FarSide, data: KeysForm) -> dict[str, str]:
    """Rotate the bank's key (`signed_by`: bank, next), or change how answers carry their content (text, object)."""
    far.truth.set("ecny_cmb.signed_by", data.signed_by)
    far.truth.set("ecny_cmb.content_as", data.content_as)
    return {"signed_by": data.signed_by, "content_as": data.content_as}


ROUTES: Final[list[HTTPRouteHandler]] = [open_order, query, close, refund, query_refund, bill, bill_file]
CONTROL: Final[list[HTTPRouteHandler]] = [set_keys]


async def read_call(request: Request[Any, Any, Any]) -> Call:
    """The request as it stood on the wire."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in request.scope["headers"]}
    return Call(method=request.method, url=request.scope["path"], headers=headers, body=await request.body())


def refuse_plainly(request: Request[Any, Any, Any], fact: HTTPException) -> Response[bytes]:
    """What the framework refused on a path of ours: unsigned."""
    call = Call(method=request.method, url=request.scope["path"], headers=dict(request.headers.items()), body=b"")
    _note(request.app.state.far, "unknown", call, Refusal(fact.status_code, "HTTP", fact.detail))
    return _json(b'{"returnCode":"FAIL"}', status=fact.status_code)


async def _serve(
    request: Request[Any, Any, Any], far: FarSide, verb: str, act: Callable[[dict[str, str]], Reply]
) -> Response[bytes]:
    call, route = await read_call(request), f"ecny_cmb.{verb}"
    fault = faults.take(far, route)
    private = notifying.bank_private(far)
    try:
        content = admission.admit(far, call)
        if fault is not None and fault.is_before and (instead := await faults.strike_before(fault)) is not None:
            return instead
        told = signing.compact(act(content))
    except Refusal as refusal:
        _note(far, route, call, refusal)
        answer = _json(_refused(refusal, private))
    else:
        as_object = far.truth.setting("ecny_cmb.content_as", "text") == "object"
        fields = {"returnCode": "SUCCESS", "respCode": "SUCCESS"}
        answer = _json(_spoilt(fault, signing.answer(private, fields, content=told, as_object=as_object)))
    if fault is None or fault.is_before:
        return answer
    return await faults.strike_after(fault, answer)


def _numbers(far: FarSide, told: dict[str, str]) -> tuple[str | None, str | None]:
    return forms.read_number(far, told, ours="orderId", theirs="cmbOrderId")


def _refused(refusal: Refusal, private: str) -> bytes:
    code = _WORDS.get(refusal.code, refusal.code)
    said = {"errCode": code, "respMsg": refusal.message}
    if code in _OUTSIDE:
        return json.dumps(signing.FIXED | {"returnCode": "FAIL"} | said, ensure_ascii=False).encode()
    if refusal.is_form:
        return signing.answer(private, {"returnCode": "FAIL", **said}, content=None)
    # Of one refusal the documents say that it stands in `respCode` itself (4.7.1).
    said["respCode"] = code if code == "ORDER_PAID" else "FAIL"
    return signing.answer(private, {"returnCode": "SUCCESS", **said}, content=None)


def _spoilt(fault: faults.Fault | None, body: bytes) -> bytes:
    """The signature of this wire stands in the body."""
    match fault.kind if fault else None:
        case "bad_json":
            return body[: len(body) // 2]
        case "unsigned":
            return signing.compact({name: value for name, value in json.loads(body).items() if name != "sign"}).encode()
        case "wrong_signature":
            told = json.loads(body)
            return signing.compact(told | {"sign": told["sign"][:-8] + "AAAAAAA="}).encode()
        case _:
            return body


def _note(far: FarSide, route: str, call: Call, refusal: Refusal) -> None:
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


def _json(body: bytes, *, status: int = 200) -> Response[bytes]:
    return Response(content=body, status_code=status, media_type="application/json")
