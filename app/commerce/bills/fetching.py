"""Fetching bills: the wire outside, then one transaction that keeps the file, reads it in and compares."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

import asyncpg
import msgspec
import structlog
from tortoise.exceptions import BaseORMException

from app.commerce.bills import sealing
from app.commerce.bills.comparing import compare
from app.commerce.bills.errors import BillUnknown, DaySigned
from app.foundation.identity import Keyring
from app.gateways.channels.base import Bill, BillLine, BillUnfit, Channel, NoBill, Pending
from app.gateways.channels.kinds import Kind
from app.gateways.channels.table import CHANNELS
from app.gateways.database import Tx, again, constraint, fetch, fetch_value, transaction
from app.gateways.files import FileStore
from app.gateways.patience import ask_each, within
from app.kernel.errors import Unavailable
from app.kernel.ids import uuid7

DUE_MOST: Final = 8
"""Bills fetched in one round; the next follows in seconds."""
FETCH_S: Final = 60.0
"""For one bill, its file among it."""
_LINES_AT_ONCE: Final = 2000

_log = structlog.get_logger()


async def fetch_due(
    *,
    channels: Mapping[str, Channel],
    files: FileStore,
    keyring: Keyring,
    now: datetime,
    kinds: Sequence[Kind] = CHANNELS,
) -> int:
    """Expect the bills of all days that are over, and fetch those whose time has come; answers how many.

    A bill's next time, an hour later, is written before the wire is touched, so that two who fetch do not fetch the
    same and silence is no failure.
    """
    for kind in kinds:
        if kind.name in channels and kind.bill_after is not None:
            await fetch("SELECT bills.expect($1, $2, $3)", kind.name, kind.bill_after, now)
    rows = await fetch("SELECT * FROM bills.take_due($1, $2, $3)", list(channels), now, DUE_MOST)

    async def one(row: dict[str, object]) -> None:
        channel, day = channels[str(row["channel"])], row["day"]
        await _fetch(UUID(str(row["id"])), channel, day, files, keyring)  # type: ignore[arg-type]

    await ask_each(rows, one, far_side=lambda row: row["channel"], what="bills", at_once=1)
    return len(rows)


async def fetch_one_bill(
    channel: str, day: date, *, channels: Mapping[str, Channel], files: FileStore, keyring: Keyring, now: datetime
) -> str:
    """Ask for one bill now, though it was read or its time has not come; answers the channel's word.

    The same file again changes nothing; another one is what the channel says from then on.

    Raises:
        BillUnknown: none is expected of that channel and day.
        DaySigned: the day is signed.
        Unavailable: the channel could not be reached, or was silent.
    """
    if channel not in channels:
        raise BillUnknown
    try:
        bill_id = await fetch_value("SELECT bills.take_one($1, $2, $3)", channel, day, now)
    except (asyncpg.PostgresError, BaseORMException) as refusal:
        raise _fact(refusal) from refusal
    if bill_id is None:
        raise BillUnknown
    return await _fetch(bill_id, channels[channel], day, files, keyring)


async def _fetch(bill_id: UUID, channel: Channel, day: date, files: FileStore, keyring: Keyring) -> str:
    try:
        answer = await within(channel.fetch_bill(day), seconds=FETCH_S)
    except Unavailable:
        await fetch("SELECT bills.record_answer($1, 'SILENT')", bill_id)
        raise
    match answer:
        case Pending(code=code):
            await fetch("SELECT bills.record_answer($1, $2)", bill_id, code)
            return code
        case NoBill(code=code):
            await _say_none(bill_id, code)
            return code
        case Bill():
            return await _keep(bill_id, channel, answer, files, keyring)


async def _say_none(bill_id: UUID, code: str) -> None:
    async def use_case() -> None:
        async with transaction() as tx:
            await fetch("SELECT bills.say_none($1, $2)", bill_id, code, tx=tx)
            await compare(bill_id, tx=tx)

    await _within_the_day(use_case)


async def _keep(bill_id: UUID, channel: Channel, bill: Bill, files: FileStore, keyring: Keyring) -> str:
    """The file first, under a name nobody has yet: what the database then says of it is there."""
    file_id, digest = uuid7(), hashlib.sha256(bill.content).digest()
    lines, unfit = await asyncio.to_thread(_read, channel, bill)
    last = await fetch_value(
        "SELECT digest FROM channel_bill_file WHERE bill_id = $1 ORDER BY no DESC LIMIT 1", bill_id
    )
    sealed = None
    if last is None or bytes(last) != digest:
        sealed = await asyncio.to_thread(sealing.seal, file_id, bill.content, keyring=keyring)
        await files.keep(sealing.name_of(file_id), sealed.data)

    async def use_case() -> None:
        async with transaction() as tx:
            kept = await fetch_value(
                "SELECT bills.keep_file($1, $2, $3, $4, $5, $6, $7, $8)",
                file_id, bill_id, digest, bill.encoding, len(bill.content), len(lines),
                unfit and unfit.reason, unfit and unfit.line, tx=tx,
            )  # fmt: skip
            if kept is not None and sealed is not None:
                await sealing.keep_key(file_id, sealed, tx=tx)
            if kept is not None and unfit is None:
                await _add(file_id, lines, tx=tx)
                await fetch("SELECT bills.read_file($1)", file_id, tx=tx)
            await compare(bill_id, tx=tx)

    await _within_the_day(use_case)
    if unfit is not None:
        _log.warning("bill.unfit", channel=channel.name, reason=unfit.reason, row=unfit.line)
        return f"UNFIT {unfit.reason}"
    return "READ"


def _read(channel: Channel, bill: Bill) -> tuple[tuple[BillLine, ...], BillUnfit | None]:
    try:
        return channel.read_bill(bill), None
    except BillUnfit as unfit:
        return (), unfit


async def _add(file_id: UUID, lines: Sequence[BillLine], *, tx: Tx) -> None:
    for first in range(0, len(lines), _LINES_AT_ONCE):
        piece = [
            {"no": number, **msgspec.to_builtins(line)}
            for number, line in enumerate(lines[first : first + _LINES_AT_ONCE], start=first + 1)
        ]
        await fetch("SELECT bills.add_lines($1, $2::jsonb)", file_id, msgspec.json.encode(piece).decode(), tx=tx)


async def _within_the_day(use_case: object) -> None:
    try:
        await again(use_case)  # type: ignore[arg-type]
    except (asyncpg.PostgresError, BaseORMException) as refusal:
        raise _fact(refusal) from refusal


def _fact(refusal: BaseException) -> BaseException:
    return DaySigned() if constraint(refusal) == "bill_day_is_signed" else refusal
