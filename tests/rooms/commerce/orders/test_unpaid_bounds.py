"""What is set aside without being paid is bounded: for a person, an address, an organisation, and altogether."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from app import certificates, footprint, wiring
from app.commerce import orders
from app.commerce.orders import Bounds, NewJointOrder, OrderState, expiring, placing
from app.foundation import identity
from app.foundation.identity import Role
from app.gateways.database import Tx, fetch, fetch_value, transaction
from app.kernel.clock import utc_now
from app.kernel.ids import public
from app.kernel.money import Currency
from app.registry import holdings, ledger
from app.registry.claims import Purpose
from app.registry.credits import Programme
from app.registry.holdings import CreditsExhausted, Mix
from config.settings import Settings
from tests.flow import Flow
from tests.rooms.commerce.orders.test_orders_of_lines import line
from tests.rooms.conftest import FACTORS, KEYRING, River, connected, refusal
from tests.staff import joined, staff

BOUNDS = wiring.bounds(Settings())
"""As shipped. The river's only lot has 100 t."""
TONNE = 1_000_000
WIFI, ELSEWHERE = b"w" * 16, b"e" * 16


async def visit(
    river: River,
    mass_g: int,
    *,
    by: UUID,
    key: str = "k",
    bounds: Bounds = BOUNDS,
    address_key: bytes | None = WIFI,
) -> orders.OrderFacts:
    """A visitor orders so many grams."""
    inputs = footprint.visit_inputs("metro", "23", round_trip=True, extras={"meals_mixed": "1"})
    footprint_id = await footprint.keep(footprint.calculate("personal", inputs, FACTORS), by=by)
    return await orders.place(
        orders.NewOrder(
            footprint_id=footprint_id, scenario_id=river.scene.id, emission_g=mass_g, step_g=1,
            programme=Programme.CDCER, currency=Currency.CNY, language="zh", purpose=Purpose.EVENT,
        ),
        by=by, key=key, clock=utc_now, bounds=bounds, address_key=address_key,
    )  # fmt: skip


async def joint(river: River, payer_id: UUID, mass_g: int, *, key: str) -> orders.OrderFacts:
    """An organisation orders so many grams for itself."""
    asked = NewJointOrder(
        payer_id=payer_id,
        lines=(line(river, payer_id, mass_g, Programme.CDCER),),
        currency=Currency.CNY,
        language="zh",
    )
    return await orders.place_joint(asked, by=river.person_id, key=key, clock=utc_now, bounds=BOUNDS)


async def reserved_g(river: River) -> int:
    (grams,) = (await ledger.balances([f"reserved:{river.lot_id}"], unit=f"g:{river.lot_id}")).values()
    return grams


async def guests(river: River, count: int) -> Sequence[UUID]:
    return [await river.guest() for _ in range(count)]


async def test_a_hundred_honest_visitors_of_one_wifi_each_set_their_20_kg_aside(river: River) -> None:
    people = await guests(river, 100)
    placed = await asyncio.gather(*(visit(river, 20_000, by=one) for one in people))
    assert {order.state for order in placed} == {OrderState.PLACED}
    assert await reserved_g(river) == 100 * 20_000


async def test_a_hundred_sessions_at_one_address_set_no_more_aside_than_its_share_however_fast(river: River) -> None:
    people = await guests(river, 100)
    placed = await asyncio.gather(*(visit(river, 900_000, by=one) for one in people))
    share_g = 100 * TONNE * BOUNDS.address_permille // 1000
    assert await reserved_g(river) == share_g // 900_000 * 900_000 <= share_g
    assert sorted({order.state for order in placed}) == [OrderState.PLACED, OrderState.QUOTED]
    elsewhere = await visit(river, 900_000, by=await river.guest(), address_key=ELSEWHERE)
    assert elsewhere.state is OrderState.PLACED


async def test_a_quoted_visit_is_paid_retired_and_certified_like_any_other(flow: Flow) -> None:
    order = await visit(flow.river, 4 * TONNE, by=flow.river.person_id)  # more than one person may set aside
    assert (order.state, await reserved_g(flow.river)) == (OrderState.QUOTED, 0)
    sealed = await identity.seal(order.person_id, "林小川", purpose=certificates.NAME_PURPOSE, keyring=KEYRING)
    assert await orders.rename(order.id, by=order.person_id, name_sealed=sealed)
    await flow.open(order)
    await flow.pays(order)
    await flow.receive_notice()
    await flow.work()
    assert await flow.state(order) == "paid"
    assert (await flow.grams())["retired"] == order.mass_g
    assert await flow.count("certificate", "name_sealed IS NOT NULL") == 1


async def test_money_for_a_quoted_order_goes_back_in_full_when_the_credits_are_gone(flow: Flow) -> None:
    order = await visit(flow.river, 4 * TONNE, by=flow.river.person_id)
    await flow.open(order)
    await flow.others_take_all(order)
    await flow.pays(order)
    await flow.receive_notice()
    await flow.work()
    await flow.receive_notice()
    await flow.work()
    assert await flow.state(order) == "refunded"
    assert (await flow.money())["prepaid"] == 0


async def test_one_person_is_told_which_order_to_pay_or_cancel_before_the_next(river: River) -> None:
    first = await visit(river, 800_000, by=river.person_id)
    with pytest.raises(orders.TooMuchUnpaid) as refusal:
        await visit(river, 300_000, by=river.person_id, key="k2")
    assert refusal.value.facts["order"] == public("ord", first.id)
    assert "1.00 t" in refusal.value.message().zh
    assert await reserved_g(river) == 800_000

    assert await orders.cancel(first.id, by=river.person_id, channels={})
    assert (await visit(river, 300_000, by=river.person_id, key="k2")).state is OrderState.PLACED


async def test_one_person_at_once_from_many_devices_stays_within_their_share(river: River) -> None:
    tries = (visit(river, 300_000, by=river.person_id, key=f"k{n}", address_key=bytes([n] * 16)) for n in range(12))
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, orders.OrderFacts) for one in done) == 3
    assert {type(one) for one in done if isinstance(one, Exception)} == {orders.TooMuchUnpaid}
    assert await reserved_g(river) == 900_000


async def test_however_little_is_open_a_visit_is_set_aside(river: River) -> None:
    async with transaction() as tx:
        await holdings.reserve(
            "test:most", Programme.CDCER, 100 * TONNE - 45_000, expires_at=utc_now() + timedelta(hours=1), tx=tx
        )
    async with transaction() as tx:
        await holdings.use_many(["test:most"], tx=tx)
    bounds = replace(BOUNDS, total_permille=1000)
    assert (await visit(river, 20_000, by=river.person_id, bounds=bounds)).state is OrderState.PLACED


async def test_beyond_half_of_all_that_is_open_orders_are_quoted_whoever_comes(river: River) -> None:
    async with transaction() as tx:
        await holdings.reserve(
            "test:half", Programme.CDCER, 50 * TONNE, expires_at=utc_now() + timedelta(hours=1), tx=tx
        )
    order = await visit(river, 20_000, by=river.person_id)
    assert order.state is OrderState.QUOTED
    assert await reserved_g(river) == 50 * TONNE


async def test_a_payer_has_so_many_unpaid_orders_at_a_time_quoted_ones_included(river: River) -> None:
    bounds = replace(BOUNDS, orders_most=3)
    for number in range(3):
        await visit(river, 2 * TONNE if number == 0 else 20_000, by=river.person_id, key=f"k{number}", bounds=bounds)
    with pytest.raises(orders.TooManyUnpaid) as refusal:
        await visit(river, 20_000, by=river.person_id, key="k3", bounds=bounds)
    assert refusal.value.facts["most"] == 3
    again = await visit(river, 20_000, by=river.person_id, key="k2", bounds=bounds)  # a repeat is no further order
    assert again.state is OrderState.PLACED


async def test_quoted_orders_that_are_asked_for_at_once_are_no_more_than_a_payer_may_have(
    river: River, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They set nothing aside, so that no account's lock puts them in a row."""
    looking, met = placing.keep_within, asyncio.Barrier(8)

    async def keep_within(order: orders.OrderFacts, bounds: Bounds, *, tx: Tx) -> None:
        if order.state is OrderState.QUOTED:
            await met.wait()  # all are written, none is committed
        await looking(order, bounds, tx=tx)

    monkeypatch.setattr(placing, "keep_within", keep_within)
    bounds = replace(BOUNDS, orders_most=3)
    tries = (
        visit(river, 2 * TONNE, by=river.person_id, key=f"k{n}", bounds=bounds, address_key=None) for n in range(8)
    )
    async with asyncio.timeout(60):
        done = await asyncio.gather(*tries, return_exceptions=True)
    assert [one.state for one in done if isinstance(one, orders.OrderFacts)] == [OrderState.QUOTED] * 3
    assert {type(one) for one in done if isinstance(one, Exception)} == {orders.TooManyUnpaid}


async def test_where_an_order_came_from_is_forgotten_with_its_end(river: River) -> None:
    order = await visit(river, 20_000, by=river.person_id)
    assert await fetch_value("SELECT address_key FROM purchase_order") == WIFI
    await orders.cancel(order.id, by=river.person_id, channels={})
    assert await fetch_value("SELECT address_key FROM purchase_order") is None


async def test_a_payers_address_is_kept_no_longer_than_the_channel_may_need_it(flow: Flow) -> None:
    order = await flow.opened()
    assert (await flow.payment(order))["payer_ip"] == "203.0.113.7"
    await flow.pays(order)
    await flow.receive_notice()
    assert (await flow.payment(order))["payer_ip"] is None


async def test_a_joint_order_of_most_that_is_open_is_quoted_and_holds_nothing(river: River) -> None:
    company = await joined(river.person_id, "示例钢铁厂")
    order = await joint(river, company, 99 * TONNE, key="big")
    assert (order.state, await reserved_g(river)) == (OrderState.QUOTED, 0)
    assert order.expires_at - order.placed_at == BOUNDS.quoted_for
    assert await joint(river, company, 99 * TONNE, key="big") == order
    assert (await visit(river, 20_000, by=river.person_id)).state is OrderState.PLACED


async def test_an_organisation_is_told_which_order_comes_first_whoever_placed_it(river: River) -> None:
    company = await joined(river.person_id, "示例钢铁厂")
    first = await joint(river, company, 9 * TONNE, key="one")
    with pytest.raises(orders.OrganisationTooMuchUnpaid) as refusal:
        await joint(river, company, 2 * TONNE, key="two")
    assert refusal.value.facts["order"] == public("ord", first.id)
    assert await reserved_g(river) == 9 * TONNE


async def test_a_person_of_ours_lets_a_quoted_order_hold_its_grams_once_with_a_reason(river: River) -> None:
    order = await joint(river, await joined(river.person_id, "示例钢铁厂"), 99 * TONNE, key="big")
    clerk, until = await staff(Role.OPERATOR), utc_now() + timedelta(hours=24)
    held = [
        await orders.reserve_quoted(order.id, by=clerk, reason="合同 2031-7，三日内汇款", until=until) for _ in range(2)
    ]
    assert {(one.state, one.expires_at) for one in held} == {(OrderState.PLACED, until)}
    assert await reserved_g(river) == 99 * TONNE
    (act,) = await fetch("SELECT act, by_id, reason FROM purchase_order_act")
    assert act == {"act": "reserved", "by_id": clerk, "reason": "合同 2031-7，三日内汇款"}


async def test_postgresql_lets_an_order_be_held_in_the_name_of_an_operator_only(river: River) -> None:
    order = await joint(river, await joined(river.person_id, "示例钢铁厂"), 99 * TONNE, key="big")
    hold = "SELECT orders.hold(gen_random_uuid(), '{order}', '{by}', 'x', now() + interval '1 hour')"
    async with connected(river.stand.app_url) as app:
        for by in (river.person_id, await staff(Role.FINANCE)):
            assert await refusal(app, hold.format(order=order.id, by=by)) == ("42501", "purchase_order_act_power")


async def test_only_what_is_quoted_can_be_reserved_by_hand_and_only_with_a_reason(river: River) -> None:
    quoted = await joint(river, await joined(river.person_id, "示例钢铁厂"), 99 * TONNE, key="big")
    placed = await visit(river, 20_000, by=river.person_id)
    clerk, until = await staff(Role.OPERATOR), utc_now() + timedelta(hours=1)
    with pytest.raises(identity.RoleMissing):
        await orders.reserve_quoted(quoted.id, by=await staff(Role.FINANCE), reason="合同", until=until)
    with pytest.raises(orders.NotQuoted):
        await orders.reserve_quoted(placed.id, by=clerk, reason="合同", until=until)
    with pytest.raises(orders.ReservingReasonUnfit):
        await orders.reserve_quoted(quoted.id, by=clerk, reason=" ", until=until)
    await visit(river, 900_000, by=await river.guest(), address_key=ELSEWHERE)
    await visit(river, 900_000, by=await river.guest(), address_key=ELSEWHERE)
    with pytest.raises(CreditsExhausted):
        await orders.reserve_quoted(quoted.id, by=clerk, reason="合同", until=until)
    assert (await orders.recall(quoted.id)).state is OrderState.QUOTED
    assert await fetch_value("SELECT count(*) FROM purchase_order_act") == 0


async def test_a_quoted_order_ends_with_its_time_and_holds_up_nobody(flow: Flow) -> None:
    order = await joint(flow.river, await joined(flow.river.person_id, "示例钢铁厂"), 99 * TONNE, key="big")
    await flow.time_is_up(order)
    assert (await flow.sweep())["expired"] == 1
    assert await flow.state(order) == "expired"


async def test_three_batches_of_orders_end_in_one_round_and_all_their_grams_are_free_again(
    river: River, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiring, "BATCH", 25)
    await asyncio.gather(*(river.order(f"k{number}") for number in range(60)))
    async with connected(river.stand.super_url) as owner:
        await owner.execute("UPDATE purchase_order SET expires_at = clock_timestamp()")
    assert await orders.expire_due(channels={}, limit=20) == 60  # no channel is asked, so that limit is not theirs
    assert await reserved_g(river) == 0
    assert await fetch_value("SELECT count(*) FROM purchase_order WHERE state = 'expired'") == 60


async def test_a_mix_is_bounded_programme_by_programme(river: River) -> None:
    company = await joined(river.person_id, "示例钢铁厂")
    asked = NewJointOrder(
        payer_id=company,
        lines=(line(river, company, 11 * TONNE, Mix.by_preference(Programme.CDCER)),),
        currency=Currency.CNY,
        language="zh",
    )
    order = await orders.place_joint(asked, by=river.person_id, key="mix", clock=utc_now, bounds=BOUNDS)
    assert order.state is OrderState.QUOTED
