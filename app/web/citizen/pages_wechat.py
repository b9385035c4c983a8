"""The way through WeChat's web authorization: out from an order's page, and back to it."""

from typing import Any

import structlog
from litestar import Request, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app.commerce import orders
from app.gateways.channels.methods import Place
from app.gateways.wechat import LoginCodeRefused
from app.kernel import ids
from app.kernel.errors import Unavailable
from app.views.ids import order_id as known_order
from app.views.services import Services
from app.web.citizen import wechat_payer
from app.web.kit.requests.places import place_of
from app.web.kit.security import guards
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services

_log = structlog.get_logger("web")


@get("/o/{order_id:str}/wechat", include_in_schema=False, guards=[guards.signed_in, limited("wechat", 20)])
async def enter(
    request: Request[Any, Any, Any],
    order_id: FromPath[str],
    session: NamedDependency[Session],
    services: NamedDependency[Services],
) -> Redirect:
    """Ask WeChat once more who this is; for whoever has left the snapshot mode, or met a silence."""
    order = await orders.find(known_order(order_id), by=session.person_id)
    shown = ids.public("ord", order.id)
    if (account := services.gateways.account) is None or place_of(request) is not Place.WECHAT:
        return Redirect(f"/o/{shown}", status_code=303)
    return wechat_payer.begin(shown, request, account, services)


@get(wechat_payer.BACK, include_in_schema=False, guards=[guards.signed_in, limited("wechat", 20)])
async def come_back(
    request: Request[Any, Any, Any], session: NamedDependency[Session], services: NamedDependency[Services]
) -> Redirect:
    """WeChat's answer. It leads to the page it was asked from, whatever it says; an answer nobody asked for leads home."""
    account, code = services.gateways.account, request.query_params.get("code", "")
    goal = wechat_payer.goal_of(request, request.query_params.get("state", ""), services)
    if account is None or goal is None:
        return Redirect("/", status_code=303)
    forgotten = wechat_payer.forget_state(services)
    try:
        reader = await account.exchange(code)
    except (LoginCodeRefused, Unavailable) as fact:
        _log.warning("wechat.unknown", error=type(fact).__name__)
        return Redirect(f"{goal}?wx=unknown", status_code=303, cookies=[forgotten])
    if reader.is_snapshot:
        return Redirect(f"{goal}?wx=snapshot", status_code=303, cookies=[forgotten])
    kept = await wechat_payer.keep(reader.openid, session, account, services)
    return Redirect(goal, status_code=303, cookies=[forgotten, *kept])


routes = Router(
    "/",
    route_handlers=[enter, come_back],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
