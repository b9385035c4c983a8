"""Facts as answers: the only place that knows status codes.

Every exception a handler lets through becomes a `DomainError` and then a problem document (RFC 9457), or a page
where a browser asked for one. `detail` is an object as in WeChat Pay's API v3, although RFC 9457 has a string there:
a strict reader passes over it, so `title` and `message` say enough.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.types import ExceptionHandlersMap

from app.foundation import identity
from app.gateways.database import sqlstate
from app.kernel import errors as kernel
from app.kernel.errors import DomainError
from app.kernel.text import Language, Text
from app.views import errors, facts, faults
from app.views.faults import Fault
from app.views.page import ProblemPage
from app.web.kit.requests import language, visit
from app.web.kit.responses import pages

INSTANCE_LENGTH_MAX: Final = 512
MEDIA_TYPE: Final = "application/problem+json"
STATUS: Final[Mapping[type[DomainError], int]] = {
    kernel.Invalid: 400,
    kernel.Unauthenticated: 401,
    kernel.Forbidden: 403,
    kernel.NotFound: 404,
    kernel.Conflict: 409,
    kernel.Gone: 410,
    kernel.RuleBroken: 422,
    kernel.TooMany: 429,
    kernel.Overloaded: 503,
    errors.MethodRefused: 405,
    errors.TooSlow: 408,
    errors.TooLarge: 413,
    errors.AddressTooLong: 414,
    errors.HeadersTooLarge: 431,
    errors.MediaRefused: 415,
    errors.Failed: 500,
    errors.Busy: 503,
    errors.Silent: 503,
}
"""The nearest ancestor of a fact decides."""

_LITESTAR: Final[Mapping[int, type[DomainError]]] = {
    401: errors.NotSignedIn,
    403: identity.RoleMissing,
    404: errors.NoSuchPage,
    405: errors.MethodRefused,
    408: errors.TooSlow,
    413: errors.TooLarge,
    415: errors.MediaRefused,
    429: errors.RequestsTooMany,
    503: errors.Busy,
}
_GONE_READER: Final = "client disconnected prematurely"
"""Litestar's words for a request whose body broke off; there is nobody left to answer, and no fault of ours."""

_log = structlog.get_logger("web")


class Detail(msgspec.Struct, frozen=True):
    """The first thing wrong."""

    field: str | None
    """JSON Pointer into the body, or the name of the parameter after a slash."""
    issue: str
    location: str | None


class FieldError(msgspec.Struct, frozen=True):
    """One of all things wrong."""

    field: str | None
    issue: str
    location: str
    message: str
    """In the reader's language, safe to show beside the field."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal as the API tells it (`application/problem+json`)."""

    type: str
    """`/errors/` and the code."""
    title: str
    """The code in words, always English."""
    status: int
    instance: str
    """The path that was asked."""
    code: str
    """UPPER_SNAKE, stable for ever."""
    message: str
    """In the reader's language, safe to show."""
    detail: Detail
    errors: tuple[FieldError, ...] = ()
    request_id: str


@dataclass(frozen=True, slots=True)
class ProblemView:
    """A refusal as a page needs it."""

    problem: Problem
    facts: Mapping[str, object]
    retry_after_s: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact of the catalogue, with its texts unfilled."""

    code: str
    status: int
    text: Text
    meaning: str
    """What the fact's docstring says, in English."""
    retry: bool
    """Whether asking again may help, without a change of the request."""


def catalogue() -> tuple[Entry, ...]:
    """Every fact of the rooms and doors that are imported, by code. A family without a code of its own is left out."""
    entries = {
        fact: Entry(
            code=public_code(fact.code),
            status=status_of(fact),
            text=fact.text,
            meaning=(fact.__doc__ or "").strip().partition("\n")[0],
            retry=status_of(fact) in {408, 429, 503},
        )
        for fact in _facts(DomainError)
    }
    return tuple(sorted(entries.values(), key=lambda entry: entry.code))


def status_of(fact: type[DomainError]) -> int:
    """The one status of a kind of fact."""
    return next(STATUS[ancestor] for ancestor in fact.__mro__ if ancestor in STATUS)


def public_code(code: str) -> str:
    """`gifts.pool_empty` as the API writes it: `GIFTS_POOL_EMPTY`."""
    return code.upper().replace(".", "_")


def documented(*facts: type[DomainError]) -> dict[int, ResponseSpec]:
    """The refusals of one handler for its `responses=`; 400 and 500 need no mention."""
    by_status: dict[int, list[str]] = {}
    for fact in facts:
        by_status.setdefault(status_of(fact), []).append(public_code(fact.code))
    kinds = {public_code(fact.code): fact for fact in facts}
    return {
        status: ResponseSpec(
            data_container=Problem,
            description=", ".join(codes),
            media_type=MEDIA_TYPE,
            generate_examples=False,
            examples=[Example(id=code, summary=kinds[code].text.zh, value=_example(kinds[code])) for code in codes],
        )
        for status, codes in by_status.items()
    }


def _example(fact: type[DomainError]) -> dict[str, Any]:
    """The problem document of such a refusal; its figures are left as `{name}`."""
    code = public_code(fact.code)
    problem = Problem(
        type=f"/errors/{code}",
        title=code.replace("_", " ").capitalize(),
        status=status_of(fact),
        instance="/api/v1/…",
        code=code,
        message=fact.text.en,
        detail=Detail(fact.field, fact.code.partition(".")[2], "body" if fact.field else None),
        request_id="req_01M8JGV0EBBFR615XS1QFMEZZV",
    )
    told: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(problem))
    return told


def answer(request: Request[Any, Any, Any], exc: Exception) -> Response[Any]:
    """The answer to whatever a handler raised. A fault of ours is logged here, once, and told opaquely."""
    fact = as_fact(exc)
    if isinstance(fact, errors.Failed):
        _record(request, exc)
    spoken = language.of(request.scope)
    problem = _problem(request, fact, spoken)
    headers = {"cache-control": "no-store"}
    if (again_s := _retry_after_s(fact)) is not None:
        headers["retry-after"] = str(again_s)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"
    if isinstance(fact, errors.TooSlow):
        headers["connection"] = "close"  # the rest of the body may still be on its way
    if isinstance(exc, HTTPException):
        headers |= {name.lower(): value for name, value in (exc.headers or {}).items()}
    render = request.app.state.get("render_problem")
    if render is not None and _wants_page(request):
        view = ProblemView(problem, fact.facts, again_s)
        headers["content-security-policy"] = pages.content_security_policy(ProblemPage.template)
        return Response(render(view, spoken), status_code=problem.status, media_type="text/html", headers=headers)
    # Encoded here: Litestar's own encoder would look up the type encoders of a handler that may not exist (404).
    return Response(msgspec.json.encode(problem), status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


HANDLERS: Final[ExceptionHandlersMap] = {Exception: answer}
"""For `Litestar(exception_handlers=...)`: one answer for everything."""


def as_fact(exc: Exception) -> DomainError:
    """What an exception means to the caller, where Litestar's own may be among them."""
    match exc:
        case ValidationException():
            return errors.FieldsInvalid(*faults.of_validation(exc.detail, exc.extra))
        case HTTPException():
            return _of_litestar(exc)
        case ExceptionGroup():
            found = [as_fact(one) for one in exc.exceptions]
            return next((fact for fact in found if isinstance(fact, errors.Failed)), found[0])
        case _:
            return facts.as_fact(exc)


def _of_litestar(exc: HTTPException) -> DomainError:
    if (fact := _LITESTAR.get(exc.status_code)) is not None:
        return fact(retry_after_s=1) if issubclass(fact, kernel.TooMany | errors.Busy) else fact()
    if exc.status_code < HTTPStatus.INTERNAL_SERVER_ERROR or exc.detail == _GONE_READER:
        return errors.Malformed()
    return errors.Failed()


def _problem(request: Request[Any, Any, Any], fact: DomainError, spoken: Language) -> Problem:
    code = public_code(fact.code)
    found: tuple[Fault, ...] = fact.faults if isinstance(fact, errors.FieldsInvalid) else ()
    location = found[0].location if found else getattr(fact, "location", "body" if fact.field else None)
    issue = found[0].issue if found else fact.code.partition(".")[2]
    return Problem(
        type=f"/errors/{code}",
        title=code.replace("_", " ").capitalize(),
        status=status_of(type(fact)),
        instance=request.scope["path"][:INSTANCE_LENGTH_MAX],
        code=code,
        message=fact.message().in_(spoken),
        detail=Detail(fact.field, issue, location),
        errors=tuple(FieldError(one.field, one.issue, one.location, one.text.in_(spoken)) for one in found),
        request_id=visit.of(request.scope).request_id,
    )


def _retry_after_s(fact: DomainError) -> int | None:
    seconds = fact.facts.get("retry_after_s")
    return seconds if isinstance(seconds, int) else None


def _wants_page(request: Request[Any, Any, Any]) -> bool:
    return not request.scope["path"].startswith("/api/") and "text/html" in request.headers.get("accept", "")


def _record(request: Request[Any, Any, Any], exc: Exception) -> None:
    _log.error(
        "request.failed",
        request_id=visit.of(request.scope).request_id,
        method=visit.method_of(request.scope),
        route=request.scope.get("path_template", "-"),
        sqlstate=sqlstate(exc),
        exc_info=exc,
    )


def _facts(family: type[DomainError]) -> Iterator[type[DomainError]]:
    for fact in family.__subclasses__():
        if "code" in vars(fact):
            yield fact
        yield from _facts(fact)
