"""Data to look at: the report's 132 closed cases, and one live event of an invented organiser with credits to sell."""

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from tortoise import Tortoise

from app import footprint, scenarios, wiring
from app.cli.seeding.gifts import GIFT_CODE, gift_event, open_gift
from app.cli.seeding.people import (
    Hosts,
    Staff,
    let_organiser_in,
    let_staff_in,
    organisation,
    set_up_exchange,
)
from app.cli.seeding.zones import open_zone
from app.footprint import FactorSet
from app.foundation import approvals
from app.foundation.identity import OrganisationKind
from app.gateways.database import fetch_value
from app.kernel import ids
from app.kernel.clock import beijing_day, utc_now
from app.kernel.mass import GRAMS_PER_TONNE
from app.kernel.money import Currency
from app.kernel.text import Text
from app.registry import credits
from app.registry.credits import NewLot, NewProject, Programme, Suspension, UnitKind
from app.scenarios import Case, Draft, ScenarioKind, Setup
from app.views.orders.joint import JOINT_ORDER
from config.places import ANNEX, SUSPENDED
from config.settings import Settings

LIVE_CODE: Final = "H7QP3K"
"""The demo's scene; the code stands in the papers, so it is the same on every machine."""

_KINDS: Final = {
    "企业碳中和": ScenarioKind.ENTERPRISE,
    "会议": ScenarioKind.MEETING,
    "产品碳足迹": ScenarioKind.PRODUCT,
    "赛事": ScenarioKind.EVENT,
    "会展": ScenarioKind.EVENT,
    "零碳金融网点": ScenarioKind.SITE,
    "零碳会议室": ScenarioKind.SITE,
    "景区": ScenarioKind.SITE,
}
_PER_TONNE_FEN: Final = {
    Programme.CDCER: 5_000, Programme.CCER: 9_000, Programme.CQCER: 4_500, Programme.VCU: 3_000, Programme.FORESTRY: 6_000,
}  # fmt: skip
_BANKS: Final = (
    Text(zh="示例江城银行万山分行", en="Sample River City Bank, Wanshan branch"),
    Text(zh="示例江城银行", en="Sample River City Bank"),
)
_BANK_YEAR: Final = "BANK22"
_ORGANISER: Final = Text(zh="示例城市总工会", en="Sample City Trade Union")
_RATE: Final = "7.1234"
_RATE_SOURCE: Final = "SANDBOX 示例汇率"
_RATE_URL: Final = "https://rates.example.org/usd"


@dataclass(frozen=True, slots=True)
class Seeded:
    """What a seeding did."""

    cases: int
    """How many cases were new."""
    code: str
    joint: dict[str, Any] | None
    """An order of the organiser for two invented banks, as the API takes it; None outside a demo."""


async def seed(settings: Settings) -> Seeded:
    """Load the cases, the credits and the live event; what is there already stays as it is."""
    tokens = await _begin(settings)
    await wiring.open_database(settings)
    try:
        cases = 0
        with ANNEX.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                cases += await scenarios.import_case(
                    Case(
                        number=int(row["no"]),
                        name=row["name"],
                        organiser=row["organizer"],
                        kind=_KINDS[row["type"]],
                        printed_kind=row["type"],
                        mass_g=int(Decimal(row["tonnes"]) * GRAMS_PER_TONNE),
                        month=row["month"],
                    )
                )
        for lot in _lots():
            await credits.open_lot(lot)
        hosts = Hosts(settings)
        staff = await let_staff_in(hosts, tokens) if tokens else await hosts.staff()
        assert staff is not None, "set up above"
        for suspension in credits.read_suspensions(SUSPENDED).suspensions:
            await _suspend(suspension, staff)
        await _set_prices(staff)
        await _set_rate(staff)
        code = await _live_event(hosts, staff)
        await _gift_event(code, staff, footprint.load_factor_set(settings.factor_folder))
        await open_zone(staff)
        return Seeded(cases, code, await _joint_order(code, staff) if settings.demo_key else None)
    finally:
        await Tortoise.close_connections()


async def _begin(settings: Settings) -> tuple[str, ...]:
    """Set the platform up where nobody has; the links of its administrators."""
    await wiring.open_database(settings)
    try:
        if await fetch_value("SELECT id FROM organisation WHERE kind = 'exchange'") is not None:
            return ()
    finally:
        await Tortoise.close_connections()
    return await set_up_exchange(settings)


async def _suspend(suspension: Suspension, staff: Staff) -> None:
    """Take a methodology off sale, unless it is: proposed by one, agreed to by another."""
    known = await credits.list_methodologies(suspension.programme)
    if any(one.code == suspension.code and one.suspended_from == suspension.suspended_from for one in known):
        return
    proposed = await credits.propose_suspension(suspension, by=staff.operator)
    await credits.approve_methodology(proposed.id, seen=proposed.sha256, by=staff.reviewer)


async def _set_prices(staff: Staff) -> None:
    """From today on, for each programme that has no price yet: proposed by one, agreed to by another."""
    today = beijing_day(utc_now())
    priced = {price.programme for price in await credits.price_list(since=today)}
    for programme, per_tonne_fen in _PER_TONNE_FEN.items():
        if programme not in priced:
            proposed = await credits.propose_price(
                programme, per_tonne_minor=per_tonne_fen, currency=Currency.CNY, valid_from=today, by=staff.operator
            )
            await credits.approve_price(proposed.id, seen=proposed.sha256, by=staff.reviewer)


async def _set_rate(staff: Staff) -> None:
    """An invented exchange rate of today, where none may be used: proposed by one, agreed to by another."""
    today = beijing_day(utc_now())
    try:
        await credits.find_rate(credits.RATED, on=today)
    except (credits.RateUnknown, credits.RateTooOld):
        if await approvals.find_open(credits.RATE_KIND, f"{credits.BASE} {credits.RATED}") is not None:
            return  # somebody's own waits
        proposed = await credits.propose_rate(_RATE, day=today, source=_RATE_SOURCE, url=_RATE_URL, by=staff.operator)
        await credits.approve_rate(proposed.id, seen=proposed.sha256, by=staff.reviewer)


async def _live_event(hosts: Hosts, staff: Staff) -> str:
    if await fetch_value("SELECT id FROM scenario WHERE code = $1", LIVE_CODE) is not None:
        return LIVE_CODE
    today = beijing_day(utc_now())
    organisation_id = await organisation(_ORGANISER, OrganisationKind.ASSOCIATION, 2, staff)
    await let_organiser_in(hosts, organisation_id, staff)
    scenario_id = await scenarios.draft(
        Draft(
            code=LIVE_CODE,
            kind=ScenarioKind.EVENT,
            title=Text(zh="示例职工欢乐跑", en="Sample Workers' Fun Run"),
            organiser=_ORGANISER,
            organisation_id=organisation_id,
            starts_on=today,
            ends_on=today + timedelta(days=365),
            setup=Setup(
                modes=("metro", "car", "hsr", "flight"),
                default_km=23,
                most_km=100,
                extras={"meals_mixed": "1", "bottled_water_l": "1"},
                extras_text=Text(zh="午餐 1 份 + 饮用水 1 升", en="1 lunch + 1 l of water"),
                programme=Programme.CDCER.value,
            ),
        )
    )
    return await _publish(scenario_id, staff)


async def _gift_event(live_code: str, staff: Staff, factor_set: FactorSet) -> None:
    """A scene of the same organiser, in which it gives."""
    live = await scenarios.open_scene(live_code, today=beijing_day(utc_now()))
    assert live.organisation_id is not None, "the live event has an organiser"
    scenario_id = await fetch_value("SELECT id FROM scenario WHERE code = $1", GIFT_CODE)
    if scenario_id is None:
        scenario_id = await scenarios.draft(gift_event(live.organisation_id, factor_set))
        await _publish(scenario_id, staff)
    await open_gift(scenario_id, live.organisation_id)


async def _publish(scenario_id: UUID, staff: Staff) -> str:
    """Proposed by one, agreed to by another."""
    proposed = await scenarios.propose(scenario_id, by=staff.operator)
    return await scenarios.approve(proposed.id, seen=proposed.sha256, by=staff.reviewer)


async def _joint_order(code: str, staff: Staff) -> dict[str, Any]:
    """The published example with parties of ours: the organiser pays for two banks."""
    scene = await scenarios.open_scene(code, today=beijing_day(utc_now()))
    assert scene.organisation_id is not None, "the live event has an organiser"
    if await fetch_value("SELECT id FROM scenario WHERE code = $1", _BANK_YEAR) is None:
        await _publish(await scenarios.draft(_bank_year()), staff)
    banks = [
        ids.public("org", await organisation(name, OrganisationKind.COMPANY, number, staff))
        for number, name in enumerate(_BANKS, start=3)
    ]
    lines = [
        line | {"scene": _BANK_YEAR, "beneficiary": bank}
        for line, bank in zip(JOINT_ORDER["lines"], banks, strict=True)
    ]
    return JOINT_ORDER | {"payer": ids.public("org", scene.organisation_id), "lines": lines}


def _bank_year() -> Draft:
    """What the banks claim: a year that is over, so nobody enters it from the street."""
    return Draft(
        code=_BANK_YEAR,
        kind=ScenarioKind.ENTERPRISE,
        title=Text(zh="示例江城银行年度碳中和", en="Sample River City Bank, a year of operations"),
        organiser=_BANKS[1],
        organisation_id=None,
        starts_on=date(2022, 1, 1),
        ends_on=date(2022, 12, 31),
        setup=Setup(modes=("metro",)),
    )


def _lots() -> list[NewLot]:
    """Twelve invented batches of five programmes; one is nearly empty, one is of an old vintage."""
    greenway = _project(
        Programme.CDCER,
        "CDCER-S-113",
        "示例绿道碳汇（二期）",
        "Sample greenway sink, phase II",
        "CDCER-001-V01",
        removal=True,
    )
    bikes = _project(Programme.CDCER, "CDCER-S-207", "示例公共自行车减排", "Sample public bicycles", "CDCER-014-V01")
    wind = _project(Programme.CCER, "CCER-S-031", "示例海上风电", "Sample offshore wind", "CCER-01-001-V01")
    forest = _project(
        Programme.CCER, "CCER-S-052", "示例造林碳汇", "Sample afforestation", "CCER-14-001-V01", removal=True
    )
    heat = _project(Programme.CQCER, "CQCER-S-009", "示例余热利用", "Sample waste heat use", "CQCER-006-V01")
    hydro = _project(Programme.VCU, "0003", "示例小水电", "Sample small hydropower", "AMS-I.D")
    panda = _project(
        Programme.FORESTRY, "SCLC-S-001", "示例林草碳普惠", "Sample forest and grassland", "SCLC-001-V01", removal=True
    )
    return [
        _lot("CDCER-2021-0107", greenway, "CDCER-2021-0107-1-2", 2021),
        _lot("CDCER-2022-0113", greenway, "CDCER-2022-0113-1-3000", 2022),
        _lot("CDCER-2023-0042", greenway, "CDCER-2023-0042-1-5000", 2023),
        _lot("CDCER-2023-0077", bikes, "CDCER-2023-0077-1-800", 2023),
        _lot("CCER-2023-0031", wind, "CCER-2023-0031-1-120000", 2023),
        _lot("CCER-2024-0005", wind, "CCER-2024-0005-1-90000", 2024),
        _lot("CCER-2022-0052", forest, "CCER-2022-0052-1-40000", 2022),
        _lot("CQCER-2022-0009", heat, "CQCER-2022-0009-1-15000", 2022),
        _lot("CQCER-2023-0011", heat, "CQCER-2023-0011-1-20000", 2023),
        _lot("VCU-0001", hydro, "0001-000001-250000-VCS-VCU-003-VER-CN-0003-01012020-31122020-1", 2020),
        _lot("SCLC-2023-0001", panda, "SCLC-2023-0001-1-6000", 2023),
        _lot("SCLC-2024-0002", panda, "SCLC-2024-0002-1-9000", 2024),
    ]  # fmt: skip


def _project(
    programme: Programme, number: str, zh: str, en: str, methodology: str, *, removal: bool = False
) -> NewProject:
    return NewProject(
        programme=programme,
        number=number,
        name=Text(zh=zh, en=en),
        methodology=methodology,
        unit_kind=UnitKind.REMOVAL if removal else UnitKind.REDUCTION,
        place=Text(zh="四川（示例）", en="Sichuan (sample)"),
    )


def _lot(code: str, project: NewProject, serial: str, year: int) -> NewLot:
    return NewLot(
        code=code,
        project=project,
        serial=serial,
        vintage_start=date(year, 1, 1),
        vintage_end=date(year, 12, 31),
        issued_on=date(year + 1, 6, 30),
        trade_number=f"TRADE-{code}",
    )
