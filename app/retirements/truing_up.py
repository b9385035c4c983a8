"""Entering what was really emitted, once the claimed period of a retirement made ahead is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app import claims, outbox
from app.claims import Profile, ProfileSet, TrueUpState
from app.gateways.database import Row, Tx, again, fetch, fetch_one, transaction
from app.kernel.days import Period
from app.retirements.errors import NothingPending, PeriodNotOver, TrueUpFinal
from app.retirements.events import RetirementTruedUp
from app.retirements.judging import CLAIMING, judge_again


@dataclass(frozen=True, slots=True)
class TruedUp:
    """What an actual figure means."""

    state: TrueUpState
    """`covered`, `short` or `lapsed`."""
    missing_g: int
    """Still to be retired for the same claim."""
    due_on: date
    """The last day for that, in Beijing."""


@dataclass(frozen=True, slots=True)
class Actual:
    """What a claim really emitted, and all that was retired for it."""

    actual_g: int
    retired_g: int


async def true_up(retirement_id: UUID, actual_g: int, *, by: UUID, profiles: ProfileSet, today: date) -> TruedUp:
    """Keep the actual figure of a claim that was retired for before its period was over, and tell what follows.

    Counts everything settled for the same claim: beneficiary, scene, subject, purpose and period. Covered: the claim
    is judged anew, a superseding certificate follows by an event, and no other figure is taken, also not by another
    certificate of the claim. Short: order the missing grams for the same claim until `due_on`, then enter the figure
    again. Repeated: nothing changes. The profile that judged the claim at settling says until
    when, and judges it anew.

    Raises:
        ProfileUnknown: that profile is not in use here any more.
        NothingPending: no such settled claim of an organisation, or its period was over when it was retired.
        PeriodNotOver: the figure would be a forecast.
        TrueUpFinal: another figure was covered before.
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
    assert actual_g >= 0, actual_g
    await _lock_claim(retirement_id, tx=tx)
    row = await fetch_one(
        "SELECT r.id, r.period_from, r.period_to, (SELECT sum(o.mass_g)::bigint FROM retirement o WHERE o.state = 'settled'"
        " AND o.scenario_id = r.scenario_id AND o.beneficiary_id = r.beneficiary_id AND o.purpose = r.purpose"
        " AND o.subject IS NOT DISTINCT FROM r.subject AND (o.period_from, o.period_to) = (r.period_from, r.period_to))"
        " AS retired_g, r.mass_g, (SELECT t.actual_g FROM retirement o JOIN retirement_true_up t ON t.retirement_id = o.id"
        " AND t.state = 'covered' WHERE o.scenario_id = r.scenario_id AND o.beneficiary_id = r.beneficiary_id"
        " AND o.purpose = r.purpose AND o.subject IS NOT DISTINCT FROM r.subject"
        " AND (o.period_from, o.period_to) = (r.period_from, r.period_to) ORDER BY t.id LIMIT 1) AS known_g,"
        " coalesce((SELECT v.profile FROM retirement_verdict v WHERE v.retirement_id = r.id ORDER BY v.id DESC LIMIT 1),"
        " r.profile) AS profile FROM retirement r JOIN party p ON p.id = r.beneficiary_id"
        " AND p.kind = 'organisation' WHERE r.id = $1 AND r.state = 'settled' AND r.purpose = ANY($2::text[])"
        " AND r.period_to > (r.settled_at AT TIME ZONE 'Asia/Shanghai')::date",
        retirement_id, [purpose.value for purpose in CLAIMING], tx=tx,
    )  # fmt: skip
    if row is None:
        raise NothingPending
    if row["known_g"] not in {None, actual_g}:
        raise TrueUpFinal(actual_g=row["known_g"])
    profile = _profile(profiles, row["profile"])
    period = Period(row["period_from"], row["period_to"])
    found = claims.true_up(period, actual_g=actual_g, retired_g=row["retired_g"], today=today, profile=profile)
    if found.state is TrueUpState.AHEAD:
        raise PeriodNotOver(last=period.last.isoformat())
    if await _keep(row, actual_g, found, by=by, tx=tx) and found.state is TrueUpState.COVERED:
        await judge_again(
            retirement_id, actual_g, besides_g=row["retired_g"] - row["mass_g"], profile=profile, today=today, tx=tx
        )
        await outbox.record(RetirementTruedUp(retirement_id=retirement_id, actual_g=actual_g), tx=tx)
    return TruedUp(found.state, found.missing_g, found.due_on)


def _profile(profiles: ProfileSet, name: str | None) -> Profile:
    return profiles.default if name is None else claims.choose(profiles.profiles, name)


async def _lock_claim(retirement_id: UUID, *, tx: Tx) -> None:
    """Let one figure of a claim be entered at a time: the application may not lock retirements, which are final."""
    await fetch(
        "SELECT pg_advisory_xact_lock(hashtextextended(concat_ws('/', 'claim', scenario_id, beneficiary_id, purpose,"
        " period_from, period_to, subject), 0)) FROM retirement WHERE id = $1",
        retirement_id, tx=tx,
    )  # fmt: skip


async def _keep(row: Row, actual_g: int, found: claims.TrueUp, *, by: UUID, tx: Tx) -> bool:
    """Whether it is new."""
    return bool(
        await fetch(
            "INSERT INTO retirement_true_up (retirement_id, actual_g, retired_g, state, missing_g, due_on, entered_by_id,"
            " entered_at) VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp())"
            " ON CONFLICT ON CONSTRAINT retirement_true_up_once_key DO NOTHING RETURNING id",
            row["id"], actual_g, row["retired_g"], found.state.value, found.missing_g, found.due_on, by, tx=tx,
        )
    )  # fmt: skip


async def find_actual(retirement_ids: Sequence[UUID], *, tx: Tx | None = None) -> dict[UUID, Actual]:
    """The actual figures that were covered, by retirement."""
    rows = await fetch(
        "SELECT retirement_id, actual_g, retired_g FROM retirement_true_up"
        " WHERE retirement_id = ANY($1::uuid[]) AND state = 'covered'",
        list(retirement_ids), tx=tx,
    )  # fmt: skip
    return {row["retirement_id"]: Actual(row["actual_g"], row["retired_g"]) for row in rows}
