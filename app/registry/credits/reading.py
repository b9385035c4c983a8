"""Reading what we hold and what a certificate says about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import msgspec

from app.gateways.database import Row, Tx, fetch
from app.kernel.text import Text
from app.registry.credits.correction_rules import read_changes
from app.registry.credits.rules import Programme, UnitKind


@dataclass(frozen=True, slots=True, kw_only=True)
class LotFacts:
    """What is known about a lot: fixed when it was opened, but for what two people corrected later."""

    id: int
    code: str
    programme: Programme
    project: Text
    project_number: str
    methodology: str
    unit_kind: UnitKind
    place: Text
    country: str
    vintage_start: date
    vintage_end: date
    issued_on: date
    serial_raw: str
    block_start: int
    mass_g: int
    monitoring_start: date | None = None
    """None, here and below: not known."""
    monitoring_end: date | None = None
    source_market: str | None = None
    trade_number: str | None = None
    certificate_number: str | None = None
    labels: tuple[str, ...] = ()
    is_real: bool | None = None
    is_additional: bool | None = None
    is_permanent: bool | None = None
    is_raw_only: bool = False
    """Whether we count its tonnes ourselves, within its certificate."""
    suspended_from: date | None = None
    """The first day its methodology is not sold; None: in force."""
    suspension_note: Text | None = None
    """Why, for the public; never a doubt about what was retired."""


@dataclass(frozen=True, slots=True)
class Supply:
    """How many grams of a programme can be bought now, and from which project the next ones come."""

    programme: Programme
    open_g: int
    next_lot: LotFacts | None


_FACTS: Final = (
    "l.id, l.code, l.programme, p.name_zh, p.name_en, p.number, p.methodology, p.place_zh, p.place_en, l.unit_kind,"
    " l.country, l.vintage_start, l.vintage_end, l.monitoring_start, l.monitoring_end, l.issued_on, l.source_market,"
    " l.serial_raw, l.block_start, l.mass_g, l.trade_number, l.certificate_number, l.labels, l.is_real, l.is_additional,"
    " l.is_permanent, l.is_raw_only, m.suspended_from, m.note_zh, m.note_en,"
    " (SELECT jsonb_agg(c.changes ORDER BY c.id) FROM credit_lot_correction c WHERE c.lot_id = l.id) AS corrections"
)
_LOTS: Final = (
    "credit_lot l JOIN credit_project p ON p.id = l.project_id"
    " JOIN credit_methodology m ON m.programme = p.programme AND m.code = p.methodology"
)


async def describe_lots(lot_ids: Iterable[int], *, tx: Tx | None = None) -> dict[int, LotFacts]:
    """The facts of each lot that exists, by id."""
    rows = await fetch(
        f"SELECT {_FACTS} FROM {_LOTS} WHERE l.id = ANY($1::bigint[])",
        sorted(set(lot_ids)), tx=tx,
    )  # fmt: skip
    return {row["id"]: _facts(row) for row in rows}


async def supply(programme: Programme) -> Supply:
    """What of a programme may be sold now, and the lot the next grams come from (oldest vintage, then lowest id).

    A lot of a suspended methodology is not counted.
    """
    rows = await fetch(
        f"SELECT {_FACTS}, a.balance FROM {_LOTS} JOIN credit_sellable_lot s ON s.id = l.id"
        " JOIN ledger_account a ON a.path = 'inventory:' || l.id AND a.unit = 'g:' || l.id"
        " WHERE l.programme = $1 AND a.balance > 0 ORDER BY l.vintage_end, l.id",
        programme.value,
    )  # fmt: skip
    return Supply(programme, sum(row["balance"] for row in rows), _facts(rows[0]) if rows else None)


def _facts(row: Row) -> LotFacts:
    facts = LotFacts(
        id=row["id"],
        code=row["code"],
        programme=Programme(row["programme"]),
        project=Text(zh=str(row["name_zh"]), en=str(row["name_en"])),
        project_number=str(row["number"]),
        methodology=str(row["methodology"]),
        unit_kind=UnitKind(row["unit_kind"]),
        place=Text(zh=str(row["place_zh"]), en=str(row["place_en"])),
        country=row["country"],
        vintage_start=row["vintage_start"],
        vintage_end=row["vintage_end"],
        issued_on=row["issued_on"],
        serial_raw=str(row["serial_raw"]),
        block_start=row["block_start"],
        mass_g=row["mass_g"],
        monitoring_start=row["monitoring_start"],
        monitoring_end=row["monitoring_end"],
        source_market=row["source_market"],
        trade_number=row["trade_number"],
        certificate_number=row["certificate_number"],
        labels=tuple(_json(row["labels"])),
        is_real=row["is_real"],
        is_additional=row["is_additional"],
        is_permanent=row["is_permanent"],
        is_raw_only=row["is_raw_only"],
        suspended_from=row["suspended_from"],
        suspension_note=Text(zh=row["note_zh"], en=row["note_en"]) if row["suspended_from"] else None,
    )
    changes: dict[str, object] = {}
    for correction in _json(row["corrections"]) or ():
        changes |= read_changes(correction)
    return replace(facts, **_known(changes)) if changes else facts


def _known(changes: Mapping[str, object]) -> Mapping[str, Any]:
    return changes


def _json(value: object) -> Any:  # noqa: ANN401 - a JSON column's own type
    return msgspec.json.decode(value) if isinstance(value, str) else value
