"""The poster of a certificate: with the name once that has passed, with less of it before, and for strangers always less."""

import io
import re

import pytest
import zxingcpp
from PIL import Image

from app.certificates.rendering import Press
from app.foundation import identity, moderation
from app.foundation.identity import Role
from app.foundation.moderation import CheckState, Reason
from app.gateways.database import fetch, fetch_value
from tests.doors.conftest import PAGE, Door
from tests.doors.test_files_on_first_ask import drawn, held, press
from tests.staff import staff

__all__ = ["press"]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.citizen.sharing.pages_poster._FILE_WAIT_S", 0.05)


async def kinds() -> list[str]:
    return [row["kind"] for row in await fetch("SELECT kind FROM certificate_file ORDER BY kind")]


async def decide(state: CheckState, seen: str) -> None:
    check = await fetch_value("SELECT id FROM content_check")
    await moderation.decide(check, state, reason=Reason.OTHER, seen=seen, by=await staff(Role.OPERATOR))


async def test_a_poster_shows_the_whole_name_only_while_it_has_passed(door: Door, press: Press) -> None:
    async with door.guest() as citizen:
        certificate = await held(door, citizen)
        here = f"/c/{certificate}/poster"
        assert (await citizen.get(here, headers=PAGE)).status_code == 202
        await drawn(door, press)
        waiting = await citizen.get(here, headers=PAGE)
        before = await citizen.get(f"{here}/zh.png")
        assert ("名字正在审核" in waiting.text, await kinds()) == (True, ["masked"])

        await decide(CheckState.PASSED, "waiting")
        await citizen.get(here, headers=PAGE)
        await drawn(door, press)
        passed = await citizen.get(here, headers=PAGE)
        after = await citizen.get(f"{here}/zh.png")
        assert ("名字正在审核" in passed.text, await kinds()) == (False, ["masked", "poster"])
        assert after.content != before.content
        assert after.headers["cache-control"] == "no-store"

        await decide(CheckState.REFUSED, "passed")
        hidden = await citizen.get(f"{here}/zh.png")
        assert hidden.content == before.content, "the whole name is on no poster any more"
        (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(hidden.content)))
        assert code.text.upper().endswith(
            "/V/" + (await citizen.get(f"/api/v1/certificates/{certificate}")).json()["verify_code"]
        )


async def test_the_public_page_shows_a_messenger_the_masked_poster_once_its_holder_asked_for_it(
    door: Door, press: Press
) -> None:
    async with door.guest() as citizen, door.caller() as anybody:
        certificate = await held(door, citizen)
        code = (await citizen.get(f"/api/v1/certificates/{certificate}")).json()["verify_code"]
        before = await anybody.get(f"/v/{code}", headers=PAGE)
        assert ("og:title" in before.text, 'og:image"' in before.text, "<img" in before.text) == (True, False, False)
        assert (await anybody.get(f"/v/{code}/poster/zh.png")).status_code == 404
        assert await fetch_value("SELECT count(*) FROM certificate_wanted") == 0, "a stranger has nothing drawn"

        await citizen.get(f"/c/{certificate}/poster", headers=PAGE)
        await drawn(door, press)
        shown = await anybody.get(f"/v/{code}", headers=PAGE)
        (image,) = re.findall(r'<meta property="og:image" content="([^"]+)">', shown.text)
        assert image == f"http://127.0.0.1:8000/v/{code}/poster/zh.png"
        assert shown.text.count("<img") == 1
        picture = await anybody.get(image)
        assert (picture.headers["content-type"], picture.content) == (
            "image/png", (await citizen.get(f"/c/{certificate}/poster/zh.png")).content,
        )  # fmt: skip
        assert "林小川" not in shown.text

        await identity.destroy_key(await fetch_value("SELECT holder_id FROM certificate"))
        gone = await anybody.get(f"/v/{code}", headers=PAGE)
        assert "<img" not in gone.text
        assert (await anybody.get(image)).status_code == 404


async def test_a_name_that_the_list_refuses_is_on_no_poster(door: Door, press: Press) -> None:
    async with door.guest() as citizen:
        order = await citizen.order(door.live, name="赌博之王")
        certificate = await door.paid(order.json()["id"])
        await citizen.get(f"/c/{certificate}/poster", headers=PAGE)
        await drawn(door, press)
        page = await citizen.get(f"/c/{certificate}/poster", headers=PAGE)

    assert "名字未通过审核" in page.text
    assert "赌博" not in page.text
    assert await kinds() == ["masked"]


async def test_without_a_name_there_is_nothing_to_check(door: Door, press: Press) -> None:
    async with door.guest() as citizen:
        certificate = await door.paid((await citizen.order(door.live)).json()["id"])
        await citizen.get(f"/c/{certificate}/poster", headers=PAGE)
        await drawn(door, press)
        page = await citizen.get(f"/c/{certificate}/poster", headers=PAGE)

    assert page.status_code == 200
    assert await fetch_value("SELECT count(*) FROM content_check") == 0
