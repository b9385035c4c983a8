"""Words and fields that several forms share: units, province and year, flights, meals."""

from collections.abc import Iterable
from typing import Final

from app.footprint.factor_sets.provinces import NATIONAL, PROVINCES, SICHUAN, TIBET
from app.footprint.form_shapes import ANY, Choice, Field, Kind, Limit, Phase, Use, up_to
from app.kernel.text import Text

KWH: Final = Text(zh="千瓦时", en="kWh")
M3: Final = Text(zh="立方米", en="m³")
KG: Final = Text(zh="千克", en="kg")
LITRE: Final = Text(zh="升", en="L")
KM: Final = Text(zh="公里", en="km")
PERSON_KM: Final = Text(zh="人公里", en="passenger-km")
VEHICLE_KM: Final = Text(zh="车公里", en="vehicle-km")
PEOPLE: Final = Text(zh="人", en="people")
MEALS: Final = Text(zh="餐", en="meals")
PIECES: Final = Text(zh="件", en="pieces")
NIGHTS: Final = Text(zh="间夜", en="room-nights")
DAYS: Final = Text(zh="天", en="days")

BASIS: Final = "basis"
"""Group of the fields that only choose or divide; it gives no lines."""

PROVINCE: Final = Field(
    name="province",
    label=Text(zh="用电省份", en="Province of the electricity"),
    kind=Kind.CHOICE,
    group=BASIS,
    defaults={ANY: SICHUAN},
    choices=(
        *(Choice(code, province.name) for code, province in PROVINCES.items()),
        Choice(TIBET, Text(zh="西藏（按全国）", en="Tibet (national value)")),
        Choice(NATIONAL, Text(zh="全国", en="National")),
    ),
)
ACTIVITY_YEAR: Final = Field(
    name="activity_year",
    label=Text(zh="活动年份", en="Year of the activity"),
    kind=Kind.COUNT,
    group=BASIS,
    # The grid table begins in 2021; left out, it is the year in which the factor set took effect.
    limits={ANY: up_to("2100", minimum="2021", confirm=False)},
)
FORCING: Final = Text(zh="计入航空辐射强迫（RF）", en="Count the radiative forcing of flights (RF)")

CABIN: Final = Field(
    name="cabin",
    label=Text(zh="舱位", en="Cabin"),
    kind=Kind.CHOICE,
    group=BASIS,
    defaults={ANY: "economy"},
    choices=(
        Choice("economy", Text(zh="经济舱", en="economy")),
        Choice("premium", Text(zh="超级经济舱", en="premium economy")),
        Choice("business", Text(zh="公务舱", en="business")),
        Choice("first", Text(zh="头等舱", en="first")),
        Choice("avg", Text(zh="平均", en="average")),
    ),
)
ROUND_TRIP: Final = Field(
    name="round_trip",
    label=Text(zh="往返", en="There and back"),
    kind=Kind.TICK,
    group=BASIS,
    defaults={ANY: False},
)

DISHES: Final = (
    ("beef", Text(zh="牛肉餐", en="Meals with beef")),
    ("chicken", Text(zh="鸡肉餐", en="Meals with chicken")),
    ("fish_white", Text(zh="白肉鱼餐", en="Meals with white fish")),
    ("fish_fatty", Text(zh="多脂鱼餐", en="Meals with fatty fish")),
    ("vegetarian", Text(zh="素餐", en="Vegetarian meals")),
    ("vegan", Text(zh="纯素餐", en="Vegan meals")),
    ("mixed", Text(zh="混合餐", en="Mixed meals")),
)
MEAL_FIELDS: Final = tuple(f"meals_{dish}" for dish, _ in DISHES)


def meal_fields(*, group: str, limits: dict[str, Limit], phase: Phase | None = None) -> Iterable[Field]:
    """One field per dish."""
    for dish, label in DISHES:
        yield Field(
            name=f"meals_{dish}",
            label=label,
            kind=Kind.QUANTITY,
            group=group,
            unit=MEALS,
            limits=limits,
            uses=(Use(f"meal.{dish}"),),
            phase=phase,
        )
