"""A suspended methodology is not sold from its day on in Beijing; what was retired or reserved before stays."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from app.gateways.database import fetch, fetch_value, transaction
from app.gateways.sheets import SheetUnreadable
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Text
from app.registry import credits, holdings
from app.registry.credits import Programme, Suspension
from app.registry.credits.errors import ColumnsUnfit
from config.places import SUSPENDED
from tests.conftest import Stand
from tests.rooms.conftest import connected, open_lot, refusal
from tests.staff import resumed, suspended


def today() -> date:
    """Of the test: midnight may come in the middle of a run."""
    return beijing_day(utc_now())


SUSPENSION = Suspension(
    programme=Programme.CDCER,
    code="CDCER-001",
    suspended_from=today(),
    note=Text(zh="示例：主管部门已停用。", en="Sample: withdrawn by its authority."),
    source="示例公告",
)


@pytest.fixture(autouse=True)
def _on_real_tables(database: Stand) -> None:
    """Every test of this file starts on empty tables."""


async def reserve(purpose: str) -> None:
    async with transaction() as tx:
        await holdings.reserve(purpose, Programme.CDCER, 10, expires_at=utc_now() + timedelta(minutes=9), tx=tx)


async def test_from_its_day_on_nothing_of_it_is_for_sale_until_it_is_resumed():
    lot_id = await open_lot()
    await suspended(replace(SUSPENSION, suspended_from=beijing_day(utc_now()) + timedelta(days=1)))
    await reserve("the day before")
    await suspended(SUSPENSION)
    assert await credits.supply(Programme.CDCER) == credits.Supply(Programme.CDCER, 0, None)
    with pytest.raises(holdings.CreditsExhausted):
        await reserve("on the day")
    async with transaction() as tx:  # what was reserved in time is delivered
        assert set(await holdings.use_many(["the day before"], tx=tx)) == {"the day before"}
    facts = (await credits.describe_lots([lot_id]))[lot_id]
    assert (facts.suspended_from, facts.suspension_note) == (SUSPENSION.suspended_from, SUSPENSION.note)
    await resumed(Programme.CDCER, "CDCER-001", source="示例公告二")
    await reserve("afterwards")
    facts = (await credits.describe_lots([lot_id]))[lot_id]
    assert (facts.suspended_from, facts.suspension_note) == (None, None)


async def test_another_method_of_the_same_programme_is_sold_on():
    await open_lot()
    await suspended(replace(SUSPENSION, code="CDCER-002"))
    assert (await credits.supply(Programme.CDCER)).open_g == 100_000_000


async def test_a_lot_that_comes_after_the_suspension_is_not_sold_either():
    await suspended(SUSPENSION)
    await open_lot()
    assert (await credits.supply(Programme.CDCER)).open_g == 0


async def test_said_twice_it_is_one_event_and_said_otherwise_another():
    await suspended(SUSPENSION)
    await suspended(SUSPENSION)
    await suspended(replace(SUSPENSION, suspended_from=today() - timedelta(days=1)))
    for _ in range(2):
        await resumed(Programme.CDCER, "CDCER-001", source="示例公告二")
    told = await fetch("SELECT kind, subject, payload->>'suspended_from' AS day FROM outbox_message ORDER BY id")
    assert [row["kind"] for row in told] == ["methodology.suspended", "methodology.suspended", "methodology.resumed"]
    assert [row["day"] for row in told] == [str(today()), str(today() - timedelta(days=1)), None]
    assert {row["subject"] for row in told} == {"methodology:CDCER:CDCER-001"}


@pytest.mark.parametrize(
    "unfit",
    [
        replace(SUSPENSION, code=" "),
        replace(SUSPENSION, code="x" * 65),
        replace(SUSPENSION, note=Text(zh="", en="why")),
        replace(SUSPENSION, note=Text(zh="为何", en="")),
        replace(SUSPENSION, source=" "),
        replace(SUSPENSION, source="x" * 501),
    ],
)
async def test_nothing_is_suspended_without_a_reason_in_both_languages_and_a_source(unfit):
    with pytest.raises(credits.SuspensionUnfit):
        await suspended(unfit)
    assert await credits.list_methodologies() == []
    with pytest.raises(credits.MethodologyUnknown):
        await resumed(Programme.CDCER, "CDCER-001", source="示例公告")


async def test_the_file_that_ships_suspends_the_rice_methodology_of_the_report():
    for suspension in credits.read_suspensions(SUSPENDED).suspensions:
        await suspended(suspension)
    (known,) = await credits.list_methodologies(Programme.VCU)
    assert (known.code, known.suspended_from) == ("AMS-III.AU", date(2023, 2, 3))
    assert "verra.org" in known.source


async def test_postgresql_keeps_every_project_on_a_known_methodology_and_every_suspension_explained(database: Stand):
    await open_lot()
    assert await fetch_value("SELECT count(*) FROM credit_methodology") == 1
    project = (
        "INSERT INTO credit_project (id, programme, number, name_zh, name_en, methodology, unit_kind, place_zh, place_en)"
        " SELECT gen_random_uuid(), programme, 'P-2', name_zh, name_en, '{}', unit_kind, place_zh, place_en FROM credit_project"
    )
    async with connected(database.app_url) as app:
        assert await refusal(app, project.format("NOBODY-1")) == ("23503", "credit_project_methodology_fkey")
        for statement, state, name in (
            ("UPDATE credit_methodology SET suspended_from = now()", "42501", None),
            ("UPDATE credit_methodology SET code = 'X'", "42501", None),
            ("DELETE FROM credit_methodology", "42501", None),
            ("UPDATE credit_project SET methodology = 'X'", "42501", None),
        ):
            assert await refusal(app, statement) == (state, name)
    async with connected(database.super_url) as owner:
        suspend = "UPDATE credit_methodology SET suspended_from = now()"
        assert await refusal(owner, suspend) == ("23514", "credit_methodology_note_check")
        explained = suspend + ", note_zh = 'x', note_en = 'x'"
        assert await refusal(owner, explained) == ("23514", "credit_methodology_two_people")
        state, constraint = await refusal(owner, "DELETE FROM credit_methodology")
        assert constraint == "credit_project_methodology_fkey"
        assert state in {"23001", "23503"}  # RESTRICT has a code of its own since PostgreSQL 18


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_file_of_suspensions_is_read_as_every_sheet_is(tmp_path: Path, encoding: str):
    file = tmp_path / "suspended.csv"
    file.write_text(
        "programme,code,name_zh,name_en,suspended_from,note_zh,note_en,source\n"
        "ＶＣＵ,AMS-III.AU。,水稻,Rice,2023年2月3日,已停用,Stopped,示例来源\n",
        encoding,
    )
    (read,) = credits.read_suspensions(file).suspensions
    assert (read.programme, read.code, read.suspended_from) == (Programme.VCU, "AMS-III.AU", date(2023, 2, 3))


def test_every_cell_of_a_file_of_suspensions_that_cannot_be_is_named(tmp_path: Path):
    file = tmp_path / "suspended.csv"
    head = "programme,code,name_zh,name_en,suspended_from,note_zh,note_en,source\n"
    file.write_text(head + "VCX,a,b,c,03/02/2023,d,e,f\nVCU,=1+1,b,c,2023-02-03,d,e,f\n", "utf-8")
    with pytest.raises(ColumnsUnfit) as refusal:
        credits.read_suspensions(file)
    for cell in ("A2", "E2", "B3"):
        assert cell in refusal.value.message().zh and cell in refusal.value.message().en
    many = head + "VCU,a,b,c,never,d,e,f\n" * 1_005
    file.write_text(many, "utf-8")
    with pytest.raises(ColumnsUnfit) as refusal:
        credits.read_suspensions(file)
    assert refusal.value.message().en.count("never") == 1_000
    assert "and 5 more faults" in refusal.value.message().en
    file.write_text('code\n"', "utf-8")
    with pytest.raises(SheetUnreadable):
        credits.read_suspensions(file)
