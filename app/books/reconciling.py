"""Adding up again what moved lately, on what stood before it."""

from datetime import timedelta
from typing import Final

from app.books.proving import Connect, prove, read_lines
from app.books.recording import record
from app.books.rules import Run, RunKind

WINDOW: Final = timedelta(minutes=15)
"""How far back a round looks; several times the pause between rounds, so that nothing falls between two."""


async def reconcile(window: timedelta = WINDOW, *, connect: Connect) -> Run:
    """Compare what moved within `window` with the balances, cursors, certificates and tallies it made; write the run.

    Costs what has moved, not what there is. Changes nothing but its own run; a difference is named, logged as an
    error, and stays in the metrics until `reconcile_all` finds everything right.
    """
    connection = await connect()
    try:
        started_at = await connection.fetchval("SELECT clock_timestamp()")
        since = started_at - window
        lines = read_lines(await connection.fetch("SELECT * FROM books.compare_since($1)", since))
        return await record(
            connection, RunKind.RECONCILIATION, f"since:{since:%Y-%m-%dT%H:%M:%SZ}", lines, started_at=started_at
        )
    finally:
        await connection.close(timeout=2)


async def reconcile_all(*, connect: Connect) -> Run:
    """Prove everything, then compare every projection with what it was made from; two runs, of which the second is given.

    The second one holds the differences of both, so that one look at it is enough.
    """
    connection = await connect()
    try:
        started_at = await connection.fetchval(
            "SELECT clock_timestamp()"
        )  # what is found from here on may be later news
        proof = await prove(connect=connect)
        lines = read_lines(await connection.fetch("SELECT * FROM books.compare_tallies()"))
        return await record(
            connection, RunKind.RECONCILIATION, "all", [*proof.differences, *lines], started_at=started_at
        )
    finally:
        await connection.close(timeout=2)
