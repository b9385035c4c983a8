"""Who paid each row of a statement and what they wrote, sealed in one piece beside it.

Codes of our own numbers that a row may hold stay in clear: by them it is matched.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import msgspec

from app.commerce import payments
from app.commerce.payments import SealedPayers
from app.commerce.statements.sheet_rules import ReadCredit
from app.foundation.identity import Keyring
from app.gateways.database import Tx, fetch, fetch_value, transaction

SEALED_MOST: Final = 20
"""Statements in one round."""
WORDS: Final = ("payer_name", "payer_end", "remark")


class PayerWords(msgspec.Struct, frozen=True, array_like=True):
    """What the bank says of whoever paid one row; empty where its statement’s key is gone."""

    payer_name: str = ""
    payer_end: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class RowKey:
    """A row, and what its own columns say: words only where its statement is not sealed."""

    statement_id: UUID
    number: str
    words: PayerWords


def seal_words(statement_id: UUID, words: Mapping[str, PayerWords], *, keyring: Keyring) -> SealedPayers:
    """Close the words of a statement's rows, by number."""
    return payments.seal_payers(statement_id, msgspec.json.encode(words), keyring=keyring)


def words_of(rows: Iterable[ReadCredit]) -> dict[str, PayerWords]:
    """The words of the rows of a file, by number."""
    return {one.number: PayerWords(one.payer_name, one.payer_end, one.remark) for one in rows}


def row_key(row: Mapping[str, Any]) -> RowKey:
    """Of a row with `statement_id`, `number` and the three words."""
    return RowKey(row["statement_id"], row["number"], PayerWords(*(row[name] or "" for name in WORDS)))


async def open_words(rows: Iterable[RowKey], *, keyring: Keyring, tx: Tx | None = None) -> list[PayerWords]:
    """The words of rows, in their order: one look at each statement that they are of."""
    wanted = list(rows)
    found = await fetch(
        "SELECT id, payers_sealed FROM bank_statement WHERE id = ANY($1::uuid[]) AND payers_sealed IS NOT NULL",
        list({one.statement_id for one in wanted}), tx=tx,
    )  # fmt: skip
    sealed = {row["id"]: bytes(row["payers_sealed"]) for row in found}
    opened = await payments.open_payers(sealed, keyring=keyring, tx=tx)
    told = {id_: _read(data) for id_, data in opened.items()}
    return [
        told[one.statement_id].get(one.number, PayerWords()) if one.statement_id in told else one.words
        for one in wanted
    ]


async def seal_due(*, keyring: Keyring) -> int:
    """Seal statements that the release before kept in clear; answers how many.

    Their words and the key in one transaction: whoever dies in between does it again.
    """
    due = await fetch(
        "SELECT id, read_at, content::text AS content FROM bank_statement WHERE payers_sealed IS NULL ORDER BY id LIMIT $1",
        SEALED_MOST,
    )
    done = 0
    for row in due:
        columns = ", ".join(WORDS)
        rows: list[Any] = (
            await fetch(f"SELECT number, {columns} FROM bank_statement_row WHERE statement_id = $1", row["id"])
            if row["content"] is None
            else msgspec.json.decode(row["content"])
        )
        words = {one["number"]: PayerWords(*(one[name] or "" for name in WORDS)) for one in rows}
        sealed = seal_words(row["id"], words, keyring=keyring)
        async with transaction() as tx:
            if await fetch_value("SELECT statements.seal_payers($1, $2)", row["id"], sealed.data, tx=tx):
                await payments.keep_payer_keys([sealed], came_at=row["read_at"], tx=tx)
                done += 1
    return done


def _read(data: bytes | None) -> dict[str, PayerWords]:
    return {} if data is None else msgspec.json.decode(data, type=dict[str, PayerWords])
