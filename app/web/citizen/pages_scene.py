"""The H5 page of a scene, and the order its one button places."""

from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app import scenarios
from app.kernel import ids
from app.kernel.errors import DomainError
from app.kernel.text import Language
from app.web import forms, guards, html, wechat_files
from app.web.citizen import figuring, ordering
from app.web.citizen.scanning import scan
from app.web.citizen.views.scene import EndedPage, ScenePage, SceneState
from app.web.errors import FormExpired
from app.web.house import House, provide_house
from app.web.idempotency import checked
from app.web.limits import limited


@get("/s/{code:str}", include_in_schema=False)
async def show_scene(
    request: Request[Any, Any, Any],
    code: FromPath[str],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes]:
    """The page behind the printed code; its choices may stand in the query, so it works without a script."""
    if wechat_files.is_asked(code):
        return await wechat_files.answer(code)
    scene = await scan(code, request)
    if scene.phase is scenarios.Phase.OVER:
        return html.page(_ended(request, scene, language, house), language, status=410, is_kept=True)
    query = request.query_params
    view = await _scene(
        request, scene, language, house, mode=query.get("mode"), km=query.get("km"), intent=None, notice=None
    )
    return html.page(view, language)


@post(
    "/s/{code:str}",
    include_in_schema=False,
    guards=[forms.own_pages_only, limited("order", 30, is_exact=True)],
    status_code=303,
)
async def order(
    request: Request[Any, Any, Any],
    code: FromPath[str],
    data: forms.Fields,
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes] | Redirect:
    """Place the order and go to its cashier; what stands in the way is said on the same page, choices kept."""
    intent, mode, km = data.get("intent", ""), data.get("mode", ""), data.get("km", "")
    if not forms.is_genuine(data.get(forms.FIELD, ""), checked(intent), key=house.form_key):
        raise FormExpired
    scene = await scan(code, request)
    if scene.phase is scenarios.Phase.OVER:
        return html.page(_ended(request, scene, language, house), language, status=410)
    session, cookie = await guards.ensure_guest(request)
    try:
        placed = await ordering.place(
            scene, mode=mode, km=km, by=session.person_id, key=intent, language=language, house=house
        )
    except DomainError as fact:
        view = await _scene(
            request, scene, language, house, mode=mode, km=km, intent=intent, notice=fact.message().in_(language)
        )
        return html.page(view, language, status=422)
    return Redirect(f"/o/{ids.public('ord', placed.id)}", status_code=303, cookies=[cookie] if cookie else None)


async def _scene(
    request: Request[Any, Any, Any],
    scene: scenarios.Scene,
    language: Language,
    house: House,
    *,
    mode: str | None,
    km: str | None,
    intent: str | None,
    notice: str | None,
) -> ScenePage:
    setup = scene.setup
    assert setup is not None, "only a closed case has none"
    chosen = mode if mode in setup.modes else setup.modes[0]
    most = figuring.km_max(setup, chosen)
    way_km = min(max(int(km) if km and km.isdecimal() and len(km) < 6 else setup.default_km, 1), most)
    offered = await figuring.offer(setup.programme, today=figuring.today())
    estimate = figuring.visit(scene, chosen, str(way_km), offered, language, house)
    intent = intent or str(ids.uuid7())
    return ScenePage(
        here=_here(request, {"mode": chosen, "km": way_km} if mode or km else None),
        sandbox=house.issuer.is_sandbox,
        code=scene.code,
        state=SceneState.LIVE if scene.phase is scenarios.Phase.LIVE else SceneState.NOT_BEGUN,
        title=scene.title.in_(language),
        organiser=scene.organiser.in_(language),
        held_on=scene.starts_on,
        begins_on=scene.starts_on,
        neutralised=scene.retirements,
        gift=None,
        modes=figuring.modes(setup, language),
        mode=chosen,
        km=way_km,
        km_max=most,
        estimate=estimate,
        credits=figuring.credit(offered, language),
        can_order=offered.is_open,
        order_action=f"/s/{scene.code}",
        intent=intent,
        csrf_token=forms.token(intent, key=house.form_key),
        notice=notice,
        ring=figuring.ring(scene.code, max(12, min(92, 12 + 80 * way_km // most))),
        landscape=figuring.landscape(scene.code),
    )


def _ended(request: Request[Any, Any, Any], scene: scenarios.Scene, language: Language, house: House) -> EndedPage:
    return EndedPage(
        here=_here(request, None),
        sandbox=house.issuer.is_sandbox,
        code=scene.code,
        title=scene.title.in_(language),
        kind=scene.reported_kind or "",
        organiser=scene.organiser.in_(language),
        month=scene.reported_month or (f"{scene.ends_on:%Y-%m}" if scene.ends_on else ""),
        mass_g=scene.mass_g,
        neutralised=None if scene.reported_no else scene.retirements,
        ring=figuring.ring(scene.code, 100),
        landscape=figuring.landscape(scene.code),
    )


def _here(request: Request[Any, Any, Any], choices: dict[str, object] | None) -> str:
    path = request.scope["path"]
    return f"{path}?{urlencode(choices)}" if choices else path


routes = Router(
    "/", route_handlers=[show_scene, order], dependencies={"house": Provide(provide_house)}, include_in_schema=False
)
