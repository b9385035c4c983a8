"""`python tests/faults/recover_later.py HOURS`: what the sweeper does about lost time, as it will be in so many hours.

The bill of a day is there when the day is over; a test cannot wait for that. Prints what is left, a line each.
"""

import asyncio
import os
import sys
from datetime import timedelta


async def go_on(hours: int) -> list[str]:
    """Round by round until nothing is left, at most ten."""
    from tortoise import Tortoise

    from app import wiring
    from app.commerce import recovery
    from app.kernel.clock import utc_now
    from config.loading import load

    settings = load()
    await wiring.open_database(settings)
    gateways = wiring.gateways(settings)
    try:
        for _ in range(10):
            await recovery.go_on(channels=gateways.channels, now=utc_now() + timedelta(hours=hours))
            if not (left := await recovery.left()):
                break
            await asyncio.sleep(1)
        return left
    finally:
        await gateways.aclose()
        await Tortoise.close_connections()


if __name__ == "__main__":
    sys.path[0] = os.getcwd()  # noqa: PTH109 - the project
    print("\n".join(asyncio.run(go_on(int(sys.argv[1])))))  # noqa: T201
