"""What one agrees to: over the API, and by the switches of `/me`, which need no script."""

import re

import pytest

from app.foundation import consents
from app.foundation.consents import ConsentPurpose
from app.gateways.database import fetch, fetch_value
from config.places import CONSENTS
from tests.doors.conftest import OWN_PAGE, PAGE, Caller, Door

URL = "/api/v1/me/consents"
TEXTS = consents.load_texts(CONSENTS)
VERSIONS = {purpose.value: TEXTS.present(purpose).version for purpose in ConsentPurpose}


async def states(caller: Caller) -> dict[str, str]:
    answer = await caller.get(URL)
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    return {one["purpose"]: one["state"] for one in answer.json()["items"]}


async def decide(caller: Caller, **words: bool):
    return await caller.put(
        URL,
        json={
            "items": [
                {"purpose": name, "version": VERSIONS.get(name, 1), "given": given} for name, given in words.items()
            ]
        },
    )


async def test_the_api_tells_every_purpose_with_its_text_in_the_readers_language(door: Door) -> None:
    async with door.guest() as somebody:
        zh = (await somebody.get(URL)).json()["items"]
        en = (await somebody.get(URL, params={"lang": "en"})).json()["items"]
    assert [one["purpose"] for one in zh] == ["wall", "board", "sharing", "notices", "abroad"]
    assert (zh[0]["title"], en[0]["title"]) == ("大屏显示我的名字和头像", "My name and picture on the wall")
    assert {(one["state"], one["given"], one["at"]) for one in zh} == {("never", False, None)}
    assert {one["purpose"]: one["version"] for one in zh} == VERSIONS


async def test_some_are_given_and_some_taken_back_in_one_request_and_a_repeat_changes_nothing(door: Door) -> None:
    async with door.guest() as somebody, door.guest() as other:
        for _ in range(2):
            answer = await decide(somebody, wall=True, notices=True)
            assert answer.status_code == 200 and [one["given"] for one in answer.json()["items"]] == [
                True,
                False,
                False,
                True,
                False,
            ]
        await decide(somebody, wall=False, board=True)
        assert await states(somebody) == {
            "wall": "withdrawn", "board": "given", "sharing": "never", "notices": "given", "abroad": "never",
        }  # fmt: skip
        assert set((await states(other)).values()) == {"never"}
    assert await fetch_value("SELECT count(*) FROM consent") == 4


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"items": [{"purpose": "wall", "version": VERSIONS["wall"] - 1, "given": True}]}, 409, "CONSENTS_OUTDATED"),
        ({"items": [{"purpose": "other", "version": 1, "given": True}]}, 400, "REQUEST_INVALID"),
        ({"items": []}, 400, "REQUEST_INVALID"),
        ({"items": [{"purpose": "wall", "version": 1, "given": True, "person": "x"}]}, 400, "REQUEST_INVALID"),
    ],
)
async def test_what_does_not_fit_is_refused_and_nothing_of_it_is_kept(door: Door, body, status, code) -> None:
    async with door.guest() as somebody:
        body = {"items": [{"purpose": "board", "version": 1, "given": True}, *body["items"]]} if body["items"] else body
        answer = await somebody.put(URL, json=body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert await fetch_value("SELECT count(*) FROM consent") == 0


def form_of(page: str, purpose: str) -> dict[str, str]:
    (form,) = re.findall(rf'<form class="agree"[^>]*id="consent-{purpose}">.*?</form>', page, re.DOTALL)
    assert 'action="/me/consents"' in form and 'method="post"' in form
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))


async def test_a_switch_of_the_page_is_turned_on_and_off_without_a_script(door: Door) -> None:
    async with door.guest() as somebody:
        for wanted, state, checked in (("yes", "given", "true"), ("no", "withdrawn", "false")):
            page = (await somebody.get("/me", headers=PAGE)).text
            fields = form_of(page, "wall")
            assert fields["given"] == wanted
            answer = await somebody.post("/me/consents", data=fields, headers=OWN_PAGE)
            assert (answer.status_code, answer.headers["location"]) == (303, "/me#consent-wall")
            assert (await states(somebody))["wall"] == state
            page = (await somebody.get("/me", headers=PAGE)).text
            assert f'aria-checked="{checked}" aria-labelledby="consent-wall-title' in page
    assert [row["place"] for row in await fetch("SELECT place FROM consent")] == ["page", "page"]


async def test_a_form_that_is_not_ours_turns_nothing(door: Door) -> None:
    async with door.guest() as somebody:
        fields = form_of((await somebody.get("/me", headers=PAGE)).text, "wall")
        for wrong in ({"csrf_token": "x"}, {"intent": "another"}):
            assert (await somebody.post("/me/consents", data=fields | wrong, headers=OWN_PAGE)).status_code == 403
        for wrong in ({"purpose": "other"}, {"version": "x"}):
            assert (await somebody.post("/me/consents", data=fields | wrong, headers=OWN_PAGE)).status_code == 404
        assert (
            await somebody.post("/me/consents", data=fields | {"version": "7"}, headers=OWN_PAGE)
        ).status_code == 409
    assert await fetch_value("SELECT count(*) FROM consent") == 0


async def test_whom_nobody_knows_is_shown_no_switch(door: Door) -> None:
    async with door.caller() as nobody:
        assert "/me/consents" not in (await nobody.get("/me", headers=PAGE)).text
        assert (await nobody.get(URL)).status_code == 401
