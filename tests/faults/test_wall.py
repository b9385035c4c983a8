"""The promise of the big screen: each once, whole, in order, on both screens alike, whatever dies meanwhile."""

import asyncio
import time

from tests.effort import slowness
from tests.stack import Stack, eventually
from tests.walls import TOKEN, WallScreen, demand_promise, line_up, open_hall

PEOPLE = 300


async def test_three_hundred_people_are_shown_once_whole_and_in_order_on_two_screens_whatever_restarts(
    undrawn: Stack,
) -> None:
    """A turn of one second, as many at once as let nobody wait longer than eight. API, worker and PostgreSQL are killed and
    begun again three times, Valkey once."""
    servers = undrawn.servers
    assert servers is not None
    async with undrawn.phone() as phone:
        await phone.neutralise()  # the certificate that the rows refer to
    async with undrawn.database() as connection:
        await open_hall(connection, undrawn.code, turn_s=1, wait_s=8)
        numbers = await line_up(connection, undrawn.code, PEOPLE)
    screens = [WallScreen(undrawn.base), WallScreen(undrawn.base)]
    watching = [asyncio.create_task(screen.run()) for screen in screens]
    try:
        for number in range(3):
            await asyncio.sleep(4)
            if number == 1:
                await asyncio.to_thread(servers.kill_valkey)
            await asyncio.gather(undrawn.kill("serve"), undrawn.kill("worker"))
            await asyncio.to_thread(servers.kill_postgres)
            await asyncio.to_thread(servers.start_postgres)
            for name in ("serve", "worker"):
                undrawn.begin(name)
            await undrawn.ready("serve", 60)
            if number == 1:
                await asyncio.to_thread(servers.start_valkey)

        async def all_over() -> bool:
            rows = await undrawn.sql(
                "SELECT count(*) AS n FROM wall_turn WHERE show_to IS NULL OR show_to > clock_timestamp()"
            )
            return rows[0]["n"] == 0

        await eventually(all_over, 150, "some wait still", every_s=0.5)
        await asyncio.sleep(0.5)
    finally:
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
    assert all(screen.came >= 4 for screen in screens)
    demand_promise(screens, numbers, turn_ms=1000)
    assert len({show.slot for show in screens[0].shows}) == 12


async def test_a_withdrawn_consent_clears_both_screens_within_a_second(undrawn: Stack) -> None:
    async with undrawn.phone() as phone:
        certificate = await phone.neutralise()
        async with undrawn.database() as connection:
            await open_hall(connection, undrawn.code, turn_s=30, wait_s=120)
        screens = [WallScreen(undrawn.base), WallScreen(undrawn.base)]
        watching = [asyncio.create_task(screen.run()) for screen in screens]
        try:
            await eventually(lambda: all(screen.came for screen in screens), 20, "no screen is on")
            asked = (await phone.client.get(f"/api/v1/certificates/{certificate['id']}/wall")).json()
            word = {"given": True, "version": asked["version"]}
            answer = await phone.client.put(f"/api/v1/certificates/{certificate['id']}/wall", json=word)
            assert answer.status_code == 200, answer.text
            rows = await undrawn.sql("SELECT id FROM wall_turn ORDER BY id DESC LIMIT 1")

            async def is_on() -> bool:
                said = (await phone.client.get(f"/api/v1/certificates/{certificate['id']}/wall")).json()
                return bool(said["state"] == "on")

            await eventually(is_on, 20, "they are not shown")
            item = {"purpose": "wall", "given": False, "version": asked["version"]}
            withdrawn_ms = round(time.time() * 1000)
            answer = await phone.client.put("/api/v1/me/consents", json={"items": [item]})
            assert answer.status_code == 200, answer.text
            await eventually(lambda: all(rows[0]["id"] in screen.cleared for screen in screens), 5, "it is still shown")
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
    assert all(screen.cleared[rows[0]["id"]] - withdrawn_ms < 1000 for screen in screens)


async def test_a_server_that_is_told_to_stop_does_not_wait_for_its_screens(undrawn: Stack) -> None:
    async with undrawn.phone() as phone:
        await phone.neutralise()
    async with undrawn.database() as connection:
        await open_hall(connection, undrawn.code, turn_s=30, wait_s=120)
    screen = WallScreen(undrawn.base)
    watching = asyncio.create_task(screen.run())
    try:
        await eventually(lambda: screen.came, 20, f"no screen is on with {TOKEN}")
        code, seconds = await undrawn.stop("serve")
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    assert (code, seconds < 10 * slowness()) == (0, True), seconds
