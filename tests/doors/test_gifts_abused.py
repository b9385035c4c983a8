"""A gift under hands that want more of it, or come at the wrong moment: each has one, and each is told the truth."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from app.foundation import identity
from app.gateways.database import fetch, fetch_value
from app.gateways.wechat import WeChatLogin
from app.kernel.clock import utc_now
from app.views.giving import collecting as given
from app.web.kit.security.limiter import Limiter
from tests.doors.conftest import Caller, Door
from tests.doors.test_gifts import KG, Host, asked, codes_of, collect, hosting
from tests.loopback import serving
from tests.rooms.foundation.identity.conftest import WeChatServer

Device = Callable[[str], Awaitable[Caller]]


@pytest.fixture
async def device(door: Door) -> AsyncIterator[Device]:
    """One more device on which the person of an openid signs in."""
    far_side, keyring = WeChatServer(), door.app.state.services.keyring
    async with serving(far_side.answer) as port:
        far_side.url = f"http://127.0.0.1:{port}"
        wechat = WeChatLogin(appid="wx1", secret="secret", base_url=far_side.url)

        async def sign_in(openid: str) -> Caller:
            code = far_side.code_for(openid, None)
            come = await identity.sign_in_with_wechat(code, wechat=wechat, appid="wx1", keyring=keyring, now=utc_now())
            return Caller(door.app, token=come.token)

        yield sign_in
        await wechat.aclose()


def one_gram(host: Host) -> dict[str, Any]:
    """The gift with another amount."""
    form = asked(host.code, each_grams=1)
    del form["scene"]
    return form


async def test_one_wechat_person_on_twenty_devices_has_one_gift(door: Door, device: Device) -> None:
    async with hosting(door) as host:
        devices = [await device("openid-of-twenty") for _ in range(20)]
        answers = await asyncio.gather(*(collect(one, host.code) for one in devices))
        assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert await fetch_value("SELECT people FROM gift_pool") == 1


async def test_a_guest_who_signs_in_as_somebody_who_collected_is_told_what_that_person_has(
    door: Door, device: Device
) -> None:
    """Both collections stand: they are two people until both sides say that they are one."""
    async with hosting(door) as host, door.guest() as guest:
        phone = await device("openid-of-both")
        first = (await collect(phone, host.code)).json()
        as_guest = (await collect(guest, host.code)).json()
        again = await collect(await device("openid-of-both"), host.code)
        assert (again.status_code, again.json()["id"], again.json()["is_new"]) == (200, first["id"], False)
        assert as_guest["id"] != first["id"]
        assert (await guest.get(f"/api/v1/gifts/{first['id']}")).status_code == 404
        assert await fetch_value("SELECT people FROM gift_pool") == 2


async def test_codes_are_guessed_no_more_often_when_valkey_is_gone(door: Door) -> None:
    kept, nobody = door.app.state.limiter, Redis(host="127.0.0.1", port=1)
    door.app.state.limiter = Limiter(nobody)
    try:
        async with hosting(door, audience="codes") as host, door.guest() as guesser:
            _, codes = await codes_of(host)
            told = [(await collect(guesser, host.code, gift_code=f"{no:020d}")).status_code for no in range(14)]
            assert told == [404] * 10 + [429] * 4
            assert (await collect(guesser, host.code, gift_code=codes[0])).status_code == 429
    finally:
        door.app.state.limiter = kept
        await nobody.aclose()


@pytest.mark.parametrize("away", [timedelta(hours=1), timedelta(hours=-1)], ids=["ahead", "behind"])
async def test_a_clock_an_hour_off_gives_nothing_too_early_and_withholds_nothing(
    door: Door, away: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL's clock decides whether a gift is open, whatever the machine that answers believes."""
    monkeypatch.setattr(given, "utc_now", lambda: utc_now() + away)
    now = utc_now()
    async with hosting(door, ends_at=(now + timedelta(minutes=30)).isoformat()) as host, door.guest() as visitor:
        assert (await collect(visitor, host.code)).status_code == 201
        await door.as_superuser(
            "UPDATE gift_campaign SET starts_at = now() + interval '30 minutes', ends_at = now() + interval '1 hour'"
        )
        async with door.guest() as early:
            refused = await collect(early, host.code)
            assert (refused.status_code, refused.json()["code"]) == (409, "GIFTS_AHEAD")


async def test_a_gift_edited_and_ended_in_mid_burst_gives_each_what_was_said_at_their_turn(door: Door) -> None:
    async with hosting(door) as host:
        guests = [door.caller() for _ in range(40)]
        for guest in guests:
            await guest.enter()

        async def come(at: int) -> tuple[int, int]:
            await asyncio.sleep(at / 200)
            answer = await collect(guests[at], host.code)
            return answer.status_code, answer.json().get("grams", 0)

        async def change() -> None:
            await asyncio.sleep(0.05)
            answer = await host.caller.put(f"/api/v1/gift-campaigns/{host.campaign['id']}", json=one_gram(host))
            assert answer.status_code == 200, answer.text
            await asyncio.sleep(0.05)
            await host.step("end")

        *told, _ = await asyncio.gather(*(come(at) for at in range(len(guests))), change())
        given_g = [grams for status, grams in told if status == 201]
        rows = await fetch("SELECT stop_g - start_g AS mass_g FROM gift_collection ORDER BY no")
        masses = [row["mass_g"] for row in rows]
        assert sorted(masses) == sorted(given_g)
        assert masses == sorted(masses, reverse=True)  # whoever came after the change got one gram
        assert {status for status, _ in told} <= {201, 409, 410}


async def test_a_member_withdrawn_in_mid_edit_changes_nothing(door: Door) -> None:
    async with hosting(door) as host:
        await door.as_superuser("DELETE FROM membership WHERE role = 'sponsor'")
        answer = await host.caller.put(f"/api/v1/gift-campaigns/{host.campaign['id']}", json=one_gram(host))
        assert answer.status_code in {403, 404}
        assert await fetch_value("SELECT each_g FROM gift_campaign") == 20 * KG
