"""The sources of the event calculator: six groups of 大型活动碳中和实施指南（试行）, lodging and catering apart, as data.

Each line has a usual phase (筹备, 举办, 收尾), which the form's `phases` may change.
"""

from typing import Final

from app.footprint.calculators.form_parts import (
    BASIS,
    CABIN,
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
    ROUND_TRIP,
    VEHICLE_KM,
    meal_fields,
)
from app.footprint.form_shapes import (
    ANY,
    GRID,
    Choice,
    Field,
    Group,
    Kind,
    Limit,
    Phase,
    Use,
    up_to,
    up_to_times,
)
from app.kernel.text import Text

FOSSIL: Final = "fossil_fuels"
ENERGY: Final = "energy"
TRANSPORT: Final = "transport"
LODGING: Final = "lodging"
CATERING: Final = "catering"
SUPPLIES: Final = "supplies"
WASTE: Final = "waste"

GROUPS: Final = (
    Group(BASIS, Text(zh="基本信息", en="Basis")),
    Group(FOSSIL, Text(zh="化石燃料", en="Fossil fuels")),
    Group(ENERGY, Text(zh="电力热力", en="Electricity and heat")),
    Group(TRANSPORT, Text(zh="交通", en="Transport")),
    Group(LODGING, Text(zh="住宿", en="Lodging")),
    Group(CATERING, Text(zh="餐饮", en="Catering")),
    Group(SUPPLIES, Text(zh="会议用品", en="Event supplies")),
    Group(WASTE, Text(zh="废弃物", en="Waste")),
)

TRAVEL_MODES: Final = (
    # A flight's factor depends on its length; car and taxi are counted per passenger, one in a car.
    Choice("flight", Text(zh="飞机", en="Flight")),
    Choice("hsr", Text(zh="高铁", en="High-speed rail"), "rail.cn"),
    Choice("coach", Text(zh="长途客车", en="Coach"), "coach"),
    Choice("metro", Text(zh="地铁", en="Metro"), "metro.cn"),
    Choice("bus", Text(zh="公交", en="Bus"), "bus.cn"),
    Choice("car", Text(zh="私家车", en="Car"), "car.petrol.cn_lc"),
    Choice("taxi", Text(zh="出租车", en="Taxi"), "taxi.pkm"),
)
_MILLION: Final = up_to("1000000")
# Everybody 20 000 km there and as much back: the bound of one `travel` entry, for the ready totals.
_DISTANCE: Final = up_to_times("40000", "attendees")


def _quantity(
    name: str,
    zh: str,
    en: str,
    *keys: str,
    group: str,
    unit: Text,
    limit: Limit,
    phase: Phase | None = Phase.HOLD,
    chosen_by: str | None = None,
) -> Field:
    return Field(
        name=name,
        label=Text(zh=zh, en=en),
        kind=Kind.QUANTITY,
        group=group,
        unit=unit,
        limits={ANY: limit},
        uses=tuple(Use(key) for key in keys),
        chosen_by=chosen_by,
        phase=phase,
    )


_FOSSIL: Final = tuple(
    _quantity(name, zh, en, key, group=FOSSIL, unit=unit, limit=limit)
    for name, zh, en, key, unit, limit in (
        ("generator_diesel_l", "柴油发电机", "Diesel generator", "fuel.diesel.l", LITRE, _MILLION),
        ("vehicle_diesel_l", "车辆柴油", "Diesel of vehicles", "fuel.diesel.l", LITRE, _MILLION),
        ("vehicle_petrol_l", "车辆汽油", "Petrol of vehicles", "fuel.petrol.l", LITRE, _MILLION),
        ("lpg_kg", "液化石油气", "Liquefied petroleum gas", "fuel.lpg.kg", KG, _MILLION),
        ("natural_gas_m3", "天然气", "Natural gas", "fuel.natural_gas.nm3", M3, up_to("10000000")),
    )
)

_ENERGY: Final = (
    _quantity(
        *("electricity_kwh", "净购入电力", "Purchased electricity", GRID),
        group=ENERGY,
        unit=KWH,
        limit=up_to("100000000"),
    ),
    _quantity(
        *("green_kwh", "其中绿电", "Of which green electricity"),
        group=ENERGY,
        unit=KWH,
        limit=up_to_times("1", "electricity_kwh"),
        phase=None,
    ),
    _quantity(
        *("heat_gj", "净购入热力", "Purchased heat", "heat.cn.gj"),
        group=ENERGY,
        unit=Text(zh="吉焦", en="GJ"),
        limit=_MILLION,
    ),
)

_TRANSPORT: Final = (
    Field(name="rf", label=FORCING, kind=Kind.TICK, group=TRANSPORT, defaults={ANY: False}),
    Field(
        name="travel",
        label=Text(zh="往来交通", en="Travel to the event"),
        kind=Kind.LIST,
        group=TRANSPORT,
        limits={ANY: up_to("500", confirm=False)},
        phase=Phase.HOLD,
        items=(
            Field(
                name="mode",
                label=Text(zh="交通方式", en="Means of transport"),
                kind=Kind.CHOICE,
                group=TRANSPORT,
                choices=TRAVEL_MODES,
                required=True,
            ),
            Field(
                name="people",
                label=Text(zh="人数", en="People"),
                kind=Kind.COUNT,
                group=TRANSPORT,
                unit=PEOPLE,
                limits={ANY: up_to_times("1", "attendees", minimum="1")},
                required=True,
            ),
            Field(
                name="km_each_way",
                label=Text(zh="单程公里数", en="Kilometres each way"),
                kind=Kind.QUANTITY,
                group=TRANSPORT,
                unit=KM,
                limits={ANY: up_to("20000", minimum="1")},
                required=True,
            ),
            ROUND_TRIP,
            CABIN,
        ),
    ),
    *(
        _quantity(name, zh, en, key, group=TRANSPORT, unit=unit, limit=_DISTANCE)
        for name, zh, en, key, unit in (
            ("metro_pkm", "地铁合计", "Metro, total", "metro.cn", PERSON_KM),
            ("bus_pkm", "公交合计", "Bus, total", "bus.cn", PERSON_KM),
            ("coach_pkm", "长途客车合计", "Coach, total", "coach", PERSON_KM),
            ("hsr_pkm", "高铁合计", "High-speed rail, total", "rail.cn", PERSON_KM),
            ("car_petrol_vkm", "汽油私家车合计", "Petrol cars, total", "car.petrol.cn_lc", VEHICLE_KM),
            ("taxi_vkm", "出租车合计", "Taxis, total", "taxi.vkm", VEHICLE_KM),
        )
    ),
)

_LODGING: Final = (
    _quantity(
        *("room_nights", "酒店住宿", "Hotel nights", "hotel.cn.room_night"),
        group=LODGING,
        unit=NIGHTS,
        limit=up_to_times("1", "attendees", "days"),
    ),
)

_CATERING: Final = (
    *meal_fields(group=CATERING, limits={ANY: up_to_times("5", "attendees", "days")}, phase=Phase.HOLD),
    Field(
        name="use_defaults",
        label=Text(zh="餐饮未填时按默认（每人每天 2 份混合餐）", en="If no meal is given, assume two mixed ones a day"),
        kind=Kind.TICK,
        group=CATERING,
        defaults={ANY: False},
        phase=Phase.HOLD,
    ),
)

_SUPPLIES: Final = (
    *(
        _quantity(name, zh, en, key, group=SUPPLIES, unit=unit, limit=limit, phase=phase)
        for name, zh, en, key, unit, limit, phase in (
            (
                *("paper_a4", "A4 纸", "A4 paper", "paper.a4_sheet"),
                Text(zh="张", en="sheets"),
                up_to("100000000"),
                Phase.PREPARE,
            ),
            (
                *("badges", "胸牌", "Badges", "print.badge"),
                PIECES,
                up_to_times("2", "attendees"),
                Phase.PREPARE,
            ),
            (
                *("tshirts", "T 恤", "T-shirts", "clothes.tshirt"),
                PIECES,
                up_to_times("2", "attendees"),
                Phase.PREPARE,
            ),
            (
                *("banner_m2", "喷绘", "Banners", "print.banner_m2"),
                Text(zh="平方米", en="m²"),
                _MILLION,
                Phase.PREPARE,
            ),
            (
                *("bottled_water_l", "瓶装水", "Bottled water", "bottled_water.l"),
                LITRE,
                up_to_times("5", "attendees", "days"),
                Phase.HOLD,
            ),
        )
    ),
    Field(
        name="materials",
        label=Text(zh="其他物料", en="Other materials"),
        kind=Kind.LIST,
        group=SUPPLIES,
        limits={ANY: up_to("100", confirm=False)},
        phase=Phase.PREPARE,
        items=(
            Field(
                name="factor_key",
                label=Text(zh="物料因子", en="Factor of the material"),
                kind=Kind.WORDS,
                group=SUPPLIES,
                limits={ANY: up_to("64", minimum="1", confirm=False)},
                required=True,
            ),
            Field(
                name="kg",
                label=Text(zh="质量", en="Mass"),
                kind=Kind.QUANTITY,
                group=SUPPLIES,
                unit=KG,
                limits={ANY: _MILLION},
                required=True,
            ),
        ),
    ),
)

_WASTE: Final = (
    Field(
        name="waste_route",
        label=Text(zh="处置方式", en="Treatment"),
        kind=Kind.CHOICE,
        group=WASTE,
        defaults={ANY: "incineration"},
        choices=tuple(
            Choice(route, Text(zh=zh, en=en), key, Text(zh=f"垃圾{zh}", en=f"Waste: {en}"))
            for route, zh, en, key in (
                ("incineration", "焚烧", "incineration", "waste.incineration.cn"),
                ("landfill", "填埋", "landfill", "waste.landfill.commercial"),
                ("compost", "堆肥", "compost", "waste.compost.food"),
                ("recycle", "回收", "recycling", "waste.recycle.paper"),
            )
        ),
    ),
    _quantity(
        *("waste_kg", "垃圾", "Waste"),
        group=WASTE,
        unit=KG,
        limit=up_to_times("20", "attendees", "days"),
        phase=Phase.CLOSE,
        chosen_by="waste_route",
    ),
)

SOURCES: Final = (*_FOSSIL, *_ENERGY, *_TRANSPORT, *_LODGING, *_CATERING, *_SUPPLIES, *_WASTE)
