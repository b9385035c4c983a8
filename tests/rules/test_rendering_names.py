"""Names that people really have, on the finished PDF and PNG."""

import json
import shutil
from functools import lru_cache
from pathlib import Path

import pypdfium2
import pytest
from PIL import ImageChops

from app.certificates.rendering import Press, sheet
from app.foundation import fonts
from app.kernel.drawing.glyphs import Coverage
from app.kernel.graphemes import graphemes
from app.kernel.text import Language
from tests.rules.test_rendering_certificates import AT, RECORD, assert_table_ends_above_the_code, picture, record, words

FAMILY = "👩\u200d👩\u200d👧"
TIBETAN, YI, MONGOLIAN = "བོད་ལྗོངས་བསྒྲུབས", "ꆈꌠꉙ ꎭꐚ", "ᠮᠣᠩᠭᠣᠯ ᠬᠦᠮᠦᠨ"
NAMES = (
    "王𠮷👟", "محمد بن سلمان آل سعود", "می\u200cخواهم Ali 张", "สมชาย ใจดีที่สุด", "श्री क्षितिज कुमार", "שָׁלוֹם עֲלֵיכֶם",
    "Nguyễn Thị Ánh",    f"{FAMILY}🇨🇳👍🏽❤️\u200d🔥1️⃣",
)  # fmt: skip
FIFTY = (
    "محمد" * 12 + "مح",
    "श्री" * 50,
    "ที่" * 50,
    FAMILY * 50,
    "林" * 50,
    "ẑ\u0335" * 50,
    "﷽" * 50,
    "क्षि" * 50,
    "🇨🇳" * 50,
)


@lru_cache
def press(*, system: bool = True) -> Press:
    return Press(system_fonts=system)


@lru_cache
def drawn(name: str, kind: str = "pdf", language: Language = Language.ZH) -> bytes:
    return press().render(RECORD, name=name, language=language, kind=kind, at=AT)


def needs(font: str) -> Path:
    """A file of this font, by the system's folders and not by what we find in them; skipped where there is none."""
    for folder in map(Path, ("/usr/share/fonts", "/usr/local/share/fonts")):
        for file in sorted(folder.rglob(f"Noto*{font}*-Regular.ttf")):
            return file
    pytest.skip("no fonts-noto-core on this machine")


def ink(paper: bytes) -> list[tuple[int, int, int, int]]:
    """The body's lines in the colour of ink (name, sentence, table), each by top, bottom, left and right in px of 1080."""
    page = picture(paper).crop((0, 330, 1080, 1170))
    # Dark in red and in green: figure and title are greener.
    mask = ImageChops.darker(*(part.point(lambda step: 255 * (step < 58)) for part in page.split()[:2]))
    lines: list[tuple[int, int, int, int]] = []
    for y in range(mask.height):
        if (row := mask.crop((0, y, mask.width, y + 1)).getbbox()) is None:
            continue
        if lines and lines[-1][1] == y - 1:
            lines[-1] = (lines[-1][0], y, min(row[0], lines[-1][2]), max(row[2], lines[-1][3]))
        else:
            lines.append((y, y, row[0], row[2]))
    return lines


def assert_name_lies_well(paper: bytes, plain: bytes) -> None:
    """All of the name lies within the page's width, and touches nothing: the lines after it are those of a short name."""
    lines, wanted = ink(paper)[:-1], ink(plain)[:-1]  # the last is cut
    below = len(wanted) - 1
    assert len(lines) > below
    assert [bottom - top for top, bottom, _, _ in lines[-below:]] == pytest.approx(
        [bottom - top for top, bottom, _, _ in wanted[-below:]], abs=2
    )
    assert all(left > 90 and right < 990 for _, _, left, right in lines)
    assert_table_ends_above_the_code(paper)


@pytest.mark.parametrize("name", NAMES, ids=lambda name: f"{ord(name[0]):04X}")
def test_a_name_is_printed_in_its_own_script_and_the_paper_stays_archival(name: str) -> None:
    paper = drawn(name)

    assert press().coverage.missing(name) == []
    assert b"<pdfaid:part>2</pdfaid:part>" in paper
    assert "[U+" not in words(paper)
    assert_name_lies_well(paper, drawn("林"))


def test_every_letter_of_a_name_can_be_found_in_the_text_of_the_paper() -> None:
    text = words(drawn("王𠮷👟"))
    assert "王𠮷👟" in text
    arabic = words(drawn("محمد"))
    assert set("محمد") <= set(arabic)
    assert set("สมชาย") <= set(words(drawn("สมชาย")))


def left_of(paper: bytes, letter: str) -> float:
    """Where the first such letter of the page begins, from the left."""
    document = pypdfium2.PdfDocument(paper)
    try:
        page = document[0].get_textpage()
        at = next(n for n in range(page.count_chars()) if page.get_text_range(n, 1) == letter)
        return float(page.get_charbox(at)[0])
    finally:
        document.close()


@pytest.mark.parametrize(
    ("name", "from_the_left"), [("علي Ω", "Ωع"), ("Ω علي", "Ωع"), ("علي 鑫 Ω", "鑫Ωع"), ("鑫 Ω", "鑫Ω")]
)
def test_a_name_begins_at_the_side_from_which_it_is_read(name: str, from_the_left: str) -> None:
    places = [left_of(drawn(name), letter) for letter in from_the_left]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("name", "font"), [(TIBETAN, "Tibetan"), (YI, "Yi"), (MONGOLIAN, "Mongolian")], ids=["Tibetan", "Yi", "Mongolian"]
)
def test_the_scripts_of_sichuan_and_the_steppe_are_printed_where_their_fonts_are(name: str, font: str) -> None:
    needs(font)
    paper = drawn(name)

    assert press().coverage.missing(name) == []
    assert font.encode() in paper.replace(b"#20", b" ")
    assert "[U+" not in words(paper)
    assert_name_lies_well(paper, drawn("林"))


@pytest.mark.parametrize(("name", "font"), [(TIBETAN, "Tibetan"), (YI, "Yi")], ids=["Tibetan", "Yi"])
def test_a_folder_of_the_settings_brings_a_script_that_no_wheel_has(tmp_path: Path, name: str, font: str) -> None:
    shutil.copy(needs(font), tmp_path)
    assert Press(system_fonts=False).coverage.missing(name)
    assert Press(font_folders=[tmp_path], system_fonts=False).coverage.missing(name) == []


@pytest.mark.parametrize("name", FIFTY, ids=lambda name: f"{ord(name[0]):04X}")
@pytest.mark.parametrize("language", list(Language))
def test_fifty_characters_of_any_script_lie_on_the_page_in_full(name: str, language: Language) -> None:
    assert len(graphemes(name)) == 50
    told = json.loads(press()._inputs(RECORD, name, language)["data"])

    assert told["name"].replace("\u200b", "") == name
    assert_name_lies_well(drawn(name, language=language), drawn("林", language=language))


def test_tibetan_of_fifty_characters_stacks_without_touching_the_next_line() -> None:
    needs("Tibetan")
    assert_name_lies_well(drawn("བསྒྲུ" * 25), drawn("林"))


@pytest.mark.parametrize("name", [NAMES[0], NAMES[1], FIFTY[3]], ids=["Han", "Arabic", "emoji"])
def test_the_picture_shows_such_a_name_where_the_paper_has_it(name: str) -> None:
    with_name, without = picture(drawn(name, "png")), picture(drawn("。", "png"))
    box = (110, 430, 970, 560)

    assert with_name.size == (1080, 1527)
    assert with_name.crop(box).tobytes() != without.crop(box).tobytes()
    there, here = (sum(ink(paper), ()) for paper in (drawn(name), drawn(name, "png")))
    assert here == pytest.approx(there, abs=2), "the lines lie where the paper has them"


def test_a_sheet_of_han_and_latin_asks_for_no_font_beyond_those_it_had() -> None:
    told = press()._inputs(RECORD, "林小川 Zoë", Language.ZH)["data"]
    assert '"sans": ["Noto Sans CJK SC"]' in told
    assert '"serif": ["Noto Sans CJK SC"]' in told
    assert drawn("林小川") == press(system=False).render(RECORD, name="林小川", language=Language.ZH, kind="pdf", at=AT)


@pytest.mark.parametrize("name", ["王𠮷👟", "محمد", FAMILY], ids=["Han", "Arabic", "emoji"])
def test_such_a_name_gives_the_same_bytes_from_another_press(name: str) -> None:
    again = Press().render(RECORD, name=name, language=Language.ZH, kind="pdf", at=AT)
    assert again == drawn(name)


def test_an_organisation_that_writes_from_right_to_left_does_not_turn_the_line_it_stands_in() -> None:
    """Isolated, its name is one block within an English line, and what follows it stays behind it."""
    parties = {
        "named": [
            {"roles": ["payer", "holder"], "name": {"zh": "شركة 1", "en": "شركة 1"}},
            {"roles": ["beneficiary"], "name": {"zh": "بنك", "en": "بنك"}},
        ],
        "persons": [],
        "mandate": None,
    }
    told = record(
        kind="statement", level="offset", parties=parties, payer={"zh": "由شركة 1支付", "en": "Paid by شركة 1"}
    )
    note = sheet(told, Language.EN)["rows"][2]["entries"][0]["notes"][0]

    assert "\u2068شركة 1\u2069" in note
    paper = press().render(told, name="بنك", language=Language.EN, kind="pdf", at=AT)
    assert "[U+" not in words(paper)
    assert_table_ends_above_the_code(paper)


def test_what_was_written_down_before_anybody_asked_is_spelled_and_never_a_box() -> None:
    paper = press(system=False).render(RECORD, name="ꆈ小明 \U0001fffd", language=Language.ZH, kind="pdf", at=AT)
    assert "[U+A188]小明[U+1FFFD]" in "".join(words(paper).split())
    assert "□" not in words(paper)
    assert "•" not in words(paper)


def test_scripts_are_told_with_those_that_are_missing() -> None:
    wheels = press(system=False).coverage
    drawn_scripts, missing = fonts.scripts([wheels])
    assert {"Han", "Arabic", "Thai", "Devanagari", "Hebrew", "emoji"} <= set(drawn_scripts)
    assert {"Tibetan", "Yi", "Mongolian"} <= set(missing)
    assert fonts.scripts([wheels, Coverage(())])[0] == []
