"""How many are shown at once, and how long somebody waits."""

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.clock import utc_now
from app.kernel.ids import uuid7
from app.programmes.wall import Layout, Shown, expected_wait_s, layout, slots, turn_frame
from app.programmes.wall.frames import frame, milliseconds


@given(queue=st.integers(0, 100_000), turn_s=st.integers(1, 600), wait_s=st.integers(1, 3600))
def test_slots_are_the_queue_over_what_one_slot_shows_within_the_wait(queue: int, turn_s: int, wait_s: int) -> None:
    assert slots(queue, turn_s=turn_s, wait_s=wait_s) == min(12, max(1, ceil(queue * turn_s / wait_s)))


@pytest.mark.parametrize(("queue", "shown"), [(0, 1), (4, 1), (5, 2), (24, 6), (28, 7), (48, 12), (1286, 12)])
def test_slots_of_thirty_seconds_and_two_minutes(queue: int, shown: int) -> None:
    assert slots(queue) == shown


@given(queue=st.integers(1, 500), turn_s=st.integers(1, 60))
def test_nobody_waits_longer_than_promised_while_twelve_slots_suffice(queue: int, turn_s: int) -> None:
    count = slots(queue, turn_s=turn_s, wait_s=120)
    if queue * turn_s <= 12 * 120:
        assert expected_wait_s(queue - 1, free_s=[0.0] * count, turn_s=turn_s) <= 120 + 5


@given(
    ahead=st.integers(0, 200), free_s=st.lists(st.floats(0, 600), min_size=1, max_size=12), turn_s=st.integers(1, 60)
)
def test_whoever_is_further_back_waits_no_less(ahead: int, free_s: list[float], turn_s: int) -> None:
    assert expected_wait_s(ahead, free_s=free_s, turn_s=turn_s) <= expected_wait_s(
        ahead + 1, free_s=free_s, turn_s=turn_s
    )


def test_the_third_in_line_of_one_slot_waits_two_turns() -> None:
    assert expected_wait_s(2, free_s=[0.0], turn_s=30) == 60
    assert expected_wait_s(2, free_s=[8.2], turn_s=30) == 70  # 68.2, said in steps of five
    assert expected_wait_s(2, free_s=[8.2, 20.0, 31.0], turn_s=30) == 35


@pytest.mark.parametrize(
    ("among", "divided"),
    [([], Layout.IDLE), ([1], Layout.HERO), ([1, 2], Layout.TILES), ([6], Layout.TILES), ([7, 1], Layout.SMALL)],
)  # fmt: skip
def test_the_screen_is_divided_by_the_most_slots_of_what_is_on_it(among: list[int], divided: Layout) -> None:
    assert layout(among) is divided


def test_a_turn_goes_out_without_the_persons_id_and_with_their_own_picture() -> None:
    now, person_id = utc_now(), uuid7()
    one = Shown(
        id=7, no=3, person_id=person_id, name="林小川", mass_g=12_400, slot=1, slots=1, show_from=now, show_to=now
    )
    sent = frame("turn", turn_frame(one), event_id=41)
    assert sent.startswith(b"id: 41\nevent: turn\ndata: {") and sent.endswith(b"}\n\n") and sent.count(b"\n") == 4
    assert str(person_id).encode() not in sent and person_id.hex.encode() not in sent
    assert f'"from_ms":{milliseconds(now)}'.encode() in sent


def test_a_name_with_a_line_feed_is_no_second_event() -> None:
    one = Shown(
        id=7, no=3, person_id=uuid7(), name="a\n\nevent: ended\ndata: {}\u2028", mass_g=1, slot=1, slots=1,
        show_from=utc_now(), show_to=utc_now(),
    )  # fmt: skip
    assert frame("turn", turn_frame(one)).count(b"\n") == 3
