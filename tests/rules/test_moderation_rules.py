"""The word list finds what is written to slip past it, lets ordinary names be, and never says that something is right."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.foundation.moderation import CheckState, Reason, WordFileBroken, load_words
from app.foundation.moderation.rules import LABELS, Suggestion, decided, find_reason, fold, word_group
from config.places import WORDS

LIST = load_words(WORDS)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("赌博", Reason.ILLEGAL), ("赌 . 博", Reason.ILLEGAL), ("赌\u200b博", Reason.ILLEGAL), ("我爱赌·博网", Reason.ILLEGAL),
        ("ｆｕｃｋ", Reason.ABUSE), ("F.U.C.K", Reason.ABUSE), ("fück you", Reason.ABUSE), ("𝐟𝐮𝐜𝐤", Reason.ABUSE),
        ("f\u0336u\u0336c\u0336k", Reason.ABUSE), ("官方客服", Reason.IMPERSONATION), ("Admin", Reason.IMPERSONATION),
        ("加我13800138000", Reason.CONTACT), ("加我 138-0013-8000", Reason.CONTACT), ("www.example.test", Reason.CONTACT),
        ("看http://x", Reason.CONTACT), ("shop.xyz", Reason.CONTACT),
    ],
)  # fmt: skip
def test_a_word_is_found_however_it_is_dressed(text: str, reason: Reason) -> None:
    assert LIST.find(text) is reason


@pytest.mark.parametrize(
    "text",
    ["林小川", "Scunthorpe", "Dick Van Dyke", "王𠮷", "👟跑者", "Anne-Marie O’Neill", "محمد", "администратор", "2026",
     "陈博", "赌", "Cassino", "badminton", "Essex", "张三丰", "A. B. C. Lee"],
)  # fmt: skip
def test_ordinary_names_are_left_for_people(text: str) -> None:
    assert LIST.find(text) is None


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_folded_without_an_error_and_the_same_again(text: str) -> None:
    once = fold(text)

    assert fold(once) == once
    LIST.find(text)


def test_every_word_of_the_list_is_found_by_itself() -> None:
    for group in LIST.groups:
        for word in (*group.parts, *group.whole):
            assert find_reason(word, [group]) is group.reason, word


def test_of_wechats_advice_only_pass_passes() -> None:
    assert decided(Suggestion.PASS, 100) == (CheckState.PASSED, None)
    assert decided(Suggestion.REVIEW, 20003) == (CheckState.WAITING, None)
    for label in (*LABELS, 12345):
        state, reason = decided(Suggestion.RISKY, label)
        assert (state, reason is None) == (CheckState.REFUSED, False)


@pytest.mark.parametrize(
    "text",
    [
        "", "source = 'x'", "source = 'x'\n[[group]]\nreason = 'evil'\nwords = ['a']",
        "source = 'x'\n[[group]]\nreason = 'abuse'\nwords = ['…']", "[[group]]\nreason = 'abuse'\nwords = ['a']", "]",
        "source = 'x'\n[[group]]\nreason = 'abuse'\nwords = 'a'",
    ],
)  # fmt: skip
def test_a_list_that_is_not_as_it_must_be_is_refused(tmp_path, text):
    path = tmp_path / "words.toml"
    path.write_text(text)
    with pytest.raises(WordFileBroken):
        load_words(path)


def test_words_of_latin_letters_stand_by_themselves() -> None:
    group = word_group(Reason.ABUSE, ["bad"])

    assert find_reason("a BAD name", [group]) is Reason.ABUSE
    assert find_reason("badminton", [group]) is None
