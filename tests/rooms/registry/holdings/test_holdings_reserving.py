"""Reserving: grams set aside for one cause, given back or used up, and never more than there are (row L1)."""

import asyncio
from collections import Counter
from datetime import UTC, datetime

import pytest

from app.gateways.database import Tx, fetch_value, transaction
from app.registry import holdings, ledger
from app.registry.credits import Programme
from app.registry.holdings import Portion
from tests.conftest import Stand
from tests.rooms.conftest import Crowd, connected, open_lot, refusal

LATER = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
async def lots(database: Stand) -> tuple[int, int]:
    """An old lot of one tonne and a younger one of two."""
    return await open_lot("C-19", "CDCER-2019-C-1-1", year=2019), await open_lot("C-24", "CDCER-2024-C-1-2", year=2024)


async def reserve(cause: str, mass_g: int, *, tx: Tx | None = None) -> str:
    if tx is not None:
        return str(await holdings.reserve(cause, Programme.CDCER, mass_g, expires_at=LATER, tx=tx))
    async with transaction() as own:
        return await reserve(cause, mass_g, tx=own)


async def release(cause: str) -> bool:
    async with transaction() as tx:
        return await holdings.release(cause, tx=tx)


async def held(lot_ids: tuple[int, ...], who: str) -> list[int]:
    return [(await ledger.balances([f"{who}:{lot}"], unit=f"g:{lot}"))[f"{who}:{lot}"] for lot in lot_ids]


async def test_what_one_lot_lacks_the_next_one_gives(lots: tuple[int, int]):
    await reserve("a", 1_000_500)
    assert await held(lots, "inventory") == [0, 1_999_500]
    assert await held(lots, "reserved") == [1_000_000, 500]


async def test_the_same_purpose_reserves_once(lots: tuple[int, int]):
    assert await reserve("a", 700) == await reserve("a", 700)
    assert await held(lots, "reserved") == [700, 0]


async def test_what_is_given_back_is_open_again_and_its_purpose_free(lots: tuple[int, int]):
    await reserve("a", 1_000_500)
    assert await release("a") is True
    assert await release("a") is False
    assert await release("never") is False
    assert await held(lots, "inventory") == [1_000_000, 2_000_000]
    await reserve("a", 700)
    assert await held(lots, "reserved") == [700, 0]


async def test_a_used_reservation_is_told_once_by_lot_and_can_neither_be_given_back_nor_reserved_again(
    lots: tuple[int, int],
):
    await reserve("a", 1_000_500)
    await reserve("b", 3)
    async with transaction() as tx:
        used = await holdings.use_many(["a", "b", "never"], tx=tx)
        assert {cause: one.portions for cause, one in used.items()} == {
            "a": (Portion(lots[0], 1_000_000), Portion(lots[1], 500)),
            "b": (Portion(lots[1], 3),),
        }
        assert await holdings.use_many(["a", "b"], tx=tx) == {}
    assert await release("a") is False
    with pytest.raises(holdings.ReservationUsed):
        await reserve("a", 1_000_500)
    assert await held(lots, "reserved") == [1_000_000, 503]  # they stay reserved until they are retired


async def test_more_than_there_is_keeps_nothing(lots: tuple[int, int]):
    with pytest.raises(holdings.CreditsExhausted) as refused:
        await reserve("a", 3_000_001)
    assert refused.value.facts == {
        "demand_g": 3_000_001,
        "open_g": 3_000_000,
        "missing": {"CDCER": 1},
        "lacking": "CDCER 1 g",
    }
    assert await held(lots, "reserved") == [0, 0]
    assert await fetch_value("SELECT count(*) FROM credit_reservation") == 0


async def test_the_application_cannot_change_what_was_reserved(database: Stand, lots: tuple[int, int]):
    await reserve("a", 700)
    async with connected(database.app_url) as app:
        for attack in (
            "UPDATE credit_reservation SET mass_g = 1",
            "UPDATE credit_reservation_line SET mass_g = 1",
            "DELETE FROM credit_reservation_line",
            "DELETE FROM credit_reservation",
            "UPDATE credit_reservation SET cause = 'mine'",
            "UPDATE credit_reservation SET state = 'released', cause = cause || '#' || id",
        ):
            assert await refusal(app, attack) == ("42501", None)
        # Released without its grams, or used and then held for somebody to give back: both only by its functions.
        step = ("23514", "credit_reservation_step_check")
        assert await refusal(app, "UPDATE credit_reservation SET state = 'released'") == step
        used = "UPDATE credit_reservation SET state = 'used'"
        assert await refusal(app, used, "UPDATE credit_reservation SET state = 'held'") == step
        assert await refusal(app, "UPDATE credit_reservation SET state = 'other'") == step


async def test_nothing_is_given_back_under_a_batch_that_gave_something_back(database: Stand, lots: tuple[int, int]):
    await reserve("a", 700)
    await reserve("b", 700)  # the very same legs
    batch = "SELECT holdings.release('01a203bf-0000-7000-8000-000000000000', ARRAY['{}'])"
    async with connected(database.app_url) as app:
        await app.execute(batch.format("a"))
        assert await refusal(app, batch.format("b")) == ("23505", "holdings_given_back_once")
    assert await held(lots, "reserved") == [700, 0]


async def test_from_64_connections_exactly_the_supply_is_reserved_and_the_rest_is_told_it_is_gone(
    crowd: Crowd, lots: tuple[int, int]
):
    """150 buyers of 30 kg each on three tonnes: 100 are served, also across the edge of a lot."""

    async def buy(number: int) -> str:
        while True:  # as orders do: somebody was faster, so look again at what is open
            try:
                async with crowd.transaction() as tx:
                    await reserve(f"buyer:{number}", 30_000, tx=tx)
            except ledger.BalanceTooLow:
                continue
            except holdings.CreditsExhausted:
                return "exhausted"
            return "served"

    async with asyncio.timeout(60):
        told = Counter(await asyncio.gather(*(buy(number) for number in range(150))))
    assert told == {"served": 100, "exhausted": 50}
    assert await held(lots, "inventory") == [0, 0]
    assert await held(lots, "reserved") == [1_000_000, 2_000_000]
    assert await fetch_value("SELECT count(*) FROM credit_reservation") == 100
    assert await fetch_value("SELECT sum(mass_g)::bigint FROM credit_reservation_line") == 3_000_000
