"""Setting grams aside for one cause, and handing them over to their retirements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app.gateways.database import Row, Tx, fetch
from app.kernel.ids import uuid7
from app.registry.credits import Programme
from app.registry.holdings.calling import call
from app.registry.holdings.errors import ReservationUsed, ReservedOtherwise
from app.registry.holdings.mix_rules import Mix, compose
from app.registry.holdings.reading import giving
from app.registry.holdings.recognition_rules import Scheme, demand_accepted
from app.registry.holdings.rules import PLATFORM, Account, OpenLot, Portion

CAUSE_LONGEST: Final = 59
"""Of 96 characters, 37 are for the id that a released cause is renamed with."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """Grams set aside, by lot, and from which account."""

    id: UUID
    account: Account
    portions: tuple[Portion, ...]


async def reserve(
    cause: str,
    what: Mix | Programme,
    mass_g: int,
    *,
    account: Account = PLATFORM,
    accepting: Scheme | None = None,
    expires_at: datetime,
    tx: Tx,
) -> UUID:
    """Move `mass_g` grams from what a holder has to what is reserved, for one cause, in two round trips.

    Repeated for the same cause it answers what is held. Lots are read without a lock and the ledger's
    floor decides: when others took the last grams in between, BalanceTooLow stops the transaction and
    the caller may try again. The platform gives only from lots that may be sold now; other holders
    from all they have.

    Raises:
        CreditsExhausted: the open lots hold less.
        MixUnfit: the masses of the mix are not `mass_g` together.
        ProgrammeNotAccepted: `accepting` does not accept a programme of the mix.
        BalanceTooLow: somebody was faster; try again.
        ReservationUsed: this cause's reservation was used before.
        ReservedOtherwise: something else is held for this cause.
    """
    assert len(cause) <= CAUSE_LONGEST, cause
    mix = Mix.only(what) if isinstance(what, Programme) else what
    if accepting is not None:
        demand_accepted(mix, accepting)
    programme = mix.single.value if mix.single else None
    asked = (str(account), programme, None if programme else str(mix), mass_g)
    rows = await fetch(
        "SELECT k.id AS known, k.state, k.holder, k.programme AS one, k.mix, k.mass_g, l.* FROM (VALUES (1)) AS always"
        " LEFT JOIN credit_reservation k ON k.cause = $2 LEFT JOIN LATERAL ("
        f"   SELECT l.id, l.programme, l.vintage_end, a.balance AS open_g FROM {giving(account)}"
        "   WHERE l.programme = ANY($3::text[]) AND a.balance > 0) l ON k.id IS NULL",
        str(account), cause, [each.value for each in mix.programmes], tx=tx,
    )  # fmt: skip
    if rows[0]["known"] is not None:
        return _standing(rows[0], asked)
    lots = [OpenLot(r["id"], Programme(r["programme"]), r["vintage_end"], r["open_g"]) for r in rows if r["id"]]
    portions = compose(mass_g, mix, lots)
    (row,) = await call(
        "SELECT known, state, holder, one, mix, mass_g"
        " FROM holdings.reserve($1, $2, $3, $4, $5, $6, $7::bigint[], $8::bigint[])",
        uuid7(), cause, *asked[:3], expires_at,
        [portion.lot_id for portion in portions], [portion.mass_g for portion in portions], cause=cause, tx=tx,
    )  # fmt: skip
    return _standing(row, asked)


async def line_up(programmes: Iterable[Programme], *, account: Account = PLATFORM, tx: Tx) -> None:
    """Take the place of this transaction in the line for these programmes, before it reserves more than once.

    A single `reserve` locks its lots in one order; two of them in one transaction do not, and two such transactions
    would wait for each other for ever.
    """
    await fetch(
        "SELECT holdings.line_up($1, $2::text[])", str(account), sorted({one.value for one in programmes}), tx=tx
    )


async def use_many(causes: Sequence[str], *, tx: Tx) -> dict[str, Reservation]:
    """Mark the held reservations of these causes used and tell their portions; the grams stay reserved.

    Whoever calls this retires them in the same transaction. A cause without a held reservation is
    absent from the answer.
    """
    rows = await fetch(
        "WITH used AS (UPDATE credit_reservation SET state = 'used' WHERE cause = ANY($1::text[]) AND state = 'held'"
        " RETURNING id, cause, holder)"
        " SELECT u.id, u.cause, u.holder, l.lot_id, l.mass_g FROM used u"
        " JOIN credit_reservation_line l ON l.reservation_id = u.id ORDER BY u.id, l.lot_id",
        list(causes), tx=tx,
    )  # fmt: skip
    found: dict[str, Reservation] = {}
    for row in rows:
        before = found[row["cause"]].portions if row["cause"] in found else ()
        portions = (*before, Portion(row["lot_id"], row["mass_g"]))
        found[row["cause"]] = Reservation(row["id"], Account.read(row["holder"]), portions)
    return found


def _standing(row: Row, asked: tuple[str, str | None, str | None, int]) -> UUID:
    if row["state"] != "held":
        raise ReservationUsed
    if (row["holder"], row["one"], row["mix"], row["mass_g"]) != asked:
        raise ReservedOtherwise
    return UUID(str(row["known"]))
