"""Reading intents and donations: for their donors, for the zone's owner, and for its paper."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from app.foundation import identity
from app.gateways.database import Tx, fetch, fetch_as
from app.programmes.donations.errors import DonationUnknown
from app.programmes.donations.rules import Shown, Stage, stage

_DONATIONS: Final = (
    "SELECT d.id, d.zone_id, d.donor_id, d.intent_id, d.mass_g, d.transferred_at, d.name_sealed, d.language, d.shown_as,"
    " r.id AS retirement_id, r.number AS retirement_number,"
    " r.settled_at AS retired_at FROM donation d LEFT JOIN LATERAL (SELECT q.* FROM donations.retired_by(ARRAY[d.id]) AS q)"
    " AS q ON true LEFT JOIN retirement r ON r.id = q.retirement_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Donation:
    """Grams that were given."""

    id: UUID
    zone_id: UUID
    donor_id: UUID
    intent_id: UUID | None
    mass_g: int
    transferred_at: datetime
    name_sealed: bytes | None
    language: str
    shown_as: Shown
    retirement_id: UUID | None
    """The one retirement of the zone's account that took it; None: it lies there."""
    retirement_number: str | None
    retired_at: datetime | None
    """When that was settled; None: not yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What somebody means to give, and how far it is."""

    id: UUID
    zone_id: UUID
    donor_id: UUID
    mass_g: int | None
    amount_fen: int | None
    due_on: date
    shown_as: Shown
    order_id: UUID | None
    made_at: datetime
    agreement_sha256: bytes | None
    stage: Stage


async def find_many(donation_ids: Collection[UUID], *, tx: Tx | None = None) -> list[Donation]:
    """These donations, the earliest first; unknown ones are absent."""
    return await fetch_as(
        Donation,
        f"{_DONATIONS} WHERE d.id = ANY($1::uuid[]) ORDER BY d.transferred_at, d.id",
        list(donation_ids),
        tx=tx,
    )


async def find(donation_id: UUID, *, by: UUID) -> Donation:
    """One of a donor that this person acts for.

    Raises:
        DonationUnknown: there is none, or it is another's.
    """
    found = await find_many([donation_id])
    if not found or not await identity.acts_for(by, found[0].donor_id):
        raise DonationUnknown
    return found[0]


async def list_of_zone(zone_id: UUID) -> list[Donation]:
    """What was given to a zone, the earliest first."""
    return await fetch_as(Donation, f"{_DONATIONS} WHERE d.zone_id = $1 ORDER BY d.transferred_at, d.id", zone_id)


async def list_of_donors(donor_ids: Collection[UUID], *, limit: int = 200) -> list[Donation]:
    """What these parties gave, the latest first."""
    return await fetch_as(
        Donation,
        f"{_DONATIONS} WHERE d.donor_id = ANY($1::uuid[]) ORDER BY d.transferred_at DESC, d.id LIMIT $2",
        list(donor_ids), limit,
    )  # fmt: skip


async def of_retirements(retirement_ids: Sequence[UUID], *, tx: Tx | None = None) -> list[UUID]:
    """The donations that these retirements took."""
    rows = await fetch(
        "SELECT q.donation_id FROM retirement r JOIN zone z ON z.account_id = r.account_id JOIN donation d ON d.zone_id = z.id"
        " CROSS JOIN LATERAL donations.retired_by(ARRAY[d.id]) AS q"
        " WHERE r.id = ANY($1::uuid[]) AND q.retirement_id = r.id ORDER BY d.transferred_at, d.id",
        list(retirement_ids), tx=tx,
    )  # fmt: skip
    return [row["donation_id"] for row in rows]


async def agreed(intent_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of these intents whose agreement is kept."""
    rows = await fetch("SELECT intent_id FROM donation_agreement WHERE intent_id = ANY($1::uuid[])", list(intent_ids))
    return frozenset(row["intent_id"] for row in rows)


async def lots_of(donation_ids: Sequence[UUID], *, tx: Tx | None = None) -> dict[UUID, list[tuple[int, int]]]:
    """The lots that each donation came from, with its grams of each, as the ledger has them."""
    rows = await fetch(
        "SELECT d.id, substr(a.unit, 3)::bigint AS lot_id, e.amount AS mass_g FROM donation d"
        " JOIN holding_transfer h ON h.id = d.transfer_id JOIN ledger_transfer t ON t.cause = 'transfer:' || h.cause"
        " JOIN ledger_entry e ON e.transfer_id = t.id AND e.amount > 0 JOIN ledger_account a ON a.id = e.account_id"
        " WHERE d.id = ANY($1::uuid[]) ORDER BY 1, 2",
        list(donation_ids), tx=tx,
    )  # fmt: skip
    found: dict[UUID, list[tuple[int, int]]] = {id_: [] for id_ in donation_ids}
    for row in rows:
        found[row["id"]].append((row["lot_id"], row["mass_g"]))
    return found


async def list_intents(
    *, today: date, zone_id: UUID | None = None, donor_ids: Collection[UUID] | None = None
) -> list[Intent]:
    """The intents to a zone, or of these donors, the latest first; at most two hundred."""
    rows = await fetch(
        "SELECT i.id, i.zone_id, i.donor_id, i.mass_g, i.amount_fen, i.due_on, i.shown_as, i.order_id, i.made_at, i.ended_as,"
        " a.sha256 AS agreement_sha256, d.id IS NOT NULL AS is_given, coalesce(r.settled_at IS NOT NULL, false) AS is_retired"
        " FROM donation_intent i LEFT JOIN donation_agreement a ON a.intent_id = i.id"
        " LEFT JOIN donation d ON d.intent_id = i.id"
        " LEFT JOIN LATERAL donations.retired_by(ARRAY[d.id]) AS q ON true LEFT JOIN retirement r ON r.id = q.retirement_id"
        " WHERE ($1::uuid IS NULL OR i.zone_id = $1) AND ($2::uuid[] IS NULL OR i.donor_id = ANY($2))"
        " ORDER BY i.id DESC LIMIT 200",
        zone_id, None if donor_ids is None else list(donor_ids),
    )  # fmt: skip
    return [_intent(row, today) for row in rows]


def _intent(row: dict[str, object], today: date) -> Intent:
    told = dict(row)
    order_id, digest = told["order_id"], told["agreement_sha256"]
    reached = stage(
        due_on=told["due_on"],  # type: ignore[arg-type]
        today=today,
        is_agreed=digest is not None,
        is_given=bool(told.pop("is_given")),
        is_retired=bool(told.pop("is_retired")),
        ended_as=told.pop("ended_as"),  # type: ignore[arg-type]
        is_ordered=order_id is not None,
    )
    return Intent(**{**told, "shown_as": Shown(told["shown_as"]), "stage": reached})  # type: ignore[arg-type]
