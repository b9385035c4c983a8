"""Reading a claim that somebody wrote, by hand or by program: JSON, and the first fault is named by its pointer."""

import json
from datetime import date
from enum import StrEnum
from typing import Any, Final, NoReturn, TypeVar

from app.kernel.days import Period, When, read_day, read_when
from app.registry.claims.errors import ClaimUnreadable
from app.registry.claims.judging.shapes import (
    Claim,
    CreditLine,
    EarlierClaim,
    EntityKind,
    Submission,
    UnitKind,
)

BYTES_MOST: Final = 1_000_000
LINES_MOST: Final = 1_000
TEXT_MOST: Final = 500
MASS_MOST_G: Final = 10**18
"""A million million tonnes, more than mankind emits; below the database's largest integer."""
YEARS: Final = (1990, 2200)

E_ = TypeVar("E_", bound=StrEnum)


def read_claim(raw: bytes) -> Submission:
    """The claim, its credit lines and the day of retirement.

    A member left out, or null, is "not known". Masses are whole grams; days are `2024-12-31`, and the day of
    retirement may be a month, `2024-12`.

    Raises:
        ClaimUnreadable: `field` is the JSON Pointer of the first fault.
    """
    document = _Members("", _parse(raw))
    claim = document.inside("claim")
    retired_on = document.when("retired_on")
    read = Submission(
        claim=Claim(
            entity=claim.needed("entity", claim.member("entity", EntityKind)),
            subject=claim.needed("subject", claim.text("subject")),
            period=claim.period(),
            emission_g=claim.mass("emission_g"),
            retired_g=claim.mass("retired_g") or 0,
            are_reductions_recorded=claim.truth("are_reductions_recorded"),
            residual_reason=claim.text("residual_reason"),
            plan_id=claim.text("plan_id"),
            earlier=_earlier(claim),
        ),
        lines=tuple(_line(each) for each in document.items("lines") or ()),
        retired_on=retired_on,
    )
    claim.nothing_else()
    document.nothing_else()
    return read


def _earlier(claim: "_Members") -> tuple[EarlierClaim, ...] | None:
    items = claim.items("earlier")
    if items is None:
        return None
    found = []
    for each in items:
        reference = each.needed("reference", each.text("reference"))
        found.append(EarlierClaim(reference=reference, period=each.period()))
        each.nothing_else()
    return tuple(found)


def _line(line: "_Members") -> CreditLine:
    mass_g = line.needed("mass_g", line.mass("mass_g"))
    if mass_g == 0:
        line.refuse("mass_g", "应大于 0", "must be greater than 0")
    starts, ends = line.day("vintage_start"), line.day("vintage_end")
    if starts is not None and ends is not None and ends < starts:
        line.refuse("vintage_end", "早于 vintage_start", "lies before vintage_start")
    rank = line.whole("rank", most=100)
    if rank == 0:
        line.refuse("rank", "从 1 起", "begins with 1")
    read = CreditLine(
        credit=line.needed("credit", line.text("credit")),
        mass_g=mass_g,
        programme=line.text("programme"),
        vintage_start=starts,
        vintage_end=ends,
        issued_on=line.day("issued_on"),
        unit_kind=line.member("unit_kind", UnitKind),
        is_real=line.truth("is_real"),
        is_additional=line.truth("is_additional"),
        is_permanent=line.truth("is_permanent"),
        methodology=line.text("methodology"),
        suspended_from=line.day("suspended_from"),
        country=line.text("country"),
        rank=rank,
    )
    line.nothing_else()
    return read


T = TypeVar("T")


class _Members:
    """The members of one object, and where it stands; an unknown member is refused, lest a misspelt one pass unseen."""

    def __init__(self, pointer: str, content: object) -> None:
        self.pointer = pointer
        if not isinstance(content, dict):
            _refuse(pointer, "应为对象 {…}", "must be an object {…}")
        self.content: dict[str, Any] = content
        self.seen: set[str] = set()

    def refuse(self, name: str, problem_zh: str, problem_en: str) -> NoReturn:
        _refuse(f"{self.pointer}/{name}", problem_zh, problem_en)

    def get(self, name: str, of: type[T], kind_zh: str, kind_en: str) -> T | None:
        self.seen.add(name)
        value = self.content.get(name)
        if value is None:
            return None
        if not isinstance(value, of) or (isinstance(value, bool) and of is not bool):
            self.refuse(name, f"应为{kind_zh}", f"must be {kind_en}")
        return value

    def needed(self, name: str, value: T | None) -> T:
        if value is None:
            self.refuse(name, "必填", "is required")
        return value

    def inside(self, name: str) -> "_Members":
        self.seen.add(name)
        return _Members(f"{self.pointer}/{name}", self.content.get(name))

    def items(self, name: str) -> list["_Members"] | None:
        values = self.get(name, list, "列表", "a list")
        if values is not None and len(values) > LINES_MOST:
            self.refuse(name, f"不得超过 {LINES_MOST} 项", f"must not have more than {LINES_MOST} entries")
        return values and [_Members(f"{self.pointer}/{name}/{place}", value) for place, value in enumerate(values)]

    def text(self, name: str) -> str | None:
        value = self.get(name, str, "文字", "a text")
        if value is not None and (len(value) > TEXT_MOST or not value.isprintable()):
            self.refuse(
                name,
                f"不得超过 {TEXT_MOST} 字，且不含控制字符",
                f"must have at most {TEXT_MOST} characters and no control character",
            )
        return value

    def truth(self, name: str) -> bool | None:
        return self.get(name, bool, " true 或 false", "true or false")

    def whole(self, name: str, *, most: int) -> int | None:
        value = self.get(name, int, "整数", "a whole number")
        if value is not None and not 0 <= value <= most:
            self.refuse(name, f"应在 0 与 {most} 之间", f"must be between 0 and {most}")
        return value

    def mass(self, name: str) -> int | None:
        return self.whole(name, most=MASS_MOST_G)

    def member(self, name: str, kind: type[E_]) -> E_ | None:
        value = self.text(name)
        if value is None:
            return None
        try:
            return kind(value)
        except ValueError:
            choices = ", ".join(kind)
            self.refuse(name, f"应为 {choices} 之一", f"must be one of {choices}")

    def day(self, name: str) -> date | None:
        value = self.text(name)
        if value is None:
            return None
        try:
            day = read_day(value)
        except ValueError:
            self.refuse(name, "应为日期 YYYY-MM-DD", "must be a day, YYYY-MM-DD")
        self._check_year(name, day.year)
        return day

    def when(self, name: str) -> When:
        value = self.needed(name, self.text(name))
        try:
            when = read_when(value)
        except ValueError:
            self.refuse(name, "应为日期 YYYY-MM-DD 或月份 YYYY-MM", "must be a day or a month, YYYY-MM-DD or YYYY-MM")
        self._check_year(name, when.year)
        return when

    def period(self) -> Period | None:
        first, last = self.day("period_from"), self.day("period_to")
        if first is None and last is None:
            return None
        if first is None or last is None:
            name = "period_from" if first is None else "period_to"
            self.refuse(name, "期间须有首日与末日", "is missing: a period needs both its days")
        if last < first:
            self.refuse("period_to", "早于 period_from", "lies before period_from")
        return Period(first, last)

    def nothing_else(self) -> None:
        for name in sorted(set(self.content) - self.seen):
            shown = name[:TEXT_MOST] if name.isprintable() else "?"
            self.refuse(shown, "未知项", "is unknown")

    def _check_year(self, name: str, year: int) -> None:
        if not YEARS[0] <= year <= YEARS[1]:
            self.refuse(
                name, f"年份应在 {YEARS[0]} 与 {YEARS[1]} 之间", f"must lie in the years {YEARS[0]} to {YEARS[1]}"
            )


def _parse(raw: bytes) -> object:
    if len(raw) > BYTES_MOST:
        _refuse("", f"超过 {BYTES_MOST} 字节", f"is longer than {BYTES_MOST} bytes")
    try:
        return json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_constant)
    except UnicodeDecodeError:
        _refuse("", "不是 UTF-8 文本", "is not UTF-8 text")
    except json.JSONDecodeError as fault:
        _refuse("", f"不是 JSON（第 {fault.lineno} 行第 {fault.colno} 列）", f"is not JSON: {fault}")
    except RecursionError as fault:
        _refuse("", "嵌套过深", f"is not JSON: {fault}")
    except ValueError as fault:  # Python reads no whole number of so many digits
        _refuse("", "有一个数字过长", f"is not JSON: {fault}")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Of two members with one name the last would win, silently."""
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            called = repr(name[:TEXT_MOST])
            _refuse("", f"{called} 出现了两次", f"is not JSON: {called} stands twice")
        found[name] = value
    return found


def _no_constant(name: str) -> float:
    _refuse("", f"{name} 不是 JSON 的数字", f"is not JSON: {name} is no number of JSON")


def _refuse(pointer: str, problem_zh: str, problem_en: str) -> NoReturn:
    raise ClaimUnreadable(place=pointer or "/", problem_zh=problem_zh, problem_en=problem_en, field=pointer or "/")
