"""The event calculator (会议, 活动, 赛事, 会展), version 1, as data: its basis, its sources, what is declared about them."""

from typing import Final

from app.footprint.calculators.event_sources import GROUPS, SOURCES
from app.footprint.calculators.form_parts import ACTIVITY_YEAR, BASIS, DAYS, PEOPLE, PROVINCE
from app.footprint.form_shapes import (
    ANY,
    Choice,
    Field,
    Form,
    Kind,
    Phase,
    up_to,
)
from app.kernel.text import Text

PHASES: Final = {
    Phase.PREPARE: Text(zh="筹备", en="Preparation"),
    Phase.HOLD: Text(zh="举办", en="Event"),
    Phase.CLOSE: Text(zh="收尾", en="Closing"),
}

_BASE: Final = (
    PROVINCE,
    ACTIVITY_YEAR,
    Field(
        name="attendees",
        label=Text(zh="参加人数", en="Attendees"),
        kind=Kind.COUNT,
        group=BASIS,
        unit=PEOPLE,
        limits={ANY: up_to("5000000", minimum="1")},
        defaults={ANY: 50},
    ),
    Field(
        name="days",
        label=Text(zh="天数", en="Days"),
        kind=Kind.QUANTITY,
        group=BASIS,
        unit=DAYS,
        limits={ANY: up_to("60", minimum="0.5")},
        defaults={ANY: "1"},
    ),
)

_DECLARATIONS: Final = (
    Field(
        name="excluded",
        label=Text(zh="不计入的排放源及理由", en="Source groups left out, with the reason"),
        kind=Kind.LIST,
        group=BASIS,
        limits={ANY: up_to("7", confirm=False)},
        items=(
            Field(
                name="group",
                label=Text(zh="排放源", en="Source group"),
                kind=Kind.CHOICE,
                group=BASIS,
                choices=tuple(Choice(group.code, group.category) for group in GROUPS if group.code != BASIS),
                required=True,
            ),
            Field(
                name="reason",
                label=Text(zh="理由", en="Reason"),
                kind=Kind.WORDS,
                group=BASIS,
                limits={ANY: up_to("500", minimum="2", confirm=False)},
                required=True,
            ),
        ),
    ),
    Field(
        name="phases",
        label=Text(zh="排放源所属阶段", en="Phases of single sources"),
        kind=Kind.LIST,
        group=BASIS,
        limits={ANY: up_to("50", confirm=False)},
        items=(
            Field(
                name="field",
                label=Text(zh="项目", en="Field"),
                kind=Kind.CHOICE,
                group=BASIS,
                choices=tuple(Choice(each.name, each.label) for each in SOURCES if each.phase is not None),
                required=True,
            ),
            Field(
                name="phase",
                label=Text(zh="阶段", en="Phase"),
                kind=Kind.CHOICE,
                group=BASIS,
                choices=tuple(Choice(phase.value, label) for phase, label in PHASES.items()),
                required=True,
            ),
        ),
    ),
)

EVENT: Final = Form(
    calculator="event",
    version="1",
    title=Text(zh="会议与活动碳足迹", en="Footprint of a meeting or event"),
    groups=GROUPS,
    fields=(*_BASE, *SOURCES, *_DECLARATIONS),
)
