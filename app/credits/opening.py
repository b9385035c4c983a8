"""Taking a registry's batch into the books."""

from dataclasses import dataclass
from datetime import date

from tortoise.exceptions import IntegrityError

from app import ledger, outbox
from app.credits.errors import LotOverlaps
from app.credits.events import LotOpened
from app.credits.models import CreditProject
from app.credits.rules import Programme, UnitKind, read_serial
from app.gateways.database import Tx, constraint, fetch_value, transaction
from app.kernel.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProject:
    """A project as an import names it; found again by programme and number."""

    programme: Programme
    number: str
    name: Text
    methodology: str
    unit_kind: UnitKind
    place: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLot:
    """A batch as an import names it; its mass is what its serial covers."""

    code: str
    project: NewProject
    serial: str
    vintage_start: date
    vintage_end: date
    issued_on: date
    trade_number: str | None = None


async def open_lot(lot: NewLot) -> int:
    """Write the lot down, open its accounts and post its grams into our inventory; answers its id.

    Repeated with the same code and serial it answers the same id and moves nothing.

    Raises:
        SerialUnreadable: the programme's parser cannot read the serial.
        LotOverlaps: the block, its serial or its trade number belongs to another lot already.
    """
    programme = lot.project.programme
    serial = read_serial(programme, lot.serial)
    known = await fetch_value("SELECT id FROM credit_lot WHERE code = $1 AND serial_key = $2", lot.code, serial.key)
    if known is not None:
        return int(known)
    try:
        async with transaction() as tx:
            project_id = await _project(lot.project, tx=tx)
            lot_id = await fetch_value(
                "INSERT INTO credit_lot (code, project_id, programme, vintage_start, vintage_end, issued_on, serial_raw,"
                " serial_key, series, series_id, block_start, block_stop, mass_g, trade_number, opened_at)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, clock_timestamp()) RETURNING id",
                lot.code, project_id, programme.value, lot.vintage_start, lot.vintage_end, lot.issued_on, serial.raw,
                serial.key, serial.series, serial.series_id, serial.block_start, serial.block_stop, serial.mass_g,
                lot.trade_number, tx=tx,
            )  # fmt: skip
            await ledger.open_accounts(
                {
                    f"source:{lot_id}": "external",
                    f"inventory:{lot_id}": "pool",
                    f"reserved:{lot_id}": "pool",
                    f"retired:{lot_id}": "pool",
                },
                unit=f"g:{lot_id}",
                tx=tx,
            )
            await ledger.post(
                f"open:{lot_id}",
                [
                    ledger.Leg(f"source:{lot_id}", f"g:{lot_id}", -serial.mass_g),
                    ledger.Leg(f"inventory:{lot_id}", f"g:{lot_id}", serial.mass_g),
                ],
                kind="open_lot",
                tx=tx,
            )
            await outbox.record(LotOpened(lot_id=lot_id, mass_g=serial.mass_g), tx=tx)
    except IntegrityError as refusal:
        if (constraint(refusal) or "").startswith("credit_lot_"):
            raise LotOverlaps(serial=lot.serial) from refusal
        raise
    outbox.nudge()
    return int(lot_id)


async def _project(project: NewProject, *, tx: Tx) -> object:
    row, _ = await CreditProject.get_or_create(
        programme=project.programme,
        number=project.number,
        defaults={
            "name_zh": project.name.zh,
            "name_en": project.name.en,
            "methodology": project.methodology,
            "unit_kind": project.unit_kind,
            "place_zh": project.place.zh,
            "place_en": project.place.en,
        },
        using_db=tx,
    )
    return row.id
