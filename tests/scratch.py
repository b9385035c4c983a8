"""Folders for the servers of tests: in memory where there is room, and gone afterwards.

The servers are set up as always, `fsync` included; in memory it returns at once, and waiting for a disk is no
behaviour that a test asks about. How long a disk takes is for `make bench`, which does not come here.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_MEMORY: Final = Path("/dev/shm")
_ROOM: Final = 4 * 2**30
"""Bytes free, at least: two databases with what a run of all tests writes need about one of these four."""


@contextlib.contextmanager
def scratch(name: str) -> Iterator[Path]:
    """An empty folder for the block, removed with all that is in it."""
    folder = Path(tempfile.mkdtemp(prefix=f"dd-{name}-", dir=_home()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _home() -> Path | None:
    try:
        return _MEMORY if shutil.disk_usage(_MEMORY).free >= _ROOM else None
    except OSError:
        return None
