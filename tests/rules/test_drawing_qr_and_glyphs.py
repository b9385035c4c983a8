"""QR codes that read, and texts made of characters a font has."""

import re

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from app.kernel.drawing import qr_svg, scan_text
from app.kernel.drawing.glyphs import Coverage, Face, printable, read_coverage
from app.kernel.drawing.qr import QUIET

LATIN = Face("Latin", "1", frozenset(range(0x20, 0x370)))
LATIN_AND_HAN = Coverage((LATIN, Face("Han", "1", frozenset({*range(0x4E00, 0xA000), 0x20BB7}))))


def pixels(svg: str, scale: int = 4) -> Image.Image:
    """The modules as an image, quiet zone included: each run `M x y h n` is filled."""
    side = int(re.search(r'viewBox="0 0 (\d+)', svg).group(1))
    image = Image.new("L", (side, side), 255)
    for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)v1H\1z", svg):
        image.paste(0, (int(x), int(y), int(x) + int(run), int(y) + 1))
    return image.resize((side * scale, side * scale), Image.Resampling.NEAREST)


@settings(max_examples=40, deadline=None)
@given(text=st.text("ABCDEFGHJKMNPQRSTVWXYZ0123456789:/.-abc", min_size=1, max_size=80))
def test_a_qr_code_reads_as_it_was_written(text):
    assert zxingcpp.read_barcode(pixels(qr_svg(text))).text == text


def test_the_quiet_zone_has_four_modules():
    image = pixels(qr_svg("X"), scale=1)
    assert image.point(lambda v: 255 - v).getbbox() == (QUIET, QUIET, image.width - QUIET, image.height - QUIET)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://dd.example.org/V/7K3M9QFX2R", "HTTPS://DD.EXAMPLE.ORG/V/7K3M9QFX2R"),
        ("HTTPS://DD.EXAMPLE.ORG/V/7K3M9QFX2R", "HTTPS://DD.EXAMPLE.ORG/V/7K3M9QFX2R"),
        ("http://127.0.0.1:8000/V/7K3M9QFX2R", "HTTP://127.0.0.1:8000/V/7K3M9QFX2R"),
        ("https://dd.example.org/s/H7QP3K", "https://dd.example.org/s/H7QP3K"),
        ("https://dd.example.org/V/X?lang=en", "https://dd.example.org/V/X?lang=en"),
    ],
)
def test_only_an_address_that_stays_the_same_is_put_in_capitals(url, text):
    assert scan_text(url) == text


def test_capitals_make_larger_modules():
    def side(text):
        return int(re.search(r'viewBox="0 0 (\d+)', qr_svg(text)).group(1))

    assert side("HTTPS://DD.EXAMPLE.ORG/V/7K3M9QFX2R") == 25 + 2 * QUIET < side("https://dd.example.org/V/7K3M9QFX2R")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("王𠮷", "王𠮷"),
        ("小明👟", "小明[U+1F45F]"),
        ("👩‍👩‍👧a", "[U+1F469][U+1F469][U+1F467]a"),
        ("مح", "[U+0645][U+062D]"),
        ("a\u202eb\u2066c\u200f", "abc"),
        ("e\u0301", "é"),
        ("王\u0301", "王"),
        ("a\n\tb\u00a0 c", "a b c"),
        ("a\x00\ud800b", "ab"),
        ("#x*\\$", "#x*\\$"),
        (" · ", " · "),
    ],
)
def test_a_text_keeps_what_a_font_draws_and_spells_the_rest_out(name, shown):
    assert printable(name, LATIN_AND_HAN) == shown


@settings(max_examples=40, deadline=None)
@given(name=st.text())
def test_a_printable_text_has_only_glyphs_and_stays_so(name):
    shown = printable(name, LATIN_AND_HAN)
    assert LATIN_AND_HAN.missing(shown) == []
    assert printable(shown, LATIN_AND_HAN) == shown


def test_marks_do_not_pile_up():
    assert len(printable("z" + "\u0335" * 50, LATIN_AND_HAN)) == 3


def test_one_face_must_have_all_of_a_grapheme():
    accents = Coverage((Face("letters", "1", frozenset(b"e")), Face("accents", "1", frozenset({0x301}))))
    assert accents.missing("e\u0301") == ["e\u0301"]
    assert Coverage((Face("whole", "1", frozenset({0xE9})),)).missing("e\u0301") == []


def test_what_is_told_of_faces_is_read_again_with_the_same_digest():
    again = read_coverage(LATIN_AND_HAN.document)
    assert again == LATIN_AND_HAN
    assert again.digest == LATIN_AND_HAN.digest != Coverage((LATIN,)).digest
