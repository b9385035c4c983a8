"""What the publishing of a scene says, in words. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from app import footprint
from app.kernel.text import Text
from app.registry.credits import Programme
from app.scenarios import ScenarioKind
from app.views.inbox.describing import Description, Line

_MODES: Final = {chip.mode: chip.label for chip in footprint.CHIPS}


def scene(said: Mapping[str, Any], _: Mapping[str, Any]) -> Description:
    """What becomes public under a code."""
    title, organiser = _text(said["title"]), _text(said["organiser"])
    setup = said["setup"] or {}
    return Description(
        title=Text(zh=f"发布场景 {title.zh}", en=f"Publish {title.en}"),
        about=Text(zh=f"{said['code']} · {organiser.zh}", en=f"{said['code']} · {organiser.en}"),
        lines=(
            Line(Text(zh="场景码", en="Code"), _same(said["code"])),
            Line(Text(zh="标题", en="Title"), _same(f"{title.zh} / {title.en}")),
            Line(Text(zh="主办方", en="Organiser"), _same(f"{organiser.zh} / {organiser.en}")),
            Line(Text(zh="类型", en="Kind"), _KINDS[ScenarioKind(said["kind"])]),
            Line(Text(zh="日期", en="Days"), _same(f"{said['starts_on'] or '…'} – {said['ends_on'] or '…'}")),
            *(_of_setup(setup) if setup else ()),
            *(_of_layers(setup["layers"]) if setup.get("layers") else ()),
        ),
        outcome=Text(
            zh="同意后扫码即可进入并付款；内容不能再改，只能关闭。",
            en="Whoever scans the code may enter and pay. What it says stays; it can only be closed.",
        ),
    )


def _of_setup(setup: Mapping[str, Any]) -> tuple[Line, ...]:
    modes = [_MODES.get(mode, _same(mode)) for mode in setup["modes"]]
    extras = _text(setup.get("extras_text") or {"zh": "", "en": ""})
    place = _text(setup.get("place") or {"zh": "", "en": ""})
    programme = Programme(setup.get("programme", Programme.CDCER.value)).text
    return (
        *((Line(Text(zh="地点", en="Place"), _same(f"{place.zh} / {place.en}")),) if place.zh else ()),
        Line(Text(zh="出行方式", en="Ways"), _joined(modes)),
        Line(
            Text(zh="单程公里", en="One way"), _same(f"{setup.get('default_km', '…')} – {setup.get('most_km', '…')} km")
        ),
        *((Line(Text(zh="另计", en="Also counted"), extras),) if extras.zh else ()),
        Line(Text(zh="所售减排量", en="Credits sold"), programme),
    )


def _of_layers(layers: Mapping[str, Any]) -> tuple[Line, ...]:
    """Its groups, the one of whoever says none, and those that the organiser answers for, with what it states."""
    lines = []
    for group in layers["groups"]:
        name, told = _text(group["name"]), []
        if group["code"] in layers["organiser_covers"]:
            told.append(Text(zh="由主办方负责", en="the organiser answers for it"))
            if group.get("emission_g") is None:
                told.append(Text(zh="未申报排放", en="no emissions stated"))
            else:
                told.append(Text(zh=f"申报排放 {group['emission_g']:,} g", en=f"{group['emission_g']:,} g stated"))
        else:
            told.append(Text(zh="各自负责", en="each answers for themselves"))
        if group["code"] == layers["default_group"]:
            told.append(Text(zh="不另说明者归此", en="whoever says nothing else"))
        lines.append(Line(Text(zh=f"人群：{name.zh}", en=f"Group: {name.en}"), _joined(told)))
    source = _text(layers["source"])
    return (*lines, *((Line(Text(zh="排放数据来源", en="Source of the emissions"), source),) if source.zh else ()))


def _joined(texts: list[Text]) -> Text:
    return Text(zh="、".join(one.zh for one in texts), en=", ".join(one.en for one in texts))


def _text(said: Mapping[str, str]) -> Text:
    return Text(zh=said["zh"], en=said["en"])


def _same(text: object) -> Text:
    return Text(zh=str(text), en=str(text))


_KINDS: Final = {
    ScenarioKind.PERSON: Text(zh="个人", en="person"),
    ScenarioKind.ENTERPRISE: Text(zh="企业", en="enterprise"),
    ScenarioKind.MEETING: Text(zh="会议", en="meeting"),
    ScenarioKind.EVENT: Text(zh="活动", en="event"),
    ScenarioKind.PRODUCT: Text(zh="产品", en="product"),
    ScenarioKind.SITE: Text(zh="场所", en="site"),
    ScenarioKind.AGENCY: Text(zh="机关单位", en="agency"),
    ScenarioKind.RESTORATION: Text(zh="生态修复", en="restoration"),
}
