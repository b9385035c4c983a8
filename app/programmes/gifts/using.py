"""What was given into somebody's account: what is left of it, and retiring it, bit by bit, with the giver on the paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid5

from app import footprint, scenarios
from app.footprint import Calculation, FigureFacts
from app.foundation import outbox
from app.gateways.database import Row, Tx, again, fetch_as, fetch_one, transaction
from app.kernel.clock import beijing_day, utc_now
from app.kernel.days import Period
from app.programmes.gifts.errors import CollectionUnknown, GiftComing, GiftHasLess, UseKeyTaken, VisitNeeded
from app.registry import claims, holdings, retirements
from app.registry.claims import ClaimFacts, NewClaim, Purpose

_USE: Final = UUID("0d6c4f0e-31b5-4ad1-8e0e-9a4c7be2f1d9")
"""Names of uses: one intent of one person is one use, however often it is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUse:
    """What somebody retires of a gift in their account, and for which visit."""

    mass_g: int
    visit: tuple[UUID, Calculation] | None = None
    """To which scene, and the computed figure; None: the visit for which it was collected."""
    figure: FigureFacts | None = None
    """A day or year of their own that they kept, in place of any visit."""
    name_sealed: bytes | None
    """For the paper, sealed under the person's own key; None: 访客."""
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldGift:
    """A gift that went into an account."""

    id: UUID
    """Of its collection; of grams that somebody gave on, of that transfer."""
    is_from_person: bool
    """Somebody who held it gave it on: it is for a figure of its new holder's own, and goes no further."""
    scenario_id: UUID
    sponsor_id: UUID
    mass_g: int
    used_g: int
    given_g: int
    """Of it, what somebody else took."""
    offered_g: int
    """Of it, what is promised to others by codes that stand."""
    emission_g: int
    """The figure of the visit for which it was collected; 0 where somebody gave it on."""
    is_there: bool
    """False: a worker brings it."""
    collected_at: datetime

    @property
    def left_g(self) -> int:
        """What can still be retired of it."""
        return self.mass_g - self.used_g - self.given_g - self.offered_g


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What was retired of a gift in an account, once."""

    id: UUID
    held_id: UUID
    """Of which gift in the account, as `HeldGift.id`."""
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
        VisitNeeded: somebody gave it on, and neither a visit nor a figure is named.
    """
    use_id = uuid5(_USE, f"{collection_id}:{by}:{key}")
    if asked.figure is not None:
        await scenarios.personal_scene(today=beijing_day(utc_now()))  # written by whoever needs it first

    async def use_case() -> None:
        async with transaction() as tx:
            row = await _locate(collection_id, by=by, tx=tx)
            # By whom it was collected, or taken: it stays theirs, also when they were linked since.
            whose: UUID = row["person_id"]
            scenario_id, emission_g, footprint_id = row["scenario_id"], row["emission_g"], row["footprint_id"]
            period = _one_day(beijing_day(row["collected_at"]))
            if asked.figure is not None:
                scenario_id, emission_g = scenarios.PERSONAL_ID, asked.figure.total_g
                footprint_id, period = asked.figure.footprint_id, asked.figure.period
            elif asked.visit is not None:
                scenario_id, calculation = asked.visit
                period, emission_g = _one_day(beijing_day(utc_now())), calculation.total_g
                (footprint_id,) = await footprint.keep_many([(whose, calculation)], tx=tx)
            elif row["is_from_person"]:
                raise VisitNeeded
            said = await fetch_one(
                "SELECT outcome, left_g, is_new FROM gifts.use_held($1, $2, $3, $4, $5, $6, $7)",
                use_id, collection_id, by, asked.mass_g, scenario_id, emission_g, footprint_id, tx=tx,
            )  # fmt: skip
            assert said is not None
            _demand_used(said["outcome"], said["left_g"])
            if not said["is_new"]:
                return
            scene = (await scenarios.find_many([scenario_id], today=period.last, tx=tx))[scenario_id]
            root = await _root(use_id, collection_id, footprint_id, tx=tx)
            if asked.figure is not None:
                root = await claims.root_of_figure(asked.figure.footprint_id, of=by, tx=tx)
            claim = NewClaim(
                purpose=Purpose.PERSONAL if asked.figure else claims.purpose_of(scene.kind, is_person=True),
                scenario_id=scenario_id,
                group_code=row["group_code"] if asked.visit is None and asked.figure is None else None,
                beneficiary_id=root.beneficiary_id if root is not None and asked.figure else whose,
                name_sealed=asked.name_sealed,
                period_from=period.first,
                period_to=period.last,
                footprint_id=footprint_id,
                emission_g=emission_g,
                language=asked.language,
                supplements_id=root.root_id if root is not None else None,
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


def _one_day(day: date) -> Period:
    return Period(day, day)


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


async def _locate(held_id: UUID, *, by: UUID, tx: Tx) -> Row:
    """Whose it is, of which campaign, and the visit for which it was collected; what was given on is of no visit."""
    row = await fetch_one(
        "SELECT k.person_id, k.footprint_id, k.emission_g, k.collected_at, c.scenario_id, c.sponsor_id, b.group_code,"
        " false AS is_from_person FROM gift_collection k JOIN gift_campaign c ON c.id = k.campaign_id"
        " LEFT JOIN gift_code o ON o.id = k.code_id LEFT JOIN gift_batch b ON b.id = o.batch_id"
        " WHERE k.id = $1 AND k.person_id = ANY(ARRAY(SELECT identity.persons_of($2)))"
        " UNION ALL SELECT t.taker_id, NULL, 0, t.ended_at, c.scenario_id, c.sponsor_id, NULL, true FROM gift_transfer t"
        " JOIN gift_collection k ON k.id = t.collection_id JOIN gift_campaign c ON c.id = k.campaign_id"
        " WHERE t.id = $1 AND t.taker_id = ANY(ARRAY(SELECT identity.persons_of($2)))",
        held_id, by, tx=tx,
    )  # fmt: skip
    if row is None:
        raise CollectionUnknown
    return row


async def _root(use_id: UUID, held_id: UUID, footprint_id: UUID | None, *, tx: Tx) -> ClaimFacts | None:
    """The claim that an earlier use made for the same figure, or what that one adds to; None where this is the first."""
    first = await fetch_one(
        "SELECT id FROM gift_use WHERE coalesce(transfer_id, collection_id) = $1"
        " AND footprint_id IS NOT DISTINCT FROM $2 AND id <> $3 ORDER BY start_g LIMIT 1",
        held_id, footprint_id, use_id, tx=tx,
    )  # fmt: skip
    if first is None:
        return None
    cause = use_cause(first["id"])
    return (await claims.by_cause([cause], tx=tx))[cause]


async def held_by(person_id: UUID, *, held_id: UUID | None = None) -> list[HeldGift]:
    """The gifts in this person's account, or one of them: those with grams first, then the newest; at most a hundred."""
    return await fetch_as(
        HeldGift,
        "SELECT h.* FROM (SELECT k.id, false AS is_from_person, c.scenario_id, c.sponsor_id, k.stop_g - k.start_g AS mass_g,"
        "  u.used_g, g.given_g, g.offered_g, k.emission_g,"
        "  EXISTS (SELECT FROM holding_transfer t WHERE t.cause = 'gift:' || k.id) AS is_there, k.collected_at"
        "  FROM gift_collection k JOIN gift_campaign c ON c.id = k.campaign_id"
        "  CROSS JOIN LATERAL (SELECT coalesce(sum(w.stop_g - w.start_g), 0)::bigint AS used_g FROM gift_use w"
        "   WHERE w.collection_id = k.id AND w.transfer_id IS NULL) AS u"
        "  CROSS JOIN LATERAL (SELECT coalesce(sum(t.mass_g) FILTER (WHERE t.state = 'taken'), 0)::bigint AS given_g,"
        "   coalesce(sum(t.mass_g) FILTER (WHERE t.state = 'offered' AND t.expires_at > clock_timestamp()), 0)::bigint"
        "   AS offered_g FROM gift_transfer t WHERE t.collection_id = k.id) AS g"
        "  WHERE c.delivers = 'account' AND k.person_id = ANY(ARRAY(SELECT identity.persons_of($1)))"
        " UNION ALL SELECT t.id, true, c.scenario_id, c.sponsor_id, t.mass_g, u.used_g, 0::bigint, 0::bigint, 0::bigint, true,"
        "  t.ended_at FROM gift_transfer t JOIN gift_collection k ON k.id = t.collection_id"
        "  JOIN gift_campaign c ON c.id = k.campaign_id"
        "  CROSS JOIN LATERAL (SELECT coalesce(sum(w.stop_g - w.start_g), 0)::bigint AS used_g FROM gift_use w"
        "   WHERE w.transfer_id = t.id) AS u"
        "  WHERE t.taker_id = ANY(ARRAY(SELECT identity.persons_of($1)))) AS h WHERE $2::uuid IS NULL OR h.id = $2"
        " ORDER BY h.used_g + h.given_g = h.mass_g, h.collected_at DESC, h.id DESC LIMIT 100",
        person_id, held_id,
    )  # fmt: skip


async def whose(held_id: UUID, *, by: UUID) -> UUID:
    """The person in whose id it lies: `by`, or a guest whom they were linked to.

    Raises:
        CollectionUnknown: nothing of theirs.
    """
    async with transaction() as tx:
        return UUID(str((await _locate(held_id, by=by, tx=tx))["person_id"]))


async def uses_of(held_ids: Sequence[UUID]) -> list[Use]:
    """What was retired of these gifts in accounts, the newest first."""
    return await fetch_as(
        Use,
        "SELECT id, coalesce(transfer_id, collection_id) AS held_id, scenario_id, stop_g - start_g AS mass_g, emission_g,"
        " used_at FROM gift_use WHERE coalesce(transfer_id, collection_id) = ANY($1::uuid[])"
        " ORDER BY used_at DESC, start_g DESC",
        list(held_ids),
    )
