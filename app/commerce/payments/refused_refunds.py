"""Refunds that their channel refused for good: a person asks again, or gives the money back another way."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app.commerce.payments.errors import RefundActUnfit, RefundNotRefused, RefundUnknown
from app.commerce.payments.events import RefundRequested
from app.commerce.payments.refunding import give_back, new_reference
from app.foundation import approvals, identity, outbox
from app.foundation.approvals import Approval, Proposal
from app.foundation.identity import Role
from app.gateways.database import Row, Tx, again, fetch, fetch_one, fetch_value, transaction
from app.kernel.ids import uuid7

_LONGEST: Final = 120
_LOST_TIME: Final = "lost_time:"
HAND_REFUND: Final = "hand_refund"
"""Of the approvals, whose subject is the refund's number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRefund:
    """Money that should go back and that its channel does not give back."""

    reference: str
    paid_for: str
    """A subject; of lost time see `is_of_lost_time`."""
    amount_minor: int
    currency: str
    channel: str
    last_word: str | None
    requested_at: datetime


def is_of_lost_time(paid_for: str) -> bool:
    """Whether a channel took the money of a refund in lost time, for nothing we know."""
    return paid_for.startswith(_LOST_TIME)


async def list_refused(*, limit: int) -> list[RefusedRefund]:
    """The refunds that wait for a person, the oldest first."""
    rows = await fetch(
        "SELECT reference, subject AS paid_for, amount_minor, currency, channel, last_word, requested_at"
        " FROM payment_any_refund WHERE state = 'refused' ORDER BY id LIMIT $1",
        limit,
    )
    return [RefusedRefund(**row) for row in rows]


async def count_refused() -> int:
    """How many those are."""
    return int(await fetch_value("SELECT count(*) FROM payment_any_refund WHERE state = 'refused'"))


async def refund_again(reference: str, *, by: UUID, reason: str) -> str:
    """Ask the channel again for a refund that it refused; answers the number it is asked under.

    The same number, which can pay once only; a new one where the channel says that the old one is over. Who did it and
    why is kept. Somebody of the platform's finance may, which PostgreSQL asks as well.

    Raises:
        RoleMissing: `by` is nobody of the platform's finance, now.
        RefundUnknown: no refund has this number.
        RefundNotRefused: it is done, under way, or settled.
        RefundActUnfit: no reason, or one that does not fit on a line.
    """
    demand_line(reason, "/reason")

    async def use_case() -> str:
        async with transaction() as tx:
            await identity.demand_platform_role(by, Role.FINANCE, tx=tx)
            row = await _locked(reference, tx=tx)
            new = new_reference() if row["is_over"] else None
            await fetch("SELECT payments.ask_again($1, $2, $3, $4, $5)", uuid7(), row["id"], by, reason, new, tx=tx)
            if row["payment_id"] is not None:  # of lost time none is, and `recovery.go_on` sends it in its next round
                await outbox.record(RefundRequested(refund_id=row["id"]), tx=tx)
            return new or reference

    asked = await again(use_case)
    outbox.nudge()
    return asked


async def propose_by_hand(reference: str, *, by: UUID, reason: str, evidence: str) -> Approval:
    """Say that the money went back another way, as `evidence` names: a bank's number of the transfer. Another must agree.

    Raises:
        RoleMissing, RefundUnknown, RefundNotRefused: as `refund_again`.
        RefundActUnfit: reason or evidence is missing, or does not fit on a line.
        ApprovalPending: another word about this refund waits.
    """
    demand_line(reason, "/reason")
    demand_line(evidence, "/evidence")

    async def use_case() -> Approval:
        async with transaction() as tx:
            await identity.demand_platform_role(by, Role.FINANCE, tx=tx)
            row = await _locked(reference, tx=tx)
            payload = {
                "refund": row["id"],
                "reference": reference,
                "paid_for": row["subject"],
                "amount_minor": row["amount_minor"],
                "currency": row["currency"],
                "channel": row["channel"],
                "reason": reason,
                "evidence": evidence,
            }
            wanted = Proposal(subject=reference, payload=payload)
            return await approvals.propose(HAND_REFUND, wanted, by=by, tx=tx)

    return await again(use_case)


async def settle_by_hand(approval_id: UUID, *, seen: str, by: UUID) -> None:
    """Agree, as a second person, that the money went back another way. The order, or the step of lost time, ends with it.

    Raises:
        ApprovalUnknown, ApprovalDecided, ApprovalChanged, SamePerson, ApprovalRoleMissing: of `approvals.approve`.
        RefundNotRefused: it is done, under way, or settled by now.
    """

    async def use_case() -> None:
        async with transaction() as tx:
            approved = await approvals.approve(approval_id, seen=seen, by=by, tx=tx)
            row = await _locked(approved.subject, tx=tx)
            await fetch("SELECT payments.settle_by_hand($1, $2)", uuid7(), approved.id, tx=tx)
            if row["payment_id"] is not None:  # of lost time PostgreSQL posts it with the row
                await give_back(row, clearing=await _left_by(row, tx=tx), tx=tx)

    await again(use_case)
    outbox.nudge()


async def _left_by(row: Row, *, tx: Tx) -> str:
    """The account by which the money of a settled refund left, as PostgreSQL holds it to: what a channel would not give
    back it still owes us, and ours paid (`clearing:hand`); what came by transfer goes back from where it came to."""
    return str(await fetch_value("SELECT payments.refunded_by('settled', $1)", row["channel"], tx=tx))


async def _locked(reference: str, *, tx: Tx) -> Row:
    row = await fetch_one(
        "SELECT r.* FROM payment_any_refund a CROSS JOIN LATERAL payments.lock_refund(a.id) AS r WHERE a.reference = $1",
        reference,
        tx=tx,
    )
    if row is None:
        raise RefundUnknown
    if row["state"] != "refused":
        raise RefundNotRefused
    return row


def demand_line(text: str, field: str) -> None:
    """Refuse a reason, or a proof, that is missing or does not fit on a line.

    Raises:
        RefundActUnfit
    """
    if not (text.strip() and len(text) <= _LONGEST and text.isprintable()):
        raise RefundActUnfit(field=field, longest=_LONGEST)
