"""Who may call PayPal's wire, its dialect of refusals, and the one way every answer leaves.

Answers carry no signature: they are believed for the connection they came over.
"""

import base64
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from litestar import Request, Response
from litestar.exceptions import HTTPException

from app.sandbox import faults
from app.sandbox.far_side import FarSide, Refusal
from app.sandbox.paypal import keys

TOKEN_LIFE_S: Final = 9 * 3600
FAULT_ROUTES: Final = frozenset(
    f"paypal.{verb}" for verb in ("token", "open", "query", "capture", "refund", "refund_query", "bill", "certificate")
)
_NAMES: Final = {
    400: "INVALID_REQUEST",
    401: "AUTHENTICATION_FAILURE",
    403: "NOT_AUTHORIZED",
    404: "RESOURCE_NOT_FOUND",
    405: "METHOD_NOT_SUPPORTED",
    409: "RESOURCE_CONFLICT",
    415: "UNSUPPORTED_MEDIA_TYPE",
    422: "UNPROCESSABLE_ENTITY",
    429: "RATE_LIMIT_REACHED",
    500: "INTERNAL_SERVER_ERROR",
}

Reply = tuple[int, dict[str, Any]]
"""Status and JSON of an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    query: dict[str, str]
    body: bytes


def refused(status: int, issue: str, message: str = "", *, field: str | None = None) -> Refusal:
    """A no that follows from what happened before."""
    return Refusal(status, issue, message or issue, field=field, is_form=False)


def unfit(issue: str, *, field: str, got: object = None, expected: str | None = None) -> Refusal:
    """A no to how the client wrote: 400, and it is logged."""
    return Refusal(
        400, issue, "Request is not well-formed, syntactically incorrect, or violates schema.",
        field=field, got=None if got is None else str(got)[:200], expected=expected,
    )  # fmt: skip


def issue_token(far: FarSide, call: Call) -> Reply:
    """A token for whoever shows the app's secret.

    Raises:
        Refusal: 400, 401 or 415.
    """
    own = keys.ensure(far.folder)
    pair = base64.b64encode(f"{own.client_id}:{own.secret}".encode()).decode()
    if not hmac.compare_digest(call.headers.get("authorization", ""), f"Basic {pair}"):
        raise Refusal(401, "invalid_client", "Client Authentication failed", expected="Basic client_id:secret")
    if call.headers.get("content-type", "").split(";")[0].strip() != "application/x-www-form-urlencoded":
        raise Refusal(415, "invalid_request", "Content-Type", expected="application/x-www-form-urlencoded")
    if call.body != b"grant_type=client_credentials":
        raise Refusal(400, "unsupported_grant_type", "Grant Type is NULL", expected="grant_type=client_credentials")
    token = "A21AA" + secrets.token_urlsafe(66)
    far.truth.run("INSERT INTO paypal_token (token, made_at) VALUES (?, ?)", token, far.truth.now())
    return 200, {
        "scope": "https://uri.paypal.com/services/payments/payment",
        "access_token": token,
        "token_type": "Bearer",
        "app_id": "APP-SANDBOX",
        "expires_in": TOKEN_LIFE_S,
        "nonce": secrets.token_urlsafe(16),
    }


def admit(far: FarSide, call: Call) -> None:
    """Let the call in, or say what is wrong with it.

    Raises:
        Refusal: 400, 401, 406 or 415. A token that has ended is no fault of the client's form.
    """
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    known = far.truth.row("SELECT * FROM paypal_token WHERE token = ?", token) if scheme == "Bearer" else None
    if known is None:
        raise Refusal(401, "invalid_token", "Token signature verification failed", expected="Bearer …", got=scheme)
    if known["refused"] or far.truth.now() >= known["made_at"] + TOKEN_LIFE_S:
        raise refused(401, "invalid_token", "Access Token not found in cache")
    if call.headers.get("accept", "") not in {"application/json", "*/*"}:
        raise Refusal(406, "NOT_ACCEPTABLE", "Accept", expected="application/json", got=call.headers.get("accept"))
    if call.method == "POST" and call.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type", expected="application/json")


async def serve(
    request: Request[Any, Any, Any],
    far: FarSide,
    route: str,
    act: Callable[[Call], Reply],
    *,
    admitting: Callable[[FarSide, Call], None] = admit,
) -> Response[bytes]:
    """Answer one call, unless a fault was ordered for it: before its effect, or after."""
    call = await read_call(request)
    fault = faults.take(far, f"paypal.{route}")
    try:
        admitting(far, call)
        if fault is not None and fault.is_before and (instead := await _strike_before(fault)) is not None:
            return instead
        status, told = act(call)
    except Refusal as refusal:
        answer = refuse(far, route, call, refusal)
    else:
        body = _encode(told)
        if fault is not None and fault.kind == "bad_json":
            body = body[: len(body) // 2]
        answer = _answer(status, body)
    if fault is None or fault.is_before:
        return answer
    return await faults.strike_after(fault, answer)


async def read_call(request: Request[Any, Any, Any]) -> Call:
    """The request as it stood on the wire."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in request.scope["headers"]}
    return Call(
        method=request.method,
        path=request.scope["raw_path"].decode("latin-1"),
        headers=headers,
        query=dict(request.query_params.items()),
        body=await request.body(),
    )


def refuse(far: FarSide, route: str, call: Call, refusal: Refusal) -> Response[bytes]:
    """A refusal in dialect, logged with what was expected."""
    far.truth.run(
        "INSERT INTO refusal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        far.truth.now(),
        f"paypal.{route}",
        call.method,
        call.path,
        refusal.status,
        refusal.code,
        refusal.message,
        refusal.expected,
        refusal.got,
        refusal.is_form,
    )
    return _answer(refusal.status, _encode(tell_refusal(refusal)))


def tell_refusal(refusal: Refusal) -> dict[str, Any]:
    """The JSON of a refusal: OAuth's for tokens, PayPal's for everything else."""
    if refusal.code.islower():
        return {"error": refusal.code, "error_description": refusal.message}
    detail = {"issue": refusal.code, "description": refusal.message}
    if refusal.field is not None:
        detail["field"] = refusal.field
    return {
        "name": _NAMES.get(refusal.status, "UNKNOWN"),
        "message": refusal.message,
        "debug_id": secrets.token_hex(7),
        "details": [detail],
        "links": [],
    }


def refuse_plainly(request: Request[Any, Any, Any], fact: HTTPException) -> Response[bytes]:
    """What the framework refused on a path of ours."""
    call = Call(method=request.method, path=request.scope["path"], headers={}, query={}, body=b"")
    code = _NAMES.get(fact.status_code, "INVALID_REQUEST")
    return refuse(request.app.state.far, "unknown", call, Refusal(fact.status_code, code, fact.detail))


async def _strike_before(fault: faults.Fault) -> Response[bytes] | None:
    if fault.kind.startswith("code:"):
        raise refused(422, fault.kind.removeprefix("code:"), "SANDBOX")
    if fault.kind in {"500", "429"}:
        raise refused(int(fault.kind), _NAMES[int(fault.kind)])
    return await faults.strike_before(fault)


def _encode(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _answer(status: int, body: bytes) -> Response[bytes]:
    headers = {"Paypal-Debug-Id": secrets.token_hex(7)}
    return Response(content=body, status_code=status, media_type="application/json", headers=headers)
