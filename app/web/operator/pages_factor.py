"""The second step of a sign-in: a code, or setting an authenticator up; and the recovery codes, shown once."""

from collections.abc import Sequence
from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect
from markupsafe import Markup

from app.foundation import identity
from app.foundation.identity import Session
from app.kernel.drawing import qr_svg
from app.kernel.errors import DomainError
from app.kernel.ids import grouped
from app.kernel.text import Language
from app.views.errors import NotSignedIn
from app.views.services import Services
from app.web.kit.requests import cookies
from app.web.kit.responses import html, steps
from app.web.kit.security import forms, guards
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import CODE, FACTOR, own_path, place_of, session_cookie, to_sign_in
from app.web.kit.services import provide_services
from app.web.operator.access_views import CodePage, CodesPage, FactorPage

_STEP: Final = [forms.own_pages_only, forms.sealed_form, limited("operator_code", 30, is_exact=True, sharing=4)]
_WRONG: Final = (identity.CodeWrong, identity.SignInLocked)


@get(CODE, include_in_schema=False)
async def ask_for_code(
    request: Request[Any, Any, Any], language: NamedDependency[Language], services: NamedDependency[Services]
) -> Response[bytes] | Redirect:
    """The authenticator's code, or a recovery code."""
    token, pending = await _pending(request, services)
    goal = own_path(request.query_params.get("next", ""))
    if not await identity.has_factor(pending.person_id):
        return Redirect(f"{FACTOR}?next={goal}", status_code=303)
    return html.page(_code_page(token, services, goal), language)


@post(CODE, include_in_schema=False, guards=_STEP, status_code=303)
async def give_code(
    request: Request[Any, Any, Any],
    data: forms.Fields,
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """In, for twelve hours."""
    token, pending = await _pending(request, services)
    goal = own_path(data.get("next", ""))

    async def again(fact: DomainError) -> CodePage:
        return _code_page(token, services, goal, notice=fact.message().in_(language))

    return await steps.take(
        identity.finish_sign_in(
            token,
            pending,
            data.get("code", "")[:40],
            place=place_of(request),
            keyring=services.keyring,
            now=services.gateways.clock(),
        ),
        onward=lambda opened: Redirect(goal, status_code=303, cookies=[session_cookie(opened, services)]),
        again=again,
        language=language,
        refusals=_WRONG,
    )


@get(FACTOR, include_in_schema=False)
async def offer_factor(
    request: Request[Any, Any, Any], language: NamedDependency[Language], services: NamedDependency[Services]
) -> Response[bytes] | Redirect:
    """What an authenticator is to be told."""
    token, person = await _anyone(request, services)
    goal = own_path(request.query_params.get("next", ""))
    try:
        return html.page(await _factor_page(token, person, services, goal), language)
    except identity.FactorKnown:
        is_pending = person.kind is identity.SessionKind.PENDING
        return Redirect(f"{CODE}?next={goal}" if is_pending else goal, status_code=303)


@post(FACTOR, include_in_schema=False, guards=_STEP, status_code=200)
async def confirm_factor(
    request: Request[Any, Any, Any],
    data: forms.Fields,
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """The first code proves it; the recovery codes are shown, and a pending sign-in is complete."""
    token, person = await _anyone(request, services)
    goal, typed = own_path(data.get("next", "")), data.get("code", "")[:40]
    now = services.gateways.clock()

    async def prove() -> tuple[identity.SignedIn | None, Sequence[str]]:
        if person.kind is not identity.SessionKind.PENDING:
            return None, await identity.set_factor_up(person.person_id, typed, keyring=services.keyring, now=now)
        return await identity.finish_with_factor(
            token, person, typed, place=place_of(request), keyring=services.keyring, now=now
        )

    def shown(done: tuple[identity.SignedIn | None, Sequence[str]]) -> Response[bytes]:
        opened, codes = done
        page = CodesPage(here=FACTOR, sandbox=services.issuer.is_sandbox, codes=tuple(codes), goal=goal)
        answer = html.page(page, language)
        if opened is not None:
            answer.cookies.append(session_cookie(opened, services))
        return answer

    try:
        return await steps.take(
            prove(),
            onward=shown,
            again=lambda fact: _factor_page(token, person, services, goal, fact.message().in_(language)),
            language=language,
            refusals=_WRONG,
        )
    except identity.FactorKnown:
        return Redirect(f"{CODE}?next={goal}", status_code=303)


@post(f"{FACTOR}/later", include_in_schema=False, guards=_STEP, status_code=303)
async def pass_over(
    request: Request[Any, Any, Any], data: forms.Fields, services: NamedDependency[Services]
) -> Response[Any] | Redirect:
    """In without one, where it is only offered."""
    token, pending = await _pending(request, services)
    goal = own_path(data.get("next", ""))
    if services.needs_factor:
        return Redirect(f"{FACTOR}?next={goal}", status_code=303)
    try:
        opened = await identity.finish_without(
            token, pending, place=place_of(request), keyring=services.keyring, now=services.gateways.clock()
        )
    except DomainError:
        return Redirect(f"{CODE}?next={goal}", status_code=303)
    return Redirect(goal, status_code=303, cookies=[session_cookie(opened, services)])


async def _pending(request: Request[Any, Any, Any], services: Services) -> tuple[str, Session]:
    token = cookies.read(request.scope, cookies.SESSION)
    pending = await identity.find_pending(token, services.gateways.clock()) if token else None
    if token is None or pending is None:
        raise NotSignedIn
    return token, pending


async def _anyone(request: Request[Any, Any, Any], services: Services) -> tuple[str, Session]:
    """Whoever owes a second factor, or is signed in and wants one."""
    session = await guards.session_of(request)
    token = cookies.read(request.scope, cookies.SESSION)
    if token is not None and isinstance(session, Session) and session.kind is identity.SessionKind.OPERATOR:
        return token, session
    return await _pending(request, services)


def _code_page(token: str, services: Services, goal: str, *, notice: str | None = None) -> CodePage:
    return CodePage(
        here=f"{CODE}?next={goal}",
        sandbox=services.issuer.is_sandbox,
        csrf_token=forms.token(token, key=services.form_key),
        notice=notice,
        goal=goal,
    )


async def _factor_page(
    token: str, person: Session, services: Services, goal: str, notice: str | None = None
) -> FactorPage:
    offer = await identity.offer_factor(
        person.person_id, issuer=services.issuer.name.en, keyring=services.keyring, now=services.gateways.clock()
    )
    return FactorPage(
        here=f"{FACTOR}?next={goal}",
        sandbox=services.issuer.is_sandbox,
        csrf_token=forms.token(token, key=services.form_key),
        notice=notice,
        goal=goal,
        qr=Markup(qr_svg(offer.uri, label="otpauth")),  # noqa: S704 - drawn by us
        secret=grouped(offer.secret),
        uri=offer.uri,
        may_wait=not services.needs_factor and person.kind is identity.SessionKind.PENDING,
    )


routes = Router(
    "/",
    route_handlers=[ask_for_code, give_code, offer_factor, confirm_factor, pass_over],
    dependencies={"services": Provide(provide_services)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
