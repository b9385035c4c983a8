"""Texts: both languages, values printed as they are, and the first wish decides. Refusals speak through them."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.errors import Conflict, Invalid
from app.kernel.text import Language, Text, choose_language

quick = settings(max_examples=80, deadline=None)
HOSTILE = ["{0.__class__}", "{mass}", "{name.__init__.__globals__}", "{{7*7}}", "%s", "{}", "\\1", "{name!r:>9}"]


def test_a_sentence_is_filled_in_both_languages():
    text = Text(zh="已注销 {mass}，谢谢{name}。", en="Thank you {name}, {mass} retired.")
    filled = text.filled(name="王𠮷", mass="12.4 kg")
    assert filled.in_(Language.ZH) == "已注销 12.4 kg，谢谢王𠮷。"
    assert filled.in_(Language.EN) == "Thank you 王𠮷, 12.4 kg retired."


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_that_looks_like_a_placeholder_is_printed_as_it_is(value):
    text = Text(zh="{name}（{mass}）", en="{name} ({mass})")
    for order in permutations({"name": value, "mass": "1 g"}.items()):
        assert text.filled(**dict(order)) == Text(zh=f"{value}（1 g）", en=f"{value} (1 g)")


@quick
@given(st.text(st.sampled_from("{}ab "), max_size=20))
def test_braces_that_name_no_value_stay_as_they_are(sentence):
    assert Text(zh=sentence, en=sentence).filled(missing="x") == Text(zh=sentence, en=sentence)


@quick
@given(st.lists(st.none() | st.sampled_from(["", "*", " ", "zh", "zh-CN", "ZH-hant;q=0.8, en", "en-US", "fr, zh"])))
def test_the_first_wish_that_names_a_language_decides(wishes):
    named = [wish for wish in wishes if wish and wish.strip() and wish != "*"]
    expected = Language.ZH if not named or named[0].lower().startswith("zh") else Language.EN
    assert choose_language(*wishes) is expected


def test_a_refusal_carries_its_code_its_figures_and_both_languages():
    class Short(Conflict):
        code = "test.short"
        text = Text(zh="还差 {missing_g} 克", en="{missing_g} g short")

    class Malformed(Invalid):
        code = "test.malformed"
        text = Text(zh="无法识别", en="unreadable")
        field = "/serial"

    refusal = Short(missing_g=7)
    assert (refusal.code, refusal.facts, refusal.field) == ("test.short", {"missing_g": 7}, None)
    assert refusal.message() == Text(zh="还差 7 克", en="7 g short")
    assert Malformed().field == "/serial"
    assert Malformed(field="/lots/3/serial").field == "/lots/3/serial"
