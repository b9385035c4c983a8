"""The registry's own books: which units an account holds, and which of them are gone for good."""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.sandbox.far_side import FarSide, Refusal, state_refusal
from app.sandbox.truth import BEIJING, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A cancellation that was asked for, found well-formed."""

    reference: str
    programme: str
    serial: str
    first: int
    last: int
    beneficiary: str
    content: str
    """All of it in one spelling: the same reference with another content is refused."""


def issue(far: FarSide, *, programme: str, serial: str, first: int, last: int, account: str) -> None:
    """Put a block into an account's holding; the same block again changes nothing."""
    far.truth.run(
        "INSERT OR IGNORE INTO registry_block (programme, serial, first, last, account) VALUES (?, ?, ?, ?, ?)",
        programme, serial, first, last, account,
    )  # fmt: skip


def cancel(far: FarSide, order: Order, *, delay_s: float = 0.0) -> Row:
    """Cancel the units for ever, or answer what the same order became before.

    `delay_s` accepts it now and lets it become final later.

    Raises:
        Refusal: 409 for a reference known with other content, 422 for units that cannot be cancelled.
    """
    with far.truth.transaction():
        known = find(far, order.reference)
        if known is not None:
            if known["content"] != order.content:
                raise state_refusal(409, "REFERENCE_REUSED", "this reference was used for another order")
            return known
        block = far.truth.row(
            "SELECT * FROM registry_block WHERE programme = ? AND serial = ?", order.programme, order.serial
        )
        if block is None or not (block["first"] <= order.first <= order.last <= block["last"]):
            raise state_refusal(422, "UNITS_UNKNOWN", "no such units were issued")
        if block["account"] != far.registry.account:
            raise state_refusal(422, "UNITS_NOT_HELD", "another account holds these units")
        met = far.truth.row(
            "SELECT reference FROM registry_cancellation WHERE programme = ? AND serial = ? AND first <= ? AND last >= ?",
            order.programme, order.serial, order.last, order.first,
        )  # fmt: skip
        if met is not None:
            raise state_refusal(422, "UNITS_CANCELLED", f"already cancelled by {met['reference']}")
        now = far.truth.now()
        far.truth.run(
            "INSERT INTO registry_cancellation (reference, programme, serial, first, last, beneficiary, content, number,"
            " asked_at, final_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            order.reference, order.programme, order.serial, order.first, order.last, order.beneficiary, order.content,
            f"SBX-{secrets.token_hex(6).upper()}", now, now + delay_s * far.notify_factor,
        )  # fmt: skip
    done = find(far, order.reference)
    assert done is not None
    return done


def find(far: FarSide, reference: str) -> Row | None:
    """What the books say about a reference."""
    return far.truth.row("SELECT * FROM registry_cancellation WHERE reference = ?", reference)


def is_final(far: FarSide, row: Row) -> bool:
    """Whether a cancellation that was accepted is done by now."""
    return bool(row["final_at"] <= far.truth.now())


def receipt(far: FarSide, row: Row) -> dict[str, Any]:
    """What the registry certifies about it."""
    return {
        "protocol": "DRP-1",
        "registry": far.registry.registry,
        "account": far.registry.account,
        "reference": row["reference"],
        "number": row["number"],
        "programme": row["programme"],
        "serial": row["serial"],
        "first": row["first"],
        "last": row["last"],
        "tonnes": row["last"] - row["first"] + 1,
        "beneficiary": row["beneficiary"],
        "cancelled_on": datetime.fromtimestamp(row["final_at"], BEIJING).date().isoformat(),
    }


def read_order(body: bytes) -> Order:
    """The body of a submission, field by field.

    Raises:
        Refusal: 400, naming the field.
    """
    try:
        said = json.loads(body)
    except ValueError as fault:
        raise Refusal(400, "BODY_UNREADABLE", "the body is no JSON") from fault
    wanted = {"reference", "programme", "serial", "first", "last", "tonnes", "beneficiary"}
    if not isinstance(said, dict) or said.keys() != wanted:
        raise Refusal(400, "FIELDS", "other fields than the protocol's", expected=" ".join(sorted(wanted)))
    for name, most in (("reference", 32), ("programme", 16), ("serial", 200), ("beneficiary", 200)):
        if not isinstance(said[name], str) or not 1 <= len(said[name]) <= most:
            raise Refusal(400, "FIELD", f"1 to {most} characters", field=f"/{name}")
    for name in ("first", "last", "tonnes"):
        if type(said[name]) is not int or said[name] < 0:
            raise Refusal(400, "FIELD", "a whole number", field=f"/{name}")
    if said["tonnes"] != said["last"] - said["first"] + 1 or said["tonnes"] < 1:
        raise Refusal(400, "FIELD", "last - first + 1", field="/tonnes", got=str(said["tonnes"]))
    return Order(
        reference=said["reference"],
        programme=said["programme"],
        serial=said["serial"],
        first=said["first"],
        last=said["last"],
        beneficiary=said["beneficiary"],
        content=json.dumps(said, sort_keys=True, ensure_ascii=False),
    )
