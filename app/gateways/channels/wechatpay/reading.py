"""The channel's JSON in our words. Pure and strict: what is not exactly as documented is never money.

Source: 微信支付 APIv3, 支付通知 / 退款结果通知 / 查询订单 / 查询单笔退款 / 下载平台证书.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NoReturn
from urllib.parse import urlsplit

from app.gateways.channels.base import (
    Closed,
    Done,
    NotAuthentic,
    Notice,
    Outcome,
    Pending,
    Refused,
    Reversal,
    ReversalKind,
    TradeStatus,
)

ALGORITHM: Final = "AEAD_AES_256_GCM"
_REFERENCE: Final = re.compile(r"[0-9A-Za-z_\-|*@]{1,64}")
_THEIR_NUMBER: Final = re.compile(r"[0-9A-Za-z_\-]{1,64}")
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,64}")
_KIND: Final = re.compile(r"[A-Z][A-Z_.]{0,63}")
_CODE: Final = re.compile(r"[A-Za-z][0-9A-Za-z_]{0,63}")
_LINK: Final = re.compile(r"[\x21-\x7e]{1,2048}")
_AMOUNT_MAX: Final = 10**12
"""Ten thousand million yuan in fen: nobody pays more, and a column holds it."""

Content = Mapping[str, object]


class Unreadable(ValueError):
    """Not the documented shape. Whoever asked treats it as silence, whoever received it as not authentic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A resource still encrypted."""

    nonce: str
    associated_data: str
    ciphertext: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A notice before its resource is opened."""

    event_id: str
    kind: str
    sealed: Sealed


def read_object(raw: bytes) -> Content:
    """A JSON object without repeated keys, NaN or depth that only an attacker would send.

    A repeated key would mean one thing to us and another to whoever reads the stored text later.

    Raises:
        Unreadable: anything else.
    """
    try:
        value = json.loads(raw.decode(), object_pairs_hook=_distinct, parse_constant=_no_constant)
    except (ValueError, RecursionError) as unfit:
        raise Unreadable("not one JSON object") from unfit
    if not isinstance(value, dict):
        raise Unreadable("not an object")
    return value


def read_envelope(raw: bytes) -> Envelope:
    """The outer part of a notice.

    Raises:
        Unreadable: not the documented shape.
        NotAuthentic: `cipher`, encrypted in a way we never agreed on.
    """
    notice = read_object(raw)
    event_id, kind, resource = notice.get("id"), notice.get("event_type"), notice.get("resource")
    if not _is(event_id, _TOKEN) or not _is(kind, _KIND) or notice.get("resource_type") != "encrypt-resource":
        raise Unreadable("not a notice")
    return Envelope(event_id=str(event_id), kind=str(kind), sealed=_sealed(resource))


def read_certificates(raw: bytes) -> list[Sealed]:
    """The encrypted certificates of the platform's list.

    Raises:
        Unreadable: not the documented shape.
    """
    data = read_object(raw).get("data")
    if not isinstance(data, list) or not all(isinstance(entry, dict) for entry in data):
        raise Unreadable("not a list of certificates")
    return [_sealed(entry.get("encrypt_certificate")) for entry in data]


def read_payment(content: Content, *, mchid: str, appids: frozenset[str]) -> tuple[TradeStatus, str | None]:
    """What became of a payment, and why it cannot be ours (`merchant`, `app`, `reference`, `amount`, `shape`), or None.

    With a reason the outcome is always `Pending`: nobody who overlooks the reason moves money.
    """
    if mismatch := _stranger(content, mchid=mchid, appids=appids):
        return _MISMATCH, mismatch
    state = word(content, "trade_state")
    # REFUND says that it was paid and that some of it has gone back since: the payment itself stays a fact.
    if state in {"SUCCESS", "REFUND"}:
        return _money(content, number="transaction_id", reference="out_trade_no", amount="total")
    if state in {"CLOSED", "REVOKED"}:
        return Closed(code=state), None
    return Pending(code=state or "SHAPE", is_unpaid=state in _UNPAID), None


def read_refund(content: Content, *, status: str) -> tuple[Outcome, str | None]:
    """What became of a refund; `status` names the field that says so, which differs between an answer and a notice.

    `ABNORMAL` is pending: the money left us and did not reach the payer, so that somebody must act and ask again.
    """
    state = word(content, status)
    if state == "SUCCESS":
        return _money(content, number="refund_id", reference="out_refund_no", amount="refund")
    if state == "CLOSED":
        return Refused(code=state, text="", is_over=True), None
    return Pending(code=state or "SHAPE"), None


def read_notice(envelope: Envelope, opened: bytes, *, mchid: str, appids: frozenset[str]) -> Notice:
    """An authentic notice in our words.

    Raises:
        Unreadable: the opened resource is not one JSON object.
    """
    content = read_object(opened)
    outcome: TradeStatus | Outcome
    if envelope.kind == "TRANSACTION.SUCCESS":
        outcome, mismatch = read_payment(content, mchid=mchid, appids=appids)
        # The kind promises a payment: whatever else the inside says decides nothing.
        if isinstance(outcome, Closed) or content.get("trade_state") != "SUCCESS":
            outcome = Pending(code=word(content, "trade_state") or "SHAPE")
    elif envelope.kind.startswith("REFUND."):
        outcome, mismatch = read_refund(content, status="refund_status")
        if content.get("mchid") != mchid:
            outcome, mismatch = _MISMATCH, "merchant"
        elif envelope.kind != "REFUND." + word(content, "refund_status"):
            outcome = Pending(code=word(content, "refund_status") or "SHAPE")
    else:
        outcome, mismatch = Pending(code="UNKNOWN_KIND"), "kind"
    reference, refund_reference = content.get("out_trade_no"), content.get("out_refund_no")
    if not _is(reference, _REFERENCE) or (refund_reference is not None and not _is(refund_reference, _REFERENCE)):
        outcome, mismatch = _MISMATCH, mismatch or "reference"
    return Notice(
        event_id=envelope.event_id,
        kind=envelope.kind,
        reference=str(reference) if _is(reference, _REFERENCE) else "",
        refund_reference=str(refund_reference) if _is(refund_reference, _REFERENCE) else None,
        outcome=outcome,
        mismatch=mismatch,
        content=opened.decode(),
        reversal=_reversal(content, outcome) if refund_reference is not None and mismatch is None else None,
    )


def word(content: Content, name: str) -> str:
    """One of the channel's code words, or empty."""
    value = content.get(name)
    return str(value) if _is(value, _CODE) else ""


def text(content: Content, name: str) -> str:
    """A sentence of the channel for a person to read, bounded and printable; empty where there is none."""
    value = content.get(name)
    return "".join(letter if letter.isprintable() else " " for letter in value[:200]) if isinstance(value, str) else ""


def token(content: Content, name: str) -> str:
    """A number or name of the channel that we only hand on; empty where there is none."""
    value = content.get(name)
    return str(value) if _is(value, _TOKEN) else ""


def link(content: Content, name: str, schemes: tuple[str, ...]) -> str:
    """An address of one of these schemes, without blanks; empty where there is none."""
    value = content.get(name)
    if not isinstance(value, str) or not value.startswith(schemes) or not _LINK.fullmatch(value):
        return ""
    try:
        urlsplit(value)
    except ValueError:  # a bracket that is never closed
        return ""
    return value


_MISMATCH: Final = Pending(code="MISMATCH")
_UNPAID: Final = frozenset({"NOTPAY", "PAYERROR"})
"""Nobody has paid so far. `USERPAYING` is none of them: a password is being typed."""


def _stranger(content: Content, *, mchid: str, appids: frozenset[str]) -> str | None:
    if content.get("mchid") != mchid:
        return "merchant"
    appid = content.get("appid")
    return None if isinstance(appid, str) and appid in appids else "app"


def _money(content: Content, *, number: str, reference: str, amount: str) -> tuple[Done | Pending, str | None]:
    """Money that moved. `amount` names the field: the order's, never the payer's, which coupons make smaller."""
    amounts = content.get("amount")
    if not isinstance(amounts, dict):
        return _MISMATCH, "amount"
    # A refund's notice states no currency: domestic refunds are in yuan. A payment always states it.
    minor, currency = amounts.get(amount), amounts.get("currency", "CNY" if amount == "refund" else None)
    # `type is`, since True is an int for isinstance; text and floats are nobody's fen.
    if type(minor) is not int or not 0 < minor <= _AMOUNT_MAX or not _is(currency, _CODE):
        return _MISMATCH, "amount"
    if not _is(content.get(reference), _REFERENCE):
        return _MISMATCH, "reference"
    at = _instant(content.get("success_time"))
    if at is None or not _is(content.get(number), _THEIR_NUMBER):
        return _MISMATCH, "shape"
    return Done(
        reference=str(content[reference]),
        transaction_id=str(content[number]),
        at=at,
        amount_minor=minor,
        currency=str(currency),
    ), None


def _instant(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        return at.astimezone(UTC) if at is not None and at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _reversal(content: Content, outcome: TradeStatus | Outcome) -> Reversal | None:
    """The refund as one that somebody made in the merchant's console: which numbers are ours, only `payments` knows.

    A console's refund has an `out_refund_no` of WeChat's making. Complaints (投诉) name no order of ours, only their own
    number, so a notice of one stays of an unknown kind.
    """
    if not isinstance(outcome, Done) or not _is(content.get("transaction_id"), _THEIR_NUMBER):
        return None
    return Reversal(
        kind=ReversalKind.MERCHANT_REFUND,
        reversal_id=outcome.transaction_id,
        reference=str(content["out_trade_no"]),
        transaction_id=str(content["transaction_id"]),
        amount_minor=outcome.amount_minor,
        currency=outcome.currency,
        at=outcome.at,
    )


def _sealed(resource: object) -> Sealed:
    if not isinstance(resource, dict):
        raise Unreadable("no resource")
    if resource.get("algorithm") != ALGORITHM:
        # AEAD_SM4_GCM exists for merchants of the other algorithm suite; we are not one of them.
        raise NotAuthentic("cipher")
    nonce, ciphertext = resource.get("nonce"), resource.get("ciphertext")
    associated_data = resource.get("associated_data", "")
    if not (isinstance(nonce, str) and isinstance(ciphertext, str) and isinstance(associated_data, str)):
        raise Unreadable("a resource without its parts")
    return Sealed(nonce=nonce, associated_data=associated_data, ciphertext=ciphertext)


def _is(value: object, pattern: re.Pattern[str]) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
