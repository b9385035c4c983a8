"""A table of a TOML file, read strictly: each value is asked for by name, and every fault says what would be right. Pure."""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final, TypeVar

from app.kernel.text import Language, Text

MASS_MOST_G: Final = 10**15
"""A thousand million tonnes: more than any event emits, and a slip of three zeros is seen."""
E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FileFault:
    """One thing that is wrong with a file."""

    key: str
    """As TOML would write it: `scenes[2].code`, the first being 1."""
    problem: Text


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with an entry of a list, in words."""

    problem: Text


@dataclass(slots=True)
class Table:
    """A table of the file: what is asked for is taken, what is left over at the end is unknown."""

    told: Mapping[str, Any]
    path: str
    faults: list[FileFault]
    languages: tuple[Language, ...] = tuple(Language)
    _asked: set[str] = field(default_factory=set)

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def fault(self, name: str, zh: str, en: str) -> None:
        self.faults.append(FileFault(self.at(name) if name else self.path, Text(zh=zh, en=en)))

    def has(self, name: str) -> bool:
        """Whether it says this, which it need not."""
        self._asked.add(name)
        return name in self.told

    def value(self, name: str, fits: Callable[[Any], T | None], default: T, zh: str, en: str) -> T:
        """The value, where `fits` makes something of it; else a fault that says what would be right."""
        self._asked.add(name)
        zh = f" {zh}" if zh[0].isdecimal() else zh
        if name not in self.told:
            self.fault(name, f"缺少，应为{zh}", f"is missing: {en}")
            return default
        found = fits(self.told[name])
        if found is None:
            self.fault(name, f"{shown(self.told[name])} 不对，应为{zh}", f"{shown(self.told[name])} is not {en}")
            return default
        return found

    def choice(self, name: str, kind: type[E], default: E) -> E:
        words = " ".join(kind)
        return self.value(
            name, lambda it: kind(it) if it in list(kind) else None, default, f" {words} 之一", f"one of {words}"
        )

    def day(self, name: str) -> date:
        return self.value(
            name,
            lambda it: it if type(it) is date else None,
            date.min,
            "日期，如 2026-11-20",
            "a day such as 2026-11-20",
        )

    def grams(self, name: str, *, least: int) -> int:
        def fits(told: object) -> int | None:
            return told if type(told) is int and least <= told <= MASS_MOST_G else None

        span = f"{least:,} – {MASS_MOST_G:,}"
        return self.value(
            name, fits, least, f"整数克（{span}），不加引号和小数", f"whole grams ({span}), without quotes or decimals"
        )

    def word(self, name: str, pattern: re.Pattern[str], zh: str, en: str) -> str:
        return self.value(name, lambda it: it if isinstance(it, str) and pattern.fullmatch(it) else None, "", zh, en)

    def text(self, name: str, longest: int | Mapping[Language, int]) -> Text:
        """A table with a text for each language of the zone."""
        table = self.table(name)
        if table is None:
            return Text(zh="", en="")
        told = {}
        for language in table.languages:
            most = longest if isinstance(longest, int) else longest[language]
            told[language] = table.line(language.value, most)
        table.close()
        first = told[table.languages[0]]
        return Text(zh=told.get(Language.ZH, first), en=told.get(Language.EN, first))

    def line(self, name: str, most: int) -> str:
        """One printable line of at most so many characters."""
        right_zh, right_en = f"一行文字，1 到 {most} 个字符", f"one line of 1 to {most} characters"
        return self.value(name, lambda it: _said(it, most), "", right_zh, right_en)

    def table(self, name: str) -> "Table | None":
        self._asked.add(name)
        found = self.told.get(name)
        if isinstance(found, dict):
            return Table(found, self.at(name), self.faults, self.languages)
        self.fault(name, f"缺少，应为表 [{self.at(name)}]", f"is missing: a table [{self.at(name)}]")
        return None

    def tables(self, name: str, *, least: int, most: int) -> "Iterator[Table]":
        self._asked.add(name)
        found = self.told.get(name, [])
        if (
            not isinstance(found, list)
            or not all(isinstance(one, dict) for one in found)
            or not least <= len(found) <= most
        ):
            self.fault(
                name,
                f"应为 {least} 到 {most} 个表 [[{self.at(name)}]]",
                f"must be {least} to {most} tables [[{self.at(name)}]]",
            )
            return
        for no, one in enumerate(found, start=1):
            yield Table(one, f"{self.at(name)}[{no}]", self.faults, self.languages)

    def many(self, name: str, fits: Callable[[Any], T | Wrong], *, least: int) -> tuple[T, ...]:
        """A list; of each entry `fits` makes something, or says what is wrong with it."""
        self._asked.add(name)
        found = self.told.get(name)
        if not isinstance(found, list) or len(found) < least:
            self.fault(name, '应为列表，如 ["…"]', 'must be a list such as ["…"]')
            return ()
        made: list[T] = []
        for no, one in enumerate(found, start=1):
            fit = fits(one)
            if isinstance(fit, Wrong):
                self.faults.append(FileFault(f"{self.at(name)}[{no}]", fit.problem))
            else:
                made.append(fit)
        return tuple(made)

    def close(self) -> None:
        """Whatever nobody asked for is unknown."""
        for name in self.told:
            if name in self._asked:
                continue
            near = difflib.get_close_matches(name, self._asked, n=1)
            hint = Text(zh=f"，是否想写 {near[0]}", en=f"; did you mean {near[0]}") if near else Text(zh="", en="")
            known = " ".join(sorted(self._asked))
            self.fault(name, f"没有这个键{hint.zh}；可用：{known}", f"is no key here{hint.en}; known: {known}")


def _said(told: object, most: int) -> str | None:
    if not isinstance(told, str) or not told.isprintable() or told != told.strip():
        return None
    return told if 0 < len(told) <= most else None


def shown(told: object) -> str:
    return repr(told)[:40] if not isinstance(told, str) else f'"{told[:40]}"'
