"""Where files lie: a folder or a bucket keep the same promises, and a bucket that does not answer is never an absent file."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.cli.operations.doctor_files import look_at_bucket
from app.gateways.files import FileStore, FolderStore, bucket
from app.gateways.files.base import place_of
from app.gateways.files.bucket import BucketStore
from app.kernel.errors import Unavailable
from tests.effort import moment_s
from tests.loopback import serving
from tests.storage import Storage, storage

__all__ = ["storage"]
NAME = "0193a1b2-0000-7000-8000-0000000000ab.zh.pdf"


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    if request.param == "folder":
        return FolderStore(tmp_path)
    return BucketStore(request.getfixturevalue("storage").bucket())


@pytest.mark.parametrize("data", [b"", b"\x00\xff\r\n paper", os.urandom(9_000_000)], ids=["empty", "bytes", "9 MB"])
async def test_a_file_comes_back_as_it_was_kept(store: FileStore, data: bytes) -> None:
    await store.keep(NAME, data)
    assert await store.fetch(NAME) == data


async def test_a_second_file_of_a_name_takes_the_place_of_the_first(store: FileStore) -> None:
    await store.keep(NAME, b"the first, which was longer")
    await store.keep(NAME, b"the second")
    assert await store.fetch(NAME) == b"the second"


async def test_a_file_that_was_never_kept_is_none(store: FileStore) -> None:
    assert await store.fetch("0193a1b2-0000-7000-8000-00000000ffff.zh.pdf") is None


async def test_a_file_that_is_dropped_is_gone_and_dropping_it_again_does_nothing(store: FileStore) -> None:
    await store.keep(NAME, b"paper")
    await store.drop(NAME)
    await store.drop(NAME)
    assert await store.fetch(NAME) is None


async def test_a_folder_is_copied_into_a_bucket_as_it_is(storage: Storage, tmp_path: Path) -> None:
    await FolderStore(tmp_path).keep(NAME, b"paper")
    await BucketStore(storage.bucket()).keep(NAME, b"paper")
    lies = place_of(NAME)
    assert (await asyncio.to_thread((tmp_path / lies).read_bytes)) == storage.read(f"papers/{lies}") == b"paper"


async def test_a_bucket_that_does_not_exist_is_no_absent_file(storage: Storage) -> None:
    """S3 answers 404 for both."""
    elsewhere = BucketStore(storage.bucket("elsewhere"))
    for call in (elsewhere.fetch(NAME), elsewhere.keep(NAME, b"paper"), elsewhere.drop(NAME)):
        with pytest.raises(Unavailable, match="404"):
            await call


async def test_a_storage_that_is_away_is_unavailable(storage: Storage) -> None:
    away = BucketStore(_at(storage, "http://127.0.0.1:9"))
    with pytest.raises(Unavailable):
        await away.fetch(NAME)


async def test_a_storage_that_keeps_silent_is_given_up(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket, "DEADLINE_S", moment_s(0.3))
    store = BucketStore(storage.bucket())
    storage.stop()
    try:
        with pytest.raises(Unavailable, match="no answer within"):
            await store.keep(NAME, b"paper")
    finally:
        storage.go_on()
    await asyncio.wait_for(store.keep(NAME, b"again"), 60)


ANSWERS = {
    "forbidden": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 35\r\n\r\n<Error><Code>AccessDenied</Code></E>",
    "broken": b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
    "a proxy's own 404": b"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nnginx",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "cut off": b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\nETag: "e"\r\nLast-Modified: '
    b"Mon, 30 Nov 2026 00:00:00 GMT\r\n\r\nhalf",
}


@pytest.fixture(params=ANSWERS)
async def odd(request: pytest.FixtureRequest, storage: Storage) -> AsyncIterator[BucketStore]:
    """A storage that answers one thing whatever it is asked, and hangs up."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWERS[request.param])
        await writer.drain()

    async with serving(answer) as port:
        yield BucketStore(_at(storage, f"http://127.0.0.1:{port}"))


async def test_an_answer_that_is_none_leaves_unknown_whether_the_file_is_there(odd: BucketStore) -> None:
    with pytest.raises(Unavailable, match=r"^files: "):
        await odd.fetch(NAME)


def _at(storage: Storage, endpoint: str) -> bucket.Bucket:
    there = storage.bucket()
    return bucket.Bucket(
        url=there.url, endpoint=endpoint, region=there.region, key_id=there.key_id, secret=there.secret
    )


async def test_the_doctor_tries_the_bucket_and_leaves_nothing_there(storage: Storage) -> None:
    good = await look_at_bucket(BucketStore(storage.bucket()), "s3://files/papers")
    bad = await look_at_bucket(BucketStore(storage.bucket("elsewhere")), "s3://elsewhere/papers")
    assert (good.state, bad.state) == ("good", "fault")
    assert "NoSuchBucket" in bad.detail.en or "404" in bad.detail.en
    assert not [name for name in storage.names() if "doctor" in name]
