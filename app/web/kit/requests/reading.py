"""Bodies and query strings as handlers may trust them: decoded strictly, at most 32 deep, without NUL, in NFC, and no
name twice in one object.

The guard stands where a body is read as JSON or as a form. `request.body()` stays byte for byte what came: a
channel's signature is over those bytes.
"""

import json
import re
import unicodedata
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlencode

import msgspec
from litestar import Request
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.enums import RequestEncodingType
from litestar.types import Empty, Scope

from app.views import errors

DEPTH_MAX: Final = 32
_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
"""A JSON string, also one that never ends: so each byte is looked at once."""
_BRACKETS: Final = re.compile(rb"[\[\]{}]")
_BYTE: Final = re.compile(r"\(byte (\d+)\)")
_BODYLESS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_decode: Final = msgspec.json.Decoder().decode


class GuardedRequest(Request[Any, Any, Any]):
    """Litestar's request with the guard. A handler's `data` is decoded straight into its type.

    Litestar itself would decode to plain objects and convert them leniently, taking `"1"` and `true` for the
    number 1 (measured with 2.25).
    """

    __slots__ = ()

    async def json(self) -> Any:  # noqa: ANN401  # what JSON or a form holds is known to the handler only
        """The body as JSON: of the type the handler declares for `data`, else plain objects.

        Raises:
            JsonMalformed: not JSON.
            TooDeep, CharacterRefused, KeyRepeated: see the module.
            msgspec.ValidationError: JSON, but not of the declared type.
        """
        if self._connection_state.json is Empty:
            self._connection_state.json = decode(await self.body() or b"null", _declared(self))
        return self._connection_state.json

    async def form(self) -> FormMultiDict:
        """The form, its names and texts guarded; an upload's content is not looked at."""
        if self._form is Empty:
            form = await super().form()
            plain: dict[str, Any] = {}
            for name in form:
                values = [one if isinstance(one, UploadFile) else _clean(one, name) for one in form.getall(name)]
                plain[_clean(name, name)] = values if len(values) > 1 else values[0]
            # Litestar's extractors look into this state before they parse for themselves.
            self._connection_state.form = plain
            self._form = FormMultiDict.from_form_data(plain)
        return self._form


async def guard_form(request: Request[Any, Any, Any]) -> None:
    """Litestar's `before_request`: read a form before the handler's `data` is made from it.

    Only for handlers that declare `data`: a callback of a channel is a form too, and its bytes are signed.
    """
    if request.scope["method"] in _BODYLESS or "data" not in request.route_handler.parsed_fn_signature.parameters:
        return
    if request.content_type[0] in {RequestEncodingType.MULTI_PART, RequestEncodingType.URL_ENCODED}:
        await request.form()


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


def guard_query(scope: Scope) -> None:
    """Refuse a NUL in the path or the query, and put the query into NFC. Costs nothing where no `%` is in it.

    Raises:
        CharacterRefused: with the name of the parameter where it is in the query.
    """
    if "\0" in scope["path"]:
        raise errors.CharacterRefused
    query = scope.get("query_string", b"")
    if b"%" not in query and query.isascii():
        return
    text = unquote(query.decode("latin-1"))
    if "\0" in text:
        name = next((key for key, value in parse_qsl(query.decode("latin-1"), True) if "\0" in key + value), "")
        raise errors.CharacterRefused(field="/" + name.replace("\0", ""))
    if not unicodedata.is_normalized("NFC", text):
        pairs = parse_qsl(query.decode("latin-1"), True)
        composed = [(unicodedata.normalize("NFC", key), unicodedata.normalize("NFC", value)) for key, value in pairs]
        scope["query_string"] = urlencode(composed).encode()


def _declared(request: Request[Any, Any, Any]) -> Any:  # noqa: ANN401  # what JSON or a form holds is known to the handler only
    field = request.route_handler.parsed_fn_signature.parameters.get("data")
    return Any if field is None else field.annotation


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


def _clean(text: Any, name: str) -> Any:  # noqa: ANN401  # what JSON or a form holds is known to the handler only
    if not isinstance(text, str):
        return text
    if "\0" in text:
        raise errors.CharacterRefused(field="/" + name.replace("\0", ""))
    return unicodedata.normalize("NFC", text)
