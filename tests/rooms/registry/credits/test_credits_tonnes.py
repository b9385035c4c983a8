"""A tonne is in one lot, whatever programme, code, spelling or way it comes by."""

import asyncio
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from app.foundation.identity import Role
from app.gateways.database import fetch, fetch_value
from app.registry import credits
from app.registry.credits import NewLot, Programme
from app.registry.credits.serials.serial_rules import names_of, normalised
from tests.conftest import Stand
from tests.rooms.conftest import connected, open_lot, refusal
from tests.rooms.registry.credits.test_credits_importing import kinds, row, sheet
from tests.rooms.registry.credits.test_credits_refusals import twin
from tests.rules.test_credits_serials import LOT, SPELLINGS
from tests.staff import staff

BATCH = "CDCER-2022-0113"
VCU = "19328-940005924-940008531-VCS-VCU-1289-VER-CN-13-3880-01012022-31122022-0"
RAW = replace(LOT, code="R-1", serial=BATCH, certificate_number="成碳证-7", tonnes=120)


@pytest.fixture(autouse=True)
def _on_real_tables(database: Stand) -> None:
    """Every test of this file starts on empty tables."""


@pytest.fixture
async def people(database: Stand) -> tuple[UUID, UUID]:
    """Who types and who confirms."""
    return await staff(Role.OPERATOR), await staff(Role.REVIEWER)


async def taken(lot: NewLot, people: tuple[UUID, UUID]) -> int:
    """The lot by two people."""
    proposal = await credits.propose_lot(lot, by=people[0])
    return await credits.approve(proposal.id, seen=proposal.sha256, by=people[1])


async def tonnes() -> int:
    """All that is in the books."""
    return int(await fetch_value("SELECT coalesce(sum(mass_g), 0)::bigint / 1000000 FROM credit_lot"))


async def sound() -> bool:
    """Whether the proof finds every tonne once."""
    return bool(await fetch_value("SELECT ok FROM books.prove_tonnes()"))


async def test_one_serial_under_three_programmes_in_one_file_is_one_lot():
    serial = "CDCER-2031-0113-1-3000"
    done = await credits.import_lots(
        sheet(
            row("A", serial),
            row("B", serial, programme="CCER", project_number="P-2", methodology="CCER-1"),
            row("C", serial, programme="林草碳普惠", project_number="P-3", methodology="SCLC-1"),
        ),
        skip_bad=True,
    )
    assert kinds(done) == ["new", "unreadable", "unreadable"]
    for verdict in done.verdicts[1:]:
        assert verdict.reason is not None and "成都碳惠天府登记" in verdict.reason.zh and "Chengdu" in verdict.reason.en
    assert await tonnes() == 3000
    assert await sound()


@pytest.mark.parametrize(
    "raw", [*SPELLINGS, "CDCER-2022-0113-3000-3000", "CDCER-2022-0113-2-17", "CDCER-2022-0113-0-1"]
)
async def test_a_block_in_another_spelling_or_a_part_of_it_is_refused_under_another_code(raw):
    await open_lot(serial=LOT.serial)
    with pytest.raises(credits.LotOverlaps):
        await credits.open_lot(replace(LOT, code="L-2", serial=raw))
    done = await credits.import_lots(sheet(row("L-2", raw)))
    assert kinds(done) == ["overlaps"]
    assert done.verdicts[0].lot == BATCH
    assert await tonnes() == 3000


@pytest.mark.parametrize("raw", SPELLINGS[::4])
async def test_two_rows_of_a_sheet_that_spell_one_block_differently_are_one_lot(raw):
    done = await credits.import_lots(sheet(row("A", LOT.serial), row("B", raw)), skip_bad=True)
    assert kinds(done) == ["new", "overlaps"]
    assert await tonnes() == 3000


async def test_the_same_tonnes_with_another_vintage_or_project_are_the_same_tonnes():
    await open_lot(serial=LOT.serial)
    other = replace(LOT, code="L-2", vintage_start=date(2023, 1, 1), vintage_end=date(2023, 12, 31))
    for lot in (other, replace(other, project=replace(LOT.project, number="P-9"))):
        with pytest.raises(credits.LotOverlaps):
            await credits.open_lot(lot)
    assert await tonnes() == 3000


@pytest.mark.parametrize(
    "serial",
    [
        VCU.replace("VCS-", ""), VCU.lower(), VCU.replace("-", "–"), f"000{VCU}", VCU.replace("-13-", "-"),
        VCU.replace("VER", "MER"), VCU.replace("940005924", "940008531"), VCU.replace("940008531", "940005924"),
        VCU.replace("31122022-0", "31122022-1"), VCU.replace("-", " - "),
    ],
)  # fmt: skip
async def test_a_vcu_in_another_spelling_is_the_same_tonnes(serial):
    vcu = replace(LOT, serial=VCU, project=replace(LOT.project, programme=Programme.VCU, number="3880"), country="CN")
    await credits.open_lot(vcu)
    with pytest.raises(credits.LotOverlaps):
        await credits.open_lot(replace(vcu, code="L-2", serial=serial))
    assert await tonnes() == 2608


@pytest.mark.parametrize(
    ("serial", "certificate"),
    [
        (BATCH, "证-8"), ("cdcer–2022–113", "证-8"), ("CDCER 2022 0113 A", "证-8"), ("", BATCH), ("", "CDCER–2022–0113"),
        ("批 8", "CDCER/2022/0113"), ("CDCER 2022 年第 0113 批", "证-8"), ("", "CDCER 2022 第 113 批"),
    ],
)  # fmt: skip
async def test_tonnes_that_are_here_by_number_do_not_come_again_by_their_batch(people, serial, certificate):
    await open_lot(serial=LOT.serial)
    raw = replace(RAW, serial=serial, certificate_number=certificate)
    with pytest.raises(credits.LotOverlaps):
        await credits.propose_lot(raw, by=people[0])
    done = await credits.import_lots(
        sheet(row("R-1", serial, certificate_number=certificate, tonnes="120")), by=people[0]
    )
    (verdict,) = done.verdicts
    assert (verdict.kind.value, verdict.lot) == ("overlaps", BATCH)
    assert verdict.reason is not None and "须写明吨号" in verdict.reason.zh, "never another raw lot"


async def test_tonnes_that_are_here_by_their_batch_do_not_come_again_by_number(people):
    await taken(RAW, people)
    with pytest.raises(credits.LotOverlaps):
        await credits.open_lot(LOT)
    done = await credits.import_lots(sheet(row("L-1", LOT.serial), row("L-2", "CDCER-2022-0114-1-5")), skip_bad=True)
    assert kinds(done) == ["overlaps", "new"]
    assert await tonnes() == 125
    assert await sound()


@pytest.mark.parametrize(
    ("serial", "certificate", "programme"),
    [
        ("批文第 31 号", "证-9", Programme.CDCER), ("批文第０３１号", "证-9", Programme.FORESTRY),
        ("其他", "证 8", Programme.CQCER), ("证—8", "证-10", Programme.CCER), ("", "证-08", Programme.CCER),
        ("", "批文第31号", Programme.CQCER),
    ],
)  # fmt: skip
async def test_a_raw_serial_or_certificate_is_one_lots_whatever_its_programme_and_punctuation(
    people, serial, certificate, programme
):
    await taken(replace(RAW, serial="批文第31号", certificate_number="证-8"), people)
    project = replace(LOT.project, programme=programme, number="P-9")
    other = replace(RAW, code="R-2", serial=serial, certificate_number=certificate, project=project)
    with pytest.raises(credits.LotOverlaps):
        await credits.propose_lot(other, by=people[0])
    given = row("R-2", serial, certificate_number=certificate, tonnes="120", programme=programme.value)
    done = await credits.import_lots(sheet(given | {"project_number": "P-9"}), by=people[0])
    assert kinds(done) == ["overlaps"]


async def test_two_proposals_of_one_batch_by_two_certificates_become_one_lot(people):
    first = await credits.propose_lot(RAW, by=people[0])
    second = await credits.propose_lot(replace(RAW, code="R-2", certificate_number="证-8"), by=people[0])
    told = await asyncio.gather(
        *(credits.approve(one.id, seen=one.sha256, by=people[1]) for one in (first, second)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in told) == ["LotOverlaps", "int"]
    assert await tonnes() == 120


@pytest.mark.parametrize(
    ("serial", "certificate"),
    [("批文第０３１号", "证-9"), ("批文 31", "证—8"), ("", "批文（第 31 号）"), ("证 08", "证-9")],
)
async def test_two_proposals_of_one_raw_number_under_two_programmes_become_one_lot(people, serial, certificate):
    first = await credits.propose_lot(replace(RAW, serial="批文第31号", certificate_number="证-8"), by=people[0])
    project = replace(LOT.project, programme=Programme.FORESTRY, number="P-9")
    other = replace(RAW, code="R-2", serial=serial, certificate_number=certificate, project=project)
    second = await credits.propose_lot(other, by=people[0])
    await credits.approve(first.id, seen=first.sha256, by=people[1])
    with pytest.raises(credits.LotOverlaps):
        await credits.approve(second.id, seen=second.sha256, by=people[1])
    assert await tonnes() == 120


async def test_a_batch_is_taken_by_two_people_with_its_certificate_and_tonnes(people):
    lot_id = await taken(replace(RAW, serial="CDCER-2022-3113"), people)
    facts = (await credits.describe_lots([lot_id]))[lot_id]
    assert (facts.is_raw_only, facts.mass_g) == (True, 120_000_000)


async def test_whoever_comes_by_whichever_way_at_once_one_of_them_takes_the_tonnes(people):
    proposal = await credits.propose_lot(RAW, by=people[0])
    sheets = [
        sheet(row(f"S-{n}", f"CDCER-2022-0113-{n}-{n + 100}"), row(f"T-{n}", f"CDCER-2022-T{n}-1-1")) for n in (1, 50)
    ]
    told = await asyncio.gather(
        *(credits.import_lots(rows, skip_bad=True) for rows in sheets),
        *(credits.open_lot(replace(LOT, code=f"L-{n}", serial=f"CDCER–2022–113–{n}至{n + 200}")) for n in (1, 90, 101)),
        credits.approve(proposal.id, seen=proposal.sha256, by=people[1]),
        return_exceptions=True,
    )
    for one in told:
        assert isinstance(one, (int, credits.Examined, credits.LotOverlaps)), one
    overlapping = await fetch_value(
        "SELECT count(*) FROM credit_lot a JOIN credit_lot b ON a.id < b.id AND a.series = b.series"
        " AND int8range(a.block_start, a.block_stop) && int8range(b.block_start, b.block_stop)"
    )
    assert overlapping == 0
    raw, numbered = [
        await fetch_value(f"SELECT count(*) FROM credit_lot WHERE is_raw_only = {kind} AND serial_raw LIKE '%113%'")
        for kind in ("true", "false")
    ]
    assert (raw, numbered > 0) in {(1, False), (0, True)}
    assert await sound()


async def test_two_imports_at_once_of_the_same_tonnes_under_other_codes_take_them_once():
    files = [sheet(*(row(f"{mark}-{n}", f"CDCER-2022-N{n}-1-10") for n in range(20))) for mark in "ABC"]
    done = await asyncio.gather(*(credits.import_lots(rows, skip_bad=True) for rows in files))
    assert sorted({*kinds(one)}.pop() for one in done) == ["new", "overlaps", "overlaps"]
    assert await tonnes() == 200


async def test_a_correction_touches_no_tonne(people):
    lot_id = await open_lot()
    before = await fetch("SELECT * FROM credit_block")
    for changes in ({"serial_raw": "CDCER-2022-0114-1-100"}, {"series": "CDCER:2022-114"}, {"mass_g": 1}):
        with pytest.raises(credits.CorrectionUnfit):
            await credits.propose_correction(lot_id, changes, note="why", by=people[0])
    proposal = await credits.propose_correction(lot_id, {"is_real": True}, note="why", by=people[0])
    await credits.approve(proposal.id, seen=proposal.sha256, by=people[1])
    assert await fetch("SELECT * FROM credit_block") == before
    assert await sound()


async def test_postgresql_writes_a_block_with_every_lot_and_refuses_a_second_one_under_another_programme(
    database: Stand,
):
    lot_id = await open_lot()
    assert await fetch("SELECT lot_id, registry, series, range::text FROM credit_block") == [
        {"lot_id": lot_id, "registry": "CDCER", "series": "2022-113", "range": "[1,101)"}
    ]
    twice = {"block_start": "block_start", "block_stop": "block_stop", "mass_g": "mass_g"}
    as_before = {"series": "'CCER:CDCER-2022-0113'", "series_id": "credits.key63('CCER:CDCER-2022-0113')"}
    statement = await twin(lot_id, programme="'CCER'", **twice, **as_before)
    async with connected(database.app_url) as app:
        assert await refusal(app, statement) == ("23P01", "credit_block_once")
        for attack in (
            "DELETE FROM credit_block", "UPDATE credit_block SET range = '[5,6)'", "DELETE FROM credit_name",
            "UPDATE credit_name SET is_whole = false", "INSERT INTO credit_double (lot_id) VALUES (1)",
        ):  # fmt: skip
            assert await refusal(app, attack) == ("42501", None)
    async with connected(database.super_url) as owner:
        for attack in ("DELETE FROM credit_block", "UPDATE credit_name SET name = 'X'", "TRUNCATE credit_block"):
            assert (await refusal(owner, attack))[0] == "23514"


@pytest.mark.parametrize(
    "raw",
    [
        *SPELLINGS, BATCH, VCU, "证字第 0031 号", "GS1-1-IN-GS7080-2-2021-30294-1-113391", "CDC_10_1_1_321_14_CO_1_5_2019_BF",
        "SCLC-2023-A01-B", "X CCER 2022-7", "ACCER-2022-7", "CCER-2022-007-00", "𠮷-0-00-10", "…", "甲々〇-1", "a\tb　c",
    ],
)  # fmt: skip
async def test_postgresql_knows_a_text_by_the_same_names(raw):
    key = normalised(raw)
    found = await fetch("SELECT n FROM credits.names_of($1, NULL, $2) AS n", key, normalised("证-7"))
    assert {one["n"] for one in found} == names_of(key, normalised("证-7"))


async def test_what_the_proof_says_of_tonnes_is_no_more_than_what_stands():
    await open_lot()
    done = await fetch("SELECT * FROM books.prove_tonnes()")
    assert [(one["check"], one["ok"], one["expected"], one["found"]) for one in done] == [("tonnes_once", True, 1, 1)]
