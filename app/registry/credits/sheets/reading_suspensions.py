"""Reading a file of suspended methodologies, as somebody keeps it: through the same door as every sheet."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from app.gateways.sheets import read_file
from app.kernel.cells import SheetRow
from app.kernel.text import Text
from app.kernel.typed import typed_code, typed_line
from app.registry.credits.errors import ColumnsUnfit
from app.registry.credits.sheets.cell_rules import Unread, day_of, plain, programme_of
from app.registry.credits.sheets.sheet_rules import FAULTS_MOST
from app.registry.credits.suspending import Suspension

T = TypeVar("T")

_COLUMNS: Final = ("programme", "code", "name_zh", "name_en", "suspended_from", "note_zh", "note_en", "source")


@dataclass(frozen=True, slots=True)
class ReadSuspensions:
    """What such a file says."""

    suspensions: tuple[Suspension, ...]
    notes: tuple[Text, ...]
    """What is hidden in it and was read all the same, and what is there and was not read."""


def read_suspensions(file: Path) -> ReadSuspensions:
    """The suspensions of a data file (`config/methodologies/suspended.csv`), CSV or XLSX.

    Raises:
        SheetUnreadable, SheetTooLarge, CodePageUnknown: it is no sheet.
        ColumnsUnfit: a column is missing, or cells cannot be read; all of them are named, the first
            thousand in full.
    """
    sheet = read_file(file)
    rows = sheet.rows
    places = {plain(text): place for place, text in enumerate(rows[0].texts)} if rows else {}
    if missing := [name for name in _COLUMNS if plain(name) not in places]:
        raise ColumnsUnfit(what_zh=f"缺少表头 {'、'.join(missing)}", what_en=f"missing: {', '.join(missing)}")
    faults: list[Text] = []
    read = [_suspension(row, {name: places[plain(name)] for name in _COLUMNS}, faults) for row in rows[1:]]
    if faults:
        if (more := len(faults) - FAULTS_MOST) > 0:
            del faults[FAULTS_MOST:]
            faults.append(Text(zh=f"另有 {more:,} 处问题", en=f"and {more:,} more faults"))
        raise ColumnsUnfit(what_zh="；".join(one.zh for one in faults), what_en="; ".join(one.en for one in faults))
    return ReadSuspensions(tuple(suspension for suspension in read if suspension is not None), sheet.notes)


def _suspension(row: SheetRow, places: dict[str, int], faults: list[Text]) -> Suspension | None:
    before = len(faults)

    def tell(name: str, reason: Text) -> None:
        cell = row.name(places[name])
        faults.append(Text(zh=f"{cell} {reason.zh}", en=f"{cell} {reason.en}"))

    def read(name: str, reader: Callable[[str], T]) -> T | None:
        place = places[name]
        try:
            return reader(row.texts[place] if place < len(row.texts) else "")
        except Unread as fault:
            if place not in row.faults:
                tell(name, fault.reason)
            return None

    for name, place in places.items():
        if (fault := row.faults.get(place)) is not None:
            tell(name, fault)
    programme = read("programme", lambda text: programme_of(typed_code(text)))
    day = read("suspended_from", lambda text: day_of(typed_code(text)))
    words = {name: read(name, typed_line) or "" for name in _COLUMNS}
    if programme is None or day is None or len(faults) > before:
        return None
    return Suspension(
        programme=programme,
        code=typed_code(words["code"]),
        suspended_from=day,
        note=Text(zh=words["note_zh"], en=words["note_en"]),
        source=words["source"],
        name=Text(zh=words["name_zh"], en=words["name_en"]),
    )
