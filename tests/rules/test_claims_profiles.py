"""The shipped rule profiles say what the table says, and a faulty file is refused with its place."""

import re

import pytest

from app.registry.claims import (
    EntityKind,
    ProfileFileBroken,
    ProfileSet,
    ProfileUnknown,
    Rule,
    Stage,
    choose,
    load_profiles,
)
from app.registry.claims.judging.profiles import read_profile
from tests.conftest import PROJECT
from tests.sample_claims import ISO, LOCAL, MEE, PROFILES

FOLDER = PROJECT / "config" / "rules"
ISO_TEXT = (FOLDER / "iso14068-1.toml").read_text("utf-8")
BLOCK, WARN, NONE = "block", "warn", "none"
TABLE = {
    "reduced_first": (BLOCK, WARN, WARN),
    "quality": (BLOCK, WARN, WARN),
    "vintage_5y": (BLOCK, NONE, WARN),
    "ex_post": (BLOCK, BLOCK, BLOCK),
    "retired_12m": (BLOCK, BLOCK, WARN),
    "period_ended": (WARN, WARN, WARN),  # its verdict is pending, which stops nothing
    "covers": (BLOCK, BLOCK, WARN),
    "credit_rank": (NONE, WARN, NONE),
    "scope": (WARN, NONE, NONE),
    "methodology": (BLOCK, BLOCK, BLOCK),
    "double_claim": (WARN, WARN, WARN),
}


@pytest.mark.parametrize("rule", Rule)
def test_severities_are_those_of_the_table(rule):
    assert tuple(profile.severities[rule].value for profile in (ISO, MEE, LOCAL)) == TABLE[rule.value]


def test_figures_are_those_of_the_table():
    assert {profile.retired_months for profile in PROFILES.values()} == {12}
    assert ISO.vintage_months == LOCAL.vintage_months == 60
    assert (ISO.final_at, MEE.final_at, LOCAL.final_at) == (Stage.UPSTREAM, Stage.SETTLED, Stage.SETTLED)
    assert EntityKind.TERRITORY not in ISO.subjects
    assert (dict(MEE.ranks), MEE.rank_in_china) == ({"CEA": 1, "CCER": 2, "CDCER": 3, "CQCER": 3, "FORESTRY": 3}, 4)


def test_profiles_come_strongest_first_and_the_weakest_is_for_everybody():
    assert list(PROFILES) == ["iso14068-1", "mee-event-2019", "local"]
    assert LOCAL.offered_to == set(EntityKind)


def test_an_unknown_profile_is_told_with_those_there_are():
    with pytest.raises(ProfileUnknown) as refusal:
        choose(PROFILES, "pas2060", field="/lines/2/profile")
    assert refusal.value.facts == {"name": "pas2060", "known": "iso14068-1, mee-event-2019, local"}
    assert refusal.value.field == "/lines/2/profile"


def test_a_claim_that_asks_for_none_gets_the_default_and_one_that_asks_for_a_stranger_gets_none():
    known = ProfileSet(PROFILES, LOCAL)
    assert (known.of(None), known.of("iso14068-1"), known.of("pas2060")) == (LOCAL, ISO, None)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('version = "1"\n', "", "version"),
        ('version = "1"', "version = 1", "version"),
        ('profile = "iso14068-1"', 'profile = "iso"', "profile"),
        ("effective_on = 2026-11-22", "effective_on = 2026-11-22T00:00:00Z", "effective_on"),
        ("strength = 30", "strength = 0", "strength"),
        ("strength = 30", "strength = true", "strength"),
        ("strength = 30", "strength = 30\nstrenght = 3", "strenght"),
        ('"meeting", "event", "site"]\n\n', '"meeting", "meeting"]\n\n', "offered_to"),
        ('"meeting", "event", "site"]\n\n', '"meeting", "ship"]\n\n', "offered_to"),
        ('zh = "ISO 14068-1:2023 碳中和"', 'zh = " "', "title.zh"),
        ("[rules.double_claim]", "[rules.triple_claim]", "rules.double_claim"),
        ('[rules.double_claim]\nseverity = "warn"', '[rules.double_claim]\nseverity = "stop"', "rules.double_claim.severity"),
        ("months = 60", "months = 6.5", "rules.vintage_5y.months"),
        ("months = 60", "months = 601", "rules.vintage_5y.months"),
        ('anchor = "start"', 'anchor = "middle"', "rules.vintage_5y.anchor"),
        ('final_at = "upstream"', "", "rules.retired_12m.final_at"),
        ('[rules.credit_rank]\nseverity = "none"', '[rules.credit_rank]\nseverity = "none"\nranks = {CCER = 1}',
         "rules.credit_rank.ranks"),
        ('[rules.credit_rank]\nseverity = "none"', '[rules.credit_rank]\nseverity = "warn"\nother_in_china = 4\nranks = {}',
         "rules.credit_rank.ranks"),
        ("[source]", "[source", "-"),
    ],
)  # fmt: skip
def test_a_faulty_profile_is_refused_with_its_place(old, new, place):
    assert old in ISO_TEXT
    with pytest.raises(ProfileFileBroken) as refusal:
        read_profile("iso14068-1.toml", ISO_TEXT.replace(old, new, 1).encode())
    assert refusal.value.facts["place"] == place


def test_a_comment_changes_nothing_and_a_figure_changes_the_fingerprint():
    def fingerprint(text):
        return read_profile("iso14068-1.toml", text.encode()).content_sha256

    assert fingerprint(re.sub(r" *#.*", "", ISO_TEXT)) == ISO.content_sha256
    assert fingerprint(ISO_TEXT.replace("months = 60", "months = 59")) != ISO.content_sha256


def test_two_profiles_may_not_be_equally_strong(tmp_path):
    (tmp_path / "iso14068-1.toml").write_text(ISO_TEXT, "utf-8")
    (tmp_path / "other.toml").write_text(ISO_TEXT.replace('profile = "iso14068-1"', 'profile = "other"'), "utf-8")
    with pytest.raises(ProfileFileBroken):
        load_profiles(tmp_path)


def test_a_folder_without_profiles_is_refused(tmp_path):
    with pytest.raises(ProfileFileBroken):
        load_profiles(tmp_path)
