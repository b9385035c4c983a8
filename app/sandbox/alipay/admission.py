"""Who may call the gateway, and what a call asks for: everything about it but the content of its `biz_content`.

Strict, since a client that passes here must pass at Alipay: its signature over the decoded fields, the app, Beijing time,
the charset, and no field twice. Stricter in one thing: a field we do not know is refused, since it is usually misspelt.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from app.sandbox.alipay import certificates, signing
from app.sandbox.alipay.keys import Keys
from app.sandbox.far_side import FarSide, Refusal
from app.sandbox.truth import BEIJING

WINDOW_S: Final = 600
"""How far a client's clock may be from ours: eight hours, which a clock without its zone is wrong by, are far outside."""
LINK_WINDOW_S: Final = 2 * 3600
"""The same for an address that waits in a payer's browser."""

MODE: Final = "alipay.certificates"
"""Our switch: whether the last call was in certificate mode."""
_NEEDED: Final = ("app_id", "method", "charset", "sign_type", "sign", "timestamp", "version", "biz_content")
_CERTIFICATES: Final = ("app_cert_sn", "alipay_root_cert_sn")
"""What a call in certificate mode names besides."""
_KNOWN: Final = frozenset(_NEEDED) | {"format", "notify_url", "return_url", *_CERTIFICATES}
_SIGN_IN: Final = "alipay.system.oauth.token"
_OF_TOKEN: Final = frozenset({"grant_type", "code"})
"""This one call has fields of its own and no `biz_content`."""
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call whose form and signature hold."""

    method: str
    content: Mapping[str, Any]
    notify_url: str
    return_url: str
    fields: Mapping[str, str]
    """All of it, as it stood in the form."""


def read_fields(raw: bytes) -> dict[str, str]:
    """The fields of a call as they stood in a form or an address.

    Raises:
        Refusal: not a form in UTF-8, or a field twice.
    """
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, strict_parsing=bool(raw), errors="strict")
    except ValueError:
        raise _wrong("isv.invalid-encoding", "请求编码错误", got=repr(raw[:200])) from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise _wrong("isv.invalid-arguments", "参数重复")
    return fields


def admit(far: FarSide, keys: Keys, fields: Mapping[str, str], *, is_link: bool) -> Call:
    """Let the call in, or say what is wrong with it.

    Raises:
        Refusal: as the gateway says it, with the text we expected to see signed where the signature differs.
    """
    is_token = fields.get("method") == _SIGN_IN
    for name in _NEEDED if not is_token else (*_NEEDED[:-1], *sorted(_OF_TOKEN)):
        if not fields.get(name):
            raise Refusal(40001, f"isv.missing-{_word(name)}", f"缺少参数{name}", field=name)
    for name in fields.keys() - (_KNOWN | _OF_TOKEN if is_token else _KNOWN):
        raise _wrong("isv.invalid-arguments", f"未知参数{name}", field=name)
    for name, wanted in (("app_id", keys.app_id), ("version", "1.0"), ("sign_type", "RSA2"), ("charset", "utf-8")):
        if fields[name] != wanted:
            raise _wrong(f"isv.invalid-{_word(name)}", f"无效的{name}", field=name, expected=wanted, got=fields[name])
    if fields.get("format", "JSON") != "JSON":
        raise _wrong("isv.invalid-format", "无效的format", field="format", got=fields["format"])
    _check_certificates(far, fields)
    _check_time(far, fields["timestamp"], WINDOW_S if not is_link else LINK_WINDOW_S)
    text = signing.request_text(fields)
    if not signing.holds(keys.app_public_pem, text, fields["sign"]):
        raise _wrong("isv.invalid-signature", "无效签名", expected=text, got=fields["sign"])
    return Call(
        method=fields["method"],
        content=_content(fields.get("biz_content", "{}")),
        notify_url=fields.get("notify_url", ""),
        return_url=fields.get("return_url", ""),
        fields=fields,
    )


def is_by_certificates(fields: Mapping[str, str]) -> bool:
    """Whether the call is in certificate mode: its answer is then signed by the platform's certificate."""
    return any(name in fields for name in _CERTIFICATES)


def seconds(text: str) -> float | None:
    """A time in Beijing, in seconds since 1970; None for another form."""
    if not _TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=BEIJING).timestamp()
    except ValueError:
        return None


def clock_text(at: float) -> str:
    """The same the other way round."""
    return datetime.fromtimestamp(at, BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def _check_time(far: FarSide, told: str, window_s: float) -> None:
    at, now = seconds(told), far.truth.stamp_now()
    if at is None or abs(now - at) > window_s:
        raise _wrong("isv.invalid-timestamp", "非法的时间戳参数", field="timestamp", expected=clock_text(now), got=told)


def _check_certificates(far: FarSide, fields: Mapping[str, str]) -> None:
    """Both names or none, and those of the files we handed out. Notices are then signed in the mode of this call."""
    by_certificates = is_by_certificates(fields)
    for name, wanted in certificates.expected(far.truth.folder).items() if by_certificates else ():
        if fields.get(name) != wanted:
            raise _wrong(
                f"isv.invalid-{_word(name)}", f"无效的{name}", field=name, expected=wanted, got=fields.get(name)
            )
    if by_certificates != (far.truth.setting(MODE, "") == "1"):
        far.truth.set(MODE, int(by_certificates))


def _content(text: str) -> Mapping[str, Any]:
    try:
        content = json.loads(text, object_pairs_hook=_unrepeated)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise _wrong("isv.invalid-parameter", "biz_content不是JSON对象", field="biz_content", got=text[:200])
    return content


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _word(name: str) -> str:
    return {"sign": "signature", "sign_type": "signature-type", "app_id": "app-id"}.get(name, name.replace("_", "-"))


def _wrong(code: str, message: str, **more: Any) -> Refusal:  # noqa: ANN401 - what `Refusal` takes
    return Refusal(40002, code, message, **more)
