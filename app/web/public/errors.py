"""Every error the API may answer, by its code: a page, and the same as JSON. A problem document's `type` leads here."""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Final

import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from app.kernel.text import Language
from app.views.errors import NoSuchPage
from app.views.page import Page
from app.views.services import Services
from app.web.kit.responses import html
from app.web.kit.responses.answers import answers
from app.web.kit.responses.problems import Entry, catalogue
from app.web.kit.services import provide_services


class ErrorView(msgspec.Struct, frozen=True, kw_only=True):
    """One error."""

    code: str
    """Stable for ever; what a program looks at."""
    status: int
    """The one HTTP status it comes with."""
    zh: str
    en: str
    """What a reader is told; `{…}` stands for a figure of the case."""
    meaning: str
    """For whoever writes a program."""
    retry: bool
    """Whether the same request may succeed later."""


class ErrorList(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, by code."""

    items: tuple[ErrorView, ...]


_EXAMPLE: Final = ErrorList(
    items=(
        ErrorView(
            code="ORDER_OVER",
            status=409,
            zh="这个订单已结束。",
            en="This order is over.",
            meaning="The order is paid, expired or cancelled.",
            retry=False,
        ),
    )
)


@get(
    "/errors",
    operation_id="listErrors",
    summary="Every error code / 全部错误代码",
    responses=answers(_EXAMPLE),
    sync_to_thread=False,
)
def list_errors() -> Response[bytes]:
    """Every `code` that a problem document may carry."""
    return Response(_document(), media_type="application/json", headers={"cache-control": "public, max-age=3600"})


@dataclass(frozen=True, slots=True)
class ErrorLine:
    """One error, in the reader's words."""

    code: str
    status: int
    text: str
    meaning: str
    retry: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorsPage(Page):
    """All errors, or the one whose address was asked for."""

    template: ClassVar[str] = "public/errors.html"

    lines: tuple[ErrorLine, ...]
    only: str | None = None
    """The code that was asked for."""


@get("/errors", include_in_schema=False, sync_to_thread=False)
def show_errors(language: NamedDependency[Language], services: NamedDependency[Services]) -> Response[bytes]:
    """The page of all of them."""
    return html.page(errors_page(catalogue(), language, sandbox=services.issuer.is_sandbox), language, is_kept=True)


@get("/errors/{code:str}", include_in_schema=False, sync_to_thread=False)
def show_error(
    code: FromPath[str], language: NamedDependency[Language], services: NamedDependency[Services]
) -> Response[bytes]:
    """One of them: what the `type` of a problem document names."""
    found = [entry for entry in catalogue() if entry.code == code.upper()]
    if not found:
        raise NoSuchPage
    view = errors_page(found, language, sandbox=services.issuer.is_sandbox, only=found[0].code)
    return html.page(view, language, is_kept=True)


def errors_page(
    entries: tuple[Entry, ...] | list[Entry], language: Language, *, sandbox: bool, only: str | None = None
) -> ErrorsPage:
    """The page of these errors."""
    return ErrorsPage(
        here="/errors" if only is None else f"/errors/{only}",
        sandbox=sandbox,
        lines=tuple(
            ErrorLine(entry.code, entry.status, entry.text.in_(language), entry.meaning, entry.retry)
            for entry in entries
        ),
        only=only,
    )


@lru_cache(maxsize=1)
def _document() -> bytes:
    items = tuple(
        ErrorView(
            code=entry.code,
            status=entry.status,
            zh=entry.text.zh,
            en=entry.text.en,
            meaning=entry.meaning,
            retry=entry.retry,
        )
        for entry in catalogue()
    )
    return msgspec.json.encode(ErrorList(items=items))


routes: Final = Router("/api/v1", route_handlers=[list_errors], tags=["public"])
page_routes: Final = Router(
    "/",
    route_handlers=[show_errors, show_error],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
