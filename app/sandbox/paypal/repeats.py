"""PayPal-Request-Id: a POST repeated under its id has one effect, and answers the latest state of what it made.

Source: PayPal, REST reference, idempotency. What a first request was refused with is what its repeats are told: the
stricter of two readings, so that a client which needs a new id after a declined capture must take one.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.sandbox.far_side import FarSide, Refusal
from app.sandbox.paypal import forms
from app.sandbox.paypal.admission import Call, Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a request made."""

    order_id: str | None = None
    refund_id: str | None = None


def once(far: FarSide, call: Call, act: Callable[[], Made], tell: Callable[[Made], dict[str, Any]]) -> Reply:
    """Do it under the request's id, once; 201 the first time, 200 for a repeat.

    Raises:
        Refusal: what `act` raised, now or the first time; 422 `DUPLICATE_REQUEST_ID` for an id used for something else.
    """
    id_ = forms.request_id(call)
    with far.truth.transaction():
        known = far.truth.row("SELECT * FROM paypal_request WHERE request_id = ?", id_)
        if known is not None:
            return _repeated(call, known, tell)
        try:
            made = act()
        except Refusal as refusal:
            if refusal.is_form:
                raise
            values = [refusal.status, refusal.code, refusal.message]
            _keep(far, id_, call, refusal.status, refusal=json.dumps(values), made=Made())
            no = refusal
        else:
            _keep(far, id_, call, 201, refusal=None, made=made)
            return 201, tell(made)
    raise no


def _repeated(call: Call, known: dict[str, Any], tell: Callable[[Made], dict[str, Any]]) -> Reply:
    if known["path"] != call.path or known["body"] != call.body:
        raise Refusal(
            422, "DUPLICATE_REQUEST_ID", "The value of PayPal-Request-Id header has already been used",
            expected=f"{known['path']} {known['body']!r}", got=f"{call.path} {call.body!r}",
        )  # fmt: skip
    if known["refusal"] is not None:
        status, code, message = json.loads(known["refusal"])
        raise Refusal(status, code, message, is_form=False)
    return 200, tell(Made(order_id=known["order_id"], refund_id=known["refund_id"]))


def _keep(far: FarSide, id_: str, call: Call, status: int, *, refusal: str | None, made: Made) -> None:
    far.truth.run(
        "INSERT INTO paypal_request VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        id_, call.path, call.body, far.truth.now(), status, refusal, made.order_id, made.refund_id,
    )  # fmt: skip
