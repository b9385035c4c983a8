"""A list's address: which filters are on, which piece is shown, which row stands in the drawer; read and written again.

asked = listing.read("/operator/orders", request.query_params, {"state": ("quoted", "over")})
asked.chosen["state"]          one of the two; what the address does not say, or says wrongly, is the first
asked.address(state="over")    the same list with another filter, from its beginning
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

PIECE: Final = 50
"""Rows on one page."""
_PAGES_MOST: Final = 10_000
_OPEN_MOST: Final = 64
_WORDS_MOST: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One way to narrow a list: a link, and how many rows it leads to where that is known."""

    label: str
    url: str
    is_on: bool
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """Which rows of how many are shown, from 1, both ends included; 0 of 0 where there are none."""

    first: int
    last: int
    total: int
    earlier_url: str | None
    later_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A field for words; GET to `action` with `q` and what is `kept`."""

    action: str
    words: str
    kept: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an address asks for."""

    path: str
    chosen: Mapping[str, str]
    """Each filter with its value."""
    defaults: Mapping[str, str]
    words: str
    """What is looked for; empty for everything."""
    page: int
    """From 1."""
    open: str
    """Which row stands in the drawer; empty for none."""

    @property
    def offset(self) -> int:
        """How many rows come before this page."""
        return (self.page - 1) * PIECE

    @property
    def here(self) -> str:
        """This very address."""
        return self._address(dict(self.chosen), self.page, self.open)

    @property
    def closed(self) -> str:
        """The same page without the drawer."""
        return self._address(dict(self.chosen), self.page, "")

    def address(self, **changed: str) -> str:
        """The same list with other filters, from its beginning."""
        return self._address({**self.chosen, **changed}, 1, "")

    def opening(self, row: str) -> str:
        """The same page with this row in the drawer."""
        return self._address(dict(self.chosen), self.page, row)

    def filter(self, name: str, value: str, label: str, count: int | None = None) -> Filter:
        """The link that sets one filter."""
        return Filter(label=label, url=self.address(**{name: value}), is_on=self.chosen[name] == value, count=count)

    def paging(self, total: int, *, most: int = PIECE) -> Paging:
        """Where this page stands among `total` rows."""
        first = min((self.page - 1) * most + 1, max(total, 1)) if total else 0
        last = min(self.page * most, total)
        return Paging(
            first=first,
            last=max(last, first),
            total=total,
            earlier_url=self._address(dict(self.chosen), self.page - 1, "") if self.page > 1 else None,
            later_url=self._address(dict(self.chosen), self.page + 1, "") if last < total else None,
        )

    @property
    def search(self) -> Search:
        """The field for words, which keeps the filters."""
        return Search(action=self.path, words=self.words, kept=tuple(self._said(self.chosen).items()))

    def _said(self, chosen: Mapping[str, str]) -> dict[str, str]:
        """The filters that are not at their defaults."""
        return {name: value for name, value in chosen.items() if value != self.defaults[name]}

    def _address(self, chosen: Mapping[str, str], page: int, row: str) -> str:
        said = self._said(chosen)
        if self.words:
            said["q"] = self.words
        if page > 1:
            said["page"] = str(page)
        if row:
            said["open"] = row
        return f"{self.path}?{urlencode(said)}" if said else self.path


def read(
    path: str,
    query: Mapping[str, str],
    filters: Mapping[str, Sequence[str]] | None = None,
    *,
    has_words: bool = False,
) -> Asked:
    """What the address asks for: of each filter a known value or its first, a page from 1, a row that may be none."""
    filters = filters or {}
    page = query.get("page", "")
    return Asked(
        path=path,
        chosen={
            name: known if (known := query.get(name, "")) in values else values[0] for name, values in filters.items()
        },
        defaults={name: values[0] for name, values in filters.items()},
        words=query.get("q", "").strip()[:_WORDS_MOST] if has_words else "",
        page=min(max(1, int(page)), _PAGES_MOST) if page.isascii() and page.isdecimal() and len(page) <= 6 else 1,
        open=query.get("open", "")[:_OPEN_MOST],
    )
