"""F6: the store of certificates is full. No half file is left, nobody is told a lie, and the paper is drawn later."""

import errno
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from app import certificates
from app.gateways.database import fetch
from app.gateways.files import FolderStore
from app.gateways.files import folder as storing
from app.kernel.errors import Unavailable
from app.kernel.text import Language
from tests.flow import Flow
from tests.rooms.conftest import KEYRING
from workers.jobs import JOBS
from workers.running import run
from workers.subscriptions import RENDER

FULL = ("making the folder", "writing", "syncing", "renaming")


def _fill(monkeypatch: pytest.MonkeyPatch, where: str, folder: Path) -> None:
    """Let the operating system say ENOSPC there; of writing, the kernel itself says it."""

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    match where:
        case "making the folder":
            monkeypatch.setattr(Path, "mkdir", full)
        case "writing":  # the file aside has a name of its own; here it leads to a device that is always full
            monkeypatch.setattr(storing, "uuid4", lambda: SimpleNamespace(hex="aside"))
            for number in range(256):
                below = folder / f"{number:02x}"
                below.mkdir(parents=True)
                (below / ".aside").symlink_to("/dev/full")
        case "syncing":
            monkeypatch.setattr(os, "fsync", full)
        case _:
            monkeypatch.setattr(Path, "replace", full)


@pytest.mark.parametrize("where", FULL)
async def test_a_full_disk_is_told_and_leaves_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    store = FolderStore(tmp_path / "files")
    name = "0193a1b2-0000-7000-8000-0000000000ab.zh.pdf"
    if where == "renaming":
        await store.keep(name, b"the old one")
    with monkeypatch.context() as patch:
        _fill(patch, where, tmp_path / "files")
        with pytest.raises(Unavailable, match=os.strerror(errno.ENOSPC)):
            await store.keep(name, b"x" * 100_000)
    assert await store.fetch(name) == (b"the old one" if where == "renaming" else None)
    aside = tmp_path / "files" / "ab"
    assert not (list(aside.glob(".*")) if aside.exists() else [])

    await store.keep(name, b"the new one")
    assert await store.fetch(name) == b"the new one"


async def test_a_paper_that_the_disk_did_not_take_is_drawn_when_there_is_room(
    drawing: Flow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row stays and has not failed: however long the disk is full, nothing is set aside."""
    order = await drawing.named("林小川")
    await drawing.work()
    certificate = await drawing.certificate(order)
    await drawing.asks(certificate, "pdf")
    rows = await drawing.open_rows("draw_wanted")
    with monkeypatch.context() as patch:
        _fill(patch, "syncing", tmp_path / "files")
        for attempt in range(1, 11):
            await run(JOBS[RENDER]["draw_wanted"], rows, drawing.tools, attempt=attempt)
    assert await drawing.open_rows("draw_wanted") == rows
    (row,) = await fetch("SELECT failures, tries, dead_at FROM outbox_message WHERE id = $1", rows[0])
    assert row == {"failures": 0, "tries": 0, "dead_at": None}
    assert not [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert await _fetch(drawing, certificate) is None

    await run(JOBS[RENDER]["draw_wanted"], rows, drawing.tools, attempt=11)
    paper = await _fetch(drawing, certificate)
    assert paper is not None
    assert paper.startswith(b"%PDF")
    assert await drawing.open_rows("draw_wanted") == []


async def _fetch(flow: Flow, certificate: certificates.CertificateFacts) -> bytes | None:
    return await certificates.fetch_file(
        certificate.id, Language.ZH, "pdf", by=certificate.holder_id, files=flow.tools.gateways.files, keyring=KEYRING
    )
