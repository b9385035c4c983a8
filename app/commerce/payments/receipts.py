"""What came to our bank account: one person of finance records it, a second one agrees, and only then is it paid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
from tortoise.exceptions import BaseORMException

from app.commerce.payments.applying import apply_status
from app.commerce.payments.errors import ReceiptPaymentPaid, ReceiptRemarkUnknown, ReceiptUsed
from app.commerce.payments.finance.payers import keep_payer_keys, payer_said
from app.commerce.payments.receipt_rules import NewReceipt, demand_fit, fitting
from app.commerce.payments.rules import PaymentState
from app.foundation import approvals, identity, outbox
from app.foundation.approvals import Approval, Proposal
from app.foundation.identity import Keyring, Role
from app.gateways.channels import bank
from app.gateways.channels.base import Channel
from app.gateways.database import Row, Tx, again, constraint, fetch, fetch_value, transaction
from app.kernel.ids import uuid7
from app.kernel.money import Currency
from app.kernel.outcome import Done

BANK_RECEIPT: Final = "bank_receipt"
"""Of the approvals, whose subject is the payment's number."""
_COLUMNS: Final = (
    "p.id, p.reference, p.subject, p.amount_minor, p.currency, p.state, p.transaction_id, p.created_at, p.expires_at,"
    " (p.created_at AT TIME ZONE 'Asia/Shanghai')::date AS since,"
    " (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date AS today"
)
_EXPECTED: Final = "p.channel = $1 AND p.state IN ('created', 'pending', 'closing')"
_FACTS: Final = {
    "bank_receipt_number_key": ReceiptUsed,
    "bank_receipt_payment_key": ReceiptPaymentPaid,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedTransfer:
    """A payment by transfer, as whoever waits for its money sees it."""

    id: UUID
    reference: str
    remark: str
    """What its payer writes beside the transfer."""
    paid_for: str
    amount_minor: int
    currency: Currency
    state: PaymentState
    created_at: datetime
    expires_at: datetime
    """Until when its credits wait."""
    proposed: UUID | None = None
    """The approval that waits for a second person, where somebody has recorded its receipt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayersReceipt:
    """A line of the bank's list, and whose payment it is taken to be: nobody of theirs decides."""

    receipt: NewReceipt
    payer_id: UUID


def own_account(channels: Mapping[str, Channel]) -> str | None:
    """The number of our bank account, as the settings have it; None: nobody can transfer to us."""
    channel = channels.get(bank.NAME)
    return channel.account if isinstance(channel, bank.Bank) else None


def remarks_in(text: str) -> bank.Remarks:
    """What of a bank's text may name a payment by transfer."""
    return bank.remarks_in(text)


async def list_expected(*, limit: int) -> list[ExpectedTransfer]:
    """The transfers that we wait for, the oldest first."""
    rows = await fetch(f"SELECT {_COLUMNS} FROM payment p WHERE {_EXPECTED} ORDER BY p.id LIMIT $2", bank.NAME, limit)
    waiting = {
        one.subject: one.id for one in await approvals.list_open(BANK_RECEIPT, [row["reference"] for row in rows])
    }
    return [_expected(row, waiting.get(row["reference"])) for row in rows]


async def count_expected() -> int:
    """How many those are."""
    return int(await fetch_value(f"SELECT count(*) FROM payment p WHERE {_EXPECTED}", bank.NAME))


async def find_transfer(remark: str) -> ExpectedTransfer:
    """The payment by transfer that a remark names, in whatever state it is.

    Raises:
        ReceiptRemarkUnknown: no payment has this remark.
    """
    return _expected(await _find(remark))


async def propose_receipt(receipt: NewReceipt, *, payer_id: UUID, by: UUID, keyring: Keyring) -> Approval:
    """Record what came, as somebody of finance; nothing is paid before another of them agrees. Nobody of `payer_id` may.

    A payment that was given up, or whose time is over, is recorded all the same: its money is late, and honoured while
    credits are open.

    Raises:
        ReceiptNumberUnfit, ReceiptPayerUnfit, ReceiptAmountDiffers, ReceiptDayUnfit, ReceiptRemarkUnknown: the field is named.
        ReceiptUsed: the bank's number is recorded already.
        ReceiptPaymentPaid: this payment has its receipt.
        RoleMissing: `by` is nobody of the platform's finance, now.
        ApprovalPending: another word about this payment waits.
    """

    async def use_case() -> Approval:
        async with transaction() as tx:
            wanted = [PayersReceipt(receipt=receipt, payer_id=payer_id)]
            (proposed,) = await propose_receipts(wanted, by=by, keyring=keyring, tx=tx)
            return proposed

    return await again(use_case)


async def propose_receipts(receipts: Sequence[PayersReceipt], *, by: UUID, keyring: Keyring, tx: Tx) -> list[Approval]:
    """The same for a set, in the order given: all of it or nothing. Their payers' names are sealed (`payer_of`).

    Raises: as `propose_receipt`.
    """
    plain = [fitting(one.receipt) for one in receipts]
    await identity.demand_platform_role(by, Role.FINANCE, tx=tx)
    rows = await _find_many([one.remark for one in plain], tx=tx)
    numbers = [one.bank_number for one in plain]
    used = await fetch_value("SELECT 1 FROM bank_receipt WHERE bank_number = ANY($1::text[])", numbers, tx=tx)
    wanted, sealed = [], []
    for one, whose, row in zip(plain, receipts, rows, strict=True):
        if row["transaction_id"] is not None:
            raise ReceiptPaymentPaid
        if used:
            raise ReceiptUsed
        currency = Currency(row["currency"])
        demand_fit(one, amount_minor=row["amount_minor"], currency=currency, since=row["since"], today=row["today"])
        payer, key = payer_said(one.payer_name, keyring=keyring)
        payload = {
            "payment": row["id"],
            "reference": row["reference"],
            "remark": bank.remark_of(row["reference"]),
            "paid_for": row["subject"],
            "payer": whose.payer_id,
            "amount_minor": one.amount_minor,
            "currency": currency.value,
            "bank_number": one.bank_number,
            "value_day": one.value_day,
            **payer,
        }
        sealed.append(key)
        wanted.append(Proposal(subject=row["reference"], payload=payload))
    await keep_payer_keys(sealed, tx=tx)
    return await approvals.propose_many(BANK_RECEIPT, wanted, by=by, tx=tx)


async def confirm_receipt(approval_id: UUID, *, seen: str, by: UUID) -> None:
    """Agree, as a second person, that it came: the payment is paid, in this transaction, and its subject goes on.

    Raises:
        ApprovalUnknown, ApprovalDecided, ApprovalChanged, SamePerson, ApprovalRoleMissing, DeciderInterested: of
            `approvals.approve`.
        ReceiptUsed, ReceiptPaymentPaid: by a receipt that was agreed to meanwhile.
    """

    async def use_case() -> None:
        async with transaction() as tx:
            approved = await approvals.approve(approval_id, seen=seen, by=by, tx=tx)
            said = approved.said()
            # As `apply_status` does next: all of a subject are locked by id, before the receipt holds one of them.
            await fetch("SELECT 1 FROM payment WHERE subject = $1 ORDER BY id FOR UPDATE", said["paid_for"], tx=tx)
            now = await _take(approved.id, tx=tx)
            word = Done(
                reference=said["reference"],
                transaction_id=said["bank_number"],
                at=now,
                amount_minor=said["amount_minor"],
                currency=said["currency"],
            )
            verdict = await apply_status(bank.NAME, said["reference"], word, tx=tx)
            if verdict is None or verdict.step != "pay":
                raise ReceiptPaymentPaid

    await again(use_case)
    outbox.nudge()


async def is_recorded(channel: str, reference: str) -> bool:
    """Whether somebody has recorded money of this payment, and nobody has decided yet: it is not closed meanwhile."""
    return channel == bank.NAME and await approvals.find_open(BANK_RECEIPT, reference) is not None


async def is_late(payment_id: UUID) -> bool:
    """Whether its credits no longer wait: it was given up, or its time is over."""
    return bool(
        await fetch_value(
            "SELECT state NOT IN ('created', 'pending') OR expires_at <= clock_timestamp() FROM payment WHERE id = $1",
            payment_id,
        )
    )


async def _take(approval_id: UUID, *, tx: Tx) -> datetime:
    try:
        await fetch("SELECT payments.take_receipt($1, $2)", uuid7(), approval_id, tx=tx)
    except (asyncpg.PostgresError, BaseORMException) as refusal:
        if (fact := _FACTS.get(constraint(refusal) or "")) is not None:
            raise fact from refusal
        raise
    now = await fetch_value("SELECT clock_timestamp()", tx=tx)
    assert isinstance(now, datetime), now
    return now


async def _find(remark: str) -> Row:
    (row,) = await _find_many([remark], tx=None)
    return row


async def _find_many(remarks: Sequence[str], *, tx: Tx | None) -> list[Row]:
    """The payments of these remarks, in their order; within a transaction they are locked by id."""
    ends = [bank.typed_remark(remark) for remark in remarks]
    rows = await fetch(
        f"SELECT {_COLUMNS} FROM payment p WHERE p.channel = 'bank' AND right(p.reference, 8) = ANY($1::text[])"
        f" ORDER BY p.id{' FOR UPDATE' if tx else ''}",
        ends, tx=tx,
    )  # fmt: skip
    found = {row["reference"][-8:]: row for row in rows}
    if any(end not in found for end in ends):
        raise ReceiptRemarkUnknown
    return [found[end] for end in ends]


def _expected(row: Row, proposed: UUID | None = None) -> ExpectedTransfer:
    return ExpectedTransfer(
        id=row["id"],
        reference=row["reference"],
        remark=bank.remark_of(row["reference"]),
        paid_for=row["subject"],
        amount_minor=row["amount_minor"],
        currency=Currency(row["currency"]),
        state=PaymentState(row["state"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        proposed=proposed,
    )
