"""Support in its own unit: one of the zone owner's people records it, another agrees, its donor says how they are shown."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import asyncpg
from tortoise.exceptions import BaseORMException

from app.foundation import approvals, fonts, identity
from app.foundation.approvals import Approval, Proposal
from app.foundation.identity import PartyKind
from app.gateways.database import Row, constraint, fetch, fetch_one, transaction
from app.kernel.text import Text
from app.programmes.donations.errors import (
    DonationUnfit,
    DonationUnknown,
    DonorUnverified,
    OwnZone,
    SupportRecorded,
)
from app.programmes.donations.rules import Shown
from app.programmes.donations.support_rules import QUANTITY_MOST, TOLD_MOST, UNITS, Quantity, SupportKind, SupportUnit
from app.programmes.zones import Zone

SUPPORT: Final = "zone_support"
"""Of the approvals; whose people agree among themselves is the zone's owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSupport:
    """What was given, as the owner of the zone describes it."""

    donor_id: UUID
    kind: SupportKind
    quantity: Quantity
    told: Text
    """What it is: the project, or whose certificates of which year."""
    received_on: date
    document_sha256: bytes
    """Of the paper that shows it; the paper itself stays with the owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """What was given in its own unit, agreed to by two of the owner's people."""

    id: UUID
    zone_id: UUID
    donor_id: UUID
    kind: SupportKind
    quantity: Quantity
    told: Text
    received_on: date
    document_sha256: bytes
    shown_as: Shown


async def propose_support(zone: Zone, asked: NewSupport, *, by: UUID, today: date) -> Approval:
    """Write it down for another of the owner's people to agree to. The same again is what waits already.

    Raises:
        RoleMissing: `by` orders nothing for the zone's owner, now.
        DonationUnknown, DonorUnverified, OwnZone: no such organisation gives to this zone.
        DonationUnfit, NotPrintable: a field that cannot be, by name.
        SupportRecorded: this document of this donor stands there already.
        ApprovalPending: another text about this document waits.
    """
    await identity.demand_role(by, zone.owner_id, *identity.ORDERING)
    _demand_fit(asked, today)
    await fonts.demand({"/told_zh": asked.told.zh, "/told_en": asked.told.en})
    card = (await identity.introduce([asked.donor_id])).get(asked.donor_id)
    if card is None or card.kind is not PartyKind.ORGANISATION:
        raise DonationUnknown(field="/donor")
    if asked.donor_id == zone.owner_id:
        raise OwnZone
    if not card.is_verified:
        raise DonorUnverified
    id_ = _support_id(zone, asked)
    if await fetch_one("SELECT id FROM donation_support WHERE id = $1", id_) is not None:
        raise SupportRecorded
    proposal = Proposal(subject=f"support:{id_}", payload=_payload(id_, zone, asked), interested=(asked.donor_id,))
    async with transaction() as tx:
        return await approvals.propose(SUPPORT, proposal, by=by, party=zone.owner_id, tx=tx)


async def agree_support(approval_id: UUID, *, seen: str, by: UUID) -> UUID:
    """Agree to it as a second person: it is listed from now on, without a name until its donor says so; answers its id.

    Raises:
        ApprovalUnknown, ApprovalDecided, ApprovalChanged, SamePerson, DeciderInterested, ApprovalRoleMissing: of
            `approvals.approve`.
        DonorUnverified: by now nobody verifies who gives.
    """
    try:
        async with transaction() as tx:
            approved = await approvals.approve(approval_id, seen=seen, by=by, tx=tx)
            if approved.kind != SUPPORT:
                raise approvals.ApprovalUnknown
            said = approved.said()
            id_ = UUID(said["id"])
            await fetch(
                "INSERT INTO donation_support (id, zone_id, donor_id, kind, quantity, unit, told_zh, told_en, received_on,"
                " document_sha256, approval_id, recorded_at, shown_as)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, clock_timestamp(), 'anonymous')",
                id_, UUID(said["zone"]), UUID(said["donor"]), said["kind"], said["quantity"], said["unit"],
                said["told"]["zh"], said["told"]["en"], date.fromisoformat(said["received_on"]),
                bytes.fromhex(said["document_sha256"]), approved.id, tx=tx,
            )  # fmt: skip
    except (asyncpg.PostgresError, BaseORMException) as refusal:
        match constraint(refusal):
            case "donation_support_donor":
                raise DonorUnverified from refusal
            case "donation_support_once_key" | "donation_support_pkey":
                raise SupportRecorded from refusal
        raise
    return id_


async def show_support(support_id: UUID, shown_as: Shown, *, by: UUID) -> None:
    """Show it by its donor's name, or without it, from now on.

    Raises:
        DonationUnknown: there is none, or `by` is nobody of its donor.
        RoleMissing: `by` only reads there, now.
    """
    async with transaction() as tx:
        row = await fetch_one(
            "SELECT donor_id, shown_as FROM donation_support WHERE id = $1 FOR NO KEY UPDATE", support_id, tx=tx
        )
        if row is None or not await identity.acts_for(by, row["donor_id"], tx=tx):
            raise DonationUnknown
        await identity.demand_role(by, row["donor_id"], *identity.ORDERING, tx=tx)
        if row["shown_as"] != shown_as.value:
            await fetch(
                "UPDATE donation_support SET shown_as = $2, shown_at = clock_timestamp(), shown_by_id = $3 WHERE id = $1",
                support_id, shown_as.value, by, tx=tx,
            )  # fmt: skip


async def list_support(
    *, zone_id: UUID | None = None, donor_ids: Collection[UUID] | None = None, ids: Collection[UUID] | None = None
) -> list[Support]:
    """What was given to a zone in units of their own, or by these donors: by kind and unit, the most first; at most 500."""
    rows = await fetch(
        "SELECT id, zone_id, donor_id, kind, quantity, unit, told_zh, told_en, received_on, document_sha256, shown_as"
        " FROM donation_support WHERE ($1::uuid IS NULL OR zone_id = $1) AND ($2::uuid[] IS NULL OR donor_id = ANY($2))"
        " AND ($3::uuid[] IS NULL OR id = ANY($3)) ORDER BY kind, unit, quantity DESC, recorded_at, id LIMIT 500",
        zone_id, None if donor_ids is None else list(donor_ids), None if ids is None else list(ids),
    )  # fmt: skip
    return [_support(row) for row in rows]


async def waiting_support(zone: Zone) -> list[Approval]:
    """What one of the owner's people recorded, of this zone, and nobody has agreed to, the oldest first."""
    found = await approvals.list_waiting(kind=SUPPORT)
    return [one for one in found if UUID(one.said()["zone"]) == zone.id]


def supported(said: Mapping[str, Any]) -> tuple[SupportKind, Quantity, Text]:
    """What such an approval says was given."""
    return (
        SupportKind(said["kind"]),
        Quantity(number=said["quantity"], unit=SupportUnit(said["unit"])),
        Text(zh=said["told"]["zh"], en=said["told"]["en"]),
    )


def _support(row: Row) -> Support:
    return Support(
        id=row["id"],
        zone_id=row["zone_id"],
        donor_id=row["donor_id"],
        kind=SupportKind(row["kind"]),
        quantity=Quantity(number=row["quantity"], unit=SupportUnit(row["unit"])),
        told=Text(zh=row["told_zh"], en=row["told_en"]),
        received_on=row["received_on"],
        document_sha256=bytes(row["document_sha256"]),
        shown_as=Shown(row["shown_as"]),
    )


def _demand_fit(asked: NewSupport, today: date) -> None:
    if asked.quantity.unit not in UNITS[asked.kind]:
        raise _unfit("unit", "这类支持不用这个单位", "this kind is not counted in this unit")
    if not 0 < asked.quantity.number <= QUANTITY_MOST:
        raise _unfit("quantity", "数量应大于 0 且不超过上限", "it must be more than nothing, and within bounds")
    for name, words in (("zh", asked.told.zh), ("en", asked.told.en)):
        if not words.strip() or len(words) > TOLD_MOST[name]:
            raise _unfit(
                f"told_{name}",
                f"请填写说明，最多 {TOLD_MOST[name]} 个字",
                f"say what it is, in at most {TOLD_MOST[name]} letters",
            )
    if asked.received_on > today:
        raise _unfit("received_on", "日期不能晚于今天", "it cannot be later than today")
    if len(asked.document_sha256) != 32:
        raise _unfit("document", "请提供证明文件或其 SHA-256", "give the document, or its SHA-256")


def _support_id(zone: Zone, asked: NewSupport) -> UUID:
    """Of what cannot stand twice: a donor's document, for one kind and unit in one zone."""
    name = f"support {zone.id} {asked.donor_id} {asked.document_sha256.hex()} {asked.kind} {asked.quantity.unit}"
    return UUID(bytes=sha256(name.encode()).digest()[:16], version=4)


def _payload(id_: UUID, zone: Zone, asked: NewSupport) -> dict[str, Any]:
    return {
        "id": id_,
        "zone": zone.id,
        "slug": zone.slug,
        "donor": asked.donor_id,
        "kind": asked.kind,
        "quantity": asked.quantity.number,
        "unit": asked.quantity.unit,
        "told": {"zh": asked.told.zh, "en": asked.told.en},
        "received_on": asked.received_on,
        "document_sha256": asked.document_sha256.hex(),
    }


def _unfit(field: str, zh: str, en: str) -> DonationUnfit:
    return DonationUnfit(field=f"/{field}", problem_zh=zh, problem_en=en)
