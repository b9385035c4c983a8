"""What a code opens on a day: both days of a scene belong to it, and closed is closed."""

from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.text import Text
from app.scenarios.rules import Phase, ScenarioState, Setup, phase

quick = settings(max_examples=80, deadline=None)
days = st.dates(min_value=date(2020, 1, 1), max_value=date(2030, 12, 31))
FIRST, LAST = date(2026, 11, 21), date(2026, 11, 22)


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (FIRST - timedelta(days=1), Phase.AHEAD),
        (FIRST, Phase.LIVE),
        (LAST, Phase.LIVE),
        (LAST + timedelta(days=1), Phase.OVER),
    ],
)
def test_a_published_scene_is_live_on_both_of_its_days(today, expected):
    assert phase(ScenarioState.PUBLISHED, FIRST, LAST, today=today) is expected


@quick
@given(st.none() | days, st.none() | days, days)
def test_a_closed_scene_is_over_whatever_its_days(starts_on, ends_on, today):
    assert phase(ScenarioState.CLOSED, starts_on, ends_on, today=today) is Phase.OVER


@quick
@given(st.none() | days, st.none() | days, days, st.integers(min_value=0, max_value=400))
def test_a_scene_never_goes_back_and_one_without_days_stays_open(starts_on, ends_on, today, later):
    order = [Phase.AHEAD, Phase.LIVE, Phase.OVER]
    now, then = (
        phase(ScenarioState.PUBLISHED, starts_on, ends_on, today=day) for day in (today, today + timedelta(days=later))
    )
    assert order.index(now) <= order.index(then)
    if starts_on is None and ends_on is None:
        assert now is then is Phase.LIVE


def test_a_setup_reads_back_as_it_was_kept_and_an_older_one_gets_the_defaults():
    setup = Setup(modes=("metro", "car"), extras={"meals_mixed": "1"}, extras_text=Text(zh="午餐 1 份", en="1 lunch"))
    decoder = msgspec.json.Decoder(Setup)
    assert decoder.decode(msgspec.json.encode(setup)) == setup
    assert decoder.decode(b'{"modes": ["walk"]}') == Setup(modes=("walk",))
