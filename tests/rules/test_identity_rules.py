"""How long a session lives, when a lock opens, what may be an email or a password."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.foundation.identity import PasswordUnfit, Session, SessionKind, SignedIn
from app.foundation.identity.rules import (
    check_password,
    expiry,
    extended,
    is_live,
    plain_email,
    retry_after_s,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


def test_a_citizen_has_thirty_days_and_an_operator_twelve_hours():
    assert expiry(SessionKind.CITIZEN, NOON) == NOON + timedelta(days=30)
    assert expiry(SessionKind.GUEST, NOON) == NOON + timedelta(days=30)
    assert expiry(SessionKind.OPERATOR, NOON) == NOON + timedelta(hours=12)


def test_a_session_lives_up_to_its_end_and_not_at_it():
    assert is_live(NOON, NOON - INSTANT)
    assert not is_live(NOON, NOON)


def test_a_session_is_extended_from_one_whole_day_after_the_last_time():
    end = expiry(SessionKind.CITIZEN, NOON)
    assert extended(SessionKind.CITIZEN, end, NOON + timedelta(days=1) - INSTANT) is None
    assert extended(SessionKind.CITIZEN, end, NOON + timedelta(days=1)) == NOON + timedelta(days=31)


def test_an_operators_session_is_never_extended():
    end = expiry(SessionKind.OPERATOR, NOON)
    assert extended(SessionKind.OPERATOR, end, end - INSTANT) is None


@given(uses=st.lists(st.timedeltas(timedelta(0), timedelta(days=29)), max_size=50))
def test_a_session_in_use_never_ends_and_is_extended_at_most_once_a_day(uses: list[timedelta]):
    now, end, extended_at = NOON, expiry(SessionKind.GUEST, NOON), NOON
    for pause in uses:
        now += pause
        if (later := extended(SessionKind.GUEST, end, now)) is not None:
            assert later > end and now - extended_at >= timedelta(days=1)
            end, extended_at = later, now
        assert timedelta(days=29) < end - now <= timedelta(days=30)


@given(ago=st.timedeltas(timedelta(0), timedelta(hours=1) - INSTANT))
def test_after_the_stated_seconds_a_lock_is_open_and_a_second_earlier_it_is_not(ago: timedelta):
    wait = timedelta(seconds=retry_after_s(NOON - ago, NOON))
    assert ago + wait >= timedelta(hours=1) > ago + wait - timedelta(seconds=1)


@pytest.mark.parametrize("typed", ["Li.Na@Example.CN", "  li.na@example.cn\n"])
def test_an_email_is_compared_trimmed_and_in_lower_case(typed: str):
    assert plain_email(typed) == "li.na@example.cn"


@pytest.mark.parametrize(
    "typed",
    ["", "@", "a@", "@b.cn", "a@b", "a@.cn", "a@cn.", "a b@c.cn", "a\x00@b.cn", "a@b.cn\ud800", "a" * 250 + "@b.cn"],
)
def test_what_cannot_be_an_email_is_none(typed: str):
    assert plain_email(typed) is None


@pytest.mark.parametrize("length", [12, 256])
def test_a_password_of_an_allowed_length_passes(length: int):
    check_password("密" * length)


@pytest.mark.parametrize("length", [0, 11, 257])
def test_a_password_too_short_or_too_long_is_refused_with_the_figures(length: int):
    with pytest.raises(PasswordUnfit) as refusal:
        check_password("密" * length)
    assert "12" in refusal.value.message().zh and "256" in refusal.value.message().en


def test_the_token_does_not_stand_in_the_repr():
    session = Session(UUID(int=1), SessionKind.GUEST, frozenset(), NOON)
    assert "s3cret" not in repr(SignedIn("s3cret", session, is_new=True))
