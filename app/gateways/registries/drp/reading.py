"""An answer of the registry, read strictly: a field of another type, a missing or an extra one makes it unreadable. Pure."""

from datetime import date
from typing import Final, Literal

import msgspec

from app.gateways.registries.base import Answer, Cancellation, Cancelled, Pending, Receipt, Refused

FINAL_REFUSALS: Final = frozenset(
    {"UNITS_NOT_HELD", "UNITS_CANCELLED", "UNITS_UNKNOWN", "ACCOUNT_CLOSED", "BENEFICIARY_REFUSED"}
)
"""The registry's final noes. Any other code, however it reads, is not known to be final: we ask again."""


class Unreadable(Exception):
    """Authentic, and not what the protocol says: nothing follows from it."""


class _Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reference: str
    state: Literal["accepted", "cancelled", "refused"]
    receipt: str | None = None
    receipt_key: str | None = None
    receipt_signature: str | None = None
    code: str | None = None
    message: str | None = None


class _Error(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    message: str = ""


class _Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    protocol: Literal["DRP-1"]
    registry: str
    account: str
    reference: str
    number: str
    programme: str
    serial: str
    first: int
    last: int
    tonnes: int
    beneficiary: str
    cancelled_on: date


class Signed(msgspec.Struct, frozen=True):
    """A receipt whose signature the caller has still to check."""

    text: str
    key_id: str
    signature: str


def read_answer(body: bytes, request: Cancellation) -> Pending | Refused | Signed:
    """What a 2xx says about our request.

    Raises:
        Unreadable: another shape, or about another reference.
    """
    try:
        said = msgspec.json.decode(body, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise Unreadable from fault
    if said.reference != request.reference:
        raise Unreadable
    if said.state == "accepted":
        return Pending(code="ACCEPTED")
    if said.state == "refused":
        return refused_or_pending(said.code or "", said.message or "")
    if said.receipt is None or said.receipt_key is None or said.receipt_signature is None:
        raise Unreadable
    return Signed(text=said.receipt, key_id=said.receipt_key, signature=said.receipt_signature)


def read_error(body: bytes) -> tuple[str, str]:
    """Code and message of a 4xx.

    Raises:
        Unreadable: another shape.
    """
    try:
        said = msgspec.json.decode(body, type=_Error)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise Unreadable from fault
    return said.code, said.message


def read_receipt(signed: Signed, request: Cancellation, *, registry: str, account: str) -> Answer:
    """The proof, if it is about exactly what was asked for; otherwise nothing is known: a person must look.

    Whoever calls this has found the signature good.
    """
    try:
        said = msgspec.json.decode(signed.text, type=_Receipt)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Pending(code="RECEIPT_UNREADABLE")
    theirs = (
        said.registry, said.account, said.reference, said.programme, said.serial, said.first, said.last, said.tonnes,
        said.beneficiary,
    )  # fmt: skip
    ours = (
        registry, account, request.reference, request.programme, request.serial, request.first, request.last,
        request.tonnes, request.beneficiary,
    )  # fmt: skip
    if theirs != ours or not 1 <= len(said.number) <= 64:
        return Pending(code="RECEIPT_MISMATCH")
    return Cancelled(
        Receipt(
            number=said.number,
            cancelled_on=said.cancelled_on,
            text=signed.text,
            signature=signed.signature,
            key_id=signed.key_id,
        )
    )


def refused_or_pending(code: str, message: str) -> Refused | Pending:
    """A no that is final, or something we do not take for one."""
    return Refused(code=code, text=message) if code in FINAL_REFUSALS else Pending(code=code or "NO_CODE")
