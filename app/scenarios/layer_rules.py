"""Whether the groups of a scene can be so. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.kernel.text import Language, Text
from app.scenarios.rules import Group, Layers

_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,19}")
_GROUPS_MOST: Final = 12
_NAME_MOST: Final = 40
_SOURCE_MOST: Final = 200
_STATED_MOST_G: Final = 10**15


@dataclass(frozen=True, slots=True)
class LayersFault:
    """What is wrong, and at which field of a scene's file."""

    field: str
    problem: Text


def layers_fault(layers: Layers) -> LayersFault | None:
    """The first thing wrong with it; None where it can be proposed. PostgreSQL refuses the same, without words."""
    return next(_faults(layers), None)


def _faults(layers: Layers) -> Iterator[LayersFault]:
    codes = [group.code for group in layers.groups]
    if not 1 <= len(codes) <= _GROUPS_MOST:
        yield LayersFault(
            "/groups", Text(zh=f"人群应有 1 到 {_GROUPS_MOST} 个", en=f"there are 1 to {_GROUPS_MOST} of them")
        )
    for at, group in enumerate(layers.groups):
        for field, problem in _faults_of(group, before=codes[:at], is_covered=group.code in layers.organiser_covers):
            yield LayersFault(f"/groups/{at}/{field}", problem)
    if layers.default_group not in codes:
        yield LayersFault("/default_group", _UNKNOWN)
    for at, code in enumerate(layers.organiser_covers):
        if code not in codes:
            yield LayersFault(f"/organiser_covers/{at}", _UNKNOWN)
        if code in layers.organiser_covers[:at]:
            yield LayersFault(f"/organiser_covers/{at}", _TWICE)
    least = int(any(group.emission_g is not None for group in layers.groups))
    for language in Language:
        if not least <= len(layers.source.in_(language).strip()) <= _SOURCE_MOST:
            yield LayersFault(f"/emissions_source/{language}", _SOURCE)


def _faults_of(group: Group, *, before: list[str], is_covered: bool) -> Iterator[tuple[str, Text]]:
    if _CODE.fullmatch(group.code) is None:
        yield "code", _SPELLING
    if group.code in before:
        yield "code", _TWICE
    for language in Language:
        if not 1 <= len(group.name.in_(language).strip()) <= _NAME_MOST:
            yield (
                f"name/{language}",
                Text(zh=f"名称应有 1 到 {_NAME_MOST} 个字", en=f"a name has 1 to {_NAME_MOST} characters"),
            )
    if group.emission_g is not None and not is_covered:
        yield (
            "emission_grams",
            Text(
                zh="排放只为主办方负责的人群申报",
                en="emissions are stated only for groups that the organiser answers for",
            ),
        )
    if group.emission_g is not None and not 1 <= group.emission_g <= _STATED_MOST_G:
        yield "emission_grams", Text(zh="排放应在 1 克到 10 亿吨之间", en="emissions are 1 g to 1,000,000,000 t")


_SPELLING: Final = Text(
    zh="代码应以小写字母开头，由 1 到 20 个小写字母、数字或下划线组成",
    en="a code has 1 to 20 lower-case letters, digits or underscores, and begins with a letter",
)
_TWICE: Final = Text(zh="同一个代码出现了两次", en="a code stands there twice")
_UNKNOWN: Final = Text(zh="没有这个代码的人群", en="no group has this code")
_SOURCE: Final = Text(
    zh=f"申报了排放就要写明数据来源，不超过 {_SOURCE_MOST} 字",
    en=f"whoever states emissions says where the figures come from, in at most {_SOURCE_MOST} characters",
)
