"""What a reader is given of an account, and where an answer stands: pure."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.days import Period
from app.programmes.sharing import rules
from app.programmes.sharing.rules import BLANK, Book, BookFigures, Books, Granularity, MonthFigure, ShareState

TODAY = date(2026, 11, 30)
GRAMS = st.integers(min_value=0, max_value=10**12)
MONTHS = st.lists(st.builds(MonthFigure, st.just("2026-11"), GRAMS), max_size=12)


@given(emitted=MONTHS, retired=MONTHS, given=st.sets(st.sampled_from(Book)), granularity=st.sampled_from(Granularity))
def test_a_reader_sees_what_was_granted_and_no_book_without_a_gram(
    emitted: list[MonthFigure], retired: list[MonthFigure], given: set[Book], granularity: Granularity
) -> None:
    whole = Books(rules.figures(emitted, granularity), rules.figures(retired, granularity))
    shown = rules.granted(whole, given)
    for book, was, is_ in ((Book.EMITTED, whole.emitted, shown.emitted), (Book.RETIRED, whole.retired, shown.retired)):
        assert was is not None
        assert is_ == (was if book in given and was.total_g > 0 else None)
        assert is_ is None or is_.months is None or sum(one.mass_g for one in is_.months) == is_.total_g


def test_all_that_tells_nothing_is_the_same() -> None:
    nothing = Books(BookFigures(0, ()), BookFigures(0, None))
    assert rules.granted(nothing, Book) == rules.granted(Books(BookFigures(5, None), None), ()) == BLANK
    assert BLANK.is_blank


@pytest.mark.parametrize(
    ("books", "is_revoked", "until", "state"),
    [
        ((), False, TODAY, ShareState.REFUSED),
        ((Book.RETIRED,), False, TODAY, ShareState.LIVE),
        ((Book.RETIRED,), True, TODAY, ShareState.REVOKED),
        ((Book.RETIRED,), False, date(2026, 11, 29), ShareState.EXPIRED),
    ],
)
def test_where_an_answer_stands(books: tuple[Book, ...], *, is_revoked: bool, until: date, state: ShareState) -> None:
    assert rules.state_of(books=books, is_revoked=is_revoked, until=until, today=TODAY) is state


@pytest.mark.parametrize(
    ("first", "last", "may_end_later", "is_fit"),
    [
        (TODAY, TODAY, False, True),
        (TODAY, date(2026, 12, 1), False, False),
        (TODAY, date(2026, 12, 1), True, True),
        (date(2026, 12, 1), date(2026, 12, 1), True, False),
        (date(2023, 11, 30), TODAY, False, True),
        (date(2020, 1, 1), TODAY, False, False),
        (date(1989, 12, 31), date(1990, 1, 1), False, False),
    ],
)
def test_which_periods_may_be_asked_for(first: date, last: date, *, may_end_later: bool, is_fit: bool) -> None:
    assert rules.is_fit_period(Period(first, last), today=TODAY, may_end_later=may_end_later) is is_fit


def test_kept_figures_are_read_as_they_were() -> None:
    emitted, retired = '{"total_g":5,"months":[{"month":"2026-11","mass_g":5}]}', '{"total_g":0,"months":[]}'
    kept = f'{{"emitted":{emitted},"retired":{retired},"avoided":null}}'
    assert rules.read_books(kept) == Books(BookFigures(5, (MonthFigure("2026-11", 5),)), BookFigures(0, ()))
