"""Grams of one's account given to another person at the doors: a code for one use, accepted once, or taken back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx

from app.gateways.database import fetch, fetch_value
from tests.doors.conftest import OWN_PAGE, PAGE, Caller, Door
from tests.doors.test_gifts import KG, collect, hosting
from tests.doors.test_pages_operator import fields


@asynccontextmanager
async def holding(door: Door) -> AsyncIterator[tuple[Caller, str]]:
    """Somebody with 10 kg of a gift in their account, and the gift's id."""
    async with hosting(door, amount="fixed", each_grams=10 * KG, delivers="account") as host, door.guest() as giver:
        gift = (await collect(giver, host.code)).json()["id"]
        await door.work()
        yield giver, gift


async def offer(giver: Caller, gift: str, grams: int, *, key: str | None = None) -> httpx.Response:
    return await giver.post(
        f"/api/v1/gifts/{gift}/offers", json={"grams": grams}, headers={"idempotency-key": key or uuid4().hex}
    )


async def take(taker: Caller, code: str) -> httpx.Response:
    return await taker.post("/api/v1/gift-offers/take", json={"gift_code": code})


async def test_an_offer_is_taken_by_one_person_who_sees_first_what_it_is(door: Door) -> None:
    async with holding(door) as (giver, gift), door.guest() as taker, door.guest() as late:
        key = uuid4().hex
        made = await offer(giver, gift, 4 * KG, key=key)
        told = made.json()
        assert (made.status_code, told["state"], told["grams"]) == (201, "offered", 4 * KG), made.text
        assert made.headers["cache-control"] == "no-store"
        assert (await offer(giver, gift, 4 * KG, key=key)).json()["code"] == told["code"]
        (held,) = (await giver.get("/api/v1/held-gifts")).json()["gifts"]
        assert (held["left_grams"], held["offered_grams"]) == (6 * KG, 4 * KG)

        looked = (await taker.get(f"/take?code={told['code'].replace('-', '')}", headers=PAGE)).text
        assert "示例工会" in looked and "4.0" in looked
        got = await take(taker, told["code"])
        assert (got.status_code, got.json()["left_grams"], got.json()["is_from_person"]) == (200, 4 * KG, True)
        assert (await take(taker, told["code"])).json() == got.json()
        assert (await take(late, told["code"])).json()["code"] == "GIFTS_CODE_USED"
        (held,) = (await giver.get("/api/v1/held-gifts")).json()["gifts"]
        assert (held["left_grams"], held["given_grams"], held["offered_grams"]) == (6 * KG, 4 * KG, 0)
        (one,) = (await giver.get("/api/v1/me/gift-offers")).json()["offers"]
        assert (one["state"], one["code"], one["url"]) == ("taken", None, None)
    assert await fetch_value("SELECT bool_and(ok) FROM gifts.prove()")


async def test_what_was_taken_is_retired_for_a_figure_of_its_new_holders_own(door: Door) -> None:
    async with holding(door) as (giver, gift), door.guest() as taker:
        got = (await take(taker, (await offer(giver, gift, 4 * KG)).json()["code"])).json()["gift"]
        kept = await taker.post(
            "/api/v1/account/figures",
            json={"span": "day", "on": "2025-11-03", "inputs": {"car_km": "40"}},
            headers={"idempotency-key": uuid4().hex},
        )
        assert kept.status_code == 201, kept.text

        async def use(**more: object) -> httpx.Response:
            return await taker.post(
                f"/api/v1/gifts/{got}/uses", json={"grams": KG} | more, headers={"idempotency-key": uuid4().hex}
            )

        assert (await use()).json()["code"] == "GIFTS_VISIT_NEEDED"
        used = await use(figure=kept.json()["id"], name="林小川")
        assert (used.status_code, used.json()["left_grams"]) == (201, 3 * KG), used.text
        elsewhere = await use(visit={"scene": door.live, "mode": "metro", "km": 5})
        assert elsewhere.status_code == 201, elsewhere.text
        await door.work()
        (one,) = (await taker.get("/api/v1/held-gifts")).json()["gifts"]
        papers = [(await taker.get(each["certificate_url"], headers=PAGE)).text for each in one["uses"]]
        assert all("示例工会" in paper for paper in papers) and "林小川" in papers[1]


async def test_the_pages_lead_from_the_account_to_a_code_and_from_the_code_into_another_account(door: Door) -> None:
    async with holding(door) as (giver, gift), door.caller() as taker:
        assert 'href="/me/give"' in (await giver.get("/me", headers=PAGE)).text
        form = fields((await giver.get(f"/me/give?gift={gift}", headers=PAGE)).text) | {"gift": gift}
        for typed, status in (("abc", 422), ("0", 422), ("99", 409)):
            bad = await giver.post("/me/give", data=form | {"kg": typed}, headers=OWN_PAGE | PAGE)
            assert (bad.status_code, f'value="{typed}"' in bad.text, 'aria-invalid="true"' in bad.text) == (
                status, True, True,
            )  # fmt: skip
        old = await giver.post("/me/give", data=form | {"kg": "4", "csrf_token": "0" * 80}, headers=OWN_PAGE | PAGE)
        assert (old.status_code, 'value="4"' in old.text) == (403, True)
        for _ in range(2):  # two taps are one offer
            made = await giver.post("/me/give", data=form | {"kg": "4"}, headers=OWN_PAGE | PAGE)
            assert made.status_code == 303, made.text
        assert await fetch_value("SELECT count(*) FROM gift_transfer") == 1
        shown = (await giver.get(made.headers["location"], headers=PAGE)).text
        (told,) = (await giver.get("/api/v1/me/gift-offers")).json()["offers"]
        assert told["code"] in shown and told["url"].partition("code=")[2] in shown

        wrong = await taker.get("/take?code=7K3M9QFX2R8T4W6Y0Z1A", headers=PAGE)
        assert (wrong.status_code, 'value="7K3M9QFX2R8T4W6Y0Z1A"' in wrong.text) == (404, True)
        looked = await taker.get(f"/take?code={told['code']}", headers=PAGE)
        taken = await taker.post("/take", data=fields(looked.text), headers=OWN_PAGE | PAGE)
        assert taken.status_code == 303, taken.text
        page = (await taker.get(taken.headers["location"], headers=PAGE)).text
        assert "由持有人转赠给你" in page and "先算一下自己的一天或一年" in page
        assert "对方已收下" in (await giver.get(made.headers["location"], headers=PAGE)).text


async def test_an_offer_that_was_taken_back_says_so_to_both(door: Door) -> None:
    async with holding(door) as (giver, gift), door.guest() as taker:
        told = (await offer(giver, gift, 4 * KG)).json()
        page = await giver.get(f"/me/give/{told['id']}", headers=PAGE)
        back = await giver.post(f"/me/give/{told['id']}/take-back", data=fields(page.text), headers=OWN_PAGE)
        assert back.status_code == 303
        assert "已收回" in (await giver.get(f"/me/give/{told['id']}", headers=PAGE)).text
        assert "赠送人已经收回" in (await taker.get(f"/take?code={told['code']}", headers=PAGE)).text
        assert (await take(taker, told["code"])).json()["code"] == "GIFTS_OFFER_ENDED"
        assert (await taker.post(f"/api/v1/me/gift-offers/{told['id']}/take-back")).json()[
            "code"
        ] == "GIFTS_OFFER_UNKNOWN"


async def test_who_is_under_14_is_told_that_they_cannot_give(door: Door) -> None:
    async with holding(door) as (giver, gift):
        await door.as_superuser("UPDATE person SET is_under_14 = true")
        assert 'id="closed"' in (await giver.get("/me/give", headers=PAGE)).text
        assert (await offer(giver, gift, KG)).json()["code"] == "GIFTS_GIVER_MINOR"
    assert await fetch("SELECT FROM gift_transfer") == []


async def test_whoever_guesses_codes_is_refused_after_ten_misses_of_an_hour(door: Door) -> None:
    async with door.guest() as guesser:
        told = [(await take(guesser, f"7K3M-9QFX-2R8T-4W6Y-0Z{no:02d}")).status_code for no in range(12)]
    assert told == [404] * 10 + [429] * 2
