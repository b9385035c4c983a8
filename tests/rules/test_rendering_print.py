"""What an organiser prints, as whoever stands before it meets it: code, sentence, names and mark of the finished PDF."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageChops

from app.certificates.rendering import Press
from app.kernel.drawing import ring_svg
from app.kernel.drawing.qr import QUIET, qr_modules
from app.kernel.drawing.ring import CUTS, ring_dots
from app.kernel.text import Text
from app.views.printing.rendering import Matter, PrintKind, render

AT = datetime(2026, 11, 22, 2, 32, 8, tzinfo=UTC)
URL = "https://dd.example.org/s/H7QP3K"
FAR = "https://carbon-neutral.example-environment-exchange.org.cn/s/8K2M4TQZ"
MATTER = Matter(
    code="H7QP3K", url=URL, title=Text(zh="示例职工欢乐跑", en="Sample Workers’ Fun Run"),
    organiser=Text(zh="示例区总工会", en="Sample District Union"), is_gift=True, is_sandbox=True,
)  # fmt: skip
LONG = (
    "第三届示例市万山区职工欢乐跑暨绿色低碳出行宣传周开幕式与"
    "生态产品价值实现机制创新成果展示活动系列讲座暨颁奖典礼和闭幕晚会"
)
KINDS = list(PrintKind)
CODES = {PrintKind.POSTER: 1, PrintKind.TENT: 2, PrintKind.STICKERS: 12}
LIGHT = 220
BLEND = 48
PX_MM = 1080 / 210
WIDE = 8.0
"""Pixels a millimetre, where something is measured."""


@lru_cache
def press() -> Press:
    return Press()


@lru_cache
def drawn(kind: PrintKind, matter: Matter = MATTER) -> bytes:
    return render(matter, kind, press=press(), at=AT)


@lru_cache
def picture(kind: PrintKind, matter: Matter = MATTER, px_mm: float = PX_MM) -> Image.Image:
    document = pypdfium2.PdfDocument(drawn(kind, matter))
    try:
        return document[0].render(scale=px_mm * 210 / document[0].get_width()).to_pil().convert("RGB")
    finally:
        document.close()


def codes_in(page: Image.Image) -> list[zxingcpp.Barcode]:
    """Our codes on it; to look for every other kind as well takes seven times as long."""
    return zxingcpp.read_barcodes(page, formats=zxingcpp.BarcodeFormat.QRCode)


def words(kind: PrintKind, matter: Matter = MATTER) -> str:
    document = pypdfium2.PdfDocument(drawn(kind, matter))
    try:
        assert len(document) == 1
        assert [round(side / 72 * 25.4) for side in document[0].get_size()] == [210, 297]
        return document[0].get_textpage().get_text_range()
    finally:
        document.close()


def joined(kind: PrintKind, matter: Matter) -> str:
    """The text without blanks and breaks of lines."""
    return "".join(words(kind, matter).replace("\u200b", "").split())


def named(zh: str, en: str = "Sample") -> Matter:
    return replace(MATTER, title=Text(zh=zh, en=en))


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_matter_gives_the_same_bytes(kind):
    assert render(MATTER, kind, press=press(), at=AT) == drawn(kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("percent", [50, 100, 200])
@pytest.mark.parametrize("url", [URL, FAR])
def test_every_code_reads_at_half_and_double_size_and_leads_to_the_scene(kind, percent, url):
    page = picture(kind, replace(MATTER, url=url))
    size = (page.width * percent // 100, page.height * percent // 100)
    shown = page.resize(size, Image.Resampling.BILINEAR)
    found = (
        zxingcpp.read_barcodes(shown) if percent == 100 else codes_in(shown)
    )  # as a phone would, for any kind of code
    assert [code.text for code in found] == [url] * CODES[kind]
    assert {code.ec_level for code in found} == {"M"}


@pytest.mark.parametrize("url", [URL, FAR])
def test_the_code_of_the_poster_is_nine_centimetres_wide(url):
    (code,) = codes_in(picture(PrintKind.POSTER, replace(MATTER, url=url), WIDE))
    assert (code.position.top_right.x - code.position.top_left.x) / WIDE >= 90
    assert (code.position.bottom_left.y - code.position.top_left.y) / WIDE >= 90


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("url", [URL, FAR])
@pytest.mark.parametrize("code", ["H7QP3K", "8K2M4TQZ", "0000ZZ"])
def test_around_every_code_four_modules_are_empty(kind, url, code):
    page = picture(kind, replace(MATTER, url=url, code=code), WIDE)
    found = codes_in(page)
    assert len(found) == CODES[kind]
    for one in found:
        xs, ys = (
            sorted(getattr(getattr(one.position, corner), axis) for corner in ("top_left", "bottom_right"))
            for axis in "xy"
        )
        quiet = QUIET * (xs[1] - xs[0]) / len(qr_modules(url)) - 2  # a pixel of blur on either side
        box = (xs[0] - quiet, ys[0] - quiet, xs[1] + quiet, ys[1] + quiet)
        around = page.crop(tuple(map(round, box))).convert("L")
        inner = Image.new("L", (xs[1] - xs[0] + 4, ys[1] - ys[0] + 4), 255)
        around.paste(inner, (round(quiet) - 2, round(quiet) - 2))
        assert around.getextrema()[0] > LIGHT


@pytest.mark.parametrize("kind", KINDS)
def test_a_gift_is_promised_where_there_is_one_and_only_there(kind):
    gift, paid = (joined(kind, replace(MATTER, is_gift=flag)) for flag in (True, False))
    for told in ("扫一扫，主办方请你碳中和", "Scan:acarbongiftfromtheorganiser"):
        assert told in gift
        assert told not in paid
    for told in ("扫一扫，中和你今天的碳足迹", "Scantoneutraliseyourfootprint"):
        assert told in paid
        assert told not in gift
    if kind is not PrintKind.STICKERS:
        assert ("付款" in gift, "付款，领证书" in paid) == (False, True)


@pytest.mark.parametrize("kind", KINDS)
def test_title_and_address_stand_on_every_piece(kind):
    text = joined(kind, MATTER)
    assert text.count("示例职工欢乐跑") == text.count("dd.example.org/s/H7QP3K") == CODES[kind]


@pytest.mark.parametrize("kind", [PrintKind.POSTER, PrintKind.TENT])
def test_whose_scene_it_is_and_what_to_do_stands_in_both_languages(kind):
    text = joined(kind, MATTER)
    for told in (
        "SampleWorkers’FunRun", "示例区总工会", "SampleDistrictUnion", "扫码", "WeChatorbrowser", "选怎么来的",
        "Pickyourtrip", "领证书", "Getyourcertificate",
    ):  # fmt: skip
        assert told in text


@pytest.mark.parametrize("kind", KINDS)
def test_every_piece_of_the_sandbox_says_so_and_none_outside_it(kind):
    assert words(kind).count("SANDBOX 样张") >= CODES[kind]
    real = joined(kind, replace(MATTER, is_sandbox=False))
    assert "SANDBOX" not in real
    assert "样张" not in real


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("url", [URL, FAR])
def test_the_mark_of_the_sandbox_touches_no_code_no_word_and_no_address(kind, url):
    told = replace(named(LONG, "A Sample Title " * 12), url=url)
    marked, plain = (picture(kind, replace(told, is_sandbox=flag), WIDE) for flag in (True, False))
    mark = ImageChops.difference(marked, plain).convert("L").point(lambda step: 255 * (step > 0))
    assert mark.getbbox() is not None
    found = codes_in(plain)
    assert len(found) == CODES[kind]
    for code in found:
        xs, ys = (
            sorted(getattr(getattr(code.position, corner), axis) for corner in ("top_left", "bottom_right"))
            for axis in "xy"
        )
        quiet = QUIET * (xs[1] - xs[0]) / len(qr_modules(url))
        assert mark.crop((xs[0] - quiet, ys[0] - quiet, xs[1] + quiet, ys[1] + quiet)).getbbox() is None
    for left, top, right, foot in text_boxes(kind, replace(told, is_sandbox=False)):
        assert mark.crop(tuple(round(side * WIDE) for side in (left, top, right, foot))).getbbox() is None


def text_boxes(kind: PrintKind, matter: Matter) -> list[tuple[float, float, float, float]]:
    """The boxes of the page's lines of text, in millimetres from its upper left corner."""
    document = pypdfium2.PdfDocument(drawn(kind, matter))
    try:
        page = document[0].get_textpage()
        boxes = [page.get_rect(index) for index in range(page.count_rects())]
        return [
            tuple(point * 25.4 / 72 for point in (left, 297 * 72 / 25.4 - top, right, 297 * 72 / 25.4 - foot))
            for left, foot, right, top in boxes
        ]  # type: ignore[misc]  # four of them
    finally:
        document.close()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "title",
    ["王𠮷", "#set page(width: 1pt)", '#panic("x")', "$ x $ *y* _z_ `a` <b> @c", 'He said "run" \\ [b]', "👟跑起来",
     '#import "common.typ": *', "'; DROP TABLE scenario; --"],
)  # fmt: skip
def test_a_title_is_printed_as_it_is_and_never_run(kind, title):
    assert "".join(title.split()) in joined(kind, named(title, title))


HOSTILE = [
    LONG, "A" * 200, "林" * 200, "👟" * 200, "a\u0301" * 60, "བསྒྲུབས" * 20, "مرحبا " * 30, "\u202e反\u202c", " ", "i" * 200,
    "Very Long " * 20, "W" * 200, "་".join("བོད") * 20,
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("title", HOSTILE)
def test_no_title_leaves_its_place(kind, title):
    """Each piece has the words of a short title elsewhere than in its own foot, to the pixel, and all within the page."""
    told = Matter(
        code="H7QP3K", url=URL, title=Text(zh=title, en=f"{title}."), organiser=Text(zh=title, en=f"{title}."),
        is_gift=True, is_sandbox=True,
    )  # fmt: skip
    page, usual = picture(kind, told), picture(kind)
    # Where edges meet, PDFium blends a pixel otherwise from time to time.
    changed = ImageChops.difference(page, usual).convert("L").point(lambda step: 255 * (step > BLEND))
    allowed = {
        PrintKind.POSTER: [(15.8, 264, 115, 291.5)],
        PrintKind.TENT: [(11.6, 275, 119, 296), (91, 1, 198.4, 22)],
        # A sticker's address stands below its title, and moves a little with it.
        PrintKind.STICKERS: [
            (3 + 70 * column, 61 + 74.25 * row, 67 + 70 * column, 72.6 + 74.25 * row)
            for row in range(4) for column in range(3)
        ],
    }[kind]  # fmt: skip
    for box in allowed:
        changed.paste(0, tuple(round(side * PX_MM) for side in box))
    assert changed.getbbox() is None


@pytest.mark.parametrize("kind", [PrintKind.POSTER, PrintKind.TENT])
def test_sixty_characters_stand_in_full(kind):
    assert len(LONG) == 60
    assert (
        joined(
            kind, named(LONG, "The same in English, of some length, at the Sample City, with a closing evening")
        ).count(LONG)
        == CODES[kind]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_with_serif_and_bold_fonts_it_is_as_readable(kind):
    folder = Path("/usr/share/fonts/opentype/noto")
    if not folder.exists():
        pytest.skip("needs Debian's fonts-noto-cjk")
    paper = render(named(LONG), kind, press=Press(font_folders=[folder]), at=AT)
    document = pypdfium2.PdfDocument(paper)
    page = document[0].render(scale=PX_MM * 210 / document[0].get_width()).to_pil().convert("RGB")
    document.close()
    assert [code.text for code in codes_in(page)] == [URL] * CODES[kind]


def test_a_cleared_ring_keeps_the_other_dots_where_they_are():
    whole, cleared = (ring_svg("H7QP3K", use="poster", progress=1, clear=clear) for clear in (0, 330))
    size = CUTS["poster"].size
    kept = [
        dot for dot in ring_dots("H7QP3K", use="poster", progress=1)
        if max(abs(dot.x - size / 2), abs(dot.y - size / 2)) - dot.radius > 165
    ]  # fmt: skip
    assert whole == ring_svg("H7QP3K", use="poster", progress=1)
    assert 0 < cleared.count("h0") == len(kept) < whole.count("h0")
