"""Where the payments of a subject stand, for a page that waits."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from app.commerce.payments.rules import PaymentState
from app.gateways.channels.base import Opening
from app.gateways.database import Row, fetch


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentStatus:
    """One attempt, as far as its payer is concerned."""

    id: UUID
    channel: str
    method: str
    reference: str
    """Our number at the channel."""
    state: PaymentState
    opening: Opening | None
    last_word: str | None
    """The channel's last code, for people."""
    created_at: datetime
    paid_at: datetime | None
    refund_state: str | None
    """Of its latest refund."""
    refund_requested_at: datetime | None
    refund_finished_at: datetime | None
    """When the channel gave it back; None: it has not."""
    refunded_minor: int
    """What is back of all its refunds."""


async def statuses(subject: str) -> list[PaymentStatus]:
    """Every payment of the subject, the latest first."""
    return (await statuses_of([subject]))[subject]


async def statuses_of(subjects: Collection[str]) -> dict[str, list[PaymentStatus]]:
    """The same of each of these subjects, in one statement; an empty list where nothing was ever tried."""
    rows = await fetch(
        "SELECT p.subject, p.id, p.channel, p.method, p.reference, p.state, p.opening, p.last_word, p.created_at, p.paid_at,"
        " r.state AS refund_state, r.requested_at, r.finished_at, b.refunded_minor FROM payment p"
        " LEFT JOIN LATERAL (SELECT * FROM payment_refund q WHERE q.payment_id = p.id ORDER BY q.id DESC LIMIT 1) r ON true"
        " CROSS JOIN LATERAL (SELECT coalesce(sum(q.amount_minor), 0)::bigint AS refunded_minor FROM payment_refund q"
        "   WHERE q.payment_id = p.id AND q.state IN ('done', 'settled')) b"
        " WHERE p.subject = ANY($1::text[]) ORDER BY p.id DESC",
        list(subjects),
    )
    found: dict[str, list[PaymentStatus]] = {subject: [] for subject in subjects}
    for row in rows:
        found[row["subject"]].append(_status(row))
    return found


def _status(row: Row) -> PaymentStatus:
    return PaymentStatus(
        id=row["id"],
        channel=row["channel"],
        method=row["method"],
        reference=row["reference"],
        state=PaymentState(row["state"]),
        opening=msgspec.json.decode(row["opening"], type=Opening) if row["opening"] else None,
        last_word=row["last_word"],
        created_at=row["created_at"],
        paid_at=row["paid_at"],
        refund_state=row["refund_state"],
        refund_requested_at=row["requested_at"],
        refund_finished_at=row["finished_at"],
        refunded_minor=row["refunded_minor"],
    )
