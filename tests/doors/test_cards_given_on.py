"""Grams of a gift card given to another person at the doors: from the card to a code, from the code to a card of theirs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx

from app.gateways.database import fetch, fetch_value
from tests.doors.conftest import OWN_PAGE, PAGE, Caller, Door
from tests.doors.test_gift_cards import cards_of, use
from tests.doors.test_gifts import KG, Host, hosting
from tests.doors.test_pages_operator import fields
from tests.rooms.conftest import connected


@asynccontextmanager
async def holding(door: Door) -> AsyncIterator[tuple[Host, Caller, str]]:
    """Somebody with a card of 10 kg, and its id."""
    async with hosting(door, audience="cards") as host, door.guest() as giver:
        _, codes = await cards_of(host, 1)
        bound = await bring(giver, codes[0])
        assert bound.status_code == 200, bound.text
        yield host, giver, bound.json()["id"]


async def bring(caller: Caller, code: str) -> httpx.Response:
    return await caller.post("/api/v1/cards", json={"card": code})


async def offer(giver: Caller, card: str, grams: int, *, key: str | None = None) -> httpx.Response:
    return await giver.post(
        f"/api/v1/cards/{card}/offers", json={"grams": grams}, headers={"idempotency-key": key or uuid4().hex}
    )


async def test_a_part_of_a_card_is_another_persons_card_and_each_sees_their_own(door: Door) -> None:
    async with holding(door) as (host, giver, card), door.guest() as taker, door.guest() as late:
        key = uuid4().hex
        made = await offer(giver, card, 4 * KG, key=key)
        told = made.json()
        assert (made.status_code, told["state"], told["card"]) == (201, "offered", card), made.text
        assert made.headers["cache-control"] == "no-store"
        assert (await offer(giver, card, 4 * KG, key=key)).json()["code"] == told["code"]
        (mine,) = (await giver.get("/api/v1/cards")).json()["cards"]
        assert (mine["left_grams"], mine["offered_grams"], mine["given_grams"]) == (6 * KG, 4 * KG, 0)
        into_account = await taker.post("/api/v1/gift-offers/take", json={"gift_code": told["code"]})
        assert into_account.json()["code"] == "GIFTS_OFFER_OF_CARD"
        assert (await bring(giver, told["code"])).json()["code"] == "GIFTS_OFFER_OWN"

        got = await bring(taker, told["code"])
        assert (got.status_code, got.json()["left_grams"], got.json()["is_from_person"]) == (200, 4 * KG, True)
        assert (await bring(taker, told["code"])).json() == got.json()
        assert (await bring(late, told["code"])).json()["code"] == "GIFTS_CARD_TAKEN"
        assert (await offer(taker, got.json()["id"], KG)).json()["code"] == "GIFTS_CARD_GIVEN_ONCE"
        assert (await offer(late, card, KG)).json()["code"] == "GIFTS_CARD_UNKNOWN"
        too_much = (await offer(giver, card, 7 * KG)).json()
        assert (too_much["code"], too_much["detail"]["field"]) == ("GIFTS_HAS_LESS", "/grams")
        (mine,) = (await giver.get("/api/v1/cards")).json()["cards"]
        assert (mine["left_grams"], mine["offered_grams"], mine["given_grams"]) == (6 * KG, 0, 4 * KG)
        assert [line["kind"] for line in mine["history"]] == ["issued", "bound", "given"]
        (one,) = (await giver.get("/api/v1/me/gift-offers")).json()["offers"]
        assert (one["state"], one["code"], one["url"]) == ("taken", None, None)
        (batch,) = (await host.caller.get(f"/api/v1/gift-campaigns/{host.campaign['id']}/codes")).json()["batches"]
        assert (batch["size"], batch["given_on"], batch["left_grams"]) == (1, 1, 10 * KG)
    assert await fetch_value("SELECT bool_and(ok) FROM gifts.prove()")


async def test_whoever_has_more_cards_than_one_page_brings_the_first_again(door: Door) -> None:
    async with hosting(door, audience="cards") as host, door.guest() as holder:
        _, codes = await cards_of(host, 101, 10)
        first = await bring(holder, codes[0])
        async with connected(door.stand.super_url) as admin:
            await admin.execute(
                "UPDATE gift_card SET state = 'bound', bound_at = now(), person_id = (SELECT person_id FROM gift_card"
                " WHERE state = 'bound') WHERE state = 'issued'"
            )
        again = await bring(holder, codes[0])
        assert (again.status_code, again.json()["id"]) == (200, first.json()["id"]), again.text


async def test_at_its_scene_the_code_of_an_offer_is_a_card_that_is_used_at_once(door: Door) -> None:
    async with holding(door) as (host, giver, card), door.guest() as taker:
        told = (await offer(giver, card, 4 * KG)).json()
        ended = (await offer(giver, card, KG)).json()
        await giver.post(f"/api/v1/me/gift-offers/{ended['id']}/take-back")
        assert (await use(taker, host.code, ended["code"])).json()["code"] == "GIFTS_OFFER_ENDED"
        used = await use(taker, host.code, told["code"])
        assert used.status_code == 201, used.text
        (theirs,) = (await taker.get("/api/v1/cards")).json()["cards"]
        assert theirs["left_grams"] == 4 * KG - used.json()["grams"]
        await door.work()
    assert await fetch_value("SELECT count(*) FROM retirement WHERE state = 'settled'") == 1


async def test_the_pages_lead_from_a_card_to_a_code_and_from_the_code_to_a_card(door: Door) -> None:
    async with holding(door) as (_, giver, card), door.caller() as taker:
        assert f'href="/me/give?gift={card}"' in (await giver.get("/card", headers=PAGE)).text
        assert 'href="/card"' in (await giver.get("/me", headers=PAGE)).text
        form = fields((await giver.get(f"/me/give?gift={card}", headers=PAGE)).text) | {"gift": card}
        for typed, status in (("abc", 422), ("0", 422), ("99", 409)):
            bad = await giver.post("/me/give", data=form | {"kg": typed}, headers=OWN_PAGE | PAGE)
            assert (bad.status_code, f'value="{typed}"' in bad.text, 'aria-invalid="true"' in bad.text) == (
                status, True, True,
            )  # fmt: skip
        for _ in range(2):  # two taps are one offer
            made = await giver.post("/me/give", data=form | {"kg": "4"}, headers=OWN_PAGE | PAGE)
            assert made.status_code == 303, made.text
        assert await fetch_value("SELECT count(*) FROM gift_transfer") == 1
        shown = (await giver.get(made.headers["location"], headers=PAGE)).text
        (told,) = (await giver.get("/api/v1/me/gift-offers")).json()["offers"]
        assert told["code"] in shown and told["url"].partition("code=")[2] in shown
        cards = (await giver.get("/card", headers=PAGE)).text.replace("\u00a0", " ")
        assert "待对方收下" in cards and "6.0 kg" in cards

        looked = await taker.get(f"/take?code={told['code']}", headers=PAGE)
        assert "示例工会" in looked.text and "只在这张卡的场景里使用" in looked.text
        taken = await taker.post("/take", data=fields(looked.text), headers=OWN_PAGE | PAGE)
        assert (taken.status_code, taken.headers["location"]) == (303, "/card"), taken.text
        theirs = (await taker.get("/card", headers=PAGE)).text.replace("\u00a0", " ")
        assert "由持有人转赠给你" in theirs and "4.0 kg" in theirs and "/me/give" not in theirs
        again = await taker.post("/take", data=fields(looked.text), headers=OWN_PAGE | PAGE)
        assert (again.status_code, again.headers["location"]) == (303, "/card")
        assert "对方有了一张自己的礼品卡" in (await giver.get(made.headers["location"], headers=PAGE)).text


async def test_taken_back_the_field_for_cards_says_so_and_the_card_has_its_grams(door: Door) -> None:
    async with holding(door) as (_, giver, card), door.caller() as taker:
        told = (await offer(giver, card, 4 * KG)).json()
        page = await giver.get(f"/me/give/{told['id']}", headers=PAGE)
        back = await giver.post(f"/me/give/{told['id']}/take-back", data=fields(page.text), headers=OWN_PAGE)
        assert back.status_code == 303
        assert "克数一直在你的卡上" in (await giver.get(f"/me/give/{told['id']}", headers=PAGE)).text
        form = fields((await taker.get("/card", headers=PAGE)).text) | {"card": told["code"]}
        late = await taker.post("/card", data=form, headers=OWN_PAGE | PAGE)
        assert (late.status_code, "已收回或已过期" in late.text, 'aria-invalid="true"' in late.text) == (
            410,
            True,
            True,
        )
        (mine,) = (await giver.get("/api/v1/cards")).json()["cards"]
        assert (mine["left_grams"], mine["offered_grams"]) == (10 * KG, 0)


async def test_when_its_cards_are_ended_the_code_says_so_to_both(door: Door) -> None:
    async with holding(door) as (host, giver, card), door.guest() as taker:
        told = (await offer(giver, card, 4 * KG)).json()
        killed = await host.caller.post(f"/api/v1/gift-campaigns/{host.campaign['id']}/cards/kill")
        assert killed.status_code == 200, killed.text
        assert (await bring(taker, told["code"])).json()["code"] == "GIFTS_CARD_KILLED"
        assert "主办方作废了这张礼品卡" in (await taker.get(f"/take?code={told['code']}", headers=PAGE)).text
        assert "主办方作废了这张礼品卡" in (await giver.get(f"/me/give/{told['id']}", headers=PAGE)).text


async def test_who_is_under_14_gives_no_card_away(door: Door) -> None:
    async with holding(door) as (_, giver, card):
        await door.as_superuser("UPDATE person SET is_under_14 = true")
        assert (await offer(giver, card, KG)).json()["code"] == "GIFTS_GIVER_MINOR"
    assert await fetch("SELECT FROM gift_transfer") == []


async def test_a_copy_of_ones_own_data_tells_what_was_given_and_what_was_taken(door: Door) -> None:
    async with holding(door) as (_, giver, card), door.guest() as taker:
        await bring(taker, (await offer(giver, card, 4 * KG)).json()["code"])
        for one in (giver, taker):
            rows = (await one.get("/me/privacy/export.json")).json()["groups"]["held"]
            assert [row["mass_g"] for row in rows["gift_transfer"]] == [4 * KG]
            assert len(rows["gift_card"]) == 1


async def test_before_erasing_one_is_told_what_the_cards_still_have_and_that_codes_end(door: Door) -> None:
    async with holding(door) as (_, giver, card):
        await offer(giver, card, 4 * KG)
        page = (await giver.get("/me/privacy/erase", headers=PAGE)).text.replace("\u00a0", " ")
        assert "礼品卡上还有 10.0 kg 没有使用" in page
