"""What several tests of retirements do by hand: settle as the worker does, and look at a lot."""

from uuid import UUID

from app import ledger, retirements
from app.gateways.database import again, transaction


async def settle(ids: list[UUID]) -> list[UUID]:
    """As the worker does it."""

    async def use_case() -> list[UUID]:
        async with transaction() as tx:
            return await retirements.settle(ids, tx=tx)

    return await again(use_case)


async def held(lot_id: int) -> tuple[int, int, int]:
    """Open, reserved and retired grams of a lot."""
    paths = [f"{who}:{lot_id}" for who in ("inventory", "reserved", "retired")]
    found = await ledger.balances(paths, unit=f"g:{lot_id}")
    return found[paths[0]], found[paths[1]], found[paths[2]]
