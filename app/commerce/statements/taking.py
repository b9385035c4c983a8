"""Taking a statement in: its rows, what fits a payment recorded for a second person, and what does not as findings."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg
from tortoise.exceptions import BaseORMException

from app.commerce import orders, payments
from app.commerce.payments import NewReceipt, PayersReceipt
from app.commerce.statements.errors import CellFault, StatementUnfit, StatementUnknown
from app.commerce.statements.sealing import open_words, row_key
from app.foundation import identity
from app.foundation.identity import Keyring, Role
from app.gateways.database import Row, Tx, again, constraint, detail, fetch, fetch_value, transaction
from app.kernel.text import Text

NAMELESS: Final = "（银行未载明）"
"""In place of a payer's name, which a receipt has and some rows of a bank do not."""
_LOOPS: Final = "SELECT set_config('enable_nestloop', CASE WHEN $1 THEN 'on' ELSE 'off' END, true)"
"""Whether PostgreSQL may compare two sets row with row. It expects few rows of what a function returns, and server 15 then
meets five thousand rows with five thousand findings in 16 s; hashed it takes 1 s."""
_CLASH: Final = Text(
    zh="流水号已在先前的对账单中，日期或金额不同；请向银行核对",
    en="its number is in an earlier statement with another day or amount; ask the bank",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What taking a statement in did."""

    new: int
    """Rows that no earlier statement had."""
    proposed: int
    """Of them those that were recorded, and wait for a second person."""


async def take(statement_id: UUID, *, by: UUID, keyring: Keyring) -> Taken:
    """Take a statement in that was read: its new rows, those that fit a payment proposed in the name of `by`. All or nothing.

    Nothing is paid by it: a second person agrees to each. Taken before, it changes nothing.

    Raises:
        RoleMissing: `by` is nobody of the platform's finance, now.
        StatementUnknown: see there.
        StatementUnfit: a number of it is here with another day or amount.
    """

    async def use_case() -> Taken:
        async with transaction() as tx:
            await identity.demand_platform_role(by, Role.FINANCE, tx=tx)
            new = await fetch_value("SELECT statements.take($1, $2)", statement_id, by, tx=tx)
            proposed = await _propose(statement_id, by=by, keyring=keyring, tx=tx) if new else 0
            await compare(tx=tx)
            return Taken(new=new or 0, proposed=proposed)

    try:
        return await again(use_case)
    except (asyncpg.PostgresError, BaseORMException) as refusal:
        match constraint(refusal):
            case "bank_statement_known":
                raise StatementUnknown from refusal
            case "bank_statement_row_agrees":
                raise StatementUnfit((CellFault(detail(refusal) or "", _CLASH),)) from refusal
        raise


async def compare_due() -> int:
    """Judge again what is not over, such as what a second person agreed to meanwhile; answers how much changed."""

    async def use_case() -> int:
        async with transaction() as tx:
            return await compare(tx=tx)

    return await again(use_case)


async def compare(*, tx: Tx) -> int:
    """The same in the caller's transaction."""
    await fetch(_LOOPS, False, tx=tx)
    (changed,) = await fetch("SELECT * FROM statements.compare()", tx=tx)
    await fetch(_LOOPS, True, tx=tx)
    return int(changed["opened"]) + int(changed["settled"])


async def propose_rows(rows: list[Row], *, by: UUID, keyring: Keyring, tx: Tx) -> list[UUID]:
    """Record rows as payments' in the name of `by`, in the caller's transaction: each with the remark of its payment;
    answers the approvals that wait.

    Raises: as `payments.propose_receipt`.
    """
    orders_of = [_order_of(row["paid_for"]) for row in rows]
    payers = await orders.payers_of(orders_of, tx=tx)
    said = await open_words([row_key(row) for row in rows], keyring=keyring, tx=tx)
    receipts = [
        PayersReceipt(
            receipt=NewReceipt(
                remark=row["reference"],
                amount_minor=row["amount_minor"],
                bank_number=row["number"],
                payer_name=words.payer_name or NAMELESS,
                value_day=row["day"],
            ),
            payer_id=payers[order_id],
        )
        for row, order_id, words in zip(rows, orders_of, said, strict=True)
    ]
    proposed = await payments.propose_receipts(receipts, by=by, keyring=keyring, tx=tx)
    await fetch(
        "SELECT statements.note_proposed($1::bigint[], $2::uuid[])",
        [row["row_id"] for row in rows], [one.id for one in proposed], tx=tx,
    )  # fmt: skip
    return [one.id for one in proposed]


async def _propose(statement_id: UUID, *, by: UUID, keyring: Keyring, tx: Tx) -> int:
    """What fits is locked and judged once more: somebody may record one by hand at this moment."""
    await fetch(
        "SELECT 1 FROM payment WHERE id IN (SELECT j.payment_id FROM statements.judge() j WHERE j.nature = 'fits')"
        " ORDER BY id FOR UPDATE",
        tx=tx,
    )
    rows = await fetch(
        "SELECT r.id AS row_id, r.statement_id, r.number, r.day, r.amount_minor, r.payer_name, r.payer_end, r.remark,"
        " p.reference, p.subject AS paid_for"
        " FROM statements.judge() j JOIN bank_statement_row r ON r.id = j.row_id JOIN payment p ON p.id = j.payment_id"
        " WHERE j.nature = 'fits' AND r.statement_id = $1 ORDER BY r.id",
        statement_id, tx=tx,
    )  # fmt: skip
    if rows:
        await propose_rows(rows, by=by, keyring=keyring, tx=tx)
    return len(rows)


def _order_of(subject: str) -> UUID:
    kind, order_id = payments.read_subject(subject)
    assert kind == "order", subject
    return order_id
