"""Retired is final: what PostgreSQL refuses to the application, and what even to the owner."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from app.gateways.database import fetch, transaction
from app.registry import retirements
from tests.rooms.conftest import River, connected, open_lot, refusal

FORBIDDEN = ("42501", None)
SNAPSHOT = (
    "SELECT 'r', r.id::text, r.state, r.mass_g FROM retirement r UNION ALL SELECT 's', id::text, lot_id::text, stop_g"
    " FROM retirement_slice UNION ALL SELECT 'c', '', '', next_g FROM retirement_cursor"
    " UNION ALL SELECT 'l', retirement_id::text, lot_id::text, mass_g FROM retirement_line ORDER BY 1, 2, 3"
)


@pytest.fixture
async def ids(river: River) -> AsyncIterator[tuple[UUID, UUID]]:
    """One settled retirement and one requested; after every attack both are as they were."""
    settled, requested = await river.requested([5, 7])
    async with transaction() as tx:
        await retirements.settle([settled], tx=tx)
    before = await fetch(SNAPSHOT)
    yield settled, requested
    assert await fetch(SNAPSHOT) == before


@pytest.fixture
async def app(river: River) -> AsyncIterator[Any]:
    async with connected(river.stand.app_url) as connection:
        yield connection


@pytest.fixture
async def owner(river: River) -> AsyncIterator[Any]:
    async with connected(river.stand.owner_url) as connection:
        yield connection


def slice_of(retirement: UUID, start: int, stop: int) -> str:
    return (
        "INSERT INTO retirement_slice (allocation_id, retirement_id, lot_id, start_g, stop_g, mass_g)"
        f" SELECT id, '{retirement}', lot_id, {start}, {stop}, {stop - start} FROM retirement_allocation LIMIT 1"
    )


def range_of(start: int, stop: int) -> str:
    return (
        "INSERT INTO retirement_allocation (batch, lot_id, start_g, stop_g, allocated_at)"
        f" SELECT gen_random_uuid(), lot_id, {start}, {stop}, now() FROM retirement_allocation LIMIT 1"
    )


async def test_the_application_cannot_settle_by_hand_nor_undo(app: Any, ids: tuple[UUID, UUID]):
    settled, requested = ids
    for attack in (
        slice_of(requested, 5, 12),
        range_of(5, 12),
        "UPDATE retirement_cursor SET next_g = 0",
        f"UPDATE retirement SET state = 'settled', settled_at = now() WHERE id = '{requested}'",
        f"UPDATE retirement SET mass_g = 1 WHERE id = '{settled}'",
        f"UPDATE retirement_line SET mass_g = 1 WHERE retirement_id = '{requested}'",
        *(
            f"{verb} {table}{' CASCADE' if verb == 'TRUNCATE' else ''}"
            for table in (
                "retirement_slice",
                "retirement_allocation",
                "retirement_line",
                "retirement_cursor",
                "retirement",
            )
            for verb in ("DELETE FROM", "TRUNCATE")
        ),
    ):
        assert await refusal(app, attack) == FORBIDDEN, attack


def copied(column: str, value: str) -> str:
    """A second retirement like the first, with one column of the attacker's choice."""
    columns = "purpose, funding, payer_id, holder_id, beneficiary_id, mass_g, requested_at"
    return (
        "WITH made AS (INSERT INTO claim (id, cause, purpose, layer, scenario_id, beneficiary_id, beneficiary_kind,"
        " period_from, period_to, emission_g, language, made_at) SELECT gen_random_uuid(), 'forged', purpose, layer,"
        " scenario_id, beneficiary_id, beneficiary_kind, period_from, period_to, emission_g, language, made_at FROM claim"
        f" LIMIT 1 RETURNING id AS claim) INSERT INTO retirement (id, cause, number, claim_id, {columns}, state{column})"
        f" SELECT gen_random_uuid(), 'forged', 'R-forged', claim, {columns}, {value} FROM retirement, made"
        " WHERE state = 'settled'"
    )


async def test_the_application_cannot_write_a_retirement_that_was_never_settled_as_settled(
    app: Any, ids: tuple[UUID, UUID]
):
    line = (
        "INSERT INTO retirement_line (retirement_id, lot_id, mass_g) SELECT r.id, l.lot_id, r.mass_g FROM retirement r,"
        " retirement_line l WHERE r.cause = 'forged' LIMIT 1"
    )
    assert await refusal(app, copied(", settled_at", "'settled', now()"), line) == FORBIDDEN
    assert await refusal(app, copied("", "'settled'"), line) == ("23514", "retirement_settled_check")
    assert await refusal(app, copied("", "'requested'")) == ("23514", "retirement_lines_add_up")


async def test_no_line_is_added_to_a_retirement_later(app: Any, river: River, ids: tuple[UUID, UUID]):
    other = await open_lot("OTHER", "CDCER-2022-OTHER-1-1")
    for retirement in ids:
        late = f"INSERT INTO retirement_line (retirement_id, lot_id, mass_g) VALUES ('{retirement}', {other}, 1)"
        assert await refusal(app, late) == ("23514", "retirement_lines_add_up")


async def test_the_application_cannot_leave_a_gap_by_beginning_a_lot_in_its_middle(app: Any, river: River):
    middle = f"INSERT INTO retirement_cursor (lot_id, next_g) VALUES ({river.lot_id}, 5000000)"
    assert await refusal(app, middle) == FORBIDDEN


async def test_even_the_owner_cannot_change_a_settled_retirement_or_its_grams(owner: Any, ids: tuple[UUID, UUID]):
    settled, _ = ids
    for attack in (
        f"UPDATE retirement SET mass_g = 1 WHERE id = '{settled}'",
        f"UPDATE retirement SET state = 'requested', settled_at = NULL WHERE id = '{settled}'",
        f"DELETE FROM retirement WHERE id = '{settled}'",
        "UPDATE retirement_slice SET start_g = start_g",
        "DELETE FROM retirement_slice",
        "TRUNCATE retirement_slice",
        "UPDATE retirement_allocation SET stop_g = stop_g",
        "DELETE FROM retirement_allocation",
        "TRUNCATE retirement_allocation CASCADE",
        "TRUNCATE retirement CASCADE",
    ):
        assert await refusal(owner, attack) == ("23514", None), attack


async def test_even_the_owner_cannot_give_a_gram_twice(owner: Any, ids: tuple[UUID, UUID]):
    _, requested = ids  # grams 0 to 5 of the lot are gone
    for start, stop in ((0, 5), (4, 9), (0, 1), (2, 3), (0, 100)):
        assert await refusal(owner, range_of(start, stop)) == ("23P01", "retirement_allocation_no_overlap")
    assert await refusal(owner, range_of(6, 6)) == ("23514", "retirement_allocation_range_check")
    assert await refusal(owner, slice_of(requested, 0, 7)) == ("23505", "retirement_slice_start_key")
    assert await refusal(owner, slice_of(requested, 1, 5)) == ("23505", "retirement_slice_stop_key")
    wrong = slice_of(requested, 5, 12).replace("5, 12, 7", "5, 12, 8")
    assert await refusal(owner, wrong) == ("23514", "retirement_slice_mass_check")


async def test_even_the_owner_cannot_cut_a_slice_from_another_lot_than_its_allocation(
    owner: Any, ids: tuple[UUID, UUID]
):
    _, requested = ids
    other = await open_lot("OTHER", "CDCER-2022-OTHER-1-1")
    astray = slice_of(requested, 5, 12).replace(f"'{requested}', lot_id", f"'{requested}', {other}")
    assert await refusal(owner, astray) == ("23503", "retirement_slice_allocation_lot_fkey")
