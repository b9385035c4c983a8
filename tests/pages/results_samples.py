"""The results of a scene as its organiser sees them: an afternoon, a week, nothing yet, and what is not known."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from app.commerce.orders import Cost
from app.kernel.clock import BEIJING
from app.kernel.money import Currency
from app.kernel.text import Language, Text
from app.registry.claims import Layer
from app.registry.retirements import Hour, Share
from app.scenarios import Group, Layers, Phase, ScenarioKind, Scene
from app.views.page import Page
from app.views.results import Results
from app.views.results.figures import coverages, groups, parts, slots
from app.web.organiser.results import page_of

NINE = datetime(2026, 11, 29, 9, tzinfo=BEIJING)
PEOPLE = (880, 602, 310, 150, 108, 62, 36)
LAYERS = Layers(
    groups=(
        Group(code="runners", name=Text(zh="参赛者", en="Runners"), emission_g=21_500_000),
        Group(code="venue", name=Text(zh="场地与物料", en="Venue and materials"), emission_g=3_600_000),
        Group(code="guests", name=Text(zh="观众", en="Spectators")),
    ),
    default_group="guests",
    organiser_covers=("runners", "venue"),
    source=Text(zh="活动计算器，2026-11-20，2400 人报名", en="Event calculator, 2026-11-20, 2,400 registered"),
)
SCENE = Scene(
    id=UUID(int=1), code="H7QP3K", kind=ScenarioKind.EVENT, phase=Phase.OVER,
    title=Text(zh="示例职工欢乐跑", en="3rd Workers’ Fun Run"),
    organiser=Text(zh="示例城市总工会", en="Sample City Trade Union"), organisation_id=UUID(int=2),
    starts_on=date(2026, 11, 29), ends_on=date(2026, 11, 29), setup=None, retirements=2148, mass_g=26_874_310,
    reported_no=None, reported_kind=None, reported_month=None,
)  # fmt: skip


def share(
    group: str | None, layer: Layer, people: int, given_g: int, paid_g: int, figure_g: int, **more: bool
) -> Share:
    return Share(
        is_all=False, group_code=group, layer=layer, is_organiser=more.get("is_organiser", False), people=people,
        given_people=people if given_g else 0, paying_people=people if paid_g else 0, paid_by_organiser_g=given_g,
        paid_by_others_g=paid_g, gift_g=given_g, figure_g=figure_g, unstated=0,
    )  # fmt: skip


SHARES = (
    share(None, Layer.OWN, 0, 3_600_000, 0, 3_600_000, is_organiser=True),
    share("runners", Layer.ADDITIONAL, 1_760, 20_754_310, 410_000, 21_164_310),
    share("guests", Layer.OWN, 388, 0, 2_110_000, 2_250_000),
)


def results(shares: tuple[Share, ...] = SHARES, layers: Layers | None = LAYERS, **changed: object) -> Results:
    """As the rooms' sums say it."""
    alone, with_guests = coverages(shares, layers)
    step, times = slots([Hour(NINE + timedelta(hours=at), people) for at, people in enumerate(PEOPLE)])
    plain = Results(
        scene=SCENE, mass_g=sum(one.paid_by_organiser_g + one.paid_by_others_g for one in shares), people=2148,
        given_people=1760, paying_people=420, papers=2148, named=1702, alone=alone, with_guests=with_guests,
        source=layers.source if layers else None, parts=parts(shares), groups=groups(shares, layers), step=step, slots=times,
        given_g=20_754_310, coming_g=0, costs=(Cost(Currency.CNY, 103_771, 20_754_310),), unpriced_g=0,
    )  # fmt: skip
    return replace(plain, **changed)  # type: ignore[arg-type]


def results_pages(language: Language) -> Mapping[str, Page]:
    """By name."""
    frame = {"here": "/organiser/H7QP3K/results", "sandbox": True, "csrf_token": "token"}
    step, days = slots([Hour(NINE + timedelta(days=at * at), 7 + 13 * at) for at in range(5)])
    more = tuple(replace(one, paid_by_organiser_g=one.paid_by_organiser_g * 3) for one in SHARES)
    alike = replace(SCENE, phase=Phase.LIVE)
    long = Text(
        zh="一个很长很长的人群名称，写满四十个字为止，看看放不放得下，放不下就换行",
        en="A group of which the name goes on and on",
    )
    named = replace(LAYERS, groups=(*LAYERS.groups[:2], replace(LAYERS.groups[2], name=long)))
    found = {
        "results": results(),
        "results_days": results(more, named, scene=alike, step=step, slots=days, coming_g=124_000, unpriced_g=4_000_000),
        "results_unknown": results(layers=None, groups=(), costs=(), unpriced_g=20_754_310),
        "results_none": results((), scene=alike, people=0, given_people=0, paying_people=0, papers=0, named=0, slots=(),
                                given_g=0, costs=()),
    }  # fmt: skip
    return {name: page_of(one, language, frame) for name, one in found.items()}
