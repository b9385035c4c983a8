"""An organisation says whether it agrees to be named with what was retired for it: as JSON, and as a page."""

from dataclasses import dataclass
from typing import Any, ClassVar, Final
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody
from litestar.response import Redirect

from app.kernel.clock import rfc3339
from app.kernel.text import Language
from app.registry import retirements
from app.views.console import Console
from app.views.errors import RequestsTooMany
from app.views.services import Services
from app.web.kit.requests import visit
from app.web.kit.responses import html
from app.web.kit.responses.answers import BEARER, READ, SIGNED_IN, answers
from app.web.kit.security import forms, guards
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services


class NamingForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the organisation says."""

    agrees: bool


class NamingSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What stands from now on."""

    agrees: bool
    said_at: str


@post(
    "/retirements/{number:str}/naming",
    operation_id="sayNaming",
    summary="Agree or object to being named / 同意或反对署名",
    guards=[guards.of_kind("operator"), limited("naming", 30, is_exact=True)],
    security=BEARER,
    status_code=200,
    responses=answers(
        NamingSaid(agrees=True, said_at="2026-11-29T10:02:09+08:00"),
        *READ, *SIGNED_IN, RequestsTooMany, retirements.RetirementUnknown, retirements.NamingForbidden,
    ),
)  # fmt: skip
async def say_naming(number: FromPath[str], data: JSONBody[NamingForm], person_id: NamedDependency[UUID]) -> NamingSaid:
    """For a member of the organisation that may claim the retirement; the last word counts, a repeat changes nothing."""
    at = await retirements.say_naming(number, agrees=data.agrees, by=person_id)
    return NamingSaid(agrees=data.agrees, said_at=rfc3339(at))


@dataclass(frozen=True, slots=True, kw_only=True)
class NamingPage(Console):
    """Agree or object; the form goes by POST to the page itself."""

    template: ClassVar[str] = "organiser/naming.html"

    number: str
    agrees: bool | None
    """What was said last; None: nothing."""


@get("/naming/{number:str}", include_in_schema=False, guards=[guards.of_kind("operator")])
async def show_naming(
    number: FromPath[str],
    request: Request[Any, Any, Any],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes]:
    """What was said last, and two buttons, for whoever may tap them."""
    known, said = await retirements.own_naming(number, by=session.person_id)
    token = forms.token(visit.of(request.scope).token or "", key=services.form_key)
    view = NamingPage(
        here=f"/naming/{known}",
        sandbox=services.issuer.is_sandbox,
        roles=(),
        door="organiser",
        number=known,
        agrees=said,
        csrf_token=token,
    )
    return html.page(view, language)


@post(
    "/naming/{number:str}",
    include_in_schema=False,
    guards=[guards.of_kind("operator"), forms.sealed_form, limited("naming", 30, is_exact=True)],
    status_code=303,
)
async def answer_naming(number: FromPath[str], data: forms.Fields, session: NamedDependency[Session]) -> Redirect:
    """The act of a member of the organisation; anybody else is refused."""
    await retirements.say_naming(number, agrees=data.get("agrees") == "yes", by=session.person_id)
    return Redirect(f"/naming/{number}", status_code=303)


api_routes: Final = Router("/api/v1", route_handlers=[say_naming], tags=["orders"])
page_routes: Final = Router(
    "/",
    route_handlers=[show_naming, answer_naming],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
