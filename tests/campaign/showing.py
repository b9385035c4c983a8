"""S20: the big screen at the turn that people have, thirty seconds, while what shows it is killed."""

import asyncio
from typing import Final

from tests.campaign.rounds import Ground
from tests.stack import Stack, eventually
from tests.walls import WallScreen, demand_promise, line_up, open_hall

_TURN_S: Final = 30
_PEOPLE: Final = 36
"""Three to each of twelve slots, so that a round takes less than two minutes."""
_WAIT_S: Final = 1
"""So short that all twelve slots are used while anybody waits."""
_OVER_WITHIN_S: Final = 180


async def show_people(ground: Ground) -> None:
    """Thirty-six people on two screens; API, worker or PostgreSQL killed once or twice, Redis lost in a third of the rounds."""
    stack, chance = ground.stack, ground.chance
    assert stack.servers is not None
    blows = [chance.choice(("serve", "worker", "postgresql")) for _ in range(chance.randint(1, 2))]
    if chance.random() < 1 / 3:
        blows.append("redis")
    ground.outcome.what = f"30 s turns, {' '.join(blows)} killed"
    async with stack.phone() as phone:
        ground.orders.append(await phone.order())
        await phone.pay(ground.orders[0])
        await phone.certificate(ground.orders[0])  # the rows refer to it
    async with stack.database() as connection:
        await open_hall(connection, stack.code, turn_s=_TURN_S, wait_s=_WAIT_S)
    screens = [WallScreen(stack.base), WallScreen(stack.base)]
    watching = [asyncio.create_task(screen.run()) for screen in screens]
    try:
        await eventually(lambda: all(screen.came for screen in screens), 20, "no screen is on")
        async with stack.database() as connection:
            numbers = await line_up(connection, stack.code, _PEOPLE)
        for blow in blows:
            await asyncio.sleep(chance.uniform(5, 25))
            await _strike(stack, blow)
            ground.outcome.faults += 1

        async def all_over() -> bool:
            rows = await stack.sql(
                "SELECT count(*) FROM wall_turn WHERE show_to IS NULL OR show_to > clock_timestamp()"
            )
            return bool(rows[0][0] == 0)

        await eventually(all_over, _OVER_WITHIN_S, "some wait still", every_s=0.5)
        await asyncio.sleep(0.5)
    finally:
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
    demand_promise(screens, numbers, turn_ms=_TURN_S * 1000)
    await ground.end()


async def _strike(stack: Stack, blow: str) -> None:
    """Killed, and begun again."""
    assert stack.servers is not None
    if blow == "postgresql":
        await asyncio.to_thread(stack.servers.kill_postgres)
        await asyncio.to_thread(stack.servers.start_postgres)
    elif blow == "redis":
        await asyncio.to_thread(stack.servers.kill_valkey)
        await asyncio.sleep(2)
        await asyncio.to_thread(stack.servers.start_valkey)
    else:
        await stack.kill(blow)
        stack.begin(blow)
        await stack.ready(blow, 60)
