"""What was retired for a person, and for which emissions: sums by month and year, pieces of the list, and where the grams lie.

Of settled retirements whose claim is the person's own; what organisations retired is not theirs. Sums are made by
PostgreSQL, each in one query, however many rows somebody has.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from app.gateways.database import Tx, fetch, fetch_as
from app.kernel.days import Period
from app.registry.retirements.reading import Slice
from app.registry.retirements.rules import Funding

_SETTLED: Final = (
    " FROM retirement r JOIN claim c ON c.id = r.claim_id"
    " WHERE r.beneficiary_id = ANY(ARRAY(SELECT identity.persons_of($1)))"
    " AND r.state = 'settled' AND c.beneficiary_kind = 'person'"
)
_BEIJING: Final = "(r.settled_at AT TIME ZONE 'Asia/Shanghai')"


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthRetired:
    """What was retired for a person in one month, in Beijing."""

    year: int
    month: int
    count: int
    mass_g: int
    given: int
    """Of `count`, those that somebody else gave."""
    given_g: int
    own_g: int
    """Those that nobody gave."""


@dataclass(frozen=True, slots=True)
class MonthMass:
    """The grams of one month; a month without any is absent."""

    month: str
    """`2026-11`."""
    mass_g: int


@dataclass(frozen=True, slots=True, kw_only=True)
class YearEmitted:
    """What a person emitted on visits of one year, as far as something was retired for them."""

    year: int
    count: int
    emission_g: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRetirement:
    """One retirement for a person."""

    id: UUID
    cause: str
    number: str
    scenario_id: UUID
    footprint_id: UUID | None
    funding: Funding
    payer_id: UUID
    mass_g: int
    emission_g: int
    """Of its claim; 0: nobody states it."""
    settled_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a person emitted on one visit that something was retired for."""

    id: UUID
    """Of the claim to which others of the visit add."""
    scenario_id: UUID
    cause: str
    """Of the retirement that was requested first."""
    on: date
    emission_g: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LotRetired:
    """What a person's retirements took from one lot."""

    lot_id: int
    count: int
    mass_g: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSlice:
    """A run of grams [start_g, stop_g) of one lot, and the retirement that took it."""

    id: int
    retirement_id: UUID
    number: str
    cause: str
    scenario_id: UUID
    settled_at: datetime
    lot_id: int
    start_g: int
    stop_g: int

    @property
    def slice(self) -> Slice:
        """Without whose it is."""
        return Slice(self.lot_id, self.start_g, self.stop_g)


async def months_of(person_id: UUID) -> list[MonthRetired]:
    """Every month in which something was retired for this person, the latest first."""
    return await fetch_as(
        MonthRetired,
        f"SELECT extract(year FROM {_BEIJING})::int AS year, extract(month FROM {_BEIJING})::int AS month,"
        " count(*)::int AS count, sum(r.mass_g)::bigint AS mass_g,"
        " (count(*) FILTER (WHERE r.funding IN ('gift', 'donation')))::int AS given,"
        " coalesce(sum(r.mass_g) FILTER (WHERE r.funding IN ('gift', 'donation')), 0)::bigint AS given_g,"
        " coalesce(sum(r.mass_g) FILTER (WHERE r.funding NOT IN ('gift', 'donation')), 0)::bigint AS own_g"
        f"{_SETTLED} GROUP BY 1, 2 ORDER BY 1 DESC, 2 DESC",
        person_id,
    )


async def retired_by_month(person_id: UUID, period: Period, *, tx: Tx | None = None) -> list[MonthMass]:
    """What was retired for this person, by the Beijing day of settling, the earliest month first."""
    return await fetch_as(
        MonthMass,
        f"SELECT to_char(d.day, 'YYYY-MM') AS month, sum(d.mass_g)::bigint AS mass_g FROM (SELECT r.mass_g,"
        f" {_BEIJING}::date AS day{_SETTLED}) d WHERE d.day BETWEEN $2 AND $3 GROUP BY 1 ORDER BY 1",
        person_id, period.first, period.last, tx=tx,
    )  # fmt: skip


async def emitted_by_month(
    person_id: UUID, period: Period, *, but_scene: UUID, tx: Tx | None = None
) -> list[MonthMass]:
    """What this person emitted, by the last day of the visit, the earliest month first; visits as in `visits_of`.

    A claim that states no emission is absent.
    """
    return await fetch_as(
        MonthMass,
        "SELECT to_char(v.day, 'YYYY-MM') AS month, sum(v.emission_g)::bigint AS mass_g FROM ("
        f" SELECT min(c.period_to) AS day, max(c.emission_g) AS emission_g{_SETTLED} AND c.scenario_id <> $4"
        " GROUP BY coalesce(c.supplements_id, c.id)) v"
        " WHERE v.day BETWEEN $2 AND $3 AND v.emission_g > 0 GROUP BY 1 ORDER BY 1",
        person_id, period.first, period.last, but_scene, tx=tx,
    )  # fmt: skip


async def visits_of(person_id: UUID, *, but_scene: UUID) -> list[YearEmitted]:
    """What this person emitted by year of the visit, the latest first; a gift and what adds to it are one visit.

    `but_scene` is left out: the figures behind its claims are kept in the account itself.
    """
    return await fetch_as(
        YearEmitted,
        "SELECT v.year, count(*)::int AS count, sum(v.emission_g)::bigint AS emission_g FROM ("
        " SELECT extract(year FROM min(c.period_to))::int AS year, max(c.emission_g) AS emission_g"
        f"{_SETTLED} AND c.scenario_id <> $2 GROUP BY coalesce(c.supplements_id, c.id)) v GROUP BY 1 ORDER BY 1 DESC",
        person_id, but_scene,
    )  # fmt: skip


async def list_visits(
    person_id: UUID, *, limit: int, but_scene: UUID, after: UUID | None = None, year: int | None = None
) -> list[Visit]:
    """The visits behind `visits_of`, the latest first, from after (older than) `after` on."""
    return await fetch_as(
        Visit,
        "SELECT * FROM (SELECT coalesce(c.supplements_id, c.id) AS id, (array_agg(c.scenario_id))[1] AS scenario_id,"
        ' (array_agg(r.cause ORDER BY r.id))[1] AS cause, min(c.period_to) AS "on", max(c.emission_g) AS emission_g'
        f"{_SETTLED} AND c.scenario_id <> $2 GROUP BY 1) v WHERE ($4::uuid IS NULL OR v.id < $4)"
        ' AND ($5::int IS NULL OR extract(year FROM v."on") = $5) ORDER BY v.id DESC LIMIT $3',
        person_id, but_scene, limit, after, year,
    )  # fmt: skip


async def list_of(
    person_id: UUID, *, limit: int, after: UUID | None = None, year: int | None = None, given: bool | None = None
) -> list[PersonRetirement]:
    """This person's retirements, the latest requested first, from after (older than) `after` on.

    `given`: only what somebody else gave, or only what nobody did.
    """
    return await fetch_as(
        PersonRetirement,
        "SELECT r.id, r.cause, r.number, c.scenario_id, c.footprint_id, r.funding, r.payer_id, r.mass_g, c.emission_g,"
        f" r.settled_at{_SETTLED} AND ($3::uuid IS NULL OR r.id < $3)"
        f" AND ($4::int IS NULL OR extract(year FROM {_BEIJING}) = $4)"
        " AND ($5::boolean IS NULL OR (r.funding IN ('gift', 'donation')) = $5) ORDER BY r.id DESC LIMIT $2",
        person_id, limit, after, year, given,
    )  # fmt: skip


async def lots_of(person_id: UUID, *, year: int | None = None) -> list[LotRetired]:
    """What this person's retirements took from each lot, the most first; of one Beijing year, or of all."""
    return await fetch_as(
        LotRetired,
        "SELECT s.lot_id, count(DISTINCT r.id)::int AS count, sum(s.mass_g)::bigint AS mass_g"
        " FROM retirement r JOIN claim c ON c.id = r.claim_id JOIN retirement_slice s ON s.retirement_id = r.id"
        " WHERE r.beneficiary_id = ANY(ARRAY(SELECT identity.persons_of($1)))"
        " AND r.state = 'settled' AND c.beneficiary_kind = 'person'"
        f" AND ($2::int IS NULL OR extract(year FROM {_BEIJING}) = $2)"
        " GROUP BY 1 ORDER BY 3 DESC, 1",
        person_id, year,
    )  # fmt: skip


async def slices_of(person_id: UUID, *, limit: int, after: int | None = None) -> list[PersonSlice]:
    """Every run of grams that was retired for this person, the latest first, from after (older than) `after` on."""
    return await fetch_as(
        PersonSlice,
        "SELECT s.id, r.id AS retirement_id, r.number, r.cause, c.scenario_id, r.settled_at, s.lot_id, s.start_g, s.stop_g"
        " FROM retirement r JOIN claim c ON c.id = r.claim_id JOIN retirement_slice s ON s.retirement_id = r.id"
        " WHERE r.beneficiary_id = ANY(ARRAY(SELECT identity.persons_of($1)))"
        " AND r.state = 'settled' AND c.beneficiary_kind = 'person'"
        " AND ($3::bigint IS NULL OR s.id < $3) ORDER BY s.id DESC LIMIT $2",
        person_id, limit, after,
    )  # fmt: skip


async def retired_for(footprint_ids: Collection[UUID], *, of: UUID) -> dict[UUID, int]:
    """The grams that were retired for each of these kept figures of this person; absent where nothing was."""
    rows = await fetch(
        "SELECT c.footprint_id, sum(r.mass_g)::bigint AS mass_g FROM claim c JOIN retirement r ON r.claim_id = c.id"
        " WHERE c.footprint_id = ANY($1::uuid[]) AND c.beneficiary_id = ANY(ARRAY(SELECT identity.persons_of($2)))"
        " AND r.state = 'settled' AND r.withdrawn_at IS NULL GROUP BY 1",
        list(footprint_ids), of,
    )  # fmt: skip
    return {row["footprint_id"]: row["mass_g"] for row in rows}
