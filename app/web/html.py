"""Answering with a page: its bytes, its content policy, and the problem page for browsers."""

from typing import ClassVar, Protocol

from litestar import Response

from app.kernel.text import Language
from app.web import pages
from app.web.citizen.views import ProblemPage
from app.web.problems import ProblemView


class View(Protocol):
    """A view that names its template."""

    template: ClassVar[str]


def page(view: View, language: Language, *, status: int = 200) -> Response[bytes]:
    """The rendered page. It is never kept by a cache: it holds the intent of this reader."""
    return Response(
        pages.render(view.template, view, language),
        status_code=status,
        media_type="text/html; charset=utf-8",
        headers={"content-security-policy": pages.content_security_policy(), "cache-control": "no-store"},
    )


def render_problem(view: ProblemView, language: Language, *, sandbox: bool) -> bytes:
    """The problem page: what stands in the way, what to do, and the id to quote."""
    problem = view.problem
    return pages.render(
        ProblemPage.template,
        ProblemPage(
            here="/",
            sandbox=sandbox,
            status=problem.status,
            title=problem.title,
            message=problem.message,
            request_id=problem.request_id,
            ask_code=problem.code == "SCENARIO_UNKNOWN",
        ),
        language,
    )
