"""Papers that many machines share: drawn by one, read by any, sealed where they lie, and waiting while the bucket is away."""

from dataclasses import replace

import pytest

from app import certificates
from app.gateways.files.bucket import BucketStore
from app.kernel.errors import Unavailable
from app.kernel.text import Language
from tests.flow import Flow
from tests.rooms.conftest import KEYRING
from tests.storage import Storage, storage
from workers.jobs import JOBS
from workers.running import run
from workers.subscriptions import RENDER

__all__ = ["storage"]


async def _fetch(flow: Flow, certificate: certificates.CertificateFacts, store: BucketStore) -> bytes | None:
    return await certificates.fetch_file(
        certificate.id, Language.ZH, "pdf", by=certificate.holder_id, files=store, keyring=KEYRING
    )


def _in_bucket(flow: Flow, store: BucketStore) -> None:
    assert flow.tools.studio is not None
    flow.tools = replace(
        flow.tools, studio=replace(flow.tools.studio, files=store), gateways=replace(flow.tools.gateways, files=store)
    )


async def test_a_paper_drawn_on_one_machine_is_read_on_another_and_lies_sealed(drawing: Flow, storage: Storage) -> None:
    _in_bucket(drawing, BucketStore(storage.bucket()))
    order = await drawing.named("林小川")
    await drawing.work()
    certificate = await drawing.certificate(order)
    await drawing.asks(certificate, "pdf")
    await run(JOBS[RENDER]["draw_wanted"], await drawing.open_rows("draw_wanted"), drawing.tools, attempt=1)

    paper = await _fetch(drawing, certificate, BucketStore(storage.bucket()))
    assert paper is not None
    assert paper.startswith(b"%PDF")
    (lies,) = [name for name in storage.names() if str(certificate.id) in name]
    assert not storage.read(lies).startswith(b"%PDF")


async def test_a_paper_waits_while_the_bucket_is_away_and_nothing_has_failed(drawing: Flow, storage: Storage) -> None:
    order = await drawing.named("林小川")
    await drawing.work()
    certificate = await drawing.certificate(order)
    await drawing.asks(certificate, "pdf")
    rows = await drawing.open_rows("draw_wanted")
    away = BucketStore(replace(storage.bucket(), endpoint="http://127.0.0.1:9"))
    _in_bucket(drawing, away)
    await run(JOBS[RENDER]["draw_wanted"], rows, drawing.tools, attempt=1)
    assert await drawing.open_rows("draw_wanted") == rows

    store = BucketStore(storage.bucket())
    _in_bucket(drawing, store)
    await run(JOBS[RENDER]["draw_wanted"], rows, drawing.tools, attempt=2)
    assert await _fetch(drawing, certificate, store) is not None
    with pytest.raises(Unavailable):
        await _fetch(drawing, certificate, away)
