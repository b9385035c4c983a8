"""Orders in US dollars: priced once by a rate that they keep, paid, given back to the cent, and proved beside yuan."""

from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from app.commerce import orders, payments
from app.commerce.orders import NewHoldLine, NewJointOrder
from app.foundation.identity import Role
from app.gateways.database import fetch, fetch_value
from app.kernel.clock import beijing_day, utc_now
from app.kernel.money import Currency
from app.registry import books, credits, holdings
from app.registry.credits import Programme
from app.registry.holdings import Mix
from tests.rooms.conftest import connected, open_lot, organisation, refusal
from tests.staff import member, price, rate
from tests.tiny.gateway import CARD, SCAN
from tests.tiny.shop import Shop

USD = Currency.USD
DOLLAR = {"currency": USD, "least_minor": 100, "may_buy_more": True}
"""What a visitor asks for whose ways to pay take a dollar at least, and who was told what it buys."""


async def money(unit: str) -> dict[str, int]:
    rows = await fetch("SELECT path, balance FROM ledger_account WHERE unit = $1 AND balance <> 0", unit)
    return {row["path"]: row["balance"] for row in rows}


async def holding(shop: Shop) -> tuple[UUID, holdings.AccountFacts]:
    """An organisation's member and its holding."""
    owner_id = await organisation("示例公司")
    return await member(owner_id, Role.OPERATOR), await holdings.open_holding(owner_id)


async def held(by: UUID, account: holdings.AccountFacts, *masses_g: int, mix: Mix | None = None) -> orders.OrderFacts:
    asked = NewJointOrder(
        payer_id=account.owner_id, currency=USD, language="en",
        lines=tuple(
            NewHoldLine(account_id=account.id, mass_g=mass_g, mix=mix or Mix.only(Programme.CDCER)) for mass_g in masses_g
        ),
    )  # fmt: skip
    return await orders.place_joint(asked, by=by, key="usd", clock=utc_now)


async def test_a_dollar_buys_more_grams_than_the_footprint_and_all_of_them_are_retired(shop: Shop) -> None:
    kept = await rate("7.1234")
    order = await shop.flow.river.order("k1", **DOLLAR)
    assert (order.amount_minor, order.currency, order.rate) == (100, USD, kept)
    assert (order.mass_g, order.needed_g) == (
        142_468,
        order.emission_g,
    )  # ¥50 a tonne: not a gram less, not a cent more
    again = await shop.flow.river.order("k1", **DOLLAR)
    assert again == await orders.find(order.id, by=order.person_id) == order
    await shop.pays(order, CARD)
    assert await shop.flow.state(order) == "paid"
    assert await fetch_value("SELECT mass_g FROM retirement") == 142_468
    assert (await money("USD"), await money("CNY")) == ({"clearing:tiny": -100, "sales": 100}, {})


async def test_whoever_was_not_told_what_a_dollar_buys_is_refused_with_both_figures(shop: Shop) -> None:
    await rate("7.1234")
    with pytest.raises(orders.BelowLeast) as refused:
        await shop.flow.river.order("k1", currency=USD, least_minor=100)
    assert refused.value.facts == {"least": "US$1.00", "mass": "142.5 kg", "least_minor": 100, "grams": 142_468}
    assert await fetch("SELECT id FROM purchase_order") == []


async def test_what_costs_a_dollar_or_more_buys_what_was_asked_for(shop: Shop) -> None:
    await price(Programme.CDCER, 30_000, currency=USD)  # US$300 a tonne: a list of its own, without a rate
    order = await shop.flow.river.order("k1", **DOLLAR)
    assert (order.mass_g, order.needed_g, order.rate) == (order.emission_g, None, None)
    assert order.amount_minor == -(-order.emission_g * 30_000 // 10**6) > 100


async def test_the_same_key_in_another_currency_is_another_order(shop: Shop) -> None:
    await rate()
    await shop.flow.river.order("k1", **DOLLAR)
    with pytest.raises(orders.KeyUsedOtherwise):
        await shop.flow.river.order("k1")


async def test_a_way_to_pay_takes_its_own_currency_only(shop: Shop) -> None:
    await rate()
    for order, method in (
        (await shop.flow.river.order("k1", **DOLLAR), SCAN),
        (await shop.flow.river.order("k2"), CARD),
    ):
        with pytest.raises(payments.MethodUnavailable):
            await shop.open(order, method)


async def test_an_order_keeps_its_rate_when_another_is_confirmed_and_gives_back_by_it(shop: Shop) -> None:
    await rate("7")
    by, account = await holding(shop)
    order = await held(by, account, 3_000_000, 1_000_000)
    assert [line.amount_minor for line in order.lines] == [2_143, 715]  # ¥200 / 7 is 28.5714: rounded up once
    assert order.amount_minor == 2_858
    await rate("6.5")
    await shop.pays(order, CARD)
    again = await orders.find(order.id, by=by)
    assert str(again.rate) == "1 USD = 7.0000 CNY"
    for no, grams in enumerate((1_000_000, 999_999, 1_000_001)):
        await orders.return_line(order.id, order.lines[0].id, grams, by=by, key=f"r{no}")
    assert (await orders.return_line(order.id, order.lines[1].id, 1_000_000, by=by, key="all")).amount_minor == 715
    await shop.swept()
    await shop.flow.work()
    refunds = await fetch("SELECT amount_minor, state FROM payment_refund ORDER BY requested_at, id")
    assert [row["amount_minor"] for row in refunds] == [714, 714, 715, 715]
    while await shop.flow.state(order) != "refunded":  # a channel takes one refund of a payment at a time
        await shop.flow.due_now("payment_refund")
        await shop.flow.sweep()
        await shop.flow.work()
    assert await money("USD") == {}


async def test_one_order_may_be_priced_by_a_list_in_dollars_and_by_the_rate(shop: Shop) -> None:
    await rate("7")
    await open_lot("CCER-2021", "CCER-2021-0001-501-700", 2021, Programme.CCER)
    await price(Programme.CCER, 1_111, currency=USD)
    by, account = await holding(shop)
    order = await held(by, account, 1_500_001, mix=Mix.by_mass({Programme.CCER: 500_000, Programme.CDCER: 1_000_001}))
    found = {one.programme: (one.amount_minor, one.is_rated) for one in order.lines[0].prices}
    assert found == {Programme.CCER: (556, False), Programme.CDCER: (715, True)}
    assert order.rate is not None


async def test_yuan_and_dollars_are_proved_each_by_itself(shop: Shop) -> None:
    await rate()
    dollars, yuan = await shop.flow.river.order("k1", **DOLLAR), await shop.flow.river.order("k2")
    await shop.pays(dollars, CARD)
    await shop.pays(yuan, SCAN)
    assert await money("USD") == {"clearing:tiny": -100, "sales": 100}
    assert await money("CNY") == {"clearing:tiny": -yuan.amount_minor, "sales": yuan.amount_minor}
    run = await books.prove(connect=lambda: asyncpg.connect(shop.flow.river.stand.app_url))
    assert run.is_balanced, run.differences


async def test_without_a_rate_of_these_days_nothing_is_sold_in_dollars(shop: Shop) -> None:
    with pytest.raises(credits.RateUnknown):
        await shop.flow.river.order("k1", **DOLLAR)
    await rate(day=beijing_day(utc_now()) - timedelta(days=8))
    with pytest.raises(credits.RateTooOld):
        await shop.flow.river.order("k1", **DOLLAR)
    assert (await shop.flow.river.order("k1", **DOLLAR, rate_days=8)).amount_minor == 100


async def test_postgresql_refuses_a_price_that_does_not_follow_from_grams_list_and_rate(shop: Shop) -> None:
    await rate("7")
    order = await shop.flow.river.order("k1", **DOLLAR)
    copied = (
        "WITH o AS (INSERT INTO purchase_order SELECT (jsonb_populate_record(x, jsonb_build_object('id', gen_random_uuid(),"
        " 'intent_key', 'k9', 'amount_minor', x.amount_minor + {0}, 'rate_id', {1}))).* FROM purchase_order x RETURNING id),"
        " c AS (INSERT INTO claim (id, cause, purpose, layer, scenario_id, footprint_id, beneficiary_id, beneficiary_kind,"
        " period_from, period_to, emission_g, language, made_at) SELECT gen_random_uuid(), 'order:' || o.id, k.purpose,"
        " k.layer, k.scenario_id, k.footprint_id, k.beneficiary_id, k.beneficiary_kind, k.period_from, k.period_to,"
        " k.emission_g, k.language, k.made_at FROM claim k, o RETURNING id, cause),"
        " l AS (INSERT INTO sale_line (id, order_id, no, cause, claim_id, funding, mass_g) SELECT gen_random_uuid(), o.id, 1,"
        " c.cause, c.id, s.funding, s.mass_g FROM o, c, sale_line s RETURNING id)"
        " INSERT INTO sale_line_price (line_id, programme, mass_g, per_tonne_minor, amount_minor, is_rated)"
        " SELECT l.id, p.programme, p.mass_g, p.per_tonne_minor, p.amount_minor + {0}, {2} FROM l, sale_line_price p"
    )
    adds_up, priced = ("23514", "purchase_order_adds_up"), ("23514", "purchase_order_priced")
    async with connected(shop.flow.river.stand.app_url) as app:
        for off_minor, rate_id, is_rated, refused in (
            (0, "x.rate_id", "true", None),  # as it is
            (-1, "x.rate_id", "true", priced),
            (1, "x.rate_id", "true", priced),
            (0, "NULL", "true", priced),
            (0, "x.rate_id", "false", priced),
        ):
            statement = copied.format(off_minor, rate_id, is_rated)
            if refused is None:
                transaction = app.transaction()
                await transaction.start()
                await app.execute(statement)
                await transaction.rollback()
            else:
                assert await refusal(app, statement) == refused, (off_minor, rate_id, is_rated)
        assert await refusal(app, "UPDATE purchase_order SET rate_id = NULL") == ("42501", None)
        assert await refusal(app, "UPDATE sale_line_price SET is_rated = false") == ("42501", None)
    assert adds_up != priced
    assert order.rate is not None
