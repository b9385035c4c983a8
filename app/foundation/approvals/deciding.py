"""The second person: yes to exactly what was shown, or no with a reason."""

from uuid import UUID

from app.foundation.approvals.errors import ApprovalChanged, SamePerson
from app.foundation.approvals.reading import Approval, find
from app.foundation.approvals.refusing import decided, facts
from app.foundation.approvals.rules import State, plain_reason
from app.gateways.database import Tx, fetch


async def approve(approval_id: UUID, *, seen: str, by: UUID, tx: Tx) -> Approval:
    """Agree to it; the caller writes its effect in the same transaction, with `approval_id`.

    `seen` is the digest of what this person was shown, in hexadecimal. Two who agree at once: the second finds it decided.

    Raises:
        ApprovalUnknown: there is none.
        ApprovalDecided: it is final.
        ApprovalChanged: it is not what this person saw.
        SamePerson: its maker.
        DeciderInterested: they stand for a party that it names.
        ApprovalRoleMissing: one of the two has no role for it now.
    """
    return await _decide(approval_id, State.APPROVED, seen=seen, reason=None, by=by, tx=tx)


async def send_back(approval_id: UUID, *, reason: str, seen: str, by: UUID, tx: Tx) -> Approval:
    """Say no; another may be proposed.

    Raises:
        ApprovalReasonUnfit: why is not said.
        As `approve`.
    """
    return await _decide(approval_id, State.RETURNED, seen=seen, reason=plain_reason(reason), by=by, tx=tx)


async def _decide(approval_id: UUID, state: State, *, seen: str, reason: str | None, by: UUID, tx: Tx) -> Approval:
    found = await find(approval_id, tx=tx)
    if found.state is not State.PROPOSED:
        raise decided(found.state)
    if found.sha256 != seen.lower():
        raise ApprovalChanged
    if found.maker_id == by:
        raise SamePerson
    with facts():
        await fetch(
            "UPDATE approval SET state = $2, decider_id = $3, seen_sha256 = decode($4, 'hex'), reason = $5 WHERE id = $1",
            approval_id, state.value, by, found.sha256, reason, tx=tx,
        )  # fmt: skip
    return await find(approval_id, tx=tx)
