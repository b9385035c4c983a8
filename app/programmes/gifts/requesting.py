"""What was collected becomes claims and retirements, set-based: the worker's step behind the commit that was acknowledged."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app import scenarios
from app.gateways.database import Tx, fetch_as
from app.kernel.clock import beijing_day
from app.programmes.gifts.rules import Delivery
from app.registry import claims, holdings, retirements
from app.registry.claims import ClaimFacts, NewClaim
from app.registry.holdings import Piece, Portion


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    id: UUID
    set_id: UUID
    person_id: UUID
    mass_g: int
    emission_g: int
    footprint_id: UUID | None
    language: str
    group_code: str | None
    """What the batch of the code says that they brought."""
    name_sealed: bytes | None
    named_at: datetime | None
    collected_at: datetime
    scenario_id: UUID
    sponsor_id: UUID
    account_id: UUID
    delivers: Delivery


_COLLECTED: Final = (
    "SELECT k.id, k.set_id, k.person_id, k.stop_g - k.start_g AS mass_g, k.emission_g, k.footprint_id, k.language,"
    " k.name_sealed, k.named_at, k.collected_at, c.scenario_id, c.sponsor_id, c.account_id, c.delivers,"
    " b.group_code"
    " FROM gift_collection k JOIN gift_campaign c ON c.id = k.campaign_id"
    " LEFT JOIN gift_code o ON o.id = k.code_id LEFT JOIN gift_batch b ON b.id = o.batch_id"
)
_OF_SETS: Final = (
    " JOIN gift_set s ON s.campaign_id = k.campaign_id AND k.start_g >= s.start_g AND k.start_g < s.stop_g"
    " WHERE s.id = ANY($1::uuid[]) ORDER BY k.id FOR NO KEY UPDATE OF k"
)
"""The collections of sets, found by their runs of the line: by the key that is there for another reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    id: UUID
    lot_id: int
    mass_g: int


def cause_of(collection_id: UUID) -> str:
    """What a collection's claim and retirement are made for."""
    return f"gift:{collection_id}"


async def request(set_ids: Sequence[UUID], *, name_wait: timedelta, tx: Tx) -> list[UUID]:
    """Make the claims of these sets of collections and request their retirements; answers the retirements' new ids.

    Grams are retired at once; the paper waits for a name until it is given or declined, at most `name_wait` after
    collecting. Where the campaign gives into accounts, they go there instead, and nothing is claimed yet. Repeated: what
    is requested or delivered already is passed over.
    """
    rows = await fetch_as(
        _Row,
        _COLLECTED + _OF_SETS,
        list(set_ids), tx=tx,
    )  # fmt: skip
    pieces = await _pieces(set_ids, rows, tx=tx)
    held = await holdings.split(pieces, tx=tx)
    await _deliver([row for row in rows if row.delivers is Delivery.ACCOUNT and cause_of(row.id) in held], tx=tx)
    fresh = [row for row in rows if row.delivers is Delivery.RETIRE and cause_of(row.id) in held]
    made = await _claims(fresh, name_wait=name_wait, tx=tx)
    return await retirements.request(
        [
            retirements.Request(
                cause=cause_of(row.id),
                claim=made[cause_of(row.id)],
                funding=retirements.Funding.GIFT,
                payer_id=row.sponsor_id,
                holder_id=row.sponsor_id,
                account_id=row.account_id,
                mass_g=row.mass_g,
            )
            for row in fresh
        ],
        tx=tx,
    )


async def _deliver(rows: Sequence[_Row], *, tx: Tx) -> None:
    """Move what was collected into the accounts of whoever collected it: each under its own cause, as a set."""
    if rows:
        accounts = await holdings.open_holdings({row.person_id for row in rows}, tx=tx)
        targets = {cause_of(row.id): accounts[row.person_id].account for row in rows}
        await holdings.deliver(targets, reason="gift", actor="system:gifts", tx=tx)


async def claim_of(collection_id: UUID, *, name_wait: timedelta, tx: Tx) -> ClaimFacts | None:
    """The claim of a collection, made now where no worker has come to it yet; None where there is no such collection.

    For whoever adds to it at once, as by paying for what the gift does not cover.
    """
    rows = await fetch_as(
        _Row,
        f"{_COLLECTED} WHERE k.id = $1 FOR NO KEY UPDATE OF k",
        collection_id, tx=tx,
    )  # fmt: skip
    return next(iter((await _claims(rows, name_wait=name_wait, tx=tx)).values()), None)


async def _claims(rows: Sequence[_Row], *, name_wait: timedelta, tx: Tx) -> dict[str, ClaimFacts]:
    if not rows:
        return {}
    today = beijing_day(max(row.collected_at for row in rows))
    scenes = await scenarios.find_many([row.scenario_id for row in rows], today=today, tx=tx)

    def asked(row: _Row) -> NewClaim:
        day = beijing_day(row.collected_at)
        return NewClaim(
            purpose=claims.purpose_of(scenes[row.scenario_id].kind, is_person=True),
            group_code=row.group_code,
            scenario_id=row.scenario_id,
            beneficiary_id=row.person_id,
            name_sealed=row.name_sealed,
            name_until=None if row.named_at is not None else row.collected_at + name_wait,
            period_from=day,
            period_to=day,
            footprint_id=row.footprint_id,
            emission_g=row.emission_g,
            language=row.language,
        )

    return await claims.make({cause_of(row.id): asked(row) for row in rows}, tx=tx)


async def _pieces(set_ids: Sequence[UUID], rows: Sequence[_Row], *, tx: Tx) -> list[Piece]:
    """Which lots give each collection its grams: where its run of the line meets the parts of its set."""
    cuts = await fetch_as(
        _Cut,
        "SELECT k.id, p.lot_id, least(k.stop_g, p.stop_g) - greatest(k.start_g, p.start_g) AS mass_g"
        " FROM gift_set s JOIN gift_part p ON p.set_id = s.id"
        " JOIN gift_collection k ON k.campaign_id = s.campaign_id AND k.start_g >= s.start_g AND k.start_g < p.stop_g"
        " AND p.start_g < k.stop_g WHERE s.id = ANY($1::uuid[]) ORDER BY k.id, p.lot_id",
        list(set_ids), tx=tx,
    )  # fmt: skip
    portions: dict[UUID, list[Portion]] = defaultdict(list)
    for cut in cuts:
        portions[cut.id].append(Portion(cut.lot_id, cut.mass_g))
    return [Piece(f"gifts:{row.set_id}", cause_of(row.id), tuple(portions[row.id])) for row in rows]
