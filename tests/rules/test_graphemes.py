"""What a reader counts as one character, and which characters have no place in a name."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.graphemes import graphemes, is_right_to_left, isolated, out_of_place, plain, tidied
from app.kernel.text import Text

FAMILY = "👩\u200d👩\u200d👧"
ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
REAL_NAMES = (
    "林小川", "王𠮷👟", "བོད་ལྗོངས་བསྒྲུབས", "ꆈꌠꉙ", "محمد بن سلمان", "می\u200cخواهم", "شه\u200d", "สมชาย ใจดีที่สุด", "श्री क्षितिज",
    "ක්\u200dෂේත්\u200dර",
    f"{FAMILY}🇨🇳👍🏽{ENGLAND}❤️\u200d🔥1️⃣", "ᠬᠠᠭᠠᠨ\u180eᠠ", "שָׁ֔לוֹם", "Nguyễn Thị Ánh",
    "葛\U000e0100城", "O’Neil-Müller Jr.", "김하늘",
    "ཀྵྨླྺྼྻྂ", "လင်း", "ភូមិ",
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "count"),
    [(FAMILY, 1), ("🇨🇳🇫🇷", 2), ("👍🏽", 1), ("क्षि", 1), ("e\u0301", 1), ("𠮷", 1), (ENGLAND, 1),
     ("1️⃣", 1), ("ที่", 1), ("王𠮷👟", 3)],
)  # fmt: skip
def test_a_character_is_what_a_reader_sees_as_one(text, count):
    assert len(graphemes(text)) == count


@pytest.mark.parametrize("name", REAL_NAMES)
def test_a_name_that_people_have_is_all_in_place(name):
    assert out_of_place(tidied(name)) == []
    assert plain(name) == tidied(name)


@pytest.mark.parametrize(
    "control", [*map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C))]
)
@pytest.mark.parametrize("around", ["{}b", "a{}b", "a{}"])
def test_what_turns_the_reading_direction_is_out_of_place(control, around):
    assert out_of_place(tidied(around.format(control))) == [control]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a\u200db", ["\u200d"]),
        ("王\u200c小", ["\u200c"]),
        ("\u200dم", ["\u200d"]),
        ("\u0301a", ["\u0301"]),
        ("z" + "\u0335" * 4, ["\u0335", "\u0335"]),
        ("\u3164", ["\u3164"]),
        ("a\ue000", ["\ue000"]),
        ("a\x07", ["\x07"]),
        ("\ufe0fa", ["\ufe0f"]),
        ("a\U000e0067", ["\U000e0067"]),
    ],
)
def test_what_shows_nothing_where_it_stands_is_found(name, found):
    assert out_of_place(name) == found


def test_tidying_takes_only_what_nobody_sees_and_leaves_every_letter_its_form():
    assert tidied("\ufeff 王\u200b\u3000 小\t川\u00ad ") == "王 小 川"
    assert tidied("\u2800⠓\u2800\u2800⠊\u2800") == "⠓ ⠊"
    assert tidied("\u2800\u200b\u1680") == ""
    assert tidied("\ufa19") == "\ufa19"  # 神 as a Japanese register writes it
    assert tidied("e\u0301") == "é"


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_a_plain_text_has_nothing_out_of_place_and_stays_so(text):
    line = plain(text)
    assert out_of_place(line) == []
    assert plain(line) == line


def test_a_value_from_right_to_left_does_not_turn_the_sentence_around_it():
    sentence = Text(zh="由{name}支付 (1)", en="Paid by {name} (1)").filled(name="علي")
    assert sentence.en == "Paid by \u2068علي\u2069 (1)"
    assert isolated("Ali") == "Ali"
    assert is_right_to_left("(1) علي Ali")
    assert not is_right_to_left("Ali علي")
