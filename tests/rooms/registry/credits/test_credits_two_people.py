"""Lots that no serial explains, and corrections: one person types, another confirms the very same text."""

import asyncio
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from app.foundation import approvals
from app.foundation.identity import Role
from app.gateways.database import fetch, fetch_value, transaction
from app.kernel.ids import uuid7
from app.kernel.text import Text
from app.registry import credits
from app.registry.credits import NewLot, NewProject, Programme, UnitKind
from tests.conftest import Stand
from tests.rooms.conftest import connected, open_lot, refusal
from tests.staff import staff

LOT = NewLot(
    code="R-1",
    project=NewProject(
        programme=Programme.FORESTRY,
        number="P-7",
        name=Text(zh="示例草原", en="Sample grassland"),
        methodology="SCLC-001",
        unit_kind=UnitKind.REMOVAL,
        place=Text(zh="示例州", en="Sample prefecture"),
    ),
    serial="川林草碳普惠证字〔2024〕7 号",
    certificate_number="SCLC-证-7",
    tonnes=120,
    vintage_start=date(2023, 1, 1),
    vintage_end=date(2023, 12, 31),
    issued_on=date(2024, 5, 1),
)


@pytest.fixture
async def people(database: Stand) -> tuple[UUID, UUID]:
    """Who types and who confirms."""
    both = Role.OPERATOR, Role.REVIEWER
    return await staff(*both), await staff(*both)


async def test_such_a_lot_opens_when_a_second_person_confirms_its_very_text(people):
    maker, checker = people
    with pytest.raises(credits.LotNeedsTwo):
        await credits.open_lot(LOT)
    proposal = await credits.propose_lot(LOT, by=maker)
    assert await credits.propose_lot(LOT, by=maker) == proposal, "the same text again is the same proposal"
    assert await fetch_value("SELECT count(*) FROM credit_lot") == 0
    for sha256, by, fact in (
        ("0" * 64, checker, approvals.ApprovalChanged),
        (proposal.sha256, maker, approvals.SamePerson),
    ):
        with pytest.raises(fact):
            await credits.approve(proposal.id, seen=sha256, by=by)
    lot_id = await credits.approve(proposal.id, seen=proposal.sha256, by=checker)
    facts = (await credits.describe_lots([lot_id]))[lot_id]
    assert (facts.is_raw_only, facts.block_start, facts.mass_g) == (True, 1, 120_000_000)
    assert (facts.serial_raw, facts.certificate_number) == (LOT.serial, "SCLC-证-7")
    assert await credits.approve(proposal.id, seen=proposal.sha256, by=checker) == lot_id
    assert (await credits.supply(Programme.FORESTRY)).open_g == 120_000_000
    assert await approvals.list_waiting() == []


async def test_two_who_confirm_at_once_open_one_lot(people):
    maker, checker = people
    third = await staff(Role.REVIEWER)
    proposal = await credits.propose_lot(LOT, by=maker)
    told = await asyncio.gather(
        *(credits.approve(proposal.id, seen=proposal.sha256, by=by) for by in (checker, third)),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in told) == ["ApprovalDecided", "int"]
    assert (await credits.supply(Programme.FORESTRY)).open_g == 120_000_000


async def test_one_certificate_is_one_lot_whoever_proposes_it_again(people):
    maker, checker = people
    proposal = await credits.propose_lot(LOT, by=maker)
    with pytest.raises(approvals.ApprovalPending):
        await credits.propose_lot(replace(LOT, tonnes=121), by=checker)
    await credits.approve(proposal.id, seen=proposal.sha256, by=checker)
    for other in (replace(LOT, code="R-2"), replace(LOT, code="R-2", serial="", certificate_number="sclc-证-7 ")):
        with pytest.raises(credits.LotOverlaps):
            await credits.propose_lot(other, by=maker)
    numbered = replace(LOT, code="R-3", serial="SCLC-2023-1-1-2", tonnes=None)
    with pytest.raises(credits.LotOverlaps):
        await credits.open_lot(numbered)


async def test_a_proposal_that_was_taken_back_comes_to_nothing_and_leaves_room_for_a_better_one(people):
    maker, checker = people
    proposal = await credits.propose_lot(LOT, by=maker)
    async with transaction() as tx:
        await approvals.withdraw(proposal.id, by=maker, tx=tx)
    with pytest.raises(approvals.ApprovalDecided):
        await credits.approve(proposal.id, seen=proposal.sha256, by=checker)
    better = await credits.propose_lot(replace(LOT, tonnes=119), by=maker)
    assert better.state is approvals.State.PROPOSED
    await credits.approve(better.id, seen=better.sha256, by=checker)
    with pytest.raises(approvals.ApprovalUnknown):
        await credits.approve(uuid7(), seen=better.sha256, by=checker)


async def test_a_correction_is_a_new_fact_beside_the_old_row(people):
    maker, checker = people
    lot_id = await open_lot()
    before = await fetch("SELECT * FROM credit_lot")
    for changes in ({"labels": ["ICVCM CCP"], "is_real": True}, {"is_real": None, "is_permanent": False}):
        proposal = await credits.propose_correction(lot_id, changes, note="registry's list of 2026-11", by=maker)
        assert await credits.approve(proposal.id, seen=proposal.sha256, by=checker) == lot_id
    facts = (await credits.describe_lots([lot_id]))[lot_id]
    assert (facts.labels, facts.is_real, facts.is_additional, facts.is_permanent) == (("ICVCM CCP",), None, None, False)
    assert await fetch("SELECT * FROM credit_lot") == before
    assert await fetch_value("SELECT count(*) FROM outbox_message WHERE kind = 'lot.corrected'") == 2


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"mass_g": 5}, "why"), ({"vintage_end": "2030-01-01"}, "why"), ({}, "why"), ({"is_real": "yes"}, "why"),
        ({"labels": [" "]}, "why"), ({"source_market": "a\nb"}, "why"), ({"is_real": True}, " "),
    ],
)  # fmt: skip
async def test_what_makes_a_lot_that_lot_is_not_corrected_nor_anything_without_a_reason(people, changes, note):
    lot_id = await open_lot()
    with pytest.raises(credits.CorrectionUnfit):
        await credits.propose_correction(lot_id, changes, note=note, by=people[0])
    with pytest.raises(credits.LotUnknown):
        await credits.propose_correction(lot_id + 1, {"is_real": True}, note="why", by=people[0])


async def test_postgresql_opens_no_lot_and_records_no_correction_that_nobody_confirmed(people, database: Stand):
    maker, checker = people
    waiting = await credits.propose_lot(LOT, by=maker)
    other = await credits.propose_lot(replace(LOT, code="R-9", certificate_number="SCLC-证-9"), by=maker)
    confirmed = await credits.approve(other.id, seen=other.sha256, by=checker)
    columns = [
        row["column_name"]
        for row in await fetch(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND table_name = 'credit_lot' AND column_name <> 'id'"
        )
    ]

    def copy(**changes: str) -> str:
        chosen = ", ".join(changes.get(name, name) for name in columns)
        return f"INSERT INTO credit_lot ({', '.join(columns)}) SELECT {chosen} FROM credit_lot WHERE id = {confirmed}"

    fresh = {
        "code": "'R-1'", "certificate_number": "'SCLC-证-7'", "certificate_key": "'SCLC-证-7'", "serial_key": "'OTHER'",
        "series": "'FORESTRY:certificate:SCLC-证-7'", "series_id": "credits.key63('FORESTRY:certificate:SCLC-证-7')",
    }  # fmt: skip
    two, raw = ("23514", "credit_lot_two_people"), ("23514", "credit_lot_raw_check")
    correction = (
        "INSERT INTO credit_lot_correction (lot_id, changes, note, approval_id, recorded_at)"
        f" VALUES ({confirmed}, '{{\"is_real\": true}}', 'why', '{other.id}', now())"
    )
    async with connected(database.app_url) as app:
        assert await refusal(app, copy(**fresh, approval_id=f"'{waiting.id}'")) == two  # nobody confirmed it
        assert await refusal(app, copy(**fresh)) == two  # confirmed, but another lot
        assert await refusal(app, copy(**fresh, is_raw_only="false")) == raw
        assert await refusal(app, copy(**fresh, approval_id="NULL")) == two
        assert await refusal(app, correction) == ("23514", "credit_lot_correction_two_people")
