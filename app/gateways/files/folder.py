"""Files in a folder of this machine, written so that half a file never shows."""

import os
from pathlib import Path
from typing import Final
from uuid import uuid4

from app.gateways.files.base import place_of
from app.gateways.waiting import Threads
from app.kernel.errors import Unavailable

READERS: Final = 4
WRITERS: Final = 4
WAITING_MOST: Final = 128


class FolderStore:
    """Keeps files below one folder. A few threads of its own: a disk that hangs holds up whoever wants files,
    and nobody else; a slow write holds up no reader."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._readers = Threads(READERS, waiting_most=WAITING_MOST)
        self._writers = Threads(WRITERS, waiting_most=WAITING_MOST)

    async def fetch(self, name: str) -> bytes | None:
        return await self._readers.run(self._read, name)

    async def keep(self, name: str, data: bytes) -> None:
        await self._writers.run(self._write, name, data)

    async def drop(self, name: str) -> None:
        await self._writers.run(self._erase, name)

    def _write(self, name: str, data: bytes) -> None:
        """Written aside, synced, renamed."""
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

    def _read(self, name: str) -> bytes | None:
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as trouble:
            raise Unavailable(f"files: {trouble.strerror}") from trouble

    def _erase(self, name: str) -> None:
        try:
            self._path(name).unlink(missing_ok=True)
        except OSError as trouble:
            raise Unavailable(f"files: {trouble.strerror}") from trouble

    def _path(self, name: str) -> Path:
        return self._folder / place_of(name)
