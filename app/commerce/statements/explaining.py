"""What a person does about a finding: takes it, records its row as a payment's, or says what became of the money."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar
from uuid import UUID

import asyncpg
from tortoise.exceptions import BaseORMException

from app.commerce import payments
from app.commerce.statements.errors import FindingClosed, FindingUnknown, FindingWithoutRow
from app.commerce.statements.rules import plain_reason
from app.commerce.statements.taking import compare, propose_rows
from app.foundation import identity
from app.foundation.identity import Keyring, Role
from app.gateways.database import Tx, again, constraint, fetch, fetch_one, fetch_value, transaction

T = TypeVar("T")
_FACTS: Final = {"statement_finding_known": FindingUnknown, "statement_finding_is_open": FindingClosed}


async def take_finding(finding_id: UUID, *, by: UUID) -> None:
    """Look after it from now on, as somebody of finance; another may take it over.

    Raises:
        RoleMissing: `by` is nobody of the platform's finance, now.
        FindingUnknown, FindingClosed: see there.
    """

    async def use_case(tx: Tx) -> None:
        await fetch("SELECT statements.take_finding($1, $2)", finding_id, by, tx=tx)

    await _write(use_case, by=by)


async def explain(finding_id: UUID, *, reason: str, evidence: str = "", by: UUID) -> None:
    """Say what became of the money, once; nothing is asked about its row any more.

    Evidence is a number that whoever looks into it later finds: of the transfer back, of the bank's own case.

    Raises:
        FindingReasonUnfit: no reason, or one that does not fit on a line; the field is named.
        RoleMissing, FindingUnknown, FindingClosed: as `take_finding`.
    """
    said, shown = plain_reason(reason, evidence)

    async def use_case(tx: Tx) -> None:
        await fetch("SELECT statements.close_finding($1, $2, $3, $4)", finding_id, by, said, shown, tx=tx)
        await compare(tx=tx)

    await _write(use_case, by=by)


async def record(finding_id: UUID, *, remark: str, by: UUID, keyring: Keyring) -> UUID:
    """Record the row of a finding as the payment's that a remark names; answers the approval that waits for a second person.

    Raises:
        FindingWithoutRow: no statement has it.
        RoleMissing, FindingUnknown, FindingClosed: as `take_finding`.
        Whatever `payments.propose_receipt` raises.
    """
    transfer = await payments.find_transfer(remark)

    async def use_case(tx: Tx) -> UUID:
        row_id = await fetch_value("SELECT row_id FROM statements.lock_finding($1, $2)", finding_id, by, tx=tx)
        if row_id is None:
            raise FindingWithoutRow
        row = await fetch_one(
            "SELECT id AS row_id, statement_id, number, day, amount_minor, payer_name, payer_end, remark"
            " FROM bank_statement_row WHERE id = $1",
            row_id, tx=tx,
        )  # fmt: skip
        assert row is not None
        named = dict(row) | {"reference": transfer.reference, "paid_for": transfer.paid_for}
        (approval_id,) = await propose_rows([named], by=by, keyring=keyring, tx=tx)
        await compare(tx=tx)
        return approval_id

    return await _write(use_case, by=by)


async def _write(step: Callable[[Tx], Awaitable[T]], *, by: UUID) -> T:
    async def use_case() -> T:
        async with transaction() as tx:
            await identity.demand_platform_role(by, Role.FINANCE, tx=tx)
            return await step(tx)

    try:
        return await again(use_case)
    except (asyncpg.PostgresError, BaseORMException) as refusal:
        if (fact := _FACTS.get(constraint(refusal) or "")) is not None:
            raise fact from refusal
        raise
