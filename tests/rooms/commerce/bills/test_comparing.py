"""A bill beside payments, refunds and ledger: every planted difference is found, none is invented, twice changes nothing."""

from datetime import timedelta
from typing import Any

import pytest

from app.commerce import bills, payments
from app.gateways.channels.base import RawRequest
from app.gateways.database import fetch_value, transaction
from tests.rooms.commerce.bills.conftest import Rows, Shop, backdate
from tests.rooms.conftest import KEYRING, connected


async def day_of_trade(shop: Shop) -> None:
    """Three payments, of which one went back in part."""
    await shop.paid(100)
    await shop.paid(250)
    await shop.given_back(await shop.paid(400), 150)
    await backdate(shop)


def without(rows: Rows, chosen: Any) -> Rows:
    return [row for row in rows if not chosen(row)]


def is_refund(row: dict[str, Any]) -> bool:
    return "refund" in row


def first(rows: Rows, amount: int) -> dict[str, Any]:
    return next(row for row in rows if row["amount"] == amount and not is_refund(row))


PLANTS: dict[str, tuple[Any, list[tuple[str, str, int | None, int | None]]]] = {
    "nothing": (lambda rows: rows, []),
    "another order of lines": (lambda rows: rows[::-1], []),
    "a payment is missing": (
        lambda rows: without(rows, lambda row: row is first(rows, 250)),
        [("ours_only", "payment", None, 250)],
    ),
    "a refund is missing": (lambda rows: without(rows, is_refund), [("ours_only", "refund", None, 150)]),
    "all is missing": (
        lambda _: [],
        [
            ("ours_only", "payment", None, 100),
            ("ours_only", "payment", None, 250),
            ("ours_only", "payment", None, 400),
            ("ours_only", "refund", None, 150),
        ],
    ),
    "a payment nobody knows": (
        lambda rows: [*rows, first(rows, 100) | {"transaction": "STRANGE", "reference": "STRANGE"}],
        [("bill_only", "payment", 100, None)],
    ),
    "an amount, one fen more": (
        lambda rows: [row | {"amount": 251} if row is first(rows, 250) else row for row in rows],
        [("amount", "payment", 251, 250)],
    ),
    "a refund's amount": (
        lambda rows: [row | {"amount": 149} if is_refund(row) else row for row in rows],
        [("amount", "refund", 149, 150)],
    ),
    "a line twice": (lambda rows: [*rows, first(rows, 250)], [("duplicate", "payment", 250, 250)]),
    "a refund twice": (
        lambda rows: [*rows, *filter(is_refund, rows)],
        [("duplicate", "refund", 150, 150)],
    ),
    "another transaction of our number": (
        lambda rows: [row | {"transaction": "OTHER"} if row is first(rows, 250) else row for row in rows],
        [("ours_only", "payment", None, 250), ("state", "payment", 250, 250)],
    ),
    "our transaction under another number": (
        lambda rows: [row | {"reference": "OTHER"} if row is first(rows, 250) else row for row in rows],
        [("state", "payment", 250, 250)],
    ),
    "a refund from the merchant's console": (
        lambda rows: [
            *rows,
            first(rows, 100)
            | {"refund": "", "transaction": "CONSOLE", "of": first(rows, 100)["transaction"], "amount": 30},
        ],
        [("refund_only", "refund", 30, None)],
    ),
    "a refund of another payment": (
        lambda rows: [row | {"of": first(rows, 100)["transaction"]} if is_refund(row) else row for row in rows],
        [("state", "refund", 150, 150)],
    ),
    "two at once": (
        lambda rows: [*without(rows, lambda row: row is first(rows, 100)), first(rows, 250)],
        [("duplicate", "payment", 250, 250), ("ours_only", "payment", None, 100)],
    ),
}


@pytest.mark.parametrize("plant", PLANTS)
async def test_every_planted_difference_is_found_and_none_is_invented(shop: Shop, plant: str) -> None:
    await day_of_trade(shop)
    defect, wanted = PLANTS[plant]
    shop.lies(defect)
    await shop.fetch()
    assert await shop.told() == sorted(wanted)
    before = await shop.all_rows()
    await shop.fetch(hour=12)
    await shop.again()
    assert await shop.all_rows() == before


async def test_a_refund_of_the_console_that_a_notice_told_fits_and_is_missed_where_no_bill_has_it(shop: Shop) -> None:
    await day_of_trade(shop)
    (reference,) = [one["reference"] for one in shop.far.trades.values() if one["amount"] == 100]
    at = {"at": shop.at(13).timestamp()}
    body, headers = shop.far.tells(reference, "merchant_refund", id_="CONSOLE", amount=30, lies=at)
    await payments.receive(RawRequest(body=body, headers=headers), channel=shop.channels["tiny"], keyring=KEYRING)
    shop.lies(PLANTS["a refund from the merchant's console"][0])
    await shop.fetch()
    assert await shop.told() == []
    (sums,) = (await shop.bill()).sums
    assert (sums.is_equal, sums.bill.refunds_minor) == (True, 180)
    shop.lies(None)
    await shop.again()
    assert await shop.told() == [("ours_only", "refund", None, 30)]


async def test_what_a_day_adds_up_to_is_told_three_ways(shop: Shop) -> None:
    await day_of_trade(shop)
    await shop.fetch()
    bill = await shop.bill()
    (sums,) = bill.sums
    assert sums.is_equal
    assert (sums.bill.payments, sums.bill.payments_minor, sums.bill.refunds, sums.bill.refunds_minor) == (
        3,
        750,
        1,
        150,
    )
    assert (bill.state, bill.lines, bill.open, bill.differences) == (bills.BillState.READ, 4, 0, 0)


async def test_sums_say_where_the_three_differ(shop: Shop) -> None:
    await day_of_trade(shop)
    shop.lies(PLANTS["an amount, one fen more"][0])
    await shop.fetch()
    ((sums,),) = [(await shop.bill()).sums]
    assert (sums.bill.payments_minor, sums.ours.payments_minor, sums.posted.payments_minor) == (751, 750, 750)
    assert not sums.is_equal


async def test_a_payment_whose_notice_never_came_is_asked_for_and_paid(shop: Shop) -> None:
    lost = await shop.open(300)
    await backdate(shop)
    await shop.pays(lost)
    await shop.fetch()
    assert await shop.told() == [("bill_only", "payment", 300, 300)]
    (found,) = await shop.differences()
    assert (found.payment_id, found.step) == (lost["id"], bills.Step.ASK)
    assert await bills.ask_due(channels=shop.channels) == 1
    paid = await shop.row(lost["id"])
    assert (paid["state"], paid["transaction_id"]) == ("paid", found.transaction_id)
    (settled,) = await shop.differences()
    assert (settled.state, settled.last_word, settled.closed_by) == (bills.DifferenceState.SETTLED, "SUCCESS", None)
    assert (await shop.bill()).sums[0].is_equal
    assert await bills.ask_due(channels=shop.channels) == 0
    assert (await shop.proved()).is_balanced


async def test_a_payment_that_was_closed_here_and_paid_there_is_paid_late(shop: Shop) -> None:
    lost = await shop.open(300)
    await backdate(shop)
    shop.far.trade(lost["reference"])["state"] = "CLOSED"
    await payments.ask(lost["id"], channels=shop.channels)
    assert (await shop.row(lost["id"]))["state"] == "closed"
    await shop.pays(lost)
    await shop.fetch()
    assert await shop.told() == [("bill_only", "payment", 300, 300)]
    await bills.ask_due(channels=shop.channels)
    row = await shop.row(lost["id"])
    assert (row["state"], row["was_late"]) == ("paid", True)
    assert await shop.told() == []


async def test_a_refund_that_only_the_channel_counts_as_done_is_sent_again_and_done(shop: Shop) -> None:
    one = await shop.paid(400)
    async with transaction() as tx:
        refund_id = await payments.refund(one["id"], cause="test", amount_minor=150, tx=tx)
    sent = await fetch_value("SELECT reference FROM payment_refund WHERE id = $1", refund_id)
    shop.far.answer("refund", {"transaction": one["transaction_id"], "refund": sent, "amount": 150})
    await backdate(shop)
    await shop.fetch()
    assert await shop.told() == [("bill_only", "refund", 150, 150)]
    await bills.ask_due(channels=shop.channels)
    assert await fetch_value("SELECT state FROM payment_refund WHERE id = $1", refund_id) == "done"
    assert await shop.told() == []
    assert (await shop.bill()).sums[0].is_equal


async def test_what_only_we_have_is_asked_about_and_waits_for_a_person(shop: Shop) -> None:
    await shop.paid(100)
    await backdate(shop)
    shop.lies(lambda _: [])
    await shop.fetch()
    assert (await shop.bill()).state is bills.BillState.NONE
    await bills.ask_due(channels=shop.channels)
    (found,) = await shop.differences()
    assert (found.nature, found.state, found.last_word, found.asks) == (
        bills.Nature.OURS_ONLY, bills.DifferenceState.OPEN, "SUCCESS", 1,
    )  # fmt: skip
    assert found.next_ask_at is not None
    shop.lies(None)
    await shop.again()
    assert await shop.told() == []
    assert (await shop.differences())[0].state is bills.DifferenceState.SETTLED


async def test_what_the_ledger_moved_otherwise_is_found(shop: Shop) -> None:
    await day_of_trade(shop)
    async with connected(shop.stand.super_url) as owner:  # nobody else could
        await owner.execute("SET session_replication_role = replica")
        await owner.execute(
            "UPDATE ledger_entry e SET amount = amount - 5 FROM ledger_account a, ledger_transfer t"
            " WHERE a.id = e.account_id AND a.path = 'clearing:tiny' AND t.id = e.transfer_id AND t.kind = 'payment'"
            " AND e.amount = -250"
        )
    await shop.fetch()
    assert await shop.told() == [("ledger", "payment", 250, 255)]
    ((sums,),) = [(await shop.bill()).sums]
    assert (sums.ours.payments_minor, sums.posted.payments_minor) == (750, 755)


@pytest.mark.parametrize("counted_on", [0, 1])
@pytest.mark.parametrize(("hour", "minute", "second", "days"), [(23, 59, 59, 0), (0, 0, 0, 1), (23, 50, 0, 0)])
async def test_what_moves_around_midnight_never_differs_whichever_day_the_channel_counts_it_on(
    shop: Shop, hour: int, minute: int, second: int, days: int, counted_on: int
) -> None:
    shop.stands_at(shop.at(hour, minute, second, days=days))
    await shop.paid(100)
    await backdate(shop)
    (row,) = shop.far.trades.values()
    shop.far.trades[row["number"]] = row | {"at": shop.at(12, days=counted_on).timestamp()}
    for day in (1, 2):
        await shop.fetch(days=day)
    assert await shop.differences() == []
    assert [bool(one.sums) for one in (await shop.bill(), await shop.bill(days=1))] == [
        counted_on == 0,
        counted_on == 1,
    ]


async def test_a_payment_of_the_last_minutes_is_not_missed_before_the_next_days_bill_is_there(shop: Shop) -> None:
    shop.stands_at(shop.at(23, 59, 59))
    await shop.paid(100)
    await backdate(shop)
    shop.lies(lambda _: [])
    await shop.fetch(days=1)
    assert await shop.told() == []
    await shop.fetch(days=2)
    (found,) = await shop.differences()
    assert (found.nature, found.day) == (bills.Nature.OURS_ONLY, shop.day + timedelta(1))


async def test_what_a_bill_of_the_next_day_has_settles_what_was_missing(shop: Shop) -> None:
    await shop.paid(100)
    await backdate(shop)
    (row,) = shop.far.trades.values()
    shop.lies(lambda _: [])
    await shop.fetch(days=1)
    assert await shop.told() == [("ours_only", "payment", None, 100)]
    shop.lies(lambda _: [row])
    await shop.fetch(days=2)
    (found,) = await shop.differences()
    assert (found.state, found.day) == (bills.DifferenceState.SETTLED, shop.day)
    assert [one.sums[0].is_equal for one in (await shop.bill(days=1),)] == [True]


async def test_a_line_that_an_earlier_day_has_too_is_told_on_the_later_one(shop: Shop) -> None:
    await shop.paid(100)
    await backdate(shop)
    (row,) = shop.far.trades.values()
    shop.lies(lambda _: [row])
    await shop.fetch(days=2)
    (found,) = await shop.differences()
    assert (found.nature, found.day) == (bills.Nature.DUPLICATE, shop.day + timedelta(1))
