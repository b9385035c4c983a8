"""Importing lots: a verdict for each row, nothing changed before it is asked for, everything once or nothing."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.foundation import approvals
from app.foundation.identity import Role
from app.gateways.database import Row, Tx, fetch, fetch_value
from app.kernel.cells import SheetRow
from app.registry import credits, ledger
from app.registry.credits import COLUMNS, Programme, RowKind, opening
from tests.conftest import Stand
from tests.rooms.conftest import open_lot
from tests.staff import staff

HEADINGS = tuple(column.key for column in COLUMNS)
ROW = {
    "programme": "CDCER",
    "project_number": "P-113",
    "project_zh": "示例绿道碳汇",
    "project_en": "Sample greenway sink",
    "methodology": "CDCER-001",
    "unit_kind": "removal",
    "vintage_start": "2022-01-01",
    "vintage_end": "2022-12-31",
    "issued_on": "2023-06-01",
    "place_zh": "示例区",
    "place_en": "Sample district",
}


@pytest.fixture(autouse=True)
def _on_real_tables(database: Stand) -> None:
    """Every test of this file starts on empty tables."""


def row(code: str, serial: str, **fields: str) -> dict[str, str]:
    return ROW | {"code": code, "serial": serial, "trade_number": f"T-{code}"} | fields


def sheet(*rows: dict[str, str]) -> list[SheetRow]:
    texts = [tuple(one.get(key, "") for key in HEADINGS) for one in rows]
    return [SheetRow(1, HEADINGS), *(SheetRow(number, text) for number, text in enumerate(texts, start=2))]


def kinds(examined: credits.Examined) -> list[str]:
    return [verdict.kind.value for verdict in examined.verdicts]


async def test_looking_changes_nothing_and_applying_takes_the_rows_in_once():
    rows = sheet(
        row("A", "CDCER-2022-A-1-10"),
        row("B", "CDCER-2022-B-1-5", labels="ICVCM CCP", is_real="是", source_market="示例市场"),
    )
    assert kinds(await credits.examine_lots(rows)) == ["new", "new"]
    assert await fetch_value("SELECT count(*) FROM credit_lot") == 0
    done = await credits.import_lots(rows)
    assert done.is_applied and done.is_good
    assert (await credits.supply(Programme.CDCER)).open_g == 15_000_000
    again = await credits.import_lots(rows)
    assert kinds(again) == ["known", "known"]
    assert [verdict.lot for verdict in again.verdicts] == ["A", "B"]
    assert await fetch_value("SELECT count(*) FROM credit_lot") == 2
    ids = [one["id"] for one in await fetch("SELECT id FROM credit_lot ORDER BY code")]
    facts = (await credits.describe_lots(ids))[ids[1]]
    assert (facts.labels, facts.is_real, facts.is_permanent) == (("ICVCM CCP",), True, None)
    assert (facts.source_market, facts.trade_number, facts.country) == ("示例市场", "T-B", "CN")
    assert await ledger.totals() != {}
    assert set((await ledger.totals()).values()) == {0}


async def test_with_one_bad_row_none_is_taken_unless_the_good_ones_are_asked_for():
    rows = sheet(row("A", "CDCER-2022-A-1-10"), row("B", "CDCER-2022-B-5-1"), row("C", "CDCER-2022-A-10-11"))
    done = await credits.import_lots(rows)
    assert kinds(done) == ["new", "unreadable", "overlaps"]
    assert (done.is_applied, done.is_good) == (False, False)
    assert await fetch_value("SELECT count(*) FROM credit_lot") == 0
    some = await credits.import_lots(rows, skip_bad=True)
    assert some.is_applied
    assert (await credits.supply(Programme.CDCER)).open_g == 10_000_000


@pytest.mark.parametrize(
    ("one", "field"),
    [
        (row("NEW", "CDCER-2022-0113-100-101"), "serial"),
        (row("NEW", "cdcer-2022-0113-1-100", trade_number=""), "serial"),
        (row("CDCER-2022-0113", "CDCER-2022-OTHER-1-1"), "code"),
        (row("CDCER-2022-0113", "CDCER-2022-0113-1-100", vintage_start="2022-01-02", trade_number=""), "vintage_start"),
        (row("CDCER-2022-0113", "CDCER-2022-0113-1-100", project_number="P-114", trade_number=""), "project_number"),
    ],
)
async def test_a_row_in_the_way_of_a_lot_we_hold_names_the_lot_and_the_cell(one, field):
    await open_lot()
    done = await credits.import_lots(sheet(one))
    (verdict,) = done.verdicts
    assert (verdict.kind, verdict.lot) == (RowKind.OVERLAPS, "CDCER-2022-0113")
    assert verdict.cell == f"{chr(ord('A') + HEADINGS.index(field))}2"
    assert not done.is_applied


async def test_a_project_keeps_its_method_and_kind_whether_it_is_known_or_a_row_before_said_it():
    await open_lot()
    rows = sheet(
        row("A", "CDCER-2022-A-1-1", methodology="CDCER-002"),
        row("B", "CDCER-2022-B-1-1", project_number="P-9"),
        row("C", "CDCER-2022-C-1-1", project_number="P-9", unit_kind="reduction"),
    )
    done = await credits.examine_lots(rows)
    assert kinds(done) == ["unreadable", "new", "unreadable"]
    assert [verdict.cell for verdict in done.verdicts] == ["G2", None, "G4"]


async def test_two_imports_of_one_sheet_at_once_take_it_in_once():
    rows = sheet(*(row(f"L-{n}", f"CDCER-2022-S-{n}-{n}") for n in range(1, 20)))
    first, second = await asyncio.gather(credits.import_lots(rows), credits.import_lots(rows))
    assert sorted((set(kinds(first)), set(kinds(second))), key=sorted) == [{"known"}, {"new"}]
    assert await fetch_value("SELECT count(*) FROM credit_lot") == 19


async def test_a_thousand_rows_are_taken_in_by_sets_and_tell_their_progress(monkeypatch: pytest.MonkeyPatch):
    heard: list[tuple[int, int]] = []
    asked: list[str] = []
    monkeypatch.setattr(opening, "fetch", counting(asked))
    rows = sheet(*(row(f"L-{n}", f"CDCER-2022-S-{10 * n}-{10 * n + 9}") for n in range(1_000)))
    done = await credits.import_lots(rows, progress=lambda written, of: heard.append((written, of)))
    assert done.counts == {RowKind.NEW: 1_000}
    assert heard == [(500, 1_000), (1_000, 1_000)]
    assert len(asked) == 2 + 2 * 5, "so many statements for each set, whatever its size"
    assert (await credits.supply(Programme.CDCER)).open_g == 10_000_000_000
    assert await fetch_value("SELECT count(*) FROM ledger_entry") == 2_000
    assert set((await ledger.totals()).values()) == {0}


def counting(asked: list[str]) -> Callable[..., Awaitable[list[Row]]]:
    """`fetch`, which also keeps what it was asked."""

    async def counted(sql: str, *values: object, tx: Tx | None = None) -> list[Row]:
        asked.append(sql)
        return await fetch(sql, *values, tx=tx)

    return counted


async def test_a_lot_without_numbered_tonnes_waits_for_a_second_person_and_needs_a_first():
    raw = row("R", "证字 7 号", certificate_number="证-7", tonnes="10")
    assert kinds(await credits.examine_lots(sheet(raw))) == ["unreadable"]
    maker, checker = await staff(Role.OPERATOR), await staff(Role.OPERATOR, Role.REVIEWER)
    for _ in range(2):  # a repeat is the same proposal
        done = await credits.import_lots(sheet(raw, row("A", "CDCER-2022-A-1-1")), by=maker)
        assert done.is_applied
        assert kinds(done)[0] == "proposed"
    other = await credits.import_lots(sheet(raw | {"tonnes": "11"}), by=checker)
    assert kinds(other) == ["overlaps"]
    (proposal,) = await approvals.list_waiting()
    await credits.approve(proposal.id, seen=proposal.sha256, by=checker)
    assert kinds(await credits.import_lots(sheet(raw), by=maker)) == ["known"]
    assert (await credits.supply(Programme.CDCER)).open_g == 11_000_000


async def test_a_row_in_the_way_of_two_lots_names_both_and_a_known_lot_every_fact_that_differs():
    await credits.import_lots(sheet(row("A", "CDCER-2022-0001-1-10"), row("B", "CDCER-2022-0002-1-10")))
    both = row("A", "CDCER-2022-0002-5-6", trade_number="T-B")
    other = row("A", "CDCER-2022-0001-1-10", vintage_end="2022-12-30", issued_on="2023-06-02")
    done = await credits.examine_lots(sheet(both))
    (first,) = done.verdicts
    assert [(fault.cell, fault.reason.en) for fault in first.faults] == [
        (f"{chr(ord('A') + HEADINGS.index(field))}2", f"is, or overlaps, lot {lot}")
        for field, lot in (("code", "A"), ("trade_number", "B"), ("serial", "B"))
    ]
    (known,) = (await credits.examine_lots(sheet(other))).verdicts
    assert [fault.cell for fault in known.faults] == [
        f"{chr(ord('A') + HEADINGS.index(field))}2" for field in ("vintage_end", "issued_on")
    ]
    assert known.kind is RowKind.OVERLAPS


async def test_headings_at_fault_take_nothing_in_and_the_good_rows_have_their_verdicts():
    rows = sheet(row("A", "CDCER-2022-0001-1-10"), row("B", "CDCER-2022-0002-5-1"))
    rows[0] = SheetRow(1, (*HEADINGS, "备注"))
    done = await credits.import_lots(rows, skip_bad=True)
    assert (kinds(done), done.is_applied) == (["headings", "new", "unreadable"], False)
    assert await fetch_value("SELECT count(*) FROM credit_lot") == 0
