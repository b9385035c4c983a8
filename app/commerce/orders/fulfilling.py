"""Paid orders: retirements are requested, grams delivered, or the money goes back where nothing is left for it."""

from collections.abc import Sequence
from uuid import UUID

from app.commerce import payments
from app.commerce.orders.reading import OrderFacts, RetireLine, lock_many
from app.commerce.orders.rules import HOLDING_NOTHING, OrderState, cause_of
from app.commerce.orders.setting_aside import give_back, line_up, set_aside
from app.gateways.database import Tx, fetch
from app.registry import holdings, retirements


async def fulfil(paid: Sequence[tuple[UUID, UUID]], *, tx: Tx) -> None:
    """Go on with paid orders, given as (order id, payment id), set-based; a repeat changes nothing.

    The first payment of an order requests the retirements of all its lines, and delivers what is held. A second one, by
    another channel, is refunded. A payment of a quoted order, or one that comes after the order was closed, is honoured
    if credits are open for all of it, refunded in full if not; never silently kept.
    """
    by_order: dict[UUID, list[UUID]] = {}
    for order_id, payment_id in paid:
        by_order.setdefault(order_id, []).append(payment_id)
    going_on: list[tuple[OrderFacts, UUID]] = []
    locked = await lock_many(list(by_order), tx=tx)
    late = [order for order in locked if order.state in HOLDING_NOTHING]
    if len(late) > 1:
        await line_up([line for order in late for line in order.lines], tx=tx)
    for order in locked:
        first, *others = by_order[order.id]
        if order.state is OrderState.PLACED or (order.state in HOLDING_NOTHING and await _reserve_again(order, tx=tx)):
            going_on.append((order, first))
        elif order.state in HOLDING_NOTHING:
            await payments.refund(first, cause="credits_gone", tx=tx)
            await _set_state([order.id], OrderState.REFUNDING, tx=tx)
        else:
            others = [payment_id for payment_id in (first, *others) if payment_id != order.payment_id]
        for payment_id in others:
            await payments.refund(payment_id, cause="paid_twice", tx=tx)
    if going_on:
        await _request(going_on, tx=tx)


async def finish_refunds(order_ids: Sequence[UUID], *, tx: Tx) -> None:
    """Mark orders refunded all of whose money is back; an order that was paid twice stays paid.

    An attempt that its channel has not agreed to close yet brings no money: nobody would come back when it is closed,
    and whoever pays it after all is refunded.
    """
    whole = [id_ for id_ in order_ids if not await payments.holds_money(cause_of(id_), tx=tx)]
    await fetch(
        "UPDATE purchase_order SET state = 'refunded', closed_at = clock_timestamp()"
        " WHERE id = ANY($1::uuid[]) AND state = 'refunding'",
        whole, tx=tx,
    )  # fmt: skip


async def _reserve_again(order: OrderFacts, *, tx: Tx) -> bool:
    try:
        await set_aside(order.lines, expires_at=order.expires_at, tx=tx)
    except holdings.CreditsExhausted:
        await give_back(order.lines, tx=tx)  # what earlier lines had found
        return False
    return True


async def _request(sold: Sequence[tuple[OrderFacts, UUID]], *, tx: Tx) -> None:
    if lines := [_retirement(order, line) for order, _ in sold for line in order.retire_lines]:
        await retirements.request(lines, tx=tx)
    if holds := {hold.cause: hold.account.account for order, _ in sold for hold in order.hold_lines}:
        await holdings.deliver(holds, reason="sale", tx=tx)
    await fetch(
        "UPDATE purchase_order o SET state = 'paid', payment_id = s.payment, sale_cause = s.cause"
        " FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS s (id, payment, cause) WHERE o.id = s.id",
        [order.id for order, _ in sold],
        [payment_id for _, payment_id in sold],
        [payments.sale_cause(cause_of(order.id)) for order, _ in sold],
        tx=tx,
    )
    await payments.sell(
        [
            payments.Sale(subject=cause_of(order.id), amount_minor=order.amount_minor, currency=order.currency)
            for order, _ in sold
        ],
        tx=tx,
    )


def _retirement(order: OrderFacts, line: RetireLine) -> retirements.Request:
    return retirements.Request(
        cause=line.cause,
        claim=line.claim,
        funding=line.funding,
        payer_id=order.payer_id,
        holder_id=order.payer_id,  # bought and retired in one breath: the grams were the payer's own
        mandate_id=line.mandate_id,
        mass_g=line.mass_g,
    )


async def _set_state(order_ids: Sequence[UUID], state: OrderState, *, tx: Tx) -> None:
    await fetch("UPDATE purchase_order SET state = $2 WHERE id = ANY($1::uuid[])", list(order_ids), state.value, tx=tx)
