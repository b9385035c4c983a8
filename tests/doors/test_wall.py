"""The big screen at the doors: agreed to on the certificate's page, seen, taken back; opened and ended by its organiser."""

import html
import re
from hashlib import sha256
from typing import Any

import pytest

from app import scenarios
from app.foundation import consents, identity
from app.foundation.consents import ConsentPurpose
from app.gateways.database import fetch, fetch_value
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Text
from app.programmes import wall
from app.programmes.wall import showing
from app.web.kit.requests import cookies
from app.web.kit.security import forms
from config.places import CONSENTS
from tests.doors.conftest import OWN_PAGE, PAGE, Caller, Door
from tests.owning import as_owner
from tests.rooms.programmes.wall.pictures import PICTURE, give_picture
from tests.staff import verified

VERSION = consents.load_texts(CONSENTS).present(ConsentPurpose.WALL).version
HTML = PAGE | OWN_PAGE


async def opened_wall(door: Door, *, is_premoderated: bool = False) -> scenarios.Scene:
    """The live scene with a screen."""
    scene = await scenarios.open_scene(door.live, today=beijing_day(utc_now()))
    await wall.open_wall(scene.id, is_premoderated=is_premoderated)
    return scene


async def certified(door: Door, caller: Caller, *, name: str = "林小川") -> str:
    """A certificate of this caller's."""
    order = await caller.order(door.live, name=name)
    assert order.status_code == 201, order.text
    return await door.paid(order.json()["id"])


def fields(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that leads there."""
    form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page, re.DOTALL)
    assert form, page
    return {
        name: html.unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[0])
    }


async def screen_of(door: Door, scene: scenarios.Scene) -> str:
    """A token of this scene's, written by hand: its organiser is nobody who signs in here."""
    token = "a-token-of-one-screen"
    person_id = await fetch_value("SELECT id FROM person LIMIT 1")
    await as_owner(
        "INSERT INTO wall_screen (id, scene_id, label, token_sha256, made_by_id) SELECT gen_random_uuid(), w.id, 'x', $1, $2"
        " FROM wall_scene w WHERE w.scenario_id = $3",
        sha256(token.encode()).digest(), person_id, scene.id,
    )  # fmt: skip
    return token


async def test_agreeing_on_the_page_of_the_certificate_shows_its_holder_and_taking_back_clears_them(door: Door) -> None:
    scene = await opened_wall(door)
    async with door.guest() as caller:
        shown = await certified(door, caller)
        page = (await caller.get(f"/c/{shown}", headers=HTML)).text
        assert (
            'name="agree" value="yes" required' in page
            and "checked" not in page.split('id="wall"')[1].split("</section>")[0]
        )
        token = await screen_of(door, scene)
        form = fields(page, f"/c/{shown}/wall")
        # Sent without the tick nothing happens.
        assert (await caller.post(f"/c/{shown}/wall", data=form, headers=HTML)).status_code == 303
        assert await fetch("SELECT id FROM wall_turn") == []
        assert (await caller.post(f"/c/{shown}/wall", data=form | {"agree": "yes"}, headers=HTML)).status_code == 303
        assert "大屏打开后按顺序上屏，第 1 位" in (await caller.get(f"/c/{shown}", headers=HTML)).text
        (turn,) = await fetch("SELECT id, scene_id FROM wall_turn")
        (placed,) = await showing.follow({turn["scene_id"]: 0}, version=VERSION)
        await showing.note_told(turn["scene_id"], placed.event_id)
        page = (await caller.get(f"/c/{shown}", headers=HTML)).text
        assert re.search(r"约 [123] 秒后上屏，第 1 位", page)
        told = (await caller.get(f"/api/v1/certificates/{shown}/wall")).json()
        assert (told["state"], told["ahead"]) == ("soon", 0)
        snapshot = (await door.caller().get(f"/api/v1/wall/{token}/snapshot")).json()
        assert [(one["name"], one["no"]) for one in snapshot["turns"]] == [("林小川", 1)]
        form = fields(page, f"/c/{shown}/wall")
        assert (await caller.post(f"/c/{shown}/wall", data=form, headers=HTML)).status_code == 303
        assert (await door.caller().get(f"/api/v1/wall/{token}/snapshot")).json()["turns"] == []
        assert "你已收回" in (await caller.get(f"/c/{shown}", headers=HTML)).text
        assert "林小川" not in (await door.caller().get(f"/wall/{token}", headers=PAGE)).text


async def test_whoever_agreed_before_is_lined_up_when_their_certificate_is_issued(door: Door) -> None:
    await opened_wall(door)
    async with door.guest() as caller:
        word = {"purpose": "wall", "given": True, "version": VERSION}
        assert (await caller.put("/api/v1/me/consents", json={"items": [word]})).status_code == 200
        shown = await certified(door, caller)
        assert (await caller.get(f"/api/v1/certificates/{shown}/wall")).json()["state"] == "line"


async def test_nothing_is_said_of_a_screen_where_there_is_none_and_nobody_elses_certificate_is_shown(
    door: Door,
) -> None:
    async with door.guest() as caller, door.guest() as other:
        shown = await certified(door, caller)
        assert 'id="wall"' not in (await caller.get(f"/c/{shown}", headers=HTML)).text
        assert (await caller.get(f"/api/v1/certificates/{shown}/wall")).status_code == 409
        await opened_wall(door)
        word = {"given": True, "version": VERSION}
        assert (await other.put(f"/api/v1/certificates/{shown}/wall", json=word)).status_code == 404
        old = await caller.put(f"/api/v1/certificates/{shown}/wall", json=word | {"version": VERSION + 1})
        assert (old.status_code, old.json()["code"]) == (409, "CONSENTS_OUTDATED")
        assert (await caller.put(f"/api/v1/certificates/{shown}/wall", json=word)).json()["state"] == "line"
        assert (await caller.put(f"/api/v1/certificates/{shown}/wall", json=word)).json()["state"] == "line"
        assert (await caller.put(f"/api/v1/certificates/{shown}/wall", json=word | {"given": False})).json()[
            "state"
        ] == "withdrawn"


async def test_a_name_that_is_markup_is_text_on_the_screen(door: Door) -> None:
    scene = await opened_wall(door)
    async with door.guest() as caller:
        shown = await certified(door, caller, name='<img src=x onerror="x()">')
        token = await screen_of(door, scene)
        await caller.put(f"/api/v1/certificates/{shown}/wall", json={"given": True, "version": VERSION})
        await showing.follow({await fetch_value("SELECT id FROM wall_scene"): 0}, version=VERSION)
        page = (await door.caller().get(f"/wall/{token}", headers=PAGE)).text
        assert "<img src=x" not in page and "&lt;img src=x" in page


@pytest.mark.parametrize(
    "path", ["/wall/{}", "/api/v1/wall/{}/snapshot", "/api/v1/wall/{}/stream", "/wall/{}/rings/people-1.svg"]
)
async def test_an_unknown_and_an_ended_token_look_the_same(door: Door, path: str) -> None:
    scene = await opened_wall(door)
    async with door.guest() as caller:
        await certified(door, caller)
        token = await screen_of(door, scene)
        await as_owner("UPDATE wall_screen SET revoked_at = now(), revoked_by_id = made_by_id")
        for each in (token, "never-was"):
            answer = await door.caller().get(path.format(each))
            assert (answer.status_code, answer.json()["code"]) == (404, "WALL_SCREEN_UNKNOWN")


async def test_the_organiser_opens_a_screen_makes_a_link_lets_a_name_through_and_ends_it(door: Door) -> None:
    scene = await scenarios.open_scene(door.live, today=beijing_day(utc_now()))
    organisation_id = await verified(Text(zh="示例总工会", en="Sample Federation"))
    await door.as_superuser(
        "SET session_replication_role = replica;"
        f" UPDATE scenario SET organisation_id = '{organisation_id}' WHERE id = '{scene.id}'"
    )
    here = f"/organiser/{door.live}/wall"
    async with door.operator(organisation_id, identity.Role.SPONSOR) as host, door.guest() as caller:
        seal = {forms.FIELD: ""}

        async def step(name: str, **data: str) -> Any:
            session = host.headers["authorization"].removeprefix("Bearer ")
            host.cookies.set(cookies.SESSION, session)
            seal[forms.FIELD] = forms.token(session, key=door.app.state.services.form_key)
            return await host.post(f"{here}/{name}", data=seal | data, headers=HTML)

        assert "开启大屏" in (await host.get(here, headers=PAGE)).text
        assert (await step("settings", turn_s="0", wait_s="120", look="on")).status_code == 400
        assert (await step("settings", turn_s="30", wait_s="120", look="on", step="save")).status_code == 303
        made = await step("screens", label="主会场")
        found = re.search(r"/wall/([\w-]{22})<", made.text)
        assert made.status_code == 200 and found and made.headers["cache-control"] == "no-store"
        token = found[1]
        assert token not in (await host.get(here, headers=PAGE)).text
        shown = await certified(door, caller, name="林小川")
        word = {"given": True, "version": VERSION}
        assert (await caller.put(f"/api/v1/certificates/{shown}/wall", json=word)).json()["state"] == "moderation"
        assert "待核对" in (await host.get(here, headers=PAGE)).text
        turn = str(await fetch_value("SELECT id FROM wall_turn"))
        assert (await step("turns", turn=turn, step="release")).status_code == 303
        assert (await caller.get(f"/api/v1/certificates/{shown}/wall")).json()["state"] == "line"
        assert (await step("turns", turn=turn, step="hide")).status_code == 303
        assert (await caller.get(f"/api/v1/certificates/{shown}/wall")).json()["state"] == "hidden"
        screen = re.search(r'name="screen" value="(scr_\w+)"', (await host.get(here, headers=PAGE)).text)
        assert screen
        assert (await step("revoke", screen=screen[1])).status_code == 303
        assert (await door.caller().get(f"/wall/{token}", headers=PAGE)).status_code == 404
        assert (await step("settings", step="close")).status_code == 303
        assert "开启大屏" in (await host.get(here, headers=PAGE)).text


async def test_whoever_looks_after_scenes_decides_about_names_and_pictures_on_one_page(door: Door) -> None:
    scene = await opened_wall(door, is_premoderated=True)
    organisation_id = await verified(Text(zh="示例总工会", en="Sample Federation"))
    await door.as_superuser(
        "SET session_replication_role = replica;"
        f" UPDATE scenario SET organisation_id = '{organisation_id}' WHERE id = '{scene.id}'"
    )
    here = "/organiser/screen-checks"
    async with (
        door.operator(organisation_id, identity.Role.SPONSOR) as host,
        door.operator(await verified(Text(zh="别家", en="Another")), identity.Role.SPONSOR) as stranger,
        door.guest() as caller,
    ):
        shown = await certified(door, caller, name="<b>林小川</b>")
        await caller.put(f"/api/v1/certificates/{shown}/wall", json={"given": True, "version": VERSION})
        person_id = await fetch_value("SELECT person_id FROM wall_turn")
        _, name = await give_picture(person_id, keyring=door.app.state.services.keyring)
        form = {"scene": door.live, "turn": str(await fetch_value("SELECT id FROM wall_turn")), "picture": name[:64]}

        async def step(who: Caller, what: str) -> int:
            session = who.headers["authorization"].removeprefix("Bearer ")
            who.cookies.set(cookies.SESSION, session)
            seal = {forms.FIELD: forms.token(session, key=door.app.state.services.form_key)}
            return (await who.post(here, data=form | seal | {"step": what}, headers=HTML)).status_code

        page = (await host.get(here, headers=PAGE)).text
        assert "&lt;b&gt;林小川" in page and "<b>林小川" not in page
        assert "显示名字" in page and "显示头像" in page
        picture = f"/organiser/{door.live}/wall/pictures/{form['turn']}"
        assert (await host.get(picture, headers=PAGE)).headers["content-type"] == "image/webp"
        assert "林小川" not in (await stranger.get(here, headers=PAGE)).text
        assert (await stranger.get(picture, headers=PAGE)).status_code in {403, 404}
        assert await step(stranger, "show_name") in {403, 404}
        token = await screen_of(door, scene)
        assert (await door.caller().get(f"/wall/{token}/faces/{name}")).status_code == 404
        assert [await step(host, what) for what in ("show_name", "show_picture")] == [303, 303]
        assert "没有待核对的" in (await host.get(here, headers=PAGE)).text
        face = await door.caller().get(f"/wall/{token}/faces/{name}")
        assert (face.status_code, face.content, face.headers["cache-control"]) == (200, PICTURE, "no-store")
        lines = await fetch("SELECT action, actor_id FROM audit_entry WHERE action LIKE 'screen_%' ORDER BY id")
        assert [line["action"] for line in lines] == ["screen_turn.released", "screen_picture.shown"]
        assert len({line["actor_id"] for line in lines}) == 1 and lines[0]["actor_id"] is not None


async def test_whoever_stands_before_the_screen_taps_and_the_page_says_when(door: Door) -> None:
    scene = await opened_wall(door)
    async with door.guest() as caller:
        shown = await certified(door, caller)
        token = await screen_of(door, scene)
        await caller.put(f"/api/v1/certificates/{shown}/wall", json={"given": True, "version": VERSION})
        assert (await caller.post(f"/api/v1/certificates/{shown}/wall/photo")).json()["code"] == "WALL_PHOTO_TOO_EARLY"
        assert "打卡" not in (await caller.get(f"/c/{shown}", headers=HTML)).text
        await door.as_superuser(
            "SET session_replication_role = replica; UPDATE wall_turn SET slot = 1, slots = 1,"
            " show_from = now() - interval '1 min', show_to = now() - interval '30 s'"
        )
        assert "大屏打开时，可以在屏前打卡合影" in (await caller.get(f"/c/{shown}", headers=HTML)).text
        await showing.note_told(await fetch_value("SELECT id FROM wall_scene"), 0)
        page = (await caller.get(f"/c/{shown}", headers=HTML)).text
        assert "我在大屏前，打卡合影" in page and "今天还可打卡 3 次" in page
        form = fields(page, f"/c/{shown}/wall/photo")
        assert (await caller.post(f"/c/{shown}/wall/photo", data=form, headers=HTML)).status_code == 303
        assert re.search(r"约 [12] 秒后在打卡位再次显示", (await caller.get(f"/c/{shown}", headers=HTML)).text)
        told = (await caller.get(f"/api/v1/certificates/{shown}/wall")).json()
        assert (told["state"], told["photo"]["left"], told["photo"]["can_take"]) == ("photo_soon", 2, False)
        snapshot = (await door.caller().get(f"/api/v1/wall/{token}/snapshot")).json()
        assert [(one["name"], one["to_ms"] - one["from_ms"]) for one in snapshot["photos"]] == [("林小川", 30_000)]


async def test_who_agreed_to_older_words_is_asked_again_below_their_turn_and_keeps_it(door: Door) -> None:
    await opened_wall(door)
    async with door.guest() as caller:
        shown = await certified(door, caller)
        await caller.put(f"/api/v1/certificates/{shown}/wall", json={"given": True, "version": VERSION})
        await door.as_superuser(
            "SET session_replication_role = replica; UPDATE consent SET version = 1; UPDATE wall_turn SET consent_version = 1"
        )
        page = (await caller.get(f"/c/{shown}", headers=HTML)).text
        assert "第 1 位" in page and "同意，也显示头像" in page
        told = (await caller.get(f"/api/v1/certificates/{shown}/wall")).json()
        assert (told["state"], told["asks_again"]) == ("line", True)
        word = {"given": True, "version": VERSION}
        told = (await caller.put(f"/api/v1/certificates/{shown}/wall", json=word)).json()
        assert (told["state"], told["asks_again"]) == ("line", False)


async def test_only_who_looks_after_the_scene_takes_somebody_off_at_the_screen(door: Door) -> None:
    scene = await opened_wall(door)
    async with door.guest() as caller:
        shown = await certified(door, caller)
        token = await screen_of(door, scene)
        await caller.put(f"/api/v1/certificates/{shown}/wall", json={"given": True, "version": VERSION})
        turn = str(await fetch_value("SELECT id FROM wall_turn"))
        house = await identity.find_exchange()
        assert house is not None
        session = caller.headers["authorization"].removeprefix("Bearer ")
        data = {"turn": turn, forms.FIELD: forms.token(session, key=door.app.state.services.form_key)}
        assert (await caller.post(f"/wall/{token}/turns", data=data, headers=HTML)).status_code in {400, 403, 409, 422}
        caller.cookies.set(cookies.SESSION, session)
        del caller.headers["authorization"]
        assert (await caller.post(f"/wall/{token}/turns", data=data, headers=HTML)).status_code == 403
        assert "data-operate" not in (await caller.get(f"/wall/{token}", headers=PAGE)).text
        async with door.operator(house, identity.Role.OPERATOR) as staff:
            own = staff.headers["authorization"].removeprefix("Bearer ")
            staff.cookies.set(cookies.SESSION, own)
            assert "data-operate" in (await staff.get(f"/wall/{token}", headers=PAGE)).text
            data = {"turn": turn, forms.FIELD: forms.token(own, key=door.app.state.services.form_key)}
            assert (await staff.post(f"/wall/{token}/turns", data=data, headers=HTML)).status_code == 204
        assert await fetch_value("SELECT moderation FROM wall_turn") == "hidden"


async def test_a_rehearsal_shows_invented_people_and_says_so(door: Door) -> None:
    scene = await opened_wall(door)
    async with door.guest() as caller:
        await certified(door, caller, name="真人姓名")
        token = await screen_of(door, scene)
        page = (await door.caller().get(f"/wall/{token}?rehearse=6", headers=PAGE)).text
        assert 'data-slots="6"' in page and "SANDBOX" in page and "欧阳晓棠" in page and "真人姓名" not in page
