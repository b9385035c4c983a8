"""Sending an application back, by one of ours."""

from datetime import datetime
from uuid import UUID

from app.foundation.identity.access_errors import ApplicationReasonUnfit, PowerMissing
from app.foundation.identity.access_rules import REASON_MOST
from app.gateways.database import TROUBLE, Tx, constraint, fetch_value


async def send_back(organisation_id: UUID, *, reason: str, by: UUID, now: datetime, tx: Tx | None = None) -> bool:
    """Say what is missing; whoever applied mends it. False: there is no application that waits.

    Raises:
        ApplicationReasonUnfit: nothing was written.
        PowerMissing: `by` has no role for it.
    """
    reason = reason.strip()
    if not 1 <= len(reason) <= REASON_MOST:
        raise ApplicationReasonUnfit
    try:
        return bool(
            await fetch_value(
                "SELECT identity.return_application($1, $2, $3, $4)", organisation_id, by, reason, now, tx=tx
            )
        )
    except TROUBLE as refusal:
        if constraint(refusal) == "organisation_application_power":
            raise PowerMissing from refusal
        raise
