"""What one shares and who read; answering a request by its code or link; taking it back. Works without a script."""

from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app.kernel import ids
from app.kernel.text import Language
from app.programmes import sharing
from app.programmes.sharing import Book
from app.views.account_sharing.own import HERE, find_card
from app.views.errors import FormExpired
from app.views.services import Services
from app.web.citizen.account_sharing.codes import SHARE_CODES, TYPED_MOST, found, known_share
from app.web.citizen.account_sharing.mapping import ask_page, revoke_page, sharing_page, today
from app.web.kit.responses import html, steps
from app.web.kit.security import forms, guards
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services

_STEP: Final = [guards.signed_in, limited("share", 30, is_exact=True)]


@get(HERE, include_in_schema=False)
async def show(
    visitor: NamedDependency[Session | None],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes]:
    """All that this person shares, every read, and statements; the field for a code."""
    return html.page(await sharing_page(visitor, language, services), language)


@get(f"{HERE}/ask", include_in_schema=False, guards=[SHARE_CODES.guard])
async def show_request(
    request: Request[Any, Any, Any],
    visitor: NamedDependency[Session | None],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes]:
    """The request behind a code. A code that is none leads back to the field, and is counted."""
    typed = request.query_params.get("code", "")[:TYPED_MOST]
    try:
        one = await found(request, typed, visitor, services)
    except sharing.ShareUnknown as fact:
        return steps.refused(await sharing_page(visitor, language, services, fact=fact), fact, language)
    return html.page(await ask_page(one, visitor, language, services), language)


@post(f"{HERE}/ask", include_in_schema=False, guards=[*_STEP, SHARE_CODES.guard], status_code=303)
async def answer(
    request: Request[Any, Any, Any],
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """Yes or no to each book; a no to all of it is as easy. What stands in the way is said on the same page."""
    typed = data.get("code", "")[:TYPED_MOST]
    try:
        one = await found(request, typed, session, services)
    except sharing.ShareUnknown as fact:
        return steps.refused(await sharing_page(session, language, services, fact=fact), fact, language)

    async def say() -> object:
        demand_own_form(data, services)
        return await sharing.answer(
            one.code, _chosen(data, one.books), by=session.person_id, language=language, today=today(services)
        )

    return await steps.take(
        say(),
        onward=lambda _: Redirect(f"{HERE}#{ids.public('shr', one.id)}", status_code=303),
        again=lambda fact: ask_page(one, session, language, services, fact=fact),
        language=language,
    )


@get(f"{HERE}/{{share:str}}/revoke", include_in_schema=False, guards=[guards.signed_in])
async def show_revoking(
    share: FromPath[str],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes]:
    """What it means, before it is done."""
    card = await find_card(known_share(share), language, by=session.person_id, today=today(services))
    return html.page(revoke_page(card, services), language)


@post(f"{HERE}/{{share:str}}/revoke", include_in_schema=False, guards=_STEP, status_code=303)
async def revoke(
    share: FromPath[str],
    data: forms.Fields,
    session: NamedDependency[Session],
    services: NamedDependency[Services],
) -> Redirect:
    """Taken back: the next read is refused."""
    demand_own_form(data, services)
    await sharing.revoke(known_share(share), by=session.person_id)
    return Redirect(f"{HERE}#{share}", status_code=303)


def demand_own_form(data: dict[str, str], services: Services) -> None:
    """Refuse a form that no page of ours gave out.

    Raises:
        FormExpired
    """
    if not forms.is_genuine(data.get(forms.FIELD, ""), data.get("intent", ""), key=services.form_key):
        raise FormExpired


def _chosen(data: dict[str, str], books: tuple[Book, ...]) -> set[Book]:
    """The books that were said yes to; each must be answered.

    Raises:
        ShareUnfit: one was left open.
    """
    if data.get("do") == "no":
        return set()
    said = {book: data.get(f"book_{book}") for book in books}
    if any(word not in {"yes", "no"} for word in said.values()):
        raise sharing.ShareUnfit(
            problem_zh="请对每一项选择同意或不同意", problem_en="please say yes or no to each of them"
        )
    return {book for book, word in said.items() if word == "yes"}


routes = Router(
    "/",
    route_handlers=[show, show_request, answer, show_revoking, revoke],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
