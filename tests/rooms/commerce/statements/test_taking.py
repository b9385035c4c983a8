"""A bank's statement: what fits waits for a second person, each row that does not is a finding, and nothing counts twice."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.commerce import orders, payments, statements
from app.commerce.statements import (
    FindingClosed,
    FindingReasonUnfit,
    FindingState,
    FindingUnknown,
    FindingWithoutRow,
    RowState,
    StatementUnfit,
    StatementUnknown,
    StatementWithoutAccount,
    StatementWithoutFile,
    Step,
    Taken,
)
from app.foundation import approvals, identity
from app.foundation.identity import Role, RoleMissing
from app.gateways.database import fetch, fetch_value, transaction
from app.kernel.clock import beijing_day, utc_now
from app.kernel.ids import uuid7
from tests.owning import as_owner
from tests.rooms.commerce.payments.test_bank_transfers import TONNE, proved
from tests.rooms.commerce.statements.conftest import Till
from tests.rooms.conftest import KEYRING
from tests.staff import staff

YESTERDAY = (beijing_day(utc_now()) - timedelta(1)).isoformat()


async def backdated(order: orders.OrderFacts, *, days: int = 3) -> None:
    """As if its payment had been opened days ago."""
    await as_owner(
        "UPDATE payment SET created_at = created_at - make_interval(days => $2) WHERE subject = $1",
        f"order:{order.id}", days,
    )  # fmt: skip


async def test_a_row_that_fits_waits_for_a_second_person_and_is_paid_when_they_agree(till: Till) -> None:
    order, remark = await till.owed(3)
    statement = await till.reads(till.row(order.amount_minor, f"货款 {remark[:2]} {remark[2:]}", "A0001"))
    told = await statements.find_statement(statement)
    assert (told.new, told.fitting, told.open, told.amount_minor) == (1, 1, 0, order.amount_minor)
    assert [one.state for one in await statements.preview_rows(statement, keyring=KEYRING, limit=10)] == [
        RowState.PROPOSED
    ]
    assert await fetch("SELECT 1 FROM bank_statement_row") == []

    assert await statements.take(statement, by=till.sponsor.clerk, keyring=KEYRING) == Taken(new=1, proposed=1)
    await till.sponsor.flow.work()
    assert await till.sponsor.has() == 0
    (proposed,) = await till.waiting()
    with pytest.raises(approvals.SamePerson):
        await till.sponsor.confirms(proposed, by=till.sponsor.clerk)
    await till.sponsor.confirms(proposed)
    await statements.compare_due()
    await till.sponsor.flow.work()
    assert await till.sponsor.has() == 3 * TONNE
    (row,) = await statements.list_rows(statement, keyring=KEYRING, limit=10)
    assert (row.state, row.approval_id, row.payer_end) == (RowState.PAID, proposed.id, "0001")
    assert await till.open() == []
    assert await proved(till.sponsor.flow)


async def test_every_way_in_which_a_row_does_not_fit_is_a_finding_with_one_next_step(till: Till) -> None:
    paid, paid_remark = await till.owed()
    sponsor = till.sponsor
    await sponsor.confirms(await sponsor.records(sponsor.receipt(paid, paid_remark, bank_number="HAND-0001")))
    less, less_remark = await till.owed()
    more, more_remark = await till.owed()
    early, early_remark = await till.owed()
    first, first_remark = await till.owed()
    second, second_remark = await till.owed()
    typed, typed_remark = await till.owed()
    await sponsor.records(sponsor.receipt(typed, typed_remark, bank_number="HAND-0002"))
    wrong, wrong_remark = await till.owed()
    await sponsor.records(sponsor.receipt(wrong, wrong_remark, bank_number="A0010"))
    late, late_remark = await till.owed()
    await as_owner(
        "UPDATE payment SET expires_at = clock_timestamp() - interval '1 minute' WHERE subject = $1", f"order:{late.id}"
    )
    minor = paid.amount_minor
    taken = await till.takes(
        till.row(500, "货款", "A0001"),
        till.row(500, "DD00000000", "A0002"),
        till.row(minor, f"{first_remark}/{second_remark}", "A0003"),
        till.row(minor, paid_remark, "A0004"),
        till.row(less.amount_minor - 1, less_remark, "A0005"),
        till.row(more.amount_minor + 1, more_remark, "A0006"),
        till.row(early.amount_minor, early_remark, "A0007", day=YESTERDAY),
        till.row(late.amount_minor, late_remark, "A0008"),
        till.row(typed.amount_minor, typed_remark, "A0009"),
        till.row(wrong.amount_minor + 100, wrong_remark, "A0010"),
        till.row(first.amount_minor, first_remark, "A0011"),
        till.row(first.amount_minor, first_remark, "A0012"),
    )
    assert taken == Taken(new=12, proposed=1)
    said = {one.number: (one.nature.value, one.step) for one in await till.open()}
    assert said == {
        "A0001": ("no_code", Step.RECORD), "A0002": ("unknown", Step.RECORD), "A0003": ("several", Step.RETURN),
        "A0004": ("paid", Step.RETURN), "A0005": ("less", Step.RETURN), "A0006": ("more", Step.RETURN),
        "A0007": ("early", Step.RETURN), "A0008": ("late", Step.RECORD), "A0009": ("number", Step.ASK),
        "A0010": ("amount", Step.ASK), "A0012": ("twice", Step.RETURN),
    }  # fmt: skip
    assert (await fetch_value("SELECT count(*) FROM bank_receipt")) == 1
    before = await fetch("SELECT * FROM statement_finding ORDER BY id")
    assert await statements.compare_due() == 0
    assert await fetch("SELECT * FROM statement_finding ORDER BY id") == before
    assert second.id


async def test_a_recorded_transfer_of_a_covered_day_that_no_statement_has_is_found_until_one_has_it(till: Till) -> None:
    sponsor = till.sponsor
    order, remark = await till.owed()
    await backdated(order)
    value_day = beijing_day(utc_now()) - timedelta(1)
    receipt = sponsor.receipt(order, remark, bank_number="HAND-0001", value_day=value_day)
    await sponsor.confirms(await sponsor.records(receipt))
    day_before = (value_day - timedelta(1)).isoformat()
    await till.takes(till.row(100, "利息", "A0001", day=day_before), till.row(100, "利息", "A0002"))
    (finding,) = [one for one in await till.open() if one.nature.value == "unseen"]
    assert (finding.number, finding.theirs_minor, finding.ours_minor) == ("HAND-0001", None, order.amount_minor)
    assert (finding.step, finding.may_be_recorded) == (Step.ASK, False)
    with pytest.raises(FindingWithoutRow):
        await statements.record(finding.id, remark=remark, by=sponsor.clerk, keyring=KEYRING)
    await till.takes(till.row(order.amount_minor, remark, "HAND-0001", day=value_day.isoformat()))
    assert (await statements.find_finding(finding.id, keyring=KEYRING)).state is FindingState.SETTLED
    assert await till.natures() == ["no_code", "no_code"]
    assert await proved(sponsor.flow)


async def test_the_day_on_which_a_statement_was_made_is_not_over(till: Till) -> None:
    order, remark = await till.owed()
    await till.sponsor.records(till.sponsor.receipt(order, remark, bank_number="HAND-0001"))
    await till.takes(till.row(100, "利息", "A0001", day=YESTERDAY), till.row(100, "利息", "A0002"))
    assert "unseen" not in await till.natures()


async def test_a_transfer_recorded_by_hand_is_the_row_with_its_number_and_is_not_proposed_again(till: Till) -> None:
    order, remark = await till.owed()
    proposed = await till.sponsor.records(till.sponsor.receipt(order, remark, bank_number="icbc 0001"))
    assert await till.takes(till.row(order.amount_minor, "货款", "ICBC0001")) == Taken(new=1, proposed=0)
    assert (await till.open(), [one.id for one in await till.waiting()]) == ([], [proposed.id])
    await till.sponsor.confirms(proposed)
    await statements.compare_due()
    assert [row["state"] for row in await fetch("SELECT state FROM bank_statement_row")] == ["paid"]


async def test_a_number_that_two_people_typed_for_two_payments_is_one_finding(till: Till) -> None:
    for tonnes in (1, 2):
        order, remark = await till.owed(tonnes)
        await till.sponsor.records(till.sponsor.receipt(order, remark, bank_number="A0001"))
    assert await till.takes(till.row(7, "货款", "A0001")) == Taken(new=1, proposed=0)
    assert await till.natures() == ["amount"]


async def test_a_bank_that_gives_no_numbers_is_met_by_payment_amount_and_day(till: Till) -> None:
    head = "交易日期,贷方金额,附言"
    day = beijing_day(utc_now()).isoformat()
    by_hand, remark = await till.owed()
    proposed = await till.sponsor.records(till.sponsor.receipt(by_hand, remark, bank_number="HAND-0001"))
    fresh, fresh_remark = await till.owed()
    rows = [f"{day},{one.amount_minor / 100:.2f},{said}" for one, said in ((by_hand, remark), (fresh, fresh_remark))]
    assert await till.takes(*rows, rows[0], head=head) == Taken(new=3, proposed=1)
    assert await till.natures() == ["twice"]
    await till.sponsor.confirms(proposed)
    await statements.compare_due()
    states = [row["state"] for row in await fetch("SELECT state FROM bank_statement_row ORDER BY id")]
    assert (states, await till.natures()) == (["paid", "proposed", "open"], ["twice"])
    assert await proved(till.sponsor.flow)


async def test_the_same_file_twice_overlapping_files_and_two_at_once_change_nothing_more(till: Till) -> None:
    one, one_remark = await till.owed()
    two, two_remark = await till.owed()
    three, three_remark = await till.owed()
    rows = [
        till.row(order.amount_minor, remark, f"A000{no}")
        for no, (order, remark) in enumerate(((one, one_remark), (two, two_remark), (three, three_remark)))
    ]
    first, again = await till.reads(*rows[:2]), await till.reads(*rows[:2], by=till.sponsor.second)
    assert first == again
    late = await till.reads(*rows[1:])
    done = await asyncio.gather(
        *(statements.take(each, by=till.sponsor.clerk, keyring=KEYRING) for each in (first, late, first, late, again))
    )
    assert (sum(each.new for each in done), sum(each.proposed for each in done)) == (3, 3)
    assert await till.reads(*rows[:2]) == first
    assert await statements.take(first, by=till.sponsor.clerk, keyring=KEYRING) == Taken(new=0, proposed=0)
    assert await fetch_value("SELECT count(*) FROM bank_statement_row") == 3
    assert len(await till.waiting()) == 3


async def test_a_number_with_another_amount_than_before_refuses_the_whole_file(till: Till) -> None:
    await till.takes(till.row(500, "货款", "A0001"))
    statement = await till.reads(till.row(700, "别的", "A0002"), till.row(600, "货款", "A0001"))
    with pytest.raises(StatementUnfit) as unfit:
        await statements.take(statement, by=till.sponsor.clerk, keyring=KEYRING)
    assert [one.place for one in unfit.value.faults] == ["3"]
    assert await fetch_value("SELECT count(*) FROM bank_statement_row") == 1
    assert (await statements.find_statement(statement)).taken_at is None


async def test_a_row_without_a_code_is_recorded_under_the_remark_that_a_person_knows(till: Till) -> None:
    order, remark = await till.owed()
    await till.takes(till.row(order.amount_minor, "货款", "A0001", payer=""))
    (finding,) = await till.open()
    with pytest.raises(payments.ReceiptRemarkUnknown):
        await statements.record(finding.id, remark="DD00000000", by=till.sponsor.clerk, keyring=KEYRING)
    approval_id = await statements.record(finding.id, remark=remark, by=till.sponsor.clerk, keyring=KEYRING)
    assert (await till.open(), [one.id for one in await till.waiting()]) == ([], [approval_id])
    with pytest.raises(FindingClosed):
        await statements.record(finding.id, remark=remark, by=till.sponsor.clerk, keyring=KEYRING)
    async with transaction() as tx:
        found = await approvals.find(approval_id)
        await approvals.send_back(approval_id, reason="户名不符", seen=found.sha256, by=till.sponsor.second, tx=tx)
    await statements.compare_due()
    (refused,) = await till.open()
    assert (refused.nature.value, refused.step) == ("refused", Step.RECORD)
    await till.sponsor.confirms(
        await approvals.find(await statements.record(refused.id, remark=remark, by=till.sponsor.clerk, keyring=KEYRING))
    )
    await statements.compare_due()
    assert await till.open() == []


async def test_a_finding_is_taken_and_explained_once_and_its_row_is_over(till: Till) -> None:
    order, remark = await till.owed()
    await till.takes(till.row(order.amount_minor - 1, remark, "A0001"))
    (finding,) = await till.open()
    await statements.take_finding(finding.id, by=till.sponsor.second)
    assert await statements.count_findings(is_open=True, owner=till.sponsor.second) == 1
    for reason, evidence in (("x", ""), ("退回", "y" * 121)):
        with pytest.raises(FindingReasonUnfit):
            await statements.explain(finding.id, reason=reason, evidence=evidence, by=till.sponsor.clerk)
    await statements.explain(finding.id, reason="少付一分，已退回", evidence="ICBC-B1", by=till.sponsor.clerk)
    done = await statements.find_finding(finding.id, keyring=KEYRING)
    assert (done.state, done.owner_id, done.closed_by, done.step) == (
        FindingState.EXPLAINED, till.sponsor.second, till.sponsor.clerk, None,
    )  # fmt: skip
    with pytest.raises(FindingClosed):
        await statements.explain(finding.id, reason="再说一次", by=till.sponsor.clerk)
    assert await till.takes(till.row(order.amount_minor, remark, "A0002")) == Taken(new=1, proposed=1)
    assert await till.open() == []


async def test_only_finance_of_this_moment_reads_takes_records_and_explains(till: Till) -> None:
    order, remark = await till.owed()
    statement = await till.reads(till.row(order.amount_minor, remark, "A0001"), till.row(100, "利息", "A0002"))
    gone = await staff(Role.FINANCE)
    house = await fetch_value("SELECT organisation_id FROM membership WHERE person_id = $1", gone)
    await identity.withdraw_role(gone, house, Role.FINANCE)
    for by in (gone, await staff(Role.OPERATOR), till.sponsor.person_id):
        with pytest.raises(RoleMissing):
            await till.reads(till.row(1, "x", "A0003"), by=by)
        with pytest.raises(RoleMissing):
            await statements.take(statement, by=by, keyring=KEYRING)
    await statements.take(statement, by=till.sponsor.clerk, keyring=KEYRING)
    (finding,) = await till.open()
    steps: list[Any] = [
        lambda by: statements.take_finding(finding.id, by=by),
        lambda by: statements.record(finding.id, remark=remark, by=by, keyring=KEYRING),
        lambda by: statements.explain(finding.id, reason="利息", by=by),
    ]
    for step in steps:
        with pytest.raises(RoleMissing):
            await step(gone)
    assert await statements.find_finding(finding.id, keyring=KEYRING) == finding


async def test_what_is_not_there_is_said_so(till: Till) -> None:
    with pytest.raises(StatementUnknown):
        await statements.take(uuid7(), by=till.sponsor.clerk, keyring=KEYRING)
    with pytest.raises(FindingUnknown):
        await statements.explain(uuid7(), reason="利息", by=till.sponsor.clerk)
    with pytest.raises(StatementWithoutFile):
        await statements.read(
            "x.csv", b"", by=till.sponsor.clerk, channels=till.sponsor.flow.channels, keyring=KEYRING, now=utc_now()
        )
    with pytest.raises(StatementWithoutAccount):
        await statements.read("x.csv", b"x", by=till.sponsor.clerk, channels={}, keyring=KEYRING, now=utc_now())


async def test_a_statement_that_nobody_took_is_gone_after_a_day(till: Till) -> None:
    old = await till.reads(till.row(100, "利息", "A0001"))
    await as_owner("UPDATE bank_statement SET read_at = read_at - interval '25 hours'")
    await till.reads(till.row(100, "利息", "A0002"))
    with pytest.raises(StatementUnknown):
        await statements.find_statement(old)


async def test_five_thousand_rows_are_taken_at_once(till: Till) -> None:
    order, remark = await till.owed()
    rows = [till.row(100 + no, f"利息 {no}", f"A{no:05}") for no in range(4_999)]
    began = utc_now()
    assert await till.takes(*rows, till.row(order.amount_minor, remark, "B0001")) == Taken(new=5_000, proposed=1)
    assert (utc_now() - began).total_seconds() < 20
    assert await statements.count_findings(is_open=True) == 4_999
    began = utc_now()
    assert await statements.compare_due() == 0
    assert (utc_now() - began).total_seconds() < 5
