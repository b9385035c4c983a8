"""Our side of the wire to a file system: whole files under names of our own, written so that half a file never shows."""

import os
from pathlib import Path
from typing import Final
from uuid import uuid4

from app.gateways.waiting import Threads
from app.kernel.errors import Unavailable

READERS: Final = 4
WAITING_MOST: Final = 128


class FileStore:
    """Keeps files below one folder. Names come from database keys only, never from a request."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._readers = Threads(READERS, waiting_most=WAITING_MOST)

    async def fetch(self, name: str) -> bytes | None:
        """`read`, in one of a few threads: a disk that hangs holds up whoever wants files, and nobody else.

        Raises:
            Crowded: too many wait for files.
            Unavailable: the disk does not give them.
        """
        return await self._readers.run(self.read, name)

    def write(self, name: str, data: bytes) -> None:
        """Keep the bytes under the name, replacing what was there, all or nothing: written aside, synced, renamed.

        Raises:
            Unavailable: the disk is full or refuses; nothing is kept.
        """
        target = self._path(name)
        aside = target.with_name(f".{uuid4().hex}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with aside.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(target)
        except OSError as trouble:
            aside.unlink(missing_ok=True)
            raise Unavailable(f"files: {trouble.strerror}") from trouble

    def read(self, name: str) -> bytes | None:
        """The bytes under the name; None where there are none.

        Raises:
            Unavailable: the disk does not give them.
        """
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as trouble:
            raise Unavailable(f"files: {trouble.strerror}") from trouble

    def erase(self, name: str) -> None:
        """Delete the bytes under the name; where there are none, nothing happens.

        Raises:
            Unavailable: the disk refuses.
        """
        try:
            self._path(name).unlink(missing_ok=True)
        except OSError as trouble:
            raise Unavailable(f"files: {trouble.strerror}") from trouble

    def _path(self, name: str) -> Path:
        assert "/" not in name, name
        assert not name.startswith("."), name
        # The last characters of a UUIDv7 are random, the first are the time: spread by the last.
        return self._folder / name.partition(".")[0][-2:] / name
