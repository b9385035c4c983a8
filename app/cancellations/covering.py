"""What of a certificate's grams is cancelled upstream: read when it is shown, since the frozen record cannot know."""

from collections.abc import Sequence

from app.cancellations.rules import Proof, Span, SpanCover, State, Tonnes
from app.gateways.database import fetch


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
                        cancelled_on=row["cancelled_on"],
                        first=row["block_start"] + row["start_t"],
                        last=row["block_start"] + row["stop_t"] - 1,
                    )
                    for row, _ in done
                ),
            )
        )
    return answer
