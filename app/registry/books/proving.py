"""Proving that the books add up, from the first gram and the first entry on."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from app.kernel.ids import uuid7
from app.registry.books.errors import LotUnknown
from app.registry.books.recording import begin, conclude
from app.registry.books.rules import Run, RunKind

SMALL: Final = 16
"""A bigint of digits fits below this length; longer words are codes."""

Connect = Callable[[], Awaitable[Any]]
"""Opens a connection of its own: a proof may take longer than the pool lets a statement run."""
OnPart = Callable[[str, float], None]
"""Called with each part that is done, and its seconds."""


async def prove(
    *, connect: Connect, lot_id: int | None = None, only_grams: bool = False, on_part: OnPart | None = None
) -> Run:
    """Ask every check of one lot, or of everything, and write down what was found; or the checks of grams alone.

    Which functions those are the rooms have declared in the table `books_part`, with the one of two connections that asks
    each, so that both have about equal work.

    All of it is one snapshot, shared by two connections, so that two processors work on it; nothing is locked and
    nobody waits. A proof that finds damage names the rows and changes nothing.
    """
    first, second = await connect(), await connect()
    try:
        token = uuid7()
        await begin(first, token)
        parts = await _parts(first, only_grams=only_grams)
        await _ask_together(first, second, parts, _Look(token, lot_id, on_part))
        whole = "grams" if only_grams else "all"
        scope = whole if lot_id is None else f"lot:{lot_id}"
        return await conclude(first, token, RunKind.PROOF, scope)
    finally:
        await first.close(timeout=2)
        await second.close(timeout=2)


async def prove_day(*, connect: Connect, on_part: OnPart | None = None) -> Run:
    """Prove what was written since the newest sealed checkpoint, and seal the next one where all of it holds.

    Costs what was written since, however much there is: what stood before is what was sealed. One older day is added up
    again each time, the one that was looked at longest ago, and what does not grow with orders is asked whole. Which parts
    are not asked, and why, `books_part` says; `prove` asks them all.
    """
    connection = await connect()
    try:
        token = uuid7()
        await begin(connection, token)
        async with connection.transaction(isolation="repeatable_read"):
            rows = await connection.fetch(
                "SELECT name FROM books_part WHERE of_day = 'whole' ORDER BY connection_no, no"
            )
            parts = ["since", "older", *(row["name"].removeprefix("prove_") for row in rows)]
            await _ask(connection, parts, _Look(token, None, on_part))
            sealed = await connection.fetchval("SELECT books.seal($1)", token)
        if sealed is None:
            sealed = await connection.fetchval("SELECT coalesce(max(id), 0) FROM books_checkpoint")
        return await conclude(connection, token, RunKind.PROOF, f"day:{sealed}")
    finally:
        await connection.close(timeout=2)


async def _parts(connection: Any, *, only_grams: bool) -> tuple[list[str], list[str]]:  # noqa: ANN401 - asyncpg is typed in part only
    """The declared parts by the connection that asks them, each without its `prove_`."""
    rows = await connection.fetch(
        "SELECT name, connection_no FROM books_part WHERE follows_grams OR NOT $1 ORDER BY no", only_grams
    )
    first, second = (
        [row["name"].removeprefix("prove_") for row in rows if row["connection_no"] == no] for no in (1, 2)
    )
    return first, second


@dataclass(frozen=True, slots=True)
class _Look:
    """What the parts of one look share."""

    token: UUID
    lot_id: int | None
    on_part: OnPart | None


async def _ask_together(
    first: Any,  # noqa: ANN401 - asyncpg is typed in part only
    second: Any,  # noqa: ANN401
    parts: tuple[Sequence[str], Sequence[str]],
    look: _Look,
) -> None:
    """Have these parts looked at on two connections that see one snapshot."""
    async with first.transaction(isolation="repeatable_read"):
        snapshot = await first.fetchval("SELECT pg_export_snapshot()")
        async with second.transaction(isolation="repeatable_read"):
            await second.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")  # a name of PostgreSQL's own
            await _both(_ask(first, parts[0], look), _ask(second, parts[1], look))


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


async def _both(*hands: Coroutine[Any, Any, None]) -> None:
    """Both, or the trouble of the one that met it, when the other has stopped too."""
    try:
        async with asyncio.TaskGroup() as group:
            for hand in hands:
                group.create_task(hand)
    except ExceptionGroup as several:
        raise several.exceptions[0] from several


async def _ask(connection: Any, parts: Sequence[str], look: _Look) -> None:  # noqa: ANN401 - asyncpg is typed in part only
    loop = asyncio.get_running_loop()
    for part in parts:
        began = loop.time()
        await connection.execute("SELECT books.look($1, $2, $3)", look.token, f"prove_{part}", look.lot_id)
        if look.on_part is not None:
            look.on_part(part, loop.time() - began)
