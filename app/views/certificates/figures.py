"""How a claim stands today by its actual figure, as pages and JSON tell it beside what was frozen."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec

from app.certificates.rules import reach_of, title_now
from app.kernel.text import Language
from app.registry import retirements
from app.registry.claims import FigureReach, TrueUpState
from app.views.certificates.coverage import CoverageView, TextView, coverage_view
from app.views.certificates.record import FigureLine


class FigureView(msgspec.Struct, frozen=True, kw_only=True):
    """How a claim that was retired for ahead stands today by its actual figure. Changes; the record does not."""

    state: TrueUpState
    """`short`: more was emitted than is retired, and `missing_grams` are due until `due_on`. `lapsed`: they, or the figure, did
    not come in time: the claim is void, the retirement stays. `covered`: at least the actual figure is retired."""
    actual_grams: int | None
    """What was really emitted; null: nobody entered it in time."""
    retired_grams: int
    """All that is retired for the claim, supplements included."""
    missing_grams: int
    percent: Annotated[str, msgspec.Meta(examples=["76.92"])] | None
    """Retired of the actual figure, two decimals, rounded down."""
    due_on: Annotated[str, msgspec.Meta(examples=["2027-12-31"])]
    is_certified: bool
    """The figure was entered when it was covered, and certificates by it follow; else it is to be entered again."""
    text: TextView


EXAMPLE: Final = FigureView(
    state=TrueUpState.SHORT,
    actual_grams=6_500_000,
    retired_grams=5_000_000,
    missing_grams=1_500_000,
    percent="76.92",
    due_on="2027-12-31",
    is_certified=False,
    text=TextView(
        zh="待补足：还须在 2027-12-31 前（含当日）注销 1.5 t", en="Short: 1.5 t more to retire until 2027-12-31"
    ),
)


async def figures_of(records: Sequence[Mapping[str, Any]]) -> list[FigureReach | None]:
    """For each record, in its order; one query for any number, and none for persons' honours."""
    numbers = {one["retirement_number"] for one in records if one["kind"] != "honorary"}
    found = await retirements.find_reach(numbers)
    return [found.get(one["retirement_number"]) for one in records]


def figure_view(figure: FigureReach | None) -> FigureView | None:
    """The same in JSON."""
    if figure is None:
        return None
    return FigureView(
        state=figure.state,
        actual_grams=figure.actual_g,
        retired_grams=figure.retired_g,
        missing_grams=figure.missing_g,
        percent=figure.reach.percent,
        due_on=figure.due_on.isoformat(),
        is_certified=figure.is_certified,
        text=TextView(zh=figure.text.zh, en=figure.text.en),
    )


def figure_line(
    figure: FigureReach | None, language: Language, record: Mapping[str, Any] | None = None
) -> FigureLine | None:
    """The same on a page; with the record, what its paper is called, which stays as it was frozen."""
    if figure is None:
        return None
    return FigureLine(
        told=figure.text.in_(language),
        actual_g=figure.actual_g,
        retired_g=figure.retired_g,
        coverage=figure.coverage.in_(language),
        holds=figure.holds,
        paper_title=record["title"][language.value] if record else None,
    )


def title_view(record: Mapping[str, Any], figure: FigureReach | None) -> TextView:
    """What the certificate may be called today."""
    title = title_now(record, figure)
    return TextView(zh=title.zh, en=title.en)


def coverage_now(record: Mapping[str, Any], figure: FigureReach | None) -> CoverageView:
    """How far the claim reaches today: by its actual figure where there is one, else by the record."""
    if figure is None:
        return coverage_view(reach_of(record))
    told = coverage_view(figure.reach)
    text = figure.coverage
    return msgspec.structs.replace(told, text=TextView(zh=text.zh, en=text.en))
