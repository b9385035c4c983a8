"""Codes and numbers as people type them, at every door where one is typed."""

from urllib.parse import quote

import pytest

from app import certificates
from app.gateways.database import fetch_value
from app.kernel import ids
from tests.doors.conftest import Door

_WIDE = str.maketrans({chr(letter): chr(letter + 0xFEE0) for letter in range(0x21, 0x7F)})


def as_typed(code: str) -> list[str]:
    """The same code with a Chinese keyboard, out of a sentence, and out of a chat."""
    dashed = ids.grouped(code)
    return [
        code.translate(_WIDE),
        f"{dashed.translate(_WIDE)}。",
        f"“{dashed}”",
        f"\u200b{code.lower()}\n",
        f"{code}，",
    ]


async def test_a_scenes_code_opens_its_scene_however_it_was_typed(door: Door) -> None:
    async with door.caller() as anybody:
        for typed in as_typed(door.live):
            gone = await anybody.get("/go", params={"code": typed})
            assert (gone.status_code, gone.headers.get("location")) == (303, f"/s/{door.live}"), typed
            assert (await anybody.get(f"/s/{quote(typed)}")).status_code == 200, typed
            assert (await anybody.get(f"/api/v1/scenes/{quote(typed)}")).status_code == 200, typed
        for no_code in ("ZZZZZZ", "。", "", "７" * 40):
            assert (await anybody.get("/go", params={"code": no_code})).status_code == 404, no_code


@pytest.mark.parametrize("page", ["/v/{}", "/api/v1/verify/{}"])
async def test_a_certificate_is_found_by_its_code_however_it_was_typed(door: Door, page: str) -> None:
    async with door.guest() as citizen:
        order = (await citizen.order(door.live)).json()
        await door.paid(order["id"])
        code = await fetch_value("SELECT verify_code FROM certificate")
        for typed in as_typed(code):
            assert (await citizen.get(page.format(quote(typed)))).status_code == 200, typed
            asked = await citizen.get("/verify", params={"code": typed})
            assert asked.headers.get("location") == f"/v/{code}", typed
        with pytest.raises(certificates.CertificateUnknown):
            await certificates.verify(code[:-1] + "。")


async def test_an_order_is_found_by_its_number_in_full_width(door: Door) -> None:
    async with door.guest() as citizen:
        order = (await citizen.order(door.live)).json()
        found = await citizen.get(f"/api/v1/orders/{quote(order['id'].translate(_WIDE) + '。')}")
        assert (found.status_code, found.json()["id"]) == (200, order["id"])


@pytest.mark.parametrize(
    "typed",
    [
        "２０．５", "20。5", "20.5 公里", "20.5公里。", "２０．５　ｋｍ", "20.5 KM.", "20.5㎞", "“20.5”", "\u200b20.5\n",
        "20.5 千米，",
    ],
)  # fmt: skip
async def test_kilometres_are_those_that_were_meant_however_they_were_typed(door: Door, typed: str) -> None:
    async with door.guest() as citizen:
        page = f"/api/v1/scenes/{door.live}/estimate"
        meant = (await citizen.get(page, params={"mode": "car", "km": "20.5"})).json()
        other = (await citizen.get(page, params={"mode": "car", "km": "20"})).json()
        assert (await citizen.get(page, params={"mode": "car", "km": typed})).json() == meant != other
