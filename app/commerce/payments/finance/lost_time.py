"""What a channel says about the refund of a payment that it took in lost time, for nothing we know."""

from app.gateways.channels.base import Done, Outcome, Pending, Refused, Reversal, ReversalKind
from app.gateways.database import Tx, fetch_one, fetch_value


async def record_lost_answer(channel: str, reference: str, outcome: Outcome, *, tx: Tx | None = None) -> bool | None:
    """Take its word, however it came; whether the refund stands otherwise now.

    None: none has this number; or it was given back by hand, and now by the channel too, which a person must know. Another
    amount than is to go back is believed by nobody. PostgreSQL posts what is back with the row.
    """
    row = await fetch_one(
        "SELECT id, amount_minor, currency FROM recovery_payment WHERE refund_reference = $1 AND channel = $2",
        reference, channel, tx=tx,
    )  # fmt: skip
    if row is None:
        return None
    refund_id: str | None = None
    is_over = False
    match outcome:
        case Done() if (outcome.amount_minor, outcome.currency) != (row["amount_minor"], row["currency"]):
            state, code = "requested", "MISMATCH"
        case Done():
            state, code, refund_id = "done", "SUCCESS", outcome.transaction_id[:64]
        case Refused():
            state, code, is_over = "refused", outcome.code, outcome.is_over
        case Pending():
            state, code = "requested", outcome.code
    has_changed = await fetch_value(
        "SELECT payments.record_lost_answer($1, $2, $3, $4, $5)", reference, state, refund_id, code, is_over, tx=tx
    )
    if (
        isinstance(outcome, Done) and not has_changed
    ):  # seen once the row was locked: a person may give it back just now
        stands = await fetch_value("SELECT state FROM recovery_payment WHERE id = $1", row["id"], tx=tx)
        return None if stands == "settled" else False
    return bool(has_changed)


async def end_at_console(channel: str, reversal: Reversal, *, tx: Tx) -> bool:
    """Whether it is money of lost time that somebody gave back at the console, whole, after the channel had refused: that ends
    its refund. Told again it is so still."""
    if reversal.kind is not ReversalKind.MERCHANT_REFUND:
        return False
    row = await fetch_one(
        "SELECT refund_reference, channel_refund_id FROM recovery_payment WHERE channel = $1 AND transaction_id = $2"
        " AND amount_minor = $3 AND currency = $4 AND state IN ('refused', 'done')",
        channel, reversal.transaction_id, reversal.amount_minor, reversal.currency, tx=tx,
    )  # fmt: skip
    if row is None:
        return False
    if row["channel_refund_id"] is not None:
        return bool(row["channel_refund_id"] == reversal.reversal_id)
    has_ended = await fetch_value(
        "SELECT payments.record_lost_answer($1, 'done', $2, 'SUCCESS', false)",
        row["refund_reference"], reversal.reversal_id[:64], tx=tx,
    )  # fmt: skip
    return bool(has_ended)
