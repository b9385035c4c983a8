"""JSON files as editors save them: read, or refused with what to do."""

from pathlib import Path

import click
import pytest

from app.cli.documents import read_document

SAID = '{"title": {"zh": "绿道骑行日", "en": "Greenway Day"}}'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_a_document_is_read_however_an_editor_of_windows_saved_it(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "scene.json"
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    path.write_bytes(mark + SAID.encode(encoding))
    assert read_document(path) == SAID.encode()


@pytest.mark.parametrize("raw", [SAID.encode("gb18030"), SAID.encode("utf-16")[:-1], b"\xff\xfe\x00\xd8"])
def test_a_document_of_another_code_page_says_how_to_save_it(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "scene.json"
    path.write_bytes(raw)
    with pytest.raises(click.UsageError, match=r"(?s)scene\.json.*UTF-8"):
        read_document(path)


def test_a_file_that_is_not_there_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(click.UsageError, match=r"none\.json"):
        read_document(tmp_path / "none.json")
