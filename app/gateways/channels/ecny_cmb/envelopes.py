"""The outer part of the bank's messages: which fields are signed, and what they carry. Pure and strict.

Source: 招商银行商户聚合支付接口 V3.3.6, 2.2 and 2.4.1.2, with the samples of its appendix 2.
"""

import json
import re
from collections.abc import Mapping
from typing import Final, NoReturn
from urllib.parse import parse_qsl

CONTENT: Final = "biz_content"
VERSION: Final = "0.0.1"
ENCODING: Final = "UTF-8"
SM2: Final = "02"
"""`signMethod`; 01 was RSA, which the bank no longer takes."""
_NAME: Final = re.compile(r"[A-Za-z_]{1,40}")
_FIELDS_MAX: Final = 64
_DECODER: Final = json.JSONDecoder()
_BLANKS: Final = re.compile(r"[ \t\r\n]*")

Fields = Mapping[str, str]
Content = Mapping[str, object]


class Unreadable(ValueError):
    """Not the documented shape. Whoever asked treats it as silence, whoever received it as not authentic."""


def read_answer(raw: bytes) -> dict[str, str]:
    """The fields of a JSON answer as they are signed. A text is signed as it reads; an object (`biz_content` may come as
    one) as it stands among the bytes, since nobody says how it would be written again.

    Raises:
        Unreadable: not one JSON object of texts and objects without repeated names.
    """
    try:
        text = raw.decode()
        fields, end = _object(text, _blanks(text, 0))
    except (ValueError, RecursionError, IndexError) as unfit:
        raise Unreadable("not one JSON object") from unfit
    if _blanks(text, end) != len(text):
        raise Unreadable("something follows the object")
    return fields


def read_form(raw: bytes) -> dict[str, str]:
    """The fields of a notice's form, decoded, as they are signed.

    Raises:
        Unreadable: not a form in UTF-8, a name twice, or a field other than the content that could be cut in two: `a=1&b=2`
            is signed alike whether it is one field or two.
    """
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_FIELDS_MAX,
        )
    except ValueError as unfit:
        raise Unreadable("not a form") from unfit
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Unreadable("a name stands twice")
    for name, value in pairs:
        if not _NAME.fullmatch(name) or (name != CONTENT and "&" in value):
            raise Unreadable("a field could be read in two ways")
    return fields


def read_content(fields: Fields) -> Content:
    """What the message is about: the object in `biz_content`.

    Raises:
        Unreadable: there is none.
    """
    try:
        value = json.loads(fields.get(CONTENT, ""), object_pairs_hook=_distinct, parse_constant=_no_constant)
    except (ValueError, RecursionError) as unfit:
        raise Unreadable("no content") from unfit
    if not isinstance(value, dict):
        raise Unreadable("the content is no object")
    return value


def _object(text: str, place: int) -> tuple[dict[str, str], int]:
    if text[place] != "{":
        raise Unreadable("no object")
    fields: dict[str, str] = {}
    place = _blanks(text, place + 1)
    while text[place] != "}":
        if fields:
            if text[place] != ",":
                raise Unreadable("no comma")
            place = _blanks(text, place + 1)
        name, place = _DECODER.raw_decode(text, place)
        place = _blanks(text, place)
        if not isinstance(name, str) or name in fields or text[place] != ":" or len(fields) == _FIELDS_MAX:
            raise Unreadable("no name, or one that stands twice")
        began = _blanks(text, place + 1)
        value, ended = _DECODER.raw_decode(text, began)
        if not isinstance(value, str | dict):
            raise Unreadable("neither a text nor an object")
        fields[name] = value if isinstance(value, str) else text[began:ended]
        place = _blanks(text, ended)
    return fields, place + 1


def _blanks(text: str, place: int) -> int:
    found = _BLANKS.match(text, place)
    assert found is not None
    return found.end()


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
