"""How far a claim reaches, as every door tells it in JSON."""

from typing import Annotated, Final

import msgspec

from app.registry.claims import Reach


class TextView(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence in both languages: the answer is the same for every reader."""

    zh: str
    en: str


class CoverageView(msgspec.Struct, frozen=True, kw_only=True):
    """How far a claim reaches."""

    emission_grams: int | None
    """What was really emitted, once that is entered, else what was stated; null: nobody stated it, so nothing is covered."""
    retired_grams: int
    """All that was retired for it."""
    percent: Annotated[str, msgspec.Meta(examples=["100.00"])] | None
    """Retired of emitted, two decimals, rounded down."""
    is_full: bool
    """At least all of it. Below that it is an offset (抵消), never neutral (中和)."""
    text: TextView


COVERAGE_EXAMPLE: Final = CoverageView(
    emission_grams=87_790_000,
    retired_grams=87_790_000,
    percent="100.00",
    is_full=True,
    text=TextView(zh="覆盖 100.00%", en="100.00 % covered"),
)


def coverage_view(reach: Reach) -> CoverageView:
    """How far a claim reaches, as every door tells it."""
    return CoverageView(
        emission_grams=reach.emission_g or None,
        retired_grams=reach.retired_g,
        percent=reach.percent,
        is_full=reach.is_full,
        text=TextView(zh=reach.text.zh, en=reach.text.en),
    )
