"""The board's coverage: while what was given waits to be retired, both figures count it, and guests only add to one."""

from dataclasses import replace

from app.programmes.donations import Neutrality
from app.views.zones import board_story

TONNE = 1_000_000
GIVEN = Neutrality(
    emission_g=374_600 * TONNE, reduction_g=None, donated_g=397_695 * TONNE, donors_g=0, organiser_g=0, guests_g=0,
    held_g=397_695 * TONNE,
)  # fmt: skip


def test_what_is_given_and_not_retired_yet_counts_with_guests_as_without() -> None:
    coverage = board_story._coverage(GIVEN)
    assert coverage is not None
    assert (coverage.percent, board_story._with_guests(GIVEN)) == ("106.2", "106.2")
    assert board_story._with_guests(replace(GIVEN, guests_g=3_746 * TONNE)) == "107.2"


def test_what_the_organiser_retired_adds_to_what_was_given() -> None:
    coverage = board_story._coverage(replace(GIVEN, organiser_g=3_746 * TONNE))
    assert coverage is not None
    assert coverage.percent == "107.2"


def test_without_stated_emissions_nothing_is_said_of_coverage() -> None:
    unstated = replace(GIVEN, emission_g=None)
    assert (board_story._coverage(unstated), board_story._with_guests(unstated)) == (None, None)
