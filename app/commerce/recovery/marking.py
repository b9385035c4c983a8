"""Writing the marker outside, and comparing the database with it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import structlog

from app.commerce.recovery.errors import MarkerMissing, MarkerUnfit
from app.commerce.recovery.rules import Marker, Want, opened, sealed
from app.gateways.database import fetch_as
from app.gateways.files import FileStore
from app.kernel.ids import uuid7

FILE: Final = "recovery-marker.json"
"""Its name in the file store."""
_LOCK: Final = 7_306_817  # beside the sweeper's and the books'
_ANSWER_S: Final = 10.0

_log = structlog.get_logger()


async def read(files: FileStore) -> Marker | None:
    """The marker in the file store; None where there is none.

    Raises:
        MarkerUnfit: the file is no marker, or was changed.
        Unavailable: the store does not give it.
    """
    data = await files.fetch(FILE)
    if data is None:
        return None
    marker = opened(data)
    if marker is None:
        raise MarkerUnfit
    return marker


async def look(connection: Any, files: FileStore, *, marker: Marker | None = None) -> bool:  # noqa: ANN401 - asyncpg is typed in part only
    """Compare this database with the marker outside (or with this copy of one); False where people must decide.

    What is missing makes a case, and from then on nothing is settled. Repeated it changes nothing.

    Raises:
        MarkerMissing: markers were written, and the file store has none.
        MarkerUnfit, Unavailable: as `read`.
    """
    outside = marker or await read(files)
    if outside is None:
        if await connection.fetchval("SELECT written_no FROM recovery_state", timeout=_ANSWER_S):
            raise MarkerMissing
        return True
    new_id = uuid7()
    case_id = await connection.fetchval(
        "SELECT recovery.notice($1, $2::jsonb)", new_id, msgspec.json.encode(outside).decode(), timeout=_ANSWER_S
    )
    if case_id == new_id:
        _log.error("recovery.history_short", subject=f"recovery:{case_id}", version=outside.no)
    return case_id is None


@dataclass(frozen=True, slots=True)
class Examined:
    """How the marker and this database stand to each other, without noticing."""

    marker: Marker | None
    was_written: bool
    """Whether this database had a marker written, ever."""
    is_short: bool


async def examine(connection: Any, files: FileStore) -> Examined:  # noqa: ANN401 - the same
    """Compare and change nothing.

    Raises:
        MarkerUnfit, Unavailable: as `read`.
    """
    state = await connection.fetchrow("SELECT written_no, case_id FROM recovery_state", timeout=_ANSWER_S)
    marker = await read(files)
    missing = marker is not None and await connection.fetchval(
        "SELECT count(*) FROM recovery.compare($1::jsonb)", msgspec.json.encode(marker).decode(), timeout=_ANSWER_S
    )
    return Examined(marker, bool(state["written_no"]), bool(missing) or state["case_id"] is not None)


async def mark(connection: Any, files: FileStore, wants: Sequence[Want] = ()) -> bool:  # noqa: ANN401 - the same
    """Compare, then write the next marker where something has moved or is wanted; False where people must decide.

    One process at a time. The number is committed before the file is written, and the bounds hold after it is: killed at any
    point, what is outside never says less than what may be given.

    Raises:
        MarkerMissing, MarkerUnfit, Unavailable: as `look`; nothing is written.
    """
    async with _alone(connection):
        if not await look(connection, files):
            return False
        told = await connection.fetchval(
            "SELECT recovery.plan($1, $2::jsonb)", uuid7(), msgspec.json.encode(wants).decode(), timeout=_ANSWER_S
        )
        if told is not None:
            data = sealed(msgspec.json.decode(told))
            await files.keep(FILE, data)
            await connection.execute("SELECT recovery.written($1::jsonb)", data.decode(), timeout=_ANSWER_S)
        return True


async def uncovered(message_ids: Sequence[int], *, register: str) -> list[Want]:
    """What doing these messages of the outbox will give that the marker outside does not cover yet: grams of lots, numbers of
    this register. Looked at beforehand, so that a set is not done and then refused; whether it may be given PostgreSQL says.
    """
    return await fetch_as(Want, "SELECT kind, name, upto FROM recovery.uncovered($1, $2)", list(message_ids), register)


@asynccontextmanager
async def _alone(connection: Any) -> AsyncIterator[None]:  # noqa: ANN401 - the same
    await connection.execute("SELECT pg_advisory_lock($1)", _LOCK, timeout=_ANSWER_S)
    try:
        yield
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK, timeout=_ANSWER_S)
