"""A day is signed by two people, once, as it was shown; and only when nothing of it is open."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.commerce import bills
from app.commerce.bills import sealing
from app.foundation import approvals
from app.foundation.identity import Role, RoleMissing
from app.gateways.channels.base import Bill
from app.gateways.database import fetch_value
from tests.rooms.commerce.bills.conftest import Shop, backdate
from tests.rooms.conftest import KEYRING, connected, refusal
from tests.staff import staff


async def traded(shop: Shop) -> None:
    await shop.paid(100)
    await shop.given_back(await shop.paid(400), 150)
    await backdate(shop)
    await shop.fetch()


async def signed(shop: Shop) -> tuple[approvals.Approval, UUID, UUID]:
    maker, decider = await shop.clerks()
    proposed = await bills.propose_day(shop.day, by=maker)
    await bills.sign_day(proposed.id, seen=proposed.sha256, by=decider)
    return proposed, maker, decider


async def test_a_day_without_differences_is_signed_by_two_and_shown_with_both(shop: Shop) -> None:
    await traded(shop)
    proposed, maker, decider = await signed(shop)
    told = (await bills.list_signed([shop.day]))[shop.day]
    assert (told.maker_id, told.decider_id, told.sha256) == (maker, decider, proposed.sha256)
    with pytest.raises(bills.DaySigned):
        await bills.propose_day(shop.day, by=maker)
    with pytest.raises(bills.DaySigned):
        await shop.again()
    run = await shop.proved()
    assert run.is_balanced
    assert run.found("bills_signed") == 1


async def test_nobody_signs_what_they_proposed_and_only_finance_signs(shop: Shop) -> None:
    await traded(shop)
    maker, _ = await shop.clerks()
    proposed = await bills.propose_day(shop.day, by=maker)
    with pytest.raises(approvals.SamePerson):
        await bills.sign_day(proposed.id, seen=proposed.sha256, by=maker)
    for role in (Role.OPERATOR, Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR):
        other = await staff(role)
        with pytest.raises(approvals.ApprovalRoleMissing):
            await bills.sign_day(proposed.id, seen=proposed.sha256, by=other)
        with pytest.raises(RoleMissing):
            await bills.propose_day(shop.day, by=other)
    assert await bills.list_signed([shop.day]) == {}


async def test_a_day_with_an_open_difference_is_signed_once_somebody_has_explained_it(shop: Shop) -> None:
    shop.lies(lambda rows: rows[1:])
    await traded(shop)
    maker, decider = await shop.clerks()
    with pytest.raises(bills.DayOpen) as refused:
        await bills.propose_day(shop.day, by=maker)
    assert refused.value.facts == {"missing": 0, "open": 1}
    (found,) = await shop.differences()
    await bills.take(found.id, by=decider)
    await bills.explain(found.id, reason="渠道漏列，已去函", evidence="CASE-1", is_missing=True, by=maker)
    (closed,) = await shop.differences()
    assert (closed.state, closed.owner_id, closed.closed_by, closed.evidence) == (
        bills.DifferenceState.ACCEPTED, decider, maker, "CASE-1",
    )  # fmt: skip
    with pytest.raises(bills.DifferenceClosed):
        await bills.explain(found.id, reason="别的原因", by=decider)
    with pytest.raises(bills.DifferenceClosed):
        await bills.take(found.id, by=maker)
    await signed(shop)
    assert (await shop.proved()).is_balanced


async def test_a_day_whose_bill_is_missing_or_cannot_be_read_is_not_signed(shop: Shop) -> None:
    await shop.paid(100)
    await backdate(shop)
    maker, _ = await shop.clerks()
    with pytest.raises(bills.BillUnknown):
        await bills.propose_day(shop.day, by=maker)
    await shop.fetch(hour=9)  # expected, and not due before ten
    assert (await shop.bill()).state is bills.BillState.EXPECTED
    shop.lies(lambda rows: [row | {"amount": -1} for row in rows])
    for _ in range(2):
        with pytest.raises(bills.DayOpen):
            await bills.propose_day(shop.day, by=maker)
        await shop.fetch()
    bill = await shop.bill()
    assert (bill.state, bill.unfit, bill.unfit_line) == (bills.BillState.UNFIT, "amount", 1)
    shop.lies(None)
    await shop.fetch(hour=13)
    assert (await shop.bill()).state is bills.BillState.READ
    await signed(shop)


async def test_a_day_that_changed_since_it_was_proposed_is_not_signed(shop: Shop) -> None:
    await traded(shop)
    maker, decider = await shop.clerks()
    proposed = await bills.propose_day(shop.day, by=maker)
    shop.lies(lambda rows: rows[1:])
    await shop.again()
    with pytest.raises(bills.DayChanged):
        await bills.sign_day(proposed.id, seen=proposed.sha256, by=decider)
    assert await bills.list_signed([shop.day]) == {}
    shop.lies(None)
    await shop.again()
    again = await bills.propose_day(shop.day, by=maker)
    assert again.id != proposed.id  # what was settled in between stands in it
    await bills.sign_day(again.id, seen=again.sha256, by=decider)


async def test_a_proof_finds_what_was_changed_of_a_signed_day(shop: Shop) -> None:
    await traded(shop)
    await signed(shop)
    async with connected(shop.stand.super_url) as owner:
        await owner.execute("SET session_replication_role = replica")
        await owner.execute("UPDATE channel_bill_line SET amount_minor = 101 WHERE amount_minor = 100")
    run = await shop.proved()
    (line,) = [line for line in run.differences if line.check == "bills_signed"]
    assert (line.expected, line.found) == (1, 0)
    assert f"tiny of {shop.day}" in line.detail[0]


async def test_only_finance_takes_or_explains_a_difference_and_says_why(shop: Shop) -> None:
    shop.lies(lambda rows: rows[1:])
    await traded(shop)
    (found,) = await shop.differences()
    operator, (clerk, _) = await staff(Role.OPERATOR), await shop.clerks()
    for act in (bills.take(found.id, by=operator), bills.explain(found.id, reason="因为", by=operator)):
        with pytest.raises(RoleMissing):
            await act
    with pytest.raises(RoleMissing):
        await bills.ask_about(found.id, by=operator, channels=shop.channels)
    for reason, evidence, field in (("", "", "/reason"), ("x" * 201, "", "/reason"), ("因为", "x" * 121, "/evidence")):
        with pytest.raises(bills.ReasonUnfit) as unfit:
            await bills.explain(found.id, reason=reason, evidence=evidence, by=clerk)
        assert unfit.value.field == field
    with pytest.raises(bills.DifferenceUnknown):
        await bills.take(uuid4(), by=clerk)
    assert [one.state for one in await shop.differences()] == [bills.DifferenceState.OPEN]


async def test_a_person_asks_the_channel_only_about_what_is_ours(shop: Shop) -> None:
    lost = await shop.open(300)
    await backdate(shop)
    await shop.pays(lost)
    shop.lies(lambda rows: [*rows, rows[0] | {"transaction": "STRANGE", "reference": "STRANGE"}])
    await shop.fetch()
    clerk, _ = await shop.clerks()
    known, strange = sorted(await shop.differences(), key=lambda one: one.payment_id is None)
    with pytest.raises(bills.DifferenceNotAsked):
        await bills.ask_about(strange.id, by=clerk, channels=shop.channels)
    assert await bills.ask_about(known.id, by=clerk, channels=shop.channels) == "SUCCESS"
    with pytest.raises(bills.DifferenceClosed):
        await bills.ask_about(known.id, by=clerk, channels=shop.channels)
    assert [one.id for one in await shop.differences(is_open=True)] == [strange.id]


async def test_nothing_of_a_bill_is_deleted_or_changed_by_its_owner(shop: Shop) -> None:
    await traded(shop)
    await signed(shop)
    async with connected(shop.stand.owner_url) as owner:
        for statement, wanted in (
            ("UPDATE channel_bill_line SET amount_minor = 1", "channel_bill_line_stays"),
            ("DELETE FROM channel_bill_line", "channel_bill_line_stays"),
            ("DELETE FROM channel_bill_file", "channel_bill_file_stays"),
            ("DELETE FROM channel_bill", "channel_bill_stays"),
            ("TRUNCATE bill_difference", "bill_difference_stays"),
            ("UPDATE bill_day SET day = day + 1", "bill_day_stays"),
        ):
            assert await refusal(owner, statement) == ("23514", wanted)


async def test_the_bytes_of_a_bill_are_kept_as_they_came(shop: Shop) -> None:
    await traded(shop)
    file_id = await fetch_value("SELECT id FROM channel_bill_file")
    came = await shop.channels["tiny"].fetch_bill(shop.day)
    assert isinstance(came, Bill)
    assert await bills.read_file(file_id, shop.files, keyring=KEYRING) == came.content
    kept = await shop.files.fetch(sealing.name_of(file_id))
    assert kept is not None and not kept.startswith(b"\x1f\x8b"), "sealed: nothing that unpacks"
    assert await bills.list_bills(channel="tiny", limit=5) == [await shop.bill()]
    assert await bills.count_bills() == {bills.BillState.READ: 1}
    assert await bills.list_day(shop.day - timedelta(1)) == []
