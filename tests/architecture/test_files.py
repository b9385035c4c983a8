"""How our files look: their length, where they print, and what none of them may hold."""

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from tests.architecture.reading_source import PROJECT, calls, tracked, trees

LINES_MOST = 350
FILES_MOST = 20


def test_no_file_is_much_longer_than_a_few_screens() -> None:
    lengths = {
        path.as_posix(): len((PROJECT / path).read_text("utf-8").splitlines())
        for path in trees("app", "workers", "config")
    }

    assert not {name: length for name, length in lengths.items() if length > LINES_MOST}


def test_no_folder_is_a_drawer_for_everything() -> None:
    """Every file counts, whatever it is written in."""
    counts = Counter(path.relative_to(PROJECT).parent for path in tracked())
    ours = {
        folder: count for folder, count in counts.items() if folder.parts[:1] in {("app",), ("workers",), ("config",)}
    }

    assert not {str(folder): count for folder, count in ours.items() if count > FILES_MOST}


def test_only_the_command_line_prints() -> None:
    found = {
        f"{path}:{call.lineno}"
        for path, tree in trees("app", "workers", "config").items()
        if path.parts[:2] != ("app", "cli") and path.name != "__main__.py"
        for call in calls(tree)
        if isinstance(call.func, ast.Name) and call.func.id in {"print", "breakpoint", "input"}
    }
    assert not found


def test_every_file_says_what_lives_in_it() -> None:
    found = {str(path) for path, tree in trees("app", "workers", "config").items() if not ast.get_docstring(tree)}

    assert not found


def texts() -> dict[str, str]:
    found = {}
    for path in tracked():
        if path.suffix not in {".png", ".pdf", ".ttf", ".otf", ".ico", ".jpg", ".gz"}:
            found[path.relative_to(PROJECT).as_posix()] = path.read_text("utf-8", errors="replace")
    return found


def test_no_file_names_a_place_of_one_machine() -> None:
    places = [str(PROJECT) + "/", str(Path.home()) + "/", sys.base_prefix + "/lib/python"]
    homes = [re.escape(place) for place in places if len(Path(place).parts) > 1]
    pattern = re.compile("|".join([*homes, r"(?<![\w.])/(?:ho" + r"me|Us" + r"ers)/[a-z]"]))
    found = {f"{name}: {hit[0]}" for name, text in texts().items() if (hit := pattern.search(text))}

    assert not found


def test_no_file_names_the_host_of_a_package_registry() -> None:
    hosts = [
        "pypi" + ".org",
        "python" + "hosted.org",
        "npm" + "js.",
        "gh" + "cr.io",
        "docker" + ".io",
        "quay" + ".io",
        "goproxy" + ".",
    ]
    hosts += _this_machines_index()
    pattern = re.compile("|".join(map(re.escape, hosts)))
    found = {f"{name}: {hit[0]}" for name, text in texts().items() if (hit := pattern.search(text))}

    assert not found


def _this_machines_index() -> list[str]:
    """The host pip installs from here, which must not have slipped into a lock or a page."""
    done = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False)
    urls = re.findall(r"https?://[^\s'\"]+", done.stdout)
    return [host for url in urls if (host := urlsplit(url).hostname) and host not in {"localhost", "127.0.0.1"}]


def test_every_link_of_a_paper_leads_to_a_file_that_is_there() -> None:
    link = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)")
    broken = {
        f"{path.relative_to(PROJECT)}: {target}"
        for path in tracked()
        if path.suffix == ".md"
        for target in link.findall(path.read_text("utf-8"))
        if not (path.parent / target).exists()
    }
    assert not broken


def test_everything_that_is_imported_is_packaged() -> None:
    packaged = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    folders = {path.parts[0] for path in trees("app", "workers", "config", "migrations")}
    assert {f"{folder}*" for folder in folders} == set(packaged["packages"]["find"]["include"])
    assert packaged["package-data"]["migrations"] == ["*.sql", "sql/*.sql"]


def test_every_file_that_is_read_is_packaged() -> None:
    """Whatever lies beside the code of the program, but papers for its readers."""
    patterns = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]
    packaged = {path for folder, globs in patterns.items() for glob in globs for path in (PROJECT / folder).glob(glob)}
    read = {
        path
        for path in tracked()
        if path.relative_to(PROJECT).parts[0] in {"app", "config"} and path.suffix not in {".py", ".md"}
    }
    assert not {str(path.relative_to(PROJECT)) for path in read - packaged}
