"""Proving that the books add up, from the first gram and the first entry on."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Final

from app.books.errors import LotUnknown
from app.books.recording import record
from app.books.rules import Line, Run, RunKind

GRAMS: Final = (("grams", "ledger"), ("retirements",))
"""The table functions `books.prove_…` that follow every gram, in two hands of about equal work: one connection each."""
PARTS: Final = (
    (*GRAMS[0], "certificates", "tonnes"),
    (*GRAMS[1], "orders", "claims", "set_aside", "money", "records"),
)
"""The same, and what hangs on the grams: papers, whose records are hashed and read, orders, money, claims."""
SMALL: Final = 16
"""A bigint of digits fits below this length; longer words are codes."""

Connect = Callable[[], Awaitable[Any]]
"""Opens a connection of its own: a proof may take longer than the pool lets a statement run."""
Heard = Callable[[str, float], None]
"""Told of each part when it is done, and of its seconds."""


async def prove(
    *, connect: Connect, lot_id: int | None = None, only_grams: bool = False, heard: Heard | None = None
) -> Run:
    """Ask every check of one lot, or of everything, and write down what was found; or the checks of `GRAMS` alone.

    All of it is one snapshot, shared by two connections, so that two processors work on it; nothing is locked and
    nobody waits. A proof that finds damage names the rows and changes nothing.
    """
    first, second = await connect(), await connect()
    try:
        started_at = await first.fetchval("SELECT clock_timestamp()")
        lines = await ask_together(first, second, GRAMS if only_grams else PARTS, lot_id=lot_id, heard=heard)
        whole = "grams" if only_grams else "all"
        scope = whole if lot_id is None else f"lot:{lot_id}"
        return await record(first, RunKind.PROOF, scope, lines, started_at=started_at)
    finally:
        await first.close(timeout=2)
        await second.close(timeout=2)


async def ask_together(
    first: Any,  # noqa: ANN401 - asyncpg is typed in part only
    second: Any,  # noqa: ANN401
    parts: tuple[Sequence[str], Sequence[str]],
    *,
    lot_id: int | None = None,
    heard: Heard | None = None,
) -> list[Line]:
    """Every line of these parts, asked on two connections that see one snapshot."""
    async with first.transaction(isolation="repeatable_read", readonly=True):
        snapshot = await first.fetchval("SELECT pg_export_snapshot()")
        async with second.transaction(isolation="repeatable_read", readonly=True):
            await second.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")  # a name of PostgreSQL's own
            return await _both(_ask(first, parts[0], lot_id, heard), _ask(second, parts[1], lot_id, heard))


async def find_lot(typed: str, *, connect: Connect) -> int:
    """The id of a lot, by its id or its code; a code goes before an id of the same letters.

    Raises:
        LotUnknown: there is no such lot.
    """
    connection = await connect()
    try:
        found = await connection.fetchval(
            "SELECT id FROM credit_lot WHERE code = $1 OR id = $2 ORDER BY code = $1 DESC LIMIT 1",
            typed,
            int(typed) if typed.isascii() and typed.isdigit() and len(typed) < SMALL else None,
        )
    finally:
        await connection.close(timeout=2)
    if found is None:
        raise LotUnknown(lot=typed)
    return int(found)


def read_lines(rows: Sequence[Any]) -> list[Line]:
    """Rows of type `books.line`."""
    return [
        Line(
            check=row["check"],
            lot_id=row["lot_id"],
            is_ok=row["ok"],
            expected=int(row["expected"]),
            found=int(row["found"]),
            detail=tuple(row["detail"] or ()),
        )
        for row in rows
    ]


async def _both(*hands: Coroutine[Any, Any, list[Line]]) -> list[Line]:
    """What both found; the trouble of the one that met it, when the other has stopped too."""
    try:
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(hand) for hand in hands]
    except ExceptionGroup as several:
        raise several.exceptions[0] from several
    return [line for one in asked for line in one.result()]


async def _ask(connection: Any, parts: Sequence[str], lot_id: int | None, heard: Heard | None) -> list[Line]:  # noqa: ANN401 - asyncpg is typed in part only
    loop, lines = asyncio.get_running_loop(), []
    for part in parts:
        began = loop.time()
        lines += read_lines(await connection.fetch(f"SELECT * FROM books.prove_{part}($1)", lot_id))
        if heard is not None:
            heard(part, loop.time() - began)
    return lines
