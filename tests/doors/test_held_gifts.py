"""A gift into one's account at the doors: collected with one tap, seen on one's page, its giver on each paper."""

from uuid import uuid4

import httpx
import pytest

from app.gateways.database import fetch_value
from tests.doors.conftest import OWN_PAGE, PAGE, Caller, Door
from tests.doors.test_gifts import KG, asked, collect, hosting
from tests.doors.test_pages_operator import fields


async def use(caller: Caller, gift: str, grams: int, *, key: str | None = None, **more: object) -> httpx.Response:
    return await caller.post(
        f"/api/v1/gifts/{gift}/uses", json={"grams": grams} | more, headers={"idempotency-key": key or uuid4().hex}
    )


async def test_a_gift_into_an_account_is_used_twice_and_each_paper_names_the_giver(door: Door) -> None:
    async with hosting(door, amount="fixed", each_grams=10 * KG, delivers="account") as host, door.guest() as visitor:
        assert host.campaign["delivers"] == "account"
        gift = (await collect(visitor, host.code)).json()["id"]
        assert (await use(visitor, gift, KG)).json()["code"] == "GIFTS_COMING"
        await door.work()
        told = (await visitor.get(f"/api/v1/gifts/{gift}")).json()
        assert (told["phase"], told["left_grams"], told["certificate_id"]) == ("held", 10 * KG, None)
        key = uuid4().hex
        first = await use(visitor, gift, 4 * KG, key=key, name="林小川")
        assert (first.status_code, first.json()["left_grams"]) == (201, 6 * KG)
        again = await use(visitor, gift, 4 * KG, key=key, name="林小川")
        assert (again.status_code, again.json()["left_grams"]) == (201, 6 * KG)
        more = await use(visitor, gift, 7 * KG)
        assert (more.status_code, more.json()["detail"]["field"]) == (409, "/grams")
        elsewhere = await use(visitor, gift, 6 * KG, visit={"scene": door.live, "mode": "metro", "km": 5})
        assert elsewhere.status_code == 201, elsewhere.text
        await door.work()
        (one,) = (await visitor.get("/api/v1/held-gifts")).json()["gifts"]
        assert (one["left_grams"], [each["grams"] for each in one["uses"]]) == (0, [6 * KG, 4 * KG])
        assert [each["scene"] for each in one["uses"]] == [door.live, host.code]
        for each, name in zip(one["uses"], ("访客", "林小川"), strict=True):
            paper = (await visitor.get(each["certificate_url"], headers=PAGE)).text
            assert name in paper
            assert "示例工会" in paper


async def test_the_pages_say_where_it_goes_and_lead_to_the_certificate_without_a_script(door: Door) -> None:
    async with hosting(door, delivers="account") as host, door.caller() as visitor:
        page = (await visitor.get(f"/s/{host.code}", headers=PAGE)).text
        assert "示例工会送你 20.0 kg" in page.replace("\u00a0", " ")
        assert ("免费领进我的账户" in page, "免费中和" in page) == (True, False)
        form = fields(page) | {"mode": "metro", "km": "23", "pay": "gift"}
        gift = (await visitor.post(f"/s/{host.code}", data=form, headers=OWN_PAGE | PAGE)).headers["location"]
        assert "正在进入你的账户" in (await visitor.get(gift, headers=PAGE)).text
        await door.work()
        held = (await visitor.get(gift, headers=PAGE)).text
        left_g = await fetch_value("SELECT stop_g - start_g FROM gift_collection")
        assert f'value="{left_g // KG}.{left_g % KG:03d}"' in held
        assert gift in (await visitor.get("/me", headers=PAGE)).text
        for typed, status in (("abc", 422), ("0", 422), ("9", 409)):
            bad = await visitor.post(f"{gift}/use", data=fields(held) | {"kg": typed}, headers=OWN_PAGE | PAGE)
            assert (bad.status_code, 'aria-invalid="true"' in bad.text, f'value="{typed}"' in bad.text) == (
                status,
                True,
                True,
            )
        forged = fields(held) | {"kg": "1", "csrf_token": "0" * 80}
        assert (await visitor.post(f"{gift}/use", data=forged, headers=OWN_PAGE | PAGE)).status_code == 403
        good = fields(held) | {"kg": "１.５", "name": "林小川"}
        for _ in range(2):  # two taps are one use
            tapped = await visitor.post(f"{gift}/use", data=good, headers=OWN_PAGE | PAGE)
            assert (tapped.status_code, tapped.headers["location"]) == (303, gift)
        assert "正在出证书" in (await visitor.get(gift, headers=PAGE)).text
        await door.work()
        assert "看证书" in (await visitor.get(gift, headers=PAGE)).text
    assert await fetch_value("SELECT sum(mass_g)::bigint FROM retirement") == 1_500


async def test_a_tap_that_would_pay_the_rest_of_it_only_collects(door: Door) -> None:
    async with hosting(door, each_grams=2 * KG, delivers="account") as host, door.caller() as visitor:
        form = fields((await visitor.get(f"/s/{host.code}", headers=PAGE)).text) | {
            "mode": "metro",
            "km": "23",
            "pay": "share",
        }
        tapped = await visitor.post(f"/s/{host.code}", data=form, headers=OWN_PAGE | PAGE)
        assert tapped.headers["location"].startswith("/g/gft_")
    assert await fetch_value("SELECT count(*) FROM purchase_order") == 0


async def test_a_stranger_neither_sees_nor_uses_it(door: Door) -> None:
    async with hosting(door, delivers="account") as host, door.guest() as visitor, door.guest() as stranger:
        gift = (await collect(visitor, host.code)).json()["id"]
        await door.work()
        answer = await use(stranger, gift, KG)
        assert (answer.status_code, answer.json()["code"]) == (404, "GIFTS_COLLECTION_UNKNOWN")
        assert (await stranger.get("/api/v1/held-gifts")).json()["gifts"] == []


@pytest.mark.parametrize("changed", [{"delivers": "account", "audience": "cards"}, {"delivers": "moon"}])
async def test_where_grams_cannot_go_is_named(door: Door, changed: dict[str, str]) -> None:
    async with hosting(door, pool_g=0) as host:
        made = await host.caller.post(
            "/api/v1/gift-campaigns", json=asked(host.code) | changed, headers={"idempotency-key": uuid4().hex}
        )
        assert (made.status_code, made.json()["detail"]["field"]) == (400, "/delivers"), made.text
