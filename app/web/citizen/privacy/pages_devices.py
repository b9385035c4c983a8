"""Where one is signed in: the list, each revocable, and everywhere else at once."""

from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect

from app.foundation import identity
from app.foundation.identity import SessionKind, devices
from app.kernel.clock import beijing_day
from app.kernel.errors import DomainError
from app.kernel.text import Language
from app.views.privacy.devices import DeviceLine, DevicesPage
from app.views.services import Services
from app.web.citizen.privacy.own_forms import demand_own, device_words, sealed, token_of
from app.web.kit.responses import html, steps
from app.web.kit.security import forms, guards
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services

HERE: Final = "/me/devices"
MOVABLE: Final = (SessionKind.GUEST.value, SessionKind.CITIZEN.value)
_REVOKING: Final = limited("device_revoke", 30, is_exact=True)


@get(HERE, include_in_schema=False, guards=[guards.signed_in])
async def show(
    request: Request[Any, Any, Any],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes]:
    """Every device, this one first."""
    return html.page(await _page(request, session, services), language)


@post(f"{HERE}/revoke", include_in_schema=False, guards=[guards.signed_in, _REVOKING], status_code=303)
async def revoke(
    request: Request[Any, Any, Any],
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """Sign one device out; it is refused at its next request."""
    demand_own(data, services)

    async def again(fact: DomainError) -> DevicesPage:
        return await _page(request, session, services, notice=fact.message().in_(language))

    return await steps.take(
        devices.revoke(_session_id(data.get("id", "")), by=session.person_id, now=services.gateways.clock()),
        onward=lambda _: Redirect(HERE, status_code=303),
        again=again,
        language=language,
        refusals=(devices.SessionUnknown,),
    )


@post(f"{HERE}/revoke-others", include_in_schema=False, guards=[guards.signed_in, _REVOKING], status_code=303)
async def revoke_others(
    request: Request[Any, Any, Any],
    data: forms.Fields,
    session: NamedDependency[Session],
    services: NamedDependency[Services],
) -> Redirect:
    """Sign everything else out."""
    demand_own(data, services)
    await devices.revoke_others(session.person_id, token_of(request), now=services.gateways.clock())
    return Redirect(HERE, status_code=303)


async def _page(
    request: Request[Any, Any, Any], session: Session, services: Services, *, notice: str | None = None
) -> DevicesPage:
    found = await devices.own(session.person_id, token_of(request), now=services.gateways.clock())
    return DevicesPage(
        here=HERE,
        sandbox=services.issuer.is_sandbox,
        devices=tuple(_line(one) for one in found),
        may_move=session.kind in MOVABLE,
        notice=notice,
        **sealed(services),
    )


def _line(one: devices.Device) -> DeviceLine:
    browser, system = device_words(one.device)
    return DeviceLine(
        id=str(one.id), browser=browser, system=system, since=one.since, seen_on=beijing_day(one.seen_at),
        is_this=one.is_this,
    )  # fmt: skip


def _session_id(typed: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError:
        raise identity.devices.SessionUnknown from None


routes = Router(
    "/",
    route_handlers=[show, revoke, revoke_others],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
