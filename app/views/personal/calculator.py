"""The personal calculator's pages, `/me/footprint`: the form of a day or a year, and its figure line by line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import ClassVar, Final

from app import footprint
from app.footprint import Calculation, FigureFacts, Kind, Span
from app.kernel import mass
from app.kernel.text import Language, Text
from app.views import estimates
from app.views.page import Amount, Page
from app.views.personal.typed_inputs import FLIGHTS_MOST, FLIGHTS_SHOWN, FORM, OWN
from app.views.scene import Line

_ICONS: Final = {"clothing": "shirt", "food": "meal", "home": "home", "travel": "metro", "goods": "bin"}
_CABIN, _ROUND_TRIP = (
    next(part for part in FORM.by_name["flights"].items if part.name == name) for name in ("cabin", "round_trip")
)
_ORDER: Final = ("travel", "food", "home", "clothing", "goods")
"""Of the page: what most people know first."""
_FLAGS: Final = {
    "rf": Text(zh="飞机计入了辐射强迫（RF）。", en="Flights count radiative forcing (RF)."),
    "cabin_average": Text(
        zh="有一段航程没有所选舱位的因子，用了平均值。", en="For one flight the average cabin was used."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One value of a choice."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldShown:
    """One input as the page draws it."""

    name: str
    label: str
    kind: Kind
    unit: str = ""
    value: str = ""
    """As it was typed."""
    is_set: bool = False
    """Of a tick."""
    options: tuple[Option, ...] = ()
    can_be_empty: bool = False
    """None of the options is a choice, too."""
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightShown:
    """One flight's three inputs."""

    no: int
    km: FieldShown
    cabin: FieldShown
    round_trip: FieldShown


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupShown:
    """Fields that belong together; open where something stands in them, or is wrong."""

    code: str
    label: str
    icon: str
    fields: tuple[FieldShown, ...]
    flights: tuple[FlightShown, ...] = ()
    is_open: bool
    filled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultGroup:
    """The lines of one category and their sum."""

    label: str
    grams: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A figure with everything it was computed from."""

    grams: int
    groups: tuple[ResultGroup, ...]
    factor_set: str
    notes: tuple[str, ...]
    """What to look at twice, and what was assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalculatorPage(Page):
    """The form. POST to `/me/footprint` with its fields, `span`, `do` (`look`, `keep`, `flights`), `intent`, `csrf_token`."""

    template: ClassVar[str] = "account/calculator.html"

    span: Span
    day_url: str
    year_url: str
    when: FieldShown
    """The day, or the year."""
    province: FieldShown
    groups: tuple[GroupShown, ...]
    flights: int
    """How many rows of flights are shown."""
    can_add_flights: bool
    result: Result | None = None
    notice: str | None = None
    intent: str
    csrf_token: str
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class FigurePage(Page):
    """A figure of one's account, and retiring for it: POST to `here` with `kg`, `intent`, `csrf_token`."""

    template: ClassVar[str] = "account/figure.html"

    figure: FigureFacts
    result: Result
    retired_g: int
    """What was retired for it until now; told beside it."""
    is_covered: bool
    per_kg: Amount | None
    """What a kilogram costs; None: nothing can be bought now."""
    whole: Amount | None
    kg: str
    kg_fault: str | None = None
    notice: str | None = None
    notice_url: str | None = None
    currencies: tuple[Option, ...] = ()
    currency: str = "CNY"
    intent: str
    csrf_token: str


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in the form, by field, and what is wrong there."""

    data: Mapping[str, str]
    faults: Mapping[str, str] = field(default_factory=dict)


def result_of(calculation: Calculation, language: Language) -> Result:
    """A calculation in the reader's words."""
    lines = [
        (each.category.in_(language), estimates.line_of(each, calculation, language)) for each in calculation.lines
    ]
    order = list(dict.fromkeys(label for label, _ in lines))
    grouped = groupby(sorted(lines, key=lambda one: order.index(one[0])), key=lambda one: one[0])
    groups = []
    for label, found in grouped:
        own = tuple(line for _, line in found)
        groups.append(ResultGroup(label=label, grams=sum(line.grams for line in own), lines=own))
    twice = Text(
        zh="“{label}”填的是 {value}，比多数人多很多，请再看一眼。",
        en="“{label}” is {value}, far more than most people; please look again.",
    )
    return Result(
        grams=calculation.total_g,
        groups=tuple(groups),
        factor_set=calculation.factor_set_version,
        notes=(
            *(
                twice.filled(label=one.label.in_(language), value=one.value).in_(language)
                for one in calculation.confirmations
            ),
            *(_FLAGS[flag].in_(language) for flag in calculation.flags if flag in _FLAGS),
        ),
    )


def groups_of(span: Span, filled: Filled, language: Language, *, flights: int) -> tuple[GroupShown, ...]:
    """The form's groups in the page's order."""
    labels = {group.code: group.category.in_(language) for group in FORM.groups}
    answer = []
    for code in _ORDER:
        own = [each for each in FORM.fields if each.group == code and each.name not in OWN]
        fields = tuple(field_shown(each, span, filled, language) for each in own)
        rows = flight_rows(filled, language, count=flights) if code == "travel" else ()
        typed = [one for one in fields if one.kind is Kind.QUANTITY and one.value and one.name != "car_occupancy"]
        flown = [row for row in rows if row.km.value]
        faulty = any(one.fault for one in fields) or any(row.km.fault or row.cabin.fault for row in rows)
        answer.append(
            GroupShown(
                code=code,
                label=labels[code],
                icon=_ICONS[code],
                fields=fields,
                flights=rows,
                is_open=bool(typed or flown or faulty) or (not filled.data and code == "travel"),
                filled=len(typed) + len(flown),
            )
        )
    return tuple(answer)


def field_shown(each: footprint.Field, span: Span, filled: Filled, language: Language, name: str = "") -> FieldShown:
    """One field with what stands in it: what was typed, else what the calculator takes where nothing is said."""
    name = name or each.name
    default = each.default(span.value)
    value = filled.data.get(name, "")
    if not filled.data and default is not None and each.kind is not Kind.TICK:
        value = str(default)
    options: tuple[Option, ...] = ()
    if each.kind is Kind.CHOICE:
        options = tuple(
            Option(value=one.value, label=one.label.in_(language), is_chosen=one.value == (value or str(default)))
            for one in each.choices
        )
    return FieldShown(
        name=name,
        label=each.label.in_(language),
        kind=each.kind,
        unit=each.unit.in_(language) if each.unit else "",
        value=value,
        options=options,
        is_set=each.kind is Kind.TICK and bool(value),
        can_be_empty=default is None,
        fault=filled.faults.get(name),
    )


def flight_rows(filled: Filled, language: Language, *, count: int) -> tuple[FlightShown, ...]:
    """Rows of flights: as many as were asked for, and as were typed."""
    (km,) = (part for part in FORM.by_name["flights"].items if part.name == "km")

    def shown(part: footprint.Field, no: int) -> FieldShown:
        return field_shown(part, Span.DAY, filled, language, f"flight_{no}_{part.name}")

    return tuple(
        FlightShown(no=no + 1, km=shown(km, no), cabin=shown(_CABIN, no), round_trip=shown(_ROUND_TRIP, no))
        for no in range(min(max(count, FLIGHTS_SHOWN), FLIGHTS_MOST))
    )


def figure_title(figure: FigureFacts, language: Language) -> str:
    """`2024 年`, or the day, as a list names it."""
    if figure.span is Span.YEAR:
        return Text(zh="{year} 年全年", en="The year {year}").filled(year=figure.period_from.year).in_(language)
    day = figure.period_from
    return Text(zh=f"{day.year} 年 {day.month} 月 {day.day} 日", en=f"{day:%-d %b %Y}").in_(language)


def mass_kg(mass_g: int) -> str:
    """As it may be typed: `6.852`."""
    return mass.exact_kg(mass_g).replace(",", "")


def typed_flights(data: Mapping[str, str]) -> int:
    """How many rows of flights a form showed."""
    shown = data.get("flights", "")
    return min(int(shown), FLIGHTS_MOST) if shown.isascii() and shown.isdecimal() and len(shown) < 3 else FLIGHTS_SHOWN
