"""Bodies decoded strictly: at most 32 deep, without NUL, in NFC, and no name twice in one object.

For the API, and for a terminal that reads the same forms from a file.
"""

import json
import re
import unicodedata
from typing import Any, Final

import msgspec

from app.views import errors

DEPTH_MAX: Final = 32
_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
"""A JSON string, also one that never ends: so each byte is looked at once."""
_BRACKETS: Final = re.compile(rb"[\[\]{}]")
_BYTE: Final = re.compile(r"\(byte (\d+)\)")
_decode: Final = msgspec.json.Decoder().decode


def decode(body: bytes, type_: Any = Any) -> Any:  # noqa: ANN401  # what JSON or a form holds is known to the handler only
    """JSON decoded strictly into `type_`, guarded as the module says."""
    if body.count(b"[") + body.count(b"{") > DEPTH_MAX and depth(body) > DEPTH_MAX:
        raise errors.TooDeep(depth_max=DEPTH_MAX)
    if b"\\u0000" in body or b"\0" in body:
        _refuse_nul(body)
    if body.count(b":") > 1:
        _refuse_repeated(body)  # before anything else decodes it, and keeps one of two
    if not body.isascii() or b"\\u" in body:
        body = _composed(body)
    try:
        return msgspec.json.decode(body, type=type_)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError as fault:
        raise _not_json(body, fault) from None
    except UnicodeDecodeError as fault:
        raise errors.JsonMalformed(byte=fault.start) from None


def depth(body: bytes) -> int:
    """How deep brackets nest outside strings, in linear time, whether or not the body is JSON."""
    deepest = level = 0
    for bracket in _BRACKETS.findall(_STRING.sub(b"", body)):
        level += 1 if bracket in b"[{" else -1
        deepest = max(deepest, level)
    return deepest


def _not_json(body: bytes, fault: msgspec.DecodeError) -> errors.JsonMalformed:
    found = _BYTE.search(str(fault))
    return errors.JsonMalformed(byte=int(found[1]) if found else len(body))


def _composed(body: bytes) -> bytes:
    """The same JSON with every text in NFC.

    Safe on the whole document: what stands before a text is a quotation mark, which composes with nothing.
    """
    try:
        if b"\\u" in body:  # an escape could hide half of a character
            body = msgspec.json.encode(_decode(body))
        text = body.decode()
    except msgspec.DecodeError as fault:
        raise _not_json(body, fault) from None
    except UnicodeDecodeError as fault:
        raise errors.JsonMalformed(byte=fault.start) from None
    return body if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text).encode()


def _refuse_nul(body: bytes) -> None:
    try:
        pointer = _nul_at(_decode(body), "")
    except msgspec.DecodeError as fault:
        raise _not_json(body, fault) from None
    if pointer is not None:  # None: the letters backslash, u, 0, 0, 0, 0 in a text
        raise errors.CharacterRefused(field=pointer or None)


def _refuse_repeated(body: bytes) -> None:
    """Of two values under one name one would be taken and the other lost, and who reads along might take the other."""
    try:
        text = body.decode()
        _look.decode(text)
    except _Repeated:
        pointer = _repeated_at(_pairs.decode(text), "") or ""
        raise errors.KeyRepeated(field=pointer, name=pointer.rpartition("/")[2]) from None
    except (ValueError, RecursionError):  # not JSON: whoever decodes it says where
        return


class _Repeated(Exception):
    """A name stands twice."""


def _once(pairs: list[tuple[str, object]]) -> None:
    if len(pairs) > 1 and len({_composed_name(name) for name, _ in pairs}) < len(pairs):
        raise _Repeated


def _composed_name(name: str) -> str:
    """As the handler will see it."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


class _Object(list[tuple[str, object]]):
    """An object as it was written: its names and values in order."""


def _nothing(_: str) -> None:
    """The value does not matter, and a number of many digits would take long."""


_look: Final = json.JSONDecoder(
    object_pairs_hook=_once, parse_int=_nothing, parse_float=_nothing, parse_constant=_nothing
)
_pairs: Final = json.JSONDecoder(
    object_pairs_hook=_Object, parse_int=_nothing, parse_float=_nothing, parse_constant=_nothing
)


def _repeated_at(value: object, pointer: str) -> str | None:
    if isinstance(value, _Object):
        seen: set[str] = set()
        for written, _ in value:
            if (name := _composed_name(written)) in seen:
                return f"{pointer}/{name[:64]}"
            seen.add(name)
        places = ((entry, f"{pointer}/{name}") for name, entry in value)
    elif isinstance(value, list):
        places = ((entry, f"{pointer}/{index}") for index, entry in enumerate(value))
    else:
        return None
    return next((found for entry, place in places if (found := _repeated_at(entry, place)) is not None), None)


def _nul_at(value: object, pointer: str) -> str | None:
    if isinstance(value, str):
        return pointer if "\0" in value else None
    if isinstance(value, list):
        places = ((entry, f"{pointer}/{index}") for index, entry in enumerate(value))
    elif isinstance(value, dict):
        if any("\0" in key for key in value):
            return pointer
        places = ((entry, f"{pointer}/{key}") for key, entry in value.items())
    else:
        return None
    return next((found for entry, place in places if (found := _nul_at(entry, place)) is not None), None)
