"""Roles of the platform take two: one administrator invites, another agrees, and only then does the link open."""

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

from app.foundation import approvals
from app.foundation.approvals import Approval, Proposal
from app.foundation.identity.access_errors import InvitationOver
from app.foundation.identity.envelope import Keyring
from app.foundation.identity.rules import Role
from app.foundation.identity.sealing import unseal
from app.gateways.database import TROUBLE, Tx, constraint, fetch, fetch_one, transaction

KIND = "role"
"""Of its approvals, whose subject is the invitation."""
LABEL = "identity.invitation"
"""Under which purpose the note that says for whom it is lies sealed."""
_TAKEN_BACK = "邀请已收回 / the invitation was taken back"


async def propose_roles(
    invitation_id: UUID, organisation_id: UUID, roles: Collection[Role], *, expires_at: datetime, by: UUID, tx: Tx
) -> Approval:
    """What another administrator is to agree to: which link, which roles, until when. For whom it is stays sealed.

    Raises:
        ApprovalRoleMissing: `by` is no administrator now.
    """
    said = {
        "invitation": invitation_id,
        "organisation": organisation_id,
        "roles": sorted(roles),
        "expires_at": f"{expires_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
    }
    return await approvals.propose(KIND, Proposal(subject=str(invitation_id), payload=said), by=by, tx=tx)


async def approve_invitation(approval_id: UUID, *, seen: str, by: UUID, now: datetime) -> None:
    """Another administrator agrees to exactly what they were shown; the link opens from now on.

    Raises:
        ApprovalUnknown, ApprovalDecided, ApprovalChanged, SamePerson, ApprovalRoleMissing: nothing changed.
        InvitationOver: it was taken back or has run out.
    """
    invitation_id = await _about(approval_id)
    try:
        async with transaction() as tx:
            await _lock(invitation_id, tx=tx)
            approved = await approvals.approve(approval_id, seen=seen, by=by, tx=tx)
            await fetch("SELECT identity.open_invitation($1, $2)", approved.id, now, tx=tx)
    except TROUBLE as refusal:
        if constraint(refusal) == "invitation_waits_check":
            raise InvitationOver from refusal
        raise


async def refuse_invitation(approval_id: UUID, *, reason: str, seen: str, by: UUID, now: datetime) -> None:
    """Another administrator says no, and why; the link ends.

    Raises:
        As `approve_invitation`; ApprovalReasonUnfit: why is not said.
    """
    invitation_id = await _about(approval_id)
    async with transaction() as tx:
        await _lock(invitation_id, tx=tx)
        await approvals.send_back(approval_id, reason=reason, seen=seen, by=by, tx=tx)
        await _end(invitation_id, now=now, tx=tx)


async def withdraw_invitation(approval_id: UUID, *, reason: str | None, by: UUID, now: datetime) -> None:
    """Who proposed it takes it back; the link ends.

    Raises:
        ApprovalUnknown, ApprovalDecided, NotTheMaker, ApprovalReasonUnfit: nothing changed.
    """
    invitation_id = await _about(approval_id)
    async with transaction() as tx:
        await _lock(invitation_id, tx=tx)
        await approvals.withdraw(approval_id, by=by, reason=reason, tx=tx)
        await _end(invitation_id, now=now, tx=tx)


async def end_proposal(invitation_id: UUID, *, by: UUID, tx: Tx) -> None:
    """What waits about an invitation ends with it: withdrawn by its maker, or sent back. The invitation's row is locked."""
    waiting = await approvals.find_open(KIND, str(invitation_id), tx=tx)
    if waiting is None:
        return
    if waiting.maker_id == by:
        await approvals.withdraw(waiting.id, by=by, tx=tx)
    else:
        await approvals.send_back(waiting.id, reason=_TAKEN_BACK, seen=waiting.sha256, by=by, tx=tx)


async def read_label(invitation_id: UUID, *, keyring: Keyring) -> str | None:
    """For whom an invitation is; None where nothing was written, or its writer is forgotten."""
    row = await fetch_one("SELECT inviter_id, label_sealed FROM invitation WHERE id = $1", invitation_id)
    if row is None or row["label_sealed"] is None:
        return None
    return await unseal(row["inviter_id"], row["label_sealed"], purpose=LABEL, keyring=keyring)


async def _about(approval_id: UUID) -> UUID:
    found = await approvals.find(approval_id)
    if found.kind != KIND or found.is_founding:
        raise approvals.ApprovalUnknown
    return UUID(found.subject)


async def _lock(invitation_id: UUID, *, tx: Tx) -> None:
    """Before its approval: whoever takes a link back locks them in this order."""
    await fetch("SELECT 1 FROM invitation WHERE id = $1 FOR UPDATE", invitation_id, tx=tx)


async def _end(invitation_id: UUID, *, now: datetime, tx: Tx) -> None:
    await fetch(
        "UPDATE invitation SET revoked_at = $2 WHERE id = $1 AND accepted_at IS NULL AND revoked_at IS NULL",
        invitation_id, now, tx=tx,
    )  # fmt: skip
