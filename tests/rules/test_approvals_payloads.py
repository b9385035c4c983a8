"""One content has one spelling, and what is no whole number or no JSON of PostgreSQL's is no payload."""

import json
from datetime import date
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.foundation.approvals import canonical, digest, plain_reason
from app.foundation.approvals.errors import ApprovalReasonUnfit

_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=8)
_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)
_PAYLOAD = st.dictionaries(_TEXT, _VALUE, max_size=4)


def _shuffled(value: object) -> object:
    if isinstance(value, dict):
        return {key: _shuffled(value[key]) for key in reversed(list(value))}
    return [_shuffled(one) for one in value] if isinstance(value, list) else value


@given(_PAYLOAD)
def test_the_order_of_keys_changes_nothing(payload: dict[str, object]) -> None:
    assert digest(canonical(payload)) == digest(canonical(_shuffled(payload)))


@given(_PAYLOAD)
def test_a_payload_reads_back_as_it_was_and_its_spelling_is_fixed(payload: dict[str, object]) -> None:
    text = canonical(payload)

    assert json.loads(text) == payload
    assert canonical(json.loads(text)) == text


@given(_PAYLOAD, _PAYLOAD)
def test_other_content_has_another_digest(one: dict[str, object], other: dict[str, object]) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)

    assert (digest(canonical(one)) == digest(canonical(other))) is same


def test_records_days_and_ids_become_their_texts() -> None:
    class Deed(msgspec.Struct):
        on: date
        holder: UUID

    assert canonical(Deed(date(2026, 11, 29), UUID(int=7))) == (
        '{"holder":"00000000-0000-0000-0000-000000000007","on":"2026-11-29"}'
    )


@pytest.mark.parametrize(
    "payload", [[], "x", 1, {"a": 0.5}, {"a": [{"b": 1.0}]}, {"a": "\0"}, {"\0": 1}, {"a": "\ud800"}]
)
def test_what_is_no_payload_is_refused(payload: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of its kinds
        canonical(payload)


@pytest.mark.parametrize("typed", ["", " x ", "x" * 401, "a\0b"])
def test_a_reason_has_two_to_four_hundred_characters(typed: str) -> None:
    with pytest.raises(ApprovalReasonUnfit):
        plain_reason(typed)
    assert plain_reason(" 不符 ") == "不符"
