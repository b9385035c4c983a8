"""The platform's answers and notices in our words. Pure and strict: what is not exactly as documented is never money.

Source: 支付宝开放平台, alipay.trade.query / alipay.trade.fastpay.refund.query / 异步通知说明.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NoReturn
from urllib.parse import parse_qsl

from app.gateways.channels.base import (
    Closed,
    Done,
    NotAuthentic,
    Notice,
    Outcome,
    Pending,
    TradeStatus,
    Unknown,
)
from app.kernel.clock import BEIJING

FRESH_FOR: Final = timedelta(hours=26)
"""How old a notice may be: the platform sends one again for 24 h 22 min, and does not say that its time is then renewed."""
AHEAD: Final = timedelta(minutes=15)
"""How far a notice's time may be before ours: a clock ten minutes wrong loses no notice."""

_REFERENCE: Final = re.compile(r"[0-9A-Za-z_]{1,64}")
_THEIR_NUMBER: Final = re.compile(r"[0-9]{10,64}")
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,64}")
_WORD: Final = re.compile(r"[A-Za-z0-9][0-9A-Za-z_.\-]{0,63}")
_LINK: Final = re.compile(r"[\x21-\x7e]{1,2048}")
_AMOUNT: Final = re.compile(r"([0-9]{1,10})(?:\.([0-9]{1,2}))?", re.ASCII)
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,3})?", re.ASCII)
_NAME: Final = re.compile(r"[0-9A-Za-z_]{1,64}", re.ASCII)
_CUT: Final = re.compile(r"&[^&]*=")
"""What is signed is `name=value` joined by `&`, with nothing escaped: a text that holds this could be cut into fields
another way under the same signature. No field of ours holds it (`writing.wire_text`), so no genuine notice does."""
_FIELDS_MAX: Final = 100
_MISMATCH: Final = Pending(code="MISMATCH")
_PAID: Final = frozenset({"TRADE_SUCCESS", "TRADE_FINISHED"})
"""`FINISHED` is paid as well: it can no longer be refunded."""

Content = Mapping[str, object]
Fields = Mapping[str, str]


class Unreadable(ValueError):
    """Not the documented shape. Whoever asked treats it as silence, whoever received it as not authentic."""


@dataclass(frozen=True, slots=True)
class SignedAnswer:
    """What an answer says, the piece of it that was signed, exactly as it came, and the signature."""

    content: Content
    signed: str
    signature: str
    """Empty where there is none."""
    certificate: str = ""
    """The name of the platform's certificate that signed it, in certificate mode; else empty."""


def cut(raw: bytes, node: str) -> SignedAnswer:
    """The member `node` of an answer, or its `error_response`.

    The piece is cut where a reader of JSON says that the member ends, at the top level only: neither a brace inside a
    text nor a text that looks like the member moves it.

    Raises:
        Unreadable: not one JSON object, a member twice, or neither of them there.
    """
    try:
        text = raw.decode()
        members = _members(text)
    except (ValueError, RecursionError) as unfit:
        raise Unreadable("not one JSON object") from unfit
    found = [name for name in (node, "error_response") if name in members]
    if len(found) != 1:
        raise Unreadable("not the answer that was asked for")
    start, end, content = members[found[0]]
    if not isinstance(content, dict):
        raise Unreadable("not an object")
    return SignedAnswer(content, text[start:end], _text(members, "sign"), _text(members, "alipay_cert_sn"))


def read_trade(content: Content, reference: str) -> TradeStatus:
    """What became of a payment that was asked about by our number."""
    if content.get("out_trade_no") != reference:
        return _MISMATCH
    status = word(content, "trade_status")
    # TRADE_CLOSED is either never paid, or paid and refunded in full since: the payment itself stays a fact.
    if status in _PAID or (status == "TRADE_CLOSED" and content.get("send_pay_date")):
        return _money(content, at="send_pay_date")[0]
    if status == "TRADE_CLOSED":
        return Closed(code=status)
    return Pending(code=status or "SHAPE", is_unpaid=status == "WAIT_BUYER_PAY")


def read_refund(content: Content, *, reference: str, refund_reference: str) -> Outcome | Unknown:
    """What became of a refund that was asked about by our numbers.

    Without a status the platform has not got it, or it failed: the same refund is sent again.
    """
    status = word(content, "refund_status")
    if not status and content.get("out_request_no") in {None, refund_reference}:
        return Unknown(code="NO_REFUND")
    if content.get("out_trade_no") != reference or content.get("out_request_no") != refund_reference:
        return _MISMATCH
    if status != "REFUND_SUCCESS":
        return Pending(code=status or "SHAPE")
    amount, at, number = (
        minor(content.get("refund_amount")),
        instant(content.get("gmt_refund_pay")),
        content.get("trade_no"),
    )
    if amount is None or at is None or not _is(number, _THEIR_NUMBER):
        return _MISMATCH
    # The platform has no number of its own for a refund: ours is what its bill names it by.
    return Done(reference=refund_reference, transaction_id=refund_reference, at=at, amount_minor=amount, currency="CNY")


def read_form(body: bytes) -> Fields:
    """The fields of a notice. Its charset is the one we ask for in every call.

    Raises:
        NotAuthentic: `shape`: not a form in UTF-8, a field twice, far too many, or fields that can be cut in two ways.
    """
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=True, encoding="utf-8", errors="strict",
            max_num_fields=_FIELDS_MAX,
        )  # fmt: skip
    except ValueError:
        raise NotAuthentic("shape") from None
    fields = dict(pairs)
    # A field that stands twice would mean one thing to us and another to whoever reads the stored text later.
    if len(fields) != len(pairs) or fields.get("charset", "").lower() != "utf-8":
        raise NotAuthentic("shape")
    if not all(_NAME.fullmatch(name) and not _CUT.search(value) for name, value in pairs):
        raise NotAuthentic("shape")
    return fields


def read_notice(fields: Fields, *, app_id: str, seller_id: str, now: datetime) -> Notice:
    """A notice whose signature holds.

    Raises:
        NotAuthentic: `timestamp`, too old or of the future; `shape`, without an id.
    """
    sent_at = instant(fields.get("notify_time"))
    if sent_at is None or not now - FRESH_FOR < sent_at < now + AHEAD:
        raise NotAuthentic("timestamp")
    event_id, reference = fields.get("notify_id"), fields.get("out_trade_no")
    if not _is(event_id, _TOKEN):
        raise NotAuthentic("shape")
    outcome, refund_reference, mismatch = _told(fields, app_id=app_id, seller_id=seller_id)
    if not _is(reference, _REFERENCE) or (refund_reference is not None and not _is(refund_reference, _REFERENCE)):
        mismatch = mismatch or "reference"
    return Notice(
        event_id=str(event_id),
        kind=word(fields, "trade_status") or word(fields, "notify_type") or "unknown",
        reference=str(reference) if _is(reference, _REFERENCE) else "",
        refund_reference=refund_reference if _is(refund_reference, _REFERENCE) else None,
        outcome=_MISMATCH if mismatch else outcome,
        mismatch=mismatch,
        content=json.dumps({name: value for name, value in fields.items() if name != "sign"}, ensure_ascii=False),
    )


def minor(value: object) -> int | None:
    """An amount in yuan as fen; None for whatever is not plain digits with at most two decimals, more than zero."""
    found = _AMOUNT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    fen = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
    return fen or None


def instant(value: object) -> datetime | None:
    """A time of the platform's, Beijing's, in UTC; None for another form."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value).replace(tzinfo=BEIJING).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def word(content: Content, name: str) -> str:
    """One of the platform's code words, or empty."""
    value = content.get(name)
    return str(value) if _is(value, _WORD) else ""


def text(content: Content, name: str) -> str:
    """A sentence of the platform for a person to read, bounded and printable; empty where there is none."""
    value = content.get(name)
    return "".join(letter if letter.isprintable() else " " for letter in value[:200]) if isinstance(value, str) else ""


def number(content: Content, name: str) -> str:
    """A number of the platform's; empty where there is none."""
    value = content.get(name)
    return str(value) if _is(value, _THEIR_NUMBER) else ""


def link(content: Content, name: str) -> str:
    """An address, without blanks; empty where there is none."""
    value = content.get(name)
    is_one = isinstance(value, str) and value.startswith(("https://", "http://")) and _LINK.fullmatch(value)
    return str(value) if is_one else ""


def _told(fields: Fields, *, app_id: str, seller_id: str) -> tuple[TradeStatus, str | None, str | None]:
    """The status, the refund it is about, and why it cannot be ours or read, or None."""
    for name, ours, fact in (("app_id", app_id, "app"), ("seller_id", seller_id, "merchant")):
        if fields.get(name) != ours:
            return _MISMATCH, None, fact
    status = word(fields, "trade_status")
    if fields.get("notify_type") != "trade_status_sync" or status not in _PAID | {"TRADE_CLOSED", "WAIT_BUYER_PAY"}:
        return _MISMATCH, None, "kind"
    if fields.get("refund_fee") or fields.get("gmt_refund") or (status == "TRADE_CLOSED" and fields.get("gmt_payment")):
        # It tells of a refund, and never pays: its `refund_fee` is the sum of all refunds so far, so that the refund's
        # own amount is for asking. One that names no refund was made by a person at the platform: for a person here.
        number = fields.get("out_biz_no")
        return Pending(code=status), number or None, None if number else "reference"
    if status in _PAID:
        done, mismatch = _money(fields, at="gmt_payment")
        return done, None, mismatch
    if status == "TRADE_CLOSED":
        return Closed(code=status), None, None
    return Pending(code=status, is_unpaid=True), None, None


def _money(content: Content, *, at: str) -> tuple[Done | Pending, str | None]:
    """Money that moved: the order's amount, never what the buyer paid after coupons."""
    # Only trades across a border name a currency.
    amount, currency = minor(content.get("total_amount")), content.get("trans_currency", "CNY")
    if amount is None or not _is(currency, _WORD):
        return _MISMATCH, "amount"
    paid_at = instant(content.get(at))
    if paid_at is None or not _is(content.get("trade_no"), _THEIR_NUMBER):
        return _MISMATCH, "shape"
    return Done(
        reference=str(content.get("out_trade_no")),
        transaction_id=str(content["trade_no"]),
        at=paid_at,
        amount_minor=amount,
        currency=str(currency),
    ), None


def _members(text: str) -> dict[str, tuple[int, int, object]]:
    """The members of the one object that `text` is: where each value stands, and what it is."""
    decoder = json.JSONDecoder(object_pairs_hook=_distinct, parse_constant=_no_constant)
    members: dict[str, tuple[int, int, object]] = {}
    position = _expect(text, 0, "{")
    while True:
        name, position = decoder.raw_decode(text, _blank(text, position))
        position = _blank(text, _expect(text, position, ":"))
        value, end = decoder.raw_decode(text, position)
        if not isinstance(name, str) or name in members:
            raise ValueError("not a member, or one that stands twice")
        members[name] = (position, end, value)
        position = _blank(text, end)
        if text[position : position + 1] != ",":
            break
        position += 1
    if _blank(text, _expect(text, position, "}")) != len(text):
        raise ValueError("something follows the object")
    return members


def _text(members: Mapping[str, tuple[int, int, object]], name: str) -> str:
    value = members[name][2] if name in members else ""
    return value if isinstance(value, str) else ""


def _expect(text: str, position: int, sign: str) -> int:
    position = _blank(text, position)
    if text[position : position + 1] != sign:
        raise ValueError(f"no {sign}")
    return position + 1


def _blank(text: str, position: int) -> int:
    while text[position : position + 1] in {" ", "\t", "\r", "\n"}:
        position += 1
    return position


def _is(value: object, pattern: re.Pattern[str]) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
