"""Names that people really have, from the form to the public page; what no certificate could show is said before paying."""

import html

import pytest

from app.foundation import fonts
from app.foundation.identity import Role
from app.gateways.database import fetch
from app.kernel.drawing.glyphs import Coverage, Face
from tests.doors.conftest import OWN_PAGE, PAGE, Door
from tests.doors.test_api_joint import line, placed, shown
from tests.doors.test_api_orders import told
from tests.doors.test_pages_citizen import fields, scanned
from tests.rooms.conftest import organisation

FAMILY = "👩\u200d👩\u200d👧"
HAN_ONLY = Coverage(
    (Face("Han", "1", frozenset({*range(0x20, 0x180), *range(0x2010, 0x2030), *range(0x4E00, 0xA000)})),)
)


async def test_a_name_no_certificate_could_show_is_refused_before_anything_is_set_aside(door: Door) -> None:
    await fonts.report(HAN_ONLY)
    async with door.guest() as citizen:
        answer = await citizen.order(door.live, name="王小ꆈ👟")
        assert told(answer) == (400, "TEXT_NOT_PRINTABLE", "/name")
        assert "“ꆈ”（U+A188）、“👟”（U+1F45F）" in answer.json()["message"]
        english = await citizen.order(door.live, name="王小ꆈ👟", key="e")
        assert english.json()["code"] == "TEXT_NOT_PRINTABLE"
        assert not await fetch("SELECT id FROM purchase_order")
        assert (await citizen.order(door.live, name="王小川")).status_code == 201


@pytest.mark.parametrize(
    "name", ["王𠮷👟", FAMILY, "محمد بن سلمان", "می\u200cخواهم", "สมชาย ใจดี", "श्री क्षितिज", "林" * 50, FAMILY * 50, "é" * 50]
)  # fmt: skip
async def test_a_name_of_fifty_characters_in_any_script_is_taken(door: Door, name: str) -> None:
    async with door.guest() as citizen:
        answer = await citizen.order(door.live, name=name)
        assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    "name", ["林" * 51, FAMILY * 51, "e\u0301" * 51, "a\u0007b"], ids=["Han", "emoji", "accents", "control"]
)
async def test_a_name_is_counted_as_a_reader_counts_it(door: Door, name: str) -> None:
    async with door.guest() as citizen:
        answer = await citizen.order(door.live, name=name)
        assert told(answer) == (400, "ORDER_NAME_UNFIT", "/name")


@pytest.mark.parametrize("control", ["\u202e", "\u202a", "\u2066", "\u2067", "\u2069", "\u200e", "\u200f", "\u061c"])
async def test_what_turns_the_reading_direction_is_refused_and_named(door: Door, control: str) -> None:
    async with door.guest() as citizen:
        answer = await citizen.order(door.live, name=f"a{control}b")
        assert (answer.status_code, answer.json()["code"]) == (400, "TEXT_NOT_PRINTABLE")
        assert f"U+{ord(control):04X}" in answer.json()["message"]


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh", "证书上无法印出这些字符：“ꆈ”（U+A188）。请换一种写法。"),
     ("en", "A certificate cannot show these characters: “ꆈ” (U+A188). Please choose another spelling.")],
)  # fmt: skip
async def test_the_cashier_says_it_in_the_field_and_keeps_what_was_typed(door: Door, language: str, said: str) -> None:
    await fonts.report(HAN_ONLY)
    async with door.caller(accept_language=language) as visitor:
        form = await scanned(visitor, door.live)
        url = (await visitor.post(f"/s/{door.live}", data=form, headers=OWN_PAGE)).headers["location"]
        pay = fields((await visitor.get(url, headers=PAGE)).text) | {"method": "wechatpay.native"}
        answer = await visitor.post(url, data=pay | {"name": "王ꆈ <b>"}, headers=OWN_PAGE | PAGE)

        page = html.unescape(answer.text)
        assert answer.status_code == 422
        assert f'<span class="fault" id="name-fault" role="alert">{said}</span>' in page
        assert 'value="王ꆈ <b>" dir="auto"' in page
        assert 'aria-invalid="true" aria-describedby="name-fault"' in page
        assert 'value="wechatpay.native" checked' in page
        assert not await fetch("SELECT id FROM payment")


async def test_a_name_that_an_order_has_stands_in_the_field_and_is_not_taken_off_by_opening_the_page(
    door: Door,
) -> None:
    async with door.guest() as citizen:
        order = (await citizen.order(door.live, name="王𠮷👟")).json()
        page = await citizen.get(f"/o/{order['id']}", headers=PAGE)
        assert 'value="王𠮷👟" dir="auto"' in page.text
        unnamed = (await citizen.order(door.live)).json()
        assert '<input name="name" value="" ' in (await citizen.get(f"/o/{unnamed['id']}", headers=PAGE)).text


@pytest.mark.parametrize(
    ("name", "mask"),
    [
        ("王𠮷👟", "王*"),
        ("林", "*"),
        ("👟", "*"),
        (FAMILY, "*"),
        (f"{FAMILY}林", f"{FAMILY}*"),
        ("محمد", "م*"),
        ("क्षि", "*"),
    ],
)
async def test_the_public_page_shows_no_whole_name_of_one_letter(door: Door, name: str, mask: str) -> None:
    async with door.guest() as citizen:
        certificate_id = await door.paid((await citizen.order(door.live, name=name)).json()["id"])
        code = (await citizen.get(f"/api/v1/certificates/{certificate_id}")).json()["verify_code"]
        assert (await citizen.get(f"/api/v1/verify/{code}")).json()["holder"] == mask
        page = (await citizen.get(f"/v/{code}", headers=PAGE)).text
        assert f"<bdi>{mask}</bdi>" in page
        assert name not in page


async def test_texts_and_parties_of_a_joint_order_are_asked_for_before_it_is_placed(door: Door) -> None:
    payer, bank = [await organisation(name) for name in ("示例碳汇公司", "示例银行")]
    mandate = {"ground": "协议"}
    async with door.operator(payer, Role.OPERATOR) as buyer:
        for changed, field in (
            ({"subject": "2022 年度 \U0001fffd"}, "/lines/0/subject"),
            ({"mandate": {"ground": "协议\u202e"}}, "/lines/0/mandate/ground"),
            ({"mandate": mandate | {"document": "文\U0001fffd", "sha256": "9f" * 32}}, "/lines/0/mandate/document"),
        ):
            one = line(door, 1_000, "CDCER", beneficiary=shown(bank)) | {"mandate": mandate} | changed
            assert told(await placed(buyer, payer, one)) == (400, "TEXT_NOT_PRINTABLE", field)
        await fonts.report(Coverage((Face("Latin", "1", frozenset(range(0x20, 0x180))),)))
        plain = line(door, 1_000, "CDCER", beneficiary=shown(bank), mandate={"ground": "x"})
        assert told(await placed(buyer, payer, plain)) == (400, "TEXT_NOT_PRINTABLE", "/payer")
        assert not await fetch("SELECT id FROM purchase_order")
