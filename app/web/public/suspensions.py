"""What the public is told beside a certificate whose methodology was suspended later."""

import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Language, Text
from app.registry import credits

_KEPT_S: Final = 10.0
"""How long the few suspensions there are may be old; each verification would read them otherwise."""

_read: list[tuple[float, dict[tuple[str, str], Text]]] = []


async def notes_on(lines: Iterable[Mapping[str, Any]], language: Language) -> str | None:
    """The notes on the methodologies of a record's lines, each once, in the order of the lines; None without."""
    notes = await _suspended()
    found = (notes.get((line["programme"], line["methodology"])) for line in lines)
    told = dict.fromkeys(note.in_(language) for note in found if note is not None)
    return " ".join(told) or None


async def _suspended() -> dict[tuple[str, str], Text]:
    now = time.monotonic()
    if _read and now - _read[0][0] < _KEPT_S:
        return _read[0][1]
    today = beijing_day(utc_now())
    notes = {
        (one.programme.value, one.code): one.note
        for one in await credits.list_methodologies()
        if one.suspended_from is not None and one.suspended_from <= today
    }
    _read[:] = [(now, notes)]
    return notes
