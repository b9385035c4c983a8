"""Money of lost time that its channel refuses to give back: asked again by one, or given back another way by two."""

import asyncio
import contextvars
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.commerce import payments, recovery
from app.foundation import approvals
from app.foundation.approvals import Approval
from app.foundation.identity import Role, RoleMissing
from app.gateways.channels.base import RawRequest
from app.gateways.database import fetch, fetch_value, transaction
from app.kernel.clock import utc_now
from app.registry import ledger
from tests.flow import at_once
from tests.lost_time import decided
from tests.owning import as_owner
from tests.rooms.commerce.bills.conftest import Shop, flow, notice_door, sandbox, sandbox_process, shop, tickets
from tests.rooms.commerce.bills.lost_time import LOST_MINOR, acts, found, recover, refused, relents, said_by_channel
from tests.rooms.conftest import KEYRING, connected, refusal
from tests.staff import staff

__all__ = ["flow", "notice_door", "sandbox", "sandbox_process", "shop", "tickets"]
EVIDENCE = "ICBC 20261201-0091"


async def proposed_by(clerk: UUID, row: dict[str, Any]) -> Approval:
    return await payments.propose_by_hand(row["refund_reference"], by=clerk, reason="渠道拒绝", evidence=EVIDENCE)


async def test_it_stands_in_the_list_of_refused_refunds_and_leaves_it_once_it_is_back(shop: Shop) -> None:
    row = await refused(shop)
    (listed,) = await payments.list_refused(limit=9)
    assert (listed.reference, listed.amount_minor, listed.last_word) == (row["refund_reference"], LOST_MINOR, "NO")
    assert payments.is_of_lost_time(listed.paid_for)
    assert await payments.count_refused() == 1
    assert row["refund_reference"] in " ".join(await recovery.left()), "the proof names the verb and the number"

    relents(shop)
    await payments.refund_again(row["refund_reference"], by=await staff(Role.FINANCE), reason="已解冻")
    await recover(shop)
    assert (await found())["state"] == "done"
    assert (await payments.list_refused(limit=9), await payments.count_refused()) == ([], 0)
    assert await recovery.left() == []


async def test_what_the_channel_ended_is_asked_again_under_a_new_number_and_it_is_kept_who(shop: Shop) -> None:
    row = await refused(shop)
    clerk = await staff(Role.FINANCE)
    relents(shop)
    new = await payments.refund_again(row["refund_reference"], by=clerk, reason="已解冻")
    assert new != row["refund_reference"]
    assert await acts() == [("asked_again", clerk, "已解冻", row["refund_reference"])]
    await recover(shop)
    assert [number for number, one in shop.far.refunds.items() if one["state"] == "BACK"] == [new]
    assert await ledger.balances(["clearing:tiny", "clearing:lost_time"], unit="CNY") == {
        "clearing:tiny": -100, "clearing:lost_time": 0,
    }  # fmt: skip


async def test_a_refusal_that_did_not_end_the_number_is_asked_again_under_the_same(shop: Shop) -> None:
    row = await refused(shop)
    clerk = await staff(Role.FINANCE)
    new = await payments.refund_again(row["refund_reference"], by=clerk, reason="已联系")
    assert await said_by_channel(await found(), "refused", is_over=False)
    assert await payments.refund_again(new, by=clerk, reason="再联系") == new


async def test_a_late_word_about_a_number_that_was_given_up_is_about_nothing(shop: Shop) -> None:
    row = await refused(shop)
    await payments.refund_again(row["refund_reference"], by=await staff(Role.FINANCE), reason="已解冻")
    assert not await said_by_channel(row, "refused", is_over=True)
    assert (await found())["state"] == "requested"


async def test_two_people_give_it_back_another_way_and_the_books_say_who_paid(shop: Shop) -> None:
    row = await refused(shop)
    clerk, second = await staff(Role.FINANCE), await staff(Role.FINANCE)
    proposed = await proposed_by(clerk, row)
    with pytest.raises(approvals.SamePerson):
        await payments.settle_by_hand(proposed.id, seen=proposed.sha256, by=clerk)
    assert (await found())["state"] == "refused"
    await payments.settle_by_hand(proposed.id, seen=proposed.sha256, by=second)
    assert (await found())["state"] == "settled"
    assert await recovery.left() == []
    assert await acts() == [("settled", clerk, "渠道拒绝", row["refund_reference"])]
    assert await ledger.balances(["clearing:tiny", "clearing:lost_time", "clearing:hand"], unit="CNY") == {
        "clearing:tiny": -100 - LOST_MINOR, "clearing:lost_time": 0, "clearing:hand": LOST_MINOR,
    }  # fmt: skip
    run = await shop.proved()
    assert run.is_balanced
    with pytest.raises(payments.RefundNotRefused):
        await proposed_by(clerk, row)


async def test_of_two_who_agree_and_one_who_asks_again_at_once_one_is_heard(shop: Shop) -> None:
    row = await refused(shop)
    clerk = await staff(Role.FINANCE)
    deciders = [await staff(Role.FINANCE), await staff(Role.ADMINISTRATOR)]
    proposed = await proposed_by(clerk, row)
    turns = iter(range(3))

    async def one() -> str | None:
        turn = next(turns)
        try:
            if turn == 2:
                await payments.refund_again(row["refund_reference"], by=clerk, reason="已解冻")
            else:
                await payments.settle_by_hand(proposed.id, seen=proposed.sha256, by=deciders[turn])
        except (payments.RefundNotRefused, payments.RefundUnknown, approvals.ApprovalDecided):
            return None
        return "requested" if turn == 2 else "settled"

    heard = [state for state in await at_once(one, 3) if state is not None]
    assert [(await found())["state"]] == heard
    assert len(await acts()) == 1


async def test_what_a_person_gave_back_takes_no_later_word_of_its_channel(shop: Shop) -> None:
    row = await refused(shop)
    clerk, second = await staff(Role.FINANCE), await staff(Role.FINANCE)
    proposed = await proposed_by(clerk, row)
    await payments.settle_by_hand(proposed.id, seen=proposed.sha256, by=second)
    for state in ("done", "refused", "requested"):
        assert not await said_by_channel(row, state)
    assert (await found())["state"] == "settled"


async def test_a_word_that_it_is_back_counts_after_a_no(shop: Shop) -> None:
    row = await refused(shop)
    assert await said_by_channel(row, "done")
    assert not await said_by_channel(row, "refused")
    assert (await found())["state"] == "done"
    assert (await shop.proved()).is_balanced


async def told_by_notice(shop: Shop, row: dict[str, Any], *, amount_minor: int = LOST_MINOR) -> tuple[str, str | None]:
    """The channel tells that its refund is done; what became of the message."""
    lies = {"refund": row["refund_reference"], "transaction": "B-NOTICE"}
    body, headers = shop.far.tells(row["reference"], "refunded", id_="", amount=amount_minor, lies=lies)
    await payments.receive(RawRequest(body=body, headers=headers), channel=shop.channels["tiny"], keyring=KEYRING)
    (kept,) = await fetch("SELECT fate, fact FROM payment_notice ORDER BY id DESC LIMIT 1")
    return kept["fate"], kept["fact"]


async def test_a_notice_of_its_refund_ends_it_and_waits_for_nobody(shop: Shop) -> None:
    row = await refused(shop)
    await payments.refund_again(row["refund_reference"], by=await staff(Role.FINANCE), reason="已解冻")
    row = await found()
    assert await told_by_notice(shop, row, amount_minor=LOST_MINOR - 1) == ("applied", None)
    assert ((await found())["state"], (await found())["last_word"]) == ("requested", "MISMATCH")
    for _ in range(2):
        assert await told_by_notice(shop, row) == ("applied", None)
    assert ((await found())["state"], (await found())["channel_refund_id"]) == ("done", "B-NOTICE")
    assert (await shop.proved()).is_balanced


async def test_a_notice_of_what_a_person_gave_back_already_waits_for_a_person(shop: Shop) -> None:
    row = await refused(shop)
    clerk, second = await staff(Role.FINANCE), await staff(Role.FINANCE)
    proposed = await proposed_by(clerk, row)
    await payments.settle_by_hand(proposed.id, seen=proposed.sha256, by=second)
    assert await told_by_notice(shop, row) == ("parked", "unknown_refund")
    assert (await found())["state"] == "settled"


async def test_a_notice_at_the_very_moment_in_which_a_person_gives_it_back_waits_for_a_person(shop: Shop) -> None:
    row = await refused(shop)
    clerk, second = await staff(Role.FINANCE), await staff(Role.FINANCE)
    proposed = await proposed_by(clerk, row)
    outside = contextvars.copy_context()
    async with transaction() as tx:
        await approvals.approve(proposed.id, seen=proposed.sha256, by=second, tx=tx)
        await fetch("SELECT payments.settle_by_hand($1, $2)", uuid4(), proposed.id, tx=tx)
        notice = asyncio.create_task(told_by_notice(shop, row), context=outside)
        await asyncio.wait([notice], timeout=1)  # it has read that the refund is refused, and waits for this row
        assert not notice.done()
    assert await notice == ("parked", "unknown_refund")
    assert (await found())["state"] == "settled"


async def test_only_finance_leads_it_on_and_postgresql_asks_as_well(shop: Shop) -> None:
    row = await refused(shop)
    for role in (Role.OPERATOR, Role.REVIEWER):
        clerk = await staff(role)
        with pytest.raises(RoleMissing):
            await payments.refund_again(row["refund_reference"], by=clerk, reason="已联系")
        with pytest.raises(RoleMissing):
            await proposed_by(clerk, row)
        ask = f"SELECT payments.ask_again(gen_random_uuid(), '{row['id']}', '{clerk}', 'x', NULL)"
        async with connected(shop.stand.app_url) as app:
            assert await refusal(app, ask) == ("42501", "payment_refund_act_power")
    assert await acts() == []


async def test_postgresql_settles_nothing_that_two_people_have_not_approved(shop: Shop) -> None:
    row = await refused(shop)
    proposed = await proposed_by(await staff(Role.FINANCE), row)
    back = (
        f"SELECT ledger.post('lost_time_back:{row['id']}', 'lost_time_back', ARRAY['clearing:lost_time', 'clearing:hand'],"
        f" ARRAY['CNY', 'CNY'], ARRAY[-{LOST_MINOR}, {LOST_MINOR}])"
    )
    came = (
        f"SELECT ledger.post('lost_time:{uuid4()}', 'lost_time', ARRAY['clearing:tiny', 'clearing:lost_time'],"
        " ARRAY['CNY', 'CNY'], ARRAY[-5, 5])"
    )
    async with connected(shop.stand.app_url) as app:
        for settle in (proposed.id, uuid4()):
            sql = f"SELECT payments.settle_by_hand(gen_random_uuid(), '{settle}')"
            assert await refusal(app, sql) == ("23514", "payment_refund_lead_on_check")
        state, _ = await refusal(app, "UPDATE recovery_payment SET state = 'settled'")
        assert state == "42501"
        for posting in (back, came):
            assert await refusal(app, posting) == ("23514", "payment_posted_as_it_is")
    async with connected(shop.stand.owner_url) as owner:
        by_hand = "UPDATE recovery_payment SET state = 'settled', finished_at = now()"
        assert await refusal(owner, by_hand) == ("23514", "recovery_payment_step_check")
    assert await fetch_value("SELECT state FROM recovery_payment") == "refused"


async def test_what_people_did_needs_a_reason_and_names_one_refund(shop: Shop) -> None:
    row = await refused(shop)
    clerk = await staff(Role.FINANCE)
    with pytest.raises(payments.RefundActUnfit):
        await payments.refund_again(row["refund_reference"], by=clerk, reason=" ")
    with pytest.raises(payments.RefundActUnfit):
        await payments.propose_by_hand(row["refund_reference"], by=clerk, reason="渠道拒绝", evidence="")
    async with connected(shop.stand.owner_url) as owner:
        act = (
            "INSERT INTO payment_refund_act (id, act, by_id, reason, reference_before, acted_at)"
            f" VALUES (gen_random_uuid(), 'asked_again', '{clerk}', 'x', 'RF', now())"
        )
        assert await refusal(owner, act) == ("23514", "payment_refund_act_of_one_check")
    assert await fetch("SELECT 1 FROM payment_refund_act") == []


async def test_the_proof_names_every_payment_of_lost_time_however_many(shop: Shop) -> None:
    case_id = await decided(utc_now() - timedelta(hours=1))
    await as_owner(
        "INSERT INTO recovery_payment (id, case_id, channel, reference, transaction_id, amount_minor, currency, paid_at,"
        " refund_reference) SELECT gen_random_uuid(), $1, 'tiny', 'MANY' || n, 'X' || n, n, 'CNY', clock_timestamp(), 'RF' || n"
        " FROM generate_series(1, 45) AS n",
        case_id,
    )
    named = {word for line in await recovery.left() for word in line.split() if word.startswith("MANY")}
    assert named == {f"MANY{number}" for number in range(1, 46)}
    await as_owner(
        "UPDATE recovery_payment SET state = 'done', channel_refund_id = 'B' || reference, finished_at = clock_timestamp()"
    )
    assert await recovery.left() == []
