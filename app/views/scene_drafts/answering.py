"""Whose emissions the organiser answers for: the groups of a draft as its scene will have them, with their figures. Pure."""

from typing import Final

from app import footprint
from app.footprint import FactorSet
from app.kernel.errors import DomainError
from app.kernel.text import Text
from app.scenarios import Group, Layers, layers_fault
from app.views.scene_drafts.content import Content, PeopleGroup

HOST: Final = "host"
"""Code of the organiser itself, which no people's group has."""
HOST_NAME: Final = Text(zh="主办方自己", en="The organiser itself")
VISITORS: Final = PeopleGroup(code="visitors", name_zh="来宾", name_en="Visitors")
"""Everybody, where nothing is said."""
STAFF: Final = PeopleGroup(code="staff", name_zh="工作人员", name_en="Staff")
_RESERVED: Final = Text(zh="host 是主办方自己的代码", en="host is the organiser itself")
_STATED: Final = Text(zh="主办方申报", en="stated by the organiser")
_FIELDS: Final = {"name/zh": "name_zh", "name/en": "name_en", "emission_grams": "stated_grams"}
"""A scene's file, and a draft."""


def layers_of(content: Content, factor_set: FactorSet) -> Layers | None:
    """The scene's groups; None where the organiser answers for nobody."""
    layers = _layers(content, factor_set)
    return layers if layers.organiser_covers else None


def fault(content: Content, factor_set: FactorSet) -> tuple[str, Text] | None:
    """The first thing about the groups that cannot be, by its field in the draft: `groups/1/name_en`."""
    for at, group in enumerate(content.groups):
        if group.code == HOST:
            return f"groups/{at}/code", _RESERVED
    found = layers_fault(_layers(content, factor_set))
    if found is None:
        return None
    where, _, name = found.field.removeprefix("/groups/").partition("/")
    return f"groups/{where}/{_FIELDS.get(name, name)}" if name else "groups", found.problem


def _layers(content: Content, factor_set: FactorSet) -> Layers:
    """People first, in their order, so that a fault's place is the draft's own."""
    people = content.groups or (VISITORS,)
    groups = [Group(code=one.code, name=_name(one), emission_g=one.stated_grams) for one in people]
    covered = [one.code for one in people if one.is_covered]
    sources = []
    if content.covers_host:
        found = _host(content, factor_set)
        groups.append(Group(code=HOST, name=HOST_NAME, emission_g=found.total_g if found else None))
        covered.append(HOST)
        if found is not None:
            edition = found.factor_set_version
            sources.append(
                Text(
                    zh=f"{HOST_NAME.zh}：大型活动计算器，因子集 {edition}",
                    en=f"{HOST_NAME.en}: event calculator, factor set {edition}",
                )
            )
    if any(one.stated_grams is not None for one in people):
        who = Text(zh="其他人群：", en="other groups: ") if sources else Text(zh="", en="")
        sources.append(Text(zh=who.zh + _STATED.zh, en=who.en + _STATED.en))
    return Layers(
        groups=tuple(groups),
        default_group=people[0].code,
        organiser_covers=tuple(covered),
        source=Text(zh="；".join(one.zh for one in sources), en="; ".join(one.en for one in sources)),
    )


def _name(one: PeopleGroup) -> Text:
    return Text(zh=one.name_zh, en=one.name_en)


def _host(content: Content, factor_set: FactorSet) -> footprint.Calculation | None:
    """What the event calculator finds; None where nothing was said, nothing counts, or it cannot be."""
    if not content.event:
        return None
    try:
        return footprint.calculate("event", content.event, factor_set)
    except DomainError:
        return None
