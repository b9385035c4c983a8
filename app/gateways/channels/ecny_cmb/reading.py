"""The bank's fields in our words. Pure and strict: what is not exactly as documented is never money.

Source: 招商银行商户聚合支付接口 V3.3.6, 4.2 (支付结果查询), 4.3 (支付结果通知), 4.5 and 4.6 (退款), appendix 4
(错误码处理机制参考).
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from app.gateways.channels.base import Closed, Done, Outcome, Pending, Refused, TradeStatus
from app.gateways.channels.ecny_cmb.envelopes import Content
from app.kernel.clock import BEIJING

WALLET: Final = "EC"
"""`payType` of e-CNY. The gateway takes other wallets too (`ZF`, `WX`, `YL`): what they pay is not what was asked for."""
_REFERENCE: Final = re.compile(r"[0-9A-Za-z_-]{1,32}")
_NUMBER: Final = re.compile(r"[0-9A-Za-z]{1,32}")
_AMOUNT: Final = re.compile(r"[1-9][0-9]{0,12}")
_CURRENCY: Final = re.compile(r"[0-9]{3}")
_CODE: Final = re.compile(r"[A-Za-z][0-9A-Za-z_]{0,63}")
_LINK: Final = re.compile(r"[\x21-\x7e]{1,2048}")
_DATE: Final = re.compile(r"[0-9]{8}")
_TIME: Final = re.compile(r"[0-9]{6}")
_STAMP: Final = re.compile(r"[0-9]{14}")
_ISO: Final = {"156": "CNY"}
_MISMATCH: Final = Pending(code="MISMATCH")

_PAID: Final = frozenset({"S", "R"})
"""`R` (转入退款) says that it was paid and that some of it is going back: the payment itself stays a fact."""
_UNPAID: Final = frozenset({"D", "F"})
"""Cancelled, failed: nothing was paid. Whether its code may be scanned once more the bank does not say; it is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeContent:
    """What a notice says, before anything is concluded from it."""

    is_refund: bool
    state: str
    """`tradeState`, or a refund's own; empty where the message has none, as the documented ones have."""
    reference: str
    """`orderId`: of the payment, or of the refund."""
    money: Done | None
    """The money it speaks of, if it moved; None where its figures are not as documented, as `mismatch` says."""
    mismatch: str | None


def read_payment(content: Content, *, merchant: str) -> tuple[TradeStatus, str | None]:
    """What became of a payment by the bank's answer, and why it cannot be ours (`merchant`, `kind`, `amount`, `shape`), or
    None. With a reason it is always `Pending`.
    """
    if content.get("merId") != merchant:
        return _MISMATCH, "merchant"
    state = word(content, "tradeState")
    if state in _PAID:
        if content.get("payType") != WALLET:
            return _MISMATCH, "kind"
        money = _money(content, "txnAmt")
        return money if isinstance(money, tuple) else (money, None)
    if state == "C":
        return Closed(code=state), None
    return Pending(code=state or "SHAPE", is_unpaid=state in _UNPAID), None


def read_refund(content: Content, *, merchant: str, state: str) -> Outcome:
    """What became of a refund; `state` names the field that says so, which differs between its answer and a question's.

    `F` is refused without its number being over: the bank wants the same number again.
    """
    if content.get("merId") != merchant:
        return _MISMATCH
    found = word(content, state)
    if found == "S":
        money = _money(content, "refundAmt")
        return _MISMATCH if isinstance(money, tuple) else money
    if found == "F":
        return Refused(code=found, text=text(content, "failureReason") or text(content, "errDescription"))
    return Pending(code=found or "SHAPE")


def read_notice(content: Content, *, merchant: str) -> NoticeContent:
    """An authentic notice. Whether it is of a refund its `refundAmt` says: nothing else does."""
    is_refund = "refundAmt" in content or "refundState" in content
    reference = content.get("orderId")
    money: Done | None = None
    if content.get("merId") != merchant:
        mismatch: str | None = "merchant"
    elif not _is(reference, _REFERENCE):
        mismatch = "reference"
    elif content.get("payType") != WALLET:
        mismatch = "kind"
    else:
        found = _money(content, "refundAmt" if is_refund else "txnAmt")
        money, mismatch = (None, found[1]) if isinstance(found, tuple) else (found, None)
    return NoticeContent(
        is_refund=is_refund,
        state=word(content, "tradeState") or (word(content, "refundState") if is_refund else ""),
        reference=str(reference) if _is(reference, _REFERENCE) else "",
        money=money,
        mismatch=mismatch,
    )


def moment(content: Content) -> datetime | None:
    """When what a message tells was done, or else when it was asked for; None where it says neither as documented."""
    date, time = content.get("endDate"), content.get("endTime")
    if _is(date, _DATE) and _is(time, _TIME):
        return _beijing(f"{date}{time}")
    stamp = content.get("txnTime")
    return _beijing(str(stamp)) if date is None and time is None and _is(stamp, _STAMP) else None


def word(content: Content, name: str) -> str:
    """One of the bank's code words, or empty."""
    value = content.get(name)
    return str(value) if _is(value, _CODE) else ""


def text(content: Content, name: str) -> str:
    """A sentence of the bank for a person to read, bounded and printable; empty where there is none."""
    value = content.get(name)
    return "".join(letter if letter.isprintable() else " " for letter in value[:200]) if isinstance(value, str) else ""


def number(content: Content, name: str) -> str:
    """A number of the bank's own; empty where there is none."""
    value = content.get(name)
    return str(value) if _is(value, _NUMBER) else ""


def link(content: Content, name: str) -> str:
    """A text of an address or a code, without blanks; empty where there is none."""
    value = content.get(name)
    return str(value) if _is(value, _LINK) else ""


def fen(value: object) -> int | None:
    """An amount: a text of one to thirteen digits that does not begin with zero. Numbers, signs and points are nobody's fen."""
    return int(str(value)) if _is(value, _AMOUNT) else None


def _money(content: Content, amount: str) -> Done | tuple[Pending, str]:
    """Money that moved, or why it is none. The amount is the order's; what a coupon paid of it is in there."""
    minor, currency = fen(content.get(amount)), content.get("currencyCode", "156" if amount == "refundAmt" else None)
    # A refund's answer names no currency: everything here is in yuan. A payment always names it.
    if minor is None or not _is(currency, _CURRENCY):
        return _MISMATCH, "amount"
    if not _is(content.get("orderId"), _REFERENCE):
        return _MISMATCH, "reference"
    at, theirs = moment(content), number(content, "cmbOrderId")
    if at is None or not theirs:
        return _MISMATCH, "shape"
    return Done(
        reference=str(content["orderId"]),
        transaction_id=theirs,
        at=at,
        amount_minor=minor,
        currency=_ISO.get(str(currency), str(currency)),
    )


def _beijing(digits: str) -> datetime | None:
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=BEIJING).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _is(value: object, pattern: re.Pattern[str]) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
