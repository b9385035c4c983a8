"""Asking the channel about payments that no message came for."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from app.commerce.payments.applying import apply_status
from app.commerce.payments.errors import PaymentUnknown
from app.commerce.payments.receipts import is_recorded
from app.commerce.payments.rules import PaymentState
from app.commerce.payments.trades import COLUMNS, trade_of
from app.foundation import outbox
from app.gateways.channels.base import Approved, Channel, Closed, Paid, Pending, StillOpen, Trade, TradeStatus, Unknown
from app.gateways.database import Row, again, fetch, fetch_one, transaction
from app.gateways.patience import ask_each, within


async def ask(payment_id: UUID, *, channels: Mapping[str, Channel]) -> bool:
    """Ask the channel what became of a payment and take its word; past its end, or where we gave it up, close it first.

    What its payer has approved is taken (`Channel.advance`), unless we gave it up. Answers whether the channel itself
    said that nothing has been paid; whatever else came, an unreadable answer or one of a proxy's pages among it, is no
    such word. Touches the wire, outside any transaction. A final payment is not asked about.

    Raises:
        PaymentUnknown: no such payment.
        Unavailable: the channel could not be reached, or was silent for too long; the payment stays as it is.
    """
    row = await fetch_one(
        f"SELECT {COLUMNS}, state, expires_at < clock_timestamp() AS is_over FROM payment WHERE id = $1", payment_id
    )
    if row is None:
        raise PaymentUnknown
    if row["state"] not in {PaymentState.CREATED, PaymentState.PENDING, PaymentState.CLOSING}:
        return False
    name, trade = row["channel"], trade_of(row)
    channel = channels[name]
    giving_up = row["is_over"] or row["state"] == PaymentState.CLOSING
    if giving_up and await is_recorded(name, trade.reference):
        giving_up = False  # its money is here, and a second person looks at it
    status = await within(channel.query(trade))
    if isinstance(status, Approved) and not giving_up and await _is_wanted(payment_id):
        status = await within(channel.advance(trade))
    await receive_answer(name, trade.reference, status)
    if giving_up:
        status = await _close_if_open(payment_id, name, trade, channel) or status
    return isinstance(status, Closed) or (isinstance(status, Pending) and status.is_unpaid)


async def ask_due(*, channels: Mapping[str, Channel], limit: int = 50) -> int:
    """Ask about the payments whose time to be asked has come, at most `limit` of each channel; answers how many.

    A row's time is moved before the wire is touched, so that two sweepers do not ask twice. Several are asked at once,
    each channel in a lane of its own.
    """
    rows = [
        row
        for name in channels
        for row in await fetch(
            "UPDATE payment SET next_query_at = clock_timestamp() + interval '30 s' WHERE id IN ("
            " SELECT p.id FROM payment_open o JOIN payment p ON p.id = o.payment_id"
            " WHERE o.next_query_at <= clock_timestamp() AND o.channel = $2"
            " AND p.state IN ('created', 'pending', 'closing') AND p.next_query_at <= clock_timestamp()"
            " ORDER BY o.next_query_at LIMIT $1 FOR UPDATE OF p SKIP LOCKED) RETURNING id, channel",
            limit, name,
        )
    ]  # fmt: skip
    await ask_many(rows, channels=channels)
    return len(rows)


async def ask_many(rows: Sequence[Row], *, channels: Mapping[str, Channel]) -> None:
    """`ask` for each of these rows (`id`, `channel`), several at once; silence leaves a payment as it is."""

    async def one(row: Row) -> None:
        await ask(row["id"], channels=channels)

    await ask_each(rows, one, far_side=lambda row: row["channel"], what="asked")


async def receive_answer(channel: str, reference: str, status: TradeStatus) -> None:
    """Take a channel's answer in a transaction of its own."""

    async def use_case() -> None:
        async with transaction() as tx:
            await apply_status(channel, reference, status, tx=tx)

    await again(use_case)
    outbox.nudge()


async def _is_wanted(payment_id: UUID) -> bool:
    """Whether it is still open now: what was given up meanwhile is not taken."""
    row = await fetch_one("SELECT 1 FROM payment WHERE id = $1 AND state IN ('created', 'pending')", payment_id)
    return row is not None


async def _close_if_open(payment_id: UUID, name: str, trade: Trade, channel: Channel) -> TradeStatus | None:
    """Close it at its channel, unless it has ended meanwhile; answers what the channel said of it in the end."""
    row = await fetch_one(
        "UPDATE payment SET state = 'closing' WHERE id = $1 AND state IN ('created', 'pending', 'closing') RETURNING id",
        payment_id,
    )
    if row is None:
        return None
    status: TradeStatus
    match await within(channel.close(trade)):
        case Closed() as closed:
            status = closed
        case Paid():
            status = await within(channel.query(trade))
            if isinstance(status, Unknown):  # it contradicts itself: ask again
                status = Pending(code=status.code)
        case StillOpen() as still:
            status = Pending(code=still.code)
    await receive_answer(name, trade.reference, status)
    return status
