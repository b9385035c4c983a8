"""Bank transfers: chosen by an organisation, recorded and confirmed by two of finance; late, wrong and repeated ones."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.commerce import orders, payments
from app.commerce.orders import NewHoldLine, NewJointOrder
from app.commerce.payments import NewReceipt
from app.foundation import approvals
from app.foundation.identity import Role, RoleMissing
from app.gateways.channels.bank import Bank, remark_of
from app.gateways.channels.base import Transfer
from app.gateways.channels.wechatpay import NATIVE
from app.gateways.database import fetch, fetch_value, transaction
from app.kernel.clock import beijing_day, utc_now
from app.kernel.errors import DomainError
from app.kernel.money import Currency
from app.kernel.workdays import end_of_workday
from app.registry import books, holdings, ledger
from app.registry.credits import Programme
from app.registry.holdings import AccountFacts, Mix
from tests.flow import WECHATPAY, Flow
from tests.owning import as_owner
from tests.rooms.conftest import KEYRING, connected, organisation, refusal
from tests.staff import join, member, staff

TONNE = 1_000_000
NUMBER = "ICBC-20261127-0091"


@dataclass
class Sponsor:
    """An organisation that buys into its holding, and two people of the platform's finance."""

    flow: Flow
    bank: Bank
    person_id: UUID
    account: AccountFacts
    clerk: UUID
    second: UUID

    async def order(self, *masses_g: int, key: str = "k1") -> orders.OrderFacts:
        asked = NewJointOrder(
            payer_id=self.account.owner_id,
            lines=tuple(
                NewHoldLine(account_id=self.account.id, mass_g=mass_g, mix=Mix.only(Programme.CDCER))
                for mass_g in masses_g
            ),
            currency=Currency.CNY,
            language="zh",
        )
        return await orders.place_joint(asked, by=self.person_id, key=key, clock=utc_now)

    async def chooses(self, order: orders.OrderFacts) -> Transfer:
        """The sponsor asks for a bank transfer; answers where to."""
        way = orders.Way(channel="bank", method=self.bank.methods[0])
        opening = await orders.pay(order.id, way, by=self.person_id, description="碳", channels=self.flow.channels)
        assert opening.transfer is not None
        return opening.transfer

    def receipt(self, order: orders.OrderFacts, remark: str, **changed: Any) -> NewReceipt:
        told = NewReceipt(
            remark=remark, amount_minor=order.amount_minor, bank_number=NUMBER, payer_name="示例公司",
            value_day=beijing_day(utc_now()),
        )  # fmt: skip
        return replace(told, **changed)

    async def records(self, receipt: NewReceipt, by: UUID | None = None) -> approvals.Approval:
        return await payments.propose_receipt(
            receipt, payer_id=self.account.owner_id, by=by or self.clerk, keyring=KEYRING
        )

    async def confirms(self, one: approvals.Approval, by: UUID | None = None) -> None:
        await payments.confirm_receipt(one.id, seen=one.sha256, by=by or self.second)

    async def paid(self, *masses_g: int, key: str = "k1", number: str = NUMBER) -> orders.OrderFacts:
        order = await self.order(*masses_g, key=key)
        told = await self.chooses(order)
        await self.confirms(await self.records(self.receipt(order, told.remark, bank_number=number)))
        await self.flow.work()
        return await orders.find(order.id, by=self.person_id)

    async def has(self) -> int:
        return sum(one.mass_g for one in await holdings.balances(self.account.account))


@pytest.fixture
async def sponsor(flow: Flow) -> Sponsor:
    bank = Bank(holder="示例环境交易所", bank="示例银行成都分行", account="6222 0000", workdays=5)
    flow.tools.gateways.channels["bank"] = bank  # type: ignore[index]
    firm = await organisation("示例公司")
    return Sponsor(
        flow, bank, await member(firm, Role.SPONSOR), await holdings.open_holding(firm),
        await staff(Role.FINANCE), await staff(Role.FINANCE),
    )  # fmt: skip


async def proved(flow: Flow) -> bool:
    run = await books.prove(connect=lambda: asyncpg.connect(flow.river.stand.app_url))
    assert run.is_balanced, run.differences
    return True


async def test_what_a_sponsor_transfers_is_theirs_once_two_people_of_finance_have_said_that_it_came(
    sponsor: Sponsor,
) -> None:
    order = await sponsor.order(3 * TONNE)
    told = await sponsor.chooses(order)
    row = await sponsor.flow.payment(order)
    assert (told.holder, told.account, told.remark) == ("示例环境交易所", "6222 0000", remark_of(row["reference"]))
    waits = await orders.find(order.id, by=sponsor.person_id)
    assert waits.expires_at == end_of_workday(order.placed_at, 5)
    assert await sponsor.chooses(order) == told

    (expected,) = await payments.list_expected(limit=10)
    assert (expected.remark, expected.amount_minor, expected.proposed) == (told.remark, order.amount_minor, None)
    proposed = await sponsor.records(sponsor.receipt(order, told.remark))
    (expected,) = await payments.list_expected(limit=10)
    assert expected.proposed == proposed.id
    await sponsor.flow.work()
    assert (await sponsor.has(), await state(sponsor, order)) == (0, "placed")

    await sponsor.confirms(proposed)
    await sponsor.flow.work()
    assert await sponsor.has() == 3 * TONNE
    assert await payments.count_expected() == 0
    assert await ledger.balances(["clearing:bank", "prepaid", "sales"], unit="CNY") == {
        "clearing:bank": -order.amount_minor, "prepaid": 0, "sales": order.amount_minor,
    }  # fmt: skip
    (receipt,) = await fetch("SELECT bank_number, payer_name, amount_minor, approval_id FROM bank_receipt")
    assert receipt == {
        "bank_number": NUMBER, "payer_name": "示***", "amount_minor": order.amount_minor, "approval_id": proposed.id,
    }  # fmt: skip
    assert await proved(sponsor.flow)


async def test_a_remark_is_read_however_it_was_typed(sponsor: Sponsor) -> None:
    order = await sponsor.order(TONNE)
    remark = (await sponsor.chooses(order)).remark
    row = await sponsor.flow.payment(order)
    for typed in (remark.lower(), f" {remark[:2]} {remark[2:6]}-{remark[6:]} ", remark[2:], row["reference"]):
        assert (await payments.find_transfer(typed)).id == row["id"], typed


async def test_nobody_agrees_to_what_they_recorded_and_nobody_of_the_payer_does(sponsor: Sponsor) -> None:
    order = await sponsor.order(TONNE)
    proposed = await sponsor.records(sponsor.receipt(order, (await sponsor.chooses(order)).remark))
    with pytest.raises(approvals.SamePerson):
        await sponsor.confirms(proposed, by=sponsor.clerk)
    interested = await staff(Role.FINANCE)
    await join(interested, sponsor.account.owner_id, Role.AUDITOR)
    with pytest.raises(approvals.DeciderInterested):
        await sponsor.confirms(proposed, by=interested)
    with pytest.raises(approvals.ApprovalRoleMissing):
        await sponsor.confirms(proposed, by=await staff(Role.ADMINISTRATOR))
    assert (await sponsor.flow.payment(order))["state"] == "pending"
    await sponsor.confirms(proposed)


async def test_only_the_platforms_finance_records_what_came(sponsor: Sponsor) -> None:
    order = await sponsor.order(TONNE)
    receipt = sponsor.receipt(order, (await sponsor.chooses(order)).remark)
    for by in (sponsor.person_id, await staff(Role.OPERATOR)):
        with pytest.raises(RoleMissing):
            await sponsor.records(receipt, by=by)


async def test_what_does_not_fit_is_refused_by_its_name_and_records_nothing(sponsor: Sponsor) -> None:
    order = await sponsor.order(TONNE)
    remark = (await sponsor.chooses(order)).remark
    today = beijing_day(utc_now())
    wrong: tuple[tuple[type[DomainError], str, dict[str, Any]], ...] = (
        (payments.ReceiptAmountDiffers, "/amount", {"amount_minor": order.amount_minor - 1}),
        (payments.ReceiptAmountDiffers, "/amount", {"amount_minor": order.amount_minor + 1}),
        (payments.ReceiptRemarkUnknown, "/remark", {"remark": "DD00000000"}),
        (payments.ReceiptRemarkUnknown, "/remark", {"remark": ""}),
        (payments.ReceiptNumberUnfit, "/bank_number", {"bank_number": "12"}),
        (payments.ReceiptNumberUnfit, "/bank_number", {"bank_number": "流水 1234"}),
        (payments.ReceiptPayerUnfit, "/payer_name", {"payer_name": "  "}),
        (payments.ReceiptPayerUnfit, "/payer_name", {"payer_name": "司" * 121}),
        (payments.ReceiptDayUnfit, "/value_day", {"value_day": today + timedelta(days=1)}),
        (payments.ReceiptDayUnfit, "/value_day", {"value_day": today - timedelta(days=1)}),
    )
    for fact, field, changed in wrong:
        with pytest.raises(fact) as found:
            await sponsor.records(sponsor.receipt(order, changed.pop("remark", remark), **changed))
        assert found.value.field == field
    assert await fetch_value("SELECT count(*) FROM approval WHERE kind = 'bank_receipt'") == 0


async def test_one_receipt_of_the_bank_counts_once_however_its_number_is_written(sponsor: Sponsor) -> None:
    await sponsor.paid(TONNE)
    other = await sponsor.order(TONNE, key="k2")
    remark = (await sponsor.chooses(other)).remark
    with pytest.raises(payments.ReceiptUsed):
        await sponsor.records(sponsor.receipt(other, remark, bank_number="icbc-2026 1127-0091"))


async def test_two_that_claim_the_same_receipt_are_not_both_confirmed(sponsor: Sponsor) -> None:
    one, other = await sponsor.order(TONNE), await sponsor.order(TONNE, key="k2")
    proposed = [
        await sponsor.records(sponsor.receipt(order, (await sponsor.chooses(order)).remark)) for order in (one, other)
    ]
    found = await asyncio.gather(*(sponsor.confirms(each) for each in proposed), return_exceptions=True)
    assert sorted(type(each).__name__ for each in found) == ["NoneType", "ReceiptUsed"]
    assert await sponsor.flow.count("bank_receipt") == 1
    assert sorted([(await sponsor.flow.payment(order))["state"] for order in (one, other)]) == ["paid", "pending"]


async def test_two_who_agree_at_once_pay_once(sponsor: Sponsor) -> None:
    order = await sponsor.order(TONNE)
    proposed = await sponsor.records(sponsor.receipt(order, (await sponsor.chooses(order)).remark))
    deciders = [await staff(Role.FINANCE) for _ in range(4)]
    found = await asyncio.gather(*(sponsor.confirms(proposed, by=by) for by in deciders), return_exceptions=True)
    assert sorted(type(each).__name__ for each in found) == ["ApprovalDecided"] * 3 + ["NoneType"]
    await sponsor.flow.work()
    assert await sponsor.has() == TONNE
    assert await proved(sponsor.flow)


async def test_a_payment_that_has_its_receipt_takes_no_other(sponsor: Sponsor) -> None:
    order = await sponsor.paid(TONNE)
    row = await sponsor.flow.payment(order)
    with pytest.raises(payments.ReceiptPaymentPaid):
        await sponsor.records(sponsor.receipt(order, row["reference"], bank_number="ICBC-2"))


async def test_what_was_recorded_wrongly_is_taken_back_and_recorded_anew(sponsor: Sponsor) -> None:
    order = await sponsor.order(TONNE)
    remark = (await sponsor.chooses(order)).remark
    first = await sponsor.records(sponsor.receipt(order, remark, bank_number="ICBC-WRONG"))
    with pytest.raises(approvals.ApprovalPending):
        await sponsor.records(sponsor.receipt(order, remark))
    async with transaction() as tx:
        await approvals.withdraw(first.id, by=sponsor.clerk, reason="流水号抄错", tx=tx)
    await sponsor.confirms(await sponsor.records(sponsor.receipt(order, remark)))
    assert (await sponsor.flow.payment(order))["transaction_id"] == NUMBER


async def test_a_person_who_pays_for_themselves_is_not_taken(sponsor: Sponsor) -> None:
    order = await sponsor.flow.river.order()
    with pytest.raises(payments.MethodUnavailable):
        await sponsor.flow.open(order, sponsor.bank.methods[0])
    way = orders.Way(channel="bank", method=sponsor.bank.methods[0])
    with pytest.raises(payments.MethodUnavailable):
        await orders.pay(order.id, way, by=order.person_id, description="碳", channels=sponsor.flow.channels)


async def test_another_way_closes_the_transfer_at_once_and_its_money_comes_late_and_goes_back(sponsor: Sponsor) -> None:
    order = await sponsor.order(TONNE)
    remark = (await sponsor.chooses(order)).remark
    way = orders.Way(channel=WECHATPAY, method=NATIVE)
    await orders.pay(order.id, way, by=sponsor.person_id, description="碳", channels=sponsor.flow.channels)
    await sponsor.flow.pays(order)
    await sponsor.flow.receive_notice()
    await sponsor.flow.work()
    await sponsor.flow.sweep()
    assert [one["state"] for one in await sponsor.flow.payments(order)] == ["closed", "paid"]

    await sponsor.confirms(await sponsor.records(sponsor.receipt(order, remark)))
    await sponsor.flow.work()
    assert await sponsor.has() == TONNE
    (waits,) = await payments.list_refused(limit=10)
    assert (waits.channel, waits.amount_minor, waits.last_word) == ("bank", order.amount_minor, "BY_HAND")
    await settle(sponsor, waits.reference)
    assert await proved(sponsor.flow)


async def test_money_that_comes_after_the_last_day_is_honoured_while_credits_are_open(sponsor: Sponsor) -> None:
    order = await sponsor.order(TONNE)
    remark = (await sponsor.chooses(order)).remark
    await sponsor.flow.time_is_up(order)
    await sponsor.flow.sweep()
    assert await state(sponsor, order) == "expired"
    assert (await sponsor.flow.grams())["reserved"] == 0
    row = await sponsor.flow.payment(order)
    assert (row["state"], await payments.is_late(row["id"])) == ("closed", True)

    await sponsor.confirms(await sponsor.records(sponsor.receipt(order, remark)))
    await sponsor.flow.work()
    assert await sponsor.has() == TONNE
    assert (await sponsor.flow.payment(order))["was_late"]
    assert await proved(sponsor.flow)


async def test_money_that_comes_when_nothing_is_left_goes_back_by_two_people_to_the_fen(sponsor: Sponsor) -> None:
    order = await sponsor.order(TONNE)
    remark = (await sponsor.chooses(order)).remark
    await sponsor.flow.time_is_up(order)
    await sponsor.flow.sweep()
    await sponsor.flow.others_take_all(order)
    await sponsor.confirms(await sponsor.records(sponsor.receipt(order, remark)))
    await sponsor.flow.work()
    assert (await sponsor.has(), await state(sponsor, order)) == (0, "refunding")
    (waits,) = await payments.list_refused(limit=10)
    await settle(sponsor, waits.reference)
    assert await state(sponsor, order) == "refunded"
    assert await ledger.balances(["clearing:bank", "clearing:hand", "prepaid"], unit="CNY") == {
        "clearing:bank": 0, "clearing:hand": 0, "prepaid": 0,
    }  # fmt: skip


async def test_what_is_recorded_in_time_keeps_its_credits_until_somebody_decides(sponsor: Sponsor) -> None:
    order = await sponsor.order(TONNE)
    proposed = await sponsor.records(sponsor.receipt(order, (await sponsor.chooses(order)).remark))
    await sponsor.flow.time_is_up(order)
    await sponsor.flow.sweep()
    assert not await orders.cancel(order.id, by=sponsor.person_id, channels=sponsor.flow.channels)
    assert await state(sponsor, order) == "placed"
    assert (await sponsor.flow.grams())["reserved"] == TONNE
    await sponsor.confirms(proposed)
    await sponsor.flow.work()
    assert await sponsor.has() == TONNE


async def test_a_receipt_that_is_sent_back_lets_the_order_end(sponsor: Sponsor) -> None:
    order = await sponsor.order(TONNE)
    proposed = await sponsor.records(sponsor.receipt(order, (await sponsor.chooses(order)).remark))
    async with transaction() as tx:
        await approvals.send_back(proposed.id, reason="流水里没有", seen=proposed.sha256, by=sponsor.second, tx=tx)
    await sponsor.flow.time_is_up(order)
    await sponsor.flow.due_now()
    await sponsor.flow.sweep()
    assert await state(sponsor, order) == "expired"


async def test_a_part_of_what_was_bought_by_transfer_goes_back_by_line_and_by_two_people(sponsor: Sponsor) -> None:
    order = await sponsor.paid(3 * TONNE, 2 * TONNE)
    line = order.hold_lines[0]
    back = await orders.return_line(order.id, line.id, TONNE, by=sponsor.person_id, key="r1")
    await sponsor.flow.work()
    (waits,) = await payments.list_refused(limit=10)
    assert waits.amount_minor == back.amount_minor == line.prices[0].amount_minor // 3
    await settle(sponsor, waits.reference)
    assert await sponsor.has() == 4 * TONNE
    assert await ledger.balances(["clearing:bank"], unit="CNY") == {
        "clearing:bank": back.amount_minor - order.amount_minor
    }
    assert await proved(sponsor.flow)


async def test_a_confirmation_whose_commit_is_lost_leaves_nothing_and_is_given_again(sponsor: Sponsor) -> None:
    order = await sponsor.order(TONNE)
    proposed = await sponsor.records(sponsor.receipt(order, (await sponsor.chooses(order)).remark))
    holder, killer = [await asyncpg.connect(sponsor.flow.river.stand.super_url) for _ in range(2)]
    try:
        async with holder.transaction():
            await holder.execute("LOCK TABLE outbox_message")  # the last thing that it writes
            confirming = asyncio.create_task(sponsor.confirms(proposed))
            for _ in range(500):
                if await killer.fetch(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))",
                    holder.get_server_pid(),
                ):
                    break
                await asyncio.sleep(0.02)
            with pytest.raises(Exception, match=r"."):
                await confirming
    finally:
        await holder.close()
        await killer.close()
    assert await sponsor.flow.count("bank_receipt") == 0
    assert (await approvals.find(proposed.id)).state == "proposed"
    assert (await sponsor.flow.payment(order))["state"] == "pending"

    await sponsor.confirms(proposed)
    await sponsor.flow.work()
    assert (await sponsor.has(), await sponsor.flow.count("bank_receipt")) == (TONNE, 1)


async def test_postgresql_lets_no_transfer_be_paid_without_a_receipt_and_no_receipt_be_written_by_hand(
    sponsor: Sponsor,
) -> None:
    order = await sponsor.order(TONNE)
    await sponsor.chooses(order)
    row = await sponsor.flow.payment(order)
    async with connected(sponsor.flow.river.stand.app_url) as app:
        pay = f"UPDATE payment SET state = 'paid', transaction_id = 'X', paid_at = now() WHERE id = '{row['id']}'"
        assert await refusal(app, pay) == ("23514", "payment_by_receipt")
        assert (await refusal(app, "INSERT INTO bank_receipt DEFAULT VALUES"))[0] == "42501"
        take = "SELECT payments.take_receipt(gen_random_uuid(), gen_random_uuid())"
        assert await refusal(app, take) == ("23514", "bank_receipt_two_people")
    proposed = await sponsor.records(sponsor.receipt(order, row["reference"]))
    async with connected(sponsor.flow.river.stand.app_url) as app:
        take = f"SELECT payments.take_receipt(gen_random_uuid(), '{proposed.id}')"
        assert await refusal(app, take) == ("23514", "bank_receipt_two_people")
    await sponsor.confirms(proposed)
    with pytest.raises(asyncpg.CheckViolationError):
        await as_owner("UPDATE bank_receipt SET bank_number = 'ANOTHER'")


async def test_the_proof_names_a_receipt_without_its_payment(sponsor: Sponsor) -> None:
    await sponsor.paid(TONNE)
    await as_owner("ALTER TABLE bank_receipt DISABLE TRIGGER USER")
    await as_owner("UPDATE bank_receipt SET bank_number = 'ANOTHER'")
    await as_owner("ALTER TABLE bank_receipt ENABLE TRIGGER USER")
    run = await books.prove(connect=lambda: asyncpg.connect(sponsor.flow.river.stand.app_url))
    assert [one.check for one in run.differences] == ["receipts_paid"]


async def settle(sponsor: Sponsor, reference: str) -> None:
    """Two people transfer the money back."""
    proposed = await payments.propose_by_hand(
        reference, by=sponsor.clerk, reason="原路退回", evidence="ICBC 20261203-0007"
    )
    await payments.settle_by_hand(proposed.id, seen=proposed.sha256, by=sponsor.second)
    await sponsor.flow.work()


async def state(sponsor: Sponsor, order: orders.OrderFacts) -> str:
    """Where the order stands now."""
    return (await orders.find(order.id, by=sponsor.person_id)).state.value
