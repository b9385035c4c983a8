"""What the page of the books shows and what its API tells: one situation, shaped twice."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

import msgspec
from markupsafe import Markup

from app.views.page import Page

Grams = Annotated[int, msgspec.Meta(ge=0, examples=[12_400])]


class BooksLot(msgspec.Struct, frozen=True, kw_only=True):
    """Where the grams of one lot are: open, reserved, held and retired add up to issued."""

    code: Annotated[str, msgspec.Meta(examples=["CDCER-2022-0113"])]
    vintage: int
    issued_g: Grams
    open_g: Grams
    reserved_g: Grams
    """Set aside for an order until it is paid."""
    held_g: Annotated[int, msgspec.Meta(examples=[0])]
    """With holders that bought ahead."""
    retired_g: Grams
    cancelled_g: Grams
    """Cancelled at the registry, in whole tonnes; may be ahead of what is retired by less than one."""
    gap_g: Grams
    """Retired here and not yet cancelled at the registry."""
    gap_since: str | None
    """Since when, by the oldest such gram."""


class BooksProgramme(msgspec.Struct, frozen=True, kw_only=True):
    """The sums of a programme and its lots, youngest vintage first."""

    programme: Annotated[str, msgspec.Meta(examples=["CDCER"])]
    issued_g: Grams
    open_g: Grams
    reserved_g: Grams
    held_g: Annotated[int, msgspec.Meta(examples=[0])]
    retired_g: Grams
    cancelled_g: Grams
    gap_g: Grams
    lots: tuple[BooksLot, ...]


class BooksCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One check of a proof: so much was expected, so much was found."""

    check: Annotated[str, msgspec.Meta(examples=["slices_chained"])]
    says: Annotated[str, msgspec.Meta(examples=["Every slice begins where the one before it ends"])]
    ok: bool
    expected: int
    found: int


class BooksProof(msgspec.Struct, frozen=True, kw_only=True):
    """The newest proof of everything, from the first gram on."""

    at: str
    took_ms: int
    checks: tuple[BooksCheck, ...]


class BooksView(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the books add up, by the latest look at them, and where every gram is."""

    balanced: bool | None
    """Null before anybody has looked."""
    as_of: str | None
    differences: int
    proof: BooksProof | None
    paused: bool = False
    """History is shorter than the marker outside of the database says: until people decide, nothing is retired or issued."""
    marker: str | None = None
    """The newest recovery marker, word for word. Keep a copy: it proves up to where we had come."""
    programmes: tuple[BooksProgramme, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LotRow:
    """One lot on the page."""

    code: str
    vintage: int
    issued_g: int
    retired_g: int
    open_g: int
    gap_g: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeCard:
    """One programme on the page."""

    name: str
    meaning: str
    issued_g: int
    open_g: int
    reserved_g: int
    held_g: int
    retired_g: int
    cancelled_g: int
    gap_g: int
    bar: Markup
    lots: tuple[LotRow, ...]
    more: int
    """Lots that are told by the API only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """One check of the proof, in the reader's words."""

    says: str
    ok: bool
    figures: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksPage(Page):
    """Whether the books add up, and where every gram is."""

    template: ClassVar[str] = "public/books.html"

    balanced: bool | None
    """None before anybody has looked."""
    as_of: datetime | None
    differences: int
    issued_g: int
    retired_g: int
    cancelled_g: int
    gap_g: int
    gap_since: datetime | None
    programmes: tuple[ProgrammeCard, ...]
    proved_at: datetime | None
    proved_s: str
    checks: tuple[CheckRow, ...]
    ring: Markup
    paused: bool = False
    """Nothing is retired or issued until people decide about lost time."""
    marker_at: datetime | None = None
    marker_size: int | None = None
    marker_root: str | None = None
