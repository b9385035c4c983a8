"""What each call asks for, and amounts, times and texts as the platform wants them. Pure."""

import re
from datetime import datetime, timedelta
from typing import Final

from app.gateways.channels.alipay.methods import CREATE, PRECREATE, WAP
from app.gateways.channels.base import Charge, Payer, Refund
from app.kernel.clock import BEIJING
from app.kernel.money import Currency

SUBJECT_LENGTH_MAX: Final = 128
_UNWANTED: Final = str.maketrans(
    {"/": "／", "=": "＝", "&": "＆", ",": "，", '"': "＂", "\\": "＼", "{": "｛", "}": "｝"}
)
"""The platform refuses the first three in a subject; the others trip up readers of its bills and of its answers."""
USER_ID: Final = re.compile(r"2088[0-9]{12}", re.ASCII)
"""A user's number at Alipay, the same for every app."""
OPEN_ID: Final = re.compile(r"0[0-9A-Za-z_\-]{15,127}", re.ASCII)
"""What newer apps are told instead: somebody's id within one app. An openid of WeChat's begins with `o`."""
_LEAST: Final = timedelta(minutes=1)
"""The shortest life of a code that can be asked for."""
MARGIN: Final = timedelta(minutes=1)
"""So long before our own time the platform ends a payment: once ours is over, no code or link begins one any more, although
clocks differ a little and somebody may be typing a password. Money that comes later all the same is late, and treated as
such."""


def money(amount_minor: int) -> str:
    """An amount in yuan with two decimals, from fen."""
    assert amount_minor > 0, amount_minor
    return f"{amount_minor // 100}.{amount_minor % 100:02d}"


def moment(at: datetime) -> str:
    """A time as the platform writes it: Beijing's, cut to the second."""
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def wire_text(text: str, *, limit: int) -> str:
    """The text as the platform takes it: at most `limit` characters of one to three bytes, without `/ = & , " { }`.

    Emoji and rare Han become `□`, line breaks and other control characters a space.
    """
    return "".join(map(_plain, text.translate(_UNWANTED)))[:limit]


def is_too_late(charge: Charge, now: datetime) -> bool:
    """Whether less time is left than the platform can be asked for."""
    return charge.expires_at - MARGIN - now < _LEAST


def is_buyer(payer: Payer | None, *, app_id: str) -> bool:
    """Whether Alipay knows this payer by that id in this app; an openid of WeChat's is none."""
    if payer is None or payer.app_id not in {None, app_id}:
        return False
    return USER_ID.fullmatch(payer.id) is not None or OPEN_ID.fullmatch(payer.id) is not None


def order(charge: Charge, *, app_id: str, now: datetime) -> dict[str, object]:
    """The `biz_content` that opens a payment.

    Every method says until when it can be paid, in absolute time; a code's own life as well, in whole minutes that end
    no later. Both matter: until it is scanned there is no trade that could expire.
    """
    assert charge.currency is Currency.CNY, charge.currency
    ends_at = charge.expires_at - MARGIN
    told: dict[str, object] = {
        "out_trade_no": charge.reference,
        "total_amount": money(charge.amount_minor),
        "subject": wire_text(charge.description, limit=SUBJECT_LENGTH_MAX),
        "time_expire": moment(ends_at),
    }
    match charge.method:
        case WAP.code:
            assert charge.return_url is not None, charge.reference
            return told | {"product_code": "QUICK_WAP_WAY", "quit_url": charge.return_url}
        case PRECREATE.code:
            minutes = int((ends_at - now) / _LEAST)
            return told | {"product_code": "FACE_TO_FACE_PAYMENT", "qr_code_timeout_express": f"{minutes}m"}
        case _:
            assert charge.method == CREATE.code, charge.method
            assert charge.payer is not None, charge.reference
            name = "buyer_id" if USER_ID.fullmatch(charge.payer.id) else "buyer_open_id"
            return told | {"product_code": "JSAPI_PAY", "op_app_id": app_id, name: charge.payer.id}


def refund(asked: Refund) -> dict[str, object]:
    """The `biz_content` that gives money back; its `out_request_no` makes a repeat harmless."""
    assert 0 < asked.refund_minor <= asked.total_minor, asked
    assert asked.currency is Currency.CNY, asked
    told: dict[str, object] = {
        "out_trade_no": asked.reference,
        "refund_amount": money(asked.refund_minor),
        "out_request_no": asked.refund_reference,
    }
    if asked.reason:
        told["refund_reason"] = wire_text(asked.reason, limit=SUBJECT_LENGTH_MAX)
    return told


def _plain(letter: str) -> str:
    point = ord(letter)
    if point > 0xFFFF or 0xD800 <= point <= 0xDFFF:
        return "□"
    return " " if point < 0x20 or 0x7F <= point < 0xA0 else letter
