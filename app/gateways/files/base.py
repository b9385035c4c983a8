"""What every store of files can do."""

from typing import Protocol


class FileStore(Protocol):
    """Keeps whole files by name. Nothing here belongs inside a transaction: a store may be a network away."""

    async def fetch(self, name: str) -> bytes | None:
        """The bytes under the name; None where there are none.

        Raises:
            Crowded: too many wait for files.
            Unavailable: the store does not answer, or not with the file; whether it is there is not known.
        """

    async def keep(self, name: str, data: bytes) -> None:
        """Keep the bytes under the name, replacing what was there, all or nothing; on return they are durable.

        Raises:
            Crowded: too many wait for files; nothing is kept.
            Unavailable: the store refuses or does not answer. Half a file never shows; a whole one may, where the
                answer alone was lost: keeping it again is harmless.
        """

    async def drop(self, name: str) -> None:
        """Delete the bytes under the name; where there are none, nothing happens.

        Raises:
            Crowded: too many wait for files.
            Unavailable: the store refuses or does not answer.
        """


def place_of(name: str) -> str:
    """Where a file lies below the store's beginning.

    The last characters of a UUIDv7 are random and the first are the time: files are spread by the last.
    """
    assert "/" not in name, name
    assert not name.startswith("."), name
    return f"{name.partition('.')[0][-2:]}/{name}"
