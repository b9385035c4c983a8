"""The drawing worker reports what its fonts draw."""

from app.gateways.database import fetch
from app.kernel.drawing.glyphs import Coverage


async def report(coverage: Coverage) -> None:
    """Write down what a drawing worker's fonts draw; repeated, only the time moves."""
    await fetch(
        "INSERT INTO font_coverage (digest, document, reported_at) VALUES ($1, $2, clock_timestamp())"
        " ON CONFLICT (digest) DO UPDATE SET reported_at = excluded.reported_at",
        coverage.digest,
        coverage.document,
    )
