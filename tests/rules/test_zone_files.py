"""A zone's file is read whole or not at all; everything that is wrong is told at once, with its key and what would be right."""

import pytest

from app.kernel.text import Language
from app.programmes.zones import Accent, Backdrop, GiverKind, ZoneFileUnfit, coverage_percent
from app.views.zones.page import Figure
from config.places import SAMPLE_ZONE
from tests import zoned

GOOD = SAMPLE_ZONE.read_bytes()
METHODS = (*zoned.METHODS, "ecny_cmb.qr")


def read(content: bytes) -> zoned.ZoneDocument:
    return zoned.zones.read_zone(content, file="zone.toml", methods=METHODS)


def faults(content: bytes) -> dict[str, str]:
    with pytest.raises(ZoneFileUnfit) as caught:
        read(content)
    told = caught.value.message()
    assert "zone.toml" in told.zh and "zone.toml" in told.en
    return {fault.key: fault.problem.en for fault in caught.value.facts["faults"]}  # type: ignore[attr-defined]


def test_the_sample_says_all_of_it() -> None:
    document = read(GOOD)
    assert document.languages == (Language.ZH, Language.EN)
    assert (document.theme.accent, document.theme.backdrop) == (Accent.TEAL, Backdrop.HILLS)
    assert [scene.code for scene in document.scenes] == ["GAMES1", "GAMES2"]
    assert document.payment_methods == ("wechatpay", "alipay", "ecny_cmb", "paypal")
    (board,) = document.boards
    assert (board.of, board.minimum_g) == (GiverKind.ORGANISATION, 1_000_000)
    assert document.board("organisations") == board and document.board("x") is None
    assert document.emissions is not None and document.emissions.mass_g == 374_600_000_000


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        ('slug = "sample-games"', 'slug = "Sample Games"', "slug", "small letters"),
        ('slug = "sample-games"', "", "slug", "is missing"),
        ('owner = "CN ', 'owner = "', "owner", "register number"),
        ('languages = ["zh", "en"]', 'languages = ["zh", "fr"]', "languages[2]", "neither zh nor en"),
        ("starts_on = 2026-11-01", 'starts_on = "2026-11-01"', "starts_on", "a day such as"),
        ("ends_on = 2027-12-31", "ends_on = 2020-12-31", "ends_on", "before starts_on"),
        ('"paypal"]', '"paypall"]', "payment_methods[4]", "no way to pay"),
        ('accent = "teal"\nbackdrop', 'accent = "#0B6670"\nbackdrop', "theme.accent", "one of green"),
        ('code = "GAMES2"', 'code = "GAMES1"', "scenes[2].code", "stands twice"),
        ('code = "GAMES2"', "code = 7", "scenes[2].code", "6 to 8 characters"),
        ('seal.zh = "示例运动会"', 'seal.zh = "很长很长很长很长很长"', "certificate.seal.zh", "1 to 8 characters"),
        ("minimum_g = 1_000_000", "minimum_g = 1.5", "boards[1].minimum_g", "whole grams"),
        ("minimum_g = 1_000_000", "minimum = 1", "boards[1].minimum", "did you mean minimum_g"),
        ("mass_g = 374_600_000_000", 'mass_g = "374600"', "emissions.mass_g", "whole grams"),
        ('[name]\nzh = "锦城示例运动会低碳专区"', '[name]\nzh = "a\\nb"', "name.zh", "one line"),
        ("[welcome]", "[welcom]", "welcom", "did you mean welcome"),
    ],
)
def test_a_fault_names_its_key_and_what_would_be_right(old: str, new: str, key: str, says: str) -> None:
    content = GOOD.decode().replace(old, new, 1)
    assert content != GOOD.decode(), "the sample says something else by now"
    assert says in faults(content.encode())[key]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    content = GOOD.replace(b'"GAMES2"', b"7").replace(b"2027-12-31", b"1").replace(b'"teal"', b'"red"')
    assert faults(content).keys() >= {"scenes[2].code", "ends_on", "theme.accent", "certificate.accent"}


@pytest.mark.parametrize("content", [b"slug = ", b"\xff\xfe", b"x" * 300_000, b""])
def test_what_is_no_zone_is_refused_and_never_a_trace(content: bytes) -> None:
    with pytest.raises(ZoneFileUnfit):
        read(content)


def test_the_field_of_a_refusal_is_a_pointer_to_the_first_fault() -> None:
    with pytest.raises(ZoneFileUnfit) as caught:
        read(GOOD.replace(b'"GAMES2"', b"7"))
    assert caught.value.field == "/scenes/1/code"


def test_a_zone_of_one_language_needs_no_texts_in_another() -> None:
    lines = [line for line in GOOD.decode().splitlines() if not line.startswith("en =") and ".en =" not in line]
    document = read("\n".join(lines).replace('["zh", "en"]', '["zh"]').encode())
    assert document.name.en == document.name.zh == "锦城示例运动会低碳专区"


@pytest.mark.parametrize(
    ("covered", "emitted", "told"),
    [
        (397_695, 374_600, "106.2"), (374_599, 374_600, "99.9"), (374_600, 374_600, "100.0"), (0, 1, "0.0"),
        (9_996, 10_000, "99.9"), (10_004, 10_000, "100.0"), (10_005, 10_000, "100.1"),
    ],
)  # fmt: skip
def test_coverage_is_never_rounded_up_to_a_hundred(covered: int, emitted: int, told: str) -> None:
    assert coverage_percent(covered, emitted) == told


def test_figures_from_a_tonne_on_are_exact() -> None:
    assert [Figure.of(g) for g in (397_695_000_000, 12_755_000, 12_400, 0)] == [
        Figure("397,695", "t"), Figure("12.755", "t"), Figure("12.4", "kg"), Figure("0", "g"),
    ]  # fmt: skip
