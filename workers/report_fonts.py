"""The drawing worker reports what its fonts can print, at its start and every two minutes; the doors ask by that."""

import asyncio
import contextlib
from typing import Final

import structlog

from app.foundation import fonts
from app.gateways.database import TROUBLE
from app.kernel.drawing.glyphs import Coverage

EVERY_S: Final = 120
AGAIN_S: Final = 5
"""After a database that was away."""

_log = structlog.get_logger()


async def report_fonts(coverage: Coverage, *, stop: asyncio.Event) -> None:
    """Report until `stop` is set; names that were accepted by other fonts are noticed in the log."""
    while not stop.is_set():
        pause_s = EVERY_S
        try:
            await _report(coverage)
        except TROUBLE as trouble:
            _log.warning("fonts.not_reported", error=type(trouble).__name__)
            pause_s = AGAIN_S
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause_s)


async def _report(coverage: Coverage) -> None:
    before = await fonts.coverages()
    await fonts.report(coverage)
    had, _ = fonts.scripts([one.coverage for one in before[:1]])
    _, lacking = fonts.scripts([coverage])
    if before and (lost := sorted(set(had) & set(lacking))):
        _log.warning("fonts.fewer", count=len(lost), name=", ".join(lost))
