"""The first person takes it back, before a second has decided."""

from uuid import UUID

from app.foundation.approvals.errors import NotTheMaker
from app.foundation.approvals.reading import Approval, find
from app.foundation.approvals.refusing import decided, facts
from app.foundation.approvals.rules import State, plain_reason
from app.gateways.database import Tx, fetch


async def withdraw(approval_id: UUID, *, by: UUID, reason: str | None = None, tx: Tx) -> Approval:
    """Take it back. Of a withdrawal and a decision at once, one comes first and the other finds it decided.

    Raises:
        ApprovalUnknown: there is none.
        ApprovalDecided: it is final.
        NotTheMaker: another person proposed it.
        ApprovalReasonUnfit: a reason that is none; leaving it out is allowed.
    """
    why = plain_reason(reason) if reason is not None else None
    found = await find(approval_id, tx=tx)
    if found.state is not State.PROPOSED:
        raise decided(found.state)
    if found.maker_id != by:
        raise NotTheMaker
    with facts():
        await fetch("UPDATE approval SET state = 'withdrawn', reason = $2 WHERE id = $1", approval_id, why, tx=tx)
    return await find(approval_id, tx=tx)
