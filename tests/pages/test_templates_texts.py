"""The texts of the pages exist in both languages and say the same; the colours they are set in can be read."""

import re

import msgspec
import pytest

from app.kernel.text import Language
from app.web.kit.responses import pages

TEXTS = {
    language: msgspec.json.decode((pages.LOCALES / f"{language}.json").read_bytes(), type=dict[str, str])
    for language in Language
}
KEYS = sorted(TEXTS[Language.ZH])
USED = re.compile(r"""(?:\bt\(\s*"([a-z0-9_.]+)"|\belse\s+"([a-z0-9_]+\.[a-z0-9_.]+)")\s*([~,)]|if\b)""")


def sources() -> str:
    return "\n".join(path.read_text() for path in sorted(pages.TEMPLATES.rglob("*.html")))


def test_both_languages_have_the_same_keys() -> None:
    assert TEXTS[Language.ZH].keys() == TEXTS[Language.EN].keys()


def test_every_text_asks_for_the_same_values_in_both_languages() -> None:
    asked = {
        key: [sorted(set(re.findall(r"\{(\w+)\}", TEXTS[language][key]))) for language in Language] for key in KEYS
    }
    assert {key: values for key, values in asked.items() if values[0] != values[1]} == {}


def test_no_text_holds_markup_but_bold_nor_shouts() -> None:
    texts = [(language, key, TEXTS[language][key]) for language in Language for key in KEYS]
    assert [one for one in texts if re.search(r"[<>&\"]", re.sub(r"</?b>", "", one[2]))] == []
    assert [one for one in texts if re.search(r"[!！]", one[2])] == []
    assert [one for one in texts if "'" in one[2]] == []  # the apostrophe is ’


def test_english_texts_hold_no_chinese_and_no_full_width_signs() -> None:
    foreign = {key for key in KEYS if re.search(r"[\u3000-\u9fff\uff00-\uffef]", TEXTS[Language.EN][key])}
    assert not foreign


def test_every_text_a_template_asks_for_exists() -> None:
    asked = [(first or other, follows) for first, other, follows in USED.findall(sources())]
    assert len(asked) > 100
    for key, follows in asked:
        if follows == "~":
            assert any(name.startswith(key) for name in KEYS), key
        else:
            assert key in TEXTS[Language.ZH], key


def test_every_text_is_asked_for() -> None:
    asked = [(first or other, follows) for first, other, follows in USED.findall(sources())]
    whole = {key for key, follows in asked if follows != "~"}
    begun = tuple(key for key, follows in asked if follows == "~")
    idle = {key for key in KEYS if key.removesuffix(".one") not in whole and not key.startswith(begun)}
    assert not idle


def test_buttons_in_english_have_at_most_32_characters() -> None:
    buttons = [
        "scene.pay", "scene.free", "scene.share", "cashier.pay", "cashier.paid", "order.pay_again", "order.start_again",
        "order.ask_again", "share.button", "verify.do", "home.go", "mine.empty.do", "verified.again", "problem.back",
    ]  # fmt: skip
    filled = {name: re.sub(r"\{\w+\}", "¥10.62", TEXTS[Language.EN][name]) for name in buttons}
    assert not {name for name, text in filled.items() if len(text) > 32}


def test_one_of_a_thing_is_told_in_the_singular() -> None:
    assert pages.phrase("mine.count", Language.EN, count=1, shown="1") == "1 certificate"
    assert pages.phrase("mine.count", Language.EN, count=2, shown="2") == "2 certificates"


def test_a_text_without_its_value_is_an_error_and_not_a_gap() -> None:
    with pytest.raises(KeyError):
        pages.phrase("mine.count", Language.EN, count=2)


# ---- colours --------------------------------------------------------------------------------------------------------

NIGHT = pages.STATIC / "public" / "wall.css"
"""The big screen has a palette of its own."""
SHEETS = "\n".join(path.read_text() for path in sorted(pages.STATIC.glob("*/*.css")) if path != NIGHT)
TOKENS = dict(re.findall(r"--([a-z0-9-]+):(#[0-9A-F]{6})\b", (pages.STATIC / "kit" / "tokens.css").read_text()))
MEASURED = [
    (ink, ground, float(ratio))
    for ink, said in re.findall(
        r"--([a-z0-9-]+):#[0-9A-F]{6}; /\*([^*]*)\*/", (pages.STATIC / "kit" / "tokens.css").read_text()
    )
    for ground, ratio in re.findall(r"on ([a-z0-9-]+) ([0-9.]+)", said)
]
"""What stands behind each colour of text in the tokens: on which ground, and how much it was said to stand out."""

PAIRS = [
    *((ink, ground) for ink, ground, _ in MEASURED),
    # What no token says: white on pine, the toast's mark, a gradient's other end, the sky behind the bar.
    ("#FFFFFF", "pine"), ("#FFFFFF", "pine-d"), ("#FFFFFF", "seal"), ("pine", "mist"), ("#F2C14E", "ink"),
    ("gift-ink", "#FFF4D6"), ("gift-ink", "card"), ("pine-d", "#F7F3E6"), ("pine-d", "#E3EEE6"),
    ("gift-ink", "#FDEBC0"), ("ink", "#FDEBC0"), ("ink-2", "#E8E9E2"), ("ink-2", "#FBF9F2"), ("ink-2", "track"),
    ("pine-d", "#DCEAE2"),
]  # fmt: skip


def luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(ink: str, ground: str) -> None:
    assert contrast(TOKENS.get(ink, ink), TOKENS.get(ground, ground)) >= 4.5


@pytest.mark.parametrize(("ink", "ground", "said"), MEASURED)
def test_the_tokens_say_the_contrast_that_is_measured(ink: str, ground: str, said: float) -> None:
    assert said <= contrast(TOKENS[ink], TOKENS[ground]) < said + 0.1


def test_the_night_palette_says_what_is_measured_and_every_text_of_the_screen_is_in_it() -> None:
    sheet = NIGHT.read_text()
    tokens = dict(re.findall(r"--([a-z0-9-]+):(#[0-9A-F]{6})\b", sheet))
    told = re.findall(r"--([a-z0-9-]+):#[0-9A-F]{6}; /\*([^*]*)\*/", sheet)
    for ink, said in told:
        for ground, ratio in re.findall(r"on ([a-z0-9-]+) ([0-9.]+)", said):
            assert max(4.5, float(ratio)) <= contrast(tokens[ink], tokens[ground]) < float(ratio) + 0.1, (ink, ground)
    inks = set(re.findall(r"(?<![-\w])color:(?:var\(--([a-z0-9-]+)\)|(#\w+))", sheet))
    assert {token or value for token, value in inks} - {"#7FD0A8"} == {ink for ink, _ in told}  # the logo is no text


def test_every_colour_is_a_token_in_the_sheets_of_the_components() -> None:
    bare = {"#FFFFFF", "#FFF4D6", "#F2C14E", "#8A998F", "#C3CEC5", "#000000", "#F7F3E6", "#E3EEE6"}
    sheets = [path for path in (pages.STATIC / "kit").glob("*.css") if path.name != "tokens.css"]
    found = {colour for path in sheets for colour in re.findall(r"#[0-9A-Fa-f]{6}\b", path.read_text())}

    assert len(sheets) >= 3
    assert found <= bare


def test_every_colour_that_text_is_set_in_is_among_the_pairs() -> None:
    inks = set(re.findall(r"(?<![-\w])color:(?:var\(--([a-z0-9-]+)\)|(#\w+))", SHEETS))
    assert {token or value for token, value in inks} <= {ink for ink, _ in PAIRS}


def test_every_ground_that_text_may_stand_on_is_among_the_pairs() -> None:
    fills = set(re.findall(r"(?<![-\w])background:(?:var\(--([a-z0-9-]+)\)|(#[0-9A-Fa-f]{6})\b)", SHEETS))
    # Rails, hairlines, dots, a switch that is off and the sky: nothing is written there.
    bare = {
        "#DCE3DA",
        "#F7F3E6",
        "#D3DACE",
        "#FFFFFF",
        "#8A998F",
        "line",
        "line-2",
        "off",
        "track",
        "d1",
        "d2",
        "d3",
        "d4",
        "d5",
    }
    assert {token or value for token, value in fills} <= {ground for _, ground in PAIRS} | bare
