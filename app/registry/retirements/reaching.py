"""How far claims reach today by what was really emitted: one read for every page and answer that states a claim."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.gateways.database import Tx, fetch_as
from app.registry import claims
from app.registry.claims import FigureReach, TrueUpState
from app.registry.retirements.judging import IS_JUDGED

# The claim's figure is the covered one, else the one entered last. Without any, the day until which one is awaited stands in
# what was judged last; there is one only of a claim that was retired for ahead.
_REACH: Final = f"""
SELECT r.number, f.actual_g, f.state AS entered_as, due.due_on, s.retired_g, s.in_time_g, root.today
FROM retirement r JOIN claim c ON c.id = r.claim_id
CROSS JOIN LATERAL (SELECT coalesce(c.supplements_id, c.id) AS id,
                           (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date AS today) AS root
LEFT JOIN LATERAL (
    SELECT e.actual_g, e.state, e.due_on FROM claim_figure e WHERE e.claim_id = root.id
    ORDER BY e.state = 'covered' DESC, e.id DESC LIMIT 1) AS f ON true
LEFT JOIN LATERAL (
    SELECT (found.rule ->> 'limit')::date AS due_on
    FROM (SELECT v.document FROM retirement_verdict v WHERE v.retirement_id = r.id ORDER BY v.id DESC LIMIT 1) AS last
    CROSS JOIN LATERAL jsonb_array_elements(last.document::jsonb -> 'findings') AS found (rule)
    WHERE f.actual_g IS NULL AND {IS_JUDGED} AND c.period_to > (r.settled_at AT TIME ZONE 'Asia/Shanghai')::date
      AND found.rule ->> 'rule' = 'retired_12m') AS awaited ON true
CROSS JOIN LATERAL (SELECT coalesce(f.due_on, awaited.due_on) AS due_on) AS due
CROSS JOIN LATERAL (
    SELECT sum(o.mass_g)::bigint AS retired_g,
           coalesce(sum(o.mass_g) FILTER (WHERE (o.settled_at AT TIME ZONE 'Asia/Shanghai')::date <= due.due_on), 0)::bigint
               AS in_time_g
    FROM (SELECT root.id UNION ALL SELECT q.id FROM claim q WHERE q.supplements_id = root.id) AS own
    JOIN retirement o ON o.claim_id = own.id AND o.withdrawn_at IS NULL WHERE o.state = 'settled') AS s
WHERE r.number = ANY($1::text[]) AND r.state = 'settled' AND due.due_on IS NOT NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    number: str
    actual_g: int | None
    entered_as: str | None
    due_on: date
    retired_g: int
    in_time_g: int
    today: date


async def find_reach(numbers: Collection[str], *, tx: Tx | None = None) -> dict[str, FigureReach]:
    """Of the settled retirements of these printed numbers, how far their claims reach by the actual figure today; one query.

    Absent is whoever has no figure and waits for none any longer than it may: a person, a claim whose period was over, one
    whose figure is still awaited.
    """
    rows = await fetch_as(_Row, _REACH, list(numbers), tx=tx) if numbers else []
    found = {
        row.number: claims.figure_reach(
            actual_g=row.actual_g,
            entered_as=TrueUpState(row.entered_as) if row.entered_as else None,
            due_on=row.due_on,
            retired_g=row.retired_g,
            in_time_g=row.in_time_g,
            today=row.today,
        )
        for row in rows
    }
    return {number: reach for number, reach in found.items() if reach is not None}
