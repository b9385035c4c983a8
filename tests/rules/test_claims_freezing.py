"""Frozen verdicts: one spelling, the same for ever, without a name."""

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.days import Month
from app.registry.claims import Stage, VerdictsUnreadable, judge, read_document, to_document
from tests.sample_claims import CLAIM, ISO, LINE, PROFILES, RETIRED_ON, claim, line

DOCUMENT = to_document(judge(CLAIM, [LINE], ISO, retired_on=RETIRED_ON))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(list(PROFILES.values())),
    st.sampled_from(list(Stage)),
    st.none() | st.integers(0, 10**18),
    st.none() | st.dates(date(2016, 1, 1), date(2026, 1, 1)),
    st.dates(date(2020, 1, 1), date(2026, 1, 1)) | st.builds(Month, st.integers(2020, 2026), st.integers(1, 12)),
    st.text(max_size=30),
)
def test_verdicts_read_back_as_they_were_and_are_spelled_the_same(profile, stage, emission_g, vintage_end, when, name):
    lines = [line(credit=name, vintage_end=vintage_end)]
    verdicts = judge(claim(emission_g=emission_g), lines, profile, retired_on=when, stage=stage)
    document = to_document(verdicts)

    assert read_document(document) == verdicts
    assert to_document(read_document(document)) == document


def test_the_spelling_is_canonical_and_holds_what_is_needed_to_check_it():
    assert json.dumps(json.loads(DOCUMENT), ensure_ascii=False, sort_keys=True, separators=(",", ":")) == DOCUMENT
    told = json.loads(DOCUMENT)
    assert (told["profile"], told["version"], told["retired_on"]) == ("iso14068-1", "1", "2024-06-01")
    assert told["profile_sha256"] == ISO.content_sha256
    assert told["findings"][4]["limit"] == "2024-12-31"


def test_no_name_and_no_free_text_of_a_person_is_kept():
    private = claim(subject="张三丰", residual_reason="张三丰住得远", plan_id="张三丰的计划")

    assert "张三丰" not in to_document(judge(private, [LINE], ISO, retired_on=RETIRED_ON))


def test_a_profile_that_changes_later_changes_no_frozen_verdict():
    stricter = replace(ISO, version="2", retired_months=1)

    assert to_document(read_document(DOCUMENT)) == DOCUMENT
    assert to_document(judge(CLAIM, [LINE], stricter, retired_on=RETIRED_ON)) != DOCUMENT


@pytest.mark.parametrize(
    "document",
    [
        "", "null", "[]", "{}", "[" * 100_000,
        DOCUMENT.replace("diandian.verdicts/1", "diandian.verdicts/9"),
        DOCUMENT.replace('"pass"', '"perfect"', 1),
        DOCUMENT.replace('"is_final":false,', "", 1),
        DOCUMENT.replace('{"findings"', '{"note":"x","findings"'),
        DOCUMENT + " ",
        DOCUMENT.replace(",", ", ", 1),
    ],
    ids=lambda document: document[:12] or "empty",
)  # fmt: skip
def test_what_we_did_not_write_is_refused(document):
    with pytest.raises(VerdictsUnreadable):
        read_document(document)
