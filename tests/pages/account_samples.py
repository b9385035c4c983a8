"""The pages of the personal carbon account, in the states that look different."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from markupsafe import Markup

from app import footprint
from app.footprint import FigureFacts, Kind, Span
from app.kernel.clock import utc_now
from app.kernel.drawing import landscape_svg
from app.kernel.money import Currency
from app.kernel.text import Language
from app.registry.cancellations import UpstreamState
from app.views.listing import Filter
from app.views.mine import ConsentSwitch, MineHeld, MineItem
from app.views.orders.order_page import OrderPhase
from app.views.page import Amount, Page
from app.views.personal.account import AccountPage, GramsPage, LetterPage, year_ring
from app.views.personal.books import Emitted, Month, Retired, YearBooks
from app.views.personal.calculator import (
    CalculatorPage,
    FieldShown,
    FigurePage,
    Filled,
    Option,
    field_shown,
    groups_of,
    result_of,
)
from app.views.personal.grams import HeldShown, LotShown, ProjectShare, RangeShown
from app.views.personal.history import Book, Entry
from app.views.personal.typed_inputs import FORM

FACTORS = footprint.load_factor_set(Path(__file__).parents[2] / "config" / "factors" / "2025.1")
NOW = utc_now().replace(year=2026, month=11, day=22, hour=2, minute=2, second=7)
ID = UUID(int=7)
YEAR_2026 = YearBooks(
    year=2026,
    emitted=Emitted(whole_year_g=None, days=11, visits=36, days_and_visits_g=1_281_400),
    retired=Retired(count=23, mass_g=412_700, given=9, given_g=168_800, own_g=243_900),
    months=(
        Month(month=3, own_g=20_000, given_g=22_000), Month(month=5, own_g=58_000, given_g=0),
        Month(month=10, own_g=165_900, given_g=146_800),
    ),
)  # fmt: skip
YEAR_2025 = YearBooks(
    year=2025,
    emitted=Emitted(whole_year_g=4_087_389, days=1, visits=0, days_and_visits_g=6_852),
    retired=Retired(count=0, mass_g=0, given=0, given_g=0, own_g=0),
    months=(),
)
NOTHING = replace(YEAR_2025, year=2026, emitted=Emitted(whole_year_g=None, days=0, visits=0, days_and_visits_g=0))
DAY = {"metro_km": "12.5", "meals_mixed": "1", "electricity_kwh": "4.6", "household_size": "1"}


def account_pages(language: Language, switches: tuple[ConsentSwitch, ...]) -> dict[str, Page]:
    """By name."""
    zh = language is Language.ZH

    def say(chinese: str, english: str) -> str:
        return chinese if zh else english

    run, union = say("示例职工欢乐跑", "Sample Workers’ Fun Run"), say("示例城市总工会", "Sample City Union")
    lot = LotShown(
        code="CDCER-2022-0113", programme="CDCER", project=say("示例绿道碳汇（二期）", "Sample greenway sink, phase 2"),
        project_number="P-113", place=say("四川", "Sichuan"), vintage="2022", serial="CDCER-2022-0113-1-100",
    )  # fmt: skip
    share = ProjectShare(lot=lot, count=14, mass_g=254_300, share=0.616)
    other = ProjectShare(
        lot=replace(lot, project=say("示例川西竹林", "Sample bamboo"), vintage="2023–2024"),
        count=9,
        mass_g=158_400,
        share=0.384,
    )
    given = Entry(
        id=ID,
        book=Book.RETIRED,
        is_given=True,
        title=run,
        at=NOW,
        mass_g=12_400,
        giver=union,
        number="R-20261122-7K3M9QFX",
    )
    entries = (
        given,
        replace(given, is_given=False, giver=None, url="/c/crt_1"),
        Entry(
            id=ID,
            book=Book.EMITTED,
            title=say("2025 年全年", "The year 2025"),
            at=NOW,
            mass_g=4_087_389,
            factors="2025.1",
            is_older=True,
            url="/me/footprint/fig_1",
        ),
        Entry(id=ID, book=Book.EMITTED, title=run, at=date(2026, 11, 22), mass_g=28_200, url="/c/crt_2"),
    )
    account = AccountPage(
        here="/me", sandbox=True, books=YEAR_2026, all_books=(YEAR_2026, YEAR_2025),
        years=(Filter(label="2025", url="/me?year=2025", is_on=False), Filter(label="2026", url="/me?year=2026", is_on=True)),
        ring=year_ring("me", YEAR_2026, say("2026 年的年轮", "The rings of 2026")),
        filters=tuple(
            Filter(label=label, url=f"/me?kind={kind}#history", is_on=kind == "all")
            for kind, label in (("all", say("全部", "All")), ("retired", say("注销", "Retired")))
        ),
        entries=entries, next_url="/me?after=x", is_first=True,
        under_way=(
            MineItem(url="/o/ord_1", title=run, mass_g=12_400, at=NOW - timedelta(days=1), phase=OrderPhase.CONFIRMING),
        ),
        held=(
            MineHeld(url="/g/gft_1", title=run, giver=union, left_g=15_458),
            MineHeld(url="/g/gft_2", title=run, giver=union, left_g=0),
            MineHeld(url="/card", title=run, giver=union, left_g=6_458, is_card=True),
        ),
        projects=(share, other), projects_more=3, consents=switches, is_empty=False,
    )  # fmt: skip
    empty = replace(
        account, books=NOTHING, all_books=(NOTHING,), years=account.years[1:], entries=(), next_url=None, under_way=(), held=(),
        projects=(), projects_more=0, consents=(), is_empty=True, ring=year_ring("me", NOTHING, say("年轮", "Rings")),
    )  # fmt: skip
    rest = replace(account, is_first=False, next_url=None, under_way=(), held=(), projects=(), consents=())
    run_of_grams = RangeShown(
        id=1, lot=lot, tonnes="#113", start_g=417_000, stop_g=429_400, title=run, number="R-20261122-7K3M9QFX", at=NOW,
        upstream=UpstreamState.POOLED, cancelled_g=0, url="/c/crt_1",
    )  # fmt: skip
    grams = GramsPage(
        here="/me/grams", sandbox=True, retired_g=412_700, projects=(share, other),
        ranges=(run_of_grams, replace(run_of_grams, id=2, upstream=UpstreamState.CANCELLED, cancelled_g=12_400, url=None)),
        held=(HeldShown(lot=lot, mass_g=15_458),), next_url="/me/grams?after=x", is_first=True,
    )  # fmt: skip
    letter = LetterPage(
        here="/me/letter?year=2026", sandbox=True, books=YEAR_2026, written_on=date(2026, 12, 31), is_over=False,
        years=account.years, ring=account.ring, best_month=10, projects=(share, other),
        landscape=Markup(landscape_svg("letter")),
    )  # fmt: skip
    return {
        "account": account,
        "account_empty": empty,
        "account_rest": rest,
        "grams": grams,
        "letter": letter,
        "letter_none": replace(letter, books=NOTHING, best_month=None, projects=(), is_over=True),
        **_calculators(language),
    }


def _calculators(language: Language) -> dict[str, Page]:
    zh = language is Language.ZH
    filled = Filled(DAY)
    figure = footprint.calculate(
        "personal", {"mode": "day", "metro_km": "12.5", "meals_mixed": "1", "electricity_kwh": "4.6"},
        FACTORS,
    )  # fmt: skip
    result = result_of(figure, language)
    day = CalculatorPage(
        here="/me/footprint", sandbox=True, span=Span.DAY, day_url="/me/footprint", year_url="/me/footprint?span=year",
        when=FieldShown(name="on", label="哪一天" if zh else "Which day", kind=Kind.WORDS, value="2026-11-22"),
        province=field_shown(FORM.by_name["province"], Span.DAY, filled, language),
        groups=groups_of(Span.DAY, filled, language, flights=2), flights=2, can_add_flights=True, result=result,
        intent="x", csrf_token="x", today=date(2026, 11, 22),
    )  # fmt: skip
    faulty = Filled(
        DAY | {"metro_km": "abc"}, {"metro_km": "“地铁”应为不小于 0 的数。" if zh else "“Metro” must be a number ≥ 0."}
    )
    year = replace(
        day, here="/me/footprint?span=year", span=Span.YEAR, result=None,
        when=FieldShown(
            name="activity_year", label="哪一年" if zh else "Which year", kind=Kind.CHOICE,
            options=(Option(value="2026", label="2026", is_chosen=False), Option(value="2025", label="2025", is_chosen=True)),
        ),
        groups=groups_of(Span.YEAR, faulty, language, flights=5), flights=5,
    )  # fmt: skip
    kept = FigurePage(
        here="/me/footprint/fig_1", sandbox=True,
        figure=FigureFacts(
            id=ID, footprint_id=ID, span=Span.DAY, period_from=date(2026, 11, 22), period_to=date(2026, 11, 22),
            total_g=figure.total_g, factor_set_version="2025.1", kept_at=NOW, is_newest=False,
        ),
        result=result, retired_g=1_000, is_covered=False, per_kg=Amount(minor=5, currency=Currency.CNY),
        whole=Amount(minor=18, currency=Currency.CNY), kg="3.494", kg_fault=None,
        currencies=(
            Option(value="CNY", label="人民币" if zh else "yuan", is_chosen=True),
            Option(value="USD", label="美元" if zh else "US dollars", is_chosen=False),
        ),
        intent="x", csrf_token="x",
    )  # fmt: skip
    return {
        "calculator": day,
        "calculator_year": year,
        "figure": kept,
        "figure_fault": replace(kept, kg_fault="请填写大于 0 的千克数。" if zh else "Please give kilograms above 0."),
        "figure_covered": replace(kept, is_covered=True, retired_g=figure.total_g),
    }
