"""Figures of somebody's own day or year, kept in their account under the factors they were computed with."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from tortoise.exceptions import IntegrityError

from app.footprint.calculating import find_many, keep
from app.footprint.errors import FigureKeyUsed, FigureUnknown
from app.footprint.figure_rules import FigureFacts, FigureTotal, Span
from app.footprint.rules import Calculation
from app.gateways.database import constraint, fetch, fetch_as, fetch_one, transaction
from app.kernel.days import Period
from app.kernel.ids import uuid7

_FACTS: Final = (
    "SELECT p.id, p.footprint_id, p.span, p.period_from, p.period_to, f.total_g, f.factor_set_version, p.kept_at,"
    " NOT EXISTS (SELECT FROM personal_figure n"
    " WHERE n.person_id = ANY(ARRAY(SELECT identity.persons_of(p.person_id))) AND n.span = p.span"
    " AND n.period_from = p.period_from AND n.id > p.id) AS is_newest"
    " FROM personal_figure p JOIN footprint f ON f.id = p.footprint_id"
)


async def keep_figure(calculation: Calculation, *, span: Span, period: Period, by: UUID, key: str) -> UUID:
    """Keep a figure in this person's account; the same key answers the figure that is there.

    Raises:
        FigureKeyUsed: the key stands for other inputs or another period.
    """
    known = await _kept_under(key, by=by, calculation=calculation, span=span, period=period)
    if known is not None:
        return known
    figure_id = uuid7()
    try:
        async with transaction() as tx:
            footprint_id = await keep(calculation, by=by, tx=tx)
            await fetch(
                "INSERT INTO personal_figure (id, person_id, footprint_id, span, period_from, period_to, intent_key, kept_at)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp())",
                figure_id, by, footprint_id, span.value, period.first, period.last, key, tx=tx,
            )  # fmt: skip
    except IntegrityError as refusal:
        if constraint(refusal) != "personal_figure_intent_key":
            raise
        known = await _kept_under(key, by=by, calculation=calculation, span=span, period=period)
        assert known is not None, "a second tap of the same intent was faster"
        return known
    return figure_id


async def find_figure(figure_id: UUID, *, by: UUID) -> tuple[FigureFacts, Calculation]:
    """A figure of this person with its lines, as it was computed.

    Raises:
        FigureUnknown: no such figure, or somebody else's.
    """
    found = await fetch_as(
        FigureFacts,
        f"{_FACTS} WHERE p.id = $1 AND p.person_id = ANY(ARRAY(SELECT identity.persons_of($2)))",
        figure_id,
        by,
    )
    if not found:
        raise FigureUnknown
    return found[0], (await find_many([found[0].footprint_id]))[found[0].footprint_id].calculation


async def list_figures(
    person_id: UUID, *, limit: int, after: UUID | None = None, year: int | None = None
) -> list[FigureFacts]:
    """This person's figures, the latest kept first, from after (older than) `after` on."""
    return await fetch_as(
        FigureFacts,
        f"{_FACTS} WHERE p.person_id = ANY(ARRAY(SELECT identity.persons_of($1))) AND ($2::uuid IS NULL OR p.id < $2)"
        " AND ($4::int IS NULL OR extract(year FROM p.period_from) = $4) ORDER BY p.id DESC LIMIT $3",
        person_id, after, limit, year,
    )  # fmt: skip


async def figure_totals(person_id: UUID) -> Sequence[FigureTotal]:
    """What this person's days and years add up to, by calendar year; of a period the newest figure alone."""
    return await fetch_as(
        FigureTotal,
        "SELECT extract(year FROM n.period_from)::int AS year, n.span, count(*)::int AS count,"
        " sum(f.total_g)::bigint AS total_g FROM (SELECT DISTINCT ON (span, period_from) span, period_from, footprint_id"
        " FROM personal_figure WHERE person_id = ANY(ARRAY(SELECT identity.persons_of($1)))"
        " ORDER BY span, period_from, id DESC) n"
        " JOIN footprint f ON f.id = n.footprint_id GROUP BY 1, 2 ORDER BY 1 DESC, 2",
        person_id,
    )


async def _kept_under(key: str, *, by: UUID, calculation: Calculation, span: Span, period: Period) -> UUID | None:
    row = await fetch_one(
        "SELECT id, footprint_id, span, period_from, period_to FROM personal_figure"
        " WHERE person_id = ANY(ARRAY(SELECT identity.persons_of($1))) AND intent_key = $2",
        by, key,
    )  # fmt: skip
    if row is None:
        return None
    kept = (await find_many([row["footprint_id"]]))[row["footprint_id"]].calculation
    asked = (span.value, period.first, period.last, dict(calculation.inputs))
    if (row["span"], row["period_from"], row["period_to"], dict(kept.inputs)) != asked:
        raise FigureKeyUsed
    return UUID(str(row["id"]))
