"""The books for anybody: a page, and the same as JSON. Told from the latest looks at them; nobody is made to look here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from litestar import Response, Router, get
from litestar.di import NamedDependency, Provide
from markupsafe import Markup

from app.commerce import recovery
from app.gateways.caching.recent import Recent
from app.kernel.clock import rfc3339
from app.kernel.text import Language
from app.registry import books, credits
from app.views import estimates
from app.views.errors import RequestsTooMany
from app.views.services import Services
from app.web.kit.responses import html
from app.web.kit.responses.answers import answers
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services
from app.web.public.books_view import (
    BooksCheck,
    BooksLot,
    BooksPage,
    BooksProgramme,
    BooksProof,
    BooksView,
    CheckRow,
    LotRow,
    ProgrammeCard,
)

_KEPT_S: Final = 5.0
"""How long a process tells the same: what is read is small, and shall stay so under a crowd."""
_LOTS_SHOWN: Final = 12
"""Of each programme on the page, which must stay small; the API tells all."""
_BAR: Final = (("retired_g", "#0B6B50"), ("reserved_g", "#7DB7A8"), ("held_g", "#E9A820"), ("open_g", "#D5E0D5"))
_WIDTH: Final = 1000
_SUMS: Final = ("issued_g", "open_g", "reserved_g", "held_g", "retired_g", "cancelled_g", "gap_g")


@dataclass(frozen=True, slots=True)
class _Situation:
    verdict: books.BooksStatus | None
    lots: Sequence[books.LotBalance]
    lost: recovery.RecoveryStatus
    marker: str | None


_known: Final = Recent[str, _Situation](fresh_s=_KEPT_S)


async def _look() -> _Situation:
    return _Situation(await books.status(), await books.balances(), await recovery.status(), await recovery.published())


async def _situation(services: Services) -> _Situation:
    # The same is told to everybody for a while, so nobody finds their own order of just now in it anyway.
    fresh = await _known.get("books", lambda: services.reads.reader().ask(_look))
    if fresh.verdict is None:
        _known.forget()
    return fresh


@get(
    "/books",
    operation_id="readBooks",
    summary="Do the books add up? / 账目是否平衡",
    guards=[limited("books", 60)],
    responses=answers(
        BooksView(
            balanced=True,
            as_of="2026-11-22T10:02:07+08:00",
            differences=0,
            proof=BooksProof(
                at="2026-11-22T03:00:00+08:00",
                took_ms=2400,
                checks=(
                    BooksCheck(
                        check="slices_chained",
                        says="Every slice begins where the one before it ends",
                        ok=True,
                        expected=1286,
                        found=1286,
                    ),
                ),
            ),
            programmes=(),
        ),
        RequestsTooMany,
    ),
)
async def read_books(language: NamedDependency[Language], services: NamedDependency[Services]) -> BooksView:
    """Whether everything adds up by the latest look, and where every gram of every lot is."""
    situation = await _situation(services)
    told = situation.verdict
    return BooksView(
        balanced=None if told is None else told.differences == 0,
        as_of=rfc3339(told.as_of) if told else None,
        differences=told.differences if told else 0,
        proof=_proof(told.proof, language) if told and told.proof else None,
        paused=situation.lost.is_open,
        marker=situation.marker,
        programmes=tuple(
            BooksProgramme(programme=name, **_sums(lots), lots=tuple(_lot(lot) for lot in lots))
            for name, lots in _by_programme(situation.lots)
        ),
    )


@get("/books", include_in_schema=False, guards=[limited("books", 60)])
async def show_books(language: NamedDependency[Language], services: NamedDependency[Services]) -> Response[bytes]:
    """The page."""
    situation = await _situation(services)
    view = page(situation.verdict, situation.lots, language, sandbox=services.issuer.is_sandbox, lost=situation.lost)
    return html.page(view, language, is_kept=True)


def page(
    told: books.BooksStatus | None,
    lots: Sequence[books.LotBalance],
    language: Language,
    *,
    sandbox: bool,
    lost: recovery.RecoveryStatus | None = None,
) -> BooksPage:
    """What was found, as the page says it."""
    proof = told.proof if told else None
    sums = _sums(lots)
    return BooksPage(
        here="/books",
        sandbox=sandbox,
        balanced=None if told is None else told.differences == 0,
        as_of=told.as_of if told else None,
        differences=told.differences if told else 0,
        issued_g=sums["issued_g"],
        retired_g=sums["retired_g"],
        cancelled_g=sums["cancelled_g"],
        gap_g=sums["gap_g"],
        gap_since=min((lot.gap_since for lot in lots if lot.gap_since is not None), default=None),
        programmes=tuple(_card(name, found, language) for name, found in _by_programme(lots)),
        proved_at=proof.finished_at if proof else None,
        proved_s=f"{(proof.finished_at - proof.started_at).total_seconds():.1f}" if proof else "",
        checks=tuple(
            CheckRow(says=books.MEANINGS[one.check].in_(language), ok=one.is_ok, figures=_figures(one))
            for one in (proof.checked if proof else ())
        ),
        ring=estimates.ring("books", 100 * sums["retired_g"] // max(1, sums["issued_g"])),
        paused=lost is not None and lost.is_open,
        marker_at=lost.written_at if lost else None,
        marker_size=lost.size if lost else None,
        marker_root=lost.root if lost else None,
    )


def _figures(one: books.Counted) -> str:
    if one.check == "unit_is_zero":
        return f"{one.found:,}"
    if one.check in books.GRAMS:
        return f"{one.found:,} g"
    return f"{one.found:,}" if one.is_ok else f"{one.found:,} / {one.expected:,}"


def _proof(run: books.Run, language: Language) -> BooksProof:
    return BooksProof(
        at=rfc3339(run.finished_at),
        took_ms=round((run.finished_at - run.started_at).total_seconds() * 1000),
        checks=tuple(
            BooksCheck(
                check=one.check,
                says=books.MEANINGS[one.check].in_(language),
                ok=one.is_ok,
                expected=one.expected,
                found=one.found,
            )
            for one in run.checked
        ),
    )


def _by_programme(lots: Sequence[books.LotBalance]) -> list[tuple[str, list[books.LotBalance]]]:
    return [(name, list(found)) for name, found in groupby(lots, key=lambda lot: lot.programme)]


def _sums(lots: Sequence[books.LotBalance]) -> dict[str, int]:
    return {name: sum(getattr(lot, name) for lot in lots) for name in _SUMS}


def _lot(lot: books.LotBalance) -> BooksLot:
    since: datetime | None = lot.gap_since
    return BooksLot(
        code=lot.code,
        vintage=lot.vintage,
        **{name: getattr(lot, name) for name in _SUMS},
        gap_since=rfc3339(since) if since else None,
    )


def _card(name: str, lots: Sequence[books.LotBalance], language: Language) -> ProgrammeCard:
    sums, programme = _sums(lots), credits.Programme(name)
    short, meaning = programme.short.in_(language), programme.meaning.in_(language)
    return ProgrammeCard(
        name=short,
        meaning="" if meaning == short else meaning,
        **sums,
        bar=_bar(sums),
        lots=tuple(
            LotRow(
                code=lot.code,
                vintage=lot.vintage,
                issued_g=lot.issued_g,
                retired_g=lot.retired_g,
                open_g=lot.open_g,
                gap_g=lot.gap_g,
            )
            for lot in lots[:_LOTS_SHOWN]
        ),
        more=max(0, len(lots) - _LOTS_SHOWN),
    )


def _bar(sums: dict[str, int]) -> Markup:
    """Shares of what was issued, as one bar; a part that exists is never thinner than a hairline."""
    issued, at, parts = max(1, sums["issued_g"]), 0, []
    for name, colour in _BAR:
        width = max(6 if sums[name] > 0 else 0, _WIDTH * sums[name] // issued)
        if width:
            parts.append(f'<rect x="{at}" width="{width}" height="40" fill="{colour}"/>')
            at += width
    return Markup(  # noqa: S704 - numbers and colours of ours
        f'<svg viewBox="0 0 {max(at, 1)} 40" preserveAspectRatio="none" aria-hidden="true">{"".join(parts)}</svg>'
    )


routes: Final = Router(
    "/api/v1", route_handlers=[read_books], dependencies={"services": Provide(provide_services)}, tags=["public"]
)
page_routes: Final = Router(
    "/", route_handlers=[show_books], dependencies={"services": Provide(provide_services)}, include_in_schema=False
)
