"""What was retired in one scene, for whom and by whom: summed by PostgreSQL, however many there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app.gateways.database import fetch_as
from app.registry.claims import Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The settled retirements of a scene that have one group, layer and kind of beneficiary; or all of them."""

    is_all: bool
    """The line that sums the others; people who stand in several of them count once there."""
    group_code: str | None
    layer: Layer | None
    """None of the line of all."""
    is_organiser: bool | None
    """The beneficiary is the scene's organiser itself."""
    people: int
    """Persons among the beneficiaries."""
    given_people: int
    """Of these, who were given anything by the organiser; and who paid anything themselves."""
    paying_people: int
    paid_by_organiser_g: int
    paid_by_others_g: int
    gift_g: int
    """Funded as gifts, in either of the two."""
    figure_g: int
    """What their claims say was emitted, each claim's once however many retirements supplement it."""
    unstated: int
    """Claims among them of which nobody says how much was emitted."""


@dataclass(frozen=True, slots=True)
class Hour:
    """Persons for whom something was retired for the first time in the scene, by the hour in which it was claimed."""

    at: datetime
    people: int


_SETTLED: Final = (
    " FROM claim c JOIN retirement r ON r.claim_id = c.id AND r.state = 'settled' WHERE c.scenario_id = $1"
)
# A claim with its supplements is one row, so its figure counts once.
_SHARES: Final = f"""
WITH roots AS (
    SELECT coalesce(c.supplements_id, c.id) AS root, c.beneficiary_id, c.beneficiary_kind = 'person' AS is_person,
           c.beneficiary_id = $2 AS is_organiser, c.layer, c.group_code, max(c.emission_g) AS emission_g,
           coalesce(sum(r.mass_g) FILTER (WHERE r.payer_id = $2), 0) AS paid_g,
           coalesce(sum(r.mass_g) FILTER (WHERE r.payer_id <> $2), 0) AS others_g,
           coalesce(sum(r.mass_g) FILTER (WHERE r.funding = 'gift'), 0) AS gift_g
    {_SETTLED} GROUP BY 1, 2, 3, 4, 5, 6)
SELECT grouping(layer) = 1 AS is_all, group_code, layer, is_organiser,
       count(DISTINCT beneficiary_id) FILTER (WHERE is_person) AS people,
       count(DISTINCT beneficiary_id) FILTER (WHERE is_person AND paid_g > 0) AS given_people,
       count(DISTINCT beneficiary_id) FILTER (WHERE is_person AND others_g > 0) AS paying_people,
       coalesce(sum(paid_g), 0)::bigint AS paid_by_organiser_g, coalesce(sum(others_g), 0)::bigint AS paid_by_others_g,
       coalesce(sum(gift_g), 0)::bigint AS gift_g, coalesce(sum(emission_g), 0)::bigint AS figure_g,
       count(*) FILTER (WHERE emission_g = 0) AS unstated
FROM roots GROUP BY GROUPING SETS ((group_code, layer, is_organiser), ())
ORDER BY is_all, group_code NULLS FIRST, layer, is_organiser
"""
_HOURS: Final = f"""
SELECT date_trunc('hour', f.at, 'Asia/Shanghai') AS at, count(*) AS people
FROM (SELECT c.beneficiary_id, min(c.made_at) AS at {_SETTLED} AND c.beneficiary_kind = 'person' GROUP BY 1) AS f
GROUP BY 1 ORDER BY 1
"""


async def tally(scenario_id: UUID, *, organiser_id: UUID) -> tuple[Share, Sequence[Share]]:
    """All that was settled in a scene, and the same by group, layer and whether it is the organiser's own claim."""
    rows = await fetch_as(Share, _SHARES, scenario_id, organiser_id)
    return rows[-1], rows[:-1]


async def by_hour(scenario_id: UUID) -> list[Hour]:
    """When people came, the oldest hour first; hours in which nobody came are absent."""
    return await fetch_as(Hour, _HOURS, scenario_id)
