"""The results of a scene, for those who run it: a page with charts, a sheet to take home, and the same as JSON."""

from dataclasses import dataclass
from typing import Any, ClassVar, Final
from uuid import UUID

from litestar import Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from markupsafe import Markup

from app import scenarios
from app.foundation import identity
from app.kernel.text import Language
from app.views import estimates, results
from app.views.console import Console
from app.views.errors import FieldsInvalid, NotSignedIn, RequestsTooMany
from app.views.page import Amount
from app.views.results import EXAMPLE, GroupPart, Part, Results, ResultsView, Source
from app.views.results.sheet import SOURCES, slot_text
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.responses.answers import KEYED, SIGNED_IN, answers
from app.web.kit.security import guards
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import by_password, to_sign_in
from app.web.kit.services import provide_services
from app.web.organiser import charts
from app.web.organiser.charts import Coverages, Dots
from app.web.organiser.scenes import giving_scene

_BY_ORGANISER: Final = frozenset({Source.ORGANISER, Source.GIVEN_COVERED, Source.GIVEN_GUESTS})


@dataclass(frozen=True, slots=True)
class PartShown:
    """One source of the grams, and its bar."""

    part: Part
    label: str
    width: float
    is_given: bool
    """The organiser paid for it."""


@dataclass(frozen=True, slots=True)
class GroupShown:
    """One group of the scene, its name in the reader's language."""

    part: GroupPart
    name: str


@dataclass(frozen=True, slots=True)
class SlotShown:
    """One hour, day or month, in figures."""

    at: str
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsPage(Console):
    """What became of a scene."""

    template: ClassVar[str] = "organiser/results.html"

    title: str
    code: str
    phase: str
    scene_url: str
    gift_url: str
    export_url: str
    found: Results
    source: str
    """Where the stated emissions come from; empty where none are stated."""
    costs: tuple[Amount, ...]
    priced_g: int
    parts: tuple[PartShown, ...]
    groups: tuple[GroupShown, ...]
    coverages: Coverages
    dots: Dots
    slots: tuple[SlotShown, ...]
    ring: Markup


@get("/organiser/{code:str}/results", include_in_schema=False, guards=[by_password, limited("look", 240)])
async def show_results(desk: NamedDependency[Desk], code: FromPath[str]) -> Response[bytes]:
    """How the scene went, or goes."""
    scene = await giving_scene(code, desk.person_id)
    return desk.page(page_of(await results.find(scene), desk.language, desk.frame(f"/organiser/{scene.code}/results")))


@get("/organiser/{code:str}/results.xlsx", include_in_schema=False, guards=[by_password, limited("export", 20)])
async def export_results(desk: NamedDependency[Desk], code: FromPath[str]) -> Response[bytes]:
    """The same as a sheet."""
    scene = await giving_scene(code, desk.person_id)
    return Response(
        await results.as_sheet(await results.find(scene), desk.language),
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={
            "content-disposition": f'attachment; filename="results-{scene.code}.xlsx"',
            "cache-control": "no-store",
        },
    )


@get(
    "/scenes/{code:str}/results",
    operation_id="getSceneResults",
    summary="Results of your scene / 场景结果",
    guards=[guards.of_kind("operator", guards.KEY), limited("look", 240)],
    security=KEYED,
    responses=answers(
        EXAMPLE, FieldsInvalid, *SIGNED_IN, identity.RoleMissing, scenarios.ScenarioUnknown, RequestsTooMany
    ),
)
async def get_results(code: FromPath[str], person_id: NamedDependency[UUID]) -> ResultsView:
    """People, grams, coverage with guests and without, papers and cost, for whoever gives in the name of its organiser."""
    return results.view(await results.find(await giving_scene(code, person_id)))


def page_of(found: Results, language: Language, frame: dict[str, Any]) -> ResultsPage:
    """The page; `frame` is what a console knows besides."""
    scene = found.scene
    return ResultsPage(
        **frame,
        section="/organiser",
        roles=(),
        door="organiser",
        title=scene.title.in_(language),
        code=scene.code,
        phase=scene.phase.value,
        scene_url=f"/organiser/{scene.code}",
        gift_url=f"/organiser/{scene.code}/gift",
        export_url=f"/organiser/{scene.code}/results.xlsx",
        found=found,
        source=found.source.in_(language) if found.source else "",
        costs=tuple(Amount(minor=one.amount_minor, currency=one.currency) for one in found.costs),
        priced_g=sum(one.mass_g for one in found.costs),
        parts=tuple(
            PartShown(part, SOURCES[part.source].in_(language), width, part.source in _BY_ORGANISER)
            for part, width in zip(found.parts, charts.part_bars(found.parts), strict=True)
        ),
        groups=tuple(GroupShown(one, one.name.in_(language)) for one in found.groups),
        coverages=charts.coverage_bars(found.alone, found.with_guests),
        dots=charts.dots(found.slots),
        slots=tuple(SlotShown(slot_text(one, found.step), one.people) for one in found.slots),
        ring=estimates.ring(scene.code, min(100, 10 + found.people)),
    )


page_routes: Final = Router(
    "/",
    route_handlers=[show_results, export_results],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
api_routes: Final = Router("/api/v1", route_handlers=[get_results], tags=["gifts"])
