"""Entering what was really emitted, once the claimed period of a retirement made ahead is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.foundation import outbox
from app.gateways.database import Tx, again, fetch_as, fetch_one, transaction
from app.kernel.clock import beijing_day
from app.registry import claims
from app.registry.claims import Profile, ProfileSet, TrueUpState
from app.registry.retirements.errors import NothingPending
from app.registry.retirements.events import RetirementTruedUp
from app.registry.retirements.judging import IS_JUDGED, ClaimToJudge, Settled, judge_claims


@dataclass(frozen=True, slots=True)
class TruedUp:
    """What an actual figure means."""

    state: TrueUpState
    """`covered`, `short` or `lapsed`."""
    missing_g: int
    """Still to be retired for the same claim."""
    due_on: date
    """The last day for that, in Beijing."""


async def true_up(retirement_id: UUID, actual_g: int, *, by: UUID, profiles: ProfileSet, today: date) -> TruedUp:
    """Keep the actual figure of a claim that was retired for before its period was over, and tell what follows.

    The figure is the claim's: it counts everything settled for its root and its supplements. Covered: each of these
    retirements is judged anew, superseding certificates follow by events, and no other figure is taken. Short: order the
    missing grams for the same claim until `due_on`, then enter the figure again. Repeated: nothing changes. The profile
    that judged the retirement last says until when, and judges anew.

    Raises:
        ProfileUnknown: that profile is not in use here any more.
        NothingPending: no such settled claim of an organisation, or its period was over when it was retired.
        PeriodNotOver: the figure would be a forecast.
        FigureFinal: another figure was covered before.
    """

    async def use_case() -> TruedUp:
        async with transaction() as tx:
            return await _true_up(retirement_id, actual_g, by=by, profiles=profiles, today=today, tx=tx)

    found = await again(use_case)
    outbox.nudge()
    return found


async def _true_up(
    retirement_id: UUID, actual_g: int, *, by: UUID, profiles: ProfileSet, today: date, tx: Tx
) -> TruedUp:
    row = await fetch_one(
        "SELECT r.claim_id, coalesce((SELECT v.profile FROM retirement_verdict v WHERE v.retirement_id = r.id"
        " ORDER BY v.id DESC LIMIT 1), c.profile) AS profile FROM retirement r JOIN claim c ON c.id = r.claim_id"
        f" WHERE r.id = $1 AND {IS_JUDGED} AND c.period_to > (r.settled_at AT TIME ZONE 'Asia/Shanghai')::date",
        retirement_id, tx=tx,
    )  # fmt: skip
    if row is None:
        raise NothingPending
    claim = (await claims.find_many([row["claim_id"]], tx=tx))[row["claim_id"]]
    await claims.lock(claim.root_id, tx=tx)
    settled = await _settled(claim.root_id, tx=tx)
    profile = _profile(profiles, row["profile"])
    retired_g = settled[0].besides_g + settled[0].mass_g
    entered = await claims.enter_figure(
        claim, actual_g, retired_g=retired_g, profile=profile, by=by, today=today, tx=tx
    )
    found = entered.found
    if entered.is_new and found.state is TrueUpState.COVERED:
        await _judge_again(settled, actual_g, profile=profile, today=today, tx=tx)
        await outbox.record(*(RetirementTruedUp(retirement_id=one.id, actual_g=actual_g) for one in settled), tx=tx)
    return TruedUp(found.state, found.missing_g, found.due_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settled(Settled):
    mass_g: int


async def _settled(root_id: UUID, *, tx: Tx) -> list[_Settled]:
    """Every settled retirement by which the claim is made, each with what was retired for it besides."""
    return await fetch_as(
        _Settled,
        "SELECT r.id, r.claim_id, r.mass_g, retirements.settled_for($1, r.id) AS besides_g, r.settled_at"
        " FROM (SELECT $1::uuid AS id UNION ALL SELECT s.id FROM claim s WHERE s.supplements_id = $1) AS q"
        " JOIN claim c ON c.id = q.id JOIN retirement r ON r.claim_id = c.id AND r.withdrawn_at IS NULL"
        f" WHERE {IS_JUDGED} ORDER BY r.settled_at, r.id",
        root_id, tx=tx,
    )  # fmt: skip


async def _judge_again(settled: Sequence[_Settled], actual_g: int, *, profile: Profile, today: date, tx: Tx) -> None:
    """Judge what each retirement claims by what was really emitted, with what was retired besides; kept under `today`."""
    known = await claims.find_many({one.claim_id for one in settled}, tx=tx)
    to_judge = [
        ClaimToJudge(
            retirement_id=one.id,
            claim=known[one.claim_id],
            emission_g=actual_g,
            besides_g=one.besides_g,
            retired_on=beijing_day(one.settled_at),
            judged_on=today,
            profile=profile,
        )
        for one in settled
    ]
    await judge_claims(to_judge, tx=tx)


def _profile(profiles: ProfileSet, name: str | None) -> Profile:
    return profiles.default if name is None else claims.choose(profiles.profiles, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actual:
    """What the claim of a retirement really emitted, and what was retired for it by others."""

    retirement_id: UUID
    actual_g: int
    besides_g: int


async def find_actual(retirement_ids: Sequence[UUID], *, tx: Tx | None = None) -> dict[UUID, Actual]:
    """The actual figures that were covered, by retirement."""
    found = await fetch_as(
        Actual,
        "SELECT r.id AS retirement_id, f.actual_g, retirements.settled_for(f.claim_id, r.id) AS besides_g"
        " FROM retirement r JOIN claim c ON c.id = r.claim_id"
        " JOIN claim_figure f ON f.claim_id = coalesce(c.supplements_id, c.id) AND f.state = 'covered'"
        " WHERE r.id = ANY($1::uuid[]) AND r.state = 'settled'",
        list(retirement_ids), tx=tx,
    )  # fmt: skip
    return {one.retirement_id: one for one in found}
