"""The page of faults lists every row of the matrix, and what it cites is there."""

import re
from dataclasses import dataclass, field
from functools import cache

from tests.architecture.reading_source import PROJECT, names_of_tests
from tests.campaign.command import ROWS

PAGE = PROJECT / "docs" / "faults.md"
IDS = [
    f"{letter}{number}" for letter, most in (("F", 16), ("P", 7), ("L", 8), ("S", 20)) for number in range(1, most + 1)
]
_HEADING = re.compile(r"^### ([A-Z]\d+) · (\S.*)$")
_TESTS = re.compile(r"^- `(tests/[\w/]+\.py)`: (`test_\w+`(?:, `test_\w+`)*)$")
_CAMPAIGN = re.compile(r"^- campaign: `ROW=([A-Z]\d+)`(?:, \S.*)?$")
_OPEN = re.compile(r"^- open: (\S.{20,})$")
_FIGURE = re.compile(r"^Figure: \S.{10,}$")


@dataclass
class Row:
    """One row of the matrix as the page tells it."""

    id: str
    figures: int = 0
    tests: list[tuple[str, str]] = field(default_factory=list)
    campaign: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)


@cache
def rows() -> tuple[Row, ...]:
    found: list[Row] = []
    for line in PAGE.read_text("utf-8").partition("\n## F")[2].splitlines():
        if heading := _HEADING.match(line):
            found.append(Row(heading[1]))
        elif _FIGURE.match(line):
            found[-1].figures += 1
        elif cited := _TESTS.match(line):
            found[-1].tests += [(cited[1], name) for name in re.findall(r"`(test_\w+)`", cited[2])]
        elif campaign := _CAMPAIGN.match(line):
            found[-1].campaign.append(campaign[1])
        elif reason := _OPEN.match(line):
            found[-1].open.append(reason[1])
        elif line.startswith(("-", "Figure", "###")):
            found[-1].strange.append(line)
    return tuple(found)


def test_every_row_of_the_matrix_stands_there_once_and_in_order() -> None:
    assert len(IDS) == 51
    assert [row.id for row in rows()] == IDS


def test_every_line_of_a_row_can_be_read_and_every_row_has_its_figure() -> None:
    assert {row.id: row.strange for row in rows() if row.strange} == {}
    assert {row.id: row.figures for row in rows() if row.figures != 1} == {}


def test_every_test_that_a_row_cites_exists() -> None:
    missing = {
        f"{row.id}: {path} {name}"
        for row in rows()
        for path, name in row.tests
        if name not in names_of_tests(PROJECT / path)
    }
    assert not missing


def test_every_row_has_a_test_or_says_why_it_has_none() -> None:
    assert not {row.id for row in rows() if not row.tests and not row.open}


def test_a_row_cites_its_own_line_of_the_campaign_and_every_line_of_the_campaign_is_cited() -> None:
    assert not {row.id: row.campaign for row in rows() if row.campaign and row.campaign != [row.id]}
    assert [row.id for row in rows() if row.campaign] == [row.id for row in ROWS]


def test_every_test_that_breaks_a_process_or_a_server_stands_in_a_row() -> None:
    cited = {one for row in rows() for one in row.tests}
    files = sorted((PROJECT / "tests" / "faults").glob("test_*.py"))
    there = {(file.relative_to(PROJECT).as_posix(), name) for file in files for name in names_of_tests(file)}
    assert there
    assert not there - cited
