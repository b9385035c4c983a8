"""What a font file says it draws: letters with a glyph of their own, in every form of table that says so."""

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable
from fontTools.ttLib.tables._g_l_y_f import Glyph

from app.foundation.fonts.finding import _face, find_fonts
from app.kernel.drawing.glyphs import read_coverage

GLYPHS = [".notdef", "a", "b"]


@pytest.fixture(autouse=True)
def _read_anew():
    yield
    _face.cache_clear()


def font_at(path, *subtables):
    """A font whose `cmap` has these subtables, each (platform, encoding, format, {point: glyph})."""
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(GLYPHS)
    builder.setupCharacterMap({0x61: "a"})
    builder.setupGlyf({name: Glyph() for name in GLYPHS})
    builder.setupHorizontalMetrics(dict.fromkeys(GLYPHS, (500, 0)))
    builder.setupHorizontalHeader()
    builder.setupNameTable({"familyName": "Test", "styleName": "Regular"})
    builder.setupPost()
    builder.font["head"].fontRevision = 2.5
    tables = []
    for platform, encoding, form, points in subtables:
        table = CmapSubtable.newSubtable(form)
        table.platformID, table.platEncID, table.language, table.cmap = platform, encoding, 0, points
        tables.append(table)
    builder.font["cmap"].tables = tables
    builder.save(path)
    return str(path)


def points_of(path):
    return _face("Test", path, 0).points


def test_the_letters_of_all_unicode_tables_count_together(tmp_path):
    path = font_at(tmp_path / "a.ttf", (3, 1, 4, {0x61: "a"}), (3, 10, 12, {0x61: "a", 0x20BB7: "b"}))
    assert points_of(path) == {0x61, 0x20BB7}


def test_a_letter_that_leads_to_the_empty_box_is_not_drawn(tmp_path):
    long = font_at(tmp_path / "a.ttf", (3, 10, 12, {0x61: "a", 0x62: ".notdef", 0x63: "b"}))
    assert points_of(long) == {0x61, 0x63}
    # A segment of format 4 with a hole in its array of glyphs: the segment spans the letter, and no glyph is there.
    short = font_at(tmp_path / "b.ttf", (3, 1, 4, {0x61: "b", 0x62: ".notdef", 0x63: "a", 0x64: "b"}))
    assert points_of(short) == {0x61, 0x63, 0x64}


def test_a_table_that_is_not_unicode_or_gives_one_picture_to_a_whole_block_counts_for_nothing(tmp_path):
    path = font_at(
        tmp_path / "a.ttf",
        (1, 0, 0, {0x41: "a"}),
        (3, 10, 12, {0x61: "a"}),
        (0, 6, 13, dict.fromkeys(range(0x100, 0x200), "b")),
    )
    assert points_of(path) == {0x61}


def test_a_face_is_known_by_revision_and_check_sum(tmp_path):
    path = font_at(tmp_path / "a.ttf", (3, 1, 4, {0x61: "a"}))
    assert _face("Test", path, 0).version == f"2.500/{TTFont(path)['head'].checkSumAdjustment:08x}"


def test_what_the_wheels_draw_is_told_and_read_again_unchanged():
    coverage = find_fonts(system=False).coverage
    assert read_coverage(coverage.document).digest == coverage.digest
    assert not coverage.missing("王𠮷㐂䶮 Zoë محمد สมชาย 👟")
    assert coverage.missing("\U0001fffd")
    assert max(coverage.faces[0].points) > 0xFFFF  # Han beyond the first plane, by format 12
