"""A zone as anybody meets it: its page in two languages, its JSON, the ways to pay in its scenes, what its papers bear."""

import re

import msgspec

from app.gateways.database import fetch_value
from tests import zoned
from tests.doors.conftest import PAGE, Caller, Door


async def _methods(guest: Caller, code: str) -> tuple[str, set[str]]:
    """An order there, and what may pay it."""
    order = (await guest.order(code)).json()["id"]
    told = (await guest.get(f"/api/v1/orders/{order}/payment-methods?place=desktop")).json()
    return order, {one["key"].partition(".")[0] for one in told["methods"]}


async def test_the_page_tells_scenes_and_what_is_stated_in_both_languages(door: Door) -> None:
    await zoned.zone()
    async with door.caller() as visitor:
        chinese = await visitor.get("/z/games", headers=PAGE)
        english = await visitor.get("/z/games?lang=en", headers=PAGE)
        scene = await visitor.get("/s/GAMES1?lang=zh", headers=PAGE)
        told = (await visitor.get("/api/v1/zones/games")).json()
        picture = await visitor.get("/static/citizen/share.png")

    assert '<a href="/z/games"><bdi>示例运动会专区</bdi></a>' in scene.text
    assert (chinese.status_code, english.status_code) == (200, 200)
    for text in (
        "示例运动会专区",
        "欢迎来到示例运动会。",
        "374,600",
        "32,500",
        "示例核算",
        'href="/s/GAMES1"',
        'href="/s/GAMES2"',
    ):
        assert text in chinese.text, text
    for page, path in ((chinese, "/z/games"), (scene, "/s/GAMES1")):
        head = dict(re.findall(r'<meta property="(og:[a-z:_]+)" content="([^"]+)">', page.text))
        origin = head["og:url"].removesuffix(path)
        assert origin.startswith("http") and head["og:title"] in page.text, head
        assert picture.status_code == 200 and picture.headers["content-type"] == "image/png"
        assert head["og:image"].removeprefix(origin).startswith("/static/citizen/share.png"), head
        assert page.text.index("<img") == page.text.index('<img src="/static/citizen/share.png'), (
            "WeChat takes the first"
        )
    assert "Sample Games zone" in english.text and "Sample inventory" in english.text
    assert "accent-teal" in chinese.text
    assert (told["slug"], told["version"], [one["code"] for one in told["scenes"]]) == (
        "games",
        1,
        ["GAMES1", "GAMES2"],
    )
    stated = told["neutrality"]
    assert (stated["emissions"]["grams"], stated["reductions"]["grams"]) == (374_600_000_000, 32_500_000_000)
    assert (stated["percent"], stated["given_grams"], stated["guest_grams"]) == ("0.0", 0, 0)


async def test_what_its_visitors_retire_is_told_there(door: Door) -> None:
    await zoned.zone(["GAMES1"])
    async with door.guest() as guest:
        order = (await guest.order("GAMES1")).json()
        await door.paid(order["id"])
        told = (await guest.get("/api/v1/zones/games")).json()

    assert told["neutrality"]["guest_grams"] == order["grams"] > 0
    assert [(one["papers"], one["grams"]) for one in told["scenes"]] == [(1, order["grams"])]


async def test_the_cashier_offers_what_the_zone_takes_and_refuses_the_rest(door: Door) -> None:
    await zoned.zone(["GAMES1"], more='payment_methods = ["wechatpay.jsapi"]')
    async with door.guest() as guest:
        order, methods = await _methods(guest, "GAMES1")
        refused = await guest.post(
            f"/api/v1/orders/{order}/payments",
            json={"method": "wechatpay.native"},
            headers={"idempotency-key": "k" * 16},
        )
        cashier = await guest.get(f"/o/{order}?lang=zh", headers=PAGE)
        _, elsewhere = await _methods(guest, door.live)

    assert methods == set()
    assert "示例运动会专区只收微信支付，这里都用不了。" in cashier.text
    assert ('href="/z/games"' in cashier.text, 'class="btn" href="/s/GAMES1' in cashier.text) == (True, True)
    assert "wechatpay" in elsewhere
    assert refused.json()["code"] == "PAYMENT_METHOD_UNAVAILABLE"


async def test_a_later_version_of_the_zone_changes_no_issued_paper(door: Door) -> None:
    await zoned.zone(["GAMES1"])
    async with door.guest() as guest:
        certificate = await door.paid((await guest.order("GAMES1")).json()["id"])
        page = await guest.get(f"/c/{certificate}", headers=PAGE)
        assert "示例运动会专区版" in page.text and "accent-teal" in page.text
        other = (
            zoned.file("GAMES1")
            .replace(b'accent = "teal"', b'accent = "crimson"')
            .replace("专区版".encode(), "新版".encode())
        )
        await zoned.published(other)
        later = await door.paid((await guest.order("GAMES1")).json()["id"])
        again = await guest.get(f"/c/{certificate}", headers=PAGE)
        newer = await guest.get(f"/c/{later}", headers=PAGE)

    assert "示例运动会专区版" in again.text and "accent-teal" in again.text
    assert "示例运动会新版" in newer.text and "accent-crimson" in newer.text
    records = [
        msgspec.json.decode(text)
        for text in (await fetch_value("SELECT array_agg(c.record ORDER BY c.id) FROM certificate c"))
    ]
    assert [(one["zone"]["slug"], one["zone"]["version"], one["zone"]["accent"]) for one in records] == [
        ("games", 1, "teal"), ("games", 2, "crimson"),
    ]  # fmt: skip
