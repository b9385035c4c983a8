"""A list that was cut says so, and how to see more of it: for people below it, beside a JSON document on standard error."""

import json

import pytest

from app.cli.listing import Listed, print_cut
from tests.cli.conftest import diandian
from tests.cli.test_ordering import Desk, desk

__all__ = ["desk"]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("C.UTF-8", "the first 50 of 132; --limit 200 shows more"),
        ("zh_CN.UTF-8", "以上是 132 条中的前 50 条；加 --limit 200 可看更多"),
    ],
)
def test_a_cut_list_says_how_much_there_is_and_how_to_see_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], language: str, told: str
) -> None:
    monkeypatch.setenv("LC_ALL", language)
    print_cut(Listed(range(50), 132), as_json=False)
    assert capsys.readouterr().out == f"{told}\n"


def test_a_whole_list_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    print_cut(Listed(range(50), 50), as_json=False)
    print_cut(Listed([], 0), as_json=True)
    assert capsys.readouterr() == ("", "")


def test_beside_a_document_for_programs_it_stands_on_standard_error(desk: Desk) -> None:
    cut = diandian("order", "parties", "--limit", "1", "--json", environment=desk.environment)
    assert len(json.loads(cut.stdout)) == 1
    assert cut.stderr == "the first 1 of 4; --limit 100 shows more\n"
    whole = diandian("organisation", "list", "--limit", "2", environment=desk.environment)
    assert whole.stdout.splitlines()[-1] == "the first 2 of 4; --limit 100 shows more"
