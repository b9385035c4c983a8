"""What a draft lacks, what it means for the scene, and what its gift takes and costs: pure, to the gram and the fen."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from app import footprint
from app.kernel.clock import BEIJING
from app.kernel.text import Text
from app.programmes.gifts import AmountKind
from app.registry import credits
from app.registry.credits import PerTonne, Programme
from app.scenarios import ScenarioKind
from app.views.prices.offers import Offer
from app.views.scene import Estimate
from app.views.scene_drafts.answering import layers_of
from app.views.scene_drafts.checking import faults, host_fault, step_of
from app.views.scene_drafts.content import TEMPLATES, Content, Payer, PeopleGroup, Step, read, written
from app.views.scene_drafts.counting import setup_of
from app.views.scene_drafts.draft_json import demand_fit
from app.views.scene_drafts.errors import SceneDraftUnfit
from app.views.scene_drafts.paying import campaign_of, gift_cost, window, with_usual_window
from app.web.organiser.scene_drafts import forms, host

FACTORS = footprint.load_factor_set(Path("config/factors/2025.1"))
DAY = date(2027, 4, 17)
WHOLE = Content(
    kind=ScenarioKind.EVENT, title_zh="示例跑", title_en="Sample Run", starts_on=DAY, ends_on=DAY + timedelta(days=1),
    modes=("car", "metro"), default_km=23, most_km=100, activities={"meals_mixed": "1"}, payer=Payer.GIFT,
    each_grams=20_000, people=300,
)  # fmt: skip


def changed(**changes: object) -> Content:
    return msgspec.structs.replace(WHOLE, **changes)


def estimate(grams: int) -> Estimate:
    return Estimate(
        grams=grams, mass_text="", amount_minor=1, currency="CNY", price_text="", floored=False, summary="", lines=()
    )


def offer(per_tonne_minor: int | None, open_g: int) -> Offer:
    return Offer(
        Programme.CDCER,
        PerTonne(per_tonne_minor) if per_tonne_minor else None,
        credits.Supply(programme=Programme.CDCER, open_g=open_g, next_lot=None),
    )


def test_an_empty_draft_is_told_what_each_step_lacks() -> None:
    lacking = {step: set(faults(Content(), step, FACTORS)) for step in Step}
    assert lacking[Step.KIND] == {"kind", "title_zh", "title_en", "starts_on", "ends_on"}
    assert lacking[Step.COUNTING] == {"modes", "default_km", "most_km"}
    assert lacking[Step.PAYING] == {"payer"}
    assert lacking[Step.REVIEW] == lacking[Step.KIND] | lacking[Step.COUNTING] | lacking[Step.PAYING]
    for step in (Step.KIND, Step.COUNTING, Step.PAYING):
        assert {step_of(name) for name in lacking[step]} == {step}


def test_a_whole_draft_lacks_nothing_and_comes_back_from_its_row_as_it_was() -> None:
    assert faults(WHOLE, Step.REVIEW, FACTORS, today=DAY) == {}
    assert read(msgspec.json.decode(msgspec.json.encode(written(WHOLE)))) == WHOLE


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": ScenarioKind.AGENCY}, "kind"),
        ({"place_zh": "示例绿道"}, "place_en"),
        ({"ends_on": DAY - timedelta(days=1)}, "ends_on"),
        ({"starts_on": DAY - timedelta(days=9), "ends_on": DAY - timedelta(days=1)}, "ends_on"),
        ({"modes": ("rocket",)}, "modes"),
        ({"default_km": 200}, "default_km"),
        ({"activities": {"diet_days": "1"}}, "activities/diet_days"),
        ({"activities": {"meals_mixed": "11"}}, "activities/meals_mixed"),
        ({"event": {"electricity_kwh": "-1"}}, "event/electricity_kwh"),
        ({"groups": (PeopleGroup(code="host", name_zh="主办", name_en="Host"),)}, "groups/0/code"),
        ({"groups": (PeopleGroup(code="a"), PeopleGroup(code="b"))}, "groups/0/name_zh"),
        (
            {
                "groups": (
                    PeopleGroup(code="a", name_zh="甲", name_en="A"),
                    PeopleGroup(code="a", name_zh="乙", name_en="B"),
                )
            },
            "groups/1/code",
        ),
        ({"groups": (PeopleGroup(code="a", name_zh="甲", name_en="A", stated_grams=1),)}, "groups/0/stated_grams"),
        ({"people": None}, "people"),
        ({"each_grams": None}, "each_grams"),
        ({"message_en": "Thanks"}, "message_zh"),
        ({"gift_starts_at": datetime(2027, 4, 30, tzinfo=UTC)}, "gift_ends_at"),
    ],
)
def test_what_cannot_be_is_named_by_its_field(changes: dict[str, object], field: str) -> None:
    assert set(faults(changed(**changes), Step.REVIEW, FACTORS, today=DAY)) == {field}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.key)
def test_every_template_can_be_gone_on_from(template: object) -> None:
    assert faults(changed(**template.changes), Step.COUNTING, FACTORS) == {}  # type: ignore[attr-defined]


def test_a_host_that_emits_nothing_is_at_no_fault() -> None:
    assert host_fault(changed(event={"attendees": 300}), FACTORS) is None


def test_what_the_draft_says_is_how_the_scene_computes() -> None:
    setup = setup_of(
        changed(activities={"meals_mixed": "1", "bottled_water_l": "0.5"}, place_zh="绿道", place_en="Way")
    )
    assert (setup.modes, setup.default_km, setup.most_km, setup.programme) == (("car", "metro"), 23, 100, "CDCER")
    assert setup.extras == {"meals_mixed": "1", "bottled_water_l": "0.5"}
    assert setup.extras_text == Text(zh="混合餐 1 餐、瓶装水 0.5 升", en="Mixed meals 1 meals, Bottled water 0.5 L")
    assert setup.place == Text(zh="绿道", en="Way")


STAFF = PeopleGroup(code="staff", name_zh="工作人员", name_en="Staff", is_covered=True, stated_grams=1_500)


def test_the_host_is_stated_to_the_gram_by_the_calculator_with_the_factor_sets_edition() -> None:
    layers = layers_of(changed(covers_host=True, event={"attendees": 300, "electricity_kwh": "1200"}), FACTORS)
    assert layers is not None
    assert [(one.code, one.emission_g) for one in layers.groups] == [("visitors", None), ("host", 187_680)]
    assert (layers.default_group, layers.organiser_covers, layers.stated_g) == ("visitors", ("host",), 187_680)
    assert layers.source == Text(
        zh="主办方自己：大型活动计算器，因子集 2025.1", en="The organiser itself: event calculator, factor set 2025.1"
    )


def test_people_are_stated_by_the_organiser_and_the_first_group_is_of_whoever_brings_no_code() -> None:
    layers = layers_of(changed(groups=(STAFF,)), FACTORS)
    assert layers is not None
    assert (layers.default_group, layers.stated_g) == ("staff", 1_500)
    assert layers.source == Text(zh="主办方申报", en="stated by the organiser")


@pytest.mark.parametrize("event", [{}, {"attendees": 300}, {"electricity_kwh": "-1"}])
def test_a_host_whose_figure_is_not_known_is_answered_for_without_one(event: dict[str, object]) -> None:
    layers = layers_of(changed(covers_host=True, event=event, groups=(STAFF,)), FACTORS)
    assert layers is not None
    assert (layers.groups[-1].emission_g, layers.stated_g) == (None, None)


def test_who_answers_for_nobody_has_no_groups() -> None:
    nobody = msgspec.structs.replace(STAFF, is_covered=False, stated_grams=None)
    assert layers_of(WHOLE, FACTORS) is None
    assert layers_of(changed(groups=(nobody,), event={"electricity_kwh": "1200"}), FACTORS) is None


def test_a_gift_costs_what_the_example_takes_for_everybody() -> None:
    cost = gift_cost(WHOLE, estimate(12_400), offer(5_000, 3_000_000))
    assert cost is not None
    assert (cost.each_g, cost.likely_g, cost.most_g, cost.lacking_g) == (12_400, 3_720_000, 6_000_000, 720_000)
    assert cost.likely is not None
    assert cost.most is not None
    assert (cost.likely.minor, cost.most.minor) == (18_600, 30_000)
    fixed = gift_cost(changed(amount=AmountKind.FIXED), estimate(12_400), offer(None, 10**9))
    assert fixed is not None
    assert (fixed.each_g, fixed.likely, fixed.lacking_g) == (20_000, None, 0)
    assert gift_cost(changed(payer=Payer.VISITORS), estimate(12_400), offer(5_000, 1)) is None
    assert gift_cost(WHOLE, None, offer(5_000, 1)) is None


def test_the_gifts_window_is_the_scenes_days_in_beijing_and_follows_them() -> None:
    begins, ends = datetime(2027, 4, 17, tzinfo=BEIJING), datetime(2027, 4, 19, tzinfo=BEIJING)
    assert window(WHOLE) == (begins, ends)
    shown = changed(gift_starts_at=begins, gift_ends_at=ends)
    assert with_usual_window(shown) == WHOLE
    own = changed(gift_starts_at=begins + timedelta(hours=9), gift_ends_at=ends)
    assert with_usual_window(own) == changed(gift_starts_at=begins + timedelta(hours=9))
    campaign = campaign_of(WHOLE)
    assert campaign is not None
    assert (campaign.each_g, campaign.starts_at, campaign.ends_at) == (20_000, begins, ends)
    assert campaign_of(changed(payer=Payer.VISITORS)) is None
    assert replace(campaign, message=None) == campaign


@pytest.mark.parametrize("year", [1, 1989, 2200, 9999])
def test_a_year_of_no_event_is_refused_by_its_field_before_a_page_computes_with_it(year: int) -> None:
    day, instant = date(year, 12, 31), datetime(year, 1, 1, tzinfo=UTC)
    for field, when in (("starts_on", day), ("ends_on", day), ("gift_starts_at", instant), ("gift_ends_at", instant)):
        with pytest.raises(SceneDraftUnfit) as refused:
            demand_fit(changed(**{field: when}))
        assert refused.value.field == f"/{field}"
    for read_field, typed in ((forms._day, day.isoformat()), (forms._instant, instant.isoformat()[:16])):
        with pytest.raises(forms._Unfit):
            read_field(typed)
    demand_fit(WHOLE)


@pytest.mark.parametrize("name", ["excluded", "travel", "materials", "phases", "electricity_kwh", "unknown"])
@pytest.mark.parametrize(
    "odd",
    [1, -1, 1.5, "x", True, None, [], {}, [1], [None], [{}], [{"group": "travel"}], {"a": 1}, [{"mode": [1]}], [[1]]],
)
def test_whatever_a_program_wrote_into_a_draft_its_page_opens_and_the_fault_is_named(name: str, odd: object) -> None:
    content = changed(event={"attendees": 300, name: odd})
    assert host.typed(content)["attendees"] == "300"
    fault = host_fault(content, FACTORS)
    assert fault is None or fault.field
