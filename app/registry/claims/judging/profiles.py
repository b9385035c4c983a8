"""Rule profiles (规则档): how heavy each rule weighs, and its figures. One TOML file each; the first fault stops it."""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NoReturn, TypeVar

from app.kernel.days import is_day
from app.kernel.text import Text
from app.registry.claims.errors import ProfileFileBroken, ProfileUnknown
from app.registry.claims.judging.shapes import EntityKind, Rule, Severity, Stage, UnitKind

MONTHS_MOST: Final = 600
_NAME: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Anchor(StrEnum):
    """From which day of the claimed period the age of a credit counts."""

    START = "start"
    """From its first day: the stricter one."""
    END = "end"
    """From its last day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One published version of a rule profile."""

    name: str
    version: str
    effective_on: date
    """From which day this version judges new claims; older ones keep the verdicts they were given."""
    title: Text
    source: Text
    """The document behind it, and what of it we have not seen."""
    strength: int
    """Which profile is weaker: the lower figure."""
    offered_to: frozenset[EntityKind]
    """For whom it may stand in where a stronger profile is refused."""
    severities: Mapping[Rule, Severity]
    unit_kinds: frozenset[UnitKind]
    vintage_months: int
    vintage_anchor: Anchor
    retired_months: int
    final_at: Stage
    """Which retirement date makes a judgement final."""
    ranks: Mapping[str, int]
    """Rank by programme, 1 the most preferred."""
    rank_in_china: int | None
    """Rank of any other programme's project in China; None: it has none."""
    subjects: frozenset[EntityKind]
    content_sha256: str


@dataclass(frozen=True, slots=True)
class ProfileSet:
    """The profiles of an installation, and which of them judges a claim that asks for none."""

    profiles: Mapping[str, Profile]
    """By name, the strongest first."""
    default: Profile

    def of(self, name: str | None) -> Profile | None:
        """The profile that was asked for, the default where none was; None: it is not in use here any more."""
        return self.default if name is None else self.profiles.get(name)


def load_profiles(folder: Path) -> Mapping[str, Profile]:
    """Every profile in `folder`, by name, the strongest first.

    Raises:
        ProfileFileBroken: a file is faulty, is not named after its profile, or two are equally strong.
        OSError: a file cannot be read.
    """
    profiles = [read_profile(path.name, path.read_bytes()) for path in sorted(folder.glob("*.toml"))]
    if not profiles:
        _refuse(folder.name, "-", "没有规则档", "holds no profile")
    profiles.sort(key=lambda profile: -profile.strength)
    for weaker, stronger in zip(profiles[1:], profiles, strict=False):
        if weaker.strength == stronger.strength:
            _refuse(f"{weaker.name}.toml", "strength", f"与 {stronger.name} 相同", f"is that of {stronger.name}")
    return MappingProxyType({profile.name: profile for profile in profiles})


def choose(profiles: Mapping[str, Profile], name: str, *, field: str = "/profile") -> Profile:
    """The profile of that name.

    Raises:
        ProfileUnknown: there is none; `field` is where it was named.
    """
    if (profile := profiles.get(name)) is None:
        raise ProfileUnknown(name=name[:64], known=", ".join(profiles), field=field)
    return profile


def read_profile(file: str, content: bytes) -> Profile:
    """One profile from the content of its file.

    Raises:
        ProfileFileBroken: names the place of the first fault.
    """
    try:
        document = tomllib.loads(content.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        _refuse(file, "-", f"不是 TOML：{fault}", f"is not TOML: {fault}")
    head = _Table(file, "", document)
    rules = head.table("rules")
    sections = {rule: _section(rules, rule) for rule in Rule}
    rules.nothing_else()
    quality, vintage = sections[Rule.QUALITY], sections[Rule.VINTAGE_5Y]
    retired, rank, scope = sections[Rule.RETIRED_12M], sections[Rule.CREDIT_RANK], sections[Rule.SCOPE]
    profile = Profile(
        name=head.text("profile"),
        version=head.text("version"),
        effective_on=head.day("effective_on"),
        title=head.both("title"),
        source=head.both("source"),
        strength=head.number("strength", most=1000),
        offered_to=head.members("offered_to", EntityKind),
        severities=MappingProxyType({rule: section.severity for rule, section in sections.items()}),
        unit_kinds=quality.members("unit_kinds", UnitKind),
        vintage_months=vintage.number("months", most=MONTHS_MOST),
        vintage_anchor=vintage.member("anchor", Anchor, Anchor.START),
        retired_months=retired.number("months", most=MONTHS_MOST),
        final_at=retired.member("final_at", Stage, Stage.SETTLED),
        ranks=MappingProxyType(rank.ranks()),
        rank_in_china=rank.number("other_in_china", most=100) or None,
        subjects=scope.members("subjects", EntityKind),
        content_sha256=_fingerprint(document),
    )
    head.nothing_else()
    for section in sections.values():
        section.nothing_else()
    if _NAME.fullmatch(profile.name) is None or f"{profile.name}.toml" != file:
        _refuse(file, "profile", "与文件名不一致", "differs from the file's name")
    return profile


E_ = TypeVar("E_", bound=StrEnum)
T = TypeVar("T")


class _Table:
    """One table of the file, which notes what was read of it: a misspelt key must not pass unseen."""

    def __init__(self, file: str, place: str, content: Mapping[str, Any]) -> None:
        self.file, self.place, self.content = file, place, content
        self.severity = Severity.NONE
        self.is_silent = False  # a rule the profile does not ask for has no figures
        self.seen: set[str] = set()

    def fault(self, key: str, problem_zh: str, problem_en: str) -> NoReturn:
        _refuse(self.file, f"{self.place}{key}", problem_zh, problem_en)

    def take(self, key: str, of: type[T], kind_zh: str, kind_en: str) -> T:
        self.seen.add(key)
        value = self.content.get(key)
        if value is None:
            self.fault(key, "缺失", "is missing")
        if not isinstance(value, of) or isinstance(value, bool):
            self.fault(key, f"应为{kind_zh}", f"must be {kind_en}")
        return value

    def table(self, key: str) -> "_Table":
        return _Table(self.file, f"{self.place}{key}.", self.take(key, dict, "表", "a table"))

    def text(self, key: str) -> str:
        value = self.take(key, str, "文字", "a text")
        if not value.strip():
            self.fault(key, "为空", "is empty")
        return value

    def both(self, key: str) -> Text:
        table = self.table(key)
        text = Text(zh=table.text("zh"), en=table.text("en"))
        table.nothing_else()
        return text

    def day(self, key: str) -> date:
        value = self.take(key, date, "日期", "a date")
        if not is_day(value):
            self.fault(key, "应为日期，不含时刻", "must be a date without a time")
        return value

    def number(self, key: str, *, most: int) -> int:
        if self.is_silent:
            return 0
        value = self.take(key, int, "整数", "a whole number")
        if not 1 <= value <= most:
            self.fault(key, f"应在 1 与 {most} 之间", f"must be between 1 and {most}")
        return value

    def member(self, key: str, kind: type[E_], silent: E_) -> E_:
        return silent if self.is_silent else self._as_member(key, kind, self.text(key))

    def members(self, key: str, kind: type[E_]) -> frozenset[E_]:
        if self.is_silent:
            return frozenset()
        values = self.take(key, list, "列表", "a list")
        found = [self._as_member(key, kind, value) for value in values]
        if not found or len(set(found)) < len(found):
            self.fault(key, "为空或有重复", "is empty or names one twice")
        return frozenset(found)

    def ranks(self) -> dict[str, int]:
        if self.is_silent:
            return {}
        table = self.table("ranks")
        found = {programme: table.number(programme, most=100) for programme in table.content}
        if not found:
            self.fault("ranks", "为空", "is empty")
        return found

    def nothing_else(self) -> None:
        for key in sorted(set(self.content) - self.seen):
            self.fault(key, "未知项", "is unknown")

    def _as_member(self, key: str, kind: type[E_], value: Any) -> E_:  # noqa: ANN401 - from the file; the kind refuses what it is not
        try:
            return kind(value)
        except ValueError:
            choices = ", ".join(kind)
            self.fault(key, f"{value!r} 不在 {choices} 之中", f"{value!r} is not one of {choices}")


def _section(rules: _Table, rule: Rule) -> _Table:
    section = rules.table(rule.value)
    section.severity = section.member("severity", Severity, Severity.NONE)
    section.is_silent = section.severity is Severity.NONE
    return section


def _fingerprint(document: Mapping[str, Any]) -> str:
    canonical = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _refuse(file: str, place: str, problem_zh: str, problem_en: str) -> NoReturn:
    raise ProfileFileBroken(file=file, place=place, problem_zh=problem_zh, problem_en=problem_en)
