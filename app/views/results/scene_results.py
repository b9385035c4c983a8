"""The results of a scene, read from the rooms that know them, and as JSON."""

from dataclasses import dataclass
from typing import Annotated, Final

import msgspec

from app import certificates, scenarios
from app.commerce import orders
from app.commerce.orders import Cost
from app.kernel import money
from app.kernel.clock import rfc3339
from app.kernel.text import Text
from app.programmes import gifts
from app.registry import retirements
from app.views.results import figures
from app.views.results.figures import Coverage, GroupPart, Part, Slot, Source, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What became of a scene so far: settled grams alone, except where it says otherwise."""

    scene: scenarios.Scene
    mass_g: int
    people: int
    given_people: int
    paying_people: int
    papers: int
    named: int
    alone: Coverage
    with_guests: Coverage
    source: Text | None
    """Where the stated emissions come from."""
    parts: tuple[Part, ...]
    groups: tuple[GroupPart, ...]
    step: Step
    slots: tuple[Slot, ...]
    given_g: int
    """Collected of the scene's gifts, settled or coming."""
    coming_g: int
    """Of these, what is not settled yet."""
    costs: tuple[Cost, ...]
    """What was paid for grams that were given, by currency."""
    unpriced_g: int
    """Given, and moved into a pool instead of bought: nobody knows here what these cost."""


async def find(scene: scenarios.Scene) -> Results:
    """The results of a scene that has an organiser."""
    assert scene.organisation_id is not None, scene.code
    layers = scene.setup.layers if scene.setup else None
    found = await retirements.tally(scene.id, organiser_id=scene.organisation_id)
    everything = found.everything
    step, slots = figures.slots(found.hours)
    alone, with_guests = figures.coverages(found.shares, layers)
    given = await gifts.given_of(scene.id)
    costs, given_g = await orders.cost_of(given), sum(mass_g for _, _, mass_g in given)
    papers, named = await certificates.count_of(scene.id)
    return Results(
        scene=scene,
        mass_g=everything.paid_by_organiser_g + everything.paid_by_others_g,
        people=everything.people,
        given_people=everything.given_people,
        paying_people=everything.paying_people,
        papers=papers,
        named=named,
        alone=alone,
        with_guests=with_guests,
        source=layers.source if layers and layers.stated_g is not None else None,
        parts=figures.parts(found.shares),
        groups=figures.groups(found.shares, layers),
        step=step,
        slots=slots,
        given_g=given_g,
        coming_g=max(0, given_g - everything.gift_g),
        costs=tuple(costs),
        unpriced_g=given_g - sum(one.mass_g for one in costs),
    )


class CoverageView(msgspec.Struct, frozen=True, kw_only=True):
    """Retired grams over emissions. Null is "not known", never nothing."""

    retired_grams: int
    emission_grams: int | None
    percent: Annotated[str, msgspec.Meta(examples=["97.02"])] | None
    """Two decimals, rounded down; may exceed 100."""
    missing_grams: int | None
    """Until 100 %."""


class PartView(msgspec.Struct, frozen=True, kw_only=True):
    """One source of the grams."""

    source: Source
    grams: int
    percent: Annotated[str, msgspec.Meta(examples=["74.2"])]
    """Of all grams; those of all sources add up to 100.0."""


class GroupView(msgspec.Struct, frozen=True, kw_only=True):
    """One group of the scene."""

    code: Annotated[str, msgspec.Meta(examples=["runners"])]
    name_zh: str
    name_en: str
    is_covered: bool
    """The organiser answers for it."""
    stated_grams: int | None
    people: int
    given_grams: int
    paid_grams: int


class SlotView(msgspec.Struct, frozen=True, kw_only=True):
    """People who came in one hour, day or month of Beijing."""

    at: str
    people: int


class CostView(msgspec.Struct, frozen=True, kw_only=True):
    """What was paid for given grams, in one currency."""

    currency: str
    amount_minor: int
    amount_text: Annotated[str, msgspec.Meta(examples=["¥1,217.72"])]
    grams: int


class ResultsView(msgspec.Struct, frozen=True, kw_only=True):
    """The results of a scene: settled grams, and nobody's name."""

    scene: Annotated[str, msgspec.Meta(examples=["H7QP3K"])]
    grams: int
    people: int
    """Persons for whom anything was retired; who collected and paid counts once."""
    given_people: int
    paying_people: int
    papers: int
    named: int
    """Papers with a name."""
    organiser: CoverageView
    """What the organiser retired and gave, over the emissions it answers for. Claims go by this one."""
    with_guests: CoverageView
    """With what guests were given and paid, and their own figures."""
    sources: tuple[PartView, ...]
    groups: tuple[GroupView, ...]
    step: Step
    slots: tuple[SlotView, ...]
    given_grams: int
    """Collected of the gifts, also what is not settled yet (`coming_grams`)."""
    coming_grams: int
    costs: tuple[CostView, ...]
    unpriced_grams: int
    """Given of grams that were moved into a pool: what they cost is not known here."""


def view(found: Results) -> ResultsView:
    """As JSON tells it."""
    return ResultsView(
        scene=found.scene.code,
        grams=found.mass_g,
        people=found.people,
        given_people=found.given_people,
        paying_people=found.paying_people,
        papers=found.papers,
        named=found.named,
        organiser=_coverage(found.alone),
        with_guests=_coverage(found.with_guests),
        sources=tuple(PartView(source=one.source, grams=one.mass_g, percent=one.share) for one in found.parts),
        groups=tuple(
            GroupView(
                code=one.code, name_zh=one.name.zh, name_en=one.name.en, is_covered=one.is_covered,
                stated_grams=one.stated_g, people=one.people, given_grams=one.given_g, paid_grams=one.paid_g,
            )
            for one in found.groups
        ),
        step=found.step,
        slots=tuple(SlotView(at=rfc3339(one.at), people=one.people) for one in found.slots),
        given_grams=found.given_g,
        coming_grams=found.coming_g,
        costs=tuple(
            CostView(
                currency=one.currency.value, amount_minor=one.amount_minor,
                amount_text=money.text(one.amount_minor, one.currency), grams=one.mass_g,
            )
            for one in found.costs
        ),
        unpriced_grams=found.unpriced_g,
    )  # fmt: skip


def _coverage(one: Coverage) -> CoverageView:
    return CoverageView(
        retired_grams=one.retired_g, emission_grams=one.emission_g, percent=one.percent, missing_grams=one.missing_g
    )


EXAMPLE: Final = ResultsView(
    scene="H7QP3K", grams=26_874_310, people=2148, given_people=1964, paying_people=184, papers=2148, named=1702,
    organiser=CoverageView(retired_grams=24_354_310, emission_grams=25_100_000, percent="97.02", missing_grams=745_690),
    with_guests=CoverageView(retired_grams=26_874_310, emission_grams=27_620_000, percent="97.30", missing_grams=745_690),
    sources=(
        PartView(source=Source.GIVEN_COVERED, grams=24_354_310, percent="90.6"),
        PartView(source=Source.PAID_GUESTS, grams=2_520_000, percent="9.4"),
    ),
    groups=(
        GroupView(code="runners", name_zh="参赛者", name_en="Runners", is_covered=True, stated_grams=25_100_000,
                  people=1964, given_grams=24_354_310, paid_grams=0),
    ),
    step=Step.HOUR, slots=(SlotView(at="2026-11-29T09:00:00+08:00", people=880),), given_grams=24_354_310, coming_grams=0,
    costs=(CostView(currency="CNY", amount_minor=121_772, amount_text="¥1,217.72", grams=24_354_310),), unpriced_grams=0,
)  # fmt: skip
