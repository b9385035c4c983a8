"""Whether a text can be printed, asked of those who print it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from app.foundation.fonts.errors import NotPrintable
from app.foundation.fonts.finding import find_fonts
from app.foundation.fonts.rules import faults, in_words
from app.gateways.database import Tx, fetch
from app.kernel.drawing.glyphs import Coverage, read_coverage

IN_USE: Final = (
    "SELECT digest, reported_at FROM font_coverage"
    " WHERE reported_at > (SELECT max(reported_at) FROM font_coverage) - interval '5 minutes' ORDER BY reported_at DESC"
)
"""A worker reports every two minutes; a set last reported five minutes before the latest belongs to a worker that has ended.
While no worker runs, the last report stands."""

_known: dict[bytes, Coverage] = {}
"""By digest, so never out of date; a row's document is read once for each process."""
_folders: list[Path] = []


@dataclass(frozen=True, slots=True)
class WorkerFonts:
    """The fonts of a drawing worker, as it reported them."""

    coverage: Coverage
    reported_at: datetime


async def demand(texts: Mapping[str, str | None], *, tx: Tx | None = None) -> None:
    """Refuse texts that a certificate could not show, each under its field; None and the empty text pass.

    Every set of fonts in use must have all characters, since any worker may draw the certificate. Before the first
    worker has reported anything, this process's own fonts answer: the same wheels, and on one machine the same folders.

    Raises:
        NotPrintable: of the first field at fault, with its characters.
    """
    asked = {field: text for field, text in texts.items() if text}
    if not asked:
        return
    known = [one.coverage for one in await coverages(tx=tx)] or [own()]
    for field, text in asked.items():
        if found := faults(text, known):
            raise NotPrintable(
                field=field,
                characters_zh=in_words(found, is_chinese=True),
                characters_en=in_words(found, is_chinese=False),
            )


async def coverages(*, tx: Tx | None = None) -> list[WorkerFonts]:
    """What the drawing workers in use have reported, the latest first; empty before the first."""
    rows = await fetch(IN_USE, tx=tx)
    if new := [row["digest"] for row in rows if row["digest"] not in _known]:
        found = await fetch("SELECT digest, document FROM font_coverage WHERE digest = ANY($1::bytea[])", new, tx=tx)
        _known.update({row["digest"]: read_coverage(row["document"]) for row in found})
    return [WorkerFonts(_known[row["digest"]], row["reported_at"]) for row in rows]


def use_folders(folders: Sequence[Path]) -> None:
    """Where this process looks for fonts besides the wheels and the system's own; said once, by the entrance."""
    _folders[:] = folders
    own.cache_clear()


@lru_cache(maxsize=1)
def own() -> Coverage:
    """What the fonts of this process draw; reading them takes a tenth of a second."""
    return find_fonts(_folders).coverage
