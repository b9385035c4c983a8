"""The pages of the personal carbon account: `/me`, `/me/grams`, `/me/letter`."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import ClassVar, Final

from markupsafe import Markup

from app.kernel.drawing import year_ring_svg
from app.kernel.mass import GRAMS_PER_KG
from app.views.listing import Filter
from app.views.mine import ConsentSwitch, MineHeld, MineItem
from app.views.page import Page
from app.views.personal.books import YearBooks
from app.views.personal.grams import HeldShown, ProjectShare, RangeShown
from app.views.personal.history import Entry

FULL_RING_G: Final = 100 * GRAMS_PER_KG
"""A month's ring is full at this; more does not show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPage(Page):
    """The account of this browser's visitor: three books of a year, what happened, where the grams are."""

    template: ClassVar[str] = "account/account.html"

    books: YearBooks
    """Of the year that is shown."""
    all_books: tuple[YearBooks, ...]
    """Of every year, the latest first."""
    years: tuple[Filter, ...]
    ring: Markup
    filters: tuple[Filter, ...]
    entries: tuple[Entry, ...]
    next_url: str | None
    is_first: bool
    """The first piece of the history, with everything else of the account around it."""
    under_way: tuple[MineItem, ...]
    held: tuple[MineHeld, ...]
    projects: tuple[ProjectShare, ...]
    """Of the year; those with most grams."""
    projects_more: int
    """How many are not shown."""
    consents: tuple[ConsentSwitch, ...]
    is_empty: bool
    """Nothing was ever kept, retired or held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GramsPage(Page):
    """Where every gram is: retired ones by range, held ones by lot."""

    template: ClassVar[str] = "account/grams.html"

    retired_g: int
    projects: tuple[ProjectShare, ...]
    ranges: tuple[RangeShown, ...]
    held: tuple[HeldShown, ...]
    next_url: str | None
    is_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterPage(Page):
    """A year in plain words, to be read and printed."""

    template: ClassVar[str] = "account/letter.html"

    books: YearBooks
    written_on: date
    is_over: bool
    """The year has ended: nothing of it changes any more but what is added to it later."""
    years: tuple[Filter, ...]
    ring: Markup
    best_month: int | None
    """In which most was retired."""
    projects: tuple[ProjectShare, ...]
    landscape: Markup


def year_ring(seed: str, books: YearBooks, label: str) -> Markup:
    """Twelve rings, one a month from the heart outward: lit by what was retired, gold where it was given."""
    shares = [(0.0, 0.0)] * 12
    for one in books.months:
        lit = min(1.0, (one.own_g + one.given_g) / FULL_RING_G)
        given = one.given_g / (one.own_g + one.given_g) if one.given_g else 0.0
        shares[one.month - 1] = (lit, given)
    return _drawn(seed, tuple(shares), label)


@lru_cache(maxsize=512)
def _drawn(seed: str, shares: tuple[tuple[float, float], ...], label: str) -> Markup:
    return Markup(year_ring_svg(seed, shares, label=label))  # noqa: S704 - drawn by us
