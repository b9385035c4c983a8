"""JSON for mini-programs: the known person's side of a link."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from app.foundation.identity import SessionKind, devices, links
from app.kernel import ids
from app.kernel.text import Language
from app.views.errors import FieldsInvalid, RequestsTooMany
from app.views.privacy.links import EXAMPLE_LINKS, EXAMPLE_TRY, LinksView, LinkTryView, links_view, try_view
from app.views.services import Services
from app.web.citizen.privacy.pages_moving import TRIES
from app.web.kit.requests.places import device_of
from app.web.kit.responses.answers import BEARER, READ, SIGNED_IN, answers
from app.web.kit.security import guards
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services

_CITIZEN = guards.of_kind(SessionKind.CITIZEN.value)
_TAKING = limited("link_code", TRIES, window_s=1_200, is_exact=True, sharing=4, by_address=True)
"""As for codes of devices: five tries of a person, twenty of one address, counted in PostgreSQL."""


class LinkForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The code that the browser shows under `/me/link`."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=40, examples=["7KQ3 W9MX"])]


@post(
    "/account/links",
    operation_id="beginLink",
    summary="Link a browser guest: type its code / 关联浏览器访客：输入代码",
    guards=[_CITIZEN, _TAKING],
    security=BEARER,
    responses=answers(
        EXAMPLE_TRY, *READ, *SIGNED_IN, RequestsTooMany, devices.CodeOver, links.LinkedAlready, status=201
    ),
)
async def begin(
    request: Request[Any, Any, Any],
    data: JSONBody[LinkForm],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> LinkTryView:
    """Show `number` and `text`; the browser shows the same number, and asks whether that was them. Nothing is linked yet."""
    taken = await links.take(
        data.code, device_of(request), by=person_id, keyring=services.keyring, now=services.gateways.clock()
    )
    return try_view(taken, language)


@get(
    "/account/links",
    operation_id="listLinks",
    summary="Browser guests who became this person / 已关联的浏览器访客",
    guards=[guards.signed_in, limited("look", 240)],
    security=BEARER,
    responses=answers(EXAMPLE_LINKS, *SIGNED_IN, RequestsTooMany),
)
async def list_links(person_id: NamedDependency[UUID]) -> Response[LinksView]:
    """The latest first."""
    return Response(links_view(await links.links_of(person_id)), headers={"cache-control": "no-store"})


@get(
    "/account/links/{link:str}",
    operation_id="getLink",
    summary="How far a link is / 关联进度",
    guards=[_CITIZEN, limited("look", 240)],
    security=BEARER,
    responses=answers(EXAMPLE_TRY, FieldsInvalid, *SIGNED_IN, links.LinkOver, RequestsTooMany),
)
async def look(
    link: FromPath[str],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[LinkTryView]:
    """Ask every few seconds until `is_confirmed`."""
    taken = await links.find_taken(_move_id(link), by=person_id, now=services.gateways.clock())
    return Response(try_view(taken, language), headers={"cache-control": "no-store"})


@post(
    "/account/links/{link:str}/finish",
    operation_id="finishLink",
    summary="Become one person / 完成关联",
    guards=[_CITIZEN, limited("link_finish", 10, is_exact=True)],
    security=BEARER,
    responses=answers(
        EXAMPLE_LINKS, FieldsInvalid, *SIGNED_IN, links.LinkOver, links.LinkedAlready, links.LinkedTooOften,
        links.LinkAppsUnfit, links.LinkAgeUnknown, links.LinkStaff, links.LinkGone, RequestsTooMany,
    ),
    status_code=200,
)  # fmt: skip
async def finish(
    link: FromPath[str], person_id: NamedDependency[UUID], services: NamedDependency[Services]
) -> Response[LinksView]:
    """After the browser said yes. For good; sent again, nothing happens again."""
    await links.finish(_move_id(link), by=person_id, now=services.gateways.clock())
    return Response(links_view(await links.links_of(person_id)), headers={"cache-control": "no-store"})


def _move_id(shown: str) -> UUID:
    """Raises LinkOver where it is no such id at all."""
    uuid = ids.parse("lnk", shown)
    if uuid is None:
        raise links.LinkOver
    return uuid


routes = Router(
    "/api/v1",
    route_handlers=[begin, list_links, look, finish],
    dependencies={"services": Provide(provide_services)},
    tags=["account"],
)
