"""Where one is signed in, and how the account comes to another device: over the pages, without a script."""

import re
from datetime import timedelta

import pytest

from app.foundation.identity import devices
from app.gateways.database import fetch
from tests.doors.conftest import OWN_PAGE, PAGE, Caller, Door

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0.49 Safari/604.1"
LAPTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36"


def fields(page: str, action: str) -> dict[str, str]:
    form = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>.*?</form>', page, re.DOTALL)
    assert form, (action, page)
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0]))


async def look(caller: Caller, url: str) -> str:
    answer = await caller.get(url, headers=PAGE)
    assert answer.status_code == 200, answer.text
    return answer.text


async def send(caller: Caller, page: str, action: str, **more: str):
    return await caller.post(action, data=fields(page, action) | more, headers=OWN_PAGE | PAGE)


async def certificates(caller: Caller) -> list[str]:
    return [one["number"] for one in (await caller.get("/api/v1/certificates")).json()["items"]]


async def code_of(caller: Caller) -> str:
    answer = await send(caller, await look(caller, "/me/devices"), "/me/devices/move")
    assert answer.headers["location"] == "/me/devices/move"
    (code,) = re.findall(r'class="code"[^>]*>([^<]+)<', await look(caller, "/me/devices/move"))
    return code


async def typed(caller: Caller, code: str) -> int:
    answer = await caller.post("/move", data={"code": code}, headers=OWN_PAGE | PAGE)
    return answer.status_code


async def confirm(caller: Caller, answer: str = "yes") -> None:
    page = await look(caller, "/me/devices/move")
    assert (await send(caller, page, "/me/devices/move/answer", answer=answer)).status_code == 303


async def test_a_guests_account_is_on_both_devices_after_both_confirmed(door: Door) -> None:
    async with door.caller(user_agent=PHONE) as phone, door.caller(user_agent=LAPTOP) as laptop:
        await phone.enter()
        await door.paid((await phone.order(door.live)).json()["id"])
        assert len(await certificates(phone)) == 1

        code = await code_of(phone)
        assert await typed(laptop, code.lower().replace(" ", "-")) == 303
        number = re.search(r"<b>(\d\d)</b>", await look(laptop, "/move/wait"))
        asked = await look(phone, "/me/devices/move")
        assert number and f"<b>{number[1]}</b>" in asked and "Chrome · Windows" in asked
        await confirm(phone)
        answer = await send(laptop, await look(laptop, "/move/wait"), "/move/finish")
        assert (answer.status_code, answer.headers["location"]) == (303, "/me")

        # The cookie that came is a session of the same person.
        assert await certificates(laptop) == await certificates(phone)
        listed = await look(laptop, "/me/devices")
        assert listed.index("Chrome · Windows") < listed.index("微信 · iPhone")
        assert listed.count('class="tag calm"') == 1


async def test_a_code_alone_lets_nobody_in_and_no_means_no(door: Door) -> None:
    async with door.guest() as phone, door.caller() as stranger:
        code = await code_of(phone)
        assert await typed(stranger, code) == 303
        wait = await look(stranger, "/move/wait")
        assert "/move/finish" not in wait
        assert (await stranger.post("/move/finish", data={}, headers=OWN_PAGE)).status_code == 410
        await confirm(phone, "no")
        assert "/move/finish" not in await look(stranger, "/move/wait")
        assert (await stranger.get("/api/v1/certificates")).status_code == 401
        # What was refused is over: the same code is not taken again.
        assert await typed(stranger, code) == 404


async def test_a_code_is_good_once_for_ten_minutes(door: Door) -> None:
    async with door.guest() as phone, door.caller() as first, door.caller() as second:
        code = await code_of(phone)
        assert await typed(first, code) == 303
        assert await typed(second, code) == 404, "the first to type it counts"
        await confirm(phone)
        page = await look(first, "/move/wait")
        assert (await send(first, page, "/move/finish")).status_code == 303
        assert (await send(first, page, "/move/finish")).status_code == 410, "used"

        late = await code_of(phone)
        await door.as_superuser(
            "ALTER TABLE device_move DISABLE TRIGGER ALL; UPDATE device_move SET made_at = made_at - interval '11 min',"
            " expires_at = expires_at - interval '11 min' WHERE ended_at IS NULL; ALTER TABLE device_move ENABLE TRIGGER ALL"
        )
        assert await typed(second, late) == 404
        assert await code_of(phone) != late


async def test_the_sixth_try_is_refused_though_it_is_right(door: Door) -> None:
    async with door.guest() as phone, door.guest() as guesser:
        code = await code_of(phone)
        answers = [await typed(guesser, "AAAA 7777") for _ in range(5)]
        assert answers == [404] * 5
        assert await typed(guesser, code) == 429


async def test_a_device_that_is_signed_out_is_refused_at_its_next_request(door: Door) -> None:
    async with door.caller(user_agent=PHONE) as phone, door.caller() as laptop, door.guest() as other:
        await phone.enter()
        await typed(laptop, await code_of(phone))
        await confirm(phone)
        await send(laptop, await look(laptop, "/move/wait"), "/move/finish")
        page = await look(phone, "/me/devices")
        assert (await send(other, await look(other, "/me/devices"), "/me/devices/move")).status_code == 303
        # Somebody else's session is unknown, whoever knows its id.
        theirs = fields(page, "/me/devices/revoke")["id"]
        seal = fields(await look(other, "/me/devices"), "/me/devices/move")
        strange = await other.post("/me/devices/revoke", data=seal | {"id": theirs}, headers=OWN_PAGE | PAGE)
        assert strange.status_code == 404
        assert (await laptop.get("/api/v1/certificates")).status_code == 200
        assert (await send(phone, page, "/me/devices/revoke")).status_code == 303
        assert (await laptop.get("/api/v1/certificates")).status_code == 401
        assert "/me/devices/revoke-others" not in await look(phone, "/me/devices")


async def test_everything_else_is_signed_out_at_once_and_this_one_stays(door: Door) -> None:
    async with door.guest() as phone, door.caller() as laptop:
        await typed(laptop, await code_of(phone))
        await confirm(phone)
        await send(laptop, await look(laptop, "/move/wait"), "/move/finish")
        assert (await send(phone, await look(phone, "/me/devices"), "/me/devices/revoke-others")).status_code == 303
        assert (await phone.get("/api/v1/certificates")).status_code == 200
        assert (await laptop.get("/api/v1/certificates")).status_code == 401


async def test_neither_code_nor_what_a_browser_calls_itself_is_kept_in_clear(door: Door) -> None:
    async with door.caller(user_agent=PHONE) as phone:
        await phone.enter()
        code = (await code_of(phone)).replace(" ", "")
        tables = ("device_move", "identity_session")
        kept = str([dict(row) for table in tables for row in await fetch(f"SELECT * FROM {table}")])
    assert code not in kept and "Mozilla" not in kept and "wechat.iphone" in kept


@pytest.mark.parametrize(
    ("called", "device"),
    [
        (PHONE, "wechat.iphone"),
        (LAPTOP, "chrome.windows"),
        (LAPTOP.replace("Safari/537.36", "Safari/537.36 Edg/126"), "edge.windows"),
        ("Mozilla/5.0 (Linux; Android 14) Firefox/127.0", "firefox.android"),
        ("curl/8.5", None),
        ("", None),
    ],
)
def test_a_device_is_named_in_two_words_of_ours(called: str, device: str | None) -> None:
    assert devices.device_of(called) == device


def test_a_code_has_no_two_letters_that_look_alike() -> None:
    assert not set(devices.CODE_LETTERS) & set("0O1IL2Z5S8BUV") and len(set(devices.CODE_LETTERS)) == 23
    assert timedelta(minutes=10) == devices.CODE_LIFE
