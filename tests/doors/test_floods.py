"""One who floods waits for themselves: lines are bounded and fair, and an honest crowd behind one address is no flood."""

import asyncio
import random
import threading

import httpx
import pytest
from litestar import Litestar

from app.gateways.files import FolderStore
from app.gateways.waiting import Line, Threads
from app.kernel.errors import Crowded
from app.web.kit.security import scanning
from app.web.kit.security.newcomers import new_guest
from app.web.public import looking_up
from tests.doors.conftest import OWN_PAGE, PAGE, PUBLIC, Door
from tests.rooms.conftest import connected

SCANS = 1000


def from_one_address(door: Door, host: str, **headers: str) -> httpx.AsyncClient:
    """Phones that share an address."""
    transport = httpx.ASGITransport(app=door.app, client=(host, 40_000))
    return httpx.AsyncClient(transport=transport, base_url=PUBLIC, headers=headers)


async def test_a_thousand_scans_from_one_address_pass(door: Door) -> None:
    async with from_one_address(door, "203.0.113.20", **PAGE) as wifi:
        seen = [(await wifi.get(f"/s/{door.live}")).status_code for _ in range(SCANS // 10)]
        seen += [(await wifi.get(f"/api/v1/scenes/{door.live}")).status_code for _ in range(SCANS - SCANS // 10)]
    assert seen == [200] * SCANS


async def test_a_hundred_people_at_one_address_scan_come_in_and_mistype(door: Door) -> None:
    async with from_one_address(door, "203.0.113.21") as wifi:
        for number in range(100):
            session = await wifi.post("/api/v1/sessions/guest")
            assert session.status_code == 201, (number, session.text)
            me = {"authorization": f"Bearer {session.json()['token']}"}
            assert (await wifi.get(f"/api/v1/scenes/{door.live}", headers=me)).status_code == 200
            assert (await wifi.get("/api/v1/verify/0000000000", headers=me)).status_code == 404


async def test_who_scans_looks_and_collects_is_counted_under_their_address_for_nothing(door: Door) -> None:
    host, limiter = "203.0.113.26", door.app.state.limiter
    async with from_one_address(door, host) as wifi:
        wifi.headers["authorization"] = f"Bearer {(await wifi.post('/api/v1/sessions/guest')).json()['token']}"
        order = {"scene": door.live, "mode": "metro", "km": 23}
        placed = (await wifi.post("/api/v1/orders", json=order, headers={"idempotency-key": "one"})).json()["id"]
        certificate = await door.paid(placed)
        mine = (await wifi.get(f"/api/v1/certificates/{certificate}")).json()
        seen = [
            (await wifi.get(path, headers=PAGE)).status_code
            for path in (
                f"/s/{door.live}", f"/s/{door.live}/qr.svg", f"/api/v1/scenes/{door.live}",
                f"/api/v1/scenes/{door.live}/estimate?mode=metro&km=23", f"/api/v1/orders/{placed}", f"/c/{certificate}",
                f"/api/v1/certificates/{certificate}/zh.pdf", "/api/v1/certificates", "/me", f"/v/{mine['verify_code']}",
                f"/api/v1/verify/{mine['verify_code']}", "/books", "/",
            )
        ]  # fmt: skip
    assert set(seen) <= {200, 202}, seen
    async with connected(door.stand.super_url) as superuser:
        counted = {row["key"] for row in await superuser.fetch("SELECT key FROM limit_count")}
    counted |= {":".join(key) for key in limiter._due}
    assert {key for key in counted if key.endswith(host)} == {f"guest:{host}"}  # who is new is counted
    assert len(counted) > 3  # and what one person does, by person


async def test_codes_of_scenes_are_not_to_be_guessed_by_a_crowd_of_guests_and_right_ones_still_open(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning.SCENES, "_sharing", 1)
    async with from_one_address(door, "203.0.113.22", **PAGE) as wifi, from_one_address(door, "203.0.113.23") as other:
        found = random.Random(7)
        told = []
        for _ in range(140):
            code = "".join(found.choices("0123456789ABCDEFGHJKMNPQRSTVWXYZ", k=6))
            told.append((await wifi.get(f"/s/{code}")).status_code)
        assert told[:60] == [404] * 60
        assert told[-1] == 429
        assert (await wifi.get(f"/go?code={code}")).status_code == 429
        assert (await wifi.get(f"/s/{code}/qr.svg")).status_code == 429
        assert (await wifi.get(f"/s/{door.live}")).status_code == 200
        assert (await other.get(f"/api/v1/scenes/{code}")).status_code == 404


async def test_a_guest_is_not_made_for_a_code_that_opens_nothing(door: Door) -> None:
    from app.gateways.database import fetch_value
    from app.web.kit.security import forms

    before = await fetch_value("SELECT count(*) FROM person")
    key = door.app.state.services.form_key
    async with from_one_address(door, "203.0.113.24", **(PAGE | OWN_PAGE)) as browser:
        intent = "01890a5d-ac96-774b-bcce-b302099a8057"
        form = {"intent": intent, "mode": "metro", "km": "23", forms.FIELD: forms.token(intent, key=key)}
        assert (await browser.post("/s/ZZZZZZ", data=form)).status_code == 404
    assert await fetch_value("SELECT count(*) FROM person") == before


async def test_a_flood_of_verifications_from_one_address_does_not_hold_up_another(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = None
    async with door.guest() as citizen:
        order = (await citizen.order(door.live)).json()["id"]
        certificate = await door.paid(order)
        code = (await citizen.get(f"/api/v1/certificates/{certificate}")).json()["verify_code"]
    monkeypatch.setattr(looking_up, "LINE", Line(1, waiting_most=1000, patience_s=60))
    ended: list[str] = []

    async def verify(client: httpx.AsyncClient, who: str) -> int:
        status = (await client.get(f"/api/v1/verify/{code}")).status_code
        ended.append(who)
        return status

    async with from_one_address(door, "203.0.113.30") as flood, from_one_address(door, "203.0.113.31") as other:
        flooding = [asyncio.create_task(verify(flood, "flood")) for _ in range(200)]
        await asyncio.sleep(0.05)
        assert await verify(other, "other") == 200
        before = len([one for one in ended if one == "flood"])
        assert set(await asyncio.gather(*flooding)) == {200}  # nobody is refused who can be served

    assert before < 100
    assert (looking_up.LINE._free, looking_up.LINE.waiting) == (1, 0)


async def test_a_verification_holds_its_place_until_it_is_answered_and_not_longer(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(3, waiting_most=10)
    monkeypatch.setattr(looking_up, "LINE", line)
    places = []
    found = looking_up.GUESSING.found

    async def watched(*given, **more):
        places.append(line._free)
        return await found(*given, **more)

    monkeypatch.setattr(looking_up.GUESSING, "found", watched)
    async with from_one_address(door, "203.0.113.32", **PAGE) as browser:
        for path in ("/v/0000000000", "/V/0000000000", "/v/0000000000/findings", "/api/v1/verify/0000000000"):
            assert (await browser.get(path)).status_code == 404
    assert places == [2] * 4
    assert line._free == 3


async def test_a_line_serves_accounts_in_turn() -> None:
    line, served = Line(1, waiting_most=10), []

    async def one(account: str) -> None:
        async with line.turn(account):
            served.append(account)
            await asyncio.sleep(0)

    async with line.turn("first"):
        waiting = [asyncio.create_task(one(account)) for account in ["a"] * 6 + ["b", "c", "b"]]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)

    assert "".join(served) == "abcabaaaa"


async def test_a_line_is_bounded_for_each_account_and_for_all() -> None:
    line = Line(1, waiting_most=3)
    refused: list[str] = []

    async def one(account: str) -> None:
        try:
            async with line.turn(account):
                await asyncio.sleep(0)
        except Crowded:
            refused.append(account)

    async with line.turn("x"):
        waiting = [asyncio.create_task(one("greedy")) for _ in range(8)]
        waiting += [asyncio.create_task(one(f"o{number}")) for number in range(12)]
        await asyncio.sleep(0)
        assert line.waiting == 12
    await asyncio.gather(*waiting)

    assert refused.count("greedy") == 5
    assert len(refused) == 5 + 3
    assert line.waiting == 0


async def test_waiting_in_a_line_has_a_deadline_and_the_line_goes_on() -> None:
    line = Line(1, waiting_most=10, patience_s=0.1)
    async with line.turn():
        with pytest.raises(Crowded):
            async with line.turn("late"):
                raise AssertionError("there is no place")
    async with line.turn("again"):
        assert line.waiting == 0


async def test_whoever_leaves_a_line_at_any_moment_takes_no_place_along() -> None:
    line = Line(2, waiting_most=1000)

    async def one() -> None:
        async with line.turn(str(random.random())):
            await asyncio.sleep(0)

    for steps in range(60):
        tasks = [asyncio.create_task(one()) for _ in range(5)]
        for _ in range(steps % 7):
            await asyncio.sleep(0)
        tasks[steps % 5].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    assert (line._free, line.waiting) == (2, 0)


async def test_a_disk_that_hangs_holds_up_whoever_wants_files_and_says_when_to_come_again(
    tmp_path, monkeypatch
) -> None:
    files, hang = FolderStore(tmp_path), threading.Event()
    await files.keep("a.pdf", b"paper")
    monkeypatch.setattr(files, "_read", lambda name: hang.wait(10) and FolderStore._read(files, name))
    files._readers = Threads(2, waiting_most=3, patience_s=0.2)
    reading = [asyncio.create_task(files.fetch("a.pdf")) for _ in range(8)]
    await asyncio.sleep(0.1)
    assert await asyncio.to_thread(lambda: 7) == 7  # the other threads are free
    await asyncio.sleep(0.3)
    hang.set()
    found = await asyncio.gather(*reading, return_exceptions=True)

    assert [one for one in found if isinstance(one, bytes)] == [b"paper"] * 2
    assert sum(isinstance(one, Crowded) for one in found) == 6


async def test_a_file_that_the_disk_does_not_give_is_503_and_not_500(door: Door, tmp_path, monkeypatch) -> None:
    async with door.guest() as citizen:
        order = (await citizen.order(door.live)).json()["id"]
        certificate = await door.paid(order)
        await door.as_superuser(
            "INSERT INTO certificate_file (certificate_id, language, kind, sha256, size_bytes, drawn_at)"
            " SELECT id, 'zh', 'pdf', sha256('x'), 1, now() FROM certificate ON CONFLICT DO NOTHING"
        )
        files = door.app.state.services.gateways.files
        monkeypatch.setattr(files, "_path", lambda _: tmp_path)  # a folder: EISDIR, as EIO would be
        answer = await citizen.get(f"/api/v1/certificates/{certificate}/zh.pdf")

    assert (answer.status_code, answer.headers.get("retry-after")) == (503, "5"), answer.text


UNCOUNTED = {
    ("POST", "/notify/{channel:str}"): "a channel's: signed, and never to be refused",
    ("POST", "/notify/wechat/messages"): "the same of WeChat's push",
    ("POST", "/operator/sign-out"): "ends a session and nothing else",
    ("DELETE", "/api/v1/sessions/current"): "the same",
    ("POST", "/api/v1/footprints"): "keeps a figure; slowed down in Valkey",
    ("POST", "/api/v1/account/figures"): "the same",
    ("POST", "/me/footprint"): "the same",
    ("POST", "/s/{code:str}"): "counted exactly in the handler, so that what was typed stays on the page",
    ("POST", "/o/{order_id:str}"): "the same",
    ("POST", "/g/{gift:str}"): "the same",
    ("POST", "/g/{gift:str}/use"): "the same",
    ("POST", "/s/{code:str}/code"): "the same",
    ("POST", "/card"): "the same",
    ("POST", "/me/give"): "the same",
    ("POST", "/take"): "the same",
    ("POST", "/api/v1/scenes/{code:str}/gift"): "a person collects once, whatever they try",
}
"""Routes that write without an exact limit, and why."""


def test_every_route_that_writes_has_an_exact_limit_or_a_reason(application: Litestar) -> None:
    writing, without = set(), set()
    for route in application.routes:
        for handler in getattr(route, "route_handlers", ()):
            for method in set(handler.http_methods) - {"GET", "HEAD", "OPTIONS"}:
                writing.add((method, route.path))
                found = [getattr(guard, "limit", None) for guard in handler.resolve_guards()]
                if new_guest not in handler.resolve_guards() and not any(
                    one is not None and one.is_exact for one in found
                ):
                    without.add((method, route.path))

    assert without == set(UNCOUNTED)
    assert len(writing) > 15
