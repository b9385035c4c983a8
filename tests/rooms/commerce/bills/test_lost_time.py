"""What a channel took in lost time, and gave back, fits its bills: nothing to explain, every sum true to the fen."""

from collections.abc import Callable
from typing import Any

import pytest

from app.commerce import bills, payments, recovery
from app.foundation import approvals
from app.foundation.identity import Role
from app.gateways.channels.base import RawRequest
from app.gateways.database import fetch, transaction
from app.registry import ledger
from tests.rooms.commerce.bills.conftest import Rows, Shop
from tests.rooms.commerce.bills.lost_time import LOST_MINOR, found, lost, recover, refuses, relents, said_by_channel
from tests.rooms.conftest import KEYRING
from tests.staff import staff

Told = list[tuple[str, str, int | None, int | None]]


async def both_days(shop: Shop) -> None:
    """Found by the bill of its day, given back on the next, whose bill is read as well."""
    await lost(shop)
    await shop.fetch()
    await recover(shop)
    await shop.fetch(days=2)


async def signed(shop: Shop, *, days: int) -> None:
    maker, decider = await shop.clerks()
    proposed = await bills.propose_day((await shop.bill(days=days)).day, by=maker)
    await bills.sign_day(proposed.id, seen=proposed.sha256, by=decider)


async def held(*names: str) -> dict[str, int]:
    return await ledger.balances([f"clearing:{name}" for name in names], unit="CNY")


async def test_a_payment_of_lost_time_differs_until_it_is_found_and_then_no_more(shop: Shop) -> None:
    await lost(shop)
    await shop.fetch()
    assert await shop.told() == [("bill_only", "payment", LOST_MINOR, None)]
    await recover(shop)
    assert await shop.told() == []
    (settled,) = await shop.differences()
    assert (settled.state, settled.closed_by) == (bills.DifferenceState.SETTLED, None)


async def test_bill_rows_and_ledger_agree_on_both_days_and_the_days_are_signed(shop: Shop) -> None:
    await both_days(shop)
    assert await shop.told() == []
    for days, side in (
        (0, bills.Side(payments=2, payments_minor=100 + LOST_MINOR)),
        (1, bills.Side(refunds=1, refunds_minor=LOST_MINOR)),
    ):
        (sums,) = (await shop.bill(days=days)).sums
        assert sums.is_equal
        assert sums.bill == side
        await signed(shop, days=days)
    run = await shop.proved()
    assert run.is_balanced
    assert run.found("bills_signed") == 2


async def test_comparing_again_changes_nothing(shop: Shop) -> None:
    await both_days(shop)
    before = await shop.all_rows()
    await recover(shop)
    await shop.again()
    await shop.again(days=1)
    assert await shop.all_rows() == before


async def test_what_the_channel_holds_is_in_the_ledger_to_the_fen_under_way_and_after(shop: Shop) -> None:
    one = await lost(shop)
    refuses(shop, one)
    await recover(shop)
    assert await held("tiny", "lost_time") == {"clearing:tiny": -100 - LOST_MINOR, "clearing:lost_time": LOST_MINOR}
    wrong = [line.check for line in (await shop.proved()).checked if not line.is_ok]
    assert wrong == ["recovered"], "the money that is not back is all that the proof names"
    relents(shop)
    await said_by_channel(await found(), "done")
    assert await held("tiny", "lost_time") == {"clearing:tiny": -100, "clearing:lost_time": 0}
    assert (await shop.proved()).is_balanced


async def test_a_refund_whose_answer_is_still_awaited_is_settled_by_that_answer(shop: Shop) -> None:
    one = await lost(shop)
    refuses(shop, one)
    await recover(shop)
    relents(shop)
    row = await found()
    shop.far.answer(
        "refund", {"transaction": one["transaction"], "refund": row["refund_reference"], "amount": LOST_MINOR}
    )
    await shop.fetch()
    await shop.fetch(days=2)
    assert await shop.told() == [("state", "refund", LOST_MINOR, LOST_MINOR)], "we count it as refused"
    await said_by_channel(row, "done")
    await bills.compare_open("tiny")
    assert await shop.told() == []


def _payment(rows: Rows) -> dict[str, Any]:
    return next(row for row in rows if row["amount"] == LOST_MINOR and "refund" not in row)


def _with(change: dict[str, Any], *, is_refund: bool) -> Callable[[Rows], Rows]:
    """The lines with that change of the one that is about lost time."""
    return lambda rows: [
        row | change if row["amount"] == LOST_MINOR and ("refund" in row) is is_refund else row for row in rows
    ]


def _without(*, is_refund: bool) -> Callable[[Rows], Rows]:
    return lambda rows: [row for row in rows if row["amount"] != LOST_MINOR or ("refund" in row) is not is_refund]


DAY: dict[str, tuple[Callable[[Rows], Rows], Told]] = {
    "another amount": (_with({"amount": 71}, is_refund=False), [("amount", "payment", 71, LOST_MINOR)]),
    "another number of ours": (
        _with({"reference": "OTHER"}, is_refund=False),
        [("state", "payment", LOST_MINOR, LOST_MINOR)],
    ),
    "no line any more": (_without(is_refund=False), [("ours_only", "payment", None, LOST_MINOR)]),
    "twice": (lambda rows: [*rows, _payment(rows)], [("duplicate", "payment", LOST_MINOR, LOST_MINOR)]),
    "a stranger beside it": (
        lambda rows: [*rows, _payment(rows) | {"transaction": "STRANGE", "reference": "STRANGE"}],
        [("bill_only", "payment", LOST_MINOR, None)],
    ),
    "one of ours missing beside it": (
        lambda rows: [row for row in rows if row["amount"] != 100],
        [("ours_only", "payment", None, 100)],
    ),
}
DAY_AFTER: dict[str, tuple[Callable[[Rows], Rows], Told]] = {
    "another amount": (_with({"amount": 69}, is_refund=True), [("amount", "refund", 69, LOST_MINOR)]),
    "of another payment": (_with({"of": "OTHER"}, is_refund=True), [("state", "refund", LOST_MINOR, LOST_MINOR)]),
    "a refund that nobody asked for beside it": (
        lambda rows: [*rows, *(row | {"refund": "", "transaction": "CONSOLE", "amount": 5} for row in rows)],
        [("refund_only", "refund", 5, None)],
    ),
    "twice": (lambda rows: [*rows, *rows], [("duplicate", "refund", LOST_MINOR, LOST_MINOR)]),
}


@pytest.mark.parametrize("plant", DAY)
async def test_what_is_planted_beside_a_payment_of_lost_time_is_found_and_nothing_else(shop: Shop, plant: str) -> None:
    await both_days(shop)
    defect, wanted = DAY[plant]
    shop.lies(defect)
    await shop.again()
    assert await shop.told() == wanted


@pytest.mark.parametrize("plant", DAY_AFTER)
async def test_what_is_planted_beside_its_refund_is_found_and_nothing_else(shop: Shop, plant: str) -> None:
    await both_days(shop)
    defect, wanted = DAY_AFTER[plant]
    shop.lies(defect)
    await shop.again(days=1)
    assert await shop.told() == wanted


async def test_what_a_person_gave_back_and_the_channel_too_differs(shop: Shop) -> None:
    one = await lost(shop)
    refuses(shop, one)
    await recover(shop)
    row = await found()
    await by_hand(shop, row)
    relents(shop)
    shop.far.answer(
        "refund", {"transaction": one["transaction"], "refund": row["refund_reference"], "amount": LOST_MINOR}
    )
    await shop.fetch()
    await shop.fetch(days=2)
    assert await shop.told() == [("state", "refund", LOST_MINOR, LOST_MINOR)]


async def test_money_given_back_at_the_console_after_a_no_ends_it_and_its_line_fits(shop: Shop) -> None:
    one = await lost(shop)
    refuses(shop, one)
    await recover(shop)
    for amount_minor, state in ((LOST_MINOR - 1, "refused"), (LOST_MINOR, "done"), (LOST_MINOR, "done")):
        lies = {"at": shop.at(12, days=1).timestamp()}
        body, headers = shop.far.tells(
            one["reference"], "merchant_refund", id_="CONSOLE", amount=amount_minor, lies=lies
        )
        await payments.receive(RawRequest(body=body, headers=headers), channel=shop.channels["tiny"], keyring=KEYRING)
        assert (await found())["state"] == state
    line = {"refund": "", "transaction": "CONSOLE", "of": one["transaction"], "amount": LOST_MINOR}
    shop.lies(lambda rows: rows or [one | line | {"at": shop.at(12, days=1).timestamp()}])
    await shop.fetch(days=2)
    assert await shop.told() == []
    assert await held("tiny", "lost_time") == {"clearing:tiny": -100, "clearing:lost_time": 0}
    assert (await shop.proved()).is_balanced
    assert [row["fate"] for row in await fetch("SELECT fate FROM payment_notice ORDER BY id")] == [
        "parked", "applied", "applied",
    ]  # fmt: skip


async def test_money_given_back_at_the_console_before_the_no_ends_it_once_the_channel_has_said_no(shop: Shop) -> None:
    one = await lost(shop)
    lies = {"at": shop.at(12, days=1).timestamp()}
    body, headers = shop.far.tells(one["reference"], "merchant_refund", id_="CONSOLE", amount=LOST_MINOR, lies=lies)
    await payments.receive(RawRequest(body=body, headers=headers), channel=shop.channels["tiny"], keyring=KEYRING)
    assert await payments.match_parked(channels=shop.channels) == 0
    refuses(shop, one)
    await recover(shop)
    assert (await found())["state"] == "refused"
    assert [await payments.match_parked(channels=shop.channels) for _ in range(2)] == [1, 0]
    assert ((await found())["state"], (await found())["channel_refund_id"]) == ("done", "CONSOLE")
    assert await fetch("SELECT fate, fact FROM payment_notice") == [{"fate": "applied", "fact": None}]
    assert await held("tiny", "lost_time") == {"clearing:tiny": -100, "clearing:lost_time": 0}


async def test_what_lost_time_gives_back_nobody_gives_back_by_its_parked_message_too(shop: Shop) -> None:
    one = await lost(shop)
    body, headers = shop.far.notice(one["reference"])
    await payments.receive(RawRequest(body=body, headers=headers), channel=shop.channels["tiny"], keyring=KEYRING)
    (notice,) = await fetch("SELECT id, fate, fact FROM payment_notice")
    assert (notice["fate"], notice["fact"]) == ("parked", "unknown_payment")
    clerk, second = await staff(Role.FINANCE), await staff(Role.FINANCE)
    early = await payments.propose_decision(notice["id"], payments.Decision.REFUND, reason="原路退回", by=clerk)
    await recover(shop)
    assert (await found())["state"] == "done"
    with pytest.raises(payments.NoticeHasNoMoney):
        await payments.decide(early.id, seen=early.sha256, by=second)
    async with transaction() as tx:
        await approvals.withdraw(early.id, by=clerk, reason="已由丢失时段退回", tx=tx)
    with pytest.raises(payments.NoticeHasNoMoney):
        await payments.propose_decision(notice["id"], payments.Decision.REFUND, reason="原路退回", by=clerk)
    noted = await payments.propose_decision(notice["id"], payments.Decision.NOTE, reason="丢失时段已退回", by=clerk)
    await payments.decide(noted.id, seen=noted.sha256, by=second)


async def test_lost_time_whose_refund_is_refused_is_given_back_by_hand_and_the_day_is_signed(shop: Shop) -> None:
    one = await lost(shop)
    refuses(shop, one)
    await shop.fetch()
    await recover(shop)
    assert await recovery.left(), "the proof names what is not back"
    assert await shop.told() == [], "of the day itself nothing is to be explained"
    await by_hand(shop, await found())
    await signed(shop, days=0)
    run = await shop.proved()
    assert run.is_balanced
    assert run.found("bills_signed") == 1
    assert await held("tiny", "lost_time", "hand") == {
        "clearing:tiny": -100 - LOST_MINOR, "clearing:lost_time": 0, "clearing:hand": LOST_MINOR,
    }  # fmt: skip


async def by_hand(shop: Shop, row: dict[str, Any]) -> None:
    """Two of finance: it went back by a transfer."""
    maker, decider = await shop.clerks()
    proposed = await payments.propose_by_hand(
        row["refund_reference"], by=maker, reason="渠道拒绝", evidence="ICBC-0091"
    )
    await payments.settle_by_hand(proposed.id, seen=proposed.sha256, by=decider)
