"""JSON for mini-programs and scripts: scenes, their estimates, the calculators."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter

from app import footprint, scenarios
from app.commerce import payments
from app.kernel import ids, mass
from app.kernel.money import Currency
from app.kernel.text import Language
from app.registry import credits
from app.views import estimates
from app.views.answer_cache import Answer
from app.views.errors import FieldsInvalid, RequestsTooMany
from app.views.giving import collecting
from app.views.prices import currencies, offers
from app.views.scene import Estimate, Line
from app.views.services import Services
from app.web.kit.requests.places import place_of
from app.web.kit.responses import paging
from app.web.kit.responses.answers import BEARER, READ, SIGNED_IN, answers
from app.web.kit.security import guards
from app.web.kit.security.limits import limited
from app.web.kit.security.scanning import scan
from app.web.kit.services import provide_services

Km = Annotated[str, QueryParameter(name="km", max_length=12, description="One way, in kilometres; 单程公里数")]
ModeKey = Annotated[str, QueryParameter(name="mode", max_length=16, description="One of the scene's modes; 出行方式")]


PaidIn = Annotated[Currency, QueryParameter(name="currency", description="Of the price; 币种")]

_JSON = msgspec.json.Encoder()
_CODE_LENGTH_KEPT = 16
"""A code as people write it, with blanks and dashes; nobody fills our memory with longer ones."""


class SceneMode(msgspec.Struct, frozen=True, kw_only=True):
    """A way to come."""

    key: str
    label: str
    km_min: int
    km_max: int
    """One way, in whole kilometres; both are allowed."""
    usual_km: int
    """Where to begin, when nobody said another."""


class SceneView(msgspec.Struct, frozen=True, kw_only=True):
    """What a scene's code opens."""

    id: Annotated[str, msgspec.Meta(examples=["scn_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    code: Annotated[str, msgspec.Meta(examples=["H7QP3K"])]
    kind: scenarios.ScenarioKind
    phase: Literal["ahead", "live", "over"]
    title: str
    organiser: str
    starts_on: date | None
    ends_on: date | None
    neutralised: int
    """Certificates so far."""
    mass_g: int
    mass_text: str
    modes: tuple[SceneMode, ...]
    default_km: int | None
    round_trip: bool | None
    reported_month: str | None
    """YYYY-MM, for a closed case of the annual report."""


_SCENE = SceneView(
    id="scn_01JD8Q9T5K3V2M7N4P6R8S0W1X",
    code="H7QP3K",
    kind=scenarios.ScenarioKind.EVENT,
    phase="live",
    title="示例职工欢乐跑",
    organiser="示例城市总工会",
    starts_on=date(2026, 11, 22),
    ends_on=date(2026, 11, 22),
    neutralised=1286,
    mass_g=15_946_400,
    mass_text="15.95 t",
    modes=(SceneMode(key="metro", label="地铁", km_min=0, km_max=100, usual_km=23),),
    default_km=23,
    round_trip=True,
    reported_month=None,
)
_ESTIMATE = Estimate(
    grams=4_542,
    mass_text="4.5 kg",
    amount_minor=23,
    currency="CNY",
    price_text="¥0.23",
    buys_grams=4_542,
    floored=False,
    summary="往返 46 km + 午餐 1 份",
    lines=(
        Line(
            label="地铁",
            quantity="46 人·km",
            grams=1_984,
            mass_text="2.0 kg",
            factor="0.04314",
            unit="kg CO₂e / 人·km",
            source="示例因子库",
            edition="2025.1",
        ),
    ),
)


@get(
    "/scenes/{code:str}",
    operation_id="openScene",
    summary="What a code opens / 打开场景",
    responses=answers(_SCENE, FieldsInvalid, scenarios.ScenarioUnknown, RequestsTooMany)
    | {410: ResponseSpec(SceneView, description="It is over; with its results", generate_examples=False)},
)
async def open_scene(
    request: Request[Any, Any, Any],
    code: FromPath[str],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes]:
    """The scene behind a printed code. A closed one answers 410 with its results, an unknown one 404. For a second a
    change may still be told as it was before.
    """

    async def ask() -> Answer:
        scene = await scan(code, request)
        status = 410 if scene.phase is scenarios.Phase.OVER else 200
        return Answer(status, _JSON.encode(scene_view(scene, language)))

    answer = await services.answers.get((code, language), ask) if len(code) <= _CODE_LENGTH_KEPT else await ask()
    return Response(
        answer.body,
        status_code=answer.status,
        media_type="application/json",
        headers={"cache-control": "public, max-age=5"},
    )


@get(
    "/scenes/{code:str}/estimate",
    operation_id="estimateVisit",
    summary="Figure and price of a visit / 估算",
    responses=answers(
        _ESTIMATE,
        FieldsInvalid,
        scenarios.ScenarioUnknown,
        scenarios.ScenarioOver,
        scenarios.ModeNotOffered,
        RequestsTooMany,
        payments.CurrencyNotTaken,
        credits.RateUnknown,
        credits.RateTooOld,
    ),
)
async def estimate(
    request: Request[Any, Any, Any],
    code: FromPath[str],
    mode: ModeKey,
    km: Km,
    language: NamedDependency[Language],
    services: NamedDependency[Services],
    currency: PaidIn = Currency.CNY,
) -> Estimate:
    """The footprint of coming this way, and what its neutralisation costs now; nothing is kept.

    Where it costs less than the smallest amount that can be paid, the price is that amount and `buys_grams` what it buys.
    """
    day = estimates.today()
    scene = await scan(code, request)
    if scene.setup is None or scene.phase is scenarios.Phase.OVER:
        raise scenarios.ScenarioOver
    given = await collecting.offered(scene)
    least_minor = currencies.least_minor(currency, services, place=place_of(request))
    offered = await offers.offer(scene.setup.programme, today=day, currency=currency, rate_days=services.rate_days)
    if offered.refused is not None:
        raise offered.refused
    return estimates.visit(
        scene, mode, km, offered, language, services, gives=given.gives_g if given else None, least_minor=least_minor
    )  # fmt: skip


class FootprintForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Inputs of a calculator; what they may be stands at `/api/v1/calculators`."""

    calculator: Annotated[Literal["personal", "event"], msgspec.Meta(examples=["personal"])]
    inputs: Annotated[dict[str, Any], msgspec.Meta(examples=[{"mode": "day", "metro_km": "12.5", "meals_mixed": "1"}])]


class FootprintView(msgspec.Struct, frozen=True, kw_only=True):
    """A kept calculation."""

    id: str
    grams: int
    mass_text: str
    summary: str
    calculation: dict[str, Any]


@post(
    "/footprints",
    operation_id="computeFootprint",
    summary="Compute and keep a footprint / 计算碳足迹",
    guards=[guards.signed_in, limited("footprint", 60)],
    security=BEARER,
    responses=answers(
        FootprintView(
            id="fpt_01JD8Q9T5K3V2M7N4P6R8S0W1X",
            grams=2_776,
            mass_text="2.8 kg",
            summary="地铁 12.5 km + 混合餐 1 份",
            calculation={"calculator": "personal", "calculator_version": "1", "total_g": 2_776, "lines": []},
        ),
        *READ, *SIGNED_IN, RequestsTooMany, footprint.NothingEmitted,
        status=201,
    ),
)  # fmt: skip
async def compute_footprint(
    data: JSONBody[FootprintForm],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> FootprintView:
    """Compute with the present factor set and keep the figure with all its lines; it never changes."""
    calculation = footprint.calculate(data.calculator, data.inputs, services.factor_set)
    footprint_id = await footprint.keep(calculation, by=person_id)
    return FootprintView(
        id=ids.public("fpt", footprint_id),
        grams=calculation.total_g,
        mass_text=mass.text(calculation.total_g),
        summary=footprint.summary(calculation).in_(language),
        calculation=footprint.as_json(calculation),
    )


class CaseView(msgspec.Struct, frozen=True, kw_only=True):
    """A closed public case of the annual report."""

    number: int
    code: str
    title: str
    organiser: str
    kind: scenarios.ScenarioKind
    printed_kind: str
    """As the report prints it, in Chinese."""
    month: str
    mass_g: int
    mass_text: str
    tonnes: str


_CASE = CaseView(
    number=1,
    code="7K3M9Q",
    title="示例会议",
    organiser="示例机构",
    kind=scenarios.ScenarioKind.MEETING,
    printed_kind="会议",
    month="2024-04",
    mass_g=87_790_000,
    mass_text="87.79 t",
    tonnes="87.790",
)


@get(
    "/cases",
    operation_id="listCases",
    summary="Closed public cases / 公示案例",
    responses=answers(
        paging.Page[CaseView](items=(_CASE,), next="1", has_more=True), FieldsInvalid, of=paging.Page[CaseView]
    ),
)
async def list_cases(
    language: NamedDependency[Language],
    limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
    after: Annotated[int | None, QueryParameter(ge=1, le=1_000_000)] = None,
) -> paging.Page[CaseView]:
    """The annual report's cases, by their number there."""
    found = await scenarios.recent(limit=limit + 1, after=after, today=estimates.today())
    items = tuple(
        CaseView(
            number=scene.reported_no or 0,
            code=scene.code,
            title=scene.title.in_(language),
            organiser=scene.organiser.in_(language),
            kind=scene.kind,
            printed_kind=scene.reported_kind or "",
            month=scene.reported_month or "",
            mass_g=scene.mass_g,
            mass_text=mass.text(scene.mass_g),
            tonnes=mass.tonnes(scene.mass_g),
        )
        for scene in found[:limit]
    )
    has_more = len(found) > limit
    return paging.Page(items=items, next=str(items[-1].number) if has_more else None, has_more=has_more)


def scene_view(scene: scenarios.Scene, language: Language) -> SceneView:
    """A scene in the reader's words."""
    setup = scene.setup
    return SceneView(
        id=ids.public("scn", scene.id),
        code=scene.code,
        kind=scene.kind,
        phase=scene.phase.value,
        title=scene.title.in_(language),
        organiser=scene.organiser.in_(language),
        starts_on=scene.starts_on,
        ends_on=scene.ends_on,
        neutralised=scene.retirements,
        mass_g=scene.mass_g,
        mass_text=mass.text(scene.mass_g),
        modes=tuple(
            SceneMode(key=one.key, label=one.label, km_min=one.km_min, km_max=one.km_max, usual_km=one.usual_km)
            for one in estimates.modes(setup, language)
        )
        if setup
        else (),
        default_km=setup.default_km if setup else None,
        round_trip=setup.round_trip if setup else None,
        reported_month=scene.reported_month,
    )


routes = Router(
    "/api/v1",
    route_handlers=[open_scene, estimate, compute_footprint, list_cases],
    dependencies={"services": Provide(provide_services)},
    tags=["scenes"],
)
