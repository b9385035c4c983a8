"""The tally shown on a scene's page: a projection of its settled retirements."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from app.gateways.database import Tx, fetch


async def count(settled: Iterable[tuple[UUID, int]], *, tx: Tx) -> None:
    """Add settled retirements, given as (scenario id, grams), to their scenes' tallies.

    Not idempotent by itself: the caller's transaction takes each event once.
    """
    sums: dict[UUID, list[int]] = defaultdict(lambda: [0, 0])
    for scenario_id, mass_g in settled:
        sums[scenario_id][0] += 1
        sums[scenario_id][1] += mass_g
    ordered = sorted(sums.items())  # one lock order for all workers
    await fetch(
        "INSERT INTO scenario_tally AS t (scenario_id, retirements, mass_g)"
        " SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[])"
        " ON CONFLICT (scenario_id) DO UPDATE"
        " SET retirements = t.retirements + excluded.retirements, mass_g = t.mass_g + excluded.mass_g",
        [scenario_id for scenario_id, _ in ordered],
        [number for _, (number, _) in ordered],
        [grams for _, (_, grams) in ordered],
        tx=tx,
    )
