"""A list's address says what is shown: filters, words, the piece, the row in the drawer; and is written as it was read."""

import pytest

from app.views import listing

STATES = {"state": ("all", "open", "over")}


def test_an_address_without_anything_shows_the_first_of_each_filter_from_the_beginning() -> None:
    asked = listing.read("/list", {}, STATES)

    assert (asked.chosen, asked.page, asked.offset, asked.open, asked.words) == ({"state": "all"}, 1, 0, "", "")
    assert asked.here == "/list"


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "²", "9999999", "1e3", "٣"])
def test_what_is_no_page_is_the_first(page: str) -> None:
    assert listing.read("/list", {"page": page}, STATES).page == 1


def test_a_value_that_is_no_filter_is_the_default() -> None:
    assert listing.read("/list", {"state": "<b>"}, STATES).chosen == {"state": "all"}


def test_an_address_is_written_as_it_was_read() -> None:
    query = {"state": "open", "q": "示例 & co", "page": "3", "open": "ord_1"}
    asked = listing.read("/list", query, STATES, has_words=True)

    assert asked.here == "/list?state=open&q=%E7%A4%BA%E4%BE%8B+%26+co&page=3&open=ord_1"
    assert asked.closed == "/list?state=open&q=%E7%A4%BA%E4%BE%8B+%26+co&page=3"


def test_another_filter_begins_anew_and_keeps_the_words() -> None:
    asked = listing.read("/list", {"q": "x", "page": "3", "open": "1"}, STATES, has_words=True)

    assert asked.address(state="over") == "/list?state=over&q=x"
    assert asked.filter("state", "all", "All").is_on
    assert not asked.filter("state", "over", "Over").is_on
    assert asked.search.kept == ()


def test_words_are_read_where_a_list_looks_for_words_only() -> None:
    assert listing.read("/list", {"q": "x"}, STATES).words == ""


@pytest.mark.parametrize(
    ("page", "total", "shown", "earlier", "later"),
    [
        (1, 0, (0, 0), None, None),
        (1, 2, (1, 2), None, None),
        (1, 50, (1, 50), None, None),
        (1, 51, (1, 50), None, "/list?page=2"),
        (2, 51, (51, 51), "/list", None),
        (3, 200, (101, 150), "/list?page=2", "/list?page=4"),
    ],
)
def test_a_piece_says_where_it_stands(
    page: int, total: int, shown: tuple[int, int], earlier: str | None, later: str | None
) -> None:
    paging = listing.read("/list", {"page": str(page)}, STATES).paging(total)

    assert (paging.first, paging.last, paging.total) == (*shown, total)
    assert (paging.earlier_url, paging.later_url) == (earlier, later)
