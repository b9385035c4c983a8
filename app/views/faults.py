"""What is wrong with which field: msgspec's and Litestar's English sentences as JSON Pointers and texts in two languages.

The sentences are those of msgspec 0.22 and Litestar 2.25; one this page does not know is told as "not of the expected
form", so a new release costs clearness, never correctness.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from app.kernel.text import Text


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a request."""

    field: str | None
    """JSON Pointer into the body; for a query, path or header value its name after a slash; None for the whole."""
    issue: str
    """A stable word: `missing`, `unknown`, `type`, `too_long` …"""
    location: str
    """`body`, `query`, `path`, `header` or `cookie`."""
    text: Text


_TYPES: Final[Mapping[str, Text]] = {
    "int": Text(zh="整数", en="a whole number"),
    "float": Text(zh="数字", en="a number"),
    "str": Text(zh="文字", en="text"),
    "bool": Text(zh="true 或 false", en="true or false"),
    "array": Text(zh="列表", en="a list"),
    "object": Text(zh="对象", en="an object"),
    "null": Text(zh="空值", en="null"),
    "bytes": Text(zh="base64 文字", en="base64 text"),
}

_SENTENCES: Final[tuple[tuple[re.Pattern[str], str, Text], ...]] = tuple(
    (re.compile(pattern), issue, Text(zh=zh, en=en))
    for pattern, issue, zh, en in (
        (r"missing required field `(?P<name>[^`]*)`", "missing", "必填", "required"),
        (r"Missing required (?P<kind>\w+) parameter '(?P<name>[^']*)'", "missing", "必填", "required"),
        (r"contains unknown field `(?P<name>[^`]*)`", "unknown", "没有这个字段", "there is no such field"),
        (
            r"Expected `(?:str|bytes)` of length <= (?P<n>\d+)",
            "too_long",
            "最多 {n} 个字符",
            "at most {n} characters",
        ),
        (
            r"Expected `(?:str|bytes)` of length >= (?P<n>\d+)",
            "too_short",
            "至少 {n} 个字符",
            "at least {n} characters",
        ),
        (r"Expected `(?:array|object)` of length <= (?P<n>\d+)", "too_many", "最多 {n} 项", "at most {n} entries"),
        (r"Expected `(?:array|object)` of length >= (?P<n>\d+)", "too_few", "至少 {n} 项", "at least {n} entries"),
        (r"Expected `array` of length (?P<n>\d+)", "count", "应有 {n} 项", "must have {n} entries"),
        (r"Expected `(?:int|float)` <= (?P<n>\S+)", "too_large", "不能大于 {n}", "must not be above {n}"),
        (r"Expected `(?:int|float)` >= (?P<n>\S+)", "too_small", "不能小于 {n}", "must not be below {n}"),
        (r"Expected `(?:int|float)` < (?P<n>\S+)", "too_large", "必须小于 {n}", "must be below {n}"),
        (r"Expected `(?:int|float)` > (?P<n>\S+)", "too_small", "必须大于 {n}", "must be above {n}"),
        (
            r"Expected `(?:int|float)` that's a multiple of (?P<n>\S+)",
            "multiple",
            "必须是 {n} 的倍数",
            "must be a multiple of {n}",
        ),
        (r"Expected `str` matching regex", "pattern", "格式不正确", "is not of the right form"),
        (r"Invalid enum value", "choice", "不是可选的值", "is not one of the choices"),
        (r"Invalid UUID|badly formed hexadecimal UUID", "format", "不是有效的标识", "is not a valid id"),
        (
            r"Invalid RFC3339 encoded (?:datetime|date|time)",
            "format",
            "不是有效的日期或时间",
            "is not a valid date or time",
        ),
        (r"Expected `datetime` with", "format", "须带时区", "must carry a time zone"),
        (r"Invalid decimal string", "format", "不是有效的数字", "is not a valid number"),
        (r"Integer value out of range", "range", "数字超出范围", "is out of range"),
        (r"Expected `(?P<type>[^`]+)`", "type", "应为{type}", "must be {type}"),
    )
)
_OTHER: Final = Text(zh="格式不正确", en="is not of the expected form")
_PATH: Final = re.compile(r" - at `(?:key in )?\$(?P<path>[^`]*)`")
_STEP: Final = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>\d+)\]|\[\.\.\.\]")


def of_sentence(sentence: str, *, location: str = "body", under: str = "") -> Fault:
    """The fault that one sentence of msgspec or Litestar tells; `under` is the pointer it starts from."""
    pointer = under + _pointer(sentence)
    for pattern, issue, text in _SENTENCES:
        if (found := pattern.search(sentence)) is None:
            continue
        named = found.groupdict()
        if (name := named.pop("name", None)) is not None:
            pointer = f"{pointer}/{_escaped(name)}"
        location = named.pop("kind", None) or location
        return Fault(pointer or None, issue, location, _filled(text, named))
    return Fault(pointer or None, "format", location, _OTHER)


def of_validation(detail: str, extra: object) -> list[Fault]:
    """The faults of Litestar's ValidationException, whose `extra` lists them as `{message, key, source}`."""
    if not isinstance(extra, Iterable) or isinstance(extra, str | bytes):
        return [of_sentence(detail)]
    faults = []
    for one in extra:
        if not isinstance(one, Mapping):
            continue
        source = one.get("source")
        key = str(one.get("key", ""))
        # Litestar 2.25 writes a body field as a dotted key, and every other place by its own name.
        where = "body" if source is None and key in {"", "data"} else str(getattr(source, "value", source) or "query")
        if where == "header":  # told by the handler's name for it, `idempotency_key`
            key = "-".join(word.capitalize() for word in key.replace("-", "_").split("_"))
        under = "" if key in {"", "data"} else "/" + "/".join(_escaped(step) for step in key.split("."))
        faults.append(of_sentence(str(one.get("message", "")), location=where, under=under))
    return faults or [of_sentence(detail)]


def _pointer(sentence: str) -> str:
    found = _PATH.search(sentence)
    if found is None:
        return ""
    steps = []
    for step in _STEP.finditer(found["path"]):
        if step["name"] is None and step["index"] is None:
            break  # `[...]`: msgspec does not say which entry of a mapping
        steps.append(_escaped(step["name"] or step["index"]))
    return "".join(f"/{step}" for step in steps)


def _filled(text: Text, named: Mapping[str, str]) -> Text:
    if (wanted := named.get("type")) is None:
        return text.filled(**named)
    kinds = [_TYPES.get(kind.strip(), Text(zh=kind.strip(), en=kind.strip())) for kind in wanted.split("|")]
    return Text(
        zh=text.zh.replace("{type}", "或".join(kind.zh for kind in kinds)),
        en=text.en.replace("{type}", " or ".join(kind.en for kind in kinds)),
    )


def _escaped(step: str) -> str:
    """One step of a JSON Pointer (RFC 6901)."""
    return step.replace("~", "~0").replace("/", "~1")
