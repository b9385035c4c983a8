"""From a scene and a tap to a figure and its price, in the reader's words."""

import time
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

from markupsafe import Markup

from app import credits, footprint, scenarios
from app.kernel import mass, money
from app.kernel.clock import beijing_day, utc_now
from app.kernel.drawing import landscape_svg, ring_svg
from app.kernel.mass import to_retire_g
from app.kernel.money import Currency
from app.kernel.text import Language, Text
from app.web.citizen.views.scene import Credit, Estimate, Line, Mode, ModeIcon
from app.web.house import House
from app.web.views import Amount

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
_UNITS: Final = {
    "passenger-km": Text(zh="人·km", en="pkm"),
    "vehicle-km": Text(zh="车·km", en="vkm"),
    "meal": Text(zh="份", en="meal"),
    "kWh": Text(zh="kWh", en="kWh"),
}
_CONFIDENCE: Final = {
    "uncertain": Text(zh="此因子来源不一，仅供参考", en="Sources differ on this factor"),
    "unconfirmed": Text(zh="此因子尚未核对原文", en="Not yet checked against its original"),
}
_THERE_AND_BACK: Final = Text(zh="往返 {km} km", en="{km} km there and back")
_ONE_WAY: Final = Text(zh="单程 {km} km", en="{km} km one way")
_NOTHING: Final = Text(zh="这样来没有排放，谢谢你。", en="Coming this way emits nothing. Thank you.")
_OFFER_S: Final = 2.0
"""How long a shown price may be old. An order is quoted anew in its transaction, so only the page waits."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a scene's programme costs and where the next grams come from, as of a moment ago."""

    programme: credits.Programme
    per_tonne_minor: int | None
    supply: credits.Supply

    @property
    def is_open(self) -> bool:
        """Whether anything can be sold."""
        return self.per_tonne_minor is not None and self.supply.open_g > 0


_offers: dict[tuple[str, date], tuple[float, Offer]] = {}


async def offer(programme: str, *, today: date) -> Offer:
    """The present offer of a programme, read at most every two seconds per process."""
    key, now = (programme, today), time.monotonic()
    known = _offers.get(key)
    if known is not None and now - known[0] < _OFFER_S:
        return known[1]
    name = credits.Programme(programme)
    try:
        per_tonne = (await credits.quote(name, 1, currency=Currency.CNY, on=today)).per_tonne_minor
    except credits.PriceUnknown:
        per_tonne = None
    fresh = Offer(name, per_tonne, await credits.supply(name))
    _offers[key] = (now, fresh)
    return fresh


def visit(scene: scenarios.Scene, mode: str, km: str, offered: Offer, language: Language, house: House) -> Estimate:
    """The figure of coming this way and its price; somebody who emitted nothing gets a figure of zero, not a refusal.

    Raises: as `compute`.
    """
    setup = scene.setup
    try:
        calculation = compute(scene, mode, km, house)
    except footprint.NothingEmitted:
        return _nothing(language)
    assert setup is not None, "compute refuses a scene without one"
    mass_g = to_retire_g(calculation.total_g, step_g=setup.step_g)
    price_minor = money.price_minor(mass_g, per_tonne_minor=offered.per_tonne_minor) if offered.per_tonne_minor else 0
    trip = f"/{next(chip.field for chip in footprint.CHIPS if chip.mode == mode)}"
    lines = sorted(calculation.lines, key=lambda line: not line.field.startswith(trip))
    return Estimate(
        grams=mass_g,
        mass_text=mass.text(mass_g),
        price_text=money.text(price_minor, Currency.CNY),
        floored=price_minor == 1,
        summary=_summary(calculation, Decimal(km), setup, language),
        lines=tuple(_line(line, calculation, language) for line in lines),
    )


def compute(scene: scenarios.Scene, mode: str, km: Decimal | str, house: House) -> footprint.Calculation:
    """The visitor's footprint at this scene.

    Raises:
        ModeNotOffered: the scene has no such chip, or the distance is beyond its bound.
        Invalid, RuleBroken: the distance is malformed (`/km`).
    """
    setup = scene.setup
    if setup is None or mode not in setup.modes:
        raise scenarios.ModeNotOffered
    inputs = footprint.visit_inputs(mode, km, round_trip=setup.round_trip, extras=setup.extras)
    if Decimal(str(km)) > km_max(setup, mode):
        raise scenarios.ModeNotOffered(field="/km")
    return footprint.calculate("personal", {"province": setup.province, **inputs}, house.factor_set)


def choices(calculation: footprint.Calculation, setup: scenarios.Setup) -> dict[str, str]:
    """What a visitor had chosen, as the scene's address takes it; empty where it cannot be told."""
    fields = {chip.mode: chip.field for chip in footprint.CHIPS}
    for mode in setup.modes:
        given = calculation.inputs.get(fields[mode])
        if isinstance(given, str) and Decimal(given) > 0:
            way_km = (Decimal(given) - Decimal(str(setup.extras.get(fields[mode], 0)))) / (1 + setup.round_trip)
            if way_km > 0:
                return {"mode": mode, "km": f"{way_km:f}"}
        elif given:
            return {"mode": mode, "km": str(given[0]["km"])}
    return {}


def km_max(setup: scenarios.Setup, mode: str) -> int:
    """Where the slider ends: the calculator's bound, or for ground travel the scene's own if that is less."""
    limit = _limit(mode, setup.round_trip)
    return limit if mode == "flight" else min(limit, setup.most_km if mode != "hsr" else 10 * setup.most_km)


def modes(setup: scenarios.Setup, language: Language) -> tuple[Mode, ...]:
    """The chips of a scene."""
    return _chips(setup.modes, tuple(km_max(setup, mode) for mode in setup.modes), language)


def credit(offered: Offer, language: Language) -> tuple[Credit, ...]:
    """Where the money goes; empty where nothing is open."""
    lot = offered.supply.next_lot
    if lot is None or offered.per_tonne_minor is None:
        return ()
    return (
        Credit(
            programme=offered.programme.text.in_(language),
            project=lot.project.in_(language),
            place=lot.place.in_(language),
            vintage=str(lot.vintage_end.year),
            per_tonne=Amount(minor=offered.per_tonne_minor, currency=Currency.CNY),
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


def _nothing(language: Language) -> Estimate:
    return Estimate(
        grams=0,
        mass_text=mass.text(0),
        price_text=money.text(0, Currency.CNY),
        floored=False,
        summary=_NOTHING.in_(language),
        lines=(),
    )


@lru_cache(maxsize=64)
def _limit(mode: str, round_trip: bool) -> int:  # noqa: FBT001 - a key of the cache
    return int(footprint.one_way_limit(mode, round_trip=round_trip).maximum)


@lru_cache(maxsize=512)
def _chips(keys: tuple[str, ...], limits: tuple[int, ...], language: Language) -> tuple[Mode, ...]:
    return tuple(
        Mode(key=key, label=_LABELS[key][0].in_(language), icon=_LABELS[key][1], km_max=most)
        for key, most in zip(keys, limits, strict=True)
    )


def _line(line: footprint.Line, calculation: footprint.Calculation, language: Language) -> Line:
    unit = _UNITS.get(line.unit, Text(zh=line.unit, en=line.unit)).in_(language)
    doubt = _CONFIDENCE.get(line.confidence)
    return Line(
        label=line.label.in_(language),
        quantity=f"{line.quantity} {unit}",
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
