"""What people type, read as it was meant, and nothing exchanged for something else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.cli.arguments import folded
from app.foundation.identity.rules import plain_email
from app.kernel.typed import is_nothing, typed_code, typed_line, typed_number


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("７Ｋ３Ｍ－９ＱＦＸ－２Ｒ。", "7K3M-9QFX-2R"),
        ("“7K3M-9QFX-2R”，", "7K3M-9QFX-2R"),
        ("《（7K3M）》。", "7K3M"),
        ("２０．５", "20.5"),
        ("20。5", "20.5"),
        ("20。", "20"),
        ("2023–1–1", "2023-1-1"),
        ("\ufeff R-2026-000001\u200b\r\n", "R-2026-000001"),
        ("a\u3000b", "a b"),
        ("ord_01\n23", "ord_01 23"),
        ("证字〔2023〕７号", "证字〔2023〕7号"),
        ("７Ｋ３Ｍ\u200d", "7K3M"),
        ("-", "-"),
        ("——", "--"),
        ("。", ""),
    ],
)
def test_a_code_has_one_width_and_nothing_of_the_sentence_around_it(typed, meant):
    assert typed_code(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("项目\n名称", "项目名称"),
        ("vintage\r\nstart", "vintage start"),
        ("  示例绿道（二期）。\u200b", "示例绿道（二期）。"),
        ("Ａ座", "Ａ座"),
        ("a \u2028 b", "a b"),
        ("क्\u200dष 👩\u200d🌾", "क्\u200dष 👩\u200d🌾"),
    ],
)
def test_a_line_keeps_its_characters_and_loses_what_nobody_sees(typed, meant):
    assert typed_line(typed) == meant


@pytest.mark.parametrize("typed", ["", " ", "-", "－", "—", "——", "/", "／", "无", "N/A", "ｎ/ａ", "-\n"])
def test_signs_for_nothing_are_nothing(typed):
    assert is_nothing(typed)


@pytest.mark.parametrize("typed", ["0", "-1", "无锡", "a", "否", "N", "/a"])
def test_what_says_something_is_something(typed):
    assert not is_nothing(typed)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_folding_twice_is_folding_once_and_leaves_no_break(text):
    for fold in (typed_code, typed_line):
        once = fold(text)
        assert fold(once) == once
        assert not set(once) & set("\n\r\v\f\x85\u2028\u2029\ufeff\u200b")


def test_an_email_is_one_address_whatever_keyboard_it_was_typed_on():
    assert plain_email(" Ａnna＠Example．org。\n") == "anna@example.org"


def test_words_at_the_terminal_are_folded_but_for_files_and_sentences(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ｌｏｔｓ.csv").write_text("")
    assert folded("Ｒ－２０２６－１。") == "R-2026-1"
    assert folded("——apply") == "--apply"
    assert folded("－－json") == "--json"
    assert folded("ｌｏｔｓ.csv") == "ｌｏｔｓ.csv"
    for kept in ("示例银行", "Suspended – see the notice", "café", "plain.", "批次１"):
        assert folded(kept) == kept


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1234", "1234"), ("1,234", "1234"), ("１，２３４", "1234"), ("12,345,678.5", "12345678.5"), ("1 234", "1234"),
        ("1'234", "1234"), ("1.5", "1.5"), ("１．５", "1.5"), ("1。5", "1.5"), (".5", "0.5"), ("007", "007"), ("2.", "2"),
        (" 1.5 kg ", "1.5"), ("３ 公斤", "3"), ("1.50KG", "1.50"), ("“20”", "20"),
    ],
)  # fmt: skip
def test_a_number_is_the_one_that_was_meant_however_it_was_typed(typed: str, meant: str) -> None:
    assert typed_number(typed, "kg", "公斤") == meant


@pytest.mark.parametrize(
    "typed",
    ["1,5", "1，5", "0,25", "0,250", "12,34", "1,2345", "1.234,5", "1,234 567", "1.2.3", "-1", "+1", "1e3", "", ".", "kg", "٣",
     "½", "1.5 t", "一", "0x10", "1_000", "∞"],
)  # fmt: skip
def test_what_is_no_number_or_may_be_two_is_none(typed: str) -> None:
    assert typed_number(typed, "kg", "公斤") is None
