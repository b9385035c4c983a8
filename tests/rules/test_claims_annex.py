"""The report's annex: every case read, its period from its name, its type as a kind of subject, its verdicts."""

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from app.kernel.days import Month
from app.registry.claims import (
    AnnexUnreadable,
    EntityKind,
    Rule,
    Standing,
    Verdict,
    judge_annex,
    read_annex,
    standing,
)
from app.registry.claims.judging.annex_rules import entity_of, period_of
from config.places import ANNEX
from tests.sample_claims import ISO, LOCAL, MEE, PROFILES

CONTENT = ANNEX.read_bytes()
CASES = {case.number: case for case in read_annex(ANNEX.name, CONTENT)}
JUDGED = {
    name: {each.case.number: each.verdicts for each in judge_annex(list(CASES.values()), profile)}
    for name, profile in PROFILES.items()
}


def numbers(profile, rule, verdict):
    return [number for number, verdicts in JUDGED[profile.name].items() if verdicts.of(rule).verdict is verdict]


def test_the_sums_are_those_of_the_report():
    by_type = Counter()
    for case in CASES.values():
        by_type[case.printed_type] += case.mass_g

    assert (list(CASES), sum(by_type.values())) == (list(range(1, 133)), 616_921_203_000)
    assert {name: str(Decimal(grams).scaleb(-6).quantize(Decimal("0.001"))) for name, grams in by_type.items()} == {
        "企业碳中和": "86595.063", "会议": "5656.593", "产品碳足迹": "125366.136", "零碳金融网点": "1353.120",
        "零碳会议室": "33.146", "赛事": "397789.355", "景区": "56.000", "会展": "71.790",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("number", "first", "last"),
    [
        (1, "2023-03-30", "2023-03-31"),
        (2, "2022-01-01", "2022-12-31"),  # 2022 年度
        (8, "2021-01-01", "2021-12-31"),  # 2021 年碳中和
        (11, "2022-01-01", "2022-12-31"),  # 2022 年碳排放总量
        (19, "2022-01-01", "2022-12-31"),  # 2022年认购碳减排量
        (31, "2022-01-01", "2022-12-31"),  # 2022 年 1 月 1日—2022 年 12 月 31日
        (69, "2023-01-01", "2023-12-31"),  # no space before the period
        (74, "2023-01-01", "2023-12-31"),  # no space before 至
        (84, "2022-01-01", "2022-12-31"),  # 2022 年度温室气体排放量
        (85, "2023-11-06", "2023-11-06"),  # one day
        (110, "2023-09-21", "2025-09-21"),  # two years
        (112, "2022-01-01", "2022-12-31"),  # 至 between written days
        (117, "2023-06-01", "2023-11-30"),  # 2023 年 6-11 月
        (119, "2022-01-01", "2022-12-31"),  # 2022 年市场营销策划服务活动: a year of services
        (120, "2022-11-10", "2023-11-10"),  # a room's number stands before
        (123, "2023-10-01", "2023-12-31"),  # 2023 年 10-12 月, and a quantity behind
        (126, "2023-12-01", "2023-12-31"),  # 2023 年 12 月
        (128, "2023-08-01", "2023-12-31"),  # 2023 年 8 月-12 月
        (132, "2023-12-01", "2024-04-11"),
    ],
)
def test_a_period_is_read_out_of_the_name(number, first, last):
    period = CASES[number].period

    assert (period.first, period.last) == (date.fromisoformat(first), date.fromisoformat(last))


def test_a_year_that_only_tells_the_edition_is_no_period():
    assert len([case for case in CASES.values() if case.period]) == 61
    for number in (18, 29, 44, 50, 54, 73, 100, 104, 108, 118, 125):
        assert CASES[number].period is None, CASES[number].name


@pytest.mark.parametrize(
    "name",
    [
        "示例 2023-02-29 至 2023-12-31",
        "示例 2023-12-31 至 2023-01-01",
        "示例 2023 年 11-6 月",
        "示例 2023 年 13 月",
        "示例",
    ],
)
def test_a_misprinted_period_is_none_and_nothing_is_guessed(name):
    assert period_of(name) is None


@pytest.mark.parametrize(
    ("spaced", "expected"),
    [("2023年6-11月", "2023-06-01/2023-11-30"), ("2022年1月1日—2022年12月31日", "2022-01-01/2022-12-31"),
     ("2022-01-01至2022-12-31", "2022-01-01/2022-12-31"), ("2022年度", "2022-01-01/2022-12-31"),
     ("2024 年 2 月", "2024-02-01/2024-02-29")],
)  # fmt: skip
def test_spaces_may_be_missing(spaced, expected):
    assert str(period_of(f"示例公司{spaced}碳中和")) == expected


def test_the_eight_types_are_kinds_of_subject():
    kinds = {case.printed_type: case.entity for case in CASES.values() if case.entity is not EntityKind.TERRITORY}

    assert kinds == {
        "企业碳中和": EntityKind.ORGANISATION, "产品碳足迹": EntityKind.PRODUCT, "会议": EntityKind.MEETING,
        "赛事": EntityKind.EVENT, "会展": EntityKind.EVENT, "零碳金融网点": EntityKind.SITE,
        "零碳会议室": EntityKind.SITE, "景区": EntityKind.SITE,
    }  # fmt: skip
    assert entity_of("其他", "x") is None


def test_neighbourhoods_printed_as_meetings_are_territories_and_their_committees_organisations():
    territories = [case.number for case in CASES.values() if case.entity is EntityKind.TERRITORY]

    assert territories == [2, 15, 16, 43]
    assert numbers(ISO, Rule.SCOPE, Verdict.FAIL) == territories
    assert CASES[22].entity is CASES[36].entity is EntityKind.ORGANISATION
    assert entity_of("会议", "示例社区居民委员会年会") is EntityKind.MEETING


def test_under_the_local_profile_no_case_is_stopped():
    assert {standing(verdicts) for verdicts in JUDGED[LOCAL.name].values()} == {Standing.OPEN}


@pytest.mark.parametrize("profile", [ISO, MEE], ids=lambda profile: profile.name)
def test_under_the_stricter_profiles_the_late_cases_are_stopped_and_no_other(profile):
    late = [8, 119, 131]

    assert numbers(profile, Rule.RETIRED_12M, Verdict.FAIL) == late
    assert [n for n, v in JUDGED[profile.name].items() if standing(v) is Standing.BLOCKED] == late
    assert numbers(profile, Rule.RETIRED_12M, Verdict.UNKNOWN) == [107]


def test_cases_retired_before_their_period_was_over_are_pending():
    assert numbers(ISO, Rule.PERIOD_ENDED, Verdict.PENDING) == [69, 72, 74, 87, 88, 103, 110]
    assert numbers(ISO, Rule.PERIOD_ENDED, Verdict.UNKNOWN) == [55, 56, 85, 132]


def test_several_retirements_for_one_subject_are_told():
    assert numbers(LOCAL, Rule.DOUBLE_CLAIM, Verdict.FAIL) == [27, 62, 82, 83, 127]
    universiade = JUDGED[LOCAL.name][61].of(Rule.DOUBLE_CLAIM)
    assert universiade.verdict is Verdict.UNKNOWN
    assert [each["reference"] for each in universiade.inputs["earlier"]] == [
        f"annex {number}" for number in (44, 45, 47, 57, 58, 59, 60)
    ]


def test_what_the_annex_does_not_print_is_not_known():
    for rule in (Rule.REDUCED_FIRST, Rule.QUALITY, Rule.EX_POST, Rule.COVERS, Rule.METHODOLOGY):
        assert len(numbers(ISO, rule, Verdict.UNKNOWN)) == 132


@pytest.mark.parametrize(
    ("old", "new", "row"),
    [
        ("no,name", "nr,name", 1),
        ("企业碳中和,1,2023-05", "企业碳中和,1,2023-13", 2),
        ("企业碳中和,1,2023-05", "企业碳中和,1,2023-05-01", 2),
        ("企业碳中和,1,2023-05", "企业碳中和,0,2023-05", 2),
        ("企业碳中和,1,2023-05", "企业碳中和,1e3,2023-05", 2),
        ("企业碳中和,1,2023-05", "企业,1,2023-05", 2),
        ("企业碳中和,1,2023-05", "企业碳中和,1", 2),
        ("\n3,四川达能", "\n三,四川达能", 4),
    ],
)
def test_another_table_is_refused_with_its_row(old, new, row):
    text = CONTENT.decode("utf-8-sig")
    assert old in text
    with pytest.raises(AnnexUnreadable) as refusal:
        read_annex("annex.csv", text.replace(old, new, 1).encode())
    assert refusal.value.facts["row"] == row


def test_a_table_in_another_code_page_is_refused():
    with pytest.raises(AnnexUnreadable):
        read_annex("annex.csv", CONTENT.decode("utf-8-sig").replace("•", "·").encode("gb18030"))


def test_the_month_of_a_case_is_all_that_is_known_of_its_day():
    assert CASES[1].month == Month(2023, 5)
