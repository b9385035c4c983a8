"""Whose emissions the organiser answers for, as a form: itself by a switch, and a row for each group of people."""

import re
from collections.abc import Mapping
from itertools import count
from typing import Final

import msgspec

from app.footprint import FactorSet
from app.kernel.errors import DomainError
from app.kernel.graphemes import tidied
from app.kernel.mass import GRAMS_PER_KG
from app.kernel.text import Text
from app.views.scene_drafts import checking
from app.views.scene_drafts.answering import HOST, STAFF, VISITORS
from app.views.scene_drafts.checking import Faults
from app.views.scene_drafts.content import GROUP_NAME_MOST, GROUPS_MOST, Content, PeopleGroup
from app.web.organiser.gifts.forms import grams
from app.web.organiser.scene_drafts.forms import kg

_TYPED: Final = ("name_zh", "name_en", "kg")
_LONG: Final = Text(zh=f"最多 {GROUP_NAME_MOST} 个字", en=f"At most {GROUP_NAME_MOST} characters")
_FORM: Final = {"stated_grams": "kg", "code": "name_en"}
"""Where a fault of the draft stands in the form."""


def typed(content: Content) -> dict[str, str]:
    """The groups as the form shows them; visitors and staff, neither of whom is answered for, where nothing was said."""
    shown = {"covers_host": "on" if content.covers_host else ""}
    for at, one in enumerate(content.groups or (VISITORS, STAFF)):
        shown |= {
            f"groups/{at}/code": one.code, f"groups/{at}/name_zh": one.name_zh, f"groups/{at}/name_en": one.name_en,
            f"groups/{at}/covered": "on" if one.is_covered else "",
            f"groups/{at}/kg": kg(one.stated_grams) if one.stated_grams else "",
        }  # fmt: skip
    return shown


def rows(shown: Mapping[str, str]) -> range:
    """Of the form: those that are filled in, and one to go on with."""
    taken = [at for at in range(GROUPS_MOST) if _is_filled(shown, at)]
    return range(min(GROUPS_MOST, taken[-1] + 2))


async def read(data: Mapping[str, str], content: Content, factor_set: FactorSet) -> tuple[Content, Faults]:
    """The draft with what fits of the form, and what does not, by the form's fields."""
    faults: Faults = {}
    groups: list[PeopleGroup] = []
    places: list[int] = []
    for at in range(GROUPS_MOST):
        if _is_filled(data, at):
            groups.append(_row(data, at, [one.code for one in groups], faults))
            places.append(at)
    try:
        await checking.demand_texts({"groups": [msgspec.to_builtins(one) for one in groups]})
    except DomainError as fact:
        faults[_placed((fact.field or "").lstrip("/"), places)] = fact.message()
        return content, faults
    wanted = msgspec.structs.replace(content, covers_host=bool(data.get("covers_host")), groups=tuple(groups))
    found = checking.groups_faults(wanted, factor_set)
    return wanted, {_placed(name, places): text for name, text in found.items()} | faults


def _row(data: Mapping[str, str], at: int, taken: list[str], faults: Faults) -> PeopleGroup:
    names = {}
    for name in checking.GROUP_NAMES:
        text = tidied(data.get(f"groups/{at}/{name}", ""))
        if len(text) > GROUP_NAME_MOST:
            faults[f"groups/{at}/{name}"] = _LONG
        names[name] = text[:GROUP_NAME_MOST]
    stated_g, field = None, f"groups/{at}/kg"
    if data.get(field, "").strip():
        try:
            stated_g = grams(dict(data), field, GRAMS_PER_KG)
        except DomainError as fact:
            faults[field] = fact.message()
    return PeopleGroup(
        code=_code(data.get(f"groups/{at}/code", ""), names["name_en"], at, taken),
        is_covered=bool(data.get(f"groups/{at}/covered")), stated_grams=stated_g, **names,
    )  # fmt: skip


def _code(given: str, name_en: str, at: int, taken: list[str]) -> str:
    """As it was given before, else out of the English name: `Race staff` is `race_staff`."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,19}", given):
        given = re.sub(r"[^a-z0-9]+", "_", name_en.lower())[:20].strip("_")
    taken = [*taken, HOST]
    if re.match(r"[a-z]", given) and given not in taken:
        return given
    return next(code for code in (f"group_{number}" for number in count(at + 1)) if code not in taken)


def _placed(name: str, places: list[int]) -> str:
    """A fault's field in the form, where rows may stand empty between others."""
    what, _, rest = name.partition("/")
    at, _, field = rest.partition("/")
    if not (what == "groups" and at.isdecimal() and int(at) < len(places)):
        return "groups"
    return f"groups/{places[int(at)]}/{_FORM.get(field, field)}"


def _is_filled(shown: Mapping[str, str], at: int) -> bool:
    """The first row is there however empty: somebody comes without a code."""
    return at == 0 or any(shown.get(f"groups/{at}/{name}", "").strip() for name in (*_TYPED, "covered"))
