"""The board of a zone on the big screen of its scene: in both languages, by consent, and new as a donation lands."""

from functools import partial

import pytest

from app.certificates import NAME_PURPOSE
from app.foundation import consents, identity
from app.foundation.consents import ConsentPlace, ConsentPurpose
from app.gateways.database import fetch_value
from app.kernel.ids import uuid7
from app.kernel.text import Language
from app.programmes import donations, wall
from app.programmes.donations import Gift, Shown
from app.programmes.wall import Screens, streaming
from app.views.wall.board import boards_of, boards_of_many
from config.places import CONSENTS
from tests.rooms.conftest import KEYRING
from tests.rooms.programmes.donations.conftest import Donating
from tests.rooms.programmes.donations.helpers import TONNE, donor, fill, gives
from tests.rooms.programmes.wall.test_streaming import Seen

TEXTS = consents.load_texts(CONSENTS)


async def test_the_board_of_the_zone_is_told_to_its_screen_in_both_languages_and_anew_as_a_donation_lands(
    donating: Donating, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "SLOWLY_EVERY_S", 0.1)
    screens = Screens(keyring=KEYRING, version=2, beside=partial(boards_of_many, keyring=KEYRING, texts=TEXTS))
    scene_id = await donating.scene_id()
    await wall.open_wall(scene_id)
    opened = wall.Opened(
        screen_id=scene_id, scene_id=await fetch_value("SELECT id FROM wall_scene"), scenario_id=scene_id,
        organisation_id=None, turn_s=30, wait_s=120,
    )  # fmt: skip
    monkeypatch.setattr(screens, "_let_revoked_go", _nothing)
    try:
        one = Seen(await screens.open(opened, after=None))
        assert await one.until("board") == [{"boards": []}]
        await gives(donating.zone, await donor(holds_t=20_000), 20_000)
        told = (await one.until("board", 2))[-1]["boards"][0]
        assert told == {
            "title": {"zh": "特别贡献榜", "en": "Special contributions"},
            "rows": [
                {"place": 1, "name": {"zh": "示例能源集团", "en": "Sample 示例能源集团"}, "mass": ["20,000", "t"]}
            ],
        }
        await gives(donating.zone, await donor("示例交通集团", holds_t=40_000), 40_000, shown_as=Shown.ANONYMOUS)
        rows = (await one.until("board", 3))[-1]["boards"][0]["rows"]
        assert [(row["place"], row["name"]["en"]) for row in rows] == [
            (1, "A donor who stays unnamed"), (2, "Sample 示例能源集团"),
        ]  # fmt: skip
    finally:
        await screens.aclose()


async def test_a_person_stands_there_by_their_first_letter_and_only_while_they_agree(donating: Donating) -> None:
    guest = await donating.river.guest()
    await fill(guest, 2 * TONNE)
    sealed = await identity.seal(guest, "林小川", purpose=NAME_PURPOSE, keyring=KEYRING)
    gift = Gift(donor_id=guest, mass_g=TONNE, shown_as=Shown.NAME, name_sealed=sealed)
    await donations.give(donating.zone, gift, by=guest, key="k")

    async def name() -> str:
        boards = (await boards_of(await donating.scene_id(), keyring=KEYRING, texts=TEXTS)).boards
        return boards[-1].rows[0].name[Language.ZH]

    assert await name() == "一位不留名的捐赠者"
    version = TEXTS.present(ConsentPurpose.BOARD).version
    await consents.give(
        guest, ConsentPurpose.BOARD, version=version, language=Language.ZH, place=ConsentPlace.PAGE, texts=TEXTS
    )
    assert (await name()).startswith("林") and "小川" not in await name()
    await consents.withdraw(guest, ConsentPurpose.BOARD, place=ConsentPlace.PAGE)
    assert await name() == "一位不留名的捐赠者"


async def test_a_scene_of_no_zone_has_no_board_and_restoration_never_stands_on_one(donating: Donating) -> None:
    assert (await boards_of(uuid7(), keyring=KEYRING, texts=TEXTS)).boards == ()
    await donating.guest_retires("guest:1", TONNE)
    assert (await boards_of(await donating.scene_id(), keyring=KEYRING, texts=TEXTS)).boards == ()


async def _nothing() -> None:
    """The screen of this test has no token that could be revoked."""
