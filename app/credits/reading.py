"""Reading what we hold and what a certificate says about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app.credits.rules import Programme
from app.gateways.database import Row, Tx, fetch
from app.kernel.text import Text


@dataclass(frozen=True, slots=True)
class LotFacts:
    """What is printed about a lot; fixed when it was opened."""

    id: int
    code: str
    programme: Programme
    project: Text
    project_number: str
    methodology: str
    place: Text
    vintage_start: date
    vintage_end: date
    serial_raw: str
    block_start: int
    mass_g: int


@dataclass(frozen=True, slots=True)
class Supply:
    """How many grams of a programme can be bought now, and from which project the next ones come."""

    programme: Programme
    open_g: int
    next_lot: LotFacts | None


_FACTS = (
    "l.id, l.code, l.programme, p.name_zh, p.name_en, p.number, p.methodology, p.place_zh, p.place_en,"
    " l.vintage_start, l.vintage_end, l.serial_raw, l.block_start, l.mass_g"
)


async def describe_lots(lot_ids: Iterable[int], *, tx: Tx | None = None) -> dict[int, LotFacts]:
    """The facts of each lot that exists, by id."""
    rows = await fetch(
        f"SELECT {_FACTS} FROM credit_lot l JOIN credit_project p ON p.id = l.project_id"
        " WHERE l.id = ANY($1::bigint[])",
        sorted(set(lot_ids)), tx=tx,
    )  # fmt: skip
    return {row["id"]: _facts(row) for row in rows}


async def supply(programme: Programme) -> Supply:
    """What of a programme is open, and the lot the next grams come from (oldest vintage, then lowest id)."""
    rows = await fetch(
        f"SELECT {_FACTS}, a.balance FROM credit_sellable_lot s JOIN credit_lot l ON l.id = s.id"
        " JOIN credit_project p ON p.id = l.project_id"
        " JOIN ledger_account a ON a.path = 'inventory:' || l.id AND a.unit = 'g:' || l.id"
        " WHERE l.programme = $1 AND a.balance > 0 ORDER BY l.vintage_end, l.id",
        programme.value,
    )  # fmt: skip
    return Supply(programme, sum(row["balance"] for row in rows), _facts(rows[0]) if rows else None)


def _facts(row: Row) -> LotFacts:
    return LotFacts(
        id=row["id"],
        code=row["code"],
        programme=Programme(row["programme"]),
        project=Text(zh=str(row["name_zh"]), en=str(row["name_en"])),
        project_number=str(row["number"]),
        methodology=str(row["methodology"]),
        place=Text(zh=str(row["place_zh"]), en=str(row["place_en"])),
        vintage_start=row["vintage_start"],
        vintage_end=row["vintage_end"],
        serial_raw=str(row["serial_raw"]),
        block_start=row["block_start"],
        mass_g=row["mass_g"],
    )
