"""Claims and credit lines that satisfy every rule of every profile, to be spoiled one thing at a time."""

from dataclasses import replace
from datetime import date
from typing import Any

from app.kernel.days import Period, When
from app.registry.claims import (
    Claim,
    CreditLine,
    EntityKind,
    Finding,
    Profile,
    Rule,
    UnitKind,
    Verdict,
    judge,
    load_profiles,
)
from config.places import RULES

PROFILES = load_profiles(RULES)
ISO, MEE, LOCAL = PROFILES["iso14068-1"], PROFILES["mee-event-2019"], PROFILES["local"]
YEAR_2023 = Period(date(2023, 1, 1), date(2023, 12, 31))
RETIRED_ON = date(2024, 6, 1)

CLAIM = Claim(
    entity=EntityKind.EVENT,
    subject="示例欢乐跑",
    period=YEAR_2023,
    emission_g=12_400,
    are_reductions_recorded=True,
    residual_reason="参赛者自行前来",
    plan_id="CNMP-2023-01",
)
LINE = CreditLine(
    credit="CDCER-2022-0113",
    mass_g=12_400,
    programme="CDCER",
    vintage_start=date(2022, 1, 1),
    vintage_end=date(2022, 12, 31),
    issued_on=date(2023, 6, 30),
    unit_kind=UnitKind.REMOVAL,
    is_real=True,
    is_additional=True,
    is_permanent=True,
    methodology="CDCER-001-V01",
    country="CN",
)


def claim(**changes: Any) -> Claim:
    return replace(CLAIM, **changes)


def line(**changes: Any) -> CreditLine:
    return replace(LINE, **changes)


def found(
    rule: Rule,
    of: Claim = CLAIM,
    lines: tuple[CreditLine, ...] = (LINE,),
    *,
    profile: Profile = ISO,
    retired_on: When = RETIRED_ON,
) -> Finding:
    """What one rule finds."""
    return judge(of, lines, profile, retired_on=retired_on).of(rule)


def verdict(rule: Rule, of: Claim = CLAIM, lines: tuple[CreditLine, ...] = (LINE,), **how: Any) -> Verdict:
    return found(rule, of, lines, **how).verdict
