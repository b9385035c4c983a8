"""The guest's browser of a link: it shows a code, the mini-program takes it, and both confirm."""

from typing import Any, Final
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect

from app.foundation.identity import SessionKind, devices, links
from app.kernel.errors import DomainError
from app.kernel.text import Language
from app.views.privacy.links import CONSEQUENCES, LinkPage
from app.views.services import Services
from app.web.citizen.privacy.own_forms import demand_own, sealed
from app.web.citizen.privacy.pages_devices import MOVABLE
from app.web.kit.responses import html, steps
from app.web.kit.security import forms, guards
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services

HERE: Final = "/me/link"
_REFRESH_S: Final = 3


@get(HERE, include_in_schema=False, guards=[guards.of_kind(*MOVABLE), limited("link_shown", 240)])
async def show(
    session: NamedDependency[Session], language: NamedDependency[Language], services: NamedDependency[Services]
) -> Response[bytes]:
    """What a link does, the code, or the question whether it was them."""
    return html.page(await _page(session, language, services), language)


@post(
    HERE,
    include_in_schema=False,
    guards=[guards.of_kind(SessionKind.GUEST.value), limited("link_begin", 10, window_s=600, is_exact=True)],
    status_code=303,
)
async def begin(
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """Make a code, and show it."""
    demand_own(data, services)

    async def again(fact: DomainError) -> LinkPage:
        return await _page(session, language, services, notice=fact.message().in_(language))

    return await steps.take(
        links.show_code(session.person_id, keyring=services.keyring, now=services.gateways.clock()),
        onward=lambda _: Redirect(HERE, status_code=303),
        again=again,
        language=language,
        refusals=(links.LinkedAlready, links.LinkAgeUnknown),
    )


@post(
    f"{HERE}/answer",
    include_in_schema=False,
    guards=[guards.of_kind(SessionKind.GUEST.value), limited("link_answer", 30, is_exact=True)],
    status_code=303,
)
async def answer(
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """That was me, or it was not."""
    demand_own(data, services)

    async def again(fact: DomainError) -> LinkPage:
        return await _page(session, language, services, notice=fact.message().in_(language))

    return await steps.take(
        devices.answer(
            _move_id(data), by=session.person_id, yes=data.get("answer") == "yes", now=services.gateways.clock()
        ),
        onward=lambda _: Redirect(HERE, status_code=303),
        again=again,
        language=language,
        refusals=(devices.MoveOver,),
    )


async def _page(session: Session, language: Language, services: Services, *, notice: str | None = None) -> LinkPage:
    seal: dict[str, Any] = {
        "here": HERE, "sandbox": services.issuer.is_sandbox, "notice": notice,
        "consequences": CONSEQUENCES.in_(language),
    } | sealed(services)  # fmt: skip
    if found := await links.links_of(session.person_id):
        return LinkPage(step="linked", linked_at=found[0].linked_at, **seal)
    if session.kind != SessionKind.GUEST:
        return LinkPage(step="known", **seal)
    shown = await links.find_shown(session.person_id, keyring=services.keyring, now=services.gateways.clock())
    if shown is None:
        return LinkPage(step="start", **seal)
    if shown.number is None:
        half = len(shown.code) // 2
        return LinkPage(
            step="code", code=f"{shown.code[:half]} {shown.code[half:]}", expires_at=shown.expires_at,
            refresh_s=_REFRESH_S, **seal,
        )  # fmt: skip
    return LinkPage(
        step="confirmed" if shown.is_confirmed else "ask", move=str(shown.id), number=shown.number,
        refresh_s=_REFRESH_S if shown.is_confirmed else None, **seal,
    )  # fmt: skip


def _move_id(data: dict[str, str]) -> UUID:
    """Raises MoveOver where it is no id at all."""
    try:
        return UUID(data.get("move", ""))
    except ValueError:
        raise devices.MoveOver from None


routes = Router(
    "/",
    route_handlers=[show, begin, answer],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
