"""P11: unpaid orders whose time is up, ended as sets by the sweeper's own function; their grams are free again.

Orders are placed by as many persons through the rooms, a superuser lets their time pass, and `orders.expire_due` runs
as the application's role until none is left: locks, states, reservations and the ledger's transfers included.
"""

import random
import time
from typing import Final

from app.commerce import orders
from tests.benchmarks.ground import Ground
from tests.benchmarks.harness import CannotRun, Finding, Line, Spread, Wishes
from tests.benchmarks.paying import unpaid_orders

AT_LEAST: Final = 500


async def measure(here: Ground, wishes: Wishes) -> Finding:
    """Orders a second, rotation by rotation."""
    count = 500 if wishes.is_quick else 2_000
    chance = random.Random(wishes.seed)
    owner = await here.super()
    rates = []
    try:
        for _ in range(wishes.rotations):
            ids = [order.id for order in await unpaid_orders(here, count, chance)]
            await owner.execute(
                "UPDATE purchase_order SET expires_at = clock_timestamp() WHERE id = ANY($1::uuid[])", ids
            )
            began = time.perf_counter()
            ended = 0
            while (some := await orders.expire_due(channels={})) > 0:
                ended += some
            rates.append(count / (time.perf_counter() - began))
            held = await owner.fetchval("SELECT count(*) FROM credit_reservation WHERE state = 'held'")
            if (ended, held) != (count, 0):
                raise CannotRun(f"{ended} of {count} orders ended, {held} reservations are held")
    finally:
        await owner.close()
    rate = Spread.of(rates)
    return Finding(
        lines=[
            Line(
                id="P11",
                what="unpaid orders expired, a second",
                measured=f"{rate.median:,.0f}/s",
                spread=rate.text(",.0f"),
                target=f"≥ {AT_LEAST}/s",
                is_met=rate.median >= AT_LEAST,
                figures={"per_second": rates, "orders": count},
            )
        ]
    )
