"""A lot of older books that holds tonnes of an older lot: nobody is given any of it until two people have decided."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from app.foundation import approvals
from app.foundation.identity import Role
from app.gateways.database import fetch_value, transaction
from app.kernel.clock import utc_now
from app.kernel.ids import uuid7
from app.registry import credits, holdings
from app.registry.credits import DoubleDecision, Programme
from app.registry.holdings import Account
from tests.conftest import Stand
from tests.rooms.conftest import connected, open_lot, refusal
from tests.staff import staff


@pytest.fixture
async def people(database: Stand) -> tuple[UUID, UUID]:
    """Who types and who confirms."""
    both = Role.OPERATOR, Role.REVIEWER
    return await staff(*both), await staff(*both)


@pytest.fixture
async def double(database: Stand) -> int:
    """A lot of 100 t beside one of 3 t that is sold; the migration of an older book would write such a row."""
    first = await open_lot("FIRST", "CDCER-2022-0113-1-3")
    second = await open_lot("SECOND", "CDCER-2022-0114-1-100", year=2020)
    async with connected(database.super_url) as admin:
        await admin.execute(
            "INSERT INTO credit_double (lot_id, first_lot_id, found) VALUES ($1, $2, 'CDCER 2022-113 [1,4)')",
            second,
            first,
        )
    return second


async def reserve(mass_g: int, account: Account | None = None) -> None:
    async with transaction() as tx:
        more = {"account": account} if account is not None else {}
        await holdings.reserve(
            str(uuid7()), Programme.CDCER, mass_g, expires_at=utc_now() + timedelta(minutes=30), tx=tx, **more
        )


async def decided(decision: DoubleDecision, people: tuple[UUID, UUID]) -> int:
    proposal = await credits.propose_double("SECOND", decision, note="looked at the registry's paper", by=people[0])
    return await credits.approve(proposal.id, seen=proposal.sha256, by=people[1])


async def test_a_double_is_neither_offered_nor_reserved(double: int, database: Stand):
    assert (await credits.supply(Programme.CDCER)).open_g == 3_000_000
    await reserve(3_000_000)
    with pytest.raises(holdings.CreditsExhausted):
        await reserve(1)
    (listed,) = await credits.list_doubles()
    assert (listed.code, listed.first_code, listed.decision) == ("SECOND", "FIRST", None)
    line = (
        "INSERT INTO credit_reservation_line (reservation_id, lot_id, mass_g)"
        f" SELECT id, {double}, 1 FROM credit_reservation LIMIT 1"
    )
    async with connected(database.super_url) as owner:
        assert await refusal(owner, line) == ("23514", "credit_lot_is_double")


async def test_whoever_bought_of_a_double_ahead_cannot_use_it_either(
    double: int, people: tuple[UUID, UUID], database: Stand
):
    async with connected(database.super_url) as admin:
        await admin.execute("SET session_replication_role = replica")
        await admin.execute("UPDATE credit_double SET decision = 'apart', approval_id = gen_random_uuid()")
    account = (await holdings.open_holding(people[0])).account
    async with transaction() as tx:
        amount = holdings.Amount(holdings.Mix.only(Programme.CDCER), 50_000_000)
        await holdings.transfer("t1", holdings.PLATFORM, account, amount, reason="sale", tx=tx)
    async with connected(database.super_url) as admin:
        await admin.execute("SET session_replication_role = replica")
        await admin.execute("UPDATE credit_double SET decision = NULL, approval_id = NULL")
    with pytest.raises(holdings.CreditsExhausted):
        await reserve(1_000_000, account)


async def test_two_people_who_find_other_tonnes_let_it_be_sold_again(double: int, people: tuple[UUID, UUID]):
    assert await fetch_value("SELECT ok FROM books.prove_tonnes()") is False
    assert await decided(DoubleDecision.APART, people) == double
    assert (await credits.supply(Programme.CDCER)).open_g == 103_000_000
    await reserve(103_000_000)
    assert await fetch_value("SELECT ok FROM books.prove_tonnes()") is True


async def test_two_people_who_find_the_same_tonnes_keep_it_unsold_for_ever(double: int, people: tuple[UUID, UUID]):
    await decided(DoubleDecision.SAME, people)
    assert (await credits.supply(Programme.CDCER)).open_g == 3_000_000
    assert await fetch_value("SELECT ok FROM books.prove_tonnes()") is True
    with pytest.raises(credits.DoubleDecided):
        await credits.propose_double("SECOND", DoubleDecision.APART, note="after all", by=people[0])


async def test_one_person_alone_decides_nothing(double: int, people: tuple[UUID, UUID], database: Stand):
    maker, checker = people
    proposal = await credits.propose_double("SECOND", DoubleDecision.APART, note="why", by=maker)
    with pytest.raises(approvals.SamePerson):
        await credits.approve(proposal.id, seen=proposal.sha256, by=maker)
    with pytest.raises(approvals.ApprovalPending):
        await credits.propose_double("SECOND", DoubleDecision.SAME, note="why", by=checker)
    direct = "UPDATE credit_double SET decision = 'apart', approval_id = '{}'"
    async with connected(database.app_url) as app:
        assert await refusal(app, direct.format(proposal.id)) == ("23514", "credit_double_two_people")
    assert (await credits.supply(Programme.CDCER)).open_g == 3_000_000
    told = await asyncio.gather(
        *(credits.approve(proposal.id, seen=proposal.sha256, by=checker) for _ in range(3)), return_exceptions=True
    )
    assert told == [double] * 3
    async with connected(database.super_url) as owner:
        for attack in (
            "UPDATE credit_double SET decision = 'same'",
            "DELETE FROM credit_double",
            "TRUNCATE credit_double",
        ):
            assert (await refusal(owner, attack))[0] == "23514"


@pytest.mark.parametrize("note", ["", "  ", "x" * 501])
async def test_a_word_about_a_double_needs_its_reason_and_a_double(double: int, people: tuple[UUID, UUID], note: str):
    with pytest.raises(credits.DoubleUnfit):
        await credits.propose_double("SECOND", DoubleDecision.SAME, note=note, by=people[0])
    with pytest.raises(credits.DoubleUnknown):
        await credits.propose_double("FIRST", DoubleDecision.SAME, note="why", by=people[0])


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM credit_block", "UPDATE credit_block SET range = '[1,3)'", "DELETE FROM credit_name",
        "UPDATE credit_block SET series = '2022-1', series_id = credits.key63('CDCER:2022-1')",
        "UPDATE credit_name SET name = name || 'X', name_id = credits.key63(name || 'X')",
    ],
)  # fmt: skip
async def test_the_proof_names_a_lot_whose_block_was_taken_away_by_force(database: Stand, damage: str):
    await open_lot("FIRST", "CDCER-2022-0113-1-3")
    async with connected(database.super_url) as admin:
        tried = admin.transaction()
        await tried.start()
        await admin.execute("SET LOCAL session_replication_role = replica")
        await admin.execute(damage)
        said = await admin.fetchrow("SELECT * FROM books.prove_tonnes()")
        await tried.rollback()
    assert (said["ok"], said["found"]) == (False, 0)
    assert "(FIRST)" in said["detail"][0]


async def test_the_proof_sees_two_lots_of_the_same_tonnes_without_asking_a_constraint(database: Stand):
    lot_id = await open_lot("FIRST", "CDCER-2022-0113-1-3")
    other = await open_lot("SECOND", "CDCER-2022-0114-3-9")
    async with connected(database.super_url) as admin:
        tried = admin.transaction()
        await tried.start()
        await admin.execute("ALTER TABLE credit_lot DROP CONSTRAINT credit_lot_no_overlap")
        await admin.execute("ALTER TABLE credit_block DROP CONSTRAINT credit_block_once")
        await admin.execute("SET LOCAL session_replication_role = replica")
        for table in ("credit_lot", "credit_block"):
            await admin.execute(
                f"UPDATE {table} t SET series = o.series, series_id = o.series_id FROM {table} o"
                f" WHERE t.series <> o.series AND {'o.id' if table == 'credit_lot' else 'o.lot_id'} = {lot_id}"
            )
        said = await admin.fetchrow("SELECT * FROM books.prove_tonnes()")
        await tried.rollback()
    assert said["ok"] is False
    assert f"lot {other} (SECOND)" in said["detail"][0] and f"holds tonnes of lot {lot_id}" in said["detail"][0]
