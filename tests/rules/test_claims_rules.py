"""The rules about claims and credits, what stops a claim, what it may call itself, and what is offered instead."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.days import Month, Period
from app.registry.claims import (
    EarlierClaim,
    EntityKind,
    Level,
    Rule,
    Severity,
    Stage,
    Standing,
    UnitKind,
    Verdict,
    blocked,
    in_force,
    judge,
    standing,
    title,
    undecided,
    weaker_profiles,
)
from tests.sample_claims import CLAIM, ISO, LINE, LOCAL, MEE, PROFILES, RETIRED_ON, claim, found, line, verdict

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
EVERY_PROFILE = pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)


def judged(of=CLAIM, lines=(LINE,), profile=ISO, retired_on=RETIRED_ON, stage=Stage.UPSTREAM):
    return judge(of, lines, profile, retired_on=retired_on, stage=stage)


@EVERY_PROFILE
def test_every_rule_is_answered_once_in_the_order_of_the_table_with_a_reason_in_both_languages(profile):
    findings = judged(profile=profile).findings

    assert [finding.rule for finding in findings] == list(Rule)
    assert len(findings) == 11
    for finding in findings:
        assert (finding.profile, finding.version) == (profile.name, profile.version)
        assert finding.severity is profile.severities[finding.rule]
        assert finding.reason.zh
        assert finding.reason.en
        assert "{" not in finding.reason.zh + finding.reason.en, "a figure is missing"


@EVERY_PROFILE
def test_a_flawless_claim_passes_whatever_the_profile_asks(profile):
    verdicts = judged(profile=profile)

    for finding in verdicts.findings:
        assert finding.verdict is (Verdict.NOT_APPLICABLE if finding.severity is Severity.NONE else PASS), finding
    assert standing(verdicts) is Standing.STANDS
    assert title(verdicts).level is Level.NEUTRAL


@pytest.mark.parametrize(
    ("changes", "expected", "told"),
    [
        ({"are_reductions_recorded": False}, FAIL, "own reductions"),
        ({"residual_reason": " "}, FAIL, "the reason for the residual"),
        ({"plan_id": ""}, FAIL, "a plan"),
        ({"plan_id": None}, UNKNOWN, "a plan"),
        ({"plan_id": None, "are_reductions_recorded": False}, FAIL, "own reductions"),
    ],
)
def test_reductions_come_first_with_reason_and_plan(changes, expected, told):
    finding = found(Rule.REDUCED_FIRST, claim(**changes))

    assert finding.verdict is expected
    assert told in finding.reason.en


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"is_real": False}, FAIL),
        ({"is_additional": None}, UNKNOWN),
        ({"is_permanent": False, "is_real": None}, FAIL),
        ({"unit_kind": None}, UNKNOWN),
        ({"unit_kind": UnitKind.REDUCTION}, PASS),
        ({"unit_kind": UnitKind.ALLOWANCE}, FAIL),
    ],
)
def test_quality_needs_each_of_its_flags(changes, expected):
    assert verdict(Rule.QUALITY, lines=(line(**changes),)) is expected


def test_an_allowance_will_do_for_the_event_guide_only():
    allowance = (line(unit_kind=UnitKind.ALLOWANCE, programme="CEA"),)

    assert verdict(Rule.QUALITY, lines=allowance, profile=MEE) is PASS
    assert verdict(Rule.QUALITY, lines=allowance, profile=LOCAL) is FAIL


@pytest.mark.parametrize(
    ("changes", "expected", "rank"),
    [
        ({"programme": "CEA"}, PASS, 1),
        ({"programme": "CCER"}, PASS, 2),
        ({"programme": "CQCER"}, PASS, 3),
        ({"programme": "FORESTRY", "country": None}, PASS, 3),
        ({"programme": "VCU", "country": "CN"}, PASS, 4),
        ({"programme": "VCU", "country": "US"}, FAIL, None),
        ({"programme": "VCU", "country": None}, UNKNOWN, None),
        ({"programme": None}, UNKNOWN, None),
        ({"programme": "VCU", "country": "US", "rank": 4}, PASS, 4),
    ],
)
def test_the_event_guide_ranks_credits_and_a_foreign_one_has_no_rank(changes, expected, rank):
    finding = found(Rule.CREDIT_RANK, lines=(line(**changes),), profile=MEE)

    assert (finding.verdict, finding.inputs["lines"][0]["rank"]) == (expected, rank)
    assert ("voluntary, not according to the guide" in finding.reason.en) == (expected is FAIL)


@pytest.mark.parametrize(
    ("emission_g", "before_g", "expected"),
    [(12_400, 0, PASS), (12_401, 0, FAIL), (12_401, 1, PASS), (12_399, 0, PASS), (0, 0, PASS), (None, 0, UNKNOWN)],
)
def test_what_was_retired_in_all_covers_the_emission_to_the_gram(emission_g, before_g, expected):
    finding = found(Rule.COVERS, claim(emission_g=emission_g, retired_g=before_g))

    assert (finding.verdict, finding.limit) == (expected, emission_g)
    assert finding.inputs == {"emission_g": emission_g, "retired_g": 12_400 + before_g}


@pytest.mark.parametrize("entity", EntityKind)
def test_iso_leaves_out_persons_and_territories_with_a_warning(entity):
    expected = FAIL if entity in {EntityKind.PERSON, EntityKind.TERRITORY} else PASS

    finding = found(Rule.SCOPE, claim(entity=entity))
    assert (finding.verdict, finding.severity) == (expected, Severity.WARN)


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [
        ((), PASS),
        (None, UNKNOWN),
        ((("2022-01-01", "2022-12-31"),), PASS),
        ((("2022-01-01", "2023-01-01"),), FAIL),
        ((("2023-12-31", "2024-12-31"),), FAIL),
        ((None,), UNKNOWN),
        ((None, ("2023-05-01", "2023-05-01")), FAIL),
    ],
)
def test_an_earlier_claim_that_shares_a_day_is_told(earlier, expected):
    known = earlier and tuple(
        EarlierClaim(reference=f"R-{n}", period=days and Period(*map(date.fromisoformat, days)))
        for n, days in enumerate(earlier)
    )
    assert verdict(Rule.DOUBLE_CLAIM, claim(earlier=known)) is expected


def test_a_credit_nobody_named_decides_nothing():
    for rule in (Rule.QUALITY, Rule.VINTAGE_5Y, Rule.EX_POST, Rule.METHODOLOGY):
        assert verdict(rule, lines=()) is UNKNOWN


@pytest.mark.parametrize("order", [1, -1])
def test_one_bad_line_decides_for_all_and_is_named(order):
    bad = line(credit="OLD", vintage_end=date(2015, 12, 31))
    unknown = line(credit="DIM", vintage_end=None)
    finding = found(Rule.VINTAGE_5Y, lines=(LINE, unknown, bad)[::order])

    assert finding.verdict is FAIL
    assert finding.reason.zh.startswith("OLD")
    assert finding.limit == "2020-12-31"
    assert {each["credit"]: each["verdict"] for each in finding.inputs["lines"]} == {
        LINE.credit: "pass", "DIM": "unknown", "OLD": "fail",
    }  # fmt: skip


def test_of_lines_that_all_pass_the_tightest_limit_is_told():
    older = line(credit="OLDER", vintage_end=date(2021, 12, 31))
    held_back = line(credit="HELD", suspended_from=date(2025, 1, 1))

    assert found(Rule.VINTAGE_5Y, lines=(LINE, older)).limit == "2026-12-31"
    assert found(Rule.EX_POST, lines=(LINE, older, line(issued_on=date(2024, 1, 2)))).limit == "2024-01-02"
    assert found(Rule.METHODOLOGY, lines=(LINE, held_back)).limit == "2025-01-01"


def test_only_a_failure_of_a_blocking_rule_stops_a_claim():
    late = {"retired_on": date(2025, 1, 1)}

    assert [finding.rule for finding in blocked(judged(**late))] == [Rule.RETIRED_12M]
    assert blocked(judged(profile=LOCAL, **late)) == ()
    assert judged(profile=LOCAL, **late).of(Rule.RETIRED_12M).verdict is FAIL


def test_what_is_not_known_neither_stops_a_claim_nor_lets_it_stand():
    verdicts = judged(lines=(line(is_additional=None),))

    assert blocked(verdicts) == ()
    assert [finding.rule for finding in undecided(verdicts)] == [Rule.QUALITY]
    assert standing(verdicts) is Standing.OPEN
    assert (title(verdicts).level, title(verdicts).held_by) == (Level.OFFSET, (Rule.QUALITY,))


def test_less_than_the_emission_is_an_offset_and_no_neutrality():
    short = claim(emission_g=12_401)

    assert title(judged(short, profile=ISO)) is None
    local = title(judged(short, profile=LOCAL))
    assert (local.level, local.held_by, local.text.zh) == (Level.OFFSET, (Rule.COVERS,), "碳抵消")


def test_before_the_period_is_over_it_is_an_offset_pending_true_up():
    ahead = title(judged(retired_on=date(2023, 12, 30)))
    over = title(judged(retired_on=date(2023, 12, 31)))

    assert (ahead.level, ahead.is_pending, ahead.is_final) == (Level.OFFSET, True, False)
    assert "待核实" in ahead.text.zh
    assert (over.level, over.is_pending, over.text.zh) == (Level.NEUTRAL, False, "碳中和")


def test_where_only_the_month_is_known_and_the_period_ended_in_it_no_neutrality_is_given():
    within = title(judged(retired_on=Month(2023, 12)))

    assert (within.level, within.is_pending, within.held_by) == (Level.OFFSET, False, (Rule.PERIOD_ENDED,))


def test_without_a_period_the_stricter_profiles_give_no_neutrality():
    timeless = claim(period=None)

    assert title(judged(timeless, profile=ISO)).held_by == (Rule.VINTAGE_5Y, Rule.RETIRED_12M)
    assert title(judged(timeless, profile=MEE)).held_by == (Rule.RETIRED_12M,)
    assert title(judged(timeless, profile=LOCAL)).level is Level.NEUTRAL


def test_iso_is_final_only_with_the_registrys_own_date():
    assert not title(judged(stage=Stage.SETTLED)).is_final
    assert title(judged(stage=Stage.UPSTREAM)).is_final
    assert title(judged(profile=LOCAL, stage=Stage.SETTLED)).is_final


@pytest.mark.parametrize(
    ("entity", "profile", "expected"),
    [
        (EntityKind.EVENT, ISO, ["mee-event-2019", "local"]),
        (EntityKind.ORGANISATION, ISO, ["local"]),
        (EntityKind.EVENT, MEE, ["local"]),
        (EntityKind.EVENT, LOCAL, []),
    ],
)
def test_weaker_profiles_made_for_the_subject_are_offered_strongest_first(entity, profile, expected):
    offered = weaker_profiles(claim(entity=entity), [LINE], profile, PROFILES, retired_on=RETIRED_ON)

    assert [verdicts.profile for verdicts in offered] == expected


def test_a_profile_that_stops_the_claim_is_not_offered():
    late, suspended = date(2025, 1, 1), line(suspended_from=date(2024, 1, 1))

    assert [v.profile for v in weaker_profiles(CLAIM, [LINE], ISO, PROFILES, retired_on=late)] == ["local"]
    assert weaker_profiles(CLAIM, [suspended], ISO, PROFILES, retired_on=late) == ()


maybe = st.sampled_from([True, False, None])


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(list(PROFILES.values())),
    st.none() | st.integers(0, 30_000),
    st.lists(st.tuples(maybe, st.none() | st.dates(date(2016, 1, 1), date(2026, 1, 1))), max_size=3),
    st.dates(date(2022, 1, 1), date(2026, 1, 1)),
)
def test_neutrality_is_never_given_on_less_than_everything(profile, emission_g, facts, retired_on):
    lines = [line(is_real=is_real, vintage_end=vintage_end) for is_real, vintage_end in facts]
    verdicts = judge(claim(emission_g=emission_g), lines, profile, retired_on=retired_on)
    given_title = title(verdicts)

    assert (given_title is None) == bool(blocked(verdicts)) == (standing(verdicts) is Standing.BLOCKED)
    if given_title and given_title.level is Level.NEUTRAL:
        assert emission_g is not None
        assert sum(each.mass_g for each in lines) >= emission_g
        assert retired_on >= CLAIM.period.last
        assert all(f.verdict is PASS for f in verdicts.findings if f.severity is Severity.BLOCK)


def test_a_title_says_that_the_registry_is_waited_for_until_its_day_made_it_final():
    settled, upstream = (judged(profile=ISO, stage=stage) for stage in (Stage.SETTLED, Stage.UPSTREAM))
    short = title(judged(claim(are_reductions_recorded=None), profile=ISO, stage=Stage.SETTLED))

    assert (title(settled).text.zh, title(settled).is_final) == ("碳中和（待上游注销）", False)
    assert (title(upstream).text.zh, title(upstream).is_final) == ("碳中和", True)
    assert short.text.en == "Carbon offset (registry cancellation pending)"
    assert title(judged(profile=LOCAL)).text.zh == "碳中和"


def test_with_its_actual_figure_a_claim_made_ahead_is_no_longer_held_down_by_its_period():
    ahead = judged(retired_on=date(2023, 12, 30))

    assert title(ahead, is_trued_up=True).level is Level.NEUTRAL
    assert title(ahead, is_trued_up=True).held_by == ()
    assert not title(ahead, is_trued_up=True).is_pending


def test_a_claim_goes_by_the_registrys_day_only_where_its_profile_takes_that_for_final():
    strict = [judged(profile=ISO, stage=stage) for stage in (Stage.SETTLED, Stage.UPSTREAM)]
    mild = [judged(profile=LOCAL, stage=stage) for stage in (Stage.SETTLED, Stage.UPSTREAM)]

    assert in_force(*strict) is strict[1]
    assert in_force(*mild) is mild[0]
    assert in_force(strict[0], None) is strict[0]
