"""What of a certificate's grams is cancelled upstream: read when it is shown, since the frozen record cannot know."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from app.gateways.database import Tx, fetch
from app.kernel.mass import GRAMS_PER_TONNE
from app.registry.cancellations.rules import LotRange, Proof, Span, SpanCover, State, Tonnes


async def ranges(cancellation_ids: Sequence[UUID]) -> list[LotRange]:
    """The grams in the tonnes of these cancellations, as far as they are cancelled."""
    rows = await fetch(
        "SELECT lot_id, start_t, stop_t FROM upstream_cancellation WHERE id = ANY($1::uuid[]) AND state = 'cancelled'"
        " ORDER BY lot_id, start_t",
        list(cancellation_ids),
    )
    return [LotRange(row["lot_id"], row["start_t"] * GRAMS_PER_TONNE, row["stop_t"] * GRAMS_PER_TONNE) for row in rows]


async def cancelled_whole(spans: Sequence[LotRange], *, tx: Tx) -> frozenset[LotRange]:
    """Those of these grams that are all cancelled now, as where a tonne was cancelled ahead; one query for any number."""
    # A tonne is cancelled or it is not, and holds the grams of eighty visitors: each is looked at once.
    around = {span: _whole_tonnes(span) for span in spans}
    asked = sorted(set(around.values()), key=lambda one: (one.lot_id, one.start_g))
    rows = await fetch(
        "SELECT s.no FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS s (lot_id, start_g, stop_g, no)"
        " CROSS JOIN LATERAL cancellations.covered(s.lot_id, s.start_g, s.stop_g) AS k"
        " WHERE k.covered_g = s.stop_g - s.start_g",
        [one.lot_id for one in asked],
        [one.start_g for one in asked],
        [one.stop_g for one in asked],
        tx=tx,
    )
    gone = {asked[row["no"] - 1] for row in rows}
    return frozenset(span for span, tonnes in around.items() if tonnes in gone)


async def cover(spans: Sequence[Span]) -> list[SpanCover]:
    """For each span, in its order: how many of its grams are cancelled or on their way, and by which proofs.

    One query for any number of spans. A lot nobody knows is simply not covered.
    """
    rows = await fetch(
        "SELECT l.code, l.block_start, u.reference, u.start_t, u.stop_t, u.state, u.registry_reference, u.cancelled_on"
        " FROM upstream_cancellation u JOIN credit_lot l ON l.id = u.lot_id"
        " WHERE l.code = ANY($1::text[]) AND u.state NOT IN ('returned', 'refused') ORDER BY l.id, u.start_t",
        sorted({span.lot for span in spans}),
    )
    return covered(spans, rows)


def covered(spans: Sequence[Span], cancellations: Sequence[Mapping[str, Any]]) -> list[SpanCover]:
    """`cover`, of cancellations that were read already: `code` and `block_start` of the lot, and the columns of a row."""
    rows = [one for one in cancellations if one["state"] not in {State.RETURNED, State.REFUSED}]
    answer = []
    for span in spans:
        met = [
            (row, grams)
            for row in rows
            if row["code"] == span.lot
            and (grams := Tonnes(row["start_t"], row["stop_t"]).within_g(span.start_g, span.stop_g))
        ]
        done = [(row, grams) for row, grams in met if row["state"] == State.CANCELLED]
        answer.append(
            SpanCover(
                span=span,
                covered_g=sum(grams for _, grams in done),
                # A proposal is ours alone: only what a second person or the registry has seen is on its way.
                under_way_g=sum(g for row, g in met if row["state"] not in {State.CANCELLED, State.PROPOSED}),
                proofs=tuple(
                    Proof(
                        reference=row["reference"],
                        lot=span.lot,
                        registry_reference=row["registry_reference"],
                        cancelled_on=_day(row["cancelled_on"]),
                        first=row["block_start"] + row["start_t"],
                        last=row["block_start"] + row["stop_t"] - 1,
                    )
                    for row, _ in done
                ),
            )
        )
    return answer


def _day(told: date | str) -> date:
    """A day as PostgreSQL gives it, or as JSON tells it."""
    return told if isinstance(told, date) else date.fromisoformat(told)


def _whole_tonnes(span: LotRange) -> LotRange:
    """The grams of the tonnes that the span touches."""
    start_t, stop_t = span.start_g // GRAMS_PER_TONNE, -(-span.stop_g // GRAMS_PER_TONNE)
    return LotRange(span.lot_id, start_t * GRAMS_PER_TONNE, stop_t * GRAMS_PER_TONNE)
