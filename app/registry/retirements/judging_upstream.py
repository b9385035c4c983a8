"""The second judging: once all grams of a claim are cancelled at their registry, by the registry's own day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from app.gateways.database import again, fetch_as, transaction
from app.kernel.clock import beijing_day
from app.registry import claims
from app.registry.cancellations import LotRange
from app.registry.claims import ProfileSet, Stage
from app.registry.retirements.judging import ClaimToJudge, find_profile, judge_claims

BATCH: Final = 200
"""Claims kept in one transaction: a lot may hold ten thousand, and what is kept stays kept if the next batch fails."""

_DUE: Final = """
WITH met AS (
    SELECT unnest($1::uuid[]) AS id
    UNION
    SELECT s.retirement_id FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS c (lot_id, start_g, stop_g)
    CROSS JOIN LATERAL (
        SELECT q.retirement_id FROM retirement_slice q
        WHERE q.lot_id = c.lot_id AND q.start_g >= c.start_g AND q.start_g < c.stop_g
        UNION ALL  -- and the one before them, which may reach over the first gram
        (SELECT q.retirement_id FROM retirement_slice q WHERE q.lot_id = c.lot_id AND q.start_g < c.start_g
         ORDER BY q.start_g DESC LIMIT 1)) AS s),
judged AS (
    SELECT DISTINCT v.retirement_id, v.profile FROM met JOIN retirement_verdict v ON v.retirement_id = met.id
    WHERE v.stage = 'settled' AND NOT EXISTS (
        SELECT FROM retirement_verdict u
        WHERE u.retirement_id = v.retirement_id AND u.profile = v.profile AND u.stage = 'upstream'))
SELECT r.id, r.claim_id, j.profile, r.settled_at, u.cancelled_on, coalesce(f.actual_g, c.emission_g) AS emission_g,
       retirements.settled_for(coalesce(c.supplements_id, c.id), r.id) AS besides_g, clock_timestamp() AS now
FROM judged j JOIN retirement r ON r.id = j.retirement_id JOIN claim c ON c.id = r.claim_id
LEFT JOIN claim_figure f ON f.claim_id = coalesce(c.supplements_id, c.id) AND f.state = 'covered'
CROSS JOIN LATERAL (
    SELECT sum(k.covered_g) AS grams, max(k.cancelled_on) AS cancelled_on FROM retirement_slice s
    CROSS JOIN LATERAL cancellations.covered(s.lot_id, s.start_g, s.stop_g) AS k WHERE s.retirement_id = r.id) AS u
WHERE u.grams = r.mass_g
  AND (f.claim_id IS NOT NULL OR c.period_to <= (r.settled_at AT TIME ZONE 'Asia/Shanghai')::date)
ORDER BY r.id, j.profile
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    id: UUID
    claim_id: UUID
    profile: str
    settled_at: datetime
    cancelled_on: date
    emission_g: int
    besides_g: int
    now: datetime


async def judge_upstream(retirement_ids: Sequence[UUID], *, cancelled: Sequence[LotRange], profiles: ProfileSet) -> int:
    """Judge once more what of these retirements, and of those with grams in `cancelled`, is cancelled upstream in whole.

    Only what a profile judged at settling is judged, by the same profile as it is now, once for each; what is covered
    in part waits, and so does a claim that was retired for ahead, until its actual figure is covered. The day is the
    latest of the registry's days, though not before the grams were retired here. One statement finds them, batches
    keep them, each in a transaction of its own; repeated, or at once with itself, it keeps nothing twice. Answers how
    many are new. Call it after the commit of what made it due: whoever comes last then sees everything.
    """
    due = await fetch_as(
        _Due,
        _DUE,
        list(retirement_ids),
        [one.lot_id for one in cancelled],
        [one.start_g for one in cancelled],
        [one.stop_g for one in cancelled],
    )
    kept = 0
    for start in range(0, len(due), BATCH):
        kept += await again(lambda batch=due[start : start + BATCH]: _keep(batch, profiles))  # type: ignore[misc]
    return kept


async def _keep(rows: Sequence[_Due], profiles: ProfileSet) -> int:
    async with transaction() as tx:
        known = await claims.find_many({row.claim_id for row in rows}, tx=tx)
        to_judge = [
            ClaimToJudge(
                retirement_id=row.id,
                claim=known[row.claim_id],
                emission_g=row.emission_g,
                besides_g=row.besides_g,
                # Cancelled ahead, the grams became this claim's own only when it was settled.
                retired_on=max(row.cancelled_on, beijing_day(row.settled_at)),
                judged_on=beijing_day(row.now),
                stage=Stage.UPSTREAM,
                profile=profile,
            )
            for row in rows
            if (profile := find_profile(profiles, row.profile)) is not None
        ]
        return len(await judge_claims(to_judge, tx=tx))
