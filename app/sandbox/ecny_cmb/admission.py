"""Who may call: headers, envelope and signature of a request, before its content is looked at. Strict.

A client that passes here must pass at the bank: the app that belongs to the merchant, a fresh second, `apisign` over exactly
this message, SM2 over exactly these fields.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.sandbox.ecny_cmb import keys, signing
from app.sandbox.far_side import FarSide, Refusal

WINDOW_S: Final = 300
"""How far a client's second may be from ours, in either direction."""
_SECONDS: Final = re.compile(r"[0-9]{10}")
_ENVELOPE: Final = frozenset({"biz_content", "encoding", "sign", "signMethod", "version"})
_BILL_HEAD: Final = {"verify": "SM3withSM2", "channel": "AP", "funcCode": "BILLRECORD_GET_FORAPI", "sysCode": "AP"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request as it came: exact bytes; header names in lower case."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


def own(far: FarSide) -> keys.EcnyCmbKeys:
    """The keys of both sides."""
    return keys.ensure(far.folder)


def admit(far: FarSide, call: Call) -> dict[str, str]:
    """The business fields of an ordinary call.

    Raises:
        Refusal: with the string we expected to see signed where a signature differs.
    """
    _check_form(call)
    fields = _object(call.body.decode("utf-8", "replace"), "JSON_FORMAT_ERROR")
    if not fields:
        raise Refusal(200, "POST_DATA_EMPTY", "POST数据为空")
    if unknown := fields.keys() - _ENVELOPE:
        raise Refusal(200, "UNDEFINED_PRAM", "未识别的参数", got=repr(sorted(unknown)))
    if fields.keys() != _ENVELOPE:
        raise Refusal(200, "SIGN_ERROR", "报文字段不全", expected=repr(sorted(_ENVELOPE)), got=repr(sorted(fields)))
    for name, code in (
        ("version", "VERSION_ERROR"),
        ("encoding", "ENCODING_ERROR"),
        ("signMethod", "SIGNMETHOD_ERROR"),
    ):
        if fields[name] != signing.FIXED[name]:
            raise Refusal(200, code, name, expected=signing.FIXED[name], got=fields[name])
    _check_head(far, call, fields["sign"], is_raw=False)
    text = signing.text_to_sign(fields)
    if not signing.holds(own(far).merchant_public, text, fields["sign"]):
        raise Refusal(200, "SIGN_ERROR", "签名错误", expected=text, got=fields["sign"])
    content = _object(fields["biz_content"], "JSON_FORMAT_ERROR")
    for name, value in content.items():
        if not value.strip() or value == "null":
            raise Refusal(200, f"{name.upper()}_NOT_LAWFUL", "非必填字段不可为空", field=name)
    return content


def admit_for_bill(far: FarSide, call: Call) -> dict[str, str]:
    """What a call of the bills' address wants.

    Raises:
        Refusal: as `admit`.
    """
    _check_form(call)
    for name, value in _BILL_HEAD.items():
        if call.headers.get(name.lower()) != value:
            raise Refusal(200, "HEAD_ERROR", name, expected=value, got=call.headers.get(name.lower()))
    sign = call.headers.get("sign", "")
    _check_head(far, call, sign, is_raw=True)
    text = call.body.decode("utf-8", "replace")
    if not signing.holds(own(far).merchant_public, text, sign):
        raise Refusal(200, "SIGN_ERROR", "签名错误", expected=text, got=sign)
    try:
        wanted = json.loads(text)["requestBody"]
    except (ValueError, KeyError, TypeError):
        raise Refusal(200, "JSON_FORMAT_ERROR", "JSON格式错误", got=text) from None
    if not isinstance(wanted, dict) or not all(isinstance(value, str) for value in wanted.values()):
        raise Refusal(200, "JSON_FORMAT_ERROR", "requestBody", got=text)
    return wanted


def _check_form(call: Call) -> None:
    if call.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        raise Refusal(
            200, "JSON_FORMAT_ERROR", "Content-Type须为application/json", got=call.headers.get("content-type")
        )


def _check_head(far: FarSide, call: Call, sign: str, *, is_raw: bool) -> None:
    ours, stamp, given = own(far), call.headers.get("timestamp", ""), call.headers.get("apisign", "")
    if call.headers.get("appid") != ours.app_id:
        raise Refusal(200, "APPID_ERROR", "APP ID不存在", expected=ours.app_id, got=call.headers.get("appid"))
    now_s = far.truth.stamp_now()
    if not _SECONDS.fullmatch(stamp) or abs(now_s - int(stamp)) > WINDOW_S:
        raise Refusal(200, "TIMESTAMP_ERROR", "时间戳与当前时间相差过大", expected=str(now_s), got=stamp)
    text = signing.head_text(ours.app_id, ours.app_secret, sign, stamp)
    is_ours = signing.holds_raw(ours.merchant_public, text, given) if is_raw else given == signing.md5(text)
    if not is_ours:
        raise Refusal(200, "APISIGN_ERROR", "报文头加签错误", expected=text.replace(ours.app_secret, "…"), got=given)


def _object(text: str, code: str) -> dict[str, str]:
    try:
        values: Any = json.loads(text, object_pairs_hook=_unrepeated)
    except (ValueError, RecursionError):
        raise Refusal(200, code, "JSON格式错误", got=text) from None
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise Refusal(200, code, "须为字符串字段的JSON对象", got=text)
    return values


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a name stands twice")
    return values
