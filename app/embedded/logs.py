"""The servers' log files: kept to a size, and their ends shown when something fails."""

from pathlib import Path
from typing import Final

_SIZE_MAX: Final = 8 * 1024 * 1024


def turn(log: Path) -> None:
    """Set a grown file aside; one older file is kept. Only while no server writes to it."""
    if log.exists() and log.stat().st_size > _SIZE_MAX:
        log.rename(log.with_suffix(".log.1"))


def end_of(log: Path, *, lines: int = 6) -> str:
    """The last lines, as a terminal shows them."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4096))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
