"""A picture of oneself at the doors: uploaded by form or API, seen by others once it passed, gone at once."""

import asyncio
from uuid import UUID

import pytest

from app.foundation import identity, moderation
from app.foundation.identity import Role
from app.foundation.moderation import CheckState, Reason
from app.gateways.database import fetch_value
from tests.doors.conftest import OWN_PAGE, PAGE, Caller, Door
from tests.doors.test_pages_operator import fields
from tests.rules.hostile_pictures import hostile_pictures, plain
from tests.staff import staff


async def upload(caller: Caller, data: bytes, name: str = "me.jpg") -> int:
    answer = await caller.post("/api/v1/me/avatar", files={"picture": (name, data, "image/jpeg")})
    assert answer.status_code in {200, 413} or answer.json()["code"], answer.text
    return answer.status_code


async def decide(state: CheckState, seen: str = "waiting") -> None:
    check: UUID = await fetch_value("SELECT check_id FROM avatar LIMIT 1")
    await moderation.decide(check, state, reason=Reason.OTHER, seen=seen, by=await staff(Role.REVIEWER))


async def test_a_mini_program_uploads_waits_and_is_shown_then_hidden_and_taken_down(door: Door) -> None:
    async with door.guest() as citizen, door.caller() as anybody:
        assert (await citizen.get("/api/v1/me/avatar")).json()["state"] == "none"
        answer = await citizen.post("/api/v1/me/avatar", files={"picture": ("me.jpg", plain(), "image/jpeg")})
        assert answer.json() == {"state": "waiting", "reason": None, "url": None}
        digest = (await fetch_value("SELECT digest FROM avatar")).hex()
        url, told = f"/avatars/{digest}.webp", []

        async def seen() -> None:
            there = await anybody.get(url)
            told.append(there.headers["content-type"].partition(";")[0])
            assert "no-cache" in there.headers["cache-control"]
            if told[-1] == "image/webp":
                again = await anybody.get(url, headers={"if-none-match": there.headers["etag"]})
                assert (again.status_code, again.content) == (304, b"")

        await seen()
        await decide(CheckState.PASSED)
        assert (await citizen.get("/api/v1/me/avatar")).json()["url"] == url
        await seen()
        await decide(CheckState.REFUSED, "passed")
        assert (await citizen.get("/api/v1/me/avatar")).json() == {"state": "refused", "reason": "other", "url": None}
        await seen()
        await decide(CheckState.PASSED, "refused")
        await seen()
        assert (await citizen.delete("/api/v1/me/avatar")).json()["state"] == "none"
        await seen()

    assert told == ["image/svg+xml", "image/webp", "image/svg+xml", "image/webp", "image/svg+xml"]


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("svg", 422, "AVATARS_TYPE_UNKNOWN"), ("png of 20000 x 20000", 422, "AVATARS_DIMENSIONS"),
        ("WEBP of 3 pictures", 422, "AVATARS_ANIMATED"), ("JPEG and script", 422, "AVATARS_POLYGLOT"),
        ("only the beginning of a JPEG", 422, "AVATARS_BROKEN"), ("too many bytes", 422, "AVATARS_TOO_LARGE"),
        ("nothing", 422, "AVATARS_BROKEN"),
    ],
)  # fmt: skip
async def test_what_is_no_ordinary_picture_is_refused_in_clear_words(
    door: Door, name: str, status: int, code: str
) -> None:
    picture = next(data for known, data, _ in hostile_pictures() if known == name)
    async with door.guest() as citizen:
        answer = await citizen.post("/api/v1/me/avatar", files={"picture": ("me.jpg", picture, "image/jpeg")})

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert await fetch_value("SELECT count(*) FROM avatar") == 0


@pytest.mark.parametrize("form", [{}, {"picture": "http://169.254.169.254/a.png"}, {"url": "http://127.0.0.1/a.png"}])
async def test_an_address_in_place_of_a_picture_is_refused_and_never_fetched(door: Door, form: dict[str, str]) -> None:
    async with door.guest() as citizen:
        answer = await citizen.post(
            "/api/v1/me/avatar", files={name: (None, text) for name, text in form.items()} or {"x": (None, "")}
        )

    assert answer.status_code == 400, answer.text


async def test_the_page_takes_a_picture_without_a_script_and_only_by_our_own_form(door: Door) -> None:
    async with door.guest() as citizen:
        citizen.headers.update(OWN_PAGE | PAGE)
        page = await citizen.get("/me/avatar")
        form = fields(page.text)
        refused = await citizen.post("/me/avatar", data=form, files={"picture": ("x.svg", b"<svg/>", "image/svg+xml")})
        taken = await citizen.post("/me/avatar", data=form, files={"picture": ("x.png", plain("PNG"), "image/png")})
        shown = await citizen.get("/me/avatar")
        foreign = await citizen.post(
            "/me/avatar", data={"csrf_token": "x", "intent": "x"}, files={"picture": ("x.png", plain(), "image/png")}
        )
        own = await citizen.get("/me/avatar.webp")
        gone = await citizen.post("/me/avatar/remove", data=form)

    assert (refused.status_code, taken.status_code, foreign.status_code, gone.status_code) == (422, 303, 403, 303)
    assert "不支持 SVG" in refused.text
    assert "正在审核" in shown.text
    assert own.headers["content-type"] == "image/webp"
    assert await fetch_value("SELECT count(*) FROM avatar") == 0


async def test_the_picture_of_somebody_who_is_forgotten_is_a_default_at_once(door: Door) -> None:
    async with door.guest() as citizen, door.caller() as anybody:
        await upload(citizen, plain())
        await decide(CheckState.PASSED)
        url = (await citizen.get("/api/v1/me/avatar")).json()["url"]
        assert (await anybody.get(url)).headers["content-type"] == "image/webp"
        await identity.destroy_key(await fetch_value("SELECT person_id FROM avatar"))
        assert (await anybody.get(url)).headers["content-type"].startswith("image/svg")


@pytest.mark.parametrize(
    "name",
    ["x.webp", "0" * 63 + ".webp", "0" * 64, "0" * 64 + ".png", "G" * 64 + ".webp", "A" * 64 + ".webp", "%00.webp"],
)
async def test_what_can_be_no_address_of_a_picture_is_not_there(door: Door, name: str) -> None:
    async with door.caller() as anybody:
        assert (await anybody.get(f"/avatars/{name}")).status_code in {400, 404}


async def test_many_pictures_at_once_are_drawn_or_told_to_come_again(door: Door) -> None:
    async with door.guest() as citizen:
        statuses = await asyncio.gather(*(upload(citizen, plain(seed=n)) for n in range(4)))

    assert set(statuses) <= {200, 503}
    assert 200 in statuses
