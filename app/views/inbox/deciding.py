"""Deciding from the inbox: the room that brought the kind does it."""

from uuid import UUID

from app.foundation import approvals
from app.foundation.approvals import Approval
from app.kernel.typed import typed_code, typed_number
from app.views.inbox import kinds
from app.views.inbox.errors import AmountDiffers, KindNotDecidedHere
from app.views.inbox.kinds import HANDLERS
from app.views.inbox.reading import describe


async def approve(approval_id: UUID, *, seen: str, typed: str, by: UUID) -> Approval:
    """Agree to it; answers how it stands now.

    `seen` is the digest of what was shown, `typed` the figure where its description wants one; separators are left out.

    Raises:
        AmountDiffers: another figure was typed.
        KindNotDecidedHere: nobody said how.
        Whatever the room above says: ApprovalDecided, SamePerson, LotOverlaps …
    """
    found = await approvals.find(approval_id)
    handler = HANDLERS.get(found.kind)
    if handler is None:
        raise KindNotDecidedHere(label_zh=found.label.zh, label_en=found.label.en)
    wanted = describe(found).said.typed
    if wanted is not None and plain_figure(typed) != plain_figure(wanted):
        raise AmountDiffers
    await handler.approve(found, seen=seen, by=by)
    return await approvals.find(approval_id)


async def send_back(approval_id: UUID, *, reason: str, seen: str, by: UUID) -> Approval:
    """Say no, with a reason.

    Raises:
        ApprovalReasonUnfit, or the room's own: why is not said.
        As `approvals.send_back`.
    """
    found = await approvals.find(approval_id)
    handler = HANDLERS.get(found.kind)
    await (handler.send_back if handler else kinds.send_back)(found, reason=reason, seen=seen, by=by)
    return await approvals.find(approval_id)


async def withdraw(approval_id: UUID, *, reason: str, by: UUID) -> Approval:
    """Take one's own back; some kinds want a reason.

    Raises:
        NotTheMaker, ApprovalDecided, or the room's own.
    """
    found = await approvals.find(approval_id)
    handler = HANDLERS.get(found.kind)
    await (handler.withdraw if handler else kinds.withdraw)(found, reason=reason, seen=found.sha256, by=by)
    return await approvals.find(approval_id)


def plain_figure(typed: str) -> str:
    """The digits of what was typed: `12,400`, `12 400 t` and full-width ones are 12400, and so is `¥12,400.00`."""
    plain = typed_code(typed).lower().removesuffix("t").removesuffix("元").removeprefix("¥")
    plain = (typed_number(plain) or plain).removesuffix(".00")
    return plain.lstrip("0") or plain
