"""Giving: grams leave the donor's account for the zone's, and are a donation in the same transaction."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg
from tortoise.exceptions import BaseORMException

from app.foundation import identity, outbox
from app.foundation.identity import PartyKind
from app.gateways.database import Row, Tx, again, constraint, fetch, fetch_one, transaction
from app.programmes import zones
from app.programmes.donations.errors import DonationKeyUsedOtherwise, IntentOver
from app.programmes.donations.events import DonationTransferred
from app.programmes.donations.intending import demand_amount, demand_donor, end
from app.programmes.donations.rules import Shown
from app.programmes.zones import Zone
from app.registry import holdings, ledger
from app.registry.credits import Programme
from app.registry.holdings import Account, Amount, CreditsExhausted, Mix

_TRIES = 6
_MOST = 50
"""Paid orders in one round of the sweeper."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift:
    """What a donor gives now, out of their holding."""

    donor_id: UUID
    mass_g: int
    programme: Programme | None = None
    """None: of whatever the holding has, by its order."""
    shown_as: Shown
    name_sealed: bytes | None = None
    """A person's name, sealed for their certificates; None: none, or an organisation."""
    intent_id: UUID | None = None
    """What it was meant by."""
    language: str = "zh"


def donation_id(key: str, *, by: UUID) -> UUID:
    """The donation of one person's wish: the same key is the same donation."""
    return UUID(bytes=sha256(f"donation {by} {key}".encode()).digest()[:16], version=4)


async def give(zone: Zone, asked: Gift, *, by: UUID, key: str) -> UUID:
    """Move the grams and write the donation down; answers its id. `key` is the client's own: repeated, nothing happens again.

    Raises:
        DonationUnknown, RoleMissing, DonorUnverified, OwnZone: `by` gives nothing for this donor to this zone, now.
        DonationUnfit: no mass.
        CreditsExhausted: the donor's holding has less.
        IntentOver: the intent was given for, withdrawn, lapsed, or is another donor's.
        DonationKeyUsedOtherwise: the key stands for another donation.
    """
    demand_amount(asked.mass_g, "/mass")
    id_ = donation_id(key, by=by)
    await _until_free(partial(_give, id_, zone, asked, by=by))
    return id_


async def give_bought_due() -> int:
    """Give what was bought for intents whose orders are paid by now; answers how many were given.

    One whose grams are no more in the donor's holding ends as short, and is told so; what is there stays the donor's.
    """
    rows = await fetch(
        "SELECT i.id, i.zone_id, i.donor_id, i.order_id, i.shown_as, i.by_id, o.mass_g, o.language,"
        " p.programme FROM donation_intent i JOIN purchase_order o ON o.id = i.order_id AND o.state = 'paid'"
        " JOIN sale_line l ON l.order_id = o.id JOIN sale_line_price p ON p.line_id = l.id"
        " WHERE i.ended_at IS NULL AND NOT EXISTS (SELECT FROM donation d WHERE d.intent_id = i.id)"
        " ORDER BY i.id LIMIT $1",
        _MOST,
    )  # fmt: skip
    given = 0
    for row in rows:
        zone = await zones.find_by_id(row["zone_id"])
        asked = Gift(
            donor_id=row["donor_id"],
            mass_g=row["mass_g"],
            programme=Programme(row["programme"]),
            shown_as=Shown(row["shown_as"]),
            intent_id=row["id"],
            language=row["language"],
        )
        id_ = donation_id(f"intent:{row['id']}", by=row["by_id"])
        try:
            await _until_free(partial(_give, id_, zone, asked, by=row["by_id"], is_ordered=True))
        except CreditsExhausted:
            await end(row["id"], "short")
        else:
            given += 1
    return given


async def _give(id_: UUID, zone: Zone, asked: Gift, *, by: UUID, is_ordered: bool = False, tx: Tx) -> None:
    # Before the transfer has its instant; and of two who say the same the second finds what the first did.
    await fetch("SELECT donations.lock($1)", zone.account_id, tx=tx)
    known = await fetch_one("SELECT zone_id, donor_id, mass_g, intent_id FROM donation WHERE id = $1", id_, tx=tx)
    if known is not None:
        if known != {
            "zone_id": zone.id,
            "donor_id": asked.donor_id,
            "mass_g": asked.mass_g,
            "intent_id": asked.intent_id,
        }:
            raise DonationKeyUsedOtherwise
        return
    if is_ordered:  # by the donor's word when it was ordered
        kind = (await identity.introduce([asked.donor_id], tx=tx))[asked.donor_id].kind
    else:
        kind = await demand_donor(asked.donor_id, zone, by=by, tx=tx)
        await _demand_open(asked, zone, tx=tx)
    source = _holding(asked.donor_id, kind)
    await holdings.open_holding(asked.donor_id, tx=tx)
    try:
        moved = await holdings.transfer(
            f"donation:{id_}", source, Account.named(holdings.AccountKind.ZONE, zone.slug), await _amount(source, asked, tx=tx),
            reason="donation", actor=f"person:{by}", tx=tx,
        )  # fmt: skip
    except holdings.CauseTaken as taken:
        raise DonationKeyUsedOtherwise from taken
    await _write(id_, zone, asked, moved, by=by, tx=tx)
    await outbox.record(DonationTransferred(donation_id=id_, mass_g=moved.mass_g), tx=tx)


async def _amount(source: Account, asked: Gift, *, tx: Tx) -> Amount:
    """Of the programme that was asked for, or of all that the holding has: those with the older vintages first."""
    if asked.programme is not None:
        return Amount(Mix.only(asked.programme), asked.mass_g)
    found = [one.programme for one in await holdings.balances(source, tx=tx)]
    if not found:
        raise CreditsExhausted(demand_g=asked.mass_g, missing={"": asked.mass_g})
    return Amount(Mix.by_preference(*dict.fromkeys(found)), asked.mass_g)


async def _demand_open(asked: Gift, zone: Zone, *, tx: Tx) -> None:
    if asked.intent_id is None:
        return
    row: Row | None = await fetch_one(
        "SELECT zone_id = $2 AND donor_id = $3 AND ended_at IS NULL AND order_id IS NULL"
        " AND due_on >= (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date AS is_open"
        " FROM donation_intent WHERE id = $1 FOR NO KEY UPDATE",
        asked.intent_id, zone.id, asked.donor_id, tx=tx,
    )  # fmt: skip
    if row is None or not row["is_open"]:
        raise IntentOver


async def _write(id_: UUID, zone: Zone, asked: Gift, moved: holdings.Transferred, *, by: UUID, tx: Tx) -> None:
    try:
        await fetch(
            "INSERT INTO donation (id, zone_id, donor_id, intent_id, transfer_id, mass_g, transferred_at, name_sealed,"
            " language, shown_as, shown_at, shown_by_id, by_id)"
            " SELECT $1, $2, $3, $4, t.id, t.mass_g, t.transferred_at, $5, $6, $7, $8, $9, $9 FROM holding_transfer t"
            " WHERE t.cause = $10",
            id_, zone.id, asked.donor_id, asked.intent_id, asked.name_sealed, asked.language, asked.shown_as.value, moved.at,
            by, f"donation:{id_}", tx=tx,
        )  # fmt: skip
    except (asyncpg.PostgresError, BaseORMException) as refusal:
        if constraint(refusal) in {"donation_intent_key", "donation_intent_step_check"}:
            raise IntentOver from refusal
        raise


def _holding(donor_id: UUID, kind: PartyKind) -> Account:
    return Account.person(donor_id) if kind is PartyKind.PERSON else Account.organisation(donor_id)


async def _until_free(use_case: Callable[..., Awaitable[Any]]) -> None:
    """In a transaction, again where somebody used grams of a lot in between."""

    async def one() -> None:
        async with transaction() as tx:
            await use_case(tx=tx)

    for left in reversed(range(_TRIES)):
        try:
            await again(one)
        except ledger.BalanceTooLow:
            if not left:
                raise
        else:
            outbox.nudge()
            return
