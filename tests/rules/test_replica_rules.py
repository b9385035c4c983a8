"""How far behind a standby is, told by what the primary said of its log."""

import pytest

from app.gateways.replica import Progress


@pytest.mark.parametrize(
    ("replayed", "lag_s"),
    [(400, 1.0), (399, 2.0), (300, 2.0), (299, 3.0), (199, 4.0), (100, 4.0), (99, None), (10_000, 1.0)],
)
def test_a_standby_is_as_fresh_as_the_newest_word_that_it_has_replayed(replayed: int, lag_s: float | None) -> None:
    progress = Progress()
    progress.said.extend([(1.0, 100), (2.0, 200), (3.0, 300), (4.0, 400)])

    assert progress.lag_s(replayed, 5.0) == lag_s


def test_a_standby_that_stopped_falls_behind_while_the_primary_goes_on() -> None:
    progress = Progress()
    progress.said.append((0.0, 7))
    assert progress.lag_s(7, 0.5) == 0.5
    progress.said.extend((float(number), 7 + number) for number in range(1, 30))

    assert progress.lag_s(7, 30.0) == 30.0


def test_a_standby_of_an_idle_primary_is_fresh() -> None:
    progress = Progress()
    progress.said.extend((float(number), 7) for number in range(30))

    assert progress.lag_s(7, 29.5) == 0.5


def test_nothing_is_known_before_the_primary_said_anything() -> None:
    assert Progress().lag_s(7, 1.0) is None
