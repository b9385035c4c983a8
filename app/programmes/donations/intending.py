"""What somebody means to give, by a day: written down, ordered for, withdrawn. Nothing of it is counted as given."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg
from tortoise.exceptions import BaseORMException

from app.foundation import identity
from app.foundation.identity import PartyKind
from app.gateways.database import Tx, constraint, fetch, fetch_one
from app.kernel.clock import beijing_day
from app.kernel.ids import uuid7
from app.programmes.donations.errors import DonationUnfit, DonationUnknown, DonorUnverified, IntentOver, OwnZone
from app.programmes.donations.rules import DUE_MOST_DAYS, MASS_MOST_G, Shown
from app.programmes.zones import Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIntent:
    """What a donor means to give: grams, or money that grams are bought for; one of the two."""

    donor_id: UUID
    mass_g: int | None = None
    amount_fen: int | None = None
    due_on: date
    """The last day, in Beijing; at most a year ahead."""
    shown_as: Shown = Shown.ANONYMOUS


async def intend(zone: Zone, asked: NewIntent, *, by: UUID, now: datetime, intent_id: UUID | None = None) -> UUID:
    """Write an intent down; answers its id. An `intent_id` that the caller fixed before is there once.

    Raises:
        DonationUnknown: `by` is nobody of the donor.
        RoleMissing: `by` only reads there, now.
        DonorUnverified, OwnZone: who may not give here.
        DonationUnfit: the field is named.
    """
    await demand_donor(asked.donor_id, zone, by=by)
    given = asked.mass_g if asked.mass_g is not None else asked.amount_fen
    if (asked.mass_g is None) == (asked.amount_fen is None) or given is None:
        raise unfit("/mass", "请填写克数或金额，二者填其一", "give either a mass or an amount")
    demand_amount(given, "/mass" if asked.mass_g is not None else "/amount")
    today = beijing_day(now)
    if not today <= asked.due_on <= today + timedelta(days=DUE_MOST_DAYS):
        raise unfit("/due_on", "日期应在今天到一年之内", "the day must be from today to a year ahead")
    new_id = intent_id or uuid7()
    await fetch(
        "INSERT INTO donation_intent (id, zone_id, donor_id, mass_g, amount_fen, due_on, shown_as, by_id, made_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
        new_id, zone.id, asked.donor_id, asked.mass_g, asked.amount_fen, asked.due_on, asked.shown_as.value, by, now,
    )  # fmt: skip
    return new_id


async def withdraw(intent_id: UUID, *, by: UUID) -> None:
    """Take an intent back; a repeat changes nothing.

    Raises:
        DonationUnknown, RoleMissing: as `intend`.
        IntentOver: it was given for.
    """
    row = await own_intent(intent_id, by=by)
    if row["ended_as"] == "withdrawn":
        return
    await end(intent_id, "withdrawn")


async def order_for(intent_id: UUID, order_id: UUID, *, by: UUID) -> None:
    """Let an order into the donor's holding be given by itself once it is paid: by the donor's word now, and with a bank
    transfer by the two people who record and confirm its receipt.

    Raises:
        DonationUnknown, RoleMissing: as `intend`.
        IntentOver: it is over, or ordered for already.
    """
    await own_intent(intent_id, by=by)
    with _steps():
        await fetch("UPDATE donation_intent SET order_id = $2 WHERE id = $1", intent_id, order_id)


async def end(intent_id: UUID, ended_as: str, *, tx: Tx | None = None) -> None:
    """End an intent as withdrawn or short.

    Raises:
        IntentOver: it is over.
    """
    with _steps():
        await fetch(
            "UPDATE donation_intent SET ended_at = clock_timestamp(), ended_as = $2 WHERE id = $1",
            intent_id, ended_as, tx=tx,
        )  # fmt: skip


async def own_intent(intent_id: UUID, *, by: UUID) -> dict[str, object]:
    """The row, for somebody who gives for its donor.

    Raises:
        DonationUnknown, RoleMissing: `by` does not.
    """
    row = await fetch_one("SELECT * FROM donation_intent WHERE id = $1", intent_id)
    if row is None or not await identity.acts_for(by, row["donor_id"]):
        raise DonationUnknown
    await identity.demand_role(by, row["donor_id"], *identity.ORDERING)
    return row


async def demand_donor(donor_id: UUID, zone: Zone, *, by: UUID, tx: Tx | None = None) -> PartyKind:
    """Refuse whoever may not give for this donor now, and a donor who may not give to this zone.

    Raises:
        DonationUnknown, RoleMissing, DonorUnverified, OwnZone: as `intend`.
    """
    card = (await identity.introduce([donor_id], tx=tx)).get(donor_id)
    if card is None or not await identity.acts_for(by, donor_id, tx=tx):
        raise DonationUnknown(field="/donor")
    await identity.demand_role(by, donor_id, *identity.ORDERING, field="/donor", tx=tx)
    if donor_id == zone.owner_id:
        raise OwnZone
    if card.kind is PartyKind.ORGANISATION and not card.is_verified:
        raise DonorUnverified
    return card.kind


def demand_amount(given: int, field: str) -> None:
    """Refuse what is nothing, or more than anybody has."""
    if not 0 < given <= MASS_MOST_G:
        raise unfit(field, "数值应大于 0 且不超过上限", "it must be more than nothing, and within bounds")


def unfit(field: str, zh: str, en: str) -> DonationUnfit:
    return DonationUnfit(field=field, problem_zh=zh, problem_en=en)


@contextmanager
def _steps() -> Iterator[None]:
    """Tells PostgreSQL's refusal of a step as the fact it is."""
    try:
        yield
    except (asyncpg.PostgresError, BaseORMException) as refusal:
        if constraint(refusal) in {"donation_intent_step_check", "donation_intent_order_key"}:
            raise IntentOver from refusal
        raise
