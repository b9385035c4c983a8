"""What a channel's word does to a payment, and when it is asked: pure, for every state and every word."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.commerce.payments.rules import OPEN_STATES, Decision, Expectation, PaymentState, judge, next_query_at
from app.kernel.money import Currency
from app.kernel.outcome import Approved, Closed, Done, Pending, TradeStatus, Unknown

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)


def row(state: PaymentState = PaymentState.PENDING, **changed: object) -> Expectation:
    known = {PaymentState.PAID: "T1", PaymentState.REFUNDED: "T1"}.get(state)
    values = {"reference": "DD1", "amount_minor": 62, "currency": Currency.CNY, "transaction_id": known}
    return Expectation(**values | {"state": state} | changed)


def done(**changed: object) -> Done:
    values = {"reference": "DD1", "transaction_id": "T1", "at": NOW, "amount_minor": 62, "currency": "CNY"}
    return Done(**values | changed)


STATES = st.sampled_from(PaymentState)
STATUSES: st.SearchStrategy[TradeStatus] = st.one_of(
    st.builds(Pending, code=st.text(max_size=8)),
    st.builds(Closed, code=st.text(max_size=8)),
    st.builds(Approved, code=st.text(max_size=8)),
    st.builds(Unknown, code=st.text(max_size=8)),
    st.builds(
        done,
        reference=st.sampled_from(["DD1", "DD2"]),
        transaction_id=st.sampled_from(["T1", "T2"]),
        amount_minor=st.integers(60, 64),
        currency=st.sampled_from(["CNY", "USD", "cny", ""]),
    ),
)


@pytest.mark.parametrize("state", [state for state in PaymentState if row(state).transaction_id is None])
def test_a_fitting_success_pays_whatever_was_unpaid_even_after_closing(state: PaymentState) -> None:
    assert judge(row(state), done()) == Decision("pay")


@pytest.mark.parametrize("state", [PaymentState.PAID, PaymentState.REFUNDED])
def test_the_same_success_again_is_nothing_new_and_another_one_is_for_a_person(state: PaymentState) -> None:
    assert judge(row(state), done()) == Decision("keep")
    assert judge(row(state), done(transaction_id="T2")) == Decision("park", "second_payment")


@pytest.mark.parametrize(
    ("changed", "fact"),
    [
        ({"amount_minor": 61}, "amount"),
        ({"amount_minor": 63}, "amount"),
        ({"amount_minor": 0}, "amount"),
        ({"amount_minor": -62}, "amount"),
        ({"currency": "USD"}, "currency"),
        ({"currency": "156"}, "currency"),
        ({"currency": "cny"}, "currency"),
        ({"reference": "DD2"}, "reference"),
        ({"reference": "DD2", "amount_minor": 1}, "reference"),
    ],
)
def test_a_success_that_does_not_fit_is_parked_with_the_first_reason(changed: dict[str, object], fact: str) -> None:
    assert judge(row(), done(**changed)) == Decision("park", fact)


@given(STATES, STATUSES)
def test_nothing_but_an_exactly_fitting_success_ever_pays_and_a_close_ends_only_what_is_open(
    state: PaymentState, status: TradeStatus
) -> None:
    expected = row(state)
    verdict = judge(expected, status)
    assert (verdict.fact is not None) == (verdict.step == "park")
    if verdict.step == "pay":
        assert expected.transaction_id is None
        assert isinstance(status, Done)
        assert (status.reference, status.amount_minor, status.currency) == ("DD1", 62, "CNY")
    if verdict.step == "close":
        assert isinstance(status, Closed)
        assert state in OPEN_STATES
    if isinstance(status, Pending | Approved | Unknown):
        assert verdict == Decision("keep")


def test_the_questions_come_after_15_s_30_s_1_min_2_min_and_then_each_5_min() -> None:
    far = NOW + timedelta(days=1)
    pauses = [(next_query_at(NOW, queries=asked, expires_at=far) - NOW).total_seconds() for asked in range(7)]
    assert pauses == [15, 30, 60, 120, 300, 300, 300]


@given(st.integers(0, 10_000), st.integers(-7200, 7200))
def test_a_question_lies_ahead_and_never_beyond_an_end_that_is_still_ahead(asked: int, ends_in_s: int) -> None:
    ends_at = NOW + timedelta(seconds=ends_in_s)
    then = next_query_at(NOW, queries=asked, expires_at=ends_at)
    assert NOW < then <= NOW + timedelta(seconds=300)
    if ends_at > NOW:
        assert then <= ends_at
