"""What `make` shows while packages install: seconds that count up on a terminal, one line elsewhere, and where the log is."""

import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import PROJECT


@pytest.fixture
def makefile(tmp_path: Path) -> Path:
    """Our own step around two commands."""
    step = re.search(r"^step = .*?exit 1; fi$", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert step is not None
    path = tmp_path / "Makefile"
    path.write_text(
        f"LOG := {tmp_path}/install.log\n{step[0]}\n"
        "good:\n\t@$(call step,packages,sleep 2.5)\n"
        'bad:\n\t@$(call step,packages,sh -c "echo many lines; echo ERROR: no such package; exit 1")\n',
        "utf-8",
    )
    return path


def test_on_a_terminal_the_seconds_count_up(makefile: Path) -> None:
    ours, theirs = pty.openpty()
    made = subprocess.Popen(["make", "-f", str(makefile), "good"], stdout=theirs, stderr=theirs)
    os.close(theirs)
    said = b""
    try:
        while read := os.read(ours, 4096):
            said += read
    except OSError:  # the terminal's other end has closed
        pass
    os.close(ours)
    assert made.wait(20) == 0
    seconds = [int(number) for number in re.findall(rb"(\d+) s", said)]
    assert seconds[:2] == [1, 2] and len(said.split(b"\n")) == 2, said


def test_elsewhere_it_is_one_plain_line(makefile: Path) -> None:
    done = subprocess.run(["make", "-f", str(makefile), "good"], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"  packages +[23] s\n", done.stdout), done.stdout


def test_what_fails_tells_its_last_word_and_its_log(makefile: Path) -> None:
    done = subprocess.run(["make", "-f", str(makefile), "bad"], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert re.fullmatch(
        r"  packages +failed\n  ERROR: no such package\n  All of it: \S+install\.log\n", done.stdout
    ), done.stdout  # fmt: skip
