"""One step that a page's form asks for: done and onward, or refused and the same page again with why and what was typed."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from litestar import Response
from litestar.response import Redirect

from app.kernel.errors import DomainError
from app.kernel.text import Language
from app.web.kit.responses import html, problems
from app.web.kit.responses.html import View

T = TypeVar("T")
Onward = Response[bytes] | Redirect


async def take(
    doing: Awaitable[T],
    *,
    onward: Callable[[T], Onward],
    again: Callable[[DomainError], Awaitable[View]],
    language: Language,
    refusals: tuple[type[DomainError], ...] = (DomainError,),
) -> Onward:
    """Do it and go on; where one of `refusals` comes, the page again, with the status of that fact."""
    try:
        done = await doing
    except refusals as fact:
        return refused(await again(fact), fact, language)
    return onward(done)


def refused(view: View, fact: DomainError, language: Language) -> Response[bytes]:
    """The page of a refusal; it says when to come again where the fact does."""
    answer = html.page(view, language, status=problems.status_of(type(fact)))
    if (again_s := fact.facts.get("retry_after_s")) is not None:
        answer.headers["retry-after"] = str(again_s)
    return answer
