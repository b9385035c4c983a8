"""What was given into somebody's account: what is left of it, and retiring it, bit by bit, with the giver on the paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from app import footprint, scenarios
from app.footprint import Calculation
from app.foundation import outbox
from app.gateways.database import Tx, again, fetch_as, fetch_one, transaction
from app.kernel.clock import beijing_day, utc_now
from app.programmes.gifts.errors import CollectionUnknown, GiftComing, GiftHasLess, UseKeyTaken
from app.registry import claims, holdings, retirements
from app.registry.claims import NewClaim

_USE: Final = UUID("0d6c4f0e-31b5-4ad1-8e0e-9a4c7be2f1d9")
"""Names of uses: one intent of one person is one use, however often it is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUse:
    """What somebody retires of a gift in their account, and for which visit."""

    mass_g: int
    visit: tuple[UUID, Calculation] | None = None
    """To which scene, and the computed figure; None: the visit for which it was collected."""
    name_sealed: bytes | None
    """For the paper, sealed under the person's own key; None: 访客."""
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldGift:
    """A gift that went into an account."""

    id: UUID
    """Of its collection."""
    scenario_id: UUID
    sponsor_id: UUID
    mass_g: int
    used_g: int
    emission_g: int
    """The figure of the visit for which it was collected."""
    is_there: bool
    """False: a worker brings it."""
    collected_at: datetime

    @property
    def left_g(self) -> int:
        """What can still be retired of it."""
        return self.mass_g - self.used_g


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What was retired of a gift in an account, once."""

    id: UUID
    collection_id: UUID
    scenario_id: UUID
    mass_g: int
    emission_g: int
    used_at: datetime


def use_cause(use_id: UUID) -> str:
    """What a use's claim and retirement are made for."""
    return f"gift_use:{use_id}"


async def use_held(collection_id: UUID, asked: NewUse, *, by: UUID, key: str) -> UUID:
    """Retire the next grams of a gift in this person's account for a visit of theirs; answers the use.

    Its paper says who gave. `key` is theirs for this intent: repeated, nothing happens again. The first use for the visit
    at which it was collected is the claim of that visit, later ones supplement it.

    Raises:
        CollectionUnknown: they collected no such gift, or it was retired at once.
        GiftComing: it is theirs, and not in their account yet.
        GiftHasLess: less is left of it.
        UseKeyTaken: the key stands for another use.
    """
    use_id = uuid5(_USE, f"{collection_id}:{by}:{key}")

    async def use_case() -> None:
        async with transaction() as tx:
            row = await fetch_one(
                "SELECT k.person_id, k.footprint_id, k.emission_g, k.collected_at, c.scenario_id, c.sponsor_id, b.group_code"
                " FROM gift_collection k JOIN gift_campaign c ON c.id = k.campaign_id LEFT JOIN gift_code o ON o.id = k.code_id"
                " LEFT JOIN gift_batch b ON b.id = o.batch_id WHERE k.id = $1"
                " AND k.person_id = ANY(ARRAY(SELECT identity.persons_of($2)))",
                collection_id, by, tx=tx,
            )  # fmt: skip
            if row is None:
                raise CollectionUnknown
            whose: UUID = row[
                "person_id"
            ]  # by whom it was collected: it stays theirs, also when they were linked since
            scenario_id, emission_g, figure = row["scenario_id"], row["emission_g"], row["footprint_id"]
            day = beijing_day(row["collected_at"])
            if asked.visit is not None:
                scenario_id, calculation = asked.visit
                day, emission_g = beijing_day(utc_now()), calculation.total_g
                (figure,) = await footprint.keep_many([(whose, calculation)], tx=tx)
            said = await fetch_one(
                "SELECT outcome, left_g, is_new FROM gifts.use_held($1, $2, $3, $4, $5, $6, $7)",
                use_id, collection_id, by, asked.mass_g, scenario_id, emission_g, figure, tx=tx,
            )  # fmt: skip
            assert said is not None
            _demand_used(said["outcome"], said["left_g"])
            if not said["is_new"]:
                return
            scene = (await scenarios.find_many([scenario_id], today=day, tx=tx))[scenario_id]
            claim = NewClaim(
                purpose=claims.purpose_of(scene.kind, is_person=True),
                scenario_id=scenario_id,
                group_code=row["group_code"] if asked.visit is None else None,
                beneficiary_id=whose,
                name_sealed=asked.name_sealed,
                period_from=day,
                period_to=day,
                footprint_id=figure,
                emission_g=emission_g,
                language=asked.language,
                supplements_id=await _root(use_id, collection_id, figure, tx=tx),
            )
            made = await claims.make({use_cause(use_id): claim}, tx=tx)
            account = await holdings.open_holding(whose, tx=tx)
            await retirements.request(
                [
                    retirements.Request(
                        cause=use_cause(use_id), claim=made[use_cause(use_id)], funding=retirements.Funding.GIFT,
                        payer_id=row["sponsor_id"], holder_id=account.owner_id, account_id=account.id, mass_g=asked.mass_g,
                    )
                ],
                tx=tx,
            )  # fmt: skip

    await again(use_case)
    outbox.nudge()
    return use_id


def _demand_used(outcome: str, left_g: int) -> None:
    match outcome:
        case "unknown":
            raise CollectionUnknown
        case "coming":
            raise GiftComing
        case "too_much":
            raise GiftHasLess(left_g=left_g)
        case "otherwise":
            raise UseKeyTaken


async def _root(use_id: UUID, collection_id: UUID, figure: UUID | None, *, tx: Tx) -> UUID | None:
    """The claim that an earlier use made for the same figure; None where this is the first."""
    first = await fetch_one(
        "SELECT id FROM gift_use WHERE collection_id = $1 AND footprint_id IS NOT DISTINCT FROM $2 AND id <> $3"
        " ORDER BY start_g LIMIT 1",
        collection_id, figure, use_id, tx=tx,
    )  # fmt: skip
    if first is None:
        return None
    cause = use_cause(first["id"])
    return (await claims.by_cause([cause], tx=tx))[cause].root_id


async def held_by(person_id: UUID, *, collection_id: UUID | None = None) -> list[HeldGift]:
    """The gifts in this person's account, or one of them: those with grams first, then the newest; at most a hundred."""
    return await fetch_as(
        HeldGift,
        "SELECT k.id, c.scenario_id, c.sponsor_id, k.stop_g - k.start_g AS mass_g, u.used_g, k.emission_g,"
        " EXISTS (SELECT FROM holding_transfer t WHERE t.cause = 'gift:' || k.id) AS is_there, k.collected_at"
        " FROM gift_collection k JOIN gift_campaign c ON c.id = k.campaign_id"
        " CROSS JOIN LATERAL (SELECT coalesce(sum(w.stop_g - w.start_g), 0)::bigint AS used_g FROM gift_use w"
        "  WHERE w.collection_id = k.id) AS u"
        " WHERE c.delivers = 'account' AND k.person_id = ANY(ARRAY(SELECT identity.persons_of($1)))"
        " AND ($2::uuid IS NULL OR k.id = $2)"
        " ORDER BY u.used_g = k.stop_g - k.start_g, k.id DESC LIMIT 100",
        person_id, collection_id,
    )  # fmt: skip


async def uses_of(collection_ids: Sequence[UUID]) -> list[Use]:
    """What was retired of these gifts in accounts, the newest first."""
    return await fetch_as(
        Use,
        "SELECT id, collection_id, scenario_id, stop_g - start_g AS mass_g, emission_g, used_at FROM gift_use"
        " WHERE collection_id = ANY($1::uuid[]) ORDER BY used_at DESC, start_g DESC",
        list(collection_ids),
    )
