"""The page of payments' faults lists all 43 for every channel with a wire, and what it cites is there."""

import re
from functools import cache

from app.sandbox.channels import channels
from tests.architecture.reading_source import PROJECT, names_of_tests

PAGE = PROJECT / "docs" / "wire" / "faults.md"
_HEADING = re.compile(r"^### (\d+) · \S.*$")
_TESTS = re.compile(r"^- ([a-z_ ]+): `(tests/[\w/]+\.py)`: (`test_\w+`(?:, `test_\w+`)*)$")
_NOT = re.compile(r"^- not ([a-z_]+): \S.{7,}$")
_ALL = frozenset({"every channel", "rooms"})


@cache
def rows() -> dict[int, list[str]]:
    """The lines of each fault, in the page's order."""
    found: dict[int, list[str]] = {}
    number = 0
    for line in PAGE.read_text("utf-8").splitlines():
        if heading := _HEADING.match(line):
            number = int(heading[1])
            found[number] = []
        elif line.startswith("- "):
            found[number].append(line)
    return found


def test_all_forty_three_faults_stand_there_in_order() -> None:
    assert list(rows()) == list(range(1, 44))


def test_every_line_of_a_fault_names_tests_or_a_reason() -> None:
    assert not [line for lines in rows().values() for line in lines if not (_TESTS.match(line) or _NOT.match(line))]


def test_every_fault_has_a_test_or_a_reason_for_every_channel_with_a_wire() -> None:
    missing = []
    for number, lines in rows().items():
        told = {match[1] for line in lines if (match := _TESTS.match(line) or _NOT.match(line))}
        missing += [f"{number}: {name}" for name in channels() if name not in told and not told & _ALL]
    assert not missing


def test_every_test_that_a_fault_cites_exists() -> None:
    cited = [match for lines in rows().values() for line in lines if (match := _TESTS.match(line))]
    assert cited
    missing = {
        f"{match[2]} {name}"
        for match in cited
        for name in re.findall(r"`(test_\w+)`", match[3])
        if name not in names_of_tests(PROJECT / match[2])
    }
    assert not missing
