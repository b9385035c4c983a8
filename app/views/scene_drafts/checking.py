"""What is missing or at fault in a draft, step by step. Pure, but for the texts that fonts must have."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from app import footprint
from app.foundation import fonts
from app.kernel.errors import DomainError
from app.kernel.graphemes import out_of_place
from app.kernel.text import Text
from app.views import estimates
from app.views.scene_drafts import answering
from app.views.scene_drafts.content import ACTIVITIES, KINDS, MODES, Content, Step
from app.views.scene_drafts.counting import setup_of
from app.views.scene_drafts.errors import SceneDraftUnfit
from app.views.scene_drafts.paying import window

Faults = dict[str, Text]
"""By the field's name; where it is not simply a field, by its JSON Pointer without the first slash."""

_EMPTY: Final = {
    "kind": Text(zh="请选择类型", en="Choose a kind"),
    "title_zh": Text(zh="请写中文名称", en="Write the name in Chinese"),
    "title_en": Text(zh="请写英文名称", en="Write the name in English"),
    "starts_on": Text(zh="请选择开始日期", en="Choose the first day"),
    "ends_on": Text(zh="请选择结束日期", en="Choose the last day"),
    "modes": Text(zh="至少选一种出行方式", en="Choose at least one way to come"),
    "default_km": Text(zh="请填常用的单程公里数", en="Say how many kilometres one way are usual"),
    "most_km": Text(zh="请填最远的单程公里数", en="Say how many kilometres one way are the most"),
    "payer": Text(zh="请选择谁出钱", en="Choose who pays"),
    "each_grams": Text(zh="请填每人赠多少", en="Say how much each one is given"),
    "people": Text(zh="请填预计多少人", en="Say how many people are expected"),
}
_BOTH: Final = Text(zh="中英文都要写，或者都不写", en="Write both languages, or neither")
_BACKWARDS: Final = Text(zh="结束早于开始", en="It ends before it begins")
NO_SUCH_YEAR: Final = Text(zh="须在 1990 年至 2199 年之间", en="It must lie between 1990 and 2199")
_OVER: Final = Text(zh="这一天已经过去了", en="This day is over")
_FURTHER: Final = Text(zh="比最远的公里数还远", en="Further than the most kilometres")
_UNKNOWN: Final = Text(zh="没有这一项", en="There is no such thing")
_SHOWN_NOWHERE: Final = Text(
    zh="含有不能显示的字符，请重新输入", en="Some characters show nothing; please type it again"
)
NAMES: Final = ("title_zh", "title_en", "place_zh", "place_en", "message_zh", "message_en")
"""What people write in words."""
GROUP_NAMES: Final = ("name_zh", "name_en")
"""The same, of a group."""


def faults(content: Content, step: Step, factor_set: footprint.FactorSet, *, today: date | None = None) -> Faults:
    """What keeps a reader from going on after this step; nothing of the other steps. The review asks for all.

    `today` is asked about where the draft is put forward: nobody opens a scene that is over.
    """
    found: Faults = {}
    if step in {Step.KIND, Step.REVIEW}:
        found |= _of_kind(content, today)
    if step in {Step.COUNTING, Step.REVIEW}:
        found |= _of_counting(content, factor_set)
    if step in {Step.PAYING, Step.REVIEW}:
        found |= _of_paying(content)
    return found


def demand_whole(content: Content, factor_set: footprint.FactorSet, *, today: date) -> None:
    """Refuse what cannot be put forward, naming the first field at fault.

    Raises:
        SceneDraftUnfit
    """
    for field, problem in faults(content, Step.REVIEW, factor_set, today=today).items():
        raise SceneDraftUnfit(field=f"/{field}", problem_zh=problem.zh, problem_en=problem.en)


async def demand_texts(changes: Mapping[str, Any]) -> None:
    """Refuse names that no page or paper could show.

    Raises:
        NotPrintable, SceneDraftUnfit: the field is named.
    """
    texts = {name: str(changes[name]) for name in NAMES if changes.get(name)}
    for at, group in enumerate(changes.get("groups", ())):
        texts |= {f"groups/{at}/{name}": str(group[name]) for name in GROUP_NAMES if group.get(name)}
    for name, text in texts.items():
        if out_of_place(text):
            raise SceneDraftUnfit(field=f"/{name}", problem_zh=_SHOWN_NOWHERE.zh, problem_en=_SHOWN_NOWHERE.en)
    await fonts.demand({f"/{name}": text for name, text in texts.items()})


def step_of(field: str) -> Step:
    """The step in which a field at fault is put right."""
    name = field.lstrip("/").split("/")[0]
    if name in {"kind", "title_zh", "title_en", "place_zh", "place_en", "starts_on", "ends_on"}:
        return Step.KIND
    return (
        Step.COUNTING
        if name in {"modes", "default_km", "most_km", "activities", "event", "template", "covers_host", "groups"}
        else Step.PAYING
    )


def _of_kind(content: Content, today: date | None) -> Faults:
    found = _empty(content, "kind", "title_zh", "title_en", "starts_on", "ends_on")
    if content.kind is not None and content.kind not in KINDS:
        found["kind"] = _UNKNOWN
    if bool(content.place_zh) != bool(content.place_en):
        found["place_en" if content.place_zh else "place_zh"] = _BOTH
    if content.starts_on and content.ends_on:
        if content.ends_on < content.starts_on:
            found["ends_on"] = _BACKWARDS
        elif today is not None and content.ends_on < today:
            found["ends_on"] = _OVER
    return found


def _of_counting(content: Content, factor_set: footprint.FactorSet) -> Faults:
    found = _empty(content, "modes", "default_km", "most_km")
    if set(content.modes) - set(MODES) or len(set(content.modes)) != len(content.modes):
        found["modes"] = _UNKNOWN
    known = {one.field for one in ACTIVITIES}
    for name in content.activities:
        if name not in known:
            found[f"activities/{name}"] = _UNKNOWN
    if content.default_km and content.most_km and content.default_km > content.most_km:
        found["default_km"] = _FURTHER
    if not found:
        found |= _of_visits(content, factor_set)
    if (problem := host_fault(content, factor_set)) is not None:
        found[f"event/{(problem.field or '').lstrip('/')}".rstrip("/")] = problem.message()
    return found | groups_faults(content, factor_set)


def groups_faults(content: Content, factor_set: footprint.FactorSet) -> Faults:
    """What cannot be of the groups: `groups/1/name_en`."""
    found = answering.fault(content, factor_set)
    return dict([found]) if found else {}


def _of_visits(content: Content, factor_set: footprint.FactorSet) -> Faults:
    """What a visitor would meet on the first tap is tried here."""
    setup = setup_of(content)
    for mode in content.modes:
        try:
            usual_km = estimates.reach(setup, mode).usual_km
            inputs = footprint.visit_inputs(
                mode, str(usual_km), round_trip=content.round_trip, extras=content.activities
            )
            footprint.calculate("personal", inputs, factor_set)
        except footprint.NothingEmitted:
            continue  # who walks emits nothing, and the page has words for that
        except DomainError as refusal:
            name = (refusal.field or "/km").lstrip("/")
            where = "default_km" if name in {"km", "mode"} else f"activities/{name}"
            return {
                where if where.removeprefix("activities/") in content.activities else "default_km": refusal.message()
            }
    return {}


def host_fault(content: Content, factor_set: footprint.FactorSet) -> DomainError | None:
    """What the event calculator refuses of the host's figures; zero is no fault: a host may emit nothing that is counted."""
    if not content.event:
        return None
    try:
        footprint.calculate("event", content.event, factor_set)
    except footprint.NothingEmitted:
        return None
    except DomainError as refusal:
        return refusal
    return None


def _of_paying(content: Content) -> Faults:
    found = _empty(content, "payer", *(("each_grams", "people") if content.gives else ()))
    if not content.gives:
        return found
    if bool(content.message_zh) != bool(content.message_en):
        found["message_en" if content.message_zh else "message_zh"] = _BOTH
    span = window(content)
    is_forwards = content.starts_on and content.ends_on and content.starts_on <= content.ends_on
    if is_forwards and span is not None and span[0] >= span[1]:
        found["gift_ends_at"] = _BACKWARDS
    return found


def _empty(content: Content, *names: str) -> Faults:
    return {name: _EMPTY[name] for name in names if not getattr(content, name)}
