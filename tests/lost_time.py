"""Lost time that two people have decided about, for tests of what follows: rows by the tables' owner."""

from datetime import datetime, timedelta
from uuid import UUID

from app.foundation.identity import Role
from app.kernel.clock import utc_now
from app.kernel.ids import uuid7
from tests.owning import as_owner
from tests.staff import staff

_CASE = (
    "INSERT INTO recovery_case (id, noticed_at, marker, findings, since, decided_by, decided_with, reason, decided_at)"
    """ VALUES ($1, clock_timestamp(), '{"no": 7}', '[{"what": "marker"}]', $2, $3, $4, 'it died', clock_timestamp())"""
)


async def decided(since: datetime) -> UUID:
    """A history that was shorter from then on."""
    case_id = uuid7()
    await as_owner(_CASE, case_id, since, await staff(Role.ADMINISTRATOR), await staff(Role.FINANCE))
    return case_id


async def refused_refund(amount_minor: int = 70, *, channel: str = "wechatpay") -> str:
    """A payment of lost time that its channel does not give back; the number of its refund."""
    reference: str = await as_owner(
        "INSERT INTO recovery_payment (id, case_id, channel, reference, transaction_id, amount_minor, currency, paid_at,"
        " refund_reference, state, last_word) VALUES ($1, $2, $3, 'LOST1', 'X-LOST1', $4, 'CNY', $5, 'RFLOST1', 'refused',"
        " 'NOT_ENOUGH') RETURNING refund_reference",
        uuid7(), await decided(utc_now() - timedelta(hours=1)), channel, amount_minor, utc_now(),
    )  # fmt: skip
    return reference
