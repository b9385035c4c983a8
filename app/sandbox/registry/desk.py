"""The registry's two routes. Strict with every request, and every answer leaves signed for the question it answers."""

import asyncio
import json
import re
import secrets
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from app.sandbox.far_side import FarSide, Refusal, state_refusal
from app.sandbox.registry import faults, signing, units
from app.sandbox.registry.faults import Fault
from app.sandbox.registry_keys import fresh_private_pem
from app.sandbox.truth import Row

WINDOW_S: Final = 300
_NONCE: Final = re.compile(r"[0-9a-f]{32}")
_STAMP: Final = re.compile(r"[0-9]{1,12}")
_STALE_S: Final = 301


@post("/drp/1/cancellations", status_code=200)
async def submit(request: Request[Any, Any, Any], far: FarSide) -> Response[bytes]:
    """Cancel units; the same order again is the same cancellation."""
    body = await request.body()
    fault = faults.take(far, "submit")

    def act() -> Row:
        done = units.cancel(
            far, units.read_order(body), delay_s=fault.hold_s if fault is not None and fault.kind == "delay" else 0.0
        )
        if fault is not None and fault.kind == "duplicate":
            units.cancel(far, units.read_order(body))
        return done

    return await _serve(request, far, body, fault, act)


@get("/drp/1/cancellations/{reference:str}")
async def query(request: Request[Any, Any, Any], far: FarSide, reference: str) -> Response[bytes]:
    """What became of an order."""

    def act() -> Row:
        found = units.find(far, reference)
        if found is None:
            raise state_refusal(404, "NEVER_HEARD", "no order has this reference")
        return found

    return await _serve(request, far, b"", faults.take(far, "query"), act)


ROUTES: Final[list[HTTPRouteHandler]] = [submit, query]


async def _serve(
    request: Request[Any, Any, Any],
    far: FarSide,
    body: bytes,
    fault: Fault | None,
    act: Any,  # noqa: ANN401 - its own closure
) -> Response[bytes]:
    nonce = request.headers.get("drp-nonce", "")
    kind = fault.kind if fault is not None else ""
    try:
        _admit(far, request, body)
        if kind == "silence_before":
            assert fault is not None
            await asyncio.sleep(fault.hold_s)
            return Response(b"", status_code=504)
        if kind == "500":
            raise state_refusal(500, "FAILED", "the registry has failed")
        if kind.startswith("refusal:"):
            raise state_refusal(422, kind.removeprefix("refusal:"), "SANDBOX 样张")
        row = act()
    except Refusal as refusal:
        _note(far, request, refusal)
        told = {"code": refusal.code, "message": refusal.message}
        return _signed(far, refusal.status, _encode(told), nonce=nonce, kind=kind)
    if kind == "silence_after":
        assert fault is not None
        await asyncio.sleep(fault.hold_s)
        return Response(b"", status_code=504)
    return _signed(far, 200, _encode(_tell(far, row, kind)), nonce=nonce, kind=kind)


def _admit(far: FarSide, request: Request[Any, Any, Any], body: bytes) -> None:
    said = request.headers
    account, key = said.get("drp-account", ""), said.get("drp-key", "")
    stamp, nonce, signature = said.get("drp-timestamp", ""), said.get("drp-nonce", ""), said.get("drp-signature", "")
    keys = far.registry
    if account != keys.account:
        raise Refusal(401, "ACCOUNT", "no such account", expected=keys.account, got=account)
    if key != keys.client_key_id:
        raise Refusal(401, "KEY", "no such key of this account", expected=keys.client_key_id, got=key)
    now_s = far.truth.stamp_now()
    if not _STAMP.fullmatch(stamp) or abs(now_s - int(stamp)) > WINDOW_S:
        raise Refusal(401, "TIMESTAMP", "too far from our clock", expected=str(now_s), got=stamp)
    if not _NONCE.fullmatch(nonce):
        raise Refusal(401, "NONCE", "32 hexadecimal digits", got=nonce)
    path = request.scope["raw_path"].decode("latin-1")
    if request.scope["query_string"]:
        raise Refusal(400, "QUERY", "there is no query in this protocol")
    message = signing.asked(request.method, path, account, key, stamp, nonce, body)
    if not signing.verify(keys.client_public_pem, message, signature):
        raise Refusal(401, "SIGNATURE", "the signature does not hold", expected=message.decode(), got=signature)
    if far.truth.row("SELECT nonce FROM registry_nonce WHERE nonce = ?", nonce) is not None:
        raise Refusal(401, "REPLAYED", "this request was here before", got=nonce)
    far.truth.run("DELETE FROM registry_nonce WHERE seen_at < ?", far.truth.now() - 2 * WINDOW_S)
    far.truth.run("INSERT INTO registry_nonce VALUES (?, ?)", nonce, far.truth.now())
    if request.method == "POST" and said.get("content-type", "").split(";")[0] != "application/json":
        raise Refusal(415, "MEDIA", "application/json", got=said.get("content-type"))


def _tell(far: FarSide, row: Row, kind: str) -> dict[str, Any]:
    if not units.is_final(far, row):
        return {"reference": row["reference"], "state": "accepted"}
    if kind == "no_receipt":
        return {"reference": row["reference"], "state": "cancelled"}
    told = units.receipt(far, row)
    faults.lie(kind, told)
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    pem = fresh_private_pem() if kind == "receipt_signature" else far.registry.registry_private_pem
    signature = signing.sign(pem, signing.certified(text))
    if kind == "receipt_body":
        text = text.replace('"DRP-1"', '"DRP-1" ')
    return {
        "reference": row["reference"],
        "state": "cancelled",
        "receipt": text,
        "receipt_key": far.registry.registry_key_id,
        "receipt_signature": signature,
    }


def _signed(far: FarSide, status: int, body: bytes, *, nonce: str, kind: str) -> Response[bytes]:
    key = "DRP-SANDBOX-REGISTRY-9" if kind == "unknown_key" else far.registry.registry_key_id
    stamp = str(far.truth.stamp_now() - (_STALE_S if kind == "stale" else 0))
    question = secrets.token_hex(16) if kind == "other_question" else nonce
    pem = fresh_private_pem() if kind == "wrong_signature" else far.registry.registry_private_pem
    signature = signing.sign(pem, signing.answered(question, status, key, stamp, body))
    if kind == "body":
        body += b" "
    if kind == "other_status":
        status = 202 if status == 200 else 400
    headers = {} if kind == "unsigned" else {"DRP-Key": key, "DRP-Timestamp": stamp, "DRP-Signature": signature}
    return Response(content=body, status_code=status, media_type="application/json", headers=headers)


def _encode(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _note(far: FarSide, request: Request[Any, Any, Any], refusal: Refusal) -> None:
    far.truth.run(
        "INSERT INTO refusal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        far.truth.now(), "registry", request.method, request.scope["path"], refusal.status, refusal.code,
        refusal.message, refusal.expected, refusal.got, refusal.is_form,
    )  # fmt: skip
