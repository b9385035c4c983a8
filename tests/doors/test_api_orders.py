"""The API as hostile, careless and forgetful programs use it: each refusal names what is wrong, and nothing moves."""

import json
from typing import Any

import pytest

from app.gateways.database import fetch
from tests.doors.conftest import Caller, Door


def told(answer: Any) -> tuple[int, str, str | None]:
    """Status, code and field of a problem document."""
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert problem["status"] == answer.status_code
    assert problem["message"]
    assert problem["request_id"] == answer.headers["x-request-id"]
    return answer.status_code, problem["code"], problem["detail"]["field"]


async def post(caller: Caller, body: bytes | str, **headers: str) -> Any:
    given = {"content-type": "application/json", "idempotency-key": "k"} | headers
    return await caller.post("/api/v1/orders", content=body, headers=given)


FORM = {"scene": "H7QP3K", "mode": "metro", "km": 23}


async def test_a_body_that_is_not_an_order_is_refused_by_field(door: Door) -> None:
    cases: list[tuple[bytes | str, tuple[int, str, str | None]]] = [
        (b"", (400, "REQUEST_INVALID", None)),
        (b"{", (400, "REQUEST_JSON_MALFORMED", None)),
        (b'"text"', (400, "REQUEST_INVALID", None)),
        (b"\xff\xfe{}", (400, "REQUEST_JSON_MALFORMED", None)),
        (b"[" * 100_000, (400, "REQUEST_TOO_DEEP", None)),
        (json.dumps(FORM | {"name": "a\0b"}), (400, "REQUEST_CHARACTER_REFUSED", "/name")),
        (json.dumps({"mode": "metro", "km": 23}), (400, "REQUEST_INVALID", "/scene")),
        (json.dumps(FORM | {"km": "23"}), (400, "REQUEST_INVALID", "/km")),
        (json.dumps(FORM | {"km": True}), (400, "REQUEST_INVALID", "/km")),
        (json.dumps(FORM | {"km": -1}), (400, "REQUEST_INVALID", "/km")),
        (json.dumps(FORM | {"km": 10**12}), (400, "REQUEST_INVALID", "/km")),
        (json.dumps(FORM).replace("23", "1e400"), (400, "REQUEST_INVALID", "/km")),
        (json.dumps(FORM).replace("23", "NaN"), (400, "REQUEST_JSON_MALFORMED", None)),
        (json.dumps(FORM | {"grams": 1}), (400, "REQUEST_INVALID", "/grams")),
        (json.dumps(FORM | {"amount_minor": 1}), (400, "REQUEST_INVALID", "/amount_minor")),
        (json.dumps(FORM | {"name": "长" * 2_001}), (400, "REQUEST_INVALID", "/name")),
        (json.dumps(FORM | {"name": "x" * 300_000}), (413, "REQUEST_TOO_LARGE", None)),
    ]
    async with door.guest() as citizen:
        for body, expected in cases:
            assert told(await post(citizen, body)) == expected, body[:60]
        assert not await fetch("SELECT id FROM purchase_order")


async def test_what_a_scene_does_not_offer_is_refused_and_leaves_nothing(door: Door) -> None:
    cases = [
        ({"scene": "ZZZZZZ"}, (404, "SCENARIO_UNKNOWN", None)),
        ({"scene": door.over}, (410, "SCENARIO_OVER", None)),
        ({"scene": door.ahead}, (409, "SCENARIO_AHEAD", None)),
        ({"mode": "flight"}, (422, "SCENARIO_MODE_NOT_OFFERED", "/mode")),
        ({"km": 100.5}, (422, "SCENARIO_MODE_NOT_OFFERED", "/km")),
        ({"km": 9999}, (400, "FOOTPRINT_OUT_OF_BOUNDS", "/km")),
        ({"km": 1e-7}, (400, "FOOTPRINT_INPUT_MALFORMED", "/km")),
        ({"scene": door.walking, "mode": "walk_bike"}, (422, "FOOTPRINT_NOTHING_EMITTED", None)),
        ({"name": "a\u0007b"}, (400, "ORDER_NAME_UNFIT", "/name")),
    ]
    async with door.guest() as citizen:
        for changed, expected in cases:
            answer = await citizen.order(door.live, **changed)
            assert told(answer) == expected, changed
        assert not await fetch("SELECT id FROM purchase_order")
        assert not await fetch("SELECT id FROM footprint")


async def test_an_order_needs_its_key_and_a_repeat_is_answered_from_the_first(door: Door) -> None:
    async with door.guest() as citizen:
        form = {"scene": door.live, "mode": "metro", "km": 23}
        missing = await citizen.post("/api/v1/orders", json=form)
        assert told(missing) == (400, "REQUEST_INVALID", "/Idempotency-Key")
        assert missing.json()["detail"]["location"] == "header"
        for bad in ("x" * 256, "k\u00e9"):
            refused = await citizen.post("/api/v1/orders", json=form, headers=[(b"idempotency-key", bad.encode())])
            assert told(refused) == (400, "REQUEST_INVALID", "/Idempotency-Key")
        first = await citizen.order(door.live, key="one")
        again = await citizen.order(door.live, key="one")
        assert (first.status_code, again.status_code) == (201, 201)
        assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
        assert "idempotent-replayed" not in first.headers
        other = await citizen.order(door.live, key="one", km=24)
        assert told(other) == (422, "IDEMPOTENCY_KEY_REUSED", None)
        assert len(await fetch("SELECT id FROM purchase_order")) == 1
        async with door.guest() as neighbour:
            theirs = await neighbour.order(door.live, key="one")
            assert theirs.status_code == 201
            assert theirs.json()["id"] != first.json()["id"]


async def test_whoever_is_not_known_is_told_how_to_become_so(door: Door) -> None:
    async with door.caller() as nobody, door.guest() as citizen:
        order_id = (await citizen.order(door.live)).json()["id"]
        path = f"/api/v1/orders/{order_id}"
        assert told(await nobody.get(path)) == (401, "SESSION_MISSING", None)
        for token in ("wrong", "x" * 43, "", "a" * 5_000, "ü" * 43):
            refused = await nobody.get(path, headers=[(b"authorization", b"Bearer " + token.encode())])
            code = "TOKEN_EXPIRED" if token else "SESSION_MISSING"
            assert told(refused) == (401, code, None), token
            assert refused.headers["www-authenticate"] == "Bearer"
        expired = await citizen.get(path)
        assert expired.status_code == 200
        await door.as_superuser(
            "UPDATE identity_session SET created_at = created_at - interval '1 day', expires_at = created_at"
        )
        assert told(await citizen.get(path)) == (401, "TOKEN_EXPIRED", None)


async def test_signing_out_ends_the_token(door: Door) -> None:
    async with door.guest() as citizen:
        assert (await citizen.delete("/api/v1/sessions/current")).status_code == 204
        assert told(await citizen.get("/api/v1/certificates")) == (401, "TOKEN_EXPIRED", None)


async def test_another_citizens_things_look_like_none(door: Door) -> None:
    async with door.guest() as owner, door.guest() as other:
        order_id = (await owner.order(door.live)).json()["id"]
        certificate_id = await door.paid(order_id)
        key = {"idempotency-key": "k"}
        unknown = "ord_00000000000000000000000000"
        for shown, expected in ((order_id, "ORDER_UNKNOWN"), (unknown, "ORDER_UNKNOWN"), ("nonsense", "ORDER_UNKNOWN")):
            path = f"/api/v1/orders/{shown}"
            assert told(await other.get(path)) == (404, expected, None)
            assert told(await other.post(f"{path}/cancel")) == (404, expected, None)
            paid = await other.post(f"{path}/payments", json={"method": "wechatpay.h5"}, headers=key)
            assert told(paid) == (404, expected, None)
        for name in ("", "/zh.pdf", "/zh.png"):
            path = f"/api/v1/certificates/{certificate_id}{name}"
            assert told(await other.get(path)) == (404, "CERTIFICATE_UNKNOWN", None)
        assert (await other.get("/api/v1/certificates")).json()["items"] == []
        (mine,) = (await owner.get("/api/v1/certificates")).json()["items"]
        assert mine["id"] == certificate_id
        assert (await owner.get(f"/api/v1/certificates/{certificate_id}/zh.exe")).status_code == 404
        drawing = await owner.get(f"/api/v1/certificates/{certificate_id}/zh.pdf")
        assert (drawing.status_code, drawing.json()) == (202, {"state": "drawing", "file": "zh.pdf"})
        assert drawing.headers["retry-after"] == "1"


async def test_an_order_that_is_over_takes_no_payment_and_no_second_thoughts(door: Door) -> None:
    async with door.guest() as citizen:
        order_id = (await citizen.order(door.live)).json()["id"]
        path = f"/api/v1/orders/{order_id}"
        for _ in range(2):
            cancelled = await citizen.post(f"{path}/cancel")
            assert (cancelled.status_code, cancelled.json()["phase"]) == (200, "closed")
        refused = await citizen.post(
            f"{path}/payments", json={"method": "wechatpay.h5"}, headers={"idempotency-key": "p"}
        )
        assert told(refused) == (409, "ORDER_OVER", None)
        paid_id = (await citizen.order(door.live)).json()["id"]
        await door.paid(paid_id)
        assert told(await citizen.post(f"/api/v1/orders/{paid_id}/cancel")) == (409, "ORDER_OVER", None)
        assert (await citizen.get(f"/api/v1/orders/{paid_id}")).json()["phase"] == "done"


async def test_paying_inside_wechat_needs_wechats_login(door: Door) -> None:
    async with door.guest() as citizen:
        order_id = (await citizen.order(door.live)).json()["id"]
        path, key = f"/api/v1/orders/{order_id}/payments", {"idempotency-key": "p"}
        refused = await citizen.post(path, json={"method": "wechatpay.jsapi"}, headers=key)
        assert told(refused) == (400, "PAYMENT_METHOD_UNAVAILABLE", "/method")
        refused = await citizen.post(path, json={"method": "cash"}, headers=key)
        assert told(refused) == (400, "PAYMENT_METHOD_UNAVAILABLE", "/method")
        # Nobody answers at the channel's address: unknown, and the same intent may be tried again.
        silent = await citizen.post(path, json={"method": "wechatpay.h5"}, headers=key)
        assert told(silent) == (503, "SERVICE_UNAVAILABLE", None)
        assert int(silent.headers["retry-after"]) > 0
        assert (await citizen.get(f"/api/v1/orders/{order_id}")).json()["phase"] == "unpaid"


@pytest.mark.parametrize(
    ("place", "keys"),
    [
        ("mini_program", []),  # a guest: nobody told us an openid
        ("wechat", ["wechatpay.native"]),
        ("phone", ["wechatpay.h5", "wechatpay.native"]),
        ("desktop", ["wechatpay.native", "wechatpay.h5"]),
        (None, ["wechatpay.native", "wechatpay.h5"]),  # as this request's browser says
    ],
)
async def test_the_ways_to_pay_are_those_of_the_payers_place(door: Door, place: str | None, keys: list[str]) -> None:
    async with door.guest() as citizen:
        order_id = (await citizen.order(door.live)).json()["id"]
        asked = f"/api/v1/orders/{order_id}/payment-methods"
        answer = await citizen.get(asked, params={"place": place} if place else {})
        assert [one["key"] for one in answer.json()["methods"]] == keys, answer.text
        assert {one["waits_s"] for one in answer.json()["methods"]} <= {1800}
        assert told(await citizen.get(asked, params={"place": "moon"}))[0] == 400


async def test_a_problem_speaks_the_readers_language_and_keeps_its_code(door: Door) -> None:
    async with door.caller() as reader:
        said = {
            language: (await reader.get("/api/v1/scenes/ZZZZZZ", headers={"accept-language": language})).json()
            for language in ("zh-CN", "en-US", "fr")
        }
        assert said["zh-CN"]["message"] == "没有找到这个场景，请核对二维码。"
        assert said["en-US"]["message"] == said["fr"]["message"] == "No such scene; please check the QR code."
        assert {one["code"] for one in said.values()} == {"SCENARIO_UNKNOWN"}
        asked = await reader.get("/api/v1/scenes/ZZZZZZ?lang=zh", headers={"accept-language": "en"})
        assert asked.json()["message"].startswith("没有找到")


async def test_a_scene_that_is_over_answers_410_with_its_results(door: Door) -> None:
    async with door.caller() as anybody:
        over = await anybody.get(f"/api/v1/scenes/{door.over.lower()}")
        assert (over.status_code, over.json()["phase"], over.json()["code"]) == (410, "over", door.over)
        figure = await anybody.get(f"/api/v1/scenes/{door.over}/estimate?mode=metro&km=3")
        assert told(figure) == (410, "SCENARIO_OVER", None)
        for query, field in (("?km=3", "/mode"), ("?mode=metro", "/km"), ("?mode=metro&km=%00", "/km")):
            assert told(await anybody.get(f"/api/v1/scenes/{door.live}/estimate{query}"))[2] == field


async def test_the_figure_of_the_page_is_the_figure_of_the_order(door: Door) -> None:
    async with door.guest() as citizen:
        figure = (await citizen.get(f"/api/v1/scenes/{door.live}/estimate?mode=metro&km=23")).json()
        order = (await citizen.order(door.live)).json()
        assert (order["grams"], order["mass_text"]) == (figure["grams"], figure["mass_text"])
        assert order["amount_text"] == figure["price_text"]
        assert figure["summary"] == "往返 46 km + 午餐 1 份"
        assert figure["lines"][0]["label"] == "地铁"
        assert sum(1 for line in figure["lines"] if line["confidence"]) <= len(figure["lines"])


async def test_the_calculators_are_told_as_data_that_the_calculators_accept(door: Door) -> None:
    async with door.guest() as citizen:
        listed = (await citizen.get("/api/v1/calculators")).json()["items"]
        assert [one["name"] for one in listed] == ["personal", "event"]
        personal = (await citizen.get("/api/v1/calculators/personal?lang=en")).json()
        by_name = {field["name"]: field for field in personal["fields"]}
        metro = by_name["metro_km"]
        (day,) = [bound for bound in metro["bounds"] if bound["mode"] == "day"]
        inputs = {"mode": "day", "metro_km": day["maximum"]}
        kept = await citizen.post("/api/v1/footprints", json={"calculator": "personal", "inputs": inputs})
        assert (kept.status_code, kept.json()["grams"] > 0) == (201, True)
        beyond = await citizen.post(
            "/api/v1/footprints", json={"calculator": "personal", "inputs": inputs | {"metro_km": day["maximum"] + "1"}}
        )
        assert told(beyond) == (400, "FOOTPRINT_OUT_OF_BOUNDS", "/metro_km")
        assert {item["name"] for item in by_name["flights"]["items"]} >= {"km", "cabin", "round_trip"}
        assert told(await citizen.get("/api/v1/calculators/none"))[1] == "FOOTPRINT_CALCULATOR_UNKNOWN"


async def test_a_notice_nobody_signed_is_refused_in_the_channels_dialect(door: Door) -> None:
    async with door.caller() as stranger:
        for body in (b"", b"{}", b"\xff" * 1000, b"x" * 70_000):
            answer = await stranger.post(
                "/notify/wechatpay", content=body, headers={"content-type": "application/json"}
            )
            assert 400 <= answer.status_code < 500, body[:10]
        assert (await stranger.get("/notify/wechatpay")).status_code == 405


async def test_verification_tells_the_public_part_only_and_all_misses_alike(door: Door) -> None:
    async with door.guest() as owner, door.caller() as anybody:
        certificate_id = await door.paid((await owner.order(door.live, name="林小川")).json()["id"])
        mine = (await owner.get(f"/api/v1/certificates/{certificate_id}")).json()
        seen = await anybody.get(f"/api/v1/verify/{mine['verify_code'].lower()}")
        assert (seen.status_code, seen.json()["holder"]) == (200, "林*")
        assert seen.json()["record"] == mine["record"]
        assert "林小川" not in seen.text
        misses = []
        for code in ("7K3M9QFX2R", "ZZZZZZZZZZ", "short", "%20", mine["verify_code"][:-1]):
            answer = await anybody.get(f"/api/v1/verify/{code}")
            problem = answer.json()
            misses.append((answer.status_code, {**problem, "instance": "", "request_id": ""}))
        assert all(miss == misses[0] for miss in misses)
        assert misses[0][0] == 404
