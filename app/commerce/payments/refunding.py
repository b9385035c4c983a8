"""Giving money back: the row first, then the channel, with one number until it is final."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.commerce.payments.errors import PaymentUnknown, RefundTooLarge
from app.commerce.payments.events import RefundFinished, RefundRequested
from app.commerce.payments.trades import REFUND_COLUMNS, refund_of
from app.foundation import outbox
from app.gateways import tracing
from app.gateways.channels.base import Channel, Done, Outcome, Pending, Refused
from app.gateways.database import Row, Tx, again, fetch, fetch_one, transaction
from app.gateways.patience import ask_each, within
from app.kernel.ids import random_code, uuid7
from app.kernel.money import Currency
from app.registry import ledger

PAUSES_S: Final = (15, 60, 300, 1800)
"""Until a refund is asked about again, while its channel is not final; the last one repeats."""


@dataclass(frozen=True, slots=True)
class RefundDone:
    """Money that went back."""

    id: UUID
    subject: str
    """What had been paid for, `<kind>:<id>`."""
    amount_minor: int
    currency: Currency
    finished_at: datetime


async def done_of(refund_ids: Sequence[UUID], *, tx: Tx | None = None) -> list[RefundDone]:
    """Those of these refunds whose money went back."""
    rows = await fetch(
        "SELECT r.id, p.subject, r.amount_minor, p.currency, r.finished_at FROM payment_refund r"
        " JOIN payment p ON p.id = r.payment_id WHERE r.id = ANY($1::uuid[]) AND r.finished_at IS NOT NULL"
        " AND r.state IN ('done', 'settled') ORDER BY r.id",
        list(refund_ids), tx=tx,
    )  # fmt: skip
    return [
        RefundDone(row["id"], row["subject"], row["amount_minor"], Currency(row["currency"]), row["finished_at"])
        for row in rows
    ]


def new_reference() -> str:
    """A refund's number at the channel."""
    return f"RF{random_code(24)}"


async def refund(
    payment_id: UUID, *, cause: str, amount_minor: int | None = None, reverses_sale: bool = False, tx: Tx
) -> UUID:
    """Write down that money of a paid payment goes back, and why; the sending follows by an event.

    All of it that is not on its way back already, or `amount_minor` of it. With `reverses_sale` it had been earned, and
    the ledger takes it from `sales` here; else it still waited. Refunds of one payment are written one after the other,
    and never are more than was paid. Repeated for one payment and cause it answers the refund that stands, and so does
    a refund of all where nothing is left. Where its channel took or gave all of it back without us, what it is for ends
    as after a refund; the answer is then the payment.

    Raises:
        PaymentUnknown: no such payment.
        RefundTooLarge: less than this is left of what was paid.
    """
    payment = await fetch_one(
        "SELECT amount_minor, currency, subject, (SELECT coalesce(sum(v.amount_minor), 0)::bigint FROM payment_reversal v"
        " WHERE v.payment_id = payment.id AND v.is_gone) AS gone_minor FROM payment WHERE id = $1 FOR UPDATE",
        payment_id, tx=tx,
    )  # fmt: skip
    if payment is None:
        raise PaymentUnknown
    known = await fetch(
        "SELECT id, cause, amount_minor FROM payment_refund WHERE payment_id = $1 ORDER BY id", payment_id, tx=tx
    )
    left_minor = payment["amount_minor"] - payment["gone_minor"] - sum(one["amount_minor"] for one in known)
    standing = [one["id"] for one in known if one["cause"] == cause]
    if standing or (amount_minor is None and left_minor == 0 and known):
        return UUID(str(standing[0] if standing else known[-1]["id"]))
    if amount_minor is None and left_minor == 0:
        ended = RefundFinished(refund_id=payment_id, payment_id=payment_id, paid_for=payment["subject"])
        await outbox.record(ended, tx=tx)
        return payment_id
    wanted_minor = left_minor if amount_minor is None else amount_minor
    if wanted_minor > left_minor:
        raise RefundTooLarge
    refund_id = uuid7()
    await fetch(
        "INSERT INTO payment_refund (id, payment_id, reference, amount_minor, cause, state, requested_at, next_query_at,"
        " queries, reverses_sale)"
        " VALUES ($1, $2, $3, $4, $5, 'requested', clock_timestamp(), clock_timestamp() + interval '15 s', 0, $6)",
        refund_id, payment_id, new_reference(), wanted_minor, cause, reverses_sale, tx=tx,
    )  # fmt: skip
    if reverses_sale:
        await ledger.post(
            f"reversal:{refund_id}",
            [
                ledger.Leg("sales", payment["currency"], -wanted_minor),
                ledger.Leg("prepaid", payment["currency"], wanted_minor),
            ],
            kind="reversal",
            tx=tx,
        )
    await outbox.record(RefundRequested(refund_id=refund_id), tx=tx)
    return refund_id


async def send_refund(refund_id: UUID, *, channels: Mapping[str, Channel]) -> None:
    """Tell the channel, and take its word; a finished refund is not sent again. Touches the wire.

    Refunds of one payment are sent one after the other: a later one waits until those before it are final.

    Raises:
        Unavailable: nothing could be sent, or no answer came in time; the sweeper comes again.
    """
    row = await fetch_one(
        f"SELECT {REFUND_COLUMNS} FROM payment_refund r JOIN payment p ON p.id = r.payment_id"
        " WHERE r.id = $1 AND NOT EXISTS (SELECT FROM payment_refund q"
        " WHERE q.payment_id = r.payment_id AND q.id < r.id AND q.state = 'requested')",
        refund_id,
    )
    if row is None or row["state"] != "requested":
        return
    outcome = await within(channels[row["channel"]].refund(refund_of(row)))

    async def use_case() -> None:
        async with transaction() as tx:
            await apply_refund_outcome(row["channel"], row["refund_reference"], outcome, tx=tx)

    await again(use_case)
    outbox.nudge()


async def send_refunds_due(*, channels: Mapping[str, Channel], limit: int = 50) -> int:
    """Send again, with their own numbers, the refunds that are not final yet; answers how many.

    At most `limit` of each channel, several at once, each channel in a lane of its own.
    """
    rows = [
        row
        for name in channels
        for row in await fetch(
            "UPDATE payment_refund SET next_query_at = clock_timestamp() + interval '60 s' WHERE id IN ("
            " SELECT r.id FROM payment_refund r JOIN payment p ON p.id = r.payment_id"
            " WHERE r.next_query_at <= clock_timestamp() AND r.state = 'requested' AND p.channel = $2"
            " ORDER BY r.next_query_at LIMIT $1 FOR UPDATE OF r SKIP LOCKED) RETURNING id",
            limit, name,
        )
    ]  # fmt: skip
    await send_refunds([row["id"] for row in rows], channels=channels)
    return len(rows)


async def send_refunds(refund_ids: Sequence[UUID], *, channels: Mapping[str, Channel]) -> None:
    """`send_refund` for each, several at once; silence leaves it to its next time."""
    rows = await fetch(
        "SELECT r.id, p.channel FROM payment_refund r JOIN payment p ON p.id = r.payment_id"
        " WHERE r.id = ANY($1::uuid[])",
        list(refund_ids),
    )

    async def one(row: Row) -> None:
        with tracing.about(f"refund:{row['id']}"):
            await send_refund(row["id"], channels=channels)

    await ask_each(rows, one, far_side=lambda row: row["channel"], what="refunds")


async def apply_refund_outcome(channel: str, refund_reference: str, outcome: Outcome, *, tx: Tx) -> str | None:
    """Take a channel's word about a refund; why it cannot be taken, or None.

    `unknown_refund`: this channel was never asked for one of that number, or a person gave the money back already.
    `refund_differs`: it says that another amount, or another currency, went back; the refund waits for a word that fits.
    A final refund stays as it is.
    """
    row = await fetch_one(
        "SELECT r.id, r.payment_id, r.state, r.amount_minor, r.queries, p.channel, p.currency, p.subject"
        " FROM payment_refund r JOIN payment p ON p.id = r.payment_id WHERE r.reference = $1 AND p.channel = $2"
        " FOR UPDATE OF r",
        refund_reference, channel, tx=tx,
    )  # fmt: skip
    if row is None:
        return "unknown_refund"
    if row["state"] != "requested":
        # Given back by hand, and now by the channel too: a person must know.
        return "unknown_refund" if row["state"] == "settled" and isinstance(outcome, Done) else None
    is_other = isinstance(outcome, Done) and (outcome.amount_minor, outcome.currency) != (
        row["amount_minor"],
        row["currency"],
    )
    said = Pending(code="MISMATCH") if is_other else outcome
    match said:
        case Done():
            clearing = f"clearing:{row['channel']}"
            await end_refund(row, channel_refund_id=said.transaction_id, clearing=clearing, tx=tx)
        case Refused():
            await fetch(
                "UPDATE payment_refund SET state = 'refused', next_query_at = NULL, last_word = $2, is_over = $3 WHERE id = $1",
                row["id"], said.code[:64], said.is_over, tx=tx,
            )  # fmt: skip
        case Pending():
            pause = timedelta(seconds=PAUSES_S[min(row["queries"], len(PAUSES_S) - 1)])
            await fetch(
                "UPDATE payment_refund SET queries = queries + 1, next_query_at = clock_timestamp() + $2::interval,"
                " last_word = $3 WHERE id = $1",
                row["id"], pause, said.code[:64], tx=tx,
            )  # fmt: skip
    return "refund_differs" if is_other else None


async def end_refund(row: Row, *, channel_refund_id: str, clearing: str, tx: Tx) -> None:
    """The channel gave the money of a refund back; `row` as of `give_back`."""
    await fetch(
        "UPDATE payment_refund SET state = 'done', finished_at = clock_timestamp(), next_query_at = NULL,"
        " channel_refund_id = $2, last_word = 'SUCCESS', is_over = false WHERE id = $1",
        row["id"], channel_refund_id, tx=tx,
    )  # fmt: skip
    await give_back(row, clearing=clearing, tx=tx)


async def mark_refunded(payment_id: UUID, *, tx: Tx) -> None:
    """The payment is refunded when all of it is back or gone; after a part it stays paid."""
    await fetch(
        "UPDATE payment p SET state = 'refunded' WHERE p.id = $1 AND p.state = 'paid' AND p.amount_minor ="
        " (SELECT coalesce(sum(r.amount_minor), 0) FROM payment_refund r WHERE r.payment_id = p.id"
        "  AND r.state IN ('done', 'settled'))"
        " + (SELECT coalesce(sum(v.amount_minor), 0) FROM payment_reversal v WHERE v.payment_id = p.id AND v.is_gone)",
        payment_id, tx=tx,
    )  # fmt: skip


async def give_back(row: Row, *, clearing: str, tx: Tx) -> None:
    """The money of a refund (`id`, `payment_id`, `amount_minor`, `currency`, `subject`) left by this account.

    Its row says so already. The payment is refunded when all of it is back; two refunds that end at once come one after
    the other.
    """
    await fetch("SELECT 1 FROM payment WHERE id = $1 FOR NO KEY UPDATE", row["payment_id"], tx=tx)
    await mark_refunded(row["payment_id"], tx=tx)
    await ledger.post(
        f"refund:{row['id']}",
        [
            ledger.Leg("prepaid", row["currency"], -row["amount_minor"]),
            ledger.Leg(clearing, row["currency"], row["amount_minor"]),
        ],
        kind="refund",
        tx=tx,
    )
    await outbox.record(
        RefundFinished(refund_id=row["id"], payment_id=row["payment_id"], paid_for=row["subject"]), tx=tx
    )
