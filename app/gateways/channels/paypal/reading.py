"""The channel's JSON in our words. Pure and strict: what is not exactly as documented is never money.

Source: PayPal, Orders v2 and Payments v2. Our number of a payment stands in `custom_id` and `invoice_id` of its
purchase unit and of its capture; of a refund in its `invoice_id`, beside the payment's in `custom_id`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NoReturn

from app.gateways.channels.base import Approved, Closed, Done, Outcome, Pending, Refused, TradeStatus
from app.gateways.channels.paypal.amounts import minor_of

REFERENCE: Final = re.compile(r"[0-9A-Za-z_\-|*@]{1,64}")
_THEIR_NUMBER: Final = re.compile(r"[0-9A-Za-z_\-]{1,64}")
_CODE: Final = re.compile(r"[A-Za-z][0-9A-Za-z_.]{0,63}")
_LINK: Final = re.compile(r"[\x21-\x7e]{1,2048}")
_AMOUNT_MAX: Final = 10**12
"""As much as a column holds and nobody pays."""
_CAPTURED: Final = frozenset({"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"})
"""Money came. That some of it went back since does not undo the payment."""
_FELL_THROUGH: Final = frozenset({"DECLINED", "FAILED"})

Content = Mapping[str, object]


class Unreadable(ValueError):
    """Not the documented shape. Whoever asked treats it as silence, whoever received it as not authentic."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order as PayPal tells it."""

    status: TradeStatus
    mismatch: str | None = None
    """Why it cannot be ours (`merchant`, `reference`, `amount`, `shape`), or None; with a reason `status` is `Pending`."""
    changed_at: str = ""
    """Of an approved one: when PayPal says that it changed last, verbatim; empty where it does not say."""


def read_object(raw: bytes) -> Content:
    """A JSON object without repeated keys, NaN or depth that only an attacker would send.

    A repeated key would mean one thing to us and another to whoever reads the stored text later.

    Raises:
        Unreadable: anything else.
    """
    try:
        value = json.loads(raw.decode(), object_pairs_hook=_distinct, parse_constant=_no_constant, parse_int=_bounded)
    except (ValueError, RecursionError) as unfit:
        raise Unreadable("not one JSON object") from unfit
    if not isinstance(value, dict):
        raise Unreadable("not an object")
    return value


def read_order(content: Content, *, reference: str, theirs: str | None, merchant_id: str) -> Order:
    """What became of an order of ours. A COMPLETED order is not money: its capture says what moved.

    An order that says COMPLETED while its capture fell through was not paid; nor can it be captured again.
    """
    unit = _only_unit(content)
    mismatch = stranger(unit, merchant_id=merchant_id)
    if unit.get("custom_id") != reference or (theirs is not None and content.get("id") != theirs):
        mismatch = "reference"
    if mismatch is not None:
        return Order(MISMATCH, mismatch=mismatch)
    captures = _captures(unit)
    return _captured(captures, reference=reference) if captures else _uncaptured(content)


def _captured(captures: list[Content], *, reference: str) -> Order:
    if any(word(one, "status") in _CAPTURED for one in captures):
        if len(captures) != 1:
            return Order(MISMATCH, mismatch="shape")
        status, mismatch = read_capture(captures[0], reference=reference)
        return Order(status, mismatch=mismatch)
    fell_through = all(word(one, "status") in _FELL_THROUGH for one in captures)
    return Order(Pending(code=_capture_code(captures[-1]), is_unpaid=fell_through))


def _uncaptured(content: Content) -> Order:
    match state := word(content, "status"):
        case "APPROVED":
            return Order(Approved(code=state), changed_at=text(content, "update_time", 64))
        case "VOIDED":
            return Order(Closed(code=state))
        case "CREATED" | "SAVED" | "PAYER_ACTION_REQUIRED":
            return Order(Pending(code=state, is_unpaid=True))
        case _:  # COMPLETED, without the capture that would say what moved
            return Order(Pending(code=state or "SHAPE"))


def _capture_code(capture: Content) -> str:
    return f"CAPTURE_{reason_of(capture) or word(capture, 'status') or 'SHAPE'}"[:64]


def read_capture(content: Content, *, reference: str) -> tuple[TradeStatus, str | None]:
    """What a capture says, and why it does not fit (`reference`, `amount`, `shape`), or None.

    With a reason the outcome is always `Pending`: nobody who overlooks the reason moves money.
    """
    if content.get("custom_id", reference) != reference or content.get("invoice_id", reference) != reference:
        return MISMATCH, "reference"
    state = word(content, "status")
    if state in _CAPTURED:
        return _money(content, reference=reference)
    return Pending(code=_capture_code(content), is_unpaid=state in _FELL_THROUGH), None


def read_refund(content: Content, *, refund_reference: str) -> tuple[Outcome, str | None]:
    """What became of a refund of ours, and why it does not fit, or None."""
    if content.get("invoice_id") != refund_reference:
        return MISMATCH, "reference"
    state = word(content, "status")
    if state == "COMPLETED":
        return _money(content, reference=refund_reference)
    if state in {"FAILED", "CANCELLED"}:
        return Refused(code=state, text=reason_of(content), is_over=True), None
    return Pending(code=reason_of(content) or state or "SHAPE"), None


def issue_of(content: Content) -> str:
    """PayPal's word for what went wrong: the first detail's `issue`, else the error's name; empty where it says neither."""
    details = content.get("details")
    first = details[0] if isinstance(details, list) and details and isinstance(details[0], dict) else {}
    return word(first, "issue") or word(content, "name") or word(content, "error")


def reason_of(content: Content) -> str:
    """Why a capture or a refund waits or fell through; empty where PayPal does not say."""
    details = content.get("status_details")
    return word(details, "reason") if isinstance(details, dict) else ""


def approval_link(content: Content) -> str:
    """Where the payer goes to approve an order; empty where nothing is left to approve."""
    links = content.get("links")
    for one in links if isinstance(links, list) else ():
        if isinstance(one, dict) and one.get("rel") in {"payer-action", "approve"}:
            address = one.get("href")
            if isinstance(address, str) and address.startswith(("https://", "http://")) and _LINK.fullmatch(address):
                return address
    return ""


def word(content: Content, name: str) -> str:
    """One of the channel's code words, or empty."""
    value = content.get(name)
    return str(value) if is_of(value, _CODE) else ""


def text(content: Content, name: str, most: int = 200) -> str:
    """A sentence of the channel for a person to read, bounded and printable; empty where there is none."""
    value = content.get(name)
    return "".join(letter if letter.isprintable() else " " for letter in value[:most]) if isinstance(value, str) else ""


def number(content: Content, name: str = "id") -> str:
    """A number of the channel's own; empty where there is none."""
    value = content.get(name)
    return str(value) if is_of(value, _THEIR_NUMBER) else ""


def instant(value: object) -> datetime | None:
    """A time with its offset, in UTC; None for anything else."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        return at.astimezone(UTC) if at is not None and at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def is_of(value: object, pattern: re.Pattern[str]) -> bool:
    """Whether it is a text of this form."""
    return isinstance(value, str) and pattern.fullmatch(value) is not None


MISMATCH: Final = Pending(code="MISMATCH")


def _only_unit(content: Content) -> Content:
    units = content.get("purchase_units")
    return units[0] if isinstance(units, list) and len(units) == 1 and isinstance(units[0], dict) else {}


def _captures(unit: Content) -> list[Content]:
    payments = unit.get("payments")
    captures = payments.get("captures") if isinstance(payments, dict) else None
    return [one if isinstance(one, dict) else {} for one in captures] if isinstance(captures, list) else []


def stranger(content: Content, *, merchant_id: str) -> str | None:
    """Whether somebody else is paid. PayPal leaves the payee out of some answers; one that is named must be us."""
    payee = content.get("payee")
    if payee is None:
        return None
    return None if isinstance(payee, dict) and payee.get("merchant_id", merchant_id) == merchant_id else "merchant"


def _money(content: Content, *, reference: str) -> tuple[Done | Pending, str | None]:
    amount = minor_of(content.get("amount"))
    if amount is None or not 0 < amount[0] <= _AMOUNT_MAX:
        return MISMATCH, "amount"
    at = instant(content.get("create_time"))
    theirs = number(content)
    if at is None or not theirs:
        return MISMATCH, "shape"
    return Done(reference=reference, transaction_id=theirs, at=at, amount_minor=amount[0], currency=amount[1]), None


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _bounded(digits: str) -> int:
    # Python refuses to read thousands of digits by itself; so does this, long before.
    if len(digits) > 20:
        raise ValueError("a number nobody means")
    return int(digits)
