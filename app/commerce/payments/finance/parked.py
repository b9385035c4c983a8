"""Parked messages that a person must decide about: their money goes back at the channel, or it is noted why not. Two people."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.commerce.payments.errors import NoticeHasNoMoney, NoticeNotParked, NoticeUnknown
from app.commerce.payments.refunding import PAUSES_S, new_reference
from app.commerce.payments.refused_refunds import demand_line
from app.commerce.payments.rules import NoticeFate
from app.foundation import approvals, identity, outbox
from app.foundation.approvals import Approval, Proposal
from app.foundation.identity import Role
from app.gateways.channels.base import Channel, Done, Outcome, Pending, Refund, Refused
from app.gateways.database import Row, Tx, again, fetch, fetch_one, transaction
from app.gateways.patience import ask_each, within
from app.kernel.ids import uuid7
from app.kernel.money import Currency

PARKED_NOTICE: Final = "parked_notice"
"""Of the approvals, whose subject is the number of our row."""


class Decision(StrEnum):
    """What becomes of a parked message."""

    REFUND = "refund"
    """The money that it tells of goes back at its channel."""
    NOTE = "note"
    """It is noted why nothing is to be done."""


async def propose_decision(notice_id: int, decision: Decision, *, reason: str, by: UUID) -> Approval:
    """Say what becomes of a parked message, as somebody of finance; another must agree.

    Raises:
        RoleMissing: `by` is nobody of the platform's finance, now.
        NoticeUnknown: no message has this number.
        NoticeNotParked: it is applied, or decided about.
        NoticeHasNoMoney: it tells of no money, or a payment of ours stands for it, or one of lost time, which goes back as
            such: it can be noted only.
        RefundActUnfit: no reason, or one that does not fit on a line.
        ApprovalPending: another word about it waits.
    """
    demand_line(reason, "/reason")

    async def use_case() -> Approval:
        async with transaction() as tx:
            await identity.demand_platform_role(by, Role.FINANCE, tx=tx)
            row = await _locked(notice_id, tx=tx)
            if decision is Decision.REFUND and not row["has_money"]:
                raise NoticeHasNoMoney
            payload = {
                "notice": row["id"],
                "decision": decision.value,
                "channel": row["channel"],
                "reference": row["reference"],
                "fact": row["fact"],
                "transaction_id": row["transaction_id"],
                "amount_minor": row["amount_minor"],
                "currency": row["currency"],
                "reason": reason,
            }
            wanted = Proposal(subject=str(row["id"]), payload=payload)
            return await approvals.propose(PARKED_NOTICE, wanted, by=by, tx=tx)

    return await again(use_case)


async def decide(approval_id: UUID, *, seen: str, by: UUID) -> None:
    """Agree, as a second person. Money that goes back is asked for by the sweeper, under one number until it is final.

    Raises:
        ApprovalUnknown, ApprovalDecided, ApprovalChanged, SamePerson, ApprovalRoleMissing: of `approvals.approve`.
        NoticeNotParked: it fits a payment by now.
        NoticeHasNoMoney: a payment of ours, or of lost time, stands for its money by now.
    """

    async def use_case() -> None:
        async with transaction() as tx:
            approved = await approvals.approve(approval_id, seen=seen, by=by, tx=tx)
            said = approved.said()
            row = await _locked(int(said["notice"]), tx=tx)
            if said["decision"] == Decision.REFUND and not row["has_money"]:
                raise NoticeHasNoMoney
            await fetch("SELECT payments.decide_notice($1, $2, $3)", uuid7(), approved.id, new_reference(), tx=tx)

    await again(use_case)
    outbox.nudge()


async def send_decided_due(*, channels: Mapping[str, Channel], limit: int = 50) -> int:
    """Ask the channels for what was decided to go back and is not final yet; answers for how many."""
    rows = await fetch(
        "UPDATE payment_notice_decision d SET next_query_at = clock_timestamp() + interval '60 s' FROM payment_notice n"
        " WHERE n.id = d.notice_id AND n.channel = ANY($2::text[]) AND d.id IN ("
        " SELECT q.id FROM payment_notice_decision q WHERE q.state = 'requested' AND q.next_query_at <= clock_timestamp()"
        " ORDER BY q.next_query_at LIMIT $1 FOR UPDATE SKIP LOCKED)"
        " RETURNING d.reference AS refund_reference, n.channel, n.reference, n.transaction_id, n.amount_minor, n.currency",
        limit, list(channels),
    )  # fmt: skip

    async def one(row: Row) -> None:
        await _send(row, channels[row["channel"]])

    await ask_each(rows, one, far_side=lambda row: row["channel"], what="refunds")
    return len(rows)


async def apply_decided_outcome(refund_reference: str, outcome: Outcome, *, tx: Tx) -> bool:
    """Take a channel's word about such a refund; False where no decision has this number."""
    row = await fetch_one(
        "SELECT id, state, queries FROM payment_notice_decision WHERE reference = $1 FOR UPDATE",
        refund_reference,
        tx=tx,
    )
    if row is None:
        return False
    if row["state"] != "requested":
        return True
    match outcome:
        case Done():
            await fetch(
                "UPDATE payment_notice_decision SET state = 'done', finished_at = clock_timestamp(), next_query_at = NULL,"
                " channel_refund_id = $2, last_word = 'SUCCESS' WHERE id = $1",
                row["id"], outcome.transaction_id[:64], tx=tx,
            )  # fmt: skip
        case Refused():
            await fetch(
                "UPDATE payment_notice_decision SET state = 'refused', finished_at = clock_timestamp(), next_query_at = NULL,"
                " last_word = $2 WHERE id = $1",
                row["id"], outcome.code[:64], tx=tx,
            )  # fmt: skip
        case Pending():
            pause = timedelta(seconds=PAUSES_S[min(row["queries"], len(PAUSES_S) - 1)])
            await fetch(
                "UPDATE payment_notice_decision SET queries = queries + 1, last_word = $3,"
                " next_query_at = clock_timestamp() + $2::interval WHERE id = $1",
                row["id"], pause, outcome.code[:64], tx=tx,
            )  # fmt: skip
    return True


async def _send(row: Row, channel: Channel) -> None:
    wanted = Refund(
        reference=row["reference"],
        transaction_id=row["transaction_id"],
        refund_reference=row["refund_reference"],
        refund_minor=row["amount_minor"],
        total_minor=row["amount_minor"],
        currency=Currency(row["currency"]),
        reason="unmatched",
    )
    outcome = await within(channel.refund(wanted))

    async def use_case() -> None:
        async with transaction() as tx:
            await apply_decided_outcome(row["refund_reference"], outcome, tx=tx)

    await again(use_case)


async def _locked(notice_id: int, *, tx: Tx) -> Row:
    row = await fetch_one(
        "SELECT n.id, n.channel, n.reference, n.fact, n.fate, n.transaction_id, n.amount_minor, n.currency,"
        " n.transaction_id IS NOT NULL AND n.currency = ANY($2::text[]) AND NOT EXISTS ("
        "  SELECT FROM payment_transaction t WHERE t.channel = n.channel AND t.transaction_id = n.transaction_id)"
        " AND NOT EXISTS (SELECT FROM recovery_payment l"
        "  WHERE l.channel = n.channel AND l.transaction_id = n.transaction_id) AS has_money"
        " FROM payment_notice n WHERE n.id = $1 FOR UPDATE",
        notice_id, [currency.value for currency in Currency], tx=tx,
    )  # fmt: skip
    if row is None:
        raise NoticeUnknown
    if row["fate"] != NoticeFate.PARKED:
        raise NoticeNotParked
    return row
