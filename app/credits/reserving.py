"""Setting grams aside, handing them over, giving them back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app import ledger
from app.credits.errors import ReservationUsed
from app.credits.rules import OpenLot, Portion, Programme, share_out
from app.gateways.database import Tx, fetch, fetch_one
from app.kernel.ids import uuid7


@dataclass(frozen=True, slots=True)
class Reservation:
    """Grams set aside, by lot."""

    id: UUID
    portions: tuple[Portion, ...]


async def reserve(purpose: str, programme: Programme, mass_g: int, *, expires_at: datetime, tx: Tx) -> UUID:
    """Move `mass_g` grams of a programme from our inventory to what is reserved, for one purpose.

    Repeated for the same purpose it answers what is held. Lots are read without a lock and the ledger's
    floor decides: when others took the last grams in between, BalanceTooLow stops the transaction and
    the caller may try again.

    Raises:
        CreditsExhausted: the open lots hold less.
        BalanceTooLow: somebody was faster; try again.
        ReservationUsed: this purpose's reservation was used before.
    """
    known = await fetch_one("SELECT id, state FROM credit_reservation WHERE purpose = $1", purpose, tx=tx)
    if known is not None:
        if known["state"] != "held":
            raise ReservationUsed
        return UUID(str(known["id"]))
    rows = await fetch(
        "SELECT l.id, l.vintage_end, a.balance AS open_g FROM credit_sellable_lot l"
        " JOIN ledger_account a ON a.path = 'inventory:' || l.id AND a.unit = 'g:' || l.id"
        " WHERE l.programme = $1 AND a.balance > 0 ORDER BY l.vintage_end, l.id",
        programme.value, tx=tx,
    )  # fmt: skip
    portions = share_out(mass_g, [OpenLot(**row) for row in rows])
    reservation_id = uuid7()
    await fetch(
        "WITH head AS (INSERT INTO credit_reservation (id, purpose, programme, mass_g, state, held_at, expires_at)"
        " VALUES ($1, $2, $3, $4, 'held', clock_timestamp(), $5))"
        " INSERT INTO credit_reservation_line (reservation_id, lot_id, mass_g)"
        " SELECT $1, lot_id, grams FROM unnest($6::bigint[], $7::bigint[]) AS t (lot_id, grams)",
        reservation_id, purpose, programme.value, mass_g, expires_at,
        [portion.lot_id for portion in portions], [portion.mass_g for portion in portions], tx=tx,
    )  # fmt: skip
    await _move(f"reserve:{reservation_id}", "reserve", "inventory", "reserved", portions, tx=tx)
    return reservation_id


async def use_many(purposes: Sequence[str], *, tx: Tx) -> dict[str, Reservation]:
    """Mark the held reservations of these purposes used and tell their portions; the grams stay reserved.

    Whoever calls this retires them in the same transaction. A purpose without a held reservation is
    absent from the answer.
    """
    rows = await fetch(
        "WITH used AS (UPDATE credit_reservation SET state = 'used' WHERE purpose = ANY($1::text[]) AND state = 'held'"
        " RETURNING id, purpose)"
        " SELECT u.id, u.purpose, l.lot_id, l.mass_g FROM used u JOIN credit_reservation_line l ON l.reservation_id = u.id"
        " ORDER BY u.id, l.lot_id",
        list(purposes), tx=tx,
    )  # fmt: skip
    found: dict[str, Reservation] = {}
    for row in rows:
        portion = Portion(row["lot_id"], row["mass_g"])
        before = found[row["purpose"]].portions if row["purpose"] in found else ()
        found[row["purpose"]] = Reservation(row["id"], (*before, portion))
    return found


async def release(purpose: str, *, tx: Tx) -> bool:
    """Give a held reservation back to our inventory; False where none is held (a repeat changes nothing).

    The purpose is free again: a late payment may reserve anew.
    """
    rows = await fetch(
        "WITH given AS (UPDATE credit_reservation SET state = 'released', purpose = purpose || '#' || id"
        " WHERE purpose = $1 AND state = 'held' RETURNING id)"
        " SELECT l.reservation_id, l.lot_id, l.mass_g FROM given g JOIN credit_reservation_line l ON l.reservation_id = g.id",
        purpose, tx=tx,
    )  # fmt: skip
    if not rows:
        return False
    portions = [Portion(row["lot_id"], row["mass_g"]) for row in rows]
    await _move(f"release:{rows[0]['reservation_id']}", "release", "reserved", "inventory", portions, tx=tx)
    return True


async def _move(cause: str, kind: str, source: str, target: str, portions: Sequence[Portion], *, tx: Tx) -> None:
    legs = [
        leg
        for portion in portions
        for leg in (
            ledger.Leg(f"{source}:{portion.lot_id}", f"g:{portion.lot_id}", -portion.mass_g),
            ledger.Leg(f"{target}:{portion.lot_id}", f"g:{portion.lot_id}", portion.mass_g),
        )
    ]
    await ledger.post(cause, legs, kind=kind, tx=tx)
