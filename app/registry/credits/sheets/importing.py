"""Taking a sheet of lots in: looked at row by row first, then all of it in one transaction, or nothing."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from tortoise.exceptions import IntegrityError

from app.foundation import approvals, outbox
from app.foundation.approvals import Proposal
from app.gateways.database import Row, Tx, constraint, fetch, transaction
from app.kernel.cells import SheetRow
from app.kernel.text import Text
from app.registry.credits.errors import LotOverlaps, ProjectDisagrees
from app.registry.credits.lot_rules import NewProject
from app.registry.credits.opening import agree, is_overlap, known_projects, stand_in_line, write_lots
from app.registry.credits.proposing import propose_many
from app.registry.credits.rules import Programme, ProposalKind
from app.registry.credits.serials.serial_rules import names_of, normalised
from app.registry.credits.sheets.sheet_rules import ReadRow, RowKind, RowResult, read_rows

CHUNK: Final = 500
"""Lots written by one statement; between two of them progress is told."""

Progress = Callable[[int, int], None]
"""Hears how many rows of how many are written."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What becomes of each row of a sheet."""

    verdicts: tuple[RowResult, ...]
    """In the order of the rows."""
    is_applied: bool
    """Whether the good rows were taken in; without, nothing changed."""
    notes: tuple[Text, ...] = ()
    """What of the sheet was not read."""

    @property
    def counts(self) -> Mapping[RowKind, int]:
        """How many rows of each kind there are."""
        return Counter(verdict.kind for verdict in self.verdicts)

    @property
    def is_good(self) -> bool:
        """Whether no row is at fault."""
        return all(verdict.kind.is_good for verdict in self.verdicts)


async def examine_lots(rows: Sequence[SheetRow], *, by: UUID | None = None) -> Examined:
    """What would become of each row. Changes nothing.

    `by` proposes the lots that take two people; without anybody such a row is at fault.

    Raises:
        ColumnsUnfit: the headings are not the template's, or there is no row.
    """
    verdicts, _, notes = await _examine(rows, by=by, tx=None)
    return Examined(verdicts, is_applied=False, notes=notes)


async def import_lots(
    rows: Sequence[SheetRow], *, skip_bad: bool = False, by: UUID | None = None, progress: Progress | None = None
) -> Examined:
    """Take the good rows in, all in one transaction. With a bad row among them nothing is, unless `skip_bad`.

    Two imports wait for each other. A row that is here already stays as it is, so a repeat changes nothing.

    Raises:
        ColumnsUnfit: as `examine_lots`.
        LotOverlaps: somebody opened such a lot by another way at this moment; nothing was taken in, try again.
    """
    try:
        async with transaction() as tx:
            await stand_in_line(tx)
            verdicts, found, notes = await _examine(rows, by=by, tx=tx)
            examined = Examined(verdicts, is_applied=_may_apply(verdicts, skip_bad=skip_bad), notes=notes)
            if examined.is_applied:
                await _write(verdicts, found, by=by, progress=progress, tx=tx)
    except IntegrityError as refusal:
        if is_overlap(refusal):
            raise LotOverlaps(serial=constraint(refusal)) from refusal
        raise
    outbox.nudge()
    return examined


def _may_apply(verdicts: Sequence[RowResult], *, skip_bad: bool) -> bool:
    """Without a fault, or where rows at fault are to be skipped; headings at fault leave every row in doubt."""
    if any(verdict.kind is RowKind.HEADINGS for verdict in verdicts):
        return False
    return skip_bad or all(verdict.kind.is_good for verdict in verdicts)


async def _write(
    verdicts: Sequence[RowResult],
    found: Mapping[int, ReadRow],
    *,
    by: UUID | None,
    progress: Progress | None,
    tx: Tx,
) -> None:
    new = [found[verdict.row] for verdict in verdicts if verdict.kind is RowKind.NEW]
    for start in range(0, len(new), CHUNK):
        await write_lots([row.lot for row in new[start : start + CHUNK]], tx=tx)
        if progress is not None:
            progress(min(start + CHUNK, len(new)), len(new))
    proposed = [found[verdict.row] for verdict in verdicts if verdict.kind is RowKind.PROPOSED]
    if proposed:
        assert by is not None, "a fault otherwise"
        wanted = [Proposal(subject=row.lot.serial.series, payload=row.lot.lot) for row in proposed]
        await propose_many(ProposalKind.LOT, wanted, by=by, tx=tx)


async def _examine(
    rows: Sequence[SheetRow], *, by: UUID | None, tx: Tx | None
) -> tuple[tuple[RowResult, ...], dict[int, ReadRow], tuple[Text, ...]]:
    read = read_rows(rows)
    good = read.good
    met: dict[int, list[Row]] = {}
    for found in await _met(good, tx=tx):
        met.setdefault(found["row"], []).append(found)
    keys = {(row.lot.lot.project.programme, row.lot.lot.project.number) for row in good}
    projects = {key: project for key, (_, project) in (await known_projects(sorted(keys), tx=tx)).items()}
    waiting = await _waiting(good, tx=tx)
    verdicts = [*read.bad, *(_verdict(row, met.get(row.row, []), projects, waiting, by) for row in good)]
    return tuple(sorted(verdicts, key=lambda verdict: verdict.row)), {row.row: row for row in good}, read.notes


def _verdict(
    row: ReadRow,
    met: Sequence[Row],
    projects: dict[tuple[Programme, str], NewProject],
    waiting: Mapping[str, str],
    by: UUID | None,
) -> RowResult:
    lot = row.lot.lot
    if met:
        return _meeting(row, met)
    faults: list[tuple[str | None, Text]] = []
    try:
        agree(projects.setdefault((lot.project.programme, lot.project.number), lot.project), lot.project)
    except ProjectDisagrees as fault:
        faults.append(("project_number", fault.message()))
    if row.lot.is_raw_only and by is None:
        told = Text(zh="须指明录入人（--by），并由另一人复核", en="say who types it (--by); another person confirms it")
        faults.append(("serial", told))
    if faults:
        return row.verdicts(RowKind.UNREADABLE, faults)
    if not row.lot.is_raw_only:
        return row.verdict(RowKind.NEW)
    text = waiting.get(row.lot.serial.series)
    if text is not None and text != approvals.canonical(lot):
        reason = Text(zh="同一证书另有待复核的录入", en="another text about this certificate waits")
        return row.verdict(RowKind.OVERLAPS, field="certificate_number", reason=reason)
    return row.verdict(RowKind.PROPOSED)


def _meeting(row: ReadRow, met: Sequence[Row]) -> RowResult:
    """A row that meets lots of ours: the same lot, or lots in its way, each with the field in which it is."""
    lot, first = row.lot.lot, met[0]
    known: str = first["code"]
    if known != lot.code or first["serial_key"] != row.lot.serial.key:
        ways = {(one["field"], one["code"]): _reason(row, one) for one in met}
        return row.verdicts(RowKind.OVERLAPS, [(field, reason) for (field, _), reason in ways.items()], lot=known)
    facts = (
        ("project_number", first["number"], lot.project.number),
        ("vintage_start", first["vintage_start"], lot.vintage_start),
        ("vintage_end", first["vintage_end"], lot.vintage_end),
        ("issued_on", first["issued_on"], lot.issued_on),
        ("trade_number", first["trade_number"], lot.trade_number or first["trade_number"]),
    )
    others = [
        (field, Text(zh=f"已有同一批次，所载为 {ours}", en=f"the same lot is here with {ours}"))
        for field, ours, given in facts
        if ours != given
    ]
    others += [(one["field"], _reason(row, one)) for one in met if one["code"] != known]
    return row.verdicts(RowKind.OVERLAPS if others else RowKind.KNOWN, others, lot=known)


def _reason(row: ReadRow, met: Row) -> Text:
    """Why a lot is in the way of a row."""
    code = met["code"]
    if row.lot.is_raw_only and met["nth"] == _BY_NAME:
        return Text(
            zh=f"其登记批次或证书已在批次 {code} 中；若为其他吨，须写明吨号",
            en=f"its batch or certificate is in lot {code}; if these are other tonnes, name their numbers",
        )
    return Text(zh=f"与批次 {code} 冲突", en=f"is, or overlaps, lot {code}")


_BY_NAME: Final = 4
_MET: Final = """
WITH w AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS w ("row" int, code text, trade_number text, programme text,
           serial_key text, names jsonb, raw_only boolean, series_id bigint, block_start bigint, block_stop bigint)),
met AS (
    SELECT w."row", 1 AS nth, 'code' AS field, l.id FROM w JOIN credit_lot l USING (code)
    UNION ALL
    SELECT w."row", 2, 'trade_number', l.id FROM w JOIN credit_lot l USING (trade_number)
    UNION ALL
    SELECT w."row", 3, 'serial', l.id FROM w JOIN credit_lot l USING (programme, serial_key)
    UNION ALL
    SELECT w."row", 4, n.field, c.lot_id FROM w CROSS JOIN LATERAL jsonb_each_text(w.names) AS n (name, field)
    JOIN credit_name c ON c.name = n.name AND (w.raw_only OR c.is_whole)
    UNION ALL
    SELECT w."row", 5, 'serial', b.lot_id FROM w JOIN credit_block b
    ON int8range(b.series_id, b.series_id, '[]') && int8range(w.series_id, w.series_id, '[]')
    AND b.range && int8range(w.block_start, w.block_stop) WHERE NOT w.raw_only)
SELECT met."row", met.nth, met.field, l.code, l.serial_key, l.vintage_start, l.vintage_end, l.issued_on, l.trade_number,
       p.number
FROM met JOIN credit_lot l USING (id) JOIN credit_project p ON p.id = l.project_id ORDER BY met."row", met.nth, l.id
"""


async def _met(rows: Sequence[ReadRow], *, tx: Tx | None) -> list[Row]:
    """The lots in the books that each row meets, the telling ones first."""
    return await fetch(_MET, json.dumps(list(map(_asked, rows)), ensure_ascii=False), tx=tx)


def _asked(row: ReadRow) -> dict[str, Any]:
    lot, serial = row.lot.lot, row.lot.serial
    return {
        "row": row.row,
        "code": lot.code,
        "trade_number": lot.trade_number,
        "programme": lot.project.programme.value,
        "serial_key": serial.key,
        "names": dict.fromkeys(names_of(normalised(lot.certificate_number or "")), "certificate_number")
        | dict.fromkeys(names_of(normalised(lot.serial)), "serial"),
        "raw_only": row.lot.is_raw_only,
        "series_id": serial.series_id,
        "block_start": serial.block_start,
        "block_stop": serial.block_stop,
    }


async def _waiting(rows: Sequence[ReadRow], *, tx: Tx | None) -> dict[str, str]:
    """What waits for its second person about the certificates of these rows."""
    series = [row.lot.serial.series for row in rows if row.lot.is_raw_only]
    if not series:
        return {}
    return {one.subject: one.payload for one in await approvals.list_open(ProposalKind.LOT, series, tx=tx)}
