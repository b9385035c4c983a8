"""Adding up again what moved lately, on what stood before it."""

from datetime import timedelta
from typing import Final

from app.kernel.ids import uuid7
from app.registry.books.proving import Connect, prove
from app.registry.books.recording import begin, conclude
from app.registry.books.rules import Run, RunKind

WINDOW: Final = timedelta(minutes=15)
"""How far back a round looks; several times the pause between rounds, so that nothing falls between two."""


async def reconcile(window: timedelta = WINDOW, *, connect: Connect) -> Run:
    """Compare what moved within `window` with the balances, cursors, certificates and tallies it made; write the run.

    Costs what has moved, not what there is. Changes nothing but its own run; a difference is named, logged as an
    error, and stays in the metrics until `reconcile_all` finds everything right.
    """
    connection = await connect()
    try:
        token = uuid7()
        since = await begin(connection, token) - window
        await connection.execute("SELECT books.look($1, 'compare_since', NULL, $2)", token, since)
        return await conclude(connection, token, RunKind.RECONCILIATION, f"since:{since:%Y-%m-%dT%H:%M:%SZ}")
    finally:
        await connection.close(timeout=2)


async def reconcile_all(*, connect: Connect) -> Run:
    """Prove everything, then compare every projection with what it was made from; two runs, of which the second is given.

    The second one holds the differences of both, so that one look at it is enough.
    """
    connection = await connect()
    try:
        token = uuid7()
        await begin(connection, token)  # what is found from here on may be later news
        await prove(connect=connect)
        await connection.execute("SELECT books.look($1, 'compare_tallies')", token)
        return await conclude(connection, token, RunKind.RECONCILIATION, "all")
    finally:
        await connection.close(timeout=2)
