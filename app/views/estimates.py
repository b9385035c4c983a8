"""From a scene and a tap to a figure and its price, in the reader's words."""

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

from markupsafe import Markup

from app import footprint, scenarios
from app.kernel import mass, money
from app.kernel.clock import beijing_day, utc_now
from app.kernel.drawing import landscape_svg, ring_svg
from app.kernel.mass import to_retire_g
from app.kernel.money import Currency
from app.kernel.text import Language, Text
from app.kernel.typed import typed_code
from app.views.page import Amount
from app.views.prices.offers import Offer
from app.views.scene import Cover, Credit, Estimate, Line, Mode, ModeIcon
from app.views.services import Services

_LABELS: Final[dict[str, tuple[Text, ModeIcon]]] = {
    "metro": (Text(zh="地铁", en="Metro"), "metro"),
    "bus": (Text(zh="公交", en="Bus"), "bus"),
    "car": (Text(zh="自驾", en="Car"), "car"),
    "hsr": (Text(zh="高铁", en="Train"), "train"),
    "flight": (Text(zh="飞机", en="Flight"), "flight"),
    "ebike": (Text(zh="电动车", en="E-bike"), "bike"),
    "walk_bike": (Text(zh="步行", en="Walk"), "walk"),
    "taxi": (Text(zh="出租车", en="Taxi"), "taxi"),
    "coach": (Text(zh="大巴", en="Coach"), "coach"),
}
"""Short enough for a chip: three characters, or seven letters."""
_CHIPS: Final = {chip.mode: chip for chip in footprint.CHIPS}
_UNITS: Final = {
    "passenger-km": Text(zh="人·km", en="pkm"),
    "vehicle-km": Text(zh="车·km", en="vkm"),
    "meal": Text(zh="份", en="meal"),
    "kWh": Text(zh="kWh", en="kWh"),
    "Nm3": Text(zh="m³", en="m³"),
    "m3": Text(zh="m³", en="m³"),
    "piece": Text(zh="件", en="piece"),
    "person-day": Text(zh="人·天", en="person-day"),
    "room-night": Text(zh="间·夜", en="room-night"),
}
_CONFIDENCE: Final = {
    "uncertain": Text(zh="此因子来源不一，仅供参考", en="Sources differ on this factor"),
    "unconfirmed": Text(zh="此因子尚未核对原文", en="Not yet checked against its original"),
}
_THERE_AND_BACK: Final = Text(zh="往返 {km} km", en="{km} km there and back")
_ONE_WAY: Final = Text(zh="单程 {km} km", en="{km} km one way")
_NOTHING: Final = Text(zh="这样来没有排放，谢谢你。", en="Coming this way emits nothing. Thank you.")
_UNIT: Final = re.compile(r"(?i:km|公里|千米)$")


def visit(
    scene: scenarios.Scene,
    mode: str,
    km: str,
    offered: Offer,
    language: Language,
    services: Services,
    *,
    gives: Callable[[int], int] | None = None,
    least_minor: int = 1,
) -> Estimate:
    """The figure of coming this way and its price; somebody who emitted nothing gets a figure of zero, not a refusal.

    `gives` tells how many grams the scene's gift gives for a figure now, `least_minor` the smallest amount that the
    reader's ways to pay take: what costs less buys as many grams as this.

    Raises: as `compute`.
    """
    setup = scene.setup
    try:
        calculation = compute(scene, mode, km, services)
    except footprint.NothingEmitted:
        return _nothing(language, offered.currency)
    assert setup is not None, "compute refuses a scene without one"
    mass_g = to_retire_g(calculation.total_g, step_g=setup.step_g)
    bought_g = offered.buys_g(mass_g, least_minor)
    price = offered.price(bought_g) or Amount(minor=0, currency=offered.currency)
    trip = f"/{_CHIPS[mode].field}"
    lines = sorted(calculation.lines, key=lambda line: not line.field.startswith(trip))
    given_g = gives(mass_g) if gives else 0
    rest_g = max(0, mass_g - given_g) if given_g else 0
    rest_bought_g = offered.buys_g(rest_g, least_minor)
    rest = offered.price(rest_bought_g) or Amount(minor=0, currency=offered.currency)
    return Estimate(
        gift=Cover.NONE if not given_g else Cover.PARTIAL if rest_g else Cover.FULL,
        gift_grams=given_g,
        gift_text=mass.text(given_g) if given_g else "",
        rest_grams=rest_g,
        rest_text=mass.text(rest_g) if rest_g else "",
        rest_minor=rest.minor,
        rest_price_text=str(rest) if rest_g else "",
        rest_buys_grams=rest_bought_g,
        rest_buys_text=mass.text(rest_bought_g) if rest_g else "",
        grams=mass_g,
        mass_text=mass.text(mass_g),
        amount_minor=price.minor,
        currency=offered.currency.value,
        price_text=str(price),
        buys_grams=bought_g,
        buys_text=mass.text(bought_g),
        floored=offered.per_tonne is not None and offered.per_tonne.is_floored(bought_g),
        summary=_summary(calculation, Decimal(plain_km(km)), setup, language),
        lines=tuple(line_of(line, calculation, language) for line in lines),
    )


def demand_live(scene: scenarios.Scene) -> None:
    """Nothing is ordered or collected in a scene before its first day, or after its last.

    Raises:
        ScenarioOver, ScenarioAhead: it is not open today.
    """
    match scene.phase:
        case scenarios.Phase.OVER:
            raise scenarios.ScenarioOver
        case scenarios.Phase.AHEAD:
            raise scenarios.ScenarioAhead
        case scenarios.Phase.LIVE:
            pass


def compute(scene: scenarios.Scene, mode: str, km: str, services: Services) -> footprint.Calculation:
    """The visitor's footprint at this scene, of kilometres as they were typed.

    Raises:
        ModeNotOffered: the scene has no such chip, or offers no such distance.
        Invalid, RuleBroken: the distance is malformed, or no calculator takes it; the bounds are named (`/km`).
    """
    setup = scene.setup
    if setup is None or mode not in setup.modes:
        raise scenarios.ModeNotOffered
    bounds, way_km = reach(setup, mode), plain_km(km)
    inputs = footprint.visit_inputs(
        mode, way_km, round_trip=setup.round_trip, extras=setup.extras, offered=bounds.limit
    )
    if not bounds.km_min <= Decimal(way_km) <= bounds.km_max:
        raise scenarios.DistanceNotOffered(field="/km", minimum=bounds.km_min, maximum=bounds.km_max)
    return footprint.calculate("personal", {"province": setup.province, **inputs}, services.factor_set)


def choices(calculation: footprint.Calculation, setup: scenarios.Setup) -> dict[str, str]:
    """What a visitor had chosen, as the scene's address takes it; empty where it cannot be told."""
    nowhere: dict[str, str] = {}
    for mode in setup.modes:
        name = _CHIPS[mode].field
        given = calculation.inputs.get(name)
        if isinstance(given, str):
            way_km = (Decimal(given) - Decimal(str(setup.extras.get(name, 0)))) / (1 + setup.round_trip)
            if way_km > 0:
                return {"mode": mode, "km": f"{way_km:f}"}
            nowhere = nowhere or {"mode": mode, "km": "0"}
        elif given:
            return {"mode": mode, "km": str(given[0]["km"])}
    return nowhere


@dataclass(frozen=True, slots=True)
class Reach:
    """How far one way may be: whole kilometres, both ends included. For the page, its script, the API and `compute`."""

    km_min: int
    km_max: int
    usual_km: int
    """Where the page begins, and what it falls back to where another mode's distance does not fit."""

    @property
    def limit(self) -> footprint.Limit:
        """The same for the calculator."""
        return footprint.Limit(Decimal(self.km_min), Decimal(self.km_max))


def reach(setup: scenarios.Setup, mode: str) -> Reach:
    """The calculator's bounds of a mode, narrowed for ground travel to the scene's own; a train goes ten times as far."""
    chip = _CHIPS[mode]
    limit = footprint.one_way_limit(mode, round_trip=setup.round_trip)
    km_min, km_max = math.ceil(limit.minimum), math.floor(limit.maximum)
    if mode != "flight":
        km_max = min(km_max, 10 * setup.most_km if mode == "hsr" else setup.most_km)
    return Reach(km_min, km_max, min(max(chip.usual_km or setup.default_km, km_min), km_max))


def plain_km(typed: str) -> str:
    """Kilometres as they were typed, in plain digits: as a code is read, and without their unit."""
    plain = typed_code(unicodedata.normalize("NFKC", typed))
    return _UNIT.sub("", plain).rstrip(" .")


def modes(setup: scenarios.Setup, language: Language) -> tuple[Mode, ...]:
    """The chips of a scene."""
    return tuple(
        Mode(
            key=mode,
            label=_LABELS[mode][0].in_(language),
            icon=_LABELS[mode][1],
            km_min=(bounds := reach(setup, mode)).km_min,
            km_max=bounds.km_max,
            usual_km=bounds.usual_km,
        )
        for mode in setup.modes
    )


def mode_name(mode: str) -> Text:
    """A way to come, as a chip calls it."""
    return _LABELS[mode][0]


def credit(offered: Offer, language: Language) -> tuple[Credit, ...]:
    """Where the money goes; empty where nothing is open."""
    lot = offered.supply.next_lot
    if lot is None or offered.tonne is None:
        return ()
    return (
        Credit(
            programme=offered.programme.text.in_(language),
            project=lot.project.in_(language),
            place=lot.place.in_(language),
            vintage=str(lot.vintage_end.year),
            per_tonne=offered.tonne,
        ),
    )


@lru_cache(maxsize=512)
def landscape(seed: str) -> Markup:
    """The scene's own ridge line."""
    return Markup(landscape_svg(seed))  # noqa: S704 - drawn by us from a digest


@lru_cache(maxsize=2048)
def ring(seed: str, percent: int) -> Markup:
    """The ring of a seed, filled to a whole percent."""
    return Markup(ring_svg(seed, use="phone", progress=percent / 100))  # noqa: S704 - drawn by us from a digest


def today() -> date:
    """The present day in Beijing."""
    return beijing_day(utc_now())


def _summary(calculation: footprint.Calculation, km: Decimal, setup: scenarios.Setup, language: Language) -> str:
    """`往返 46 km + 午餐 1 份`: the trip, and in the organiser's words what everybody has besides."""
    extras = setup.extras_text.in_(language)
    if setup.extras and not extras:
        return footprint.summary(calculation).in_(language)
    text, way_km = (_THERE_AND_BACK, 2 * km) if setup.round_trip else (_ONE_WAY, km)
    return " + ".join(filter(None, (text.filled(km=f"{way_km.normalize():,f}").in_(language), extras)))


def _nothing(language: Language, currency: Currency) -> Estimate:
    return Estimate(
        grams=0,
        mass_text=mass.text(0),
        amount_minor=0,
        currency=currency.value,
        price_text=money.text(0, currency),
        floored=False,
        summary=_NOTHING.in_(language),
        lines=(),
    )


def line_of(line: footprint.Line, calculation: footprint.Calculation, language: Language) -> Line:
    """One line of a figure in the reader's words, with what it was computed from."""
    unit = _UNITS.get(line.unit, Text(zh=line.unit, en=line.unit)).in_(language)
    doubt = _CONFIDENCE.get(line.confidence)
    return Line(
        label=line.label.in_(language),
        quantity=f"{line.quantity} {unit}",
        grams=line.grams,
        mass_text=mass.text(line.grams),
        factor=line.factor,
        unit=f"kg CO₂e / {unit}",
        source=line.source,
        edition=calculation.factor_set_version,
        confidence=doubt.in_(language) if doubt else None,
    )


def instant(text: str) -> datetime:
    """An instant as a record writes it."""
    return datetime.fromisoformat(text)
