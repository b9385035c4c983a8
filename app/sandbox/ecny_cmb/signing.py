"""The messages of China Merchants Bank's gateway as the bank signs and checks them: canonical strings, envelopes, forms.

Source: 招商银行商户聚合支付接口 V3.3.6, 2.2 to 2.5 and appendix 2. The wire's page is docs/wire/ecny_cmb.md.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote

from app.sandbox.ecny_cmb import sm2

FIXED: Final = {"encoding": "UTF-8", "signMethod": "02", "version": "0.0.1"}


def text_to_sign(fields: Mapping[str, str]) -> str:
    """Names in the order of ASCII, `name=value`, joined by `&`; an empty value keeps its place, `sign` has none."""
    pairs: Iterable[tuple[str, str]] = sorted(fields.items())
    return "&".join("=".join(pair) for pair in pairs if pair[0] != "sign")


def signature(private: str, text: str, *, identity: str = sm2.IDENTITY) -> str:
    """DER of R and S in base64."""
    return base64.b64encode(sm2.to_der(sm2.sign(int(private, 16), text.encode(), identity))).decode()


def holds(public: sm2.Point, text: str, given: str) -> bool:
    """Whether the key made this signature; what is no signature at all is simply no."""
    try:
        numbers = sm2.from_der(base64.b64decode(given, validate=True))
    except (binascii.Error, ValueError):
        return False
    return numbers is not None and sm2.holds(public, text.encode(), numbers)


def holds_raw(public: sm2.Point, text: str, given: str) -> bool:
    """The same for R and S as 128 hexadecimal digits, as the bills' address takes it."""
    try:
        raw = bytes.fromhex(given)
    except ValueError:
        return False
    numbers = (int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    return len(raw) == 64 and sm2.holds(public, text.encode(), numbers)


def head_text(app_id: str, secret: str, sign: str, timestamp: str) -> str:
    """What the headers' `apisign` is made of."""
    return f"appid={app_id}&secret={secret}&sign={sign}&timestamp={timestamp}"


def md5(text: str) -> str:
    """Of an ordinary call's headers, in lower case."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def answer(private: str, fields: Mapping[str, str], *, content: str | None, as_object: bool = False) -> bytes:
    """An answer of the bank: its fields signed, the content as a text in them or (`as_object`) as an object."""
    whole = {**FIXED, **fields} | ({} if content is None else {"biz_content": content})
    told: dict[str, Any] = whole | {"sign": signature(private, text_to_sign(whole))}
    if not as_object or content is None:
        return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    del told["biz_content"]
    rest = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    # The content stands in it exactly as it was signed.
    return f'{{"biz_content":{content},{rest[1:]}'.encode()


def form(fields: Mapping[str, str]) -> bytes:
    """`application/x-www-form-urlencoded`, every character that is not plain percent-encoded."""
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items()).encode()


def compact(value: object) -> str:
    """JSON without blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
