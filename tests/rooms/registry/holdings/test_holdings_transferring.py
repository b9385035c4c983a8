"""Grams change hands once for their cause, never more than there are, and each step is written down."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from app.gateways.database import Tx, fetch, fetch_value, transaction
from app.kernel.ids import uuid7
from app.registry import holdings, ledger
from app.registry.credits import Programme
from app.registry.holdings import PLATFORM, Account, AccountKind, Amount, Mix, Portion, Transferred
from tests.books import books_add_up
from tests.conftest import Stand
from tests.rooms.conftest import Crowd, accounts_exist, connected, open_lot, refusal

LATER = datetime(2030, 1, 1, tzinfo=UTC)
ANN, BO, FIRM = Account.person(uuid7()), Account.person(uuid7()), Account.organisation(uuid7())
POOL = Account.named(AccountKind.ZONE, "fun-run")


@pytest.fixture
async def lots(database: Stand) -> tuple[int, int]:
    """An old lot of one tonne and a younger one of two, and whoever may hold them."""
    await accounts_exist(database, ANN, BO, FIRM, POOL)
    return await open_lot("C-19", "CDCER-2019-C-1-1", year=2019), await open_lot("C-24", "CDCER-2024-C-1-2", year=2024)


async def move(
    cause: str, source: Account, target: Account, what: int | Sequence[Portion], *, tx: Tx | None = None, **more: Any
) -> Transferred:
    if tx is None:
        async with transaction() as own:
            return await move(cause, source, target, what, tx=own, **more)
    asked = Amount(Mix.only(Programme.CDCER), what) if isinstance(what, int) else what
    return await holdings.transfer(cause, source, target, asked, **{"reason": "test", **more}, tx=tx)


async def merge(cause: str, source: Account, target: Account) -> Transferred:
    async with transaction() as tx:
        return await holdings.merge(source, target, cause=cause, tx=tx)


async def reserve(purpose: str, mass_g: int, holder: Account, *, tx: Tx | None = None, at: datetime = LATER) -> None:
    if tx is None:
        async with transaction() as own:
            return await reserve(purpose, mass_g, holder, tx=own, at=at)
    await holdings.reserve(purpose, Programme.CDCER, mass_g, account=holder, expires_at=at, tx=tx)
    return None


async def has(holder: Account) -> list[int]:
    """What a holder has of each lot, the oldest first; nothing where it has nothing."""
    return [holding.mass_g for holding in await holdings.balances(holder)]


async def test_what_is_bought_belongs_to_its_buyer_lot_by_lot(lots: tuple[int, int]):
    told = await move("buy:1", PLATFORM, FIRM, 1_000_500, reason="bought ahead", actor="operator:7")
    assert (told.mass_g, told.is_new) == (1_000_500, True)
    assert [(each.programme, each.lot_id, each.mass_g) for each in await holdings.balances(FIRM)] == [
        (Programme.CDCER, lots[0], 1_000_000),
        (Programme.CDCER, lots[1], 500),
    ]
    assert await has(PLATFORM) == [1_999_500]
    rows = await fetch("SELECT cause, source, target, mass_g, reason, actor, transferred_at FROM holding_transfer")
    assert rows == [
        {
            "cause": "buy:1", "source": "platform", "target": str(FIRM), "mass_g": 1_000_500, "reason": "bought ahead",
            "actor": "operator:7", "transferred_at": told.at,
        }
    ]  # fmt: skip


async def test_a_cause_moves_once_also_when_other_lots_are_open_by_then(lots: tuple[int, int]):
    first = await move("buy:1", PLATFORM, ANN, 1_000_000)
    again = await move("buy:1", PLATFORM, ANN, 1_000_000)  # the old lot is empty now
    assert again == Transferred(first.mass_g, first.at, is_new=False)
    assert await has(ANN) == [1_000_000]
    for other in (
        ("buy:1", PLATFORM, ANN, 1_000_001),
        ("buy:1", PLATFORM, BO, 1_000_000),
        ("buy:1", ANN, PLATFORM, 1_000_000),
        ("buy:1", PLATFORM, ANN, [Portion(lots[0], 1_000_000)]),
    ):
        with pytest.raises(holdings.CauseTaken):
            await move(*other)
    assert await fetch_value("SELECT count(*) FROM ledger_transfer WHERE kind = 'transfer'") == 1


async def test_the_same_cause_at_once_moves_once(crowd: Crowd, lots: tuple[int, int]):
    async def attempt() -> bool:
        async with crowd.transaction() as tx:
            return (await move("once", PLATFORM, ANN, 700, tx=tx)).is_new

    assert Counter(await asyncio.gather(*(attempt() for _ in range(16)))) == {True: 1, False: 15}
    assert await has(ANN) == [700]


async def test_nobody_gives_what_they_do_not_have(lots: tuple[int, int]):
    await move("buy", PLATFORM, ANN, 700)
    with pytest.raises(holdings.CreditsExhausted) as refused:
        await move("gift", ANN, BO, 701)
    assert refused.value.facts["missing"] == {"CDCER": 1}
    for what in ([Portion(lots[0], 701)], [Portion(lots[1], 1)]):  # too much of one lot, none of the other
        with pytest.raises(ledger.BalanceTooLow):
            await move("gift", ANN, BO, what)
    with pytest.raises(holdings.SameAccount):
        await move("gift", ANN, ANN, 1)
    assert (await has(ANN), await has(BO)) == ([700], [])
    assert await fetch_value("SELECT count(*) FROM holding_transfer") == 1


async def test_a_gift_goes_through_a_pool_and_what_nobody_claims_comes_back(lots: tuple[int, int], database: Stand):
    await move("buy", PLATFORM, FIRM, 100)
    await move("gift", FIRM, POOL, 100)
    for number, person in enumerate((ANN, BO)):
        await move(f"claim:{number}", POOL, person, 30)
    back = await merge("revoke", POOL, FIRM)
    assert (back.mass_g, await has(FIRM), await has(POOL)) == (40, [40], [])
    assert (await merge("revoke", POOL, FIRM)).is_new is False
    with pytest.raises(holdings.CreditsExhausted):
        await move("claim:2", POOL, ANN, 1)
    assert await books_add_up(database.app_url) == []


async def test_a_merged_holder_hands_over_all_and_what_is_set_aside_comes_back_to_the_other(lots: tuple[int, int]):
    await move("buy", PLATFORM, ANN, 1_000_500)
    await move("have", PLATFORM, BO, 10)
    await reserve("ann:1", 1_000_200, ANN)
    told = await merge("merge:1", ANN, BO)
    assert (told.mass_g, await has(ANN), await has(BO)) == (300, [], [310])
    await move("later", PLATFORM, ANN, 5)
    assert (await merge("merge:1", ANN, BO)).is_new is False  # one cause, once: what came later stays
    async with transaction() as tx:
        assert await holdings.release("ann:1", tx=tx)
    assert (await has(ANN), await has(BO)) == ([5], [1_000_000, 510])


async def test_merging_an_empty_holder_moves_nothing_and_is_written_down(lots: tuple[int, int], database: Stand):
    assert (await merge("merge:1", ANN, BO)).mass_g == 0
    assert await fetch_value("SELECT count(*) FROM ledger_transfer WHERE kind = 'transfer'") == 0
    assert await books_add_up(database.app_url) == []


async def test_a_holder_reserves_its_own_grams_and_gets_them_back(lots: tuple[int, int]):
    await move("buy", PLATFORM, ANN, 700)
    with pytest.raises(holdings.CreditsExhausted):
        await reserve("a", 701, ANN)
    await reserve("a", 400, ANN)
    assert (await has(ANN), await has(PLATFORM)) == ([300], [999_300, 2_000_000])
    with pytest.raises(holdings.ReservedOtherwise):
        await reserve("a", 400, PLATFORM)
    async with transaction() as tx:
        assert await holdings.release("a", tx=tx)
    assert await has(ANN) == [700]


async def test_what_may_not_be_sold_now_stays_with_the_platform_and_is_still_used_by_who_has_it(
    database: Stand, lots: tuple[int, int]
):
    await move("buy", PLATFORM, ANN, [Portion(lots[0], 700)])
    async with connected(database.super_url) as admin:
        view = (await admin.fetchval("SELECT pg_get_viewdef('credit_sellable_lot'::regclass)")).rstrip(";")
        try:
            await admin.execute(
                f"CREATE OR REPLACE VIEW credit_sellable_lot AS SELECT * FROM ({view}) s WHERE id <> {lots[0]}"
            )
            with pytest.raises(holdings.CreditsExhausted):
                await reserve("ours", 2_000_001, PLATFORM)
            with pytest.raises(holdings.CreditsExhausted):
                await move("buy:2", PLATFORM, BO, 2_000_001)
            await reserve("ours", 1, PLATFORM)
            await reserve("ann", 700, ANN)
        finally:
            await admin.execute(f"CREATE OR REPLACE VIEW credit_sellable_lot AS {view}")
    async with transaction() as tx:
        used = await holdings.use_many(["ours", "ann"], tx=tx)
    assert (used["ours"].portions, used["ann"].portions) == ((Portion(lots[1], 1),), (Portion(lots[0], 700),))
    assert used["ann"].account == ANN


async def test_a_mix_is_reserved_from_each_programme_and_kept_as_asked(lots: tuple[int, int]):
    other = await open_lot("CCER-22", "CCER-2022-22-1-1", year=2022, programme=Programme.CCER)
    mix = Mix.by_share({Programme.CCER: 3_333, Programme.CDCER: 6_667})
    async with transaction() as tx:
        first = await holdings.reserve("a", mix, 100, expires_at=LATER, tx=tx)
        assert await holdings.reserve("a", mix, 100, expires_at=LATER, tx=tx) == first
        with pytest.raises(holdings.ReservedOtherwise):
            await holdings.reserve("a", Mix.by_preference(*mix.programmes), 100, expires_at=LATER, tx=tx)
        used = await holdings.use_many(["a"], tx=tx)
    assert used["a"].portions == (Portion(lots[0], 67), Portion(other, 33))
    assert await fetch_value("SELECT mix FROM credit_reservation") == "share CCER=3333 CDCER=6667"


async def test_what_is_past_its_time_goes_back_to_each_holder_but_for_orders(lots: tuple[int, int], database: Stand):
    past = datetime(2020, 1, 1, tzinfo=UTC)
    await move("buy", PLATFORM, ANN, 700)
    for purpose, mass_g, holder, at in (
        ("ann:1", 300, ANN, past),
        ("ann:2", 100, ANN, LATER),
        ("ours:1", 1_500_000, PLATFORM, past),
        ("order:1", 50, PLATFORM, past),
    ):
        await reserve(purpose, mass_g, holder, at=at)
    async with transaction() as tx:
        await holdings.use_many(["ann:2"], tx=tx)
    assert await holdings.expire_due(but=["order:"], limit=1) == 1
    assert await holdings.expire_due(but=["order:"]) == 1
    assert await holdings.expire_due(but=["order:"]) == 0
    assert (await has(ANN), sum(await has(PLATFORM))) == ([600], 3_000_000 - 700 - 50)
    assert await fetch_value("SELECT count(*) FROM credit_reservation WHERE state = 'held'") == 1
    assert await books_add_up(database.app_url) == []


async def test_two_devices_of_one_person_never_spend_a_gram_twice(crowd: Crowd, lots: tuple[int, int]):
    """Row L2: 100 at once, half give away, half set aside; a thousand grams serve 33 of them."""
    await move("buy", PLATFORM, ANN, 1_000)

    async def spend(number: int) -> str:
        while True:  # others took grams in between, so look again at what is there
            try:
                async with crowd.transaction() as tx:
                    if number % 2:
                        await move(f"gift:{number}", ANN, BO, 30, tx=tx)
                    else:
                        await reserve(f"own:{number}", 30, ANN, tx=tx)
            except ledger.BalanceTooLow:
                continue
            except holdings.CreditsExhausted:
                return "refused"
            return "gift" if number % 2 else "own"

    async with asyncio.timeout(60):
        told = Counter(await asyncio.gather(*(spend(number) for number in range(100))))
    assert (told["gift"] + told["own"], told["refused"]) == (33, 67)
    assert await has(ANN) == [10]
    assert sum(await has(BO)) == 30 * told["gift"]
    assert (
        await fetch_value("SELECT sum(mass_g)::bigint FROM credit_reservation WHERE state = 'held'") == 30 * told["own"]
    )


async def test_a_rolled_back_transfer_leaves_nothing(lots: tuple[int, int]):
    async def fail() -> None:
        async with transaction() as tx:
            await move("buy", PLATFORM, ANN, 700, tx=tx)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await has(ANN) == []
    assert await fetch_value("SELECT count(*) FROM ledger_account WHERE path LIKE 'held:%'") == 0
    assert (await move("buy", PLATFORM, ANN, 700)).is_new


async def test_what_changed_hands_stays_written(database: Stand, lots: tuple[int, int]):
    await move("buy", PLATFORM, ANN, 700)
    async with connected(database.app_url) as app:
        for attack in (
            "INSERT INTO holding_transfer (cause) VALUES ('x')",
            "UPDATE holding_transfer SET mass_g = 1",
            "DELETE FROM holding_transfer",
            "SELECT holdings.open('zone:a', ARRAY[1])",
        ):
            assert await refusal(app, attack) == ("42501", None)
        assert await refusal(
            app, "SELECT holdings.transfer('x', '', 'platform', 'zone:A', '', NULL, ARRAY[1], ARRAY[1])"
        ) == ("23503", "holding_transfer_target_fkey")
    async with connected(database.owner_url) as owner:
        for attack in ("UPDATE holding_transfer SET mass_g = 1", "DELETE FROM holding_transfer"):
            assert await refusal(owner, attack) == ("23514", None)
