"""Paid orders: the retirement is requested, or the money goes back where nothing is left to retire."""

from collections.abc import Sequence
from uuid import UUID

from app import holdings, ledger, payments, retirements, scenarios
from app.credits import Programme
from app.gateways.database import Row, Tx, fetch
from app.kernel.clock import Clock, beijing_day
from app.kernel.ids import uuid7
from app.orders.rules import CLOSED_UNPAID, OrderState, cause_of


async def fulfil(paid: Sequence[tuple[UUID, UUID]], *, clock: Clock, tx: Tx) -> None:
    """Go on with paid orders, given as (order id, payment id), set-based.

    The first payment of an order requests its retirement. A second one, by another channel, is refunded.
    A payment that comes after the order was closed is honoured if credits are open, refunded in full if
    not; never silently kept.
    """
    by_order: dict[UUID, list[UUID]] = {}
    for order_id, payment_id in paid:
        by_order.setdefault(order_id, []).append(payment_id)
    rows = await fetch(
        "SELECT id, person_id, footprint_id, scenario_id, programme, emission_g, mass_g, amount_minor, currency,"
        " beneficiary_name_sealed, language, state, placed_at, expires_at FROM purchase_order WHERE id = ANY($1::uuid[])"
        " ORDER BY id FOR UPDATE",
        list(by_order), tx=tx,
    )  # fmt: skip
    going_on: list[Row] = []
    for row in rows:
        first, *others = by_order[row["id"]]
        state = OrderState(row["state"])
        if state is OrderState.PLACED or (state in CLOSED_UNPAID and await _reserve_again(row, tx=tx)):
            going_on.append(row)
        elif state in CLOSED_UNPAID:
            await payments.refund(first, cause="credits_gone", tx=tx)
            await _set_state([row["id"]], OrderState.REFUNDING, tx=tx)
        else:
            others = [first, *others]
        for payment_id in others:
            await payments.refund(payment_id, cause="paid_twice", tx=tx)
    if going_on:
        await _request(going_on, clock=clock, tx=tx)


async def finish_refunds(order_ids: Sequence[UUID], *, tx: Tx) -> None:
    """Mark orders refunded all of whose money is back; an order that was paid twice stays paid."""
    whole = [id_ for id_ in order_ids if not await payments.may_be_paid(cause_of(id_), tx=tx)]
    await fetch(
        "UPDATE purchase_order SET state = 'refunded', closed_at = clock_timestamp()"
        " WHERE id = ANY($1::uuid[]) AND state = 'refunding'",
        whole, tx=tx,
    )  # fmt: skip


async def _reserve_again(row: Row, *, tx: Tx) -> bool:
    try:
        await holdings.reserve(
            cause_of(row["id"]), Programme(row["programme"]), row["mass_g"], expires_at=row["expires_at"], tx=tx
        )
    except holdings.CreditsExhausted:
        return False
    return True


async def _request(rows: Sequence[Row], *, clock: Clock, tx: Tx) -> None:
    scenes = await scenarios.find_many([row["scenario_id"] for row in rows], today=beijing_day(clock()), tx=tx)
    await retirements.request([_retirement(row, scenes[row["scenario_id"]]) for row in rows], tx=tx)
    await _set_state([row["id"] for row in rows], OrderState.PAID, tx=tx)
    sums: dict[str, int] = {}
    for row in rows:
        sums[row["currency"]] = sums.get(row["currency"], 0) + row["amount_minor"]
    await ledger.post(
        f"fulfil:{uuid7()}",
        [
            leg
            for currency, amount_minor in sorted(sums.items())
            for leg in (ledger.Leg("prepaid", currency, -amount_minor), ledger.Leg("sales", currency, amount_minor))
        ],
        kind="fulfil",
        tx=tx,
    )


def _retirement(row: Row, scene: scenarios.Scene) -> retirements.Request:
    visited_on = beijing_day(row["placed_at"])  # a visitor claims the day of the visit, not the whole event
    return retirements.Request(
        cause=cause_of(row["id"]),
        purpose=(
            retirements.Purpose.EVENT if scene.kind is scenarios.ScenarioKind.EVENT else retirements.Purpose.PERSONAL
        ),
        payer=retirements.Payer.BENEFICIARY,
        holder_id=row["person_id"],
        beneficiary_id=row["person_id"],
        beneficiary_name_sealed=row["beneficiary_name_sealed"],
        scenario_id=row["scenario_id"],
        footprint_id=row["footprint_id"],
        period_from=visited_on,
        period_to=visited_on,
        emission_g=row["emission_g"],
        mass_g=row["mass_g"],
        language=row["language"],
    )


async def _set_state(order_ids: Sequence[UUID], state: OrderState, *, tx: Tx) -> None:
    await fetch("UPDATE purchase_order SET state = $2 WHERE id = ANY($1::uuid[])", list(order_ids), state.value, tx=tx)
