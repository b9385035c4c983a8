"""Asking a channel once more about what was final here: its bill says something else."""

from collections.abc import Mapping
from uuid import UUID

from app.commerce.payments.errors import PaymentUnknown, RefundUnknown
from app.commerce.payments.querying import ask, receive_answer
from app.commerce.payments.refunding import apply_refund_outcome, send_refund
from app.commerce.payments.rules import OPEN_STATES, RefundState
from app.commerce.payments.trades import COLUMNS, REFUND_COLUMNS, refund_of, trade_of
from app.foundation import outbox
from app.gateways.channels.base import Channel, Done, Unknown
from app.gateways.database import again, fetch_one, transaction
from app.gateways.patience import within


async def ask_again(payment_id: UUID, *, channels: Mapping[str, Channel]) -> str:
    """Ask what became of a payment in whatever state it is, and take the channel's word; answers that word.

    One that is open is asked as ever (`ask`). One that is closed may turn out to be paid, late, by the same path as by a
    notice; one that is paid stays as it is. Touches the wire, outside any transaction.

    Raises:
        PaymentUnknown: no such payment.
        Unavailable: the channel could not be reached, or was silent.
    """
    row = await fetch_one(f"SELECT {COLUMNS}, state FROM payment WHERE id = $1", payment_id)
    if row is None:
        raise PaymentUnknown
    if row["state"] in OPEN_STATES:
        await ask(payment_id, channels=channels)
        now = await fetch_one("SELECT last_word FROM payment WHERE id = $1", payment_id)
        assert now is not None, payment_id
        return str(now["last_word"] or "")
    status = await within(channels[row["channel"]].query(trade_of(row)))
    await receive_answer(row["channel"], row["reference"], status)
    return "SUCCESS" if isinstance(status, Done) else status.code


async def ask_refund_again(refund_id: UUID, *, channels: Mapping[str, Channel]) -> str:
    """The same for a refund. One that is not final yet is sent with its own number, as ever.

    Raises:
        RefundUnknown: no such refund.
        Unavailable: the channel could not be reached, or was silent.
    """
    sql = f"SELECT {REFUND_COLUMNS} FROM payment_refund r JOIN payment p ON p.id = r.payment_id WHERE r.id = $1"
    row = await fetch_one(sql, refund_id)
    if row is None:
        raise RefundUnknown
    if row["state"] == RefundState.REQUESTED:
        await send_refund(refund_id, channels=channels)
        now = await fetch_one("SELECT last_word FROM payment_refund WHERE id = $1", refund_id)
        assert now is not None, refund_id
        return str(now["last_word"] or "")
    outcome = await within(channels[row["channel"]].query_refund(refund_of(row)))
    if isinstance(outcome, Unknown):
        return outcome.code

    async def use_case() -> None:
        async with transaction() as tx:
            await apply_refund_outcome(row["channel"], row["refund_reference"], outcome, tx=tx)

    await again(use_case)
    outbox.nudge()
    return "SUCCESS" if isinstance(outcome, Done) else outcome.code
