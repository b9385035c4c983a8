"""Named ways to spoil a notice. *Forgeries* spoil what is sent after the signing, or sign wrongly: they must be refused.
*Lies* change what is told before it is truly signed: they are authentic and must not be fulfilled."""

import base64
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote, urlencode

from app.sandbox.alipay import keys, signing
from app.sandbox.alipay.admission import clock_text

Fields = dict[str, str]

STALE_S: Final = 27 * 3600
"""Older than the last sending of a notice can be."""


def _cent_more(told: Fields) -> Fields:
    yuan, _, cents = told["total_amount"].partition(".")
    fen = int(yuan) * 100 + int(cents) + 1
    return {"total_amount": f"{fen // 100}.{fen % 100:02d}"}


LIES: Final[Mapping[str, Callable[[Fields], Fields]]] = {
    "other_amount": _cent_more,
    "other_currency": lambda _: {"trans_currency": "USD"},
    "other_app": lambda _: {"app_id": "SANDBOX000000000"},
    "other_seller": lambda _: {"seller_id": "SANDBOX2088000000000"},
    "unknown_order": lambda _: {"out_trade_no": "NOBODYKNOWSTHISNUMBER00"},
    "not_paid": lambda _: {"trade_status": "WAIT_BUYER_PAY"},
    "finished": lambda _: {"trade_status": "TRADE_FINISHED"},
}
"""By name: what is told instead. `finished` is no lie but another true word for paid."""

FORGERIES: Final = frozenset({
    "body", "signature", "no_signature", "wrong_key", "stale", "early", "extra_field", "twice", "sha1", "double_encoded",
})  # fmt: skip
NAMES: Final = frozenset(LIES) | FORGERIES


def forge(what: str | None, fields: Fields, *, key_pem: str, now: float) -> bytes:
    """The body of one sending; without `what`, or with a lie told already, simply a true one."""
    moved_s = {"stale": -STALE_S, "early": 3600}.get(what or "", 0)
    fields = fields | {"notify_time": clock_text(now + moved_s)}
    if what == "sha1":
        fields |= {"sign_type": "RSA"}
    if what == "wrong_key":
        key_pem = keys.pair()[0]
    signed = fields | {"sign": signing.sign(key_pem, signing.notice_text(fields), sha1=what == "sha1")}
    return _spoilt(what, signed)


def _spoilt(what: str | None, signed: Fields) -> bytes:
    match what:
        case "body":
            signed["subject"] += " "
        case "signature":
            raw = bytearray(base64.b64decode(signed["sign"]))
            raw[-1] ^= 1
            signed["sign"] = base64.b64encode(raw).decode()
        case "no_signature":
            del signed["sign"]
        case "extra_field":
            signed["passback_params"] = ""
        case "twice":
            return (urlencode(signed) + "&" + urlencode({"total_amount": signed["total_amount"]})).encode()
        case "double_encoded":
            return urlencode({name: quote(value, safe="") for name, value in signed.items()}).encode()
        case _:
            pass
    return urlencode(signed).encode()
