"""Applying a channel's status to our row: the one place where a payment's state moves after it is opened."""

from datetime import datetime

from app.commerce.payments.events import PaymentSucceeded
from app.commerce.payments.rules import Decision, Expectation, PaymentState, judge, next_query_at
from app.foundation import outbox
from app.gateways.channels.base import Approved, Closed, Done, TradeStatus
from app.gateways.database import Row, Tx, fetch, fetch_one
from app.kernel.money import Currency
from app.registry import ledger


async def apply_status(channel: str, reference: str, status: TradeStatus, *, tx: Tx) -> Decision | None:
    """Lock the payment and do what the channel's status demands; None where no payment has this reference.

    A success posts the money and records the event, once: a repeat finds the transaction number known. Other attempts
    of its subject are closed with it. All of the subject are locked, by id, so that two which are paid at once, or one
    that is just being opened, come one after the other.
    """
    await fetch(
        "SELECT 1 FROM payment WHERE subject = (SELECT subject FROM payment WHERE channel = $1 AND reference = $2)"
        " ORDER BY id FOR UPDATE",
        channel, reference, tx=tx,
    )  # fmt: skip
    row = await fetch_one(
        "SELECT *, clock_timestamp() AS now FROM payment WHERE channel = $1 AND reference = $2 FOR UPDATE",
        channel, reference, tx=tx,
    )  # fmt: skip
    if row is None:
        return None
    verdict = judge(
        Expectation(
            reference=row["reference"],
            state=PaymentState(row["state"]),
            amount_minor=row["amount_minor"],
            currency=Currency(row["currency"]),
            transaction_id=row["transaction_id"],
        ),
        status,
    )
    match verdict.step:
        case "pay":
            assert isinstance(status, Done)
            await _pay(row, status, tx=tx)
        case "close":
            assert isinstance(status, Closed)
            await fetch(
                "UPDATE payment SET state = 'closed', next_query_at = NULL, last_word = $2 WHERE id = $1",
                row["id"], status.code[:64], tx=tx,
            )  # fmt: skip
        case "keep" | "park":
            said = row["last_word"] if isinstance(status, Done) else status.code
            await _wait(row, row["now"], said, tx=tx)
            if isinstance(status, Approved):  # nothing moves before we take it, and the payer is waiting
                await fetch(
                    "UPDATE payment SET next_query_at = clock_timestamp() WHERE id = $1 AND state IN ('created', 'pending')",
                    row["id"], tx=tx,
                )  # fmt: skip
    return verdict


async def _pay(row: Row, outcome: Done, *, tx: Tx) -> None:
    late = row["state"] == PaymentState.CLOSED
    await fetch(
        "UPDATE payment SET state = 'paid', transaction_id = $2, paid_at = $3, was_late = $4, next_query_at = NULL,"
        " last_word = 'SUCCESS' WHERE id = $1",
        row["id"], outcome.transaction_id, outcome.at, late, tx=tx,
    )  # fmt: skip
    await fetch(
        "UPDATE payment SET state = 'closing', next_query_at = clock_timestamp()"
        " WHERE subject = $1 AND state IN ('created', 'pending')",
        row["subject"], tx=tx,
    )  # fmt: skip
    await ledger.post(
        f"payment:{row['id']}",
        [
            ledger.Leg(f"clearing:{row['channel']}", row["currency"], -row["amount_minor"]),
            ledger.Leg("prepaid", row["currency"], row["amount_minor"]),
        ],
        kind="payment",
        tx=tx,
    )
    await outbox.record(
        PaymentSucceeded(
            payment_id=row["id"],
            paid_for=row["subject"],
            amount_minor=row["amount_minor"],
            currency=row["currency"],
        ),
        tx=tx,
    )


async def _wait(row: Row, now: datetime, said: str | None, *, tx: Tx) -> None:
    """Ask again later, as long as the payment is open; what is paid or closed is not asked about."""
    if row["state"] not in {PaymentState.CREATED, PaymentState.PENDING, PaymentState.CLOSING}:
        return
    then = next_query_at(now, queries=row["queries"], expires_at=row["expires_at"])
    await fetch(
        "UPDATE payment SET queries = queries + 1, next_query_at = $2, last_word = $3 WHERE id = $1",
        row["id"], then, said and said[:64], tx=tx,
    )  # fmt: skip
