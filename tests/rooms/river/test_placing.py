"""Placing an order: what is set aside, what is refused, what a repeat does."""

import asyncio

import pytest

from app.commerce import orders
from app.registry import credits, holdings, ledger
from tests.rooms.conftest import River, open_lot


async def _held(lot_id: int) -> dict[str, int]:
    return await ledger.balances(
        [f"inventory:{lot_id}", f"reserved:{lot_id}", f"retired:{lot_id}", f"source:{lot_id}"], unit=f"g:{lot_id}"
    )


async def test_an_order_sets_its_grams_aside_at_the_price_of_the_day(river: River) -> None:
    order = await river.order()
    assert (order.emission_g, order.mass_g) == (4221, 4221)
    assert order.amount_minor == 22  # 4 221 g at 50 yuan a tonne is 21.105 fen, rounded up
    assert await _held(river.lot_id) == {
        f"inventory:{river.lot_id}": 100_000_000 - 4221,
        f"reserved:{river.lot_id}": 4221,
        f"retired:{river.lot_id}": 0,
        f"source:{river.lot_id}": -100_000_000,
    }


async def test_the_same_key_answers_the_same_order_and_reserves_once(river: River) -> None:
    first = await river.order("k1")
    second = await river.order("k1")
    assert first == second
    assert (await _held(river.lot_id))[f"reserved:{river.lot_id}"] == 4221


async def test_the_same_key_at_once_from_many_taps_makes_one_order(river: River) -> None:
    placed = await asyncio.gather(*(river.order("k1") for _ in range(8)))
    assert len({order.id for order in placed}) == 1
    assert (await _held(river.lot_id))[f"reserved:{river.lot_id}"] == 4221


async def test_a_key_used_for_another_figure_is_refused(river: River) -> None:
    await river.order("k1", km="23")
    with pytest.raises(orders.KeyUsedOtherwise):
        await river.order("k1", km="24")


async def test_an_order_beyond_what_is_open_keeps_nothing(river: River) -> None:
    small = await open_lot("CDCER-SMALL", "CDCER-2021-SMALL-1-1", year=2021)
    with pytest.raises(holdings.CreditsExhausted):
        await credits_taken(101_000_001)
    assert (await _held(small))[f"reserved:{small}"] == 0


async def credits_taken(mass_g: int) -> None:
    """Reserve in a transaction of its own."""
    from app.gateways.database import transaction
    from app.kernel.clock import utc_now

    async with transaction() as tx:
        await holdings.reserve("test:1", credits.Programme.CDCER, mass_g, expires_at=utc_now(), tx=tx)


async def test_the_oldest_vintage_goes_first_and_the_rest_comes_from_the_next(river: River) -> None:
    small = await open_lot("CDCER-SMALL", "CDCER-2021-SMALL-1-1", year=2021)
    await credits_taken(1_000_500)
    assert (await _held(small))[f"inventory:{small}"] == 0
    assert (await _held(river.lot_id))[f"reserved:{river.lot_id}"] == 500
