"""What the doctor sees of the places where files lie: the data folder, its disk, and the bucket where one is named."""

import shutil
import tempfile
from collections.abc import Iterator
from typing import Final
from uuid import uuid4

from app.cli.reporting import Check, State, same
from app.gateways.files import FileStore, open_store
from app.kernel.errors import Unavailable
from app.kernel.text import Text
from config.settings import Settings, environment_name

FREE_LEAST: Final = 512 * 1024**2
FREE_WISHED: Final = 5 * 1024**3
"""Bytes; the files of one certificate take about half a million."""


async def look_at_files(settings: Settings) -> list[Check]:
    """The data folder always, since keys of a rehearsal and figures of the processes lie there; the bucket if named."""
    found = list(_data_folder(settings))
    if settings.files_url:
        found.append(await look_at_bucket(open_store(settings), settings.files_url))
    return found


async def look_at_bucket(store: FileStore, url: str) -> Check:
    """Whether a file that is not there is told as such, and whether one is kept, read and deleted."""
    name, data = f"doctor-{uuid4()}.txt", b"The doctor was here. This may be deleted."
    try:
        is_good = await store.fetch(name) is None
        await store.keep(name, data)
        is_good = is_good and await store.fetch(name) == data
        await store.drop(name)
    except Unavailable as refusal:
        names = ", ".join(environment_name(knob) for knob in ("files_url", "files_endpoint", "files_key_id"))
        fix = Text(
            zh=f"核对 {names}；我们的密钥要能读、写、删文件并列出桶（s3:ListBucket），否则缺失的文件会被说成拒绝",
            en=f"look at {names}; our key must get, put and delete objects and list the bucket (s3:ListBucket):"
            " without that a missing file is answered as a refusal",
        )
        return Check("bucket", "fault", same(f"{url}: {refusal}"), fix)
    fix = Text(
        zh="这个存储给出的不是写进去的内容：换一个", en="it does not give back what was kept: use another storage"
    )
    return Check("bucket", "good" if is_good else "fault", same(url), fix)


def _data_folder(settings: Settings) -> Iterator[Check]:
    folder = settings.data_folder
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"x")
    except OSError as refusal:
        name = environment_name("data_folder")
        fix = Text(
            zh=f"让 {name} 指向本用户可写的目录，例如 {name}=/var/lib/diandian",
            en=f"let {name} name a folder that we may write, such as {name}=/var/lib/diandian",
        )
        yield Check("data folder", "fault", same(f"{folder}: {refusal.strerror}"), fix)
    else:
        yield Check("data folder", "good", same(str(folder)))
    free = shutil.disk_usage(existing).free
    state: State = "good" if free >= FREE_WISHED else "note" if free >= FREE_LEAST else "fault"
    fix = Text(
        zh=f"证书与账本要地方：清理或扩大 {existing} 所在的磁盘，至少留 5 GiB",
        en=f"certificates and the books need room: clear or grow the disk of {existing} to 5 GiB at least",
    )
    yield Check("free space", state, same(f"{free / 1024**3:,.1f} GiB"), fix)
