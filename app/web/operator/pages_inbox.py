"""The inbox for the platform's people: what waits for a second person, whatever it is about."""

from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app import inbox
from app.kernel.errors import DomainError
from app.kernel.text import Language
from app.web import forms, html, problems
from app.web.errors import NotSignedIn
from app.web.guards import Session
from app.web.house import House, provide_house
from app.web.limits import limited
from app.web.operator.admission import staff, to_sign_in
from app.web.operator.inbox_filling import DECIDERS, HERE, page, url

_STEP: Final = [staff(*DECIDERS), forms.sealed_form, limited("approvals", 120, is_exact=True)]


@get(HERE, include_in_schema=False, guards=[staff(*DECIDERS)])
async def list_waiting(
    request: Request[Any, Any, Any],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes]:
    """What waits: for this reader, for others, by role and age."""
    return html.page(await page(None, request, session, language, house), language)


@get(f"{HERE}/{{approval:uuid}}", include_in_schema=False, guards=[staff(*DECIDERS)])
async def show(
    request: Request[Any, Any, Any],
    approval: FromPath[UUID],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes]:
    """One of them in words, beside the list."""
    return html.page(await page(approval, request, session, language, house), language)


@post(f"{HERE}/{{approval:uuid}}/approve", include_in_schema=False, guards=_STEP, status_code=303)
async def approve(
    request: Request[Any, Any, Any],
    approval: FromPath[UUID],
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes] | Redirect:
    """The second person agrees to exactly what the page showed."""
    typed = data.get("typed", "")[:40]
    try:
        await inbox.approve(approval, seen=data.get("seen", "")[:64], typed=typed, by=session.person_id)
    except DomainError as fact:
        return await _refused(fact, approval, request, session, language, house, typed_amount=typed)
    return Redirect(url(approval), status_code=303)


@post(f"{HERE}/{{approval:uuid}}/return", include_in_schema=False, guards=_STEP, status_code=303)
async def send_back(
    request: Request[Any, Any, Any],
    approval: FromPath[UUID],
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes] | Redirect:
    """The second person says no, and why."""
    reason = data.get("reason", "")[:1000]
    try:
        await inbox.send_back(approval, reason=reason, seen=data.get("seen", "")[:64], by=session.person_id)
    except DomainError as fact:
        return await _refused(fact, approval, request, session, language, house, typed_reason=reason)
    return Redirect(url(approval), status_code=303)


@post(f"{HERE}/{{approval:uuid}}/withdraw", include_in_schema=False, guards=_STEP, status_code=303)
async def withdraw(
    request: Request[Any, Any, Any],
    approval: FromPath[UUID],
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes] | Redirect:
    """Who proposed it takes it back."""
    reason = data.get("reason", "")[:1000]
    try:
        await inbox.withdraw(approval, reason=reason, by=session.person_id)
    except DomainError as fact:
        return await _refused(fact, approval, request, session, language, house, typed_reason=reason)
    return Redirect(url(approval), status_code=303)


async def _refused(
    fact: DomainError,
    approval: UUID,
    request: Request[Any, Any, Any],
    session: Session,
    language: Language,
    house: House,
    **typed: str,
) -> Response[bytes]:
    notice = fact.message().in_(language)
    view = await page(approval, request, session, language, house, notice=notice, **typed)
    return html.page(view, language, status=problems.status_of(type(fact)))


routes = Router(
    "/",
    route_handlers=[list_waiting, show, approve, send_back, withdraw],
    dependencies={"house": Provide(provide_house)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
