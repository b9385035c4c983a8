"""What we write into the bank's fields, in the characters and lengths that it takes. Pure."""

from typing import Final

from app.gateways.channels.base import Charge
from app.gateways.channels.ecny_cmb.keys import EcnyKeys
from app.gateways.channels.ecny_cmb.methods import TRANSACTION_TYPES
from app.kernel.clock import BEIJING

_NAME_MAX: Final = 40
"""Of `goodsName`: the bank's page on 统一下单 says 200, the one on 统一支付 40."""
_REASON_MAX: Final = 80
_PLAIN: Final = frozenset(" .-_·:()（）：，。")
"""Beside letters and digits: the bank names `/`, `=` and `&` as examples of what it refuses, and gives no list."""


def charge_content(charge: Charge, keys: EcnyKeys) -> dict[str, str]:
    """The fields of 数字人民币统一下单, without the merchant's own; the same for the same charge."""
    assert charge.amount_minor > 0, charge.amount_minor
    content = {
        "orderId": charge.reference,
        "notifyUrl": keys.notify_url,
        "currencyCode": "156",
        "transactionType": TRANSACTION_TYPES[charge.method],
        "txnAmt": str(charge.amount_minor),
        "terminalNo": keys.terminal,
        "terminalIp": keys.terminal_ip,
        "goodsName": plain(charge.description, limit=_NAME_MAX),
        "tradePlace": keys.trade_place,
        "orderTimeExpire": charge.expires_at.astimezone(BEIJING).strftime("%Y-%m-%dT%H:%M:%S"),
    }
    # An optional field has something in it, or is not sent (2.3, 7).
    return content | ({"platformName": keys.platform} if keys.platform else {})


def refund_reason(reason: str) -> str:
    """`refundReason`; empty where nothing of it can be written."""
    return plain(reason, limit=_REASON_MAX).strip()


def plain(text: str, *, limit: int) -> str:
    """The text with a blank for each character that is neither a letter or digit of one to three bytes of UTF-8 nor plain
    punctuation, at most `limit` characters."""
    return "".join(one if one in _PLAIN or (one.isalnum() and one <= "\uffff") else " " for one in text)[:limit]
