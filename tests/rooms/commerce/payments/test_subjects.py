"""Whatever is paid for has a room that goes on with it: kinds of subjects, their sales and their refunds by line."""

import asyncio
import random
from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest

from app.commerce import payments
from app.gateways.channels.wechatpay import NATIVE
from app.gateways.database import again, fetch, fetch_one, fetch_value, transaction
from app.kernel.ids import uuid7
from app.kernel.money import Currency, share_minor
from app.registry import books
from tests.conftest import Stand
from tests.flow import WECHATPAY, Flow
from tests.rooms.commerce.payments.tickets import TICKET, print_ticket, tickets
from tests.rooms.conftest import connected, refusal
from workers.subjects import SUBJECTS

__all__ = ["tickets"]


async def test_every_kind_that_can_be_paid_for_has_its_entry_and_no_other(database: Stand) -> None:
    rows = await fetch("SELECT kind, sold FROM payment_subject_kind")

    assert {row["kind"]: row["sold"] for row in rows} == {kind: one.sold for kind, one in SUBJECTS.items()}


@pytest.mark.parametrize("subject", ["raffle:01a225e2-41bc-7f9f-addf-fa0d68afe972", "order:7", "order", ""])
async def test_a_payment_of_an_unknown_kind_is_refused_before_any_money_moves(flow: Flow, subject: str) -> None:
    with pytest.raises(payments.SubjectUnknown):
        await _prepared(subject, 100)
    assert await flow.count("payment") == 0


async def test_postgresql_refuses_a_payment_of_an_unknown_kind_whoever_writes_it(database: Stand) -> None:
    insert = (
        "INSERT INTO payment (id, subject, channel, method, reference, amount_minor, currency, description, state, was_late,"
        " expires_at, queries, created_at) VALUES (gen_random_uuid(), '{}', 'wechatpay', 'native', 'R', 1, 'CNY', 'x',"
        " 'created', false, now(), 0, now())"
    )
    for url in (database.app_url, database.owner_url):
        async with connected(url) as hand:
            unknown = insert.format("raffle:01a225e2-41bc-7f9f-addf-fa0d68afe972")
            assert await refusal(hand, unknown) == ("23503", "payment_subject_kind_fkey")
            assert await refusal(hand, insert.format("order:none")) == ("23514", "payment_subject_check")
            declared = "INSERT INTO payment_subject_kind (kind, sold) VALUES ('raffle', 'pg_catalog.now')"
            if url == database.app_url:
                assert await refusal(hand, declared) == ("42501", None)


async def test_another_kind_is_described_sold_paid_fulfilled_refunded_in_part_and_proved(
    tickets: None, flow: Flow
) -> None:
    flow.tools = replace(flow.tools, subjects={**SUBJECTS, "ticket": TICKET})
    ticket = await print_ticket(1000, 3)
    shown = await TICKET.describe(ticket)
    assert shown is not None
    assert (shown.title.en, shown.amount_minor) == ("Ticket", 1000)

    await _paid(flow, f"ticket:{ticket}", shown.amount_minor)
    await flow.work()
    assert await flow.money() == {"clearing:wechatpay": -1000, "prepaid": 0, "sales": 1000}
    assert await fetch_value("SELECT count(*) FROM ledger_transfer WHERE cause = $1", f"sale:ticket:{ticket}") == 1
    assert await TICKET.refundable(ticket) == {ticket: 1000}

    assert await _given_back(ticket, 1, "a") == 333
    assert await _given_back(ticket, 1, "a") == 333  # a repeat gives nothing back again
    await _refunds_end(flow)
    assert await flow.money() == {"clearing:wechatpay": -667, "prepaid": 0, "sales": 667}
    assert await TICKET.refundable(ticket) == {ticket: 667}
    (standing,) = await payments.statuses(f"ticket:{ticket}")
    assert (standing.state, standing.refunded_minor) == ("paid", 333)

    order = await flow.paid()  # beside it, so that two kinds are told apart
    await flow.work()
    run = await books.prove(connect=lambda: asyncpg.connect(flow.river.stand.app_url))
    assert run.is_balanced, run.differences
    assert run.found("money_by_kind") == 4
    assert await flow.state(order) == "paid"

    assert await _given_back(ticket, 2, "b") == 667
    await _refunds_end(flow)
    assert await fetch_value("SELECT is_back FROM tickets.ticket") is True
    assert (await payments.statuses(f"ticket:{ticket}"))[0].state == "refunded"
    assert await _proves(flow)


async def test_refunds_of_one_payment_are_written_one_after_the_other_and_never_exceed_it(
    tickets: None, flow: Flow
) -> None:
    flow.tools = replace(flow.tools, subjects={**SUBJECTS, "ticket": TICKET})
    ticket = await print_ticket(100, 10)
    await _paid(flow, f"ticket:{ticket}", 100)
    await flow.work()
    row = await fetch_one("SELECT payment_id FROM tickets.ticket")
    assert row is not None

    async def refunded(number: int) -> bool:
        async def use_case() -> None:
            async with transaction() as tx:
                await payments.refund(
                    row["payment_id"], cause=f"returned:{number}", amount_minor=40, reverses_sale=True, tx=tx
                )

        try:
            await again(use_case)
        except payments.RefundTooLarge:
            return False
        return True

    assert sorted(await asyncio.gather(*(refunded(number) for number in range(5)))) == [False] * 3 + [True] * 2
    assert await fetch_value("SELECT sum(amount_minor) FROM payment_refund") == 80
    assert await _proves(flow)
    await _refunds_end(flow)
    await _a_minute_later(flow)  # the channel takes one refund of a payment a minute
    await _refunds_end(flow)
    assert (await payments.statuses(f"ticket:{ticket}"))[0].refunded_minor == 80


async def test_of_two_refunds_of_one_payment_the_later_waits_until_the_first_is_final(
    tickets: None, flow: Flow
) -> None:
    flow.tools = replace(flow.tools, subjects={**SUBJECTS, "ticket": TICKET})
    ticket = await print_ticket(100, 10)
    await _paid(flow, f"ticket:{ticket}", 100)
    await flow.work()
    await _given_back(ticket, 1, "a")
    await _given_back(ticket, 1, "b")
    first, second = await fetch("SELECT id FROM payment_refund ORDER BY id")

    await payments.send_refund(second["id"], channels=flow.channels)
    assert (await flow.sandbox.truth())["refunds"] == []
    await payments.send_refund(first["id"], channels=flow.channels)
    await flow.receive_notice()
    await _a_minute_later(flow)
    await payments.send_refund(second["id"], channels=flow.channels)
    await flow.receive_notice()
    assert await fetch_value("SELECT count(*) FROM payment_refund WHERE state = 'done'") == 2
    await flow.work()


async def test_a_sale_is_posted_once_for_what_its_row_says_and_for_no_more_than_was_paid(
    tickets: None, flow: Flow
) -> None:
    ticket = await print_ticket(1000, 3)
    subject = f"ticket:{ticket}"
    sale = payments.Sale(subject=subject, amount_minor=1000, currency=Currency.CNY)
    await _paid(flow, subject, 999)
    await _paid(flow, f"ticket:{await print_ticket(5000, 3)}", 5000)  # so that there is money enough before the floor
    async with connected(flow.river.stand.app_url) as app:
        post = (
            "SELECT ledger.post('sale:{}', 'sale', ARRAY['prepaid', 'sales'], ARRAY['CNY', 'CNY'],"
            " ARRAY[-{}, {}]::bigint[])"
        )
        refused = ("23514", "payment_sale_posted_as_it_is")
        assert await refusal(app, post.format(subject, 999, 999)) == refused  # no row says that it is sold
        await app.execute("UPDATE tickets.ticket SET cause = $2 WHERE id = $1", ticket, f"sale:{subject}")
        assert await refusal(app, post.format(subject, 999, 999)) == refused  # another amount
        assert await refusal(app, post.format(subject, 1000, 1000)) == refused  # more than was paid for it
        assert await refusal(app, post.format("raffle:" + str(ticket), 1, 1)) == refused
        assert await refusal(app, post.format("evil", 1, 1)) == refused
        await app.execute("UPDATE tickets.ticket SET amount_minor = 999 WHERE id = $1", ticket)
    async with transaction() as tx:
        await payments.sell([replace(sale, amount_minor=999)], tx=tx)
        await payments.sell([replace(sale, amount_minor=999)], tx=tx)
    assert (await flow.money())["sales"] == 999
    assert not [row for row in await _differences(flow) if row["check"] == "sales_posted"]


async def test_a_reversal_is_what_a_refund_that_reverses_says_and_nothing_else(flow: Flow) -> None:
    order = await flow.paid()
    await flow.work()
    payment = await flow.payment(order)
    async with transaction() as tx:
        plain = await payments.refund(payment["id"], cause="kindness", amount_minor=1, tx=tx)
    post = (
        "SELECT ledger.post('reversal:{}', 'reversal', ARRAY['sales', 'prepaid'], ARRAY['CNY', 'CNY'],"
        " ARRAY[-1, 1]::bigint[])"
    )
    async with connected(flow.river.stand.app_url) as app:
        for id_ in (plain, uuid7(), "evil"):
            assert await refusal(app, post.format(id_)) == ("23514", "payment_sale_posted_as_it_is")
        for kind in ("fulfil", "take_back"):  # as the release before posted; nobody does any more
            old = post.format(plain).replace("reversal", kind)
            assert await refusal(app, old) == ("23514", "ledger_movement_allowed")
    found = {row["check"] for row in await _differences(flow)}
    assert found == {"orders_paid"}  # money that was earned shall be given away: it is seen
    flow.broken = [f"I6: order {order.id} is paid and has 0 payments that stay"]


async def test_an_order_keeps_for_which_payment_and_under_which_cause_it_was_sold(flow: Flow) -> None:
    order = await flow.paid()
    await flow.work()
    (row,) = await fetch("SELECT sale_cause, payment_id FROM purchase_order")
    payment = await flow.payment(order)
    assert row == {"sale_cause": f"sale:order:{order.id}", "payment_id": payment["id"]}
    (posted,) = await fetch("SELECT cause FROM ledger_transfer WHERE kind = 'sale'")
    assert posted["cause"] == row["sale_cause"]
    async with connected(flow.river.stand.app_url) as app:
        for change in ("sale_cause = NULL, payment_id = NULL", "sale_cause = 'fulfil'"):
            refused = await refusal(app, f"UPDATE purchase_order SET {change}")
            assert refused == ("23514", "purchase_order_sold_once")


async def test_sql_and_python_round_what_goes_back_in_the_same_way(database: Stand) -> None:
    chance = random.Random(20261129)
    asked = []
    for _ in range(3000):
        whole_g = chance.randint(1, 10 ** chance.randint(1, 15))
        asked.append((chance.randint(0, 10 ** chance.randint(1, 15)), chance.randint(0, whole_g), whole_g))
    rows = await fetch(
        "SELECT payments.share_minor(a, p, w) AS minor FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])"
        " WITH ORDINALITY AS t (a, p, w, no) ORDER BY no",
        *(list(column) for column in zip(*asked, strict=True)),
    )
    said = [share_minor(amount, part_g=part_g, whole_g=whole_g) for amount, part_g, whole_g in asked]
    assert [row["minor"] for row in rows] == said


async def _prepared(subject: str, amount_minor: int) -> UUID:
    async with transaction() as tx:
        return await payments.prepare(
            payments.NewPayment(
                subject=subject, channel=WECHATPAY, method=NATIVE, description="票", amount_minor=amount_minor,
                currency=Currency.CNY, expires_at=await fetch_value("SELECT clock_timestamp() + interval '1 hour'"),
            ),
            tx=tx,
        )  # fmt: skip


async def _paid(flow: Flow, subject: str, amount_minor: int) -> None:
    """Somebody pays for it at the sandbox, and its notice is heard."""
    payment_id = await _prepared(subject, amount_minor)
    await payments.open_payment(payment_id, channels=flow.channels)
    row = await fetch_one("SELECT reference FROM payment WHERE id = $1", payment_id)
    assert row is not None
    await flow.sandbox.control("POST", "pay", {"out_trade_no": row["reference"], "outcome": "success"})
    await flow.receive_notice()


async def _given_back(ticket: UUID, mass_g: int, key: str) -> int:
    async def use_case() -> int:
        async with transaction() as tx:
            return await TICKET.give_back(ticket, mass_g, key=key, by=uuid7(), tx=tx)

    return await again(use_case)


async def _a_minute_later(flow: Flow) -> None:
    await flow.sandbox.control("POST", "clock", {"offset_s": 61, "stamp_offset_s": 0})


async def _refunds_end(flow: Flow) -> None:
    """One refund is sent, ends, and what follows from it is done."""
    await flow.work()
    await flow.due_now("payment_refund")
    await flow.sweep()
    await flow.receive_notice()
    await flow.work()


async def _differences(flow: Flow) -> list[dict[str, str]]:
    async with connected(flow.river.stand.app_url) as app:
        return [dict(row) for row in await app.fetch("SELECT * FROM payments.prove() WHERE NOT ok")]


async def _proves(flow: Flow) -> bool:
    run = await books.prove(connect=lambda: asyncpg.connect(flow.river.stand.app_url))
    assert run.is_balanced, run.differences
    return True
