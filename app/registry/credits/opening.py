"""Taking registries' batches into the books."""

import json
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from tortoise.exceptions import IntegrityError

from app.foundation import fonts, outbox
from app.gateways.database import Tx, constraint, fetch, fetch_value, transaction
from app.kernel.ids import uuid7
from app.kernel.text import Text
from app.registry import ledger
from app.registry.credits.errors import LotNeedsTwo, LotOverlaps, ProjectDisagrees
from app.registry.credits.events import LotOpened
from app.registry.credits.lot_rules import FitLot, NewLot, NewProject, fit
from app.registry.credits.rules import Programme
from app.registry.credits.serials.serial_rules import normalised

_COLUMNS: Final = (
    "code, project_id, programme, vintage_start, vintage_end, monitoring_start, monitoring_end, issued_on, unit_kind,"
    " country, source_market, serial_raw, serial_key, serial_fields, series, series_id, block_start, block_stop, mass_g,"
    " trade_number, certificate_number, certificate_key, labels, is_real, is_additional, is_permanent, is_raw_only,"
    " approval_id"
)
# The ledger's own function, once for each lot of a set and in one round trip for all of them.
_OPEN_ACCOUNTS: Final = (
    "SELECT count(ledger.open(ARRAY['source:' || id, 'inventory:' || id, 'reserved:' || id, 'retired:' || id],"
    " 'g:' || id, ARRAY['external', 'pool', 'pool', 'pool'])) FROM unnest($1::bigint[]) AS l (id)"
)


async def open_lot(lot: NewLot) -> int:
    """Write the lot down, open its accounts and post its grams into our inventory; answers its id.

    Repeated with the same code and serial it answers the same id and moves nothing.

    Raises:
        SerialUnreadable: it is no serial of a registry of the programme.
        SerialOfAnotherRegistry: it is one of another registry.
        SerialDisagrees, LotUnfit: what the lot says does not hold together.
        LotNeedsTwo: its serial does not say its tonnes; `propose_lot` takes it.
        ProjectDisagrees: its project is known otherwise.
        LotOverlaps: its tonnes, serial, certificate or trade number belong to a lot already, of whatever programme.
        NotPrintable: a text that no certificate could show.
    """
    fit_lot = fit(lot)
    if fit_lot.is_raw_only:
        raise LotNeedsTwo(serial=lot.serial or lot.certificate_number)
    known = await fetch_value(
        "SELECT id FROM credit_lot WHERE code = $1 AND serial_key = $2", lot.code, fit_lot.serial.key
    )
    if known is not None:
        return int(known)
    try:
        async with transaction() as tx:
            await stand_in_line(tx)
            (lot_id,) = await write_lots([fit_lot], tx=tx)
    except IntegrityError as refusal:
        if is_overlap(refusal):
            raise LotOverlaps(serial=lot.serial) from refusal
        raise
    outbox.nudge()
    return lot_id


def is_overlap(refusal: IntegrityError) -> bool:
    """Whether PostgreSQL refused a lot since what it holds is in another."""
    return (constraint(refusal) or "").startswith(("credit_lot_", "credit_block_", "credit_name_"))


async def stand_in_line(tx: Tx) -> None:
    """Wait until nobody else opens lots: two who open the same tonnes would else wait for each other.

    PostgreSQL does it before the first row of a lot; called here before anything else is written.
    """
    await fetch("SELECT pg_advisory_xact_lock(credits.key63('import of lots'))", tx=tx)


async def write_lots(lots: Sequence[FitLot], *, approved: Mapping[str, UUID] | None = None, tx: Tx) -> list[int]:
    """Write a set of lots with accounts, grams and events, in the order given; answers their ids.

    A fixed number of round trips for any number of lots. `approved` names what two people agreed upon, by the
    lot's code. A lot that overlaps is an IntegrityError, which `is_overlap` knows. What each lot stands for
    (`credit_block`, `credit_name`) is written by PostgreSQL with its row. The caller stands in line.

    Raises:
        ProjectDisagrees: a project is known otherwise.
        NotPrintable: a text that no certificate could show.
    """
    await fonts.demand(_printed([one.lot for one in lots]), tx=tx)
    projects = await _projects([one.lot.project for one in lots], tx=tx)
    rows = [
        _row(one, projects[one.lot.project.programme, one.lot.project.number], (approved or {}).get(one.lot.code))
        for one in lots
    ]
    written = await fetch(
        f"INSERT INTO credit_lot ({_COLUMNS}, opened_at) SELECT {_COLUMNS}, clock_timestamp()"
        " FROM jsonb_populate_recordset(NULL::credit_lot, $1::jsonb) RETURNING id, code, mass_g",
        json.dumps(rows, ensure_ascii=False), tx=tx,
    )  # fmt: skip
    ids = [row["id"] for row in written]
    await fetch(_OPEN_ACCOUNTS, ids, tx=tx)
    legs = [
        leg
        for row in written
        for leg in (
            ledger.Leg(f"source:{row['id']}", f"g:{row['id']}", -row["mass_g"]),
            ledger.Leg(f"inventory:{row['id']}", f"g:{row['id']}", row["mass_g"]),
        )
    ]
    # One transfer for the set: each lot is a unit of its own, and the sum of every unit is checked all the same.
    cause = f"open:{ids[0]}" if len(ids) == 1 else f"open:{ids[0]}-{ids[-1]}"
    await ledger.post(cause, legs, kind="open_lot", tx=tx)
    await outbox.record(*(LotOpened(lot_id=row["id"], mass_g=row["mass_g"]) for row in written), tx=tx)
    by_code = {row["code"]: row["id"] for row in written}
    return [by_code[one.lot.code] for one in lots]


def _printed(lots: Sequence[NewLot]) -> dict[str, str | None]:
    """What of these lots is printed on certificates, by field; of several lots with the lot's code, each text once."""
    texts: dict[str, str] = {}
    for lot in lots:
        project, place = lot.project, "" if len(lots) == 1 else f"/{lot.code}"
        for field, text in (
            ("code", lot.code),
            ("serial", lot.serial),
            ("project_number", project.number),
            ("project_zh", project.name.zh),
            ("project_en", project.name.en),
            ("methodology", project.methodology),
            ("place_zh", project.place.zh),
            ("place_en", project.place.en),
        ):
            texts.setdefault(text or "", f"{place}/{field}")
    return {field: text for text, field in texts.items()}


def _row(fit_lot: FitLot, project_id: UUID, approval_id: UUID | None) -> dict[str, object]:
    lot, serial = fit_lot.lot, fit_lot.serial
    certificate = lot.certificate_number
    return {
        "code": lot.code,
        "project_id": str(project_id),
        "programme": lot.project.programme.value,
        "vintage_start": lot.vintage_start.isoformat(),
        "vintage_end": lot.vintage_end.isoformat(),
        "monitoring_start": lot.monitoring_start.isoformat() if lot.monitoring_start else None,
        "monitoring_end": lot.monitoring_end.isoformat() if lot.monitoring_end else None,
        "issued_on": lot.issued_on.isoformat(),
        "unit_kind": lot.project.unit_kind.value,
        "country": fit_lot.country,
        "source_market": lot.source_market,
        "serial_raw": serial.raw,
        "serial_key": serial.key,
        "serial_fields": dict(serial.fields),
        "series": serial.series,
        "series_id": serial.series_id,
        "block_start": serial.block_start,
        "block_stop": serial.block_stop,
        "mass_g": serial.mass_g,
        "trade_number": lot.trade_number,
        "certificate_number": certificate,
        "certificate_key": normalised(certificate) if certificate is not None else None,
        "labels": list(lot.labels),
        "is_real": lot.is_real,
        "is_additional": lot.is_additional,
        "is_permanent": lot.is_permanent,
        "is_raw_only": fit_lot.is_raw_only,
        "approval_id": str(approval_id) if approval_id else None,
    }


async def _projects(wanted: Sequence[NewProject], *, tx: Tx) -> dict[tuple[Programme, str], UUID]:
    """The ids of these projects by programme and number; those and the methodologies that are new are written."""
    by_key: dict[tuple[Programme, str], NewProject] = {}
    for project in wanted:
        agree(by_key.setdefault((project.programme, project.number), project), project)
    rows = [
        {
            "id": str(uuid7()),
            "programme": project.programme.value,
            "number": project.number,
            "name_zh": project.name.zh,
            "name_en": project.name.en,
            "methodology": project.methodology,
            "unit_kind": project.unit_kind.value,
            "place_zh": project.place.zh,
            "place_en": project.place.en,
        }
        for project in by_key.values()
    ]
    document = json.dumps(rows, ensure_ascii=False)
    await fetch(
        "INSERT INTO credit_methodology (id, programme, code, name_zh, name_en, note_zh, note_en, source)"
        " SELECT gen_random_uuid(), programme, methodology, methodology, methodology, '', '', 'named by a project'"
        " FROM (SELECT DISTINCT programme, methodology FROM jsonb_populate_recordset(NULL::credit_project, $1::jsonb)) p"
        " ON CONFLICT ON CONSTRAINT credit_methodology_programme_code_key DO NOTHING",
        document, tx=tx,
    )  # fmt: skip
    await fetch(
        "INSERT INTO credit_project SELECT * FROM jsonb_populate_recordset(NULL::credit_project, $1::jsonb)"
        " ON CONFLICT ON CONSTRAINT credit_project_programme_number_key DO NOTHING",
        document, tx=tx,
    )  # fmt: skip
    known = await known_projects(list(by_key), tx=tx)
    for key, project in by_key.items():
        agree(known[key][1], project)
    return {key: project_id for key, (project_id, _) in known.items()}


async def known_projects(
    keys: Sequence[tuple[Programme, str]], *, tx: Tx | None = None
) -> dict[tuple[Programme, str], tuple[UUID, NewProject]]:
    """The projects among these (programme, number) that are in the books."""
    rows = await fetch(
        "SELECT p.* FROM credit_project p"
        " JOIN unnest($1::text[], $2::text[]) AS k (programme, number) USING (programme, number)",
        [programme.value for programme, _ in keys], [number for _, number in keys], tx=tx,
    )  # fmt: skip
    return {
        (Programme(row["programme"]), row["number"]): (
            row["id"],
            NewProject(
                programme=Programme(row["programme"]),
                number=row["number"],
                name=Text(zh=row["name_zh"], en=row["name_en"]),
                methodology=row["methodology"],
                unit_kind=row["unit_kind"],
                place=Text(zh=row["place_zh"], en=row["place_en"]),
            ),
        )
        for row in rows
    }


def agree(known: NewProject, given: NewProject) -> None:
    """A name may be written otherwise; the method and what a tonne is may not.

    Raises:
        ProjectDisagrees: they are.
    """
    for zh, en, one, other in (
        ("方法学", "methodology", known.methodology, given.methodology),
        ("减排或清除", "kind of unit", str(known.unit_kind), str(given.unit_kind)),
    ):
        if one != other:
            raise ProjectDisagrees(number=known.number, what_zh=zh, what_en=en, known=one, given=other)
