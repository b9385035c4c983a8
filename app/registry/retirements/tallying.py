"""What was retired in one scene, for whom and by whom: summed by PostgreSQL, however many there are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app.gateways.database import Row, fetch, transaction
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


# One pass over the scene, one row for each person, group and layer; persons, who may stand in several, are folded once more.
# A claim's figure counts with its root, or with the first of its supplements while the root is not settled.
_TALLY: Final = """
WITH early AS (
    SELECT DISTINCT ON (c.supplements_id) c.id FROM claim c JOIN retirement r ON r.claim_id = c.id AND r.state = 'settled'
    LEFT JOIN retirement root ON root.claim_id = c.supplements_id AND root.state = 'settled'
    WHERE c.scenario_id = $1 AND c.supplements_id IS NOT NULL AND root.id IS NULL ORDER BY c.supplements_id, c.id),
settled AS (
    SELECT c.beneficiary_id, c.beneficiary_kind = 'person' AS is_person, c.layer, c.group_code, c.made_at, c.emission_g,
           r.mass_g, r.payer_id = $2 AS is_organisers, r.funding = 'gift' AS is_gift,
           c.supplements_id IS NULL OR e.id IS NOT NULL AS is_first
    FROM claim c JOIN retirement r ON r.claim_id = c.id AND r.state = 'settled' LEFT JOIN early e ON e.id = c.id
    WHERE c.scenario_id = $1),
each AS (
    SELECT beneficiary_id, is_person, layer, group_code, min(made_at) AS at,
           coalesce(sum(mass_g) FILTER (WHERE is_organisers), 0) AS paid_g,
           coalesce(sum(mass_g) FILTER (WHERE NOT is_organisers), 0) AS others_g,
           coalesce(sum(mass_g) FILTER (WHERE is_gift), 0) AS gift_g,
           coalesce(sum(emission_g) FILTER (WHERE is_first), 0) AS figure_g,
           count(*) FILTER (WHERE is_first AND emission_g = 0) AS unstated
    FROM settled GROUP BY 1, 2, 3, 4),
persons AS (SELECT beneficiary_id, min(at) AS at, bool_or(paid_g > 0) AS is_given, bool_or(others_g > 0) AS is_paying
            FROM each WHERE is_person GROUP BY 1),
hours AS (SELECT date_trunc('hour', at, 'Asia/Shanghai') AS at, count(*) AS people, count(*) FILTER (WHERE is_given) AS given,
                 count(*) FILTER (WHERE is_paying) AS paying FROM persons GROUP BY 1),
shares AS (
    SELECT group_code, layer, beneficiary_id = $2 AS is_organiser, count(*) FILTER (WHERE is_person) AS people,
           count(*) FILTER (WHERE is_person AND paid_g > 0) AS given_people,
           count(*) FILTER (WHERE is_person AND others_g > 0) AS paying_people, sum(paid_g)::bigint AS paid_by_organiser_g,
           sum(others_g)::bigint AS paid_by_others_g, sum(gift_g)::bigint AS gift_g, sum(figure_g)::bigint AS figure_g,
           sum(unstated)::bigint AS unstated
    FROM each GROUP BY 1, 2, 3)
SELECT false AS is_all, s.*, NULL::timestamptz[] AS hours, NULL::bigint[] AS of_hours FROM shares s
UNION ALL
SELECT true, NULL, NULL, NULL, h.people, h.given, h.paying, coalesce(m.paid_g, 0)::bigint, coalesce(m.others_g, 0)::bigint,
       coalesce(m.gift_g, 0)::bigint, coalesce(m.figure_g, 0)::bigint, coalesce(m.unstated, 0)::bigint, h.hours, h.of_hours
FROM (SELECT coalesce(sum(people), 0)::bigint AS people, coalesce(sum(given), 0)::bigint AS given,
             coalesce(sum(paying), 0)::bigint AS paying, coalesce(array_agg(at ORDER BY at), '{}') AS hours,
             coalesce(array_agg(people ORDER BY at), '{}') AS of_hours FROM hours) AS h,
     (SELECT sum(paid_by_organiser_g) AS paid_g, sum(paid_by_others_g) AS others_g, sum(gift_g) AS gift_g,
             sum(figure_g) AS figure_g, sum(unstated) AS unstated FROM shares) AS m
ORDER BY is_all, group_code NULLS FIRST, layer, is_organiser
"""


_ROOM: Final = "SELECT set_config('work_mem', '64MB', true), set_config('jit', 'off', true)"
"""A hundred thousand people are hashed instead of sorted on disk, and nothing is compiled that is read once."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What was settled in a scene, as one snapshot says it."""

    everything: Share
    shares: tuple[Share, ...]
    """The same by group, layer and whether it is the organiser's own claim."""
    hours: tuple[Hour, ...]
    """The oldest first; hours in which nobody came are absent."""


async def tally(scenario_id: UUID, *, organiser_id: UUID) -> Tally:
    """All that was settled in a scene, in one pass."""
    async with transaction() as tx:
        await fetch(_ROOM, tx=tx)
        rows = await fetch(_TALLY, scenario_id, organiser_id, tx=tx)
    times, people = rows[-1]["hours"], rows[-1]["of_hours"]
    found = [_share(row) for row in rows]
    return Tally(found[-1], tuple(found[:-1]), tuple(Hour(*one) for one in zip(times, people, strict=True)))


def _share(row: Row) -> Share:
    facts = {name: row[name] for name in Share.__dataclass_fields__}
    return Share(**facts | {"layer": Layer(row["layer"]) if row["layer"] else None})
