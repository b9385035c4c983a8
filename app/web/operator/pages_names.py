"""Seeing the name that somebody gave: asked for with a reason, written down, and told to the person."""

from typing import Final

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide

from app.foundation import moderation, privacy
from app.kernel.errors import DomainError
from app.views.errors import NotSignedIn
from app.views.privacy import unmasking as looking
from app.views.privacy.unmasking import SeenName
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import staff, to_sign_in
from app.web.kit.services import provide_services
from app.web.operator import unmasking
from app.web.operator.views import NamesPage

_HERE: Final = "/operator/names"


@get(_HERE, include_in_schema=False, guards=[staff(*moderation.DECIDERS)])
async def ask(desk: NamedDependency[Desk]) -> Response[bytes]:
    """The form."""
    return desk.page(_page(desk))


@post(
    _HERE,
    include_in_schema=False,
    guards=[staff(*moderation.DECIDERS), limited("names", 60, is_exact=True)],
    status_code=200,
)
async def see(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes]:
    """The names, once it is written down that somebody looks."""
    number = data.get("number", "")[:40]
    try:
        desk.demand_seal(data)
        ground = privacy.read_ground(data.get("reason", ""), data.get("said", ""))
        seen = await looking.see_name(number, ground, by=desk.person_id, keyring=desk.services.keyring)
    except DomainError as fact:
        return desk.page(_page(desk, fact, typed=data), fact)
    return desk.page(_page(desk, number=number, seen=seen))


def _page(
    desk: Desk,
    fact: DomainError | None = None,
    *,
    typed: dict[str, str] | None = None,
    number: str = "",
    seen: SeenName | None = None,
) -> NamesPage:
    return NamesPage(
        **desk.frame(_HERE, fact),
        roles=(),
        number=(typed or {}).get("number", "")[:40] or number,
        ask=unmasking.form(_HERE, desk.language, typed=typed),
        is_seen=seen is not None,
        own=seen.own if seen else None,
        on_paper=seen.on_paper if seen else None,
    )


routes = Router(
    "/",
    route_handlers=[ask, see],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
