"""Reading a bank's file: looked at whole, kept as a statement that somebody may take, or refused with every fault."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from app.commerce import payments
from app.commerce.statements.cell_rules import account_of, line_of
from app.commerce.statements.errors import StatementWithoutAccount, StatementWithoutFile
from app.commerce.statements.sealing import WORDS, seal_words, words_of
from app.commerce.statements.sheet_rules import ReadCredit, ReadStatement, read_statement
from app.foundation import identity
from app.foundation.identity import Keyring, Role
from app.gateways.channels.base import Channel
from app.gateways.database import again, fetch_value, transaction
from app.gateways.sheets import read_sheet
from app.kernel.clock import beijing_day
from app.kernel.ids import uuid7

_NAME_MOST = 120


async def read(
    file_name: str, data: bytes, *, by: UUID, channels: Mapping[str, Channel], keyring: Keyring, now: datetime
) -> UUID:
    """Read a file as somebody of finance, and keep what it says for a day; nothing of it counts before `take`.

    The same file of an account again answers the statement that is there. The bytes are not kept; who paid is
    kept sealed.

    Raises:
        RoleMissing: `by` is nobody of the platform's finance, now.
        StatementWithoutAccount, StatementWithoutFile: see there.
        SheetTooLarge, SheetUnreadable, CodePageUnknown: it is no sheet that we read.
        StatementUnfit: with every fault of it.
    """
    async with transaction() as tx:
        await identity.demand_platform_role(by, Role.FINANCE, tx=tx)
    account = account_of(payments.own_account(channels) or "")
    if not account:
        raise StatementWithoutAccount
    if not data:
        raise StatementWithoutFile
    told, content = await asyncio.to_thread(_read, data, account, now)
    statement_id = uuid7()
    sealed = await asyncio.to_thread(seal_words, statement_id, words_of(told.credits), keyring=keyring)

    async def use_case() -> UUID:
        async with transaction() as tx:
            await identity.demand_platform_role(by, Role.FINANCE, tx=tx)
            kept = await fetch_value(
                "SELECT statements.keep_sealed($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9::jsonb, $10, $11)",
                statement_id, account, sha256(data).digest(), line_of(file_name, most=_NAME_MOST) or "—", told.debits,
                told.first_day, told.last_day, _json([[note.zh, note.en] for note in told.notes]), content,
                sealed.data, by, tx=tx,
            )  # fmt: skip
            assert isinstance(kept, UUID), kept
            if kept == statement_id:
                await payments.keep_payer_keys([sealed], tx=tx)
            return kept

    return await again(use_case)


def _read(data: bytes, account: str, now: datetime) -> tuple[ReadStatement, str]:
    sheet = read_sheet(data)
    told = read_statement(sheet.rows, account=account, today=beijing_day(now), notes=sheet.notes)
    return told, _json([_content(one) for one in told.credits])


def _content(one: ReadCredit) -> dict[str, Any]:
    remarks = payments.remarks_in(one.remark)
    said = asdict(one)
    return {
        "no": said.pop("row"),
        **said,
        **dict.fromkeys(WORDS, ""),
        "codes": " ".join((*remarks.marked, *remarks.bare)),
        "is_marked": bool(remarks.marked),
    }


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
