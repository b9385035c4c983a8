"""Lines that are held: bought into an account, and given back as far as they are free, down to the fen."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest

from app.commerce import orders, payments
from app.commerce.orders import NewHoldLine, NewJointOrder
from app.foundation.identity import Role, RoleMissing
from app.gateways.channels.wechatpay import NATIVE
from app.gateways.database import again, fetch, fetch_value, transaction
from app.kernel.clock import utc_now
from app.kernel.money import Currency
from app.kernel.text import Text
from app.registry import books, holdings, ledger
from app.registry.credits import Programme
from app.registry.holdings import AccountFacts, AccountKind, Mix
from tests.flow import WECHATPAY, Flow, at_once
from tests.rooms.commerce.orders.test_orders_of_lines import line
from tests.rooms.conftest import KEYRING, connected, organisation, refusal
from tests.staff import member

LATER = datetime(2030, 1, 1, tzinfo=UTC)
TONNE = 1_000_000


class Buyer:
    """An organisation with a holding, and its member who orders."""

    def __init__(self, flow: Flow, person_id: UUID, account: AccountFacts) -> None:
        self.flow, self.person_id, self.account = flow, person_id, account

    async def order(self, *masses_g: int, key: str = "k1", accounts: tuple[UUID, ...] = ()) -> orders.OrderFacts:
        targets = accounts or (self.account.id,) * len(masses_g)
        asked = NewJointOrder(
            payer_id=self.account.owner_id,
            lines=tuple(
                NewHoldLine(account_id=target, mass_g=mass_g, mix=Mix.only(Programme.CDCER))
                for target, mass_g in zip(targets, masses_g, strict=True)
            ),
            currency=Currency.CNY,
            language="zh",
        )
        return await orders.place_joint(asked, by=self.person_id, key=key, clock=utc_now)

    async def bought(self, *masses_g: int, key: str = "k1") -> orders.OrderFacts:
        """Ordered, paid at the sandbox, and delivered."""
        order = await self.order(*masses_g, key=key)
        await self.pays(order)
        return await orders.find(order.id, by=self.person_id)

    async def pays(self, order: orders.OrderFacts) -> None:
        """Paid at the sandbox, and done."""
        way = orders.Way(channel=WECHATPAY, method=NATIVE, payer_ip="203.0.113.7")
        await orders.pay(order.id, way, by=self.person_id, description="碳", channels=self.flow.channels)
        await self.flow.pays(order)
        await self.flow.receive_notice()
        await self.flow.work()

    async def has(self) -> int:
        return sum(one.mass_g for one in await holdings.balances(self.account.account))

    async def gives_back(self, order: orders.OrderFacts, mass_g: int, key: str, line: int = 0) -> orders.Returned:
        return await orders.return_line(order.id, order.hold_lines[line].id, mass_g, by=self.person_id, key=key)

    async def uses(self, purpose: str, mass_g: int) -> bool:
        """Grams are set aside to be retired; False where they are not free."""

        async def use_case() -> bool:
            async with transaction() as tx:
                await holdings.reserve(
                    purpose, Programme.CDCER, mass_g, account=self.account.account, expires_at=LATER, tx=tx
                )
                return True

        try:
            return await again(use_case)
        except (holdings.CreditsExhausted, ledger.BalanceTooLow):
            return False


@pytest.fixture
async def buyer(flow: Flow) -> Buyer:
    firm = await organisation("示例公司")
    return Buyer(flow, await member(firm, Role.OPERATOR), await holdings.open_holding(firm))


async def _proves(flow: Flow) -> bool:
    run = await books.prove(connect=lambda: asyncpg.connect(flow.river.stand.app_url))
    assert run.is_balanced, run.differences
    return True


async def test_what_is_bought_to_be_held_is_in_its_account_once_it_is_paid(buyer: Buyer) -> None:
    order = await buyer.bought(3 * TONNE, 500)
    assert (order.state, order.retire_lines, [one.mass_g for one in order.hold_lines]) == ("paid", (), [3 * TONNE, 500])
    assert await buyer.has() == 3 * TONNE + 500
    assert (await buyer.flow.grams())["reserved"] == 0
    assert await buyer.flow.count("retirement") == 0
    rows = await fetch("SELECT cause, source, target, reason FROM holding_transfer ORDER BY cause")
    assert [row["cause"] for row in rows] == [f"order:{order.id}/1", f"order:{order.id}/2"]
    assert await _proves(buyer.flow)


async def test_the_same_wish_is_one_order_and_another_account_is_another_wish(buyer: Buyer) -> None:
    first = await buyer.order(500)
    assert (await buyer.order(500)).id == first.id
    with pytest.raises(orders.KeyUsedOtherwise):
        await buyer.order(501)
    name = Text(zh="示例池", en="Sample pool")
    pool = await holdings.open_named(AccountKind.POOL, "p", name, owner_id=buyer.account.owner_id)
    with pytest.raises(orders.KeyUsedOtherwise):
        await buyer.order(500, accounts=(pool.id,))


async def test_nobody_buys_into_an_account_of_somebody_else(buyer: Buyer) -> None:
    other = await holdings.open_holding(await organisation("示例协会"))
    with pytest.raises(holdings.AccountUnknown) as refused:
        await buyer.order(500, accounts=(other.id,))
    assert refused.value.field == "/lines/0/account"


async def test_a_line_is_given_back_in_parts_and_each_fen_with_it(buyer: Buyer) -> None:
    order = await buyer.bought(3 * TONNE)  # at 50 yuan a tonne: 15 000 fen
    assert await orders.refundable(order.id) == {order.hold_lines[0].id: 15_000}
    first = await buyer.gives_back(order, 333_333, "a")
    assert first == orders.Returned(333_333, 1_666, Currency.CNY)
    assert await buyer.gives_back(order, 333_333, "a") == first  # a repeat gives nothing back again
    now = await orders.find(order.id, by=buyer.person_id)
    assert (now.state, now.shown_state, now.back_minor) == ("paid", "partly_refunded", 1_666)
    assert await buyer.has() == 3 * TONNE - 333_333
    assert await orders.refundable(order.id) == {order.hold_lines[0].id: 13_334}
    assert await _proves(buyer.flow)

    rest = await buyer.gives_back(order, 3 * TONNE - 333_333, "b")
    assert first.amount_minor + rest.amount_minor == order.amount_minor
    assert (await orders.find(order.id, by=buyer.person_id)).state == "refunding"
    assert (await buyer.flow.grams())["inventory"] == 100 * TONNE
    assert await _proves(buyer.flow)
    await buyer.flow.work()
    await buyer.flow.receive_notice()
    await buyer.flow.sandbox.control("POST", "clock", {"offset_s": 61, "stamp_offset_s": 0})
    await buyer.flow.due_now("payment_refund")
    await buyer.flow.sweep()
    await buyer.flow.receive_notice()
    await buyer.flow.work()
    assert await buyer.flow.state(order) == "refunded"
    assert await buyer.flow.money() == {"clearing:wechatpay": 0, "prepaid": 0, "sales": 0}


async def test_what_was_used_stands_and_the_rest_can_be_given_back(buyer: Buyer) -> None:
    order = await buyer.bought(TONNE)
    assert await buyer.uses("holding:x", 600_000)
    assert await orders.refundable(order.id) == {order.hold_lines[0].id: 2_000}
    assert await orders.free_grams(order.id) == {order.hold_lines[0].id: 400_000}
    with pytest.raises(orders.NothingToReturn) as refused:
        await buyer.gives_back(order, 400_001, "a")
    assert (refused.value.field, refused.value.facts["most"]) == ("/grams", 400_000)
    assert (await buyer.gives_back(order, 400_000, "a")).amount_minor == 2_000
    with pytest.raises(orders.NothingToReturn):
        await buyer.gives_back(order, 1, "b")
    with pytest.raises(orders.OrderFinal):
        await orders.take_back(order.id, by=buyer.person_id, reason="x", keyring=KEYRING)


async def test_two_refunds_and_a_retirement_of_the_same_grams_never_use_one_twice(buyer: Buyer) -> None:
    order = await buyer.bought(TONNE)

    async def back(key: str) -> int:
        try:
            return (await buyer.gives_back(order, 600_000, key)).mass_g
        except orders.NothingToReturn:
            return 0

    async def used() -> int:
        return 600_000 if await buyer.uses("holding:x", 600_000) else 0

    moved = await asyncio.gather(back("a"), back("b"), used())
    assert sorted(moved) == [0, 0, 600_000]
    assert await buyer.has() == 400_000
    assert await _proves(buyer.flow)


async def test_many_repeats_of_one_wish_give_back_once(buyer: Buyer) -> None:
    order = await buyer.bought(TONNE)
    told = await at_once(lambda: buyer.gives_back(order, 1000, "a"), 6)
    assert set(told) == {orders.Returned(1000, 5, Currency.CNY)}
    assert await buyer.flow.count("payment_refund") == 1


async def test_whoever_may_not_order_for_the_payer_gives_nothing_back(buyer: Buyer) -> None:
    order = await buyer.bought(TONNE)
    line = order.hold_lines[0].id
    with pytest.raises(orders.OrderUnknown):
        await orders.return_line(order.id, line, 1, by=buyer.flow.river.person_id, key="a")
    reader = await member(buyer.account.owner_id, Role.REVIEWER)
    with pytest.raises(RoleMissing):
        await orders.return_line(order.id, line, 1, by=reader, key="a")
    with pytest.raises(orders.LineUnknown):
        await orders.return_line(order.id, buyer.person_id, 1, by=buyer.person_id, key="a")


async def test_a_line_that_retires_is_not_refundable_by_line(buyer: Buyer) -> None:
    visit = await buyer.flow.paid()
    await buyer.flow.work()
    assert await orders.refundable(visit.id) == {}
    line = await fetch_value("SELECT id FROM sale_line")
    with pytest.raises(orders.LineUnknown):
        async with transaction() as tx:
            await orders.ORDER.give_back(line, 1, key="a", by=visit.person_id, tx=tx)


async def test_an_order_that_retires_and_holds_does_both_and_gives_back_only_what_is_held_and_free(
    buyer: Buyer,
) -> None:
    flow, owner = buyer.flow, buyer.account.owner_id
    asked = NewJointOrder(
        payer_id=owner,
        lines=(
            line(flow.river, owner, 2 * TONNE, Programme.CDCER, mandate=None),
            NewHoldLine(account_id=buyer.account.id, mass_g=TONNE, mix=Mix.only(Programme.CDCER)),
        ),
        currency=Currency.CNY,
        language="zh",
    )
    order = await orders.place_joint(asked, by=buyer.person_id, key="both", clock=utc_now)
    assert (await orders.place_joint(asked, by=buyer.person_id, key="both", clock=utc_now)).id == order.id
    assert (order.mass_g, order.amount_minor) == (3 * TONNE, 15_000)
    await buyer.pays(order)
    order = await orders.find(order.id, by=buyer.person_id)
    assert (order.state, await buyer.has()) == ("paid", TONNE)
    rows = await fetch("SELECT cause, state, mass_g FROM retirement")
    assert rows == [{"cause": f"order:{order.id}/1", "state": "settled", "mass_g": 2 * TONNE}]
    assert await flow.count("certificate") == 1

    assert await buyer.uses("holding:x", 400_000)
    assert await orders.refundable(order.id) == {order.hold_lines[0].id: 3_000}
    with pytest.raises(orders.LineUnknown):
        await orders.return_line(order.id, order.retire_lines[0].id, 1, by=buyer.person_id, key="a")
    with pytest.raises(orders.NothingToReturn):
        await buyer.gives_back(order, 600_001, "a")
    assert await buyer.gives_back(order, 600_000, "a") == orders.Returned(600_000, 3_000, Currency.CNY)
    assert await _proves(flow)
    await flow.work()
    await flow.receive_notice()
    await flow.work()
    order = await orders.find(order.id, by=buyer.person_id)
    assert (order.state, order.shown_state, order.back_minor) == ("paid", "partly_refunded", 3_000)
    assert await orders.refundable(order.id) == {order.hold_lines[0].id: 0}
    assert await flow.money() == {"clearing:wechatpay": -12_000, "prepaid": 0, "sales": 12_000}
    assert await _proves(flow)


async def test_money_that_comes_too_late_for_a_held_line_goes_back(buyer: Buyer) -> None:
    order = await buyer.order(TONNE)
    way = orders.Way(channel=WECHATPAY, method=NATIVE)
    await orders.pay(order.id, way, by=buyer.person_id, description="碳", channels=buyer.flow.channels)
    assert await orders.cancel(order.id, by=buyer.person_id, channels=buyer.flow.channels)
    await buyer.flow.others_take_all(order)
    await buyer.flow.pays(order, late=True)
    await buyer.flow.receive_notice()
    await buyer.flow.work()
    await buyer.flow.receive_notice()
    await buyer.flow.work()
    assert await buyer.flow.state(order) == "refunded"
    assert await buyer.has() == 0


async def test_postgresql_refuses_a_line_that_is_both_or_neither_and_a_return_that_is_not_free(buyer: Buyer) -> None:
    order = await buyer.bought(TONNE)
    line, lot = order.hold_lines[0].id, buyer.flow.river.lot_id
    async with connected(buyer.flow.river.stand.owner_url) as owner:
        for change in ("account_id = NULL", "claim_id = gen_random_uuid()"):
            refused = await refusal(owner, f"UPDATE sale_line SET {change}")
            assert refused == ("23514", "sale_line_fulfilled_check")
        await owner.execute("DELETE FROM purchase_order_return WHERE false")
    async with connected(buyer.flow.river.stand.app_url) as app:
        back = "SELECT orders.give_back(gen_random_uuid(), '{}', 'k', '{}', ARRAY[{}], ARRAY[{}]::bigint[])"
        for grams in (TONNE + 1, 0, -1):
            assert await refusal(app, back.format(line, buyer.person_id, lot, grams)) == (
                "23514", "purchase_order_return_free_check",
            )  # fmt: skip
        holder = buyer.account.account
        moved = f"SELECT holdings.transfer('return:x', 'x', '{holder}', 'platform', 'x', NULL, ARRAY[{lot}], ARRAY[5])"
        assert await refusal(app, moved) == ("23514", "purchase_order_return_moved_check")
        assert await refusal(app, moved.replace("return:x", "evil")) == ("23514", "ledger_movement_allowed")
        assert await refusal(app, "INSERT INTO purchase_order_return SELECT * FROM purchase_order_return") == (
            "42501",
            None,
        )


async def test_payments_partial_refunds_are_of_the_payment_that_the_order_was_sold_for(buyer: Buyer) -> None:
    order = await buyer.bought(TONNE)
    await buyer.gives_back(order, 500_000, "a")
    (row,) = await fetch("SELECT payment_id, reverses_sale, cause FROM payment_refund")
    assert (row["payment_id"], row["reverses_sale"]) == (order.payment_id, True)
    assert row["cause"].startswith("returned:")
    (standing,) = await payments.statuses(orders.cause_of(order.id))
    assert (standing.state, standing.refund_state) == ("paid", "requested")
