"""What a link opens: an invitation, or a new start for somebody who lost password or authenticator."""

from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app.foundation import identity
from app.foundation.identity import SessionKind
from app.kernel.errors import DomainError
from app.kernel.text import Language
from app.views.services import Services
from app.web.kit.requests import visit
from app.web.kit.responses import html, steps
from app.web.kit.security import forms, guards
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import FACTOR, HOME, session_cookie
from app.web.kit.services import provide_services
from app.web.operator.access_views import JoinPage, ResetPage

_STEP: Final = [forms.own_pages_only, limited("operator_join", 30, is_exact=True, sharing=4)]
_TYPED_MOST: Final = 256


@get("/join/{token:str}", include_in_schema=False, guards=[limited("operator_link", 60, sharing=4)])
async def show_invitation(
    request: Request[Any, Any, Any],
    token: FromPath[str],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes]:
    """Who invites to what; whoever is signed in may take it with the account they have."""
    page = await _join_page(request, token, language, services)
    return html.page(page, language, status=200 if page.state in {"open", "waiting"} else 410)


@post("/join/{token:str}", include_in_schema=False, guards=_STEP, status_code=303)
async def accept(
    request: Request[Any, Any, Any],
    token: FromPath[str],
    data: forms.Fields,
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """An account, and the second factor next."""
    now = services.gateways.clock()
    typed = {name: data.get(name, "")[:_TYPED_MOST] for name in ("name", "email")}

    async def join() -> identity.SignedIn:
        password = _twice(data)
        return await identity.accept_invitation(
            token, password=password, language=language, keyring=services.keyring, now=now, **typed
        )

    return await steps.take(
        join(),
        onward=lambda opened: Redirect(FACTOR, status_code=303, cookies=[session_cookie(opened, services)]),
        again=lambda fact: _join_page(request, token, language, services, fact, **typed),
        language=language,
    )


@post(
    "/join/{token:str}/as",
    include_in_schema=False,
    guards=[guards.of_kind("operator"), forms.sealed_form, limited("operator_join", 30, is_exact=True)],
    status_code=303,
)
async def accept_as(
    request: Request[Any, Any, Any],
    token: FromPath[str],
    session: NamedDependency[guards.Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """The invitation's roles for the account that is signed in."""
    return await steps.take(
        identity.join_as(token, session.person_id, now=services.gateways.clock()),
        onward=lambda _: Redirect(HOME, status_code=303),
        again=lambda fact: _join_page(request, token, language, services, fact),
        language=language,
    )


@get("/reset/{token:str}", include_in_schema=False, guards=[limited("operator_link", 60, sharing=4)])
async def show_reset(
    token: FromPath[str], language: NamedDependency[Language], services: NamedDependency[Services]
) -> Response[bytes]:
    """A new password."""
    await identity.look_at_reset(token, now=services.gateways.clock())
    return html.page(_reset_page(token, services), language)


@post("/reset/{token:str}", include_in_schema=False, guards=_STEP, status_code=303)
async def use_reset(
    token: FromPath[str], data: forms.Fields, language: NamedDependency[Language], services: NamedDependency[Services]
) -> Response[bytes] | Redirect:
    """The new password counts, and the second factor is set up next."""

    async def use() -> identity.SignedIn:
        return await identity.use_reset(token, _twice(data), keyring=services.keyring, now=services.gateways.clock())

    async def again(fact: DomainError) -> ResetPage:
        return _reset_page(token, services, fact.message().in_(language), (fact.field or "").lstrip("/"))

    return await steps.take(
        use(),
        onward=lambda opened: Redirect(FACTOR, status_code=303, cookies=[session_cookie(opened, services)]),
        again=again,
        language=language,
        refusals=(identity.PasswordUnfit, identity.PasswordsDiffer, identity.PasswordsCrowded),
    )


def _twice(data: forms.Fields) -> str:
    """The password, typed twice.

    Raises:
        PasswordsDiffer: and not the same.
    """
    password = data.get("password", "")[: _TYPED_MOST + 1]
    if password != data.get("password_again", "")[: _TYPED_MOST + 1]:
        raise identity.PasswordsDiffer
    return password


async def _join_page(
    request: Request[Any, Any, Any],
    token: str,
    language: Language,
    services: Services,
    fact: DomainError | None = None,
    **typed: str,
) -> JoinPage:
    invited = await identity.find_invitation(token, now=services.gateways.clock())
    session = await guards.session_of(request)
    is_known = session is not None and session.kind == SessionKind.OPERATOR
    return JoinPage(
        here=f"/join/{token}",
        sandbox=services.issuer.is_sandbox,
        action=f"/join/{token}",
        csrf_token=forms.token(visit.of(request.scope).token or "", key=services.form_key) if is_known else "",
        notice=fact.message().in_(language) if fact else None,
        fault_field=(fact.field or "").lstrip("/") if fact else "",
        state=invited.state.value,
        organisation=invited.organisation.name.in_(language),
        roles=tuple(role.value for role in invited.roles),
        expires_at=invited.expires_at,
        is_known=is_known,
        **typed,
    )


def _reset_page(token: str, services: Services, notice: str | None = None, fault_field: str = "") -> ResetPage:
    return ResetPage(
        here=f"/reset/{token}", sandbox=services.issuer.is_sandbox, action=f"/reset/{token}", notice=notice,
        fault_field=fault_field,
    )  # fmt: skip


routes = Router(
    "/",
    route_handlers=[show_invitation, accept, accept_as, show_reset, use_reset],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
