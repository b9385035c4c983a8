"""The wizard's forms: what was typed, what of it fits, and what is said at the fields where it does not."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final, TypeVar

from app.kernel.clock import BEIJING
from app.kernel.days import is_plausible
from app.kernel.errors import DomainError
from app.kernel.graphemes import tidied
from app.kernel.mass import GRAMS_PER_KG
from app.kernel.text import Text
from app.kernel.typed import typed_number
from app.programmes.gifts import AmountKind, Delivery
from app.programmes.gifts.rules import EACH_MOST_G, MESSAGE_MOST
from app.registry.credits import Programme
from app.scenarios import ScenarioKind
from app.views.scene_drafts.checking import NO_SUCH_YEAR, Faults, demand_texts
from app.views.scene_drafts.content import (
    ACTIVITIES,
    KINDS,
    MODES,
    PEOPLE_MOST,
    PLACE_MOST,
    TEMPLATES,
    TITLE_MOST,
    Content,
    Payer,
    Step,
)
from app.views.scene_drafts.paying import window
from app.web.organiser.gifts.forms import grams

T = TypeVar("T")
When = TypeVar("When", date, datetime)
Changes = dict[str, Any]
Form = Mapping[str, str]
TYPED_MOST: Final = 400
_LONG: Final = Text(zh="最多 {most} 个字", en="At most {most} characters")
_NO_DAY: Final = Text(zh="请填年-月-日", en="A day as year-month-day")
_NO_TIME: Final = Text(zh="请选择日期和时间", en="Choose day and time")
_NO_NUMBER: Final = Text(zh="请填 {least} 到 {most} 的整数", en="A whole number from {least} to {most}")
_NO_QUANTITY: Final = Text(
    zh="请填大于 0 的数，最多 6 位小数，例如 0.5", en="A number above 0, of at most 6 decimals, such as 0.5"
)
_TOO_MUCH: Final = Text(zh="每人最多 1,000 吨", en="At most 1,000 t each")
_NO_CHOICE: Final = Text(zh="请选择其中一项", en="Choose one of these")


async def read(step: Step, data: Form) -> tuple[Changes, Faults]:
    """What a step's form changes, and what of it cannot be: that is not among the changes."""
    changes, faults = _READERS[step](data)
    for _ in range(8):
        try:
            await demand_texts(changes)
        except DomainError as fact:
            name = (fact.field or "").lstrip("/")
            faults[name] = fact.message()
            changes.pop(name, None)
        else:
            break
    return changes, faults


def typed(content: Content) -> dict[str, str]:
    """A draft as its forms show it."""
    span = window(content)
    shown: dict[str, object] = {
        **{name: getattr(content, name) for name in _PLAIN},
        "each_kg": kg(content.each_grams) if content.each_grams else "",
        "gift_starts_at": _local(span[0]) if span else "",
        "gift_ends_at": _local(span[1]) if span else "",
        "first": content.modes[0] if content.modes else "",
        **{f"mode_{mode}": "on" for mode in content.modes},
        **{f"on_{name}": "on" for name in content.activities},
        **{f"qty_{name}": much for name, much in content.activities.items()},
    }
    return {name: "" if value is None else str(value) for name, value in shown.items()}


def as_typed(data: Form) -> dict[str, str]:
    """A form as it came, cut where somebody sent a novel."""
    return {name: value[:TYPED_MOST] for name, value in data.items() if isinstance(value, str) and len(name) < 80}


_PLAIN: Final = (
    "kind", "title_zh", "title_en", "place_zh", "place_en", "starts_on", "ends_on", "default_km", "most_km", "payer",
    "programme", "amount", "delivers", "people", "message_zh", "message_en",
)  # fmt: skip


def _kind(data: Form) -> tuple[Changes, Faults]:
    form = _Reading(data)
    form.take("kind", lambda text: _one_of(text, {one.value: one for one in KINDS}, ScenarioKind))
    for name, most in (
        ("title_zh", TITLE_MOST),
        ("title_en", TITLE_MOST),
        ("place_zh", PLACE_MOST),
        ("place_en", PLACE_MOST),
    ):
        form.words(name, most)
    form.take("starts_on", _day)
    form.take("ends_on", _day)
    return form.changes, form.faults


def _counting(data: Form) -> tuple[Changes, Faults]:
    form = _Reading(data)
    if (template := next((one for one in TEMPLATES if one.key == data.get("template")), None)) is not None:
        return template.changes, {}
    chosen = [mode for mode in MODES if data.get(f"mode_{mode}")]
    first = data.get("first", "")
    form.changes["modes"] = tuple(sorted(chosen, key=lambda mode: mode != first))
    form.take("default_km", lambda text: _whole(text, 1, 20_000))
    form.take("most_km", lambda text: _whole(text, 1, 20_000))
    having = {}
    for one in ACTIVITIES:
        if not data.get(f"on_{one.field}"):
            continue
        try:
            having[one.field] = _quantity(data.get(f"qty_{one.field}", "").strip() or one.usual)
        except _Unfit as fault:
            form.faults[f"activities/{one.field}"] = fault.text
    if not any(name.startswith("activities/") for name in form.faults):
        form.changes["activities"] = having
    return form.changes, form.faults


def _paying(data: Form) -> tuple[Changes, Faults]:
    form = _Reading(data)
    form.take("payer", lambda text: _one_of(text, {one.value: one for one in Payer}, Payer))
    form.take("programme", lambda text: _one_of(text, {one.value: one for one in Programme}, Programme))
    if data.get("payer") not in {Payer.GIFT, Payer.BOTH}:
        return form.changes, form.faults
    form.take("amount", lambda text: _one_of(text, {one.value: one for one in AmountKind}, AmountKind))
    form.take("delivers", lambda text: _one_of(text, {one.value: one for one in Delivery}, Delivery))
    form.take("people", lambda text: _whole(text, 1, PEOPLE_MOST))
    if data.get("each_kg", "").strip():
        try:
            each_g = grams(dict(data), "each_kg", GRAMS_PER_KG)
        except DomainError as fact:
            form.faults["each_kg"] = fact.message()
        else:
            if each_g > EACH_MOST_G:
                form.faults["each_kg"] = _TOO_MUCH
            else:
                form.changes["each_grams"] = each_g
    else:
        form.changes["each_grams"] = None
    form.take("gift_starts_at", _instant)
    form.take("gift_ends_at", _instant)
    form.words("message_zh", MESSAGE_MOST)
    form.words("message_en", MESSAGE_MOST)
    return form.changes, form.faults


_READERS: Final[Mapping[Step, Callable[[Form], tuple[Changes, Faults]]]] = {
    Step.KIND: _kind,
    Step.COUNTING: _counting,
    Step.PAYING: _paying,
    Step.REVIEW: lambda _: ({}, {}),
}


class _Unfit(Exception):
    def __init__(self, text: Text) -> None:
        self.text = text


class _Reading:
    """A form that is read field by field."""

    def __init__(self, data: Form) -> None:
        self.data = data
        self.changes: Changes = {}
        self.faults: Faults = {}

    def take(self, name: str, as_value: Callable[[str], object]) -> None:
        """A field that is of some type, or not said."""
        text = self.data.get(name, "").strip()
        try:
            if text or name not in _NEVER_EMPTY:
                self.changes[name] = as_value(text) if text else None
        except _Unfit as fault:
            self.faults[name] = fault.text

    def words(self, name: str, most: int) -> None:
        """A line of words."""
        text = tidied(self.data.get(name, ""))
        if len(text) > most:
            self.faults[name] = _LONG.filled(most=most)
        else:
            self.changes[name] = text


_NEVER_EMPTY: Final = frozenset({"programme", "amount", "delivers"})


def _one_of(text: str, known: Mapping[str, T], _: type[T]) -> T:
    if text not in known:
        raise _Unfit(_NO_CHOICE)
    return known[text]


def _day(text: str) -> date:
    try:
        return _plausible(date.fromisoformat(text))
    except ValueError:
        raise _Unfit(_NO_DAY) from None


def _instant(text: str) -> datetime:
    """A field of `datetime-local`, which is Beijing's."""
    try:
        return _plausible(datetime.fromisoformat(text).replace(tzinfo=BEIJING))
    except ValueError:
        raise _Unfit(_NO_TIME) from None


def _plausible(when: When) -> When:
    if not is_plausible(when):
        raise _Unfit(NO_SUCH_YEAR)
    return when


def _whole(text: str, least: int, most: int) -> int:
    plain = typed_number(text) or ""
    if not (plain.isdecimal() and len(plain) < 12 and least <= int(plain) <= most):
        raise _Unfit(_NO_NUMBER.filled(least=f"{least:,}", most=f"{most:,}"))
    return int(plain)


def _quantity(text: str) -> str:
    plain = typed_number(text) or ""
    whole, _, part = plain.partition(".")
    if not plain.strip("0.") or len(whole) >= 10 or len(part) > 6:
        raise _Unfit(_NO_QUANTITY)
    return plain


def kg(mass_g: int) -> str:
    kg, rest = divmod(mass_g, GRAMS_PER_KG)
    return f"{kg}.{rest:03d}".rstrip("0").rstrip(".")


def _local(instant: datetime) -> str:
    return instant.astimezone(BEIJING).replace(tzinfo=None).isoformat(timespec="minutes")
