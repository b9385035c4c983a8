"""The personal carbon account as JSON: books, entries, figures, and where the grams are."""

from datetime import date
from typing import Annotated, Final

import msgspec

from app import footprint
from app.footprint import Calculation, FigureFacts
from app.kernel import mass
from app.kernel.clock import rfc3339
from app.kernel.text import Language
from app.registry.cancellations import UpstreamState
from app.views.personal.books import YearBooks
from app.views.personal.calculator import figure_title
from app.views.personal.figures import public_id
from app.views.personal.grams import HeldShown, LotShown, ProjectShare, RangeShown
from app.views.personal.history import Book, Entry

EXAMPLE_FIGURE: Final = "fig_01JD8Q9T5K3V2M7N4P6R8S0W1X"


class EmittedView(msgspec.Struct, frozen=True, kw_only=True):
    """What one emitted. A year may hold its days and visits: nobody knows, so neither is added to the other."""

    whole_year_grams: int | None
    """The newest figure of the whole year; null: none is kept."""
    days: int
    visits: int
    days_and_visits_grams: int


class RetiredView(msgspec.Struct, frozen=True, kw_only=True):
    """What was retired for one."""

    retirements: int
    grams: int
    given: int
    """Of `retirements`, those that somebody else gave."""
    given_grams: int


class YearView(msgspec.Struct, frozen=True, kw_only=True):
    """Three books of one year. They stand beside each other and are never netted."""

    year: int
    emitted: EmittedView
    avoided: None = None
    """Null: no platform reports what people avoided, and what nobody counts is not 0."""
    retired: RetiredView


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """The books by year, the latest first; the present year is always there."""

    years: tuple[YearView, ...]


class EntryView(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the account."""

    book: Book
    title: str
    at: str
    """An instant; of a visit among `emitted` its day."""
    grams: int
    given_by: str | None = None
    factor_set: str | None = None
    replaced: bool = False
    """A newer figure of the same period counts."""
    number: str | None = None
    url: str | None = None
    """Of the figure or the certificate; null while that is written."""


class FigureView(msgspec.Struct, frozen=True, kw_only=True):
    """A figure kept in the account. It never changes, whatever becomes of the factors."""

    id: Annotated[str, msgspec.Meta(examples=[EXAMPLE_FIGURE])]
    span: footprint.Span
    title: str
    period_from: date
    period_to: date
    grams: int
    mass_text: str
    factor_set: Annotated[str, msgspec.Meta(examples=["2025.1"])]
    kept_at: str
    is_newest: bool
    """Of its period: this one counts in the totals."""
    retired_grams: int
    """What was retired for it until now, told beside it."""
    calculation: dict[str, object] | None = None
    """Inputs and lines; null in a list."""


class LotView(msgspec.Struct, frozen=True, kw_only=True):
    """Where grams come from."""

    code: str
    programme: str
    project: str
    project_number: str
    place: str
    vintage: str
    serial: str
    """Of the whole lot, as its registry writes it."""


class RangeView(msgspec.Struct, frozen=True, kw_only=True):
    """Grams [start, stop) of a lot that were retired for one."""

    lot: LotView
    tonnes: Annotated[str, msgspec.Meta(examples=["#113 – #115"])]
    start_gram: int
    stop_gram: int
    title: str
    retirement_number: str
    retired_at: str
    upstream: UpstreamState
    cancelled_grams: int
    """Of them cancelled at the registry, too, with proof."""
    certificate_url: str | None


class HeldLotView(msgspec.Struct, frozen=True, kw_only=True):
    """Grams of a lot that one holds; they get a range when they are retired."""

    lot: LotView
    grams: int


class ShareView(msgspec.Struct, frozen=True, kw_only=True):
    """What was retired for one of one lot."""

    lot: LotView
    retirements: int
    grams: int


class GramsView(msgspec.Struct, frozen=True, kw_only=True):
    """Where a person's grams are: sums by lot, and what they hold. The ranges have a list of their own."""

    retired: tuple[ShareView, ...]
    held: tuple[HeldLotView, ...]


def year_view(one: YearBooks) -> YearView:
    """One year's books."""
    emitted, retired = one.emitted, one.retired
    return YearView(
        year=one.year,
        emitted=EmittedView(
            whole_year_grams=emitted.whole_year_g,
            days=emitted.days,
            visits=emitted.visits,
            days_and_visits_grams=emitted.days_and_visits_g,
        ),
        retired=RetiredView(
            retirements=retired.count, grams=retired.mass_g, given=retired.given, given_grams=retired.given_g
        ),
    )


def entry_view(one: Entry) -> EntryView:
    """One entry."""
    from_day = one.at.isoformat() if not hasattr(one.at, "hour") else None
    return EntryView(
        book=one.book,
        title=one.title,
        at=from_day or rfc3339(one.at),  # type: ignore[arg-type]  # a day has no hour
        grams=one.mass_g,
        given_by=one.giver,
        factor_set=one.factors,
        replaced=one.is_older,
        number=one.number,
        url=one.url,
    )


def figure_view(
    one: FigureFacts, language: Language, *, retired_g: int, calculation: Calculation | None = None
) -> FigureView:
    """A figure, with its lines where they were read."""
    return FigureView(
        id=public_id(one.id),
        span=one.span,
        title=figure_title(one, language),
        period_from=one.period_from,
        period_to=one.period_to,
        grams=one.total_g,
        mass_text=mass.text(one.total_g),
        factor_set=one.factor_set_version,
        kept_at=rfc3339(one.kept_at),
        is_newest=one.is_newest,
        retired_grams=retired_g,
        calculation=footprint.as_json(calculation) if calculation else None,
    )


def lot_view(one: LotShown) -> LotView:
    """A lot."""
    return LotView(
        code=one.code,
        programme=one.programme,
        project=one.project,
        project_number=one.project_number,
        place=one.place,
        vintage=one.vintage,
        serial=one.serial,
    )


def range_view(one: RangeShown) -> RangeView:
    """A range."""
    return RangeView(
        lot=lot_view(one.lot),
        tonnes=one.tonnes,
        start_gram=one.start_g,
        stop_gram=one.stop_g,
        title=one.title,
        retirement_number=one.number,
        retired_at=rfc3339(one.at),
        upstream=one.upstream,
        cancelled_grams=one.cancelled_g,
        certificate_url=one.url,
    )


def grams_view(projects: list[ProjectShare], held: list[HeldShown]) -> GramsView:
    """Sums by lot, and what is held."""
    return GramsView(
        retired=tuple(ShareView(lot=lot_view(one.lot), retirements=one.count, grams=one.mass_g) for one in projects),
        held=tuple(HeldLotView(lot=lot_view(one.lot), grams=one.mass_g) for one in held),
    )


_LOT: Final = LotView(
    code="CDCER-2022-0113", programme="CDCER", project="示例绿道碳汇", project_number="P-113", place="四川", vintage="2022",
    serial="CDCER-2022-0113-1-100",
)  # fmt: skip
EXAMPLE_ACCOUNT: Final = AccountView(
    years=(
        YearView(
            year=2026,
            emitted=EmittedView(whole_year_grams=4_087_389, days=1, visits=3, days_and_visits_grams=19_252),
            retired=RetiredView(retirements=4, grams=72_400, given=1, given_grams=12_400),
        ),
    )
)
EXAMPLE_ENTRY: Final = EntryView(
    book=Book.RETIRED, title="示例职工欢乐跑", at="2026-11-22T10:02:09+08:00", grams=12_400, given_by="示例城市总工会",
    number="R-20261122-7K3M9QFX", url="/c/crt_01JD8Q9T5K3V2M7N4P6R8S0W1X",
)  # fmt: skip
EXAMPLE: Final = FigureView(
    id=EXAMPLE_FIGURE, span=footprint.Span.DAY, title="2026 年 11 月 22 日", period_from=date(2026, 11, 22),
    period_to=date(2026, 11, 22), grams=6_852, mass_text="6.9 kg", factor_set="2025.1",
    kept_at="2026-11-22T10:02:09+08:00", is_newest=True, retired_grams=0,
)  # fmt: skip
EXAMPLE_RANGE: Final = RangeView(
    lot=_LOT, tonnes="#113", start_gram=417_000, stop_gram=429_400, title="示例职工欢乐跑",
    retirement_number="R-20261122-7K3M9QFX", retired_at="2026-11-22T10:02:09+08:00", upstream=UpstreamState.POOLED,
    cancelled_grams=0, certificate_url="/c/crt_01JD8Q9T5K3V2M7N4P6R8S0W1X",
)  # fmt: skip
EXAMPLE_GRAMS: Final = GramsView(
    retired=(ShareView(lot=_LOT, retirements=4, grams=72_400),), held=(HeldLotView(lot=_LOT, grams=15_458),)
)
