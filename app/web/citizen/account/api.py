"""JSON for mini-programs: the personal carbon account, its figures, and where the grams are."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter

from app import footprint
from app.commerce import orders, payments
from app.footprint import Span
from app.foundation import fonts
from app.kernel.money import Currency
from app.kernel.text import Language
from app.registry import credits, holdings, retirements
from app.views import estimates
from app.views.errors import CursorMalformed, FieldsInvalid, RequestsTooMany
from app.views.orders import ordering
from app.views.orders.order_view import EXAMPLE as EXAMPLE_ORDER
from app.views.orders.order_view import OrderView
from app.views.orders.order_view import view as order_view
from app.views.personal import account_json, figures
from app.views.personal.account_json import (
    EXAMPLE,
    EXAMPLE_ACCOUNT,
    EXAMPLE_ENTRY,
    EXAMPLE_GRAMS,
    EXAMPLE_RANGE,
    AccountView,
    EntryView,
    FigureView,
    GramsView,
    RangeView,
)
from app.views.personal.books import books_of
from app.views.personal.errors import MassNotOfFigure
from app.views.personal.grams import held_of, projects_of, ranges_of
from app.views.personal.history import Kind, entries_of
from app.views.prices import currencies
from app.views.services import Services
from app.web.kit.requests.address_keys import address_key
from app.web.kit.requests.places import place_of
from app.web.kit.responses import paging
from app.web.kit.responses.answers import BEARER, ONCE, READ, SIGNED_IN, answers
from app.web.kit.security import guards
from app.web.kit.security.idempotency import IdempotencyKey, answer_once
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services

_LOOKS = (guards.signed_in, limited("look", 240))


class FigureForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A day or a year of one's own. The figure is computed here, never accepted."""

    span: Span
    on: Annotated[str, msgspec.Meta(max_length=10, examples=["2026-11-22"])] = ""
    """Of a day: which; left out, today in Beijing."""
    year: Annotated[int, msgspec.Meta(ge=1, le=9999, examples=[2025])] | None = None
    """Of a year: which; left out, the last one."""
    inputs: dict[str, Any]
    """Of the calculator `personal`, without `mode` and `activity_year`: its form stands at `/api/v1/calculators/personal`."""


class RetireForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Grams to be retired for a kept figure."""

    grams: Annotated[int, msgspec.Meta(ge=1, le=10**12, examples=[6_852])]
    """At most the figure's."""
    currency: Currency = Currency.CNY
    buy_more: bool = False
    """Where it costs less than any way to pay takes: buy as many grams as that amount is worth."""
    name: Annotated[str, msgspec.Meta(max_length=2_000, examples=["林小川"])] = ""
    """What stands on the certificate; empty: 访客."""


@get(
    "/account",
    operation_id="getAccount",
    summary="Three books by year / 三本账",
    guards=_LOOKS,
    security=BEARER,
    responses=answers(EXAMPLE_ACCOUNT, *SIGNED_IN, RequestsTooMany),
)
async def get_account(person_id: NamedDependency[UUID]) -> Response[AccountView]:
    """Emitted, avoided and retired, each by itself: no figure here is the difference of two others."""
    books = await books_of(person_id, today=estimates.today())
    return _fresh(AccountView(years=tuple(map(account_json.year_view, books))))


@get(
    "/account/entries",
    operation_id="listAccountEntries",
    summary="What happened in the account / 往来",
    guards=_LOOKS,
    security=BEARER,
    responses=answers(
        paging.Page[EntryView](items=(EXAMPLE_ENTRY,), next=None, has_more=False),
        FieldsInvalid, CursorMalformed, *SIGNED_IN, RequestsTooMany, of=paging.Page[EntryView],
    ),
)  # fmt: skip
async def list_entries(
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    kind: Annotated[Kind, QueryParameter(description="Which entries; 筛选")] = Kind.ALL,
    year: Annotated[int | None, QueryParameter(ge=1, le=9999, description="Of one year; 年份")] = None,
    limit: paging.Limit = 20,
    after: paging.After = None,
) -> Response[paging.Page[EntryView]]:
    """The latest first."""
    found = await entries_of(person_id, language, kind=kind, year=year, limit=limit + 1, after=paging.read(after, UUID))
    return _fresh(paging.cut(found, limit, key=lambda one: one.id, show=account_json.entry_view))


@get(
    "/account/grams",
    operation_id="getGrams",
    summary="Where my grams are, by lot / 我的克在哪里",
    guards=_LOOKS,
    security=BEARER,
    responses=answers(EXAMPLE_GRAMS, *SIGNED_IN, RequestsTooMany),
)
async def get_grams(person_id: NamedDependency[UUID], language: NamedDependency[Language]) -> Response[GramsView]:
    """What was retired for you from each lot, and what you hold of each."""
    return _fresh(account_json.grams_view(await projects_of(person_id, language), await held_of(person_id, language)))


@get(
    "/account/ranges",
    operation_id="listRanges",
    summary="Every range of grams retired for me / 每一段",
    guards=_LOOKS,
    security=BEARER,
    responses=answers(
        paging.Page[RangeView](items=(EXAMPLE_RANGE,), next=None, has_more=False),
        FieldsInvalid, CursorMalformed, *SIGNED_IN, RequestsTooMany, of=paging.Page[RangeView],
    ),
)  # fmt: skip
async def list_ranges(
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    limit: paging.Limit = 20,
    after: paging.After = None,
) -> Response[paging.Page[RangeView]]:
    """Project, place, serial, range and state upstream, the latest first."""
    found = await ranges_of(person_id, language, limit=limit + 1, after=paging.read(after, int))
    return _fresh(paging.cut(found, limit, key=lambda one: one.id, show=account_json.range_view))


@post(
    "/account/figures",
    operation_id="keepFigure",
    summary="Compute a day or a year and keep it / 记一笔排放",
    guards=[guards.signed_in, limited("footprint", 60)],
    security=BEARER,
    responses=answers(
        EXAMPLE, *READ, *SIGNED_IN, RequestsTooMany, footprint.NothingEmitted, footprint.FigureKeyUsed,
        footprint.DayUnfit, footprint.MealsAndDiet, footprint.NoGridFactor, status=201,
    ),
)  # fmt: skip
async def keep_figure(
    data: JSONBody[FigureForm],
    key: IdempotencyKey,
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> FigureView:
    """The figure by the present factors; it stays as it is. The same key again keeps nothing new."""
    typed = figures.of_inputs(data.span, data.inputs, on=data.on, year=data.year, today=estimates.today())
    kept = await figures.keep(typed, by=person_id, key=key, services=services)
    return await _figure(kept, person_id, language)


@get(
    "/account/figures",
    operation_id="listFigures",
    summary="Figures in the account / 记下的排放",
    guards=_LOOKS,
    security=BEARER,
    responses=answers(
        paging.Page[FigureView](items=(EXAMPLE,), next=None, has_more=False),
        FieldsInvalid, CursorMalformed, *SIGNED_IN, RequestsTooMany, of=paging.Page[FigureView],
    ),
)  # fmt: skip
async def list_figures(
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    limit: paging.Limit = 20,
    after: paging.After = None,
) -> Response[paging.Page[FigureView]]:
    """Without their lines, the latest kept first."""
    found = await footprint.list_figures(person_id, limit=limit + 1, after=paging.read(after, UUID))
    retired = await retirements.retired_for([one.footprint_id for one in found], of=person_id)
    return _fresh(
        paging.cut(
            found,
            limit,
            key=lambda one: one.id,
            show=lambda one: account_json.figure_view(one, language, retired_g=retired.get(one.footprint_id, 0)),
        )
    )


@get(
    "/account/figures/{figure:str}",
    operation_id="getFigure",
    summary="A figure with its lines / 一笔排放",
    guards=_LOOKS,
    security=BEARER,
    responses=answers(EXAMPLE, FieldsInvalid, *SIGNED_IN, footprint.FigureUnknown, RequestsTooMany),
)
async def get_figure(
    figure: FromPath[str], person_id: NamedDependency[UUID], language: NamedDependency[Language]
) -> Response[FigureView]:
    """As it was computed when it was kept."""
    return _fresh(await _figure(figures.figure_id(figure), person_id, language))


@post(
    "/account/figures/{figure:str}/orders",
    operation_id="retireForFigure",
    summary="Order credits for a figure / 为这笔排放下单",
    guards=[guards.signed_in, limited("order", 30, is_exact=True)],
    security=BEARER,
    responses=answers(
        EXAMPLE_ORDER, *READ, *SIGNED_IN, *ONCE, RequestsTooMany, footprint.FigureUnknown, MassNotOfFigure,
        orders.NameUnfit, fonts.NotPrintable, credits.PriceUnknown, holdings.CreditsExhausted, orders.KeyUsedOtherwise,
        orders.TooMuchUnpaid, orders.TooManyUnpaid, payments.CurrencyNotTaken, credits.RateUnknown, credits.RateTooOld,
        orders.BelowLeast, status=201,
    ),
)  # fmt: skip
async def retire_for_figure(
    request: Request[Any, Any, Any],
    figure: FromPath[str],
    data: JSONBody[RetireForm],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
    idempotency_key: IdempotencyKey,
) -> Response[OrderView]:
    """An order of purpose `personal`, without an event; it is paid as any other."""

    async def place() -> OrderView:
        facts, _ = await footprint.find_figure(figures.figure_id(figure), by=person_id)
        name = await ordering.fit_name(data.name)  # before anything is set aside
        order = await figures.order(
            facts,
            figures.fit_grams(data.grams, facts, field="/grams"),
            by=person_id,
            key=idempotency_key,
            language=language,
            services=services,
            address_key=address_key(request, services),
            currency=data.currency,
            least_minor=currencies.least_minor(data.currency, services, place=place_of(request)),
            may_buy_more=data.buy_more,
        )
        if name:
            await ordering.name_order(order.id, name, by=person_id, services=services)
        return await order_view(order, language)

    return await answer_once(request, place, actor=person_id, key=idempotency_key)


async def _figure(figure_id: UUID, person_id: UUID, language: Language) -> FigureView:
    facts, calculation = await footprint.find_figure(figure_id, by=person_id)
    retired_g = await figures.retired_g(facts, of=person_id)
    return account_json.figure_view(facts, language, retired_g=retired_g, calculation=calculation)


def _fresh(view: Any) -> Response[Any]:  # noqa: ANN401 - each handler names its own
    return Response(view, headers={"cache-control": "no-store"})


routes = Router(
    "/api/v1",
    route_handlers=[
        get_account, list_entries, get_grams, list_ranges, keep_figure, list_figures, get_figure, retire_for_figure,
    ],
    dependencies={"services": Provide(provide_services)},
    tags=["account"],
)  # fmt: skip
