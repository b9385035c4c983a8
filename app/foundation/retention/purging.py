"""Deleting what is over, a small batch at a time."""

from typing import Final

from app.foundation.retention.rules import Keep, Kind
from app.gateways.database import fetch, fetch_value

BATCH: Final = 1000
"""Rows looked at in one statement: some ten milliseconds, and never many locks."""


async def purge(keep: Keep, *, limit: int | None = None) -> dict[str, int]:
    """Delete at most `limit` rows of each kind whose time is over; how many of each, all zero when nothing is left.

    A transaction for each kind, `BATCH` rows where no limit is said. Passes over rows that somebody has locked, and over
    what is not over in any case: harmless beside every other work, and beside itself.
    """
    return {
        kind.value: int(
            await fetch_value(f"SELECT retention.purge_{kind.value}($1, $2)", keep.of(kind), limit or BATCH)
        )
        for kind in Kind
    }


async def purged() -> dict[str, int]:
    """Rows of each kind that were ever deleted."""
    known = {row["name"]: int(row["purged"]) for row in await fetch("SELECT name, purged FROM retention_tally")}
    return {kind.value: known.get(kind.value, 0) for kind in Kind}
