"""After a period that was retired for ahead: covered, short, awaited or lapsed."""

from datetime import date

import pytest

from app.kernel.days import Period
from app.registry.claims import TrueUpState, true_up
from tests.sample_claims import LOCAL

PERIOD = Period(date(2024, 1, 1), date(2024, 2, 29))
AHEAD, AWAITED, COVERED, SHORT, LAPSED = TrueUpState


@pytest.mark.parametrize(
    ("actual_g", "today", "expected", "missing_g"),
    [
        (900, date(2024, 2, 28), AHEAD, 0),  # nobody knows the figure before the last day
        (None, date(2024, 2, 29), AWAITED, 0),
        (None, date(2025, 2, 28), AWAITED, 0),
        (None, date(2025, 3, 1), LAPSED, 0),
        (1_000, date(2024, 2, 29), COVERED, 0),
        (1_000, date(2026, 1, 1), COVERED, 0),
        (1_001, date(2024, 2, 29), SHORT, 1),
        (1_500, date(2025, 2, 28), SHORT, 500),
        (1_500, date(2025, 3, 1), LAPSED, 500),
    ],
)
def test_the_actual_figure_decides_until_twelve_months_after_the_period(actual_g, today, expected, missing_g):
    found = true_up(PERIOD, actual_g=actual_g, retired_g=1_000, today=today, profile=LOCAL)

    assert (found.state, found.missing_g) == (expected, missing_g)
    assert found.due_on == date(2025, 2, 28)
    assert found.state.text.zh
