"""Help and click's own sentences in both languages, on lines that fit; the catalogue has all there is and no more."""

import ast
import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from app.cli import main
from app.cli.columns import WIDTH, columns
from app.cli.translation import CATALOGUE, CLICKS, plain
from tests.cli.test_every_verb_names_its_actor import leaves

NOT_FOR_READERS = {
    # What only whoever writes a command wrong would see.
    "Could not determine name for option with declarations {decls!r}",
    (
        "No options defined but a name was passed ({name}). Did you mean to declare an argument instead? Did you mean to"
        " pass '--{name}'?"
    ),
    "Arguments take exactly one parameter declaration, got {length}: {decls}.",
    "Name '{name}' defined twice",
    "Boolean option {decl!r} cannot use the same flag for true/false.",
}


def everything(command: click.Command) -> Iterator[click.Command | click.Parameter]:
    yield command
    yield from command.params
    for below in getattr(command, "commands", {}).values():
        yield from everything(below)


def in_language(language: str, *arguments: str) -> str:
    return CliRunner().invoke(main, arguments, env={"LC_ALL": language}).output


def test_every_help_text_has_its_chinese_and_no_chinese_is_left_over() -> None:
    in_language("en_US.UTF-8", "--help")  # back from whatever language another test had
    said = {plain(text) for one in everything(main) if (text := getattr(one, "help", None))}

    chinese = json.loads(CATALOGUE.read_text("utf-8"))["help"]
    assert set(chinese) == said
    assert len(set(chinese.values())) == len(chinese), "the way back to English is not plain"


def test_every_option_says_what_it_is() -> None:
    silent = [
        (name, param.opts) for name, command in leaves(main) for param in command.params
        if isinstance(param, click.Option) and not param.help
    ]  # fmt: skip
    assert not silent


def test_every_sentence_of_clicks_has_its_chinese() -> None:
    said = set()
    for module in CLICKS:
        assert module.__file__ is not None
        for call in ast.walk(ast.parse(Path(module.__file__).read_text("utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in {"_", "ngettext"}:
                said |= {argument.value for argument in call.args if isinstance(argument, ast.Constant)}

    assert {text for text in said if isinstance(text, str)} - NOT_FOR_READERS == set(
        json.loads(CATALOGUE.read_text("utf-8"))["click"]
    )


@pytest.mark.parametrize("language", ["zh_CN.UTF-8", "en_US.UTF-8"])
def test_help_of_every_verb_fits_into_eighty_columns(language: str) -> None:
    groups = {name.rpartition(" ")[0] for name, _ in leaves(main)}
    for name in [*groups, *(name for name, _ in leaves(main))]:
        output = in_language(language, *name.split(), "--help")
        wide = [line for line in output.splitlines() if columns(line) > WIDTH]
        assert not wide, (name, wide)
        assert _is_chinese(output.partition("\n\n")[2]) == (language == "zh_CN.UTF-8"), output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("orders",), "没有命令 'orders'"),
        (("order", "show"), "缺少参数 'NUMBER'"),
        (("price", "set", "CDCER", "50", "--by", "a@example.org", "--from", "tomorrow"), "不符合格式"),
        (("price", "set", "GOLD", "50", "--by", "a@example.org"), "不在可选值之中"),
        (("scene", "list", "--limit", "0"), "不在范围"),
        (("approvals", "approve", "7", "aa", "--by", "a@example.org"), "不是 UUID"),
        (("claims", "judge", "--file", "/nowhere.json"), "不存在"),
        (("outbox", "replay"), "按 diandian outbox dead 列出的编号指定"),
        (("serve", "--port", "x"), "不是数字"),
    ],
)
def test_wrong_use_is_told_in_chinese(arguments: tuple[str, ...], told: str) -> None:
    result = CliRunner().invoke(main, arguments, env={"LC_ALL": "zh_CN.UTF-8"})

    assert result.exit_code == 2
    assert told in result.output
    assert all(columns(line) <= WIDTH for line in result.output.splitlines()), result.output
    assert not any(word in result.output for word in ("Error", "Usage", "Try", "Invalid", "Missing", "such"))


def _is_chinese(text: str) -> bool:
    """Whether sentences are Chinese: more than a name or two."""
    letters = [letter for letter in text if letter.isalpha()]
    return sum("CJK" in unicodedata.name(letter, "") for letter in letters) > len(letters) * 0.15
