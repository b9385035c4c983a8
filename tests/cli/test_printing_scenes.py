"""`diandian scene poster`: the file it writes is the sheet of the scene."""

from pathlib import Path

import pypdfium2
import pytest
import zxingcpp

from tests.cli.conftest import diandian
from tests.rooms.conftest import River


@pytest.mark.parametrize(("kind", "codes"), [("poster", 1), ("tent", 2), ("stickers", 12)])
async def test_each_kind_is_written_where_it_was_asked_for(river: River, tmp_path: Path, kind: str, codes: int) -> None:
    path = tmp_path / f"{kind}.pdf"
    done = diandian(
        "scene", "poster", river.scene.code, "--kind", kind, "--out", str(path),
        environment={"DATABASE_URL": river.stand.app_url},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    document = pypdfium2.PdfDocument(path)
    found = zxingcpp.read_barcodes(document[0].render(scale=2).to_pil())
    document.close()
    assert [code.text.rpartition("/s/")[2] for code in found] == [river.scene.code] * codes
