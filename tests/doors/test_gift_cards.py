"""Gift cards at the doors: made as a file once, bound by link or by hand, used several times, ended, refunded to the fen."""

import re
from typing import Any
from uuid import uuid4

from app.gateways.database import fetch, fetch_value
from tests.doors.conftest import OWN_PAGE, PAGE, Caller, Door
from tests.doors.test_gifts import KG, Host, hosting
from tests.doors.test_pages_operator import fields


async def cards_of(host: Host, count: int = 3, grams: int = 10 * KG) -> tuple[str, list[str]]:
    """A batch's id, and its cards as the file has them."""
    made = await host.caller.post(
        f"/api/v1/gift-campaigns/{host.campaign['id']}/codes",
        json={"count": count, "label": "嘉宾", "card_grams": grams},
    )
    assert made.status_code == 201, made.text
    lines = made.content.decode("utf-8-sig").splitlines()[1:]
    assert all("?card=" in line for line in lines)
    return made.headers["gift-batch"], [line.split(",")[1] for line in lines]


async def use(caller: Caller, code: str, card: str = "", *, key: str | None = None, km: int = 23) -> Any:
    headers = {"idempotency-key": key or uuid4().hex}
    asked = {"mode": "metro", "km": km} | ({"gift_code": card} if card else {})
    return await caller.post(f"/api/v1/scenes/{code}/gift", json=asked, headers=headers)


async def test_a_card_is_used_several_times_and_tells_its_history_to_its_holder(door: Door) -> None:
    async with hosting(door, audience="cards") as host, door.guest() as holder, door.guest() as other:
        batch, codes = await cards_of(host)
        first = await use(holder, host.code, codes[0], key="one")
        assert first.status_code == 201, first.text
        again = await use(holder, host.code, codes[0], key="one")
        assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
        second = await use(holder, host.code)  # theirs by now
        third = await use(holder, host.code)
        grams = [one.json()["grams"] for one in (first, second, third)]
        assert (sum(grams), grams[0] == grams[1] > grams[2]) == (10 * KG, True)
        empty, taken = await use(holder, host.code, codes[0]), await use(other, host.code, codes[0])
        assert (empty.json()["code"], taken.json()["code"]) == ("GIFTS_CARD_EMPTY", "GIFTS_CARD_TAKEN")
        keyless = await holder.post(
            f"/api/v1/scenes/{host.code}/gift", json={"mode": "metro", "km": 23, "gift_code": codes[1]}
        )
        assert (keyless.status_code, keyless.json()["code"]) == (400, "IDEMPOTENCY_KEY_MALFORMED")
        (mine,) = (await holder.get("/api/v1/cards")).json()["cards"]
        assert (mine["state"], mine["left_grams"], mine["scene"]) == ("used", 0, host.code)
        assert [line["kind"] for line in mine["history"]] == ["issued", "bound", "used", "used", "used"]
        assert mine["history"][2]["gift"] == first.json()["id"]
        seen = (await host.caller.get(f"/api/v1/gift-codes/{batch}/cards")).json()["cards"]
        assert [one["state"] for one in seen] == ["used", "issued", "issued"]
        assert {line["gift"] for one in seen for line in one["history"]} == {None}
        assert (await other.get("/api/v1/cards")).json()["cards"] == []
        await door.work()
        assert await fetch_value("SELECT count(*) FROM retirement WHERE state = 'settled'") == 3


async def test_a_card_is_bound_by_hand_and_used_by_its_link_without_a_script(door: Door) -> None:
    async with hosting(door, audience="cards") as host, door.caller() as holder, door.caller() as late:
        _, codes = await cards_of(host)
        page = (await holder.get("/card", headers=PAGE)).text
        wrong = await holder.post("/card", data=fields(page) | {"card": "0" * 20}, headers=OWN_PAGE | PAGE)
        assert (wrong.status_code, 'aria-invalid="true"' in wrong.text) == (404, True)
        old = await holder.post("/card", data={"card": codes[0], "csrf_token": "0" * 80}, headers=OWN_PAGE | PAGE)
        assert (old.status_code, f'value="{codes[0]}"' in old.text) == (403, True)
        bound = await holder.post("/card", data=fields(page) | {"card": codes[0].lower()}, headers=OWN_PAGE | PAGE)
        assert (bound.status_code, bound.headers["location"]) == (303, "/card")
        taken = await late.post("/card", data=fields(page) | {"card": codes[0]}, headers=OWN_PAGE | PAGE)
        assert (taken.status_code, "已由别人绑定" in taken.text) == (409, True)
        shown = (await holder.get("/card", headers=PAGE)).text.replace("\u00a0", " ")
        assert [words for words in ("10.0 kg", "制卡", "绑定", f'href="/s/{host.code}"') if words not in shown] == []
        scene = (await holder.get(f"/s/{host.code}?card={codes[0]}", headers=PAGE)).text
        assert f'value="{codes[0]}"' in scene
        form = fields(scene) | {"mode": "metro", "km": "23", "pay": "gift", "gift_code": ""}
        tapped = await holder.post(f"/s/{host.code}", data=form, headers=OWN_PAGE | PAGE)
        twice = await holder.post(f"/s/{host.code}", data=form, headers=OWN_PAGE | PAGE)
        assert tapped.headers["location"] == twice.headers["location"]  # one intent, one use
        assert await fetch_value("SELECT count(*) FROM gift_collection") == 1
        assert "使用中" in (await holder.get("/card", headers=PAGE)).text


async def test_misses_of_cards_are_counted_with_those_of_codes(door: Door) -> None:
    async with hosting(door, audience="cards") as host, door.guest() as guesser:
        _, codes = await cards_of(host)
        told = [(await guesser.post("/api/v1/cards", json={"card": f"{no:020d}"})).status_code for no in range(6)]
        told += [(await use(guesser, host.code, f"{no:020d}")).status_code for no in range(6)]
        assert told == [404] * 10 + [429] * 2
        assert (await guesser.post("/api/v1/cards", json={"card": codes[0]})).status_code == 429


async def test_what_a_pool_cannot_cover_is_not_made_and_the_field_is_named(door: Door) -> None:
    async with hosting(door, audience="cards") as host:
        path = f"/api/v1/gift-campaigns/{host.campaign['id']}/codes"
        for asked, code, field in (
            ({"count": 11, "label": "x", "card_grams": 10 * KG}, "GIFTS_CARDS_UNCOVERED", "/count"),
            ({"count": 1, "label": "x"}, "GIFTS_CAMPAIGN_UNFIT", "/card_grams"),
        ):
            answer = await host.caller.post(path, json=asked)
            assert (answer.json()["code"], answer.json()["detail"]["field"]) == (code, field)
        assert await fetch_value("SELECT count(*) FROM gift_code") == 0


async def test_cards_at_forty_percent_used_are_refunded_to_the_gram_and_the_fen(door: Door) -> None:
    async with hosting(door, pool_g=0, audience="cards") as host, door.guest() as holder:
        desk, at = f"/organiser/{host.code}/gift", await host.browser()

        async def press(path: str = desk, **form: str) -> Any:
            seal = fields((await at.get(desk)).text)["csrf_token"]
            return await at.post(path, data={"csrf_token": seal, **form})

        bought = await press(do="buy", buy_t="0.1")
        await door.fulfilled(bought.headers["location"].removeprefix("/o/"))
        await press(do="open")
        bad = await press(f"{desk}/codes", label="嘉宾", count="10", card_kg="十")
        assert (bad.status_code, 'value="十"' in bad.text) == (400, True)
        file = await press(f"{desk}/codes", label="嘉宾", count="10", card_kg="10")
        codes = [line.split(",")[1] for line in file.content.decode("utf-8-sig").splitlines()[1:]]
        for card in codes[:4]:  # four of ten are used up, by one who holds them
            while (one := await use(holder, host.code, card, km=60)).status_code == 201:
                pass
            assert one.json()["code"] == "GIFTS_CARD_EMPTY"
        await press(do="pause")
        page = (await at.get(desk)).text.replace("\u00a0", " ")
        line = await fetch_value("SELECT id FROM sale_line")
        assert ("先作废礼品卡" in page, 'value="refund"' in page, "已用完 4" in page) == (True, False, True)
        assert (await press(do="kill")).status_code == 303
        page = (await at.get(desk)).text.replace("\u00a0", " ")
        assert "退回 60.0 kg，退款 ¥3.00" in page, (line, page)
        (shown,) = re.findall(r'name="line" value="(lin_\w+)"', page)
        assert (await press(do="refund", line=shown)).status_code == 303
        assert [row["amount_minor"] for row in await fetch("SELECT amount_minor FROM payment_refund")] == [300]
        assert await fetch_value("SELECT sum(mass_g) FROM purchase_order_return") == 60 * KG
        assert await fetch_value("SELECT sum(stop_g - start_g) FROM gift_collection") == 40 * KG
        assert (await use(holder, host.code, codes[9])).json()["code"] == "GIFTS_PAUSED"
        await press(do="open")
        assert (await use(holder, host.code, codes[9])).json()["code"] == "GIFTS_CARD_KILLED"
