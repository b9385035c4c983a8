"""Answering with a page: its bytes, its content policy, and the problem page for browsers."""

import re
from typing import ClassVar, Final, Protocol
from urllib.parse import quote

from litestar import Response

from app.kernel.text import Language
from app.views.page import ProblemPage
from app.web.kit.responses import pages
from app.web.kit.responses.problems import ProblemView

Owners = tuple[tuple[re.Pattern[str], str], ...]
_TITLED: Final = frozenset({400, 401, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503})


_NOWHERE: Final = frozenset({401, 404, 410})
"""Where these are answered, the page itself is not for this reader, or not there."""
_CONSOLES: Final[Owners] = (
    (re.compile(r"(/operator/inbox(?:/[0-9a-f-]{36})?)(?:/[a-z]+)?"), "{}"),
    (re.compile(r"(/operator/(?:organisations|orders|cancellations))(?:/.*)?"), "{}"),
    (re.compile(r"(/members/org_[0-9A-Z]{26})(?:/[a-z-]+)?"), "{}"),
    (re.compile(r"(/naming/[0-9A-Za-z-]+)"), "{}"),
    (re.compile(r"(/organiser/[0-9A-Za-z]{6,8}/(?:gift|results|wall))(?:\.xlsx|/[a-z]+)?"), "{}"),
    (re.compile(r"(/organiser/scenes)(?:/.*)?"), "{}"),
    (re.compile(r"(/organiser/donations)(?:/.*)?"), "{}"),
    (re.compile(r"/operator/.+"), "/operator"),
)
"""The same behind the sign-in: whoever is not signed in any more is led through it by the page that they go back to."""
_HOME_OF_ALL: Final = "/operator"
"""Leads everybody behind the sign-in to where their work is."""
_OWNERS: Final[Owners] = (
    (re.compile(r"(/s/[0-9A-Za-z]{6,8})"), "{}"),
    (re.compile(r"(/[ocg]/[a-z]{3}_[0-9A-Z]{26})(?:/.*)?"), "{}"),
    (re.compile(r"(/operator/cancellations/UC-[0-9A-Z-]+)(?:/.*)?"), "{}"),
    (re.compile(r"(/(?:join|reset)/[0-9A-Za-z_-]+)(?:/as)?"), "{}"),
    (re.compile(r"(/(?:me|books|verify))(?:/[a-z]+)?"), "{}"),
)
"""A path, and the page to go back to from a refusal there."""


class View(Protocol):
    """A view that names its template."""

    template: ClassVar[str]


def page(view: View, language: Language, *, status: int = 200, is_kept: bool = False) -> Response[bytes]:
    """The rendered page. A browser keeps it only where it says the same to everybody (`is_kept`), and asks again.

    A page of a person is never kept, nor one that holds an intent: shown a second time it would name the first order.
    """
    return Response(
        pages.render(view.template, view, language),
        status_code=status,
        media_type="text/html",
        headers={
            "content-security-policy": pages.content_security_policy(view.template),
            "cache-control": "private, no-cache" if is_kept else "no-store",
        },
    )


def framed(view: View, language: Language) -> Response[bytes]:
    """A page that a page of ours shows within itself: nobody else does, and no script runs in it."""
    answer = page(view, language)
    policy = pages.content_security_policy(view.template, frame_ancestors="'self'").replace(
        "script-src 'self'", "script-src 'none'"
    )
    answer.headers["content-security-policy"] = policy
    answer.headers["x-frame-options"] = "SAMEORIGIN"
    return answer


def render_problem(view: ProblemView, language: Language, *, sandbox: bool) -> bytes:
    """The problem page: what stands in the way, what to do, and the id to quote."""
    problem = view.problem
    return pages.render(
        ProblemPage.template,
        ProblemPage(
            # One slash: two would name another host in the links that switch the language.
            here="/" + quote(problem.instance.lstrip("/\\")),
            sandbox=sandbox,
            status=problem.status,
            title=_title(problem.status, language),
            message=problem.message,
            request_id=problem.request_id,
            back_url=_back(problem.instance, problem.status),
            ask_code=problem.code == "SCENARIO_UNKNOWN",
        ),
        language,
    )


def _back(path: str, status: int) -> str | None:
    """The page of ours that the refused step belongs to, so that nobody stands before a wall; None: the first page."""
    if status not in _NOWHERE and (owner := _owner(path, _OWNERS)) is not None:
        return owner
    console = _owner(path, _CONSOLES)
    return _HOME_OF_ALL if console is not None and status in {403, 404, 410} else console


def _owner(path: str, owners: Owners) -> str | None:
    for whole, owner in owners:
        if (found := whole.fullmatch(path)) is not None:
            return owner.format(*found.groups())
    return None


def _title(status: int, language: Language) -> str:
    """A heading in the reader's language; the problem document's own is English for programs."""
    known = status if status in _TITLED else 500 if status >= 500 else 400
    return pages.phrase(f"problem.title.{known}", language)
