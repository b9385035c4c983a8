"""The page of a code that one does not want to use oneself: what it means is said first, then done, without an undo."""

from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from app import scenarios
from app.kernel import ids
from app.kernel.errors import DomainError
from app.kernel.text import Language
from app.programmes import gifts
from app.views.errors import FormExpired
from app.views.giving import codes
from app.views.giving.codes import CodePage, CodeStep
from app.views.services import Services
from app.web.kit.responses import html, problems
from app.web.kit.security import forms, guards
from app.web.kit.security.limits import limited
from app.web.kit.security.scanning import GIFT_CODES, scan
from app.web.kit.services import provide_services

_TYPED_MAX: Final = 60


@get("/s/{code:str}/code", include_in_schema=False, guards=[limited("look", 240)])
async def show_code(
    request: Request[Any, Any, Any],
    code: FromPath[str],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes]:
    """What declining and passing on mean. The code itself is looked up when something is done with it."""
    scene = await scan(code, request)
    page = await _page(scene, request.query_params.get("gift_code", ""), language, services)
    return html.page(page, language)


@post("/s/{code:str}/code", include_in_schema=False, guards=[forms.own_pages_only, GIFT_CODES.guard], status_code=200)
async def give_up(
    request: Request[Any, Any, Any],
    code: FromPath[str],
    data: forms.Fields,
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes]:
    """Decline, or pass on; what stands in the way is said on the same page. The new code is shown in this answer only."""
    scene = await scan(code, request)
    typed, what = data.get("gift_code", "")[:_TYPED_MAX], data.get("do", "")
    new: tuple[str, str] | None = None
    cookie = None
    try:
        if (counted := _COUNTED(request, request.scope["route_handler"])) is not None:
            await counted
        if not forms.is_genuine(data.get(forms.FIELD, ""), data.get("intent", ""), key=services.form_key):
            raise FormExpired
        session, cookie = await guards.ensure_guest(request)
        if what == "pass_on":
            passing = codes.pass_on(scene, typed, by=session.person_id, services=services)
            new = await GIFT_CODES.found(passing, request, unknown=gifts.CodeUnknown)
        elif what == "decline":
            declining = codes.decline(scene, typed, services=services)
            await GIFT_CODES.found(declining, request, unknown=gifts.CodeUnknown)
        else:
            raise gifts.CodeNeeded
    except (gifts.NoGift, scenarios.ScenarioUnknown):
        raise
    except DomainError as fact:
        page = await _page(scene, typed, language, services, fault=fact.message().in_(language))
        answer = html.page(page, language, status=problems.status_of(type(fact)))
    else:
        step = CodeStep.PASSED_ON if new is not None else CodeStep.DECLINED
        answer = html.page(await _page(scene, "", language, services, step=step, new=new), language)
    if cookie is not None:
        answer.set_cookie(cookie)
    return answer


_COUNTED: Final = limited("gift_code_end", 30, is_exact=True)


async def _page(
    scene: scenarios.Scene,
    typed: str,
    language: Language,
    services: Services,
    *,
    step: CodeStep = CodeStep.ASKED,
    fault: str | None = None,
    new: tuple[str, str] | None = None,
) -> CodePage:
    _, giver = await codes.demand_codes(scene)
    intent, here = str(ids.uuid7()), f"/s/{scene.code}/code"
    return CodePage(
        here=here,
        sandbox=services.issuer.is_sandbox,
        step=step,
        title=scene.title.in_(language),
        giver=giver.in_(language),
        scene_url=f"/s/{scene.code}",
        action=here,
        gift_code=typed[:_TYPED_MAX],
        intent=intent,
        csrf_token=forms.token(intent, key=services.form_key),
        fault=fault,
        new_code=new[0] if new else None,
        new_url=new[1] if new else None,
    )


routes = Router(
    "/",
    route_handlers=[show_code, give_up],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
