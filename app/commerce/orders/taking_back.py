"""Taking a paid order back while nothing of it is settled: grams and money return in one transaction."""

from uuid import UUID

from app.commerce import payments
from app.commerce.orders.checking import demand_power
from app.commerce.orders.errors import OrderFinal, OrderRetired, OrderUnknown
from app.commerce.orders.reading import OrderFacts, lock_many
from app.commerce.orders.rules import OrderState
from app.foundation import identity, outbox
from app.foundation.identity import Keyring
from app.gateways.database import Tx, again, fetch, transaction
from app.registry import retirements


async def take_back(order_id: UUID, *, by: UUID, reason: str, keyring: Keyring) -> None:
    """Withdraw every retirement of a paid order and send its money back: all of it, or nothing.

    The grams are free at once; the money follows by `refund.requested`, and the order is `refunding` until it is
    back. Repeated: an order that is on its way back stays as it is.

    Raises:
        OrderUnknown: no such order, or somebody else's: who may not act for its payer now.
        RoleMissing: `by` only reads in the organisation whose order it is.
        OrderRetired: one of its retirements is settled.
        OrderFinal: it is not paid, or it has lines that are held: those are given back one by one (`give_back`).
        ReasonMissing: see `retirements.withdraw`.
    """

    async def use_case() -> None:
        async with transaction() as tx:
            locked = await lock_many([order_id], tx=tx)
            if not locked or not await identity.acts_for(by, locked[0].payer_id, tx=tx):
                raise OrderUnknown
            await demand_power(locked[0].payer_id, by=by, tx=tx)
            if locked[0].state not in {OrderState.REFUNDING, OrderState.REFUNDED}:
                await _take_back(locked[0], by=by, reason=reason, keyring=keyring, tx=tx)

    await again(use_case)
    outbox.nudge()


async def _take_back(order: OrderFacts, *, by: UUID, reason: str, keyring: Keyring, tx: Tx) -> None:
    if order.state is not OrderState.PAID or order.hold_lines:
        raise OrderFinal
    standing = await retirements.find_by_causes([line.cause for line in order.retire_lines], tx=tx)
    try:
        wanted = [one.id for one in standing.values()]
        await retirements.withdraw(wanted, by=by, reason=reason, keyring=keyring, tx=tx)
    except retirements.RetirementFinal as final:
        raise OrderRetired from final
    await fetch("UPDATE purchase_order SET state = 'refunding' WHERE id = $1", order.id, tx=tx)
    assert order.payment_id is not None, order.id  # a paid order was sold for one
    await payments.refund(order.payment_id, cause="returned", reverses_sale=True, tx=tx)
