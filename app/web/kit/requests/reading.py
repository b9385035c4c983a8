"""Bodies and query strings as handlers may trust them: decoded strictly, at most 32 deep, without NUL, in NFC, and no
name twice in one object, form or query.

The guard stands where a body is read as JSON or as a form. `request.body()` stays byte for byte what came: a
channel's signature is over those bytes.
"""

import unicodedata
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlencode

from litestar import Request
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.enums import RequestEncodingType
from litestar.types import Empty, Scope

from app.foundation.identity import keys
from app.views import errors
from app.views.decoding import decode

_BODYLESS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


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
        """The form, its names and texts guarded; an upload's content is not looked at.

        Raises:
            CharacterRefused, KeyRepeated: see the module.
        """
        if self._form is Empty:
            plain: dict[str, Any] = {}
            for written, value in (await super().form()).multi_items():
                name = _clean(written, written)
                if name in plain:
                    raise errors.KeyRepeated(field=f"/{name[:64]}", name=name[:64])
                plain[name] = value if isinstance(value, UploadFile) else _clean(value, written)
            # Litestar's extractors look into this state before they parse for themselves.
            self._connection_state.form = plain
            self._form = FormMultiDict.from_form_data(plain)
        return self._form


async def guard(request: Request[Any, Any, Any]) -> None:
    """Litestar's `before_request`: look at the query's names, and read a form before the handler's `data` is made of it.

    The form only for handlers that declare `data`: a callback of a channel is a form too, and its bytes are signed.
    """
    if b"&" in request.scope["query_string"]:
        _refuse_repeated(request)
    if request.scope["method"] in _BODYLESS or "data" not in request.route_handler.parsed_fn_signature.parameters:
        return
    if request.content_type[0] in {RequestEncodingType.MULTI_PART, RequestEncodingType.URL_ENCODED}:
        await request.form()


def _refuse_repeated(request: Request[Any, Any, Any]) -> None:
    """Of two values under one name the handler would get the last. Names it does not know may stand as often as they like:
    whoever passes our links on adds their own.
    """
    names = [name for name, _ in parse_qsl(request.scope["query_string"].decode("latin-1"), True)]
    if len(names) == len(set(names)):
        return
    in_path: dict[str, Any] = dict.fromkeys(request.scope["path_params"])
    known = request.route_handler.create_kwargs_model(in_path).expected_query_params
    for name in sorted(parameter.field_alias for parameter in known):
        if names.count(name) > 1:
            raise errors.KeyRepeatedInQuery(field=f"/{name}", name=name)


def guard_query(scope: Scope) -> None:
    """Refuse a key or a NUL in the path or the query, and put the query into NFC. Costs nothing where no `%` is in it.

    Raises:
        ApiKeyInAddress: nothing was looked up.
        CharacterRefused: with the name of the parameter where it is in the query.
    """
    if "\0" in scope["path"]:
        raise errors.CharacterRefused
    query = scope.get("query_string", b"")
    if keys.stands_in(scope["path"]) or (query and keys.stands_in(query.decode("latin-1"))):
        raise errors.ApiKeyInAddress
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


def _clean(text: Any, name: str) -> Any:  # noqa: ANN401  # what JSON or a form holds is known to the handler only
    if not isinstance(text, str):
        return text
    if "\0" in text:
        raise errors.CharacterRefused(field="/" + name.replace("\0", ""))
    return unicodedata.normalize("NFC", text)
