"""Emission factors (排放因子): what a published set holds, how one is chosen, which values are plausible.

A set is frozen once published: new values make a new set with its own version and day. Reading the
files is `factors.py`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from app.footprint.errors import FactorMissing, NoFactorSet, NoGridFactor
from app.footprint.factor_sets.provinces import NATIONAL
from app.kernel.text import Text

CONFIDENCES: Final = frozenset({"secondary-copy", "uncertain", "unconfirmed"})
"""How sure a value is; pages show the last two."""

UNITS: Final = frozenset(
    f"{gas} per {unit}"
    for gas, units in {
        "kgCO2": ("kWh", "kg", "L", "Nm3", "GJ", "tree-year"),
        "kgCO2e": (
            *("kWh", "kg", "L", "Nm3", "m3", "km", "passenger-km", "tonne-km", "room-night", "meal", "person-day"),
            *("piece", "person-hour", "hour", "sheet", "m2"),
        ),
        "kWh": ("km",),
    }.items()
    for unit in units
)

_BOUNDS: Final[Mapping[str, tuple[str, str] | None]] = {
    # The longest prefix decides. Kilograms (or kWh) per unit; None: no plausible range is known.
    "fuel.natural_gas": ("1.6", "2.6"),
    "fuel.natural_gas_upstream": ("0.2", "1.2"),
    "fuel": ("1.5", "3.6"),
    "grid": ("0.05", "1.2"),
    "elec_pcf": ("0.003", "1.3"),
    "heat": ("60", "150"),
    "metro": ("0.002", "0.2"),
    "bus": ("0.002", "0.2"),
    "rail": ("0.002", "0.2"),
    "coach": ("0.002", "0.2"),
    "tram": ("0.002", "0.2"),
    "car": ("0.05", "0.5"),
    "taxi": ("0.05", "0.5"),
    "motorbike": ("0.05", "0.5"),
    "flight": ("0.05", "0.6"),
    "hotel": ("5", "150"),
    "water": ("0.05", "2"),
    "meal": ("0.1", "10"),
    "diet": ("1", "15"),
    "clothes": ("1", "120"),
    "material": ("0.05", "40"),
    "waste": ("0.001", "1.5"),
    "freight": ("0.003", "2"),
    "gwp": ("1", "30000"),
    "bottled_water": None,
    "device": None,
    "ebike": None,
    "ev": None,
    "food": None,
    "homework": None,
    "paper": None,
    "print": None,
    "streaming": None,
    "tap_water_drink": None,
    "tree": None,
    "video_conference": None,
    "walk_bike": None,
}
PLAUSIBLE: Final[Mapping[str, tuple[Decimal, Decimal] | None]] = {
    prefix: None if bounds is None else (Decimal(bounds[0]), Decimal(bounds[1])) for prefix, bounds in _BOUNDS.items()
}
"""Plausible range, both ends included, by the first part or parts of a key; a family not named here is unknown."""

NEVER_A_LINE: Final = frozenset({"ev", "tree"})
"""Families that are a consumption or a display figure: multiplied into nothing by themselves."""
EMITS_NOTHING: Final = "walk_bike"
"""The one factor that may be 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One row of a set: kilograms of CO2e (or CO2) per unit of activity."""

    key: str
    activity: str
    value: Decimal
    text: str
    """The value as the file prints it, trailing zeros kept."""
    unit: str
    """`kgCO2e per passenger-km`."""
    per: str
    """What one unit of activity is: `passenger-km`."""
    region: str
    year: str
    """Text: `2022 (issued 2023)` occurs."""
    gwp_basis: str
    source: str
    reference: str
    confidence: str
    note: str

    @property
    def family(self) -> str:
        """The first part of the key."""
        return self.key.partition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorSet:
    """A published set of factors (因子集). Frozen: the version and the fingerprint name its content for ever."""

    version: str
    effective_on: date
    """The first day it may be used for a new figure."""
    title: Text
    gwp_basis: str
    """AR5 or AR6: one basis in a report."""
    factors: Mapping[str, Factor]
    """By key; grid factors of every province among them, so that each line's key leads here."""
    grid: Mapping[tuple[str, int], Factor]
    """Official averages by (division code, year); the code is `CN` for the nation."""
    grid_years: tuple[int, ...]
    """The years of the grid table, latest first."""
    market: Mapping[int, Factor]
    """National factor without market-traded non-fossil power, by year: for the market-based figure."""
    content_sha256: str
    """Hexadecimal, over the parsed rows and texts, so that line endings do not matter."""

    def factor(self, key: str) -> Factor:
        """The factor of that key.

        Raises:
            FactorMissing: this set does not hold it.
        """
        try:
            return self.factors[key]
        except KeyError:
            raise FactorMissing(version=self.version, key=key) from None

    def grid_factor(self, division_code: str, *, year: int) -> Factor:
        """The latest official average up to `year`: of the province, or national where it has none.

        Raises:
            NoGridFactor: nothing was published for `year` or before.
        """
        for code in (division_code, NATIONAL):
            for published in self.grid_years:
                if published <= year and (factor := self.grid.get((code, published))) is not None:
                    return factor
        raise NoGridFactor(field="/activity_year", version=self.version, year=year)

    def market_factor(self, *, year: int) -> Factor:
        """The residual factor of the market-based figure: the latest up to `year`.

        Raises:
            NoGridFactor: nothing was published for `year` or before.
        """
        for published in self.grid_years:
            if published <= year and (factor := self.market.get(published)) is not None:
                return factor
        raise NoGridFactor(field="/activity_year", version=self.version, year=year)

    def flight_factor(self, *, leg_km: Decimal, cabin: str, forcing: bool) -> Factor:
        """The factor of a flight by the length of one leg; the band's average where it has no such cabin."""
        suffix = "rf" if forcing else "norf"
        band = flight_band(leg_km)
        return self.factors.get(f"flight.{band}.{cabin}.{suffix}") or self.factor(f"flight.{band}.avg.{suffix}")


def flight_band(leg_km: Decimal) -> str:
    """`domestic` below 700 km, `short` up to and with 3 700 km, `long` above; by one leg, never the sum."""
    if leg_km < 700:
        return "domestic"
    return "short" if leg_km <= 3700 else "long"


def plausible_range(key: str) -> tuple[Decimal, Decimal] | None:
    """The range a value of this key should lie in; None where none is known.

    Raises:
        KeyError: the family is unknown.
    """
    parts = key.split(".")
    for length in range(len(parts), 0, -1):
        prefix = ".".join(parts[:length])
        if prefix in PLAUSIBLE:
            return PLAUSIBLE[prefix]
    raise KeyError(key)


def in_force(sets: Iterable[FactorSet], *, on: date) -> FactorSet:
    """The set for a new figure: the last to take effect up to and with the day `on`.

    Raises:
        NoFactorSet: none has taken effect.
    """
    open_sets = [candidate for candidate in sets if candidate.effective_on <= on]
    if not open_sets:
        raise NoFactorSet(day=on.isoformat())
    return max(open_sets, key=lambda candidate: (candidate.effective_on, candidate.version))
