"""The H5 page of a scene, and the order its one button places."""

from dataclasses import replace
from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app import scenarios
from app.commerce import orders
from app.kernel import ids
from app.kernel.errors import DomainError
from app.kernel.text import Language, Text
from app.programmes import gifts
from app.views import estimates
from app.views.errors import FormExpired
from app.views.giving import collecting as given
from app.views.giving.rest import place_rest
from app.views.orders import ordering
from app.views.prices import offers
from app.views.prices.currencies import NAMES
from app.views.scene import CurrencyChoice, EndedPage, ScenePage, SceneState, ZoneLink
from app.views.services import Services
from app.web.citizen.scene_choices import CODE_TYPED_MAX, Said, address_of, is_said, paid_in, said_in
from app.web.kit import wechat_files
from app.web.kit.requests.address_keys import address_key
from app.web.kit.responses import html, problems
from app.web.kit.security import forms, guards
from app.web.kit.security.idempotency import checked
from app.web.kit.security.limits import limited
from app.web.kit.security.scanning import GIFT_CODES, scan
from app.web.kit.services import provide_services

_RECOMPUTED: Final = Text(
    zh="选择或价格有变化，金额已经重新算过，请看一眼再点。",
    en="Your choice or the price has changed; the amount was computed anew. Please look, then tap again.",
)


@get("/s/{code:str}", include_in_schema=False)
async def show_scene(
    request: Request[Any, Any, Any],
    code: FromPath[str],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes]:
    """The page behind the printed code; its choices may stand in the query, so it works without a script."""
    if wechat_files.is_asked(code):
        return await wechat_files.answer(code)
    scene = await scan(code, request)
    if scene.phase is scenarios.Phase.OVER:
        return html.page(_ended(scene, language, services), language, status=410, is_kept=True)
    query = request.query_params
    setup = scene.setup
    assert setup is not None, "only a closed case has none"
    mode = query.get("mode", "")
    mode = mode if mode in setup.modes else setup.modes[0]
    km = query.get("km") or str(estimates.reach(setup, mode).usual_km)
    said = Said(
        mode=mode,
        km=km,
        gift_code=(query.get("gift_code") or query.get("card") or "")[:CODE_TYPED_MAX],
        paid=await paid_in(request, setup, services, query.get("currency", "")),
    )
    view = await _scene(scene, language, services, said)
    return html.page(view, language, status=200 if view.km_fault is None else 422)


@post("/s/{code:str}", include_in_schema=False, guards=[forms.own_pages_only], status_code=303)
async def order(
    request: Request[Any, Any, Any],
    code: FromPath[str],
    data: forms.Fields,
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """Place the order and go to its cashier; what stands in the way is said on the same page, choices kept.

    The order costs what the button said: where that has changed meanwhile, or the choice has, the page asks again.
    """
    scene = await scan(code, request)
    if scene.phase is scenarios.Phase.OVER:
        return html.page(_ended(scene, language, services), language, status=410)
    assert scene.setup is not None, "only a closed case has none"
    said = said_in(data, scene.setup, await paid_in(request, scene.setup, services, data.get("currency", "")))
    if data.get("pay") == "look":
        return Redirect(address_of(scene, said), status_code=303)
    try:
        said = replace(said, intent=await _intent(request, data, services))
    except DomainError as fact:
        # Nothing typed is lost by a page that has become too old: it comes again with an intent of its own.
        view = await _scene(scene, language, services, said, fact=fact)
        return html.page(view, language, status=problems.status_of(type(fact)))
    try:
        doing = _collect if data.get("pay") in _GIVEN else _place
        return await doing(request, scene, said, data, language, services)
    except DomainError as fact:
        view = await _scene(scene, language, services, said, fact=fact)
        if isinstance(fact, orders.TooMuchUnpaid | orders.TooManyUnpaid):
            view = replace(view, notice_url=f"/o/{fact.facts['order']}")
        return html.page(replace(view, is_calm=isinstance(fact, _CALM)), language, status=422)


_CALM: Final = (gifts.GiftSoldOut, gifts.GiftPaused, gifts.GiftAhead, gifts.GiftOver)
"""What nobody did wrong: said without red, and every choice is kept."""


async def _intent(request: Request[Any, Any, Any], data: dict[str, str], services: Services) -> str:
    """The key of this form's intent, where the form is ours and does not come too often."""
    if (counted := _ORDERS(request, request.scope["route_handler"])) is not None:
        await counted
    intent = checked(data.get("intent", ""))
    if not forms.is_genuine(data.get(forms.FIELD, ""), intent, key=services.form_key):
        raise FormExpired
    return intent


async def _place(
    request: Request[Any, Any, Any],
    scene: scenarios.Scene,
    said: "Said",
    data: dict[str, str],  # noqa: ARG001 - as `_collect`
    language: Language,
    services: Services,
) -> Response[bytes] | Redirect:
    """Place the order and go to its cashier, unless it costs something else by now.

    Raises:
        Whatever `ordering.place` raises: the same page says it.
    """
    assert said.intent is not None, "read before"
    known = await guards.session_of(request)
    placed_before = await orders.find_placed(said.intent, by=known.person_id) if known is not None else None
    if placed_before is None and await _is_another_price(scene, said, language, services):
        view = await _scene(scene, language, services, said)
        return html.page(replace(view, notice=_RECOMPUTED.in_(language)), language, status=409)
    session, cookie = await guards.ensure_guest(request)
    placed = await ordering.place(
        scene,
        mode=said.mode,
        km=said.km,
        by=session.person_id,
        key=said.intent,
        language=language,
        services=services,
        address_key=address_key(request, services),
        currency=placed_before.currency if placed_before else said.paid.currency,
        least_minor=said.paid.least_minor,
        may_buy_more=True,  # the button said what it buys
        gift_code=said.gift_code,
    )
    return Redirect(f"/o/{ids.public('ord', placed.id)}", status_code=303, cookies=[cookie] if cookie else None)


_ORDERS: Final = limited("order", 30, is_exact=True)
_GIVEN: Final = frozenset({"gift", "share"})
"""The buttons that collect: a gift that covers all, and one whose rest is paid for."""


async def _collect(
    request: Request[Any, Any, Any],
    scene: scenarios.Scene,
    said: "Said",
    data: dict[str, str],
    language: Language,
    services: Services,
) -> Response[bytes] | Redirect:
    """Collect what the page offered and go to it; where it covers a part, to the cashier of the rest.

    Raises:
        Whatever `given.collect` and `place_rest` raise: the same page says it.
    """
    session, cookie = await guards.ensure_guest(request)
    least = data.get("gift", "")
    await GIFT_CODES.guard(request, request.scope["route_handler"])
    collecting = given.collect(
        scene, mode=said.mode, km=said.km, by=session.person_id, language=language, services=services,
        least_g=int(least) if least.isdecimal() and len(least) < 12 else None, gift_code=said.gift_code, key=said.intent,
    )  # fmt: skip
    answer = await GIFT_CODES.found(collecting, request, unknown=gifts.CodeUnknown)
    assert answer.id is not None, answer.outcome
    onward = f"/g/{given.public_id(answer.id)}"
    if data.get("pay") == "share" and said.intent is not None:
        rest = await place_rest(
            answer.id, scene, by=session.person_id, key=said.intent, language=language, services=services,
            address_key=address_key(request, services), currency=said.paid.currency, least_minor=said.paid.least_minor,
        )  # fmt: skip
        if rest is not None:
            onward = f"/o/{ids.public('ord', rest.id)}"
    return Redirect(onward, status_code=303, cookies=[cookie] if cookie else None)


async def _is_another_price(scene: scenarios.Scene, said: Said, language: Language, services: Services) -> bool:
    if scene.setup is None or said.price is None or scene.phase is not scenarios.Phase.LIVE:
        return False
    offered = await _offer(scene.setup, said, services, is_fresh=True)
    now = estimates.visit(
        scene, said.mode, said.km, offered, language, services, least_minor=said.paid.least_minor
    )  # fmt: skip
    is_more = now.buys_grams > now.grams and said.buys != str(now.buys_grams)
    return offered.is_open and (said.price != str(now.amount_minor) or is_more)


async def _offer(setup: scenarios.Setup, said: Said, services: Services, *, is_fresh: bool = False) -> offers.Offer:
    return await offers.offer(
        setup.programme, today=estimates.today(), currency=said.paid.currency, rate_days=services.rate_days,
        is_fresh=is_fresh,
    )  # fmt: skip


async def _scene(
    scene: scenarios.Scene,
    language: Language,
    services: Services,
    said: Said,
    *,
    fact: DomainError | None = None,
) -> ScenePage:
    """The page with what was chosen and typed; `fact` is why the last try came to nothing."""
    setup = scene.setup
    assert setup is not None, "only a closed case has none"
    mode = said.mode if said.mode in setup.modes else setup.modes[0]
    bounds = estimates.reach(setup, mode)
    offered = await _offer(setup, said, services)
    gift = await given.offered(scene)
    estimate, km_fault = None, None
    try:
        estimate = estimates.visit(
            scene,
            mode,
            said.km,
            offered,
            language,
            services,
            gives=gift.gives_g if gift else None,
            least_minor=said.paid.least_minor,
        )
    except DomainError as refusal:
        km_fault = refusal.message().in_(language)
    way_km = estimates.plain_km(said.km)
    km_slide = int(way_km.partition(".")[0]) if estimate is not None else bounds.km_min
    intent = said.intent or str(ids.uuid7())
    return ScenePage(
        here=address_of(scene, said) if is_said(said, setup.modes[0], bounds.usual_km) else f"/s/{scene.code}",
        sandbox=services.issuer.is_sandbox,
        origin=services.issuer.public_url,
        code=scene.code,
        state=SceneState.LIVE if scene.phase is scenarios.Phase.LIVE else SceneState.NOT_BEGUN,
        title=scene.title.in_(language),
        organiser=scene.organiser.in_(language),
        place=setup.place.in_(language) or None,
        zone=ZoneLink(f"/z/{scene.zone.slug}", scene.zone.name.in_(language)) if scene.zone else None,
        held_on=scene.starts_on,
        begins_on=scene.starts_on,
        neutralised=scene.retirements,
        gift=given.card(gift, estimate, language),
        gift_code=said.gift_code,
        modes=estimates.modes(setup, language),
        mode=mode,
        km=way_km if estimate is not None else said.km,
        km_min=bounds.km_min,
        km_max=bounds.km_max,
        km_slide=km_slide,
        km_fault=km_fault,
        estimate=estimate,
        credits=estimates.credit(offered, language),
        currency=said.paid.currency.value,
        currencies=tuple(
            CurrencyChoice(
                code=one.value,
                name=NAMES[one].in_(language),
                is_chosen=one is said.paid.currency,
                url=address_of(scene, replace(said, paid=replace(said.paid, currency=one))),
            )
            for one in said.paid.choice.least_minor
        ),
        not_offered=said.paid.choice.refused.message().in_(language) if said.paid.choice.refused else None,
        can_order=offered.is_open,
        order_action=f"/s/{scene.code}",
        intent=intent,
        csrf_token=forms.token(intent, key=services.form_key),
        notice=fact.message().in_(language) if fact is not None and (km_fault is None or fact.field != "/km") else None,
        ring=estimates.ring(scene.code, max(12, min(92, 12 + 80 * km_slide // bounds.km_max))),
        landscape=estimates.landscape(scene.code),
    )


def _ended(scene: scenarios.Scene, language: Language, services: Services) -> EndedPage:
    return EndedPage(
        here=f"/s/{scene.code}",
        sandbox=services.issuer.is_sandbox,
        code=scene.code,
        title=scene.title.in_(language),
        kind=scene.reported_kind or "",
        organiser=scene.organiser.in_(language),
        month=scene.reported_month or (f"{scene.ends_on:%Y-%m}" if scene.ends_on else ""),
        mass_g=scene.mass_g,
        neutralised=None if scene.reported_no else scene.retirements,
        ring=estimates.ring(scene.code, 100),
        landscape=estimates.landscape(scene.code),
    )


routes = Router(
    "/",
    route_handlers=[show_scene, order],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
