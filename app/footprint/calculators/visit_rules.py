"""The transport chips of a scene, and the inputs one tap makes.

A visitor picks a chip and perhaps changes the distance; everything else comes from the scenario.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from app.footprint.calculators.personal_form import EVENT_VISIT, PERSONAL
from app.footprint.errors import ChoiceUnknown, InputMalformed
from app.footprint.form_shapes import ANY, Kind, Limit
from app.footprint.input_rules import out_of_bounds
from app.footprint.quantity_rules import EXACT, plain, read_quantity
from app.kernel.text import Text

FLIGHT: Final = "flight"
_FLIGHTS: Final = PERSONAL.by_name["flights"]
_LEG: Final = _FLIGHTS.items[0]


@dataclass(frozen=True, slots=True)
class Chip:
    """A way to come to an event."""

    mode: str
    label: Text
    field: str
    """The input of the personal calculator it fills."""
    usual_km: int | None = None
    """One way, where nobody said another; None: whatever is usual at the scene."""


CHIPS: Final = (
    Chip("metro", Text(zh="地铁", en="Metro"), "metro_km"),
    Chip("bus", Text(zh="公交", en="Bus"), "bus_km"),
    Chip("car", Text(zh="自驾", en="Car"), "car_km"),
    Chip("hsr", Text(zh="高铁", en="High-speed rail"), "hsr_km", usual_km=300),
    Chip(FLIGHT, Text(zh="飞机", en="Flight"), "flights", usual_km=1_000),
    Chip("ebike", Text(zh="电动自行车", en="E-bike"), "ebike_km"),
    Chip("walk_bike", Text(zh="步行/骑行", en="Walk or cycle"), "walk_bike_km"),
    Chip("taxi", Text(zh="出租车", en="Taxi"), "taxi_km"),
    Chip("coach", Text(zh="长途客车", en="Coach"), "coach_km"),
)
"""In the order the scene shows them."""

_BY_MODE: Final = {chip.mode: chip for chip in CHIPS}


def visit_inputs(
    mode: str, km: Decimal | str, *, round_trip: bool, extras: Mapping[str, str | int], offered: Limit | None = None
) -> dict[str, Any]:
    """Inputs of the personal calculator (`event_visit`) for one visitor.

    `km` is one way. `extras` are inputs of the scenario (meals, water, province …); kilometres of the
    same field are added up. `offered` is what a refusal names where the scenario offers less than the calculator
    takes. `calculate` checks the whole again.

    Raises:
        ChoiceUnknown: no such chip, `field` is `/mode`.
        InputMalformed, OutOfBounds: `field` is `/km`, and the bound is that of one way.
    """
    chip = _BY_MODE.get(mode)
    if chip is None:
        raise ChoiceUnknown(
            field="/mode", label_zh="交通方式", label_en="Means of transport", choices=", ".join(_BY_MODE)
        )
    way_km = read_quantity(km if isinstance(km, str) else plain(km))
    if way_km is None:
        raise InputMalformed(
            field="/km",
            label_zh=_LEG.label.zh,
            label_en=_LEG.label.en,
            expected_zh="不小于 0、最多 6 位小数的数",
            expected_en="a number ≥ 0 of at most 6 decimals",
        )
    limit = one_way_limit(mode, round_trip=round_trip)
    if not limit.minimum <= way_km <= limit.maximum:
        raise out_of_bounds(_LEG, way_km, limit=offered or limit, pointer="/km")
    inputs: dict[str, Any] = {"mode": EVENT_VISIT, **extras}
    if chip.mode == FLIGHT:
        inputs["flights"] = [{"km": plain(way_km), "cabin": "economy", "round_trip": round_trip}]
        return inputs
    whole_km = EXACT.multiply(way_km, Decimal(2 if round_trip else 1))
    already_km = read_quantity(extras.get(chip.field, "0"))
    inputs[chip.field] = plain(EXACT.add(whole_km, already_km or Decimal(0)))
    return inputs


def one_way_limit(mode: str, *, round_trip: bool) -> Limit:
    """The bound of one way by that chip, for the page's slider: half of the day's bound for a round trip."""
    chip = _BY_MODE[mode]
    if chip.mode == FLIGHT:
        found = _LEG.limit(ANY)
        assert found is not None
        return found
    each = PERSONAL.by_name[chip.field]
    found = each.limit(EVENT_VISIT)
    assert each.kind is Kind.QUANTITY and found is not None, chip.field
    return Limit(found.minimum, found.maximum / 2 if round_trip else found.maximum)
