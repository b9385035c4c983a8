"""Withdrawing: what is not settled can be given up, whole, once; whoever is second of two finds the first one's work."""

import asyncio
from uuid import UUID

import pytest

from app.foundation import identity, privacy
from app.foundation.identity import Role
from app.gateways.database import again, fetch, fetch_value, transaction
from app.kernel.clock import utc_now
from app.kernel.ids import uuid7
from app.registry import credits, holdings, retirements
from app.registry.retirements import RetirementState
from tests.rooms.conftest import KEYRING, River, connected, open_lot, refusal
from tests.rooms.registry.retirements.helpers import held, settle
from tests.staff import staff

TONNE = 1_000_000


async def withdraw(river: River, ids: list[UUID], reason: str = "重复下单") -> list[UUID]:
    async def use_case() -> list[UUID]:
        async with transaction() as tx:
            return await retirements.withdraw(ids, by=river.person_id, reason=reason, keyring=KEYRING, tx=tx)

    return await again(use_case)


async def test_the_grams_of_a_withdrawn_retirement_are_open_again_to_everybody(river: River) -> None:
    old = await open_lot("OLD", "CDCER-2020-OLD-1-1", year=2020)
    (one,) = await river.requested([TONNE + 5])  # over both lots
    assert await withdraw(river, [one]) == [one]
    assert await held(old) == (TONNE, 0, 0)
    assert await held(river.lot_id) == (100 * TONNE, 0, 0)
    assert (await retirements.find_by_cause("test:0")).state is RetirementState.WITHDRAWN
    assert await settle([one]) == []
    assert await fetch("SELECT * FROM retirement_slice") == []

    async with transaction() as tx:
        await holdings.reserve("other", credits.Programme.CDCER, 101 * TONNE, expires_at=utc_now(), tx=tx)


async def test_a_second_withdrawal_moves_nothing_and_tells_nobody(river: River) -> None:
    ids = await river.requested([5, 7])
    assert sorted(await withdraw(river, ids)) == sorted(ids)
    before = await fetch("SELECT * FROM retirement ORDER BY id")
    assert await withdraw(river, ids, "另一个原因") == []
    assert await fetch("SELECT * FROM retirement ORDER BY id") == before
    assert await fetch_value("SELECT count(*) FROM outbox_message WHERE kind = 'retirement.withdrawn'") == 2
    assert await fetch_value("SELECT count(*) FROM ledger_transfer WHERE kind = 'withdraw'") == 1


async def test_where_one_is_settled_none_is_withdrawn(river: River) -> None:
    first, second = await river.requested([5, 7])
    await settle([first])
    with pytest.raises(retirements.RetirementFinal):
        await withdraw(river, [second, first])
    assert await held(river.lot_id) == (100 * TONNE - 12, 7, 5)
    assert await settle([second]) == [second]


@pytest.mark.parametrize("reason", ["", "   ", "长" * 201])
async def test_a_withdrawal_needs_a_reason_that_can_be_kept(river: River, reason: str) -> None:
    (one,) = await river.requested([5])
    with pytest.raises(retirements.ReasonMissing) as refused:
        await withdraw(river, [one], reason)
    assert refused.value.field == "/reason"
    assert await held(river.lot_id) == (100 * TONNE - 5, 5, 0)


async def test_withdrawing_and_settling_at_once_end_in_exactly_one_of_both(river: River) -> None:
    ids = await river.requested([1_000 + n for n in range(24)])
    begin = asyncio.Barrier(2 * len(ids))

    async def one(id_: UUID, *, is_settling: bool) -> tuple[UUID, str] | None:
        await begin.wait()
        try:
            done = await (settle([id_]) if is_settling else withdraw(river, [id_]))
        except retirements.RetirementFinal:
            return None
        return (id_, "settled" if is_settling else "withdrawn") if done else None

    async with asyncio.timeout(120):
        tries = [one(id_, is_settling=bool((at + turn) % 2)) for at, id_ in enumerate(ids) for turn in (0, 1)]
        said = [outcome for outcome in await asyncio.gather(*tries) if outcome]
    stands = {row["id"]: row["state"] for row in await fetch("SELECT id, state FROM retirement")}
    assert sorted(said) == sorted(stands.items()), "each was told to exactly one, as it stands"
    gone = await fetch_value("SELECT coalesce(sum(mass_g), 0)::bigint FROM retirement WHERE state = 'settled'")
    assert await held(river.lot_id) == (100 * TONNE - gone, 0, gone)
    assert await fetch_value("SELECT coalesce(sum(mass_g), 0)::bigint FROM retirement_slice") == gone


async def test_not_even_the_owner_changes_a_withdrawn_retirement(river: River) -> None:
    (one,) = await river.requested([5])
    await withdraw(river, [one])
    async with connected(river.stand.owner_url) as owner:
        for attack in (
            f"UPDATE retirement SET state = 'requested', withdrawn_at = NULL WHERE id = '{one}'",
            f"UPDATE retirement SET withdrawn_reason = 'x' WHERE id = '{one}'",
            f"UPDATE retirement SET withdrawn_reason_sealed = 'x' WHERE id = '{one}'",
            f"DELETE FROM retirement WHERE id = '{one}'",
        ):
            assert await refusal(owner, attack) == ("23514", None), attack
    async with connected(river.stand.app_url) as app:
        by_hand = "UPDATE retirement SET state = 'withdrawn'"
        assert await refusal(app, by_hand) == ("42501", None)
        give_back = "SELECT holdings.give_back('x', 'x', ARRAY(SELECT id FROM credit_reservation))"
        assert await refusal(app, give_back) == ("42501", None)


async def test_why_somebody_withdrew_is_read_by_them_alone_and_by_nobody_once_they_are_forgotten(river: River) -> None:
    (one,) = await river.requested([5])
    await withdraw(river, [one], "13900004321 是我的号码")
    (row,) = await fetch("SELECT withdrawn_reason, withdrawn_reason_sealed FROM retirement WHERE id = $1", one)
    assert row["withdrawn_reason"] == "" and b"13900004321" not in bytes(row["withdrawn_reason_sealed"])
    assert "13900004321 是我的号码" in str(await privacy.export(river.person_id, keyring=KEYRING))
    await identity.destroy_key(river.person_id)
    sealed = bytes(row["withdrawn_reason_sealed"])
    assert await identity.unseal(river.person_id, sealed, purpose="retirement.reason", keyring=KEYRING) is None


async def test_a_reason_that_the_release_before_kept_in_clear_is_sealed_once(river: River) -> None:
    (one,) = await river.requested([5])
    await fetch(
        "SELECT retirements.withdraw($1, $2::uuid[], $3, $4)", uuid7(), [one], river.person_id, "13900004321 是我的号码"
    )
    assert [await retirements.seal_reasons_due(keyring=KEYRING) for _ in range(2)] == [1, 0]
    assert await fetch_value("SELECT withdrawn_reason FROM retirement WHERE id = $1", one) == ""
    assert "13900004321 是我的号码" in str(await privacy.export(river.person_id, keyring=KEYRING))


async def test_of_whoever_was_erased_no_reason_is_left_and_what_cannot_be_sealed_is_not_touched(river: River) -> None:
    ids = await river.requested([5, 7])
    before = "SELECT retirements.withdraw($1, $2::uuid[], $3, $4)"
    await fetch(before, uuid7(), ids[:1], river.person_id, "13900004321 是我的号码")
    program = await staff(Role.FINANCE)
    await fetch(before, uuid7(), ids[1:], program, "程序撤回")
    await identity.erase(river.person_id, now=utc_now())
    assert [await retirements.seal_reasons_due(keyring=KEYRING) for _ in range(2)] == [1, 0]
    assert [await fetch_value("SELECT withdrawn_reason FROM retirement WHERE id = $1", one) for one in ids] == [
        "", "程序撤回",
    ]  # fmt: skip
