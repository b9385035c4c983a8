"""What a person does about a difference: takes it, or says why it is."""

from typing import Final
from uuid import UUID

import asyncpg
from tortoise.exceptions import BaseORMException

from app.commerce.bills.errors import DifferenceClosed, DifferenceUnknown
from app.commerce.bills.rules import DifferenceState, plain_reason
from app.foundation import identity
from app.foundation.identity import Role
from app.gateways.database import again, constraint, fetch, transaction

_FACTS: Final = {"bill_difference_known": DifferenceUnknown, "bill_difference_is_open": DifferenceClosed}


async def take(difference_id: UUID, *, by: UUID) -> None:
    """Look after it from now on, as somebody of finance; another may take it over.

    Raises:
        RoleMissing: `by` is nobody of the platform's finance, now.
        DifferenceUnknown, DifferenceClosed: see there.
    """
    await _write("SELECT bills.take_difference($1, $2)", difference_id, by, by=by)


async def explain(difference_id: UUID, *, reason: str, evidence: str = "", is_missing: bool = False, by: UUID) -> None:
    """Say why it differs, once: explained where nothing is missing, accepted where it is and stays so.

    Evidence is a number that whoever looks into it later finds: of a transfer, of the channel's own case.

    Raises:
        ReasonUnfit: no reason, or one that does not fit on a line; the field is named.
        RoleMissing, DifferenceUnknown, DifferenceClosed: as `take`.
    """
    said, shown = plain_reason(reason, evidence)
    state = DifferenceState.ACCEPTED if is_missing else DifferenceState.EXPLAINED
    sql = "SELECT bills.close_difference($1, $2, $3, $4, $5)"
    await _write(sql, difference_id, state.value, by, said, shown, by=by)


async def _write(sql: str, *values: object, by: UUID) -> None:
    async def use_case() -> None:
        async with transaction() as tx:
            await identity.demand_platform_role(by, Role.FINANCE, tx=tx)
            await fetch(sql, *values, tx=tx)

    try:
        await again(use_case)
    except (asyncpg.PostgresError, BaseORMException) as refusal:
        if (fact := _FACTS.get(constraint(refusal) or "")) is not None:
            raise fact from refusal
        raise
