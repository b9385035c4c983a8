"""What a channel did without us: a row, a posting where money left, and the end of a refused refund that it stands for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from app.commerce.payments.finance.lost_time import end_at_console
from app.commerce.payments.refunding import end_refund, mark_refunded
from app.commerce.payments.rules import GONE_KINDS, Paid, judge_reversal
from app.foundation import outbox
from app.gateways.channels.base import Reversal, ReversalKind
from app.gateways.database import Row, Tx, again, fetch, fetch_one, transaction
from app.kernel.ids import uuid7
from app.kernel.money import Currency
from app.registry import ledger

_AGAIN: Final = ("unknown_payment", "not_paid", "beyond_paid")
"""Why one is parked that may fit later: its payment may turn up, be paid, or lose a refund that its channel refuses; of lost
time, its channel may refuse what is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversalFacts:
    """One thing that a channel did about a payment without us."""

    payment_id: UUID
    kind: ReversalKind
    reversal_id: str
    amount_minor: int
    currency: Currency
    at: datetime
    is_gone: bool
    """Its money left besides our refunds."""


async def list_reversals(subjects: Sequence[str]) -> dict[str, list[ReversalFacts]]:
    """By subject, in the order in which they were recorded; a subject without one is absent."""
    found: dict[str, list[ReversalFacts]] = {}
    for row in await fetch(
        "SELECT p.subject, v.payment_id, v.kind, v.reversal_id, v.amount_minor, v.currency, v.at, v.is_gone"
        " FROM payment p JOIN payment_reversal v ON v.payment_id = p.id WHERE p.subject = ANY($1::text[]) ORDER BY v.id",
        list(subjects),
    ):
        facts = {**row, "kind": ReversalKind(row["kind"]), "currency": Currency(row["currency"])}
        found.setdefault(facts.pop("subject"), []).append(ReversalFacts(**facts))
    return found


async def apply_reversal(channel: str, reversal: Reversal, *, notice_id: int, tx: Tx) -> str | None:
    """Record it and post what left, in the caller's transaction; why it does not fit our row, or None.

    Told again it changes nothing. Money that somebody gave back at the console in place of a refund that the channel refused
    ends that refund: the payer has what was to go back. Whatever the payment was for stays as it is: grams that are
    retired stay retired.
    """
    row = await fetch_one(
        "SELECT id, subject, currency, amount_minor, transaction_id FROM payment WHERE channel = $1 AND reference = $2"
        " FOR NO KEY UPDATE",
        channel, reversal.reference, tx=tx,
    )  # fmt: skip
    if row is None:
        return None if await end_at_console(channel, reversal, tx=tx) else "unknown_payment"
    known = await fetch_one(
        "SELECT payment_id, amount_minor FROM payment_reversal WHERE channel = $1 AND kind = $2 AND reversal_id = $3",
        channel, reversal.kind.value, reversal.reversal_id, tx=tx,
    )  # fmt: skip
    if known is not None:
        is_same = (known["payment_id"], known["amount_minor"]) == (row["id"], reversal.amount_minor)
        return None if is_same else "reversal_differs"
    refunds = await fetch(
        "SELECT id, payment_id, amount_minor, state FROM payment_refund WHERE payment_id = $1 ORDER BY id FOR UPDATE",
        row["id"], tx=tx,
    )  # fmt: skip
    stands_for = _refused(refunds, reversal)
    kept = [one for one in refunds if one["state"] != "refused"]
    back_minor = sum(one["amount_minor"] for one in kept) + await reversed_minor(row["id"], tx=tx)
    paid = Paid(
        transaction_id=row["transaction_id"],
        currency=Currency(row["currency"]),
        left_minor=row["amount_minor"] - back_minor,
    )
    if (fact := judge_reversal(paid, reversal)) is not None:
        return fact
    id_ = uuid7()
    await fetch(
        "INSERT INTO payment_reversal (id, payment_id, channel, kind, reversal_id, amount_minor, currency, at, notice_id,"
        " refund_id, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, clock_timestamp())",
        id_, row["id"], channel, reversal.kind.value, reversal.reversal_id, reversal.amount_minor, reversal.currency,
        reversal.at, notice_id, stands_for["id"] if stands_for else None, tx=tx,
    )  # fmt: skip
    if stands_for is not None:
        end = {**stands_for, "currency": row["currency"], "subject": row["subject"]}
        await end_refund(end, channel_refund_id=reversal.reversal_id, clearing=f"clearing:{channel}", tx=tx)
    elif reversal.kind in GONE_KINDS:
        await _post(id_, channel, reversal, tx=tx)
        await mark_refunded(row["id"], tx=tx)
    return None


async def reversed_minor(payment_id: UUID, *, tx: Tx) -> int:
    """What left of a payment besides our refunds."""
    rows = await fetch("SELECT amount_minor FROM payment_reversal WHERE payment_id = $1 AND is_gone", payment_id, tx=tx)
    return sum(row["amount_minor"] for row in rows)


async def retry_parked() -> int:
    """Look again at parked messages of this kind that may fit by now; answers how many did."""
    rows = await fetch(
        "SELECT id, channel, reversal FROM payment_notice WHERE fate = 'parked' AND reversal IS NOT NULL"
        " AND fact = ANY($1::text[]) AND (EXISTS (SELECT FROM payment p WHERE p.channel = payment_notice.channel"
        " AND p.reference = payment_notice.reference) OR EXISTS (SELECT FROM recovery_payment l WHERE l.state = 'refused'"
        " AND l.channel = payment_notice.channel AND l.transaction_id = payment_notice.reversal->>'transaction_id'"
        " AND l.amount_minor::text = payment_notice.reversal->>'amount_minor')) ORDER BY id LIMIT 100",
        list(_AGAIN),
    )
    return sum([await _retry(row) for row in rows])


async def _retry(row: Row) -> bool:
    reversal = msgspec.json.decode(row["reversal"], type=Reversal)

    async def use_case() -> bool:
        async with transaction() as tx:
            locked = await fetch_one(
                "SELECT 1 FROM payment_notice WHERE id = $1 AND fate = 'parked' FOR UPDATE", row["id"], tx=tx
            )
            if locked is None or await apply_reversal(row["channel"], reversal, notice_id=row["id"], tx=tx) is not None:
                return False
            await fetch("UPDATE payment_notice SET fate = 'applied', fact = NULL WHERE id = $1", row["id"], tx=tx)
            return True

    is_done = await again(use_case)
    outbox.nudge()
    return is_done


def _refused(refunds: Sequence[Row], reversal: Reversal) -> Row | None:
    """The refund that money given back at the console stands for: one that was refused, of the same amount."""
    if reversal.kind is not ReversalKind.MERCHANT_REFUND:
        return None
    return next(
        (one for one in refunds if one["state"] == "refused" and one["amount_minor"] == reversal.amount_minor), None
    )


async def _post(id_: UUID, channel: str, reversal: Reversal, *, tx: Tx) -> None:
    await ledger.post(
        f"reversed:{id_}",
        [
            ledger.Leg("clearing:reversed", reversal.currency, -reversal.amount_minor),
            ledger.Leg(f"clearing:{channel}", reversal.currency, reversal.amount_minor),
        ],
        kind="reversed",
        tx=tx,
    )
