"""The report's cases as claims: what the annex prints of each, and nothing it does not.

It prints name, type, mass and month of retirement. Emissions, credits and plans it does not print: rules that need
them answer `unknown`.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from app.kernel.days import Month, Period
from app.kernel.mass import GRAMS_PER_TONNE
from app.registry.claims.errors import AnnexUnreadable
from app.registry.claims.judging.annex_rules import entity_of, period_of
from app.registry.claims.judging.deciding import judge
from app.registry.claims.judging.profiles import Profile
from app.registry.claims.judging.shapes import Claim, CreditLine, EarlierClaim, EntityKind, Verdicts

COLUMNS: Final = ("no", "name", "organizer", "type", "tonnes", "month")
_MONTH: Final = re.compile(r"[12][0-9]{3}-(?:0[1-9]|1[0-2])")
_TONNES: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row of the annex."""

    number: int
    name: str
    organiser: str
    printed_type: str
    entity: EntityKind
    mass_g: int
    month: Month
    period: Period | None


@dataclass(frozen=True, slots=True)
class JudgedCase:
    """A case with its verdicts."""

    case: Case
    verdicts: Verdicts


def read_annex(file: str, content: bytes) -> list[Case]:
    """The cases of a table with the annex's columns, in its order.

    Raises:
        AnnexUnreadable: names the row of the first fault; the header is row 1.
    """
    try:
        rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        if tuple(next(rows, ())) != COLUMNS:
            raise AnnexUnreadable(
                file=file,
                row=1,
                problem_zh=f"表头应为 {', '.join(COLUMNS)}",
                problem_en=f"the header must be {', '.join(COLUMNS)}",
            )
        return [_case(file, number, cells) for number, cells in enumerate(rows, start=2)]
    except (UnicodeDecodeError, csv.Error) as fault:
        raise AnnexUnreadable(
            file=file, row="-", problem_zh="不是 UTF-8 编码的 CSV", problem_en="is not CSV in UTF-8"
        ) from fault


def judge_annex(cases: Sequence[Case], profile: Profile) -> Iterator[JudgedCase]:
    """Each case under the profile; what stands above it under the same name counts as earlier claims."""
    earlier: dict[str, list[EarlierClaim]] = {}
    for case in cases:
        known = earlier.setdefault(_subject(case.name), [])
        claim = Claim(
            entity=case.entity,
            subject=case.name,
            period=case.period,
            emission_g=None,
            earlier=tuple(known),
        )
        line = CreditLine(credit=f"annex {case.number}", mass_g=case.mass_g)
        yield JudgedCase(case, judge(claim, [line], profile, retired_on=case.month))
        known.append(EarlierClaim(reference=f"annex {case.number}", period=case.period))


def _subject(name: str) -> str:
    """Names under which one subject is printed differ in their spaces."""
    return re.sub(r"\s+", "", name)


def _case(file: str, row: int, cells: list[str]) -> Case:
    def broken(problem_zh: str, problem_en: str) -> AnnexUnreadable:
        return AnnexUnreadable(file=file, row=row, problem_zh=problem_zh, problem_en=problem_en)

    if len(cells) != len(COLUMNS):
        raise broken(f"应有 {len(COLUMNS)} 列", f"must have {len(COLUMNS)} columns")
    number, name, organiser, printed_type, tonnes, month = cells
    entity = entity_of(printed_type, name)
    if entity is None:
        raise broken(f"未知类型 {printed_type!r}", f"unknown type {printed_type!r}")
    if not number.isascii() or not number.isdecimal():
        raise broken(f"{number!r} 不是编号", f"{number!r} is no number of a case")
    if _TONNES.fullmatch(tonnes) is None or (mass_g := int(Decimal(tonnes) * GRAMS_PER_TONNE)) == 0:
        raise broken(f"{tonnes!r} 不是吨数", f"{tonnes!r} is no mass in tonnes")
    if _MONTH.fullmatch(month) is None:
        raise broken(f"{month!r} 不是月份 YYYY-MM", f"{month!r} is no month, YYYY-MM")
    return Case(
        number=int(number),
        name=name,
        organiser=organiser,
        printed_type=printed_type,
        entity=entity,
        mass_g=mass_g,
        month=Month(int(month[:4]), int(month[5:])),
        period=period_of(name),
    )
