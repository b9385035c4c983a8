"""Endpoints at the doors: a secret shown once, on the page and by the API; whose they are, and what a stranger meets."""

import re
from typing import Any

from app.foundation.identity import Role
from app.gateways.database import fetch_value
from app.kernel import ids
from app.kernel.text import Text
from tests.doors.conftest import PAGE, Caller, Door
from tests.doors.test_pages_operator import Platform, fields
from tests.owning import as_owner
from tests.staff import verified

URL = "http://127.0.0.1:9/webhooks/box"
"""An inbox of the far side that this rehearsal knows; nobody sends there in these tests."""
HERE = "/organiser/webhooks"
SECRET = re.compile(r"whsec_[0-9A-Za-z+/]{43}=")


async def union() -> Any:
    return await verified(Text(zh="示例工会", en="Sample Union"))


def asked(organisation_id: Any, **changed: Any) -> dict[str, Any]:
    return {
        "organisation": ids.public("org", organisation_id), "kind": "standard", "label": "值班系统", "url": URL,
        "events": ["gift.pool_low", "gift.ended"],
    } | changed  # fmt: skip


async def at_the_page(door: Door, organisation_id: Any) -> Caller:
    return await Platform(door, organisation_id).come(Role.SPONSOR)


async def test_by_the_api_a_secret_is_told_once_and_an_endpoint_goes_its_way(door: Door) -> None:
    own = await union()
    async with door.operator(own, Role.SPONSOR) as caller:
        made = await caller.post("/api/v1/webhooks", json=asked(own))
        assert made.status_code == 201, made.text
        assert SECRET.fullmatch(made.json()["secret"])
        one = made.json()["endpoint"]
        here = f"/api/v1/webhooks/{one['id']}"
        listed = await caller.get("/api/v1/webhooks")
        assert listed.json()["endpoints"] == [one]
        assert "whsec_" not in listed.text
        assert made.json()["secret"] not in (await caller.get(here)).text
        changed = await caller.put(here, json={"label": "新系统", "events": ["gift.ended"], "language": "en"})
        assert (changed.json()["label"], changed.json()["events"]) == ("新系统", ["gift.ended"])
        other = (await caller.post(f"{here}/rotate")).json()
        assert SECRET.fullmatch(other["secret"])
        assert other["secret"] != made.json()["secret"]
        assert other["endpoint"]["previous_secret_until"] is not None
        assert (await caller.post(f"{here}/pause")).json()["state"] == "paused"
        assert (await caller.post(f"{here}/test")).status_code == 409
        assert (await caller.post(f"{here}/resume")).json()["state"] == "active"
        test = await caller.post(f"{here}/test")
        assert test.status_code == 202
        (log,) = (await caller.get(f"{here}/deliveries")).json()["deliveries"]
        assert (log["event"], log["type"], log["state"]) == (test.json()["event"], "endpoint.test", "waiting")
        await as_owner("UPDATE webhook_delivery SET state = 'given_up', next_at = NULL")
        again = await caller.post(f"{here}/deliveries/{log['id']}/redeliver")
        assert (again.status_code, again.json()["event"], again.json()["state"]) == (202, log["event"], "waiting")
        assert (await caller.delete(here)).status_code == 204
        assert (await caller.get(here)).status_code == 404


async def test_an_address_that_leads_inside_is_named_by_its_field(door: Door) -> None:
    own = await union()
    async with door.operator(own, Role.SPONSOR) as caller:
        for url in (
            "https://169.254.169.254/latest/meta-data",
            "http://127.0.0.1:9/_sandbox/reset",
            "file:///etc/passwd",
        ):
            refused = await caller.post("/api/v1/webhooks", json=asked(own, url=url))
            assert (refused.status_code, refused.json()["code"]) == (400, "WEBHOOKS_ENDPOINT_UNFIT"), refused.text
            assert "url" in str(refused.json())
    assert await fetch_value("SELECT count(*) FROM webhook_endpoint") == 0


async def test_a_stranger_does_not_learn_that_there_is_one(door: Door) -> None:
    own = await union()
    async with door.operator(own, Role.SPONSOR) as caller:
        made = (await caller.post("/api/v1/webhooks", json=asked(own))).json()["endpoint"]["id"]
    async with door.operator(await verified(Text(zh="另一家", en="Another")), Role.SPONSOR) as stranger:
        assert (await stranger.get(f"/api/v1/webhooks/{made}")).status_code == 404
        assert (await stranger.post(f"/api/v1/webhooks/{made}/rotate")).status_code == 404
        assert (await stranger.get("/api/v1/webhooks")).json() == {"endpoints": []}


async def test_on_the_page_a_secret_is_shown_once_and_not_kept_by_any_cache(door: Door) -> None:
    own = await union()
    async with await at_the_page(door, own) as browser:
        empty = await browser.get(HERE, headers=PAGE)
        assert empty.status_code == 200, empty.text
        form = fields(empty.text) | {
            "do": "new", "kind": "standard", "label": "值班系统", "url": URL, "language": "zh", "gift.pool_low": "1",
        }  # fmt: skip
        made = await browser.post(HERE, data=form, headers=PAGE)
        assert made.status_code == 200, made.text
        (secret,) = set(SECRET.findall(made.text))
        assert made.headers["cache-control"] == "no-store"
        number = re.search(r"whe_[0-9A-Z]{26}", made.text)
        assert number is not None
        shown = await browser.get(f"{HERE}?open={number[0]}", headers=PAGE)
        assert secret not in shown.text
        assert "值班系统" in shown.text
        token = {"csrf_token": form["csrf_token"], "webhook": number[0]}
        other = await browser.post(HERE, data=token | {"do": "rotate"}, headers=PAGE)
        assert set(SECRET.findall(other.text)) not in (set(), {secret})
        tested = await browser.post(HERE, data=token | {"do": "test"}, headers=PAGE)
        assert (tested.status_code, tested.headers["location"]) == (303, f"{HERE}?open={number[0]}")
        assert "evt_" in (await browser.get(tested.headers["location"], headers=PAGE)).text
        for step in ("pause", "resume", "remove"):
            assert (await browser.post(HERE, data=token | {"do": step}, headers=PAGE)).status_code == 303
    assert await fetch_value("SELECT state FROM webhook_endpoint") == "removed"


async def test_what_was_typed_comes_back_with_the_reason_beside_its_field(door: Door) -> None:
    own = await union()
    async with await at_the_page(door, own) as browser:
        form = fields((await browser.get(HERE, headers=PAGE)).text) | {
            "do": "new", "kind": "wecom", "label": "活动保障群", "url": "https://hooks.example.org/", "gift.ended": "1",
        }  # fmt: skip
        refused = await browser.post(HERE, data=form, headers=PAGE)
        assert refused.status_code == 400
        assert 'id="fault-url"' in refused.text
        assert 'value="活动保障群"' in refused.text
        old = await browser.post(HERE, data=form | {"csrf_token": "old"}, headers=PAGE)
        assert old.status_code in {403, 409, 410, 422}
        assert 'value="活动保障群"' in old.text
    assert await fetch_value("SELECT count(*) FROM webhook_endpoint") == 0
