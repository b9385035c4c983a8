"""A claim as somebody writes it: the example of the papers, and the first fault named by its pointer."""

import copy
import json
import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.days import Month, Period
from app.registry.claims import ClaimUnreadable, EarlierClaim, EntityKind, UnitKind, read_claim
from tests.conftest import PROJECT

PAPER = (PROJECT / "docs" / "rooms" / "claims.md").read_text("utf-8")
EXAMPLE = json.loads(re.findall(r"```json\n(.*?)```", PAPER, re.DOTALL)[0])
MISSING = object()


def written(document):
    return json.dumps(document, ensure_ascii=False).encode()


def changed(pointer, value):
    """The example with one member replaced, added or left out."""
    document = copy.deepcopy(EXAMPLE)
    *path, last = pointer.strip("/").split("/")
    place = document
    for step in path:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if value is MISSING:
        del place[last]
    else:
        place[last] = value
    return written(document)


def test_the_example_of_the_papers_is_read_as_it_stands():
    read = read_claim(written(EXAMPLE))

    assert (read.claim.entity, read.claim.period) == (EntityKind.EVENT, Period(date(2023, 8, 5), date(2023, 8, 8)))
    assert read.claim.earlier == (EarlierClaim(reference="R-20230901-7K3M9QFX", period=read.claim.period),)
    assert (read.lines[0].unit_kind, read.lines[0].issued_on) == (UnitKind.REMOVAL, date(2023, 6, 30))
    assert read.retired_on == date(2023, 9, 12)


def test_what_is_left_out_or_null_is_not_known():
    bare = read_claim(b'{"claim": {"entity": "product", "subject": "60 t", "plan_id": null}, "retired_on": "2023-07"}')

    assert bare.retired_on == Month(2023, 7)
    assert bare.lines == ()
    assert {bare.claim.period, bare.claim.emission_g, bare.claim.plan_id, bare.claim.earlier} == {None}


@pytest.mark.parametrize(
    ("pointer", "value", "field"),
    [
        ("/claim", MISSING, "/claim"),
        ("/claim", [], "/claim"),
        ("/claim/entity", MISSING, "/claim/entity"),
        ("/claim/entity", "ship", "/claim/entity"),
        ("/claim/subject", "a\u001b[31mb", "/claim/subject"),
        ("/claim/subject", "x" * 501, "/claim/subject"),
        ("/claim/subject", 7, "/claim/subject"),
        ("/claim/emission_g", 1.5, "/claim/emission_g"),
        ("/claim/emission_g", "1000", "/claim/emission_g"),
        ("/claim/emission_g", True, "/claim/emission_g"),
        ("/claim/emission_g", -1, "/claim/emission_g"),
        ("/claim/retired_g", 10**18 + 1, "/claim/retired_g"),
        ("/claim/period_from", MISSING, "/claim/period_from"),
        ("/claim/period_to", MISSING, "/claim/period_to"),
        ("/claim/period_to", "2023-08-04", "/claim/period_to"),
        ("/claim/period_to", "2023-02-29", "/claim/period_to"),
        ("/claim/period_to", "2023-08", "/claim/period_to"),
        ("/claim/period_to", "9999-12-31", "/claim/period_to"),
        ("/claim/are_reductions_recorded", "yes", "/claim/are_reductions_recorded"),
        ("/claim/are_reductions_recorded", 1, "/claim/are_reductions_recorded"),
        ("/claim/emmission_g", 1, "/claim/emmission_g"),
        ("/claim/earlier", {}, "/claim/earlier"),
        ("/claim/earlier/0/reference", MISSING, "/claim/earlier/0/reference"),
        ("/claim/earlier/0/note", "x", "/claim/earlier/0/note"),
        ("/retired_on", MISSING, "/retired_on"),
        ("/retired_on", "2023-13", "/retired_on"),
        ("/retired_on", "12.09.2023", "/retired_on"),
        ("/lines", [{}] * 1001, "/lines"),
        ("/lines/0/mass_g", MISSING, "/lines/0/mass_g"),
        ("/lines/0/mass_g", 0, "/lines/0/mass_g"),
        ("/lines/0/credit", None, "/lines/0/credit"),
        ("/lines/0/unit_kind", "avoidance", "/lines/0/unit_kind"),
        ("/lines/0/vintage_end", "2021-12-31", "/lines/0/vintage_end"),
        ("/lines/0/rank", 0, "/lines/0/rank"),
        ("/lines/0/colour", "green", "/lines/0/colour"),
        ("/colour", "green", "/colour"),
    ],
)
def test_a_fault_is_named_by_its_pointer_in_both_languages(pointer, value, field):
    with pytest.raises(ClaimUnreadable) as refusal:
        read_claim(changed(pointer, value))

    assert refusal.value.field == field
    message = refusal.value.message()
    assert message.zh.startswith(f"声明的 {field}：")
    assert message.en.startswith(f"In the claim, {field} ")


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{", b"\xff\xfe{}", "{}".encode("utf-16"), b"[]", b"null", b"[" * 50_000, b"{}" + b" " * 1_000_000,
        b'{"claim": {"entity": "event", "entity": "person", "subject": "x"}, "retired_on": "2023-07"}',
        b'{"claim": {"entity": "event", "subject": "x", "emission_g": NaN}, "retired_on": "2023-07"}',
        b'{"claim": {"entity": "event", "subject": "x", "emission_g": ' + b"9" * 5000 + b'}, "retired_on": "2023-07"}',
    ],
    ids=range(11),
)  # fmt: skip
def test_what_is_no_document_is_refused(raw):
    with pytest.raises(ClaimUnreadable):
        read_claim(raw)


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just([]) | st.just({})
pointers = st.sampled_from(
    [f"/claim/{name}" for name in EXAMPLE["claim"]]
    + [f"/lines/0/{name}" for name in EXAMPLE["lines"][0]]
    + ["/retired_on", "/lines", "/claim", "/claim/earlier/0/period_to"]
)


@settings(max_examples=120, deadline=None)
@given(pointers, values)
def test_whatever_stands_there_is_read_or_refused_at_that_place(pointer, value):
    field = pointer
    try:
        read_claim(changed(pointer, value))
    except ClaimUnreadable as refusal:
        field = refusal.field
    assert field == "/" or field.startswith(pointer.rpartition("/")[0])  # no JSON at all: NaN, a lone surrogate
