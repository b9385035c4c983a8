"""How a draft counts: one visitor as an example, each thing that every visitor has, and the host's own figure."""

from dataclasses import dataclass
from datetime import date

from app import footprint
from app.foundation.identity import OrganisationCard
from app.kernel import mass
from app.kernel.errors import DomainError
from app.kernel.text import Language, Text
from app.scenarios import KeptDraft, Layers, Phase, ScenarioKind, Scene, Setup
from app.views import estimates
from app.views.prices.offers import Offer
from app.views.scene import Estimate, Line
from app.views.scene_drafts.content import ACTIVITIES, Activity, Content
from app.views.services import Services

_MORE = footprint.FORMS["personal"].by_name


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityRow:
    """One thing that every visitor has, or does not: how it is counted, and to how many grams."""

    field: str
    icon: str
    label: str
    unit: str
    quantity: str
    """As it is, or what is usual."""
    is_on: bool
    lines: tuple[Line, ...]
    """With factor, source and edition; of one unit where it is off."""
    grams: int
    """Zero where it is off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFigure:
    """What the host itself emits."""

    grams: int
    mass_text: str
    lines: tuple[Line, ...]
    market_grams: int | None
    """With electricity by the national residual mix; None where no electricity was given."""
    edition: str


def setup_of(content: Content, layers: Layers | None = None) -> Setup:
    """How the scene will compute and what it will offer, with the groups that its organiser answers for."""
    return Setup(
        modes=content.modes,
        default_km=content.default_km or 1,
        most_km=content.most_km or content.default_km or 1,
        round_trip=content.round_trip,
        extras=dict(content.activities),
        extras_text=in_words(content),
        programme=content.programme.value,
        layers=layers,
        place=Text(zh=content.place_zh, en=content.place_en),
    )


def in_words(content: Content) -> Text:
    """`午餐 1 份、瓶装水 0.5 升`: what everybody has besides, as the page and the reviewer read it."""
    having = [
        (_MORE[one.field], content.activities[one.field]) for one in ACTIVITIES if one.field in content.activities
    ]
    return Text(
        zh="、".join(f"{each.label.zh} {much} {each.unit.zh}" for each, much in having if each.unit),
        en=", ".join(f"{each.label.en} {much} {each.unit.en}" for each, much in having if each.unit),
    )


def scene_of(kept: KeptDraft, content: Content, organiser: OrganisationCard, *, today: date) -> Scene:
    """The scene as the draft would have it, live today: for its preview, and to compute an example with."""
    return Scene(
        id=kept.scenario_id or kept.id,
        code=kept.code or kept.id.hex[-6:].upper(),
        kind=content.kind or ScenarioKind.EVENT,
        phase=Phase.LIVE,
        title=content.title,
        organiser=organiser.name,
        organisation_id=organiser.id,
        starts_on=content.starts_on or today,
        ends_on=content.ends_on or content.starts_on or today,
        setup=setup_of(content),
        retirements=0,
        mass_g=0,
        reported_no=None,
        reported_kind=None,
        reported_month=None,
    )


def example(scene: Scene, offered: Offer, language: Language, services: Services) -> Estimate | None:
    """Somebody who comes the first way, as far as is usual; None where that cannot be computed yet."""
    assert scene.setup is not None, scene.code
    if not scene.setup.modes:
        return None
    mode = scene.setup.modes[0]
    try:
        usual_km = estimates.reach(scene.setup, mode).usual_km
        return estimates.visit(scene, mode, str(usual_km), offered, language, services)
    except DomainError:
        return None


def activity_rows(content: Content, language: Language, services: Services) -> tuple[ActivityRow, ...]:
    """Every activity there is, those that are switched on with their grams."""
    return tuple(_row(one, content, language, services) for one in ACTIVITIES)


def _row(one: Activity, content: Content, language: Language, services: Services) -> ActivityRow:
    each, much = _MORE[one.field], content.activities.get(one.field)
    lines, grams = _lines(one.field, much or "1", content, language, services)
    return ActivityRow(
        field=one.field,
        icon=one.icon,
        label=each.label.in_(language),
        unit=each.unit.in_(language) if each.unit else "",
        quantity=much or one.usual,
        is_on=much is not None,
        lines=lines,
        grams=grams if much is not None else 0,
    )


def _lines(
    field: str, much: str, content: Content, language: Language, services: Services
) -> tuple[tuple[Line, ...], int]:
    """Its lines; where the amount cannot be, those of one unit, so that factor and source stay in sight."""
    for quantity in (much, "1"):
        try:
            inputs = {"mode": "event_visit", "province": setup_of(content).province, field: quantity}
            found = footprint.calculate("personal", inputs, services.factor_set)
        except DomainError:
            continue
        return tuple(estimates.line_of(line, found, language) for line in found.lines), (
            found.total_g if quantity == much else 0
        )
    return (), 0


def host_figure(content: Content, language: Language, services: Services) -> HostFigure | None:
    """The host's own emissions by the event calculator; None where nothing was said, or nothing of it counts.

    Raises:
        DomainError: whatever the calculator refuses, with the field.
    """
    if not content.event:
        return None
    try:
        found = footprint.calculate("event", content.event, services.factor_set)
    except footprint.NothingEmitted:
        return None
    return HostFigure(
        grams=found.total_g,
        mass_text=mass.text(found.total_g),
        lines=tuple(estimates.line_of(line, found, language) for line in found.lines),
        market_grams=found.market_total_g,
        edition=found.factor_set_version,
    )
