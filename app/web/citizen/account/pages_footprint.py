"""The personal calculator in an account: `/me/footprint`, and each kept figure at `/me/footprint/fig_…`."""

from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app import footprint, scenarios
from app.commerce import orders
from app.footprint import Kind, Span
from app.kernel import ids
from app.kernel.errors import DomainError
from app.kernel.text import Language, Text
from app.views import estimates
from app.views.errors import FormExpired
from app.views.page import Amount
from app.views.personal import figures
from app.views.personal.calculator import (
    CalculatorPage,
    FieldShown,
    FigurePage,
    Filled,
    Option,
    field_shown,
    groups_of,
    mass_kg,
    result_of,
    typed_flights,
)
from app.views.personal.typed_inputs import FLIGHTS_MOST, FORM, read, span_of
from app.views.prices import offers
from app.views.prices.currencies import NAMES
from app.views.services import Services
from app.web.citizen.scene_choices import Paid, paid_in
from app.web.kit.requests.address_keys import address_key
from app.web.kit.responses import html, problems
from app.web.kit.security import forms, guards
from app.web.kit.security.guards import Session
from app.web.kit.security.idempotency import checked
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services

_HERE: Final = "/me/footprint"
_WHEN: Final = {
    Span.DAY: ("on", Text(zh="哪一天", en="Which day")),
    Span.YEAR: ("activity_year", Text(zh="哪一年", en="Which year")),
}
_MORE_FLIGHTS: Final = 3
_NOTHING: Final = Text(
    zh="还没有算出排放，请至少填一项。步行和骑车不产生排放。",
    en="Nothing emitted so far: please fill in something. Walking and cycling emit nothing.",
)


@get(_HERE, include_in_schema=False)
async def show_calculator(
    request: Request[Any, Any, Any], language: NamedDependency[Language], services: NamedDependency[Services]
) -> Response[bytes]:
    """The empty form, of a day or with `?span=year` of a year."""
    span = span_of(request.query_params.get("span", ""))
    return html.page(_calculator(span, Filled({}), language, services), language)


@post(
    _HERE,
    include_in_schema=False,
    guards=[forms.own_pages_only, limited("footprint", 60)],
    status_code=200,
)
async def calculate(
    request: Request[Any, Any, Any],
    data: forms.Fields,
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """`look` computes and keeps nothing, `flights` shows more rows, `keep` keeps the figure and goes to it."""
    span, typed = span_of(data.get("span", "")), None
    if data.get("do") == "flights":
        more = str(typed_flights(data) + _MORE_FLIGHTS)
        return html.page(_calculator(span, Filled({**data, "flights": more}), language, services), language)
    try:
        typed = read(data, today=estimates.today())
        calculation = figures.compute(typed, services)
        if data.get("do") != "keep":
            view = _calculator(span, Filled(data), language, services)
            return html.page(replace(view, result=result_of(calculation, language)), language)
        intent = checked(data.get("intent", ""))
        if not forms.is_genuine(data.get(forms.FIELD, ""), intent, key=services.form_key):
            raise FormExpired
        session, cookie = await guards.ensure_guest(request)
        kept = await figures.keep(typed, by=session.person_id, key=intent, services=services)
    except DomainError as fact:
        name = typed.name_of(fact.field) if typed else (fact.field or "").removeprefix("/")
        told = (_NOTHING if isinstance(fact, footprint.NothingEmitted) else fact.message()).in_(language)
        view = _calculator(span, Filled(data, {name: told} if name else {}), language, services)
        if not name:
            view = replace(view, notice=told)
        return html.page(view, language, status=problems.status_of(type(fact)))
    onward = f"{_HERE}/{figures.public_id(kept)}"
    return Redirect(onward, status_code=303, cookies=[cookie] if cookie else None)


@get(_HERE + "/{figure:str}", include_in_schema=False, guards=[guards.signed_in])
async def show_figure(
    request: Request[Any, Any, Any],
    figure: FromPath[str],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes]:
    """A kept figure as it was computed, and the form that retires for it."""
    paid = await _paid(request, services, request.query_params.get("currency", ""))
    return html.page(await _figure(figures.figure_id(figure), session.person_id, paid, language, services), language)


@post(
    _HERE + "/{figure:str}",
    include_in_schema=False,
    guards=[guards.signed_in, forms.own_pages_only, limited("order", 30, is_exact=True)],
    status_code=303,
)
async def neutralise(
    request: Request[Any, Any, Any],
    figure: FromPath[str],
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """Order as many kilograms as were typed, and go to the cashier, which says the price."""
    uuid, person_id = figures.figure_id(figure), session.person_id
    facts, _ = await footprint.find_figure(uuid, by=person_id)
    paid = await _paid(request, services, data.get("currency", ""))
    try:
        intent = checked(data.get("intent", ""))
        if not forms.is_genuine(data.get(forms.FIELD, ""), f"{figure} {intent}", key=services.form_key):
            raise FormExpired
        placed = await figures.order(
            facts,
            figures.typed_grams(data.get("kg", ""), facts),
            by=person_id,
            key=intent,
            language=language,
            services=services,
            address_key=address_key(request, services),
            currency=paid.currency,
            least_minor=paid.least_minor,
            may_buy_more=False,
        )
    except DomainError as fact:
        view = await _figure(uuid, person_id, paid, language, services, kg=data.get("kg", "")[:40])
        told = fact.message().in_(language)
        view = replace(view, kg_fault=told) if fact.field == "/kg" else replace(view, notice=told)
        if isinstance(fact, orders.TooMuchUnpaid | orders.TooManyUnpaid):
            view = replace(view, notice_url=f"/o/{fact.facts['order']}")
        return html.page(view, language, status=problems.status_of(type(fact)))
    return Redirect(f"/o/{ids.public('ord', placed.id)}", status_code=303)


async def _paid(request: Request[Any, Any, Any], services: Services, code: str) -> Paid:
    scene = await scenarios.personal_scene(today=estimates.today())
    assert scene.setup is not None, "it names the programme"
    return await paid_in(request, scene.setup, services, code)


def _calculator(span: Span, filled: Filled, language: Language, services: Services) -> CalculatorPage:
    intent, today = str(ids.uuid7()), estimates.today()
    rows = typed_flights(filled.data)
    here = f"{_HERE}?span=year" if span is Span.YEAR else _HERE
    return CalculatorPage(
        here=here,
        sandbox=services.issuer.is_sandbox,
        span=span,
        day_url=_HERE,
        year_url=f"{_HERE}?span=year",
        when=_when(span, filled, language),
        province=field_shown(FORM.by_name["province"], span, filled, language),
        groups=groups_of(span, filled, language, flights=rows),
        flights=rows,
        can_add_flights=rows < FLIGHTS_MOST,
        intent=intent,
        csrf_token=forms.token(intent, key=services.form_key),
        today=today,
    )


def _when(span: Span, filled: Filled, language: Language) -> FieldShown:
    name, label = _WHEN[span]
    today, typed = estimates.today(), filled.data.get(name, "")
    options: tuple[Option, ...] = ()
    if span is Span.YEAR:
        chosen = typed or str(today.year - 1)
        options = tuple(
            Option(value=str(year), label=str(year), is_chosen=str(year) == chosen)
            for year in range(today.year, footprint.FIRST_YEAR - 1, -1)
        )
    return FieldShown(
        name=name,
        label=label.in_(language),
        kind=Kind.CHOICE if options else Kind.WORDS,
        value=typed or today.isoformat(),
        options=options,
        fault=filled.faults.get(name),
    )


async def _figure(
    figure_id: UUID, person_id: UUID, paid: Paid, language: Language, services: Services, *, kg: str | None = None
) -> FigurePage:
    facts, calculation = await footprint.find_figure(figure_id, by=person_id)
    retired_g = await figures.retired_g(facts, of=person_id)
    scene = await scenarios.personal_scene(today=estimates.today())
    assert scene.setup is not None, "it names the programme"
    offered = await offers.offer(
        scene.setup.programme, today=estimates.today(), currency=paid.currency, rate_days=services.rate_days
    )
    shown, intent = figures.public_id(figure_id), str(ids.uuid7())
    return FigurePage(
        here=f"{_HERE}/{shown}",
        sandbox=services.issuer.is_sandbox,
        figure=facts,
        result=result_of(calculation, language),
        retired_g=retired_g,
        is_covered=retired_g >= facts.total_g,
        per_kg=_price(offered, 1_000),
        whole=_price(offered, facts.total_g),
        kg=mass_kg(facts.total_g) if kg is None else kg,
        currencies=tuple(
            Option(value=one.value, label=NAMES[one].in_(language), is_chosen=one is paid.currency)
            for one in paid.choice.least_minor
        ),
        currency=paid.currency.value,
        intent=intent,
        csrf_token=forms.token(f"{shown} {intent}", key=services.form_key),
    )


def _price(offered: offers.Offer, mass_g: int) -> Amount | None:
    return offered.price(mass_g) if offered.is_open else None


routes = Router(
    "/",
    route_handlers=[show_calculator, calculate, show_figure, neutralise],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
