"""What a client may write in `biz_content`, call by call, with the bank's lengths and character sets.

Stricter than the bank in one way: a field we do not know is refused, since it is usually a misspelt one.
"""

import ipaddress
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from app.sandbox.addresses import is_loopback
from app.sandbox.ecny_cmb.admission import own
from app.sandbox.ecny_cmb.signing import compact
from app.sandbox.far_side import FarSide, Refusal
from app.sandbox.truth import BEIJING

TYPES: Final = frozenset({"TT01", "TT03", "TT04", "TT13"})
_NUMBER: Final = re.compile(r"[0-9A-Za-z_-]{1,32}")
_AMOUNT: Final = re.compile(r"[1-9][0-9]{0,12}")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_SPECIAL: Final = re.compile(r"[/=&<>\"'\\%#?]")
_MUST: Final = frozenset({
    "merId", "orderId", "userId", "notifyUrl", "currencyCode", "transactionType", "txnAmt", "terminalNo", "terminalIp",
    "goodsName", "tradePlace", "orderTimeExpire",
})  # fmt: skip
_MAY: Final = frozenset({"orderDetails", "platformName", "mchReserved"})
_LONGEST: Final = {
    "terminalNo": 32, "terminalIp": 64, "goodsName": 200, "tradePlace": 128, "orderDetails": 1024, "platformName": 40,
    "mchReserved": 128, "refundReason": 256, "notifyUrl": 256,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderForm:
    """An order of e-CNY, found well-formed."""

    order_id: str
    transaction_type: str
    goods_name: str
    fen: int
    notify_url: str
    expires_at: float
    content: str
    """All of it in one spelling: the same number with another content is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundForm:
    """A refund, found well-formed."""

    order_id: str
    of_order_id: str | None
    of_cmb_order_id: str | None
    total_fen: int
    fen: int
    notify_url: str | None
    content: str


def read_order(far: FarSide, content: dict[str, str]) -> OrderForm:
    """数字人民币统一下单 (4.17)."""
    _check(far, content, must=_MUST, may=_MAY)
    if content["transactionType"] not in TYPES:
        raise _unlawful("transactionType", content)
    for name in ("terminalNo", "terminalIp"):
        if not content[name].isascii():
            raise _unlawful(name, content)
    try:
        ipaddress.ip_address(content["terminalIp"])
    except ValueError:
        raise _unlawful("terminalIp", content) from None
    if _SPECIAL.search(content["goodsName"]):
        raise _unlawful("goodsName", content)
    expires_at = _beijing(content["orderTimeExpire"])
    if expires_at is None or expires_at <= far.truth.now():
        raise _unlawful("orderTimeExpire", content)
    return OrderForm(
        order_id=content["orderId"],
        transaction_type=content["transactionType"],
        goods_name=content["goodsName"],
        fen=int(content["txnAmt"]),
        notify_url=content["notifyUrl"],
        expires_at=expires_at,
        content=compact(dict(sorted(content.items()))),
    )


def read_refund(far: FarSide, content: dict[str, str]) -> RefundForm:
    """退款申请 (4.4)."""
    may = frozenset({"origOrderId", "origCmbOrderId", "notifyUrl", "currencyCode", "refundReason", "mchReserved"})
    _check(far, content, must=frozenset({"merId", "userId", "orderId", "txnAmt", "refundAmt"}), may=may)
    if not content.keys() & {"origOrderId", "origCmbOrderId"}:
        raise Refusal(200, "ORIGORDERID_NOT_LAWFUL", "原交易订单号至少上送一个", field="origOrderId")
    return RefundForm(
        order_id=content["orderId"],
        of_order_id=content.get("origOrderId"),
        of_cmb_order_id=content.get("origCmbOrderId"),
        total_fen=int(content["txnAmt"]),
        fen=int(content["refundAmt"]),
        notify_url=content.get("notifyUrl"),
        content=compact(dict(sorted(content.items()))),
    )


def read_number(far: FarSide, content: dict[str, str], *, ours: str, theirs: str) -> tuple[str | None, str | None]:
    """The merchant's and the bank's number of what is asked about; at least one of them."""
    _check(far, content, must=frozenset({"merId", "userId"}), may=frozenset({ours, theirs}))
    if not content.keys() & {ours, theirs}:
        raise Refusal(200, f"{ours.upper()}_NOT_LAWFUL", "订单号至少上送一个", field=ours)
    return content.get(ours), content.get(theirs)


def _check(far: FarSide, content: dict[str, str], *, must: frozenset[str], may: frozenset[str]) -> None:
    keys = own(far)
    if unknown := content.keys() - must - may:
        raise Refusal(200, "UNDEFINED_PRAM", "未识别的参数", got=repr(sorted(unknown)))
    if missing := must - content.keys():
        name = min(missing)
        raise Refusal(200, f"{name.upper()}_NOT_LAWFUL", "必填字段未上送", field=name)
    if content["merId"] != keys.merchant:
        raise Refusal(200, "MERID_NOT_EXIST", "商户号不存在", expected=keys.merchant, got=content["merId"])
    if content["userId"] != keys.cashier:
        raise Refusal(200, "USERID_CHECK_FAILED", "收银员信息校验失败", expected=keys.cashier, got=content["userId"])
    for name, value in content.items():
        is_number = name.endswith("rderId") and not _NUMBER.fullmatch(value)
        is_amount = name.endswith("Amt") and not _AMOUNT.fullmatch(value)
        if is_number or is_amount or len(value) > _LONGEST.get(name, 256):
            raise _unlawful(name, content)
    if content.get("currencyCode", "156") != "156":
        raise _unlawful("currencyCode", content)
    if "notifyUrl" in content and not _is_door(content["notifyUrl"]):
        raise _unlawful("notifyUrl", content)


def _beijing(text: str) -> float | None:
    try:
        at = datetime.fromisoformat(text) if _TIME.fullmatch(text) else None
    except ValueError:
        return None
    return at.replace(tzinfo=BEIJING).timestamp() if at else None


def _is_door(url: str) -> bool:
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return has_host and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url)))


def _unlawful(name: str, content: dict[str, str]) -> Refusal:
    return Refusal(200, f"{name.upper()}_NOT_LAWFUL", f"{name}字段内容非法", field=name, got=content.get(name))
