"""Ids and codes: in the order of their making, read back as themselves, and wrong when one letter is."""

import time
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel import ids
from app.kernel.typed import typed_code

quick = settings(max_examples=80, deadline=None)
letters = st.sampled_from(ids.ALPHABET)
codes = st.text(ids.ALPHABET, min_size=1, max_size=16)
LENGTH = 10
checked_codes = st.builds(lambda _: ids.checked_code(LENGTH - 1), st.integers())


def test_ids_are_ordered_by_the_millisecond_they_were_made_in():
    made = []
    for _ in range(20):
        made.append(ids.uuid7())
        time.sleep(0.0012)
    assert made == sorted(made)
    assert sorted(made, key=str) == made, "PostgreSQL and a text sort agree"


def test_an_id_is_a_uuid_of_version_7_that_carries_its_time_and_is_never_given_twice():
    before_ms = time.time_ns() // 1_000_000
    made = [ids.uuid7() for _ in range(20_000)]
    after_ms = time.time_ns() // 1_000_000
    assert len(set(made)) == len(made)
    for one in made:
        assert (one.version, one.variant) == (7, UUID(int=2 << 62).variant)
        assert before_ms <= one.int >> 80 <= after_ms


@quick
@given(st.uuids(), st.sampled_from(["ord", "per", "ret"]))
def test_a_shown_id_reads_back_also_in_lower_case_and_only_under_its_prefix(id_, prefix):
    shown = ids.public(prefix, id_)
    assert len(shown) == len(prefix) + 27
    assert ids.parse(prefix, shown) == id_
    assert ids.parse(prefix, prefix + shown[len(prefix) :].lower()) == id_
    assert ids.parse("cer", shown) is None
    assert ids.parse(prefix, shown[:-1]) is None
    assert ids.parse(prefix, shown + "0") is None


@quick
@given(st.text(max_size=30) | st.text(ids.ALPHABET + "OILoilßſı１", min_size=26, max_size=26))
def test_no_text_but_26_letters_of_128_bits_is_an_id(tail):
    id_ = ids.parse("ord", "ord_" + tail)
    if id_ is not None:
        tail = typed_code("ord_" + tail).removeprefix("ord_")
        forgiven = tail.upper().translate(str.maketrans("OIL", "011"))
        assert tail.isascii()
        assert ids.public("ord", id_) == "ord_" + forgiven


def test_ids_beyond_128_bits_or_with_letters_that_grow_are_refused():
    assert ids.parse("ord", "ord_7" + "Z" * 25) == UUID(int=(1 << 128) - 1)
    assert ids.parse("ord", "ord_8" + "0" * 25) is None
    assert ids.parse("ord", "ord_" + "0" * 25 + "ß") is None  # upper case makes two letters of it


@quick
@given(codes, st.data())
def test_the_check_character_finds_every_single_wrong_letter(code, data):
    place = data.draw(st.integers(0, len(code) - 1))
    wrong = data.draw(letters.filter(lambda letter: letter != code[place]))
    assert ids.check_character(code[:place] + wrong + code[place + 1 :]) != ids.check_character(code)


@quick
@given(codes.filter(lambda code: len(code) > 1), st.data())
def test_the_check_character_finds_every_swap_of_neighbours(code, data):
    place = data.draw(st.integers(0, len(code) - 2))
    first, second = code[place], code[place + 1]
    swapped = code[:place] + second + first + code[place + 2 :]
    assert (ids.check_character(swapped) == ids.check_character(code)) == (first == second)


@settings(max_examples=10, deadline=None)
@given(checked_codes)
def test_a_checked_code_typed_with_any_one_slip_is_not_read(code):
    assert ids.read_checked_code(code, length=LENGTH) == code
    for place in range(LENGTH):
        for wrong in ids.ALPHABET.replace(code[place], ""):
            assert ids.read_checked_code(code[:place] + wrong + code[place + 1 :], length=LENGTH) is None
    for place in range(LENGTH - 1):  # the check character itself may be one of the two
        if code[place] != code[place + 1]:
            swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
            assert ids.read_checked_code(swapped, length=LENGTH) is None


def test_known_check_symbols():
    # Worked out by hand: the value of the letters in base 32, modulo 37, with * ~ $ = U for 32 to 36.
    assert [ids.check_character(code) for code in ("0", "Z", "10", "14", "16", "1C")] == ["0", "Z", "*", "U", "1", "7"]


@quick
@given(codes, st.integers(min_value=1, max_value=6))
def test_a_code_is_read_however_people_group_and_spell_it(code, size):
    typed = ids.grouped(code, size=size)
    assert ids.read_code(typed, length=len(code)) == code
    for spelt in (typed.lower(), f"  {typed} ", typed.replace("-", " "), code.replace("0", "o").replace("1", "l")):
        assert ids.read_code(spelt, length=len(code)) == code
    assert ids.read_code(code, length=len(code) + 1) is None
    assert ids.read_code("U" + code[1:], length=len(code)) is None


@pytest.mark.parametrize("typed", ["", "ß", "ABC", "ABCD*", "\x00AAA", "甲乙丙丁"])
def test_what_cannot_be_a_code_of_four_is_not_one(typed):
    assert ids.read_code(typed, length=4) is None


def test_random_codes_use_the_whole_alphabet():
    assert set(ids.random_code(4_000)) == set(ids.ALPHABET)
    assert all(ids.checked_code(5)[-1] in ids.ALPHABET for _ in range(200))


@quick
@given(st.uuids(), checked_codes)
def test_an_id_and_a_code_are_read_in_full_width_and_out_of_a_sentence(id_, code):
    shown = ids.public("ord", id_)
    wide = str.maketrans({chr(letter): chr(letter + 0xFEE0) for letter in range(0x21, 0x7F)})
    for typed in (shown.translate(wide), f"{shown}。", f"“{shown}”", f"\u200b{shown}\u200b\n"):
        assert ids.parse("ord", typed) == id_
    dashed = ids.grouped(code)
    for typed in (dashed.translate(wide), f"{dashed}。", f"（{dashed}）", dashed.replace("-", "—"), f" {dashed}，\n"):
        assert ids.read_checked_code(typed, length=LENGTH) == code
