"""The personal calculator (个人, 衣食住行用), version 1, as data.

Bounds are per person and day, or per person and year; a visit to an event has those of a day.
"""

from typing import Final

from app.footprint.calculators.form_parts import (
    ACTIVITY_YEAR,
    BASIS,
    CABIN,
    DAYS,
    FORCING,
    KG,
    KM,
    KWH,
    LITRE,
    M3,
    NIGHTS,
    PEOPLE,
    PERSON_KM,
    PIECES,
    PROVINCE,
    ROUND_TRIP,
    meal_fields,
)
from app.footprint.form_shapes import ANY, GRID, Choice, Field, Form, Group, Kind, Limit, Use, up_to
from app.kernel.text import Text

DAY: Final = "day"
YEAR: Final = "year"
EVENT_VISIT: Final = "event_visit"

CLOTHING: Final = "clothing"
FOOD: Final = "food"
HOME: Final = "home"
TRAVEL: Final = "travel"
GOODS: Final = "goods"


def _bounds(day: str, year: str, *, confirm: bool = True) -> dict[str, Limit]:
    return {
        DAY: up_to(day, confirm=confirm),
        YEAR: up_to(year, confirm=confirm),
        EVENT_VISIT: up_to(day, confirm=confirm),
    }


def _quantity(
    name: str,
    zh: str,
    en: str,
    *keys: str | Use,
    group: str,
    unit: Text,
    bounds: tuple[str, str],
    divided_by: str | None = None,
    chosen_by: str | None = None,
    times: tuple[str, ...] = (),
) -> Field:
    return Field(
        name=name,
        label=Text(zh=zh, en=en),
        kind=Kind.QUANTITY,
        group=group,
        unit=unit,
        limits=_bounds(*bounds),
        uses=tuple(key if isinstance(key, Use) else Use(key) for key in keys),
        divided_by=divided_by,
        chosen_by=chosen_by,
        times=times,
    )


def _sharing(name: str, zh: str, en: str, *, maximum: str, group: str, year_default: int = 1) -> Field:
    """A number of people a quantity is divided by: more of them is less, so no alarm is raised."""
    return Field(
        name=name,
        label=Text(zh=zh, en=en),
        kind=Kind.COUNT,
        group=group,
        unit=PEOPLE,
        limits={ANY: up_to(maximum, minimum="1", confirm=False)},
        defaults={ANY: 1, YEAR: year_default},
    )


_MODE: Final = Field(
    name="mode",
    label=Text(zh="时间范围", en="Period"),
    kind=Kind.CHOICE,
    group=BASIS,
    defaults={ANY: DAY},
    choices=(
        Choice(DAY, Text(zh="一天", en="One day")),
        Choice(YEAR, Text(zh="一年", en="One year")),
        Choice(EVENT_VISIT, Text(zh="参加一次活动", en="One visit to an event")),
    ),
)

_CLOTHES: Final = tuple(
    _quantity(f"clothes_{piece}", zh, en, f"clothes.{piece}", group=CLOTHING, unit=PIECES, bounds=("20", "300"))
    for piece, zh, en in (
        ("tshirt", "T 恤", "T-shirts"),
        ("jeans", "牛仔裤", "Jeans"),
        ("sweater", "毛衣", "Sweaters"),
        ("coat", "外套", "Coats"),
        ("shoes", "鞋", "Shoes"),
    )
)

_FOOD: Final = (
    *meal_fields(group=FOOD, limits=_bounds("10", "1200")),
    Field(
        name="diet",
        label=Text(zh="饮食习惯", en="Diet"),
        kind=Kind.CHOICE,
        group=FOOD,
        choices=tuple(
            Choice(diet, Text(zh=zh, en=en), f"diet.{diet}", Text(zh=zh, en=f"Diet: {en}"))
            for diet, zh, en in (
                ("meat_heavy", "多肉饮食", "much meat"),
                ("balanced", "均衡饮食", "balanced"),
                ("pescatarian", "鱼素饮食", "pescatarian"),
                ("vegan", "纯素饮食", "vegan"),
            )
        ),
    ),
    Field(
        name="diet_days",
        label=Text(zh="按饮食习惯的天数", en="Days of that diet"),
        kind=Kind.QUANTITY,
        group=FOOD,
        unit=DAYS,
        limits=_bounds("1", "366", confirm=False),  # a year has no more days: the full bound is ordinary
        chosen_by="diet",
    ),
)

_HOUSEHOLD: Final = "household_size"
_HOME: Final = (
    _sharing(_HOUSEHOLD, "家庭人数", "People in the household", maximum="20", group=HOME, year_default=3),
    _quantity(
        *("electricity_kwh", "用电", "Electricity", GRID),
        group=HOME,
        unit=KWH,
        bounds=("300", "100000"),
        divided_by=_HOUSEHOLD,
    ),
    _quantity(
        *("natural_gas_m3", "天然气", "Natural gas", "fuel.natural_gas.nm3"),
        group=HOME,
        unit=M3,
        bounds=("50", "20000"),
        divided_by=_HOUSEHOLD,
    ),
    _quantity(
        *("lpg_kg", "液化石油气", "Liquefied petroleum gas", "fuel.lpg.kg"),
        group=HOME,
        unit=KG,
        bounds=("50", "2000"),
        divided_by=_HOUSEHOLD,
    ),
    _quantity(
        *("water_m3", "用水", "Water"),
        Use("water.supply.cn", Text(zh="自来水供应", en="Water supply")),
        Use("water.treatment", Text(zh="污水处理", en="Waste water treatment")),
        group=HOME,
        unit=M3,
        bounds=("20", "5000"),
        divided_by=_HOUSEHOLD,
    ),
    _sharing("room_share", "同住人数", "People sharing the room", maximum="4", group=HOME),
    _quantity(
        *("hotel_nights", "酒店住宿", "Hotel nights", "hotel.cn.room_night"),
        group=HOME,
        unit=NIGHTS,
        bounds=("60", "366"),
        divided_by="room_share",
    ),
)

_TRAVEL: Final = (
    *(
        _quantity(name, zh, en, key, group=TRAVEL, unit=PERSON_KM, bounds=bounds)
        for name, zh, en, key, bounds in (
            ("metro_km", "地铁", "Metro", "metro.cn", ("1500", "200000")),
            ("bus_km", "公交", "Bus", "bus.cn", ("1500", "200000")),
            ("coach_km", "长途客车", "Coach", "coach", ("1500", "200000")),
            ("hsr_km", "高铁", "High-speed rail", "rail.cn", ("5000", "200000")),
        )
    ),
    Field(
        name="car_fuel",
        label=Text(zh="私家车类型", en="Kind of car"),
        kind=Kind.CHOICE,
        group=TRAVEL,
        defaults={ANY: "petrol"},
        choices=tuple(
            Choice(fuel, Text(zh=zh, en=en), key, Text(zh=f"私家车（{zh}）", en=f"Car ({en})"))
            for fuel, zh, en, key in (
                ("petrol", "汽油", "petrol", "car.petrol.cn_lc"),
                ("diesel", "柴油", "diesel", "car.diesel.avg"),
                ("hybrid", "混合动力", "hybrid", "car.hybrid.avg"),
                ("ev", "纯电动", "electric", "car.ev.cn_lc"),
            )
        ),
    ),
    Field(
        name="car_occupancy",
        label=Text(zh="车上人数", en="People in the car"),
        kind=Kind.QUANTITY,
        group=TRAVEL,
        unit=PEOPLE,
        limits={ANY: up_to("7", minimum="1", confirm=False)},
        defaults={ANY: "1"},
        places=1,
    ),
    _quantity(
        *("car_km", "私家车", "Car"),
        group=TRAVEL,
        unit=KM,
        bounds=("2000", "200000"),
        divided_by="car_occupancy",
        chosen_by="car_fuel",
    ),
    _sharing("taxi_people", "同乘人数", "Passengers in the taxi", maximum="6", group=TRAVEL),
    _quantity(
        *("taxi_km", "出租车", "Taxi", "taxi.vkm"),
        group=TRAVEL,
        unit=KM,
        bounds=("1000", "50000"),
        divided_by="taxi_people",
    ),
    _quantity(
        *("ebike_km", "电动自行车", "E-bike", GRID),
        group=TRAVEL,
        unit=KM,
        bounds=("200", "20000"),
        times=("ebike.kwh_per_km",),
    ),
    _quantity(
        *("walk_bike_km", "步行、自行车", "Walking, bicycle", "walk_bike"),
        group=TRAVEL,
        unit=KM,
        bounds=("200", "20000"),
    ),
    Field(
        name="rf",
        label=FORCING,
        kind=Kind.TICK,
        group=TRAVEL,
        defaults={ANY: False},
    ),
    Field(
        name="flights",
        label=Text(zh="飞机", en="Flights"),
        kind=Kind.LIST,
        group=TRAVEL,
        limits={ANY: up_to("40", confirm=False)},
        items=(
            Field(
                name="km",
                label=Text(zh="单程公里数", en="Kilometres of one leg"),
                kind=Kind.QUANTITY,
                group=TRAVEL,
                unit=KM,
                limits={ANY: up_to("20000", minimum="50")},
                required=True,
            ),
            CABIN,
            ROUND_TRIP,
        ),
    ),
)

_GOODS: Final = (
    _quantity("phone", "手机", "Mobile phones", "device.phone", group=GOODS, unit=PIECES, bounds=("5", "5")),
    _quantity("laptop", "笔记本电脑", "Laptops", "device.laptop", group=GOODS, unit=PIECES, bounds=("5", "5")),
    _quantity(
        *("bottled_water_l", "瓶装水", "Bottled water", "bottled_water.l"),
        group=GOODS,
        unit=LITRE,
        bounds=("20", "2000"),
    ),
    _quantity(
        *("waste_kg", "生活垃圾", "Household waste"),
        Use("waste.incineration.cn", Text(zh="生活垃圾焚烧", en="Waste incineration")),
        group=GOODS,
        unit=KG,
        bounds=("50", "5000"),
    ),
)

PERSONAL: Final = Form(
    calculator="personal",
    version="1",
    title=Text(zh="个人碳足迹", en="Personal footprint"),
    groups=(
        Group(BASIS, Text(zh="基本信息", en="Basis")),
        Group(CLOTHING, Text(zh="衣", en="Clothing")),
        Group(FOOD, Text(zh="食", en="Food")),
        Group(HOME, Text(zh="住", en="Home")),
        Group(TRAVEL, Text(zh="行", en="Travel")),
        Group(GOODS, Text(zh="用", en="Goods")),
    ),
    fields=(_MODE, PROVINCE, ACTIVITY_YEAR, *_CLOTHES, *_FOOD, *_HOME, *_TRAVEL, *_GOODS),
)
