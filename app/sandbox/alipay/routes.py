"""Alipay's gateway (网关) as its merchants see it: one address for every call, and the one way every answer leaves."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from litestar import HttpMethod, Request, Response, get, route
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from app.sandbox import faults
from app.sandbox.alipay import admission, bills, certificates, forms, keys, notifying, people, refunds, signing, trades
from app.sandbox.alipay.admission import Call
from app.sandbox.far_side import FarSide, Refusal

_MESSAGES: Final = {40001: "Missing Required Arguments", 40002: "Invalid Arguments", 20000: "Service Unavailable"}
_JSON: Final = "application/json;charset=utf-8"
_BILL: Final = "alipay.data.dataservice.bill.downloadurl.query"
_CERTIFICATE: Final = "alipay.open.app.alipaycert.download"
_WAP: Final = "alipay.trade.wap.pay"
ROUTES_BY_METHOD: Final = {
    _WAP: "wap", "alipay.trade.precreate": "precreate", "alipay.trade.create": "create", "alipay.trade.query": "query",
    "alipay.trade.close": "close", "alipay.trade.refund": "refund",
    "alipay.trade.fastpay.refund.query": "refund_query", _BILL: "bill", people.METHOD: "login", _CERTIFICATE: "certificate",
}  # fmt: skip
FAULT_ROUTES: Final = frozenset(f"{notifying.NAME}.{verb}" for verb in ROUTES_BY_METHOD.values())


@route("/gateway.do", http_method=[HttpMethod.GET, HttpMethod.POST], status_code=200)
async def gateway(request: Request[Any, Any, Any], far: FarSide) -> Response[Any]:
    """Every call: signed fields in an address or a form, answered by signed JSON; a payer's browser goes on to the cashier."""
    raw = request.scope["query_string"]
    if request.method == "POST":
        raw = b"&".join(filter(None, (raw, await request.body())))
    try:
        fields = admission.read_fields(raw)
    except Refusal as refusal:
        return _refused(far, request, {}, refusal)
    method = fields.get("method", "")
    verb = ROUTES_BY_METHOD.get(method, "unknown")
    fault = faults.take(far, f"{notifying.NAME}.{verb}")
    try:
        call = admission.admit(far, keys.ensure(far.truth.folder), fields, is_link=method == _WAP)
        if fault is not None and fault.is_before and (instead := await _strike_before(fault)) is not None:
            return instead
        if method == _WAP:
            return Redirect(f"{far.base_url}/cashier/{_prepare(far, 'wap', call)['token']}", status_code=302)
        told = _ACTS.get(method, _no_such_method)(far, call)
        answer = _succeeded(far, fields, told)
    except Refusal as refusal:
        answer = _refused(far, request, fields, refusal)
    if fault is None or fault.is_before:
        return answer
    return await _strike_after(fault, answer)


@get("/alipay/bill")
async def bill_file(request: Request[Any, Any, Any], far: FarSide) -> Response[bytes]:
    """The packed file, to whoever has the address."""
    try:
        content = bills.packed(far, request.query_params.get("token", ""))
    except Refusal as refusal:
        return Response(refusal.message.encode(), status_code=refusal.status, media_type="text/html;charset=gbk")
    return Response(content, media_type="application/octet-stream")


ROUTES: Final[list[HTTPRouteHandler]] = [gateway, bill_file]


def refuse_plainly(_: Request[Any, Any, Any], fact: HTTPException) -> Response[Any]:
    """What the framework refused: as the gateway says it, unsigned."""
    told = {"error_response": {"code": "40002", "msg": "Invalid Arguments", "sub_msg": fact.detail}}
    return Response(json.dumps(told, ensure_ascii=False).encode(), status_code=fact.status_code, media_type=_JSON)


def _prepare(far: FarSide, way: str, call: Call) -> dict[str, Any]:
    return trades.prepare(far, forms.read_order(far, way, call, app_id=keys.ensure(far.truth.folder).app_id))


def _precreate(far: FarSide, call: Call) -> dict[str, Any]:
    trade = _prepare(far, "precreate", call)
    return {"out_trade_no": trade["out_trade_no"], "qr_code": f"https://qr.alipay.com/{trade['token']}"}


def _create(far: FarSide, call: Call) -> dict[str, Any]:
    trade = trades.begin(far, _prepare(far, "create", call)["out_trade_no"])
    return {"out_trade_no": trade["out_trade_no"], "trade_no": trade["trade_no"]}


def _query(far: FarSide, call: Call) -> dict[str, Any]:
    return trades.describe(trades.get(far, **forms.read_key(call, "query_options")))


def _close(far: FarSide, call: Call) -> dict[str, Any]:
    with far.truth.transaction():
        trade = trades.close(far, trades.get(far, **forms.read_key(call, "operator_id")))
    return {"out_trade_no": trade["out_trade_no"], "trade_no": trade["trade_no"]}


def _no_such_method(_: FarSide, call: Call) -> dict[str, Any]:
    raise Refusal(40002, "isv.invalid-method", "不存在的方法名", field="method", got=call.method)


def _hand_out(far: FarSide, call: Call) -> dict[str, Any]:
    content = certificates.handed_out(far, forms.read_certificate(call))
    if content is None:
        raise Refusal(40004, "CERT_NOT_EXIST", "证书不存在", field="alipay_cert_sn")
    return {"alipay_cert_content": content}


def _bill(far: FarSide, call: Call) -> dict[str, Any]:
    return bills.announce(far, forms.read_bill(call))


_ACTS: Final[dict[str, Callable[[FarSide, Call], dict[str, Any]]]] = {
    "alipay.trade.precreate": _precreate,
    "alipay.trade.create": _create,
    "alipay.trade.query": _query,
    "alipay.trade.close": _close,
    "alipay.trade.refund": refunds.request,
    "alipay.trade.fastpay.refund.query": refunds.query,
    _BILL: _bill,
    people.METHOD: people.redeem,
    _CERTIFICATE: _hand_out,
}


def _succeeded(far: FarSide, fields: Mapping[str, str], told: dict[str, Any]) -> Response[bytes]:
    if fields["method"] == people.METHOD:  # tells no code, as nothing of its age does
        return _signed(far, fields, told)
    told = {"code": "10000", "msg": "Success", **told}
    if fields["method"] == _CERTIFICATE:  # is not signed: the certificate proves itself
        return Response(_written({_node(fields["method"]): told}), media_type=_JSON)
    return _signed(far, fields, told)


def _refused(
    far: FarSide, request: Request[Any, Any, Any], fields: Mapping[str, str], refusal: Refusal
) -> Response[bytes]:
    """A no in dialect, kept with what was expected. The business's are signed; the gateway's own are not."""
    method = fields.get("method", "")
    far.truth.run(
        "INSERT INTO refusal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        far.truth.now(),
        f"{notifying.NAME}.{ROUTES_BY_METHOD.get(method, 'unknown')}",
        request.method,
        request.scope["path"],
        refusal.status,
        refusal.code,
        refusal.message,
        refusal.expected,
        refusal.got,
        refusal.is_form,
    )
    told = {
        "code": str(refusal.status),
        "msg": _MESSAGES.get(refusal.status, "Business Failed"),
        "sub_code": refusal.code,
        "sub_msg": refusal.message,
    }
    if refusal.status in {40001, 40002}:
        node = _node(method) if method in ROUTES_BY_METHOD and method != people.METHOD else "error_response"
        return Response(_written({node: told}), media_type=_JSON)
    return _signed(far, fields, told)


def _signed(far: FarSide, fields: Mapping[str, str], told: dict[str, Any]) -> Response[bytes]:
    # Slashes are escaped, as Alipay's own writer does: what is signed is the text, not what it means.
    node = json.dumps(told, ensure_ascii=False, separators=(",", ":")).replace("/", "\\/")
    key, name = notifying.platform_key(far), ""
    if admission.is_by_certificates(fields):
        pem, key = certificates.current(far)
        name = f'"alipay_cert_sn":"{certificates.serial_name(pem)}",'
    text = f'{{"{_node(fields.get("method", ""))}":{node},{name}"sign":"{signing.sign(key, node)}"}}'
    return Response(text.encode(), media_type=_JSON)


def _node(method: str) -> str:
    return f"{method.replace('.', '_')}_response"


def _written(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


async def _strike_before(fault: faults.Fault) -> Response[bytes] | None:
    match fault.kind:
        case "500":
            raise Refusal(20000, "isp.unknow-error", "系统繁忙", is_form=False)
        case "429":
            raise Refusal(40004, "isv.app-call-limited", "应用调用次数超限", is_form=False)
        case kind if kind.startswith("code:"):
            raise Refusal(40004, f"ACQ.{kind.removeprefix('code:')}", "SANDBOX 样张", is_form=False)
        case _:
            return await faults.strike_before(fault)


async def _strike_after(fault: faults.Fault, answer: Response[bytes]) -> Response[bytes]:
    body = answer.content
    start = body[: body.rfind(b',"sign":"')]
    match fault.kind:
        case "bad_json":
            body = body[: len(body) // 2]
        case "unsigned":
            body = start + b"}"
        case "wrong_signature":
            body = start + b',"sign":"' + base64.b64encode(bytes(256)) + b'"}'
        case _:
            return await faults.strike_after(fault, answer)
    return Response(body, status_code=answer.status_code, media_type=_JSON)
