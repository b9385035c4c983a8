"""Tries counted in PostgreSQL: exact over all processes, whatever becomes of Valkey. What they mean is for a door."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.gateways.database import fetch_value


@dataclass(frozen=True, slots=True)
class Count:
    """At most `most` tries in any `window_s` seconds under one key."""

    key: str
    most: int
    window_s: int


async def take(counts: Sequence[Count]) -> list[float]:
    """Count one try under every key, or under none: seconds to wait for each, all 0 where it was counted.

    A statement of its own, never in a transaction that moves something: the rows are locked until it commits.
    """
    waits = await fetch_value(
        "SELECT limits.take($1, $2, $3)",
        [count.key for count in counts],
        [count.most for count in counts],
        [count.window_s for count in counts],
    )
    return [float(wait_s) for wait_s in waits]


async def purge(*, limit: int = 5000) -> int:
    """Delete counts whose time is over; how many."""
    return int(await fetch_value("SELECT limits.purge($1)", limit))
