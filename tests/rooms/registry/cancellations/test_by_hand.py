"""Upstream cancellation by hand: one proposes and brings the proof, another looks and says yes or no."""

import asyncio
from datetime import date, timedelta

import pytest

from app.foundation import approvals
from app.foundation.identity import Role
from app.kernel.clock import beijing_day, utc_now
from app.registry import cancellations
from app.registry.cancellations import Mode, State, Tonnes, Upload
from tests.rooms.conftest import connected
from tests.rooms.registry.cancellations.conftest import LOT, PDF, Desk
from tests.staff import staff

TONNE_G = 1_000_000
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0"
"""Backends that wait for a lock of somebody's."""


async def test_the_tonnes_that_hold_a_retired_gram_are_proposed_from_the_start(desk: Desk) -> None:
    await desk.retire(1_400_000, 900_000)
    found = await cancellations.find(await desk.propose())
    assert (found.tonnes, found.first, found.last, found.state) == (Tonnes(0, 3), 1, 3, State.PROPOSED)


async def test_a_confirmed_cancellation_covers_what_was_retired_and_a_little_ahead(desk: Desk) -> None:
    await desk.retire(2_300_000)
    before = await desk.standing()
    assert (before.uncovered_g, before.cancelled_t, before.uncovered_since is None) == (2_300_000, 0, False)
    await desk.cancelled()
    after = await desk.standing()
    assert (after.uncovered_g, after.cancelled_t, after.ahead_g, after.uncovered_since) == (0, 3, 700_000, None)
    assert after.next is None


async def test_grams_of_a_tonne_that_was_cancelled_ahead_need_no_other(desk: Desk) -> None:
    await desk.retire(300_000)
    await desk.cancelled()
    await desk.retire(700_000)
    with pytest.raises(cancellations.NothingToCancel):
        await desk.propose()
    await desk.retire(1)
    assert (await cancellations.find(await desk.propose())).tonnes == Tonnes(1, 2)


async def test_the_age_of_the_gap_is_that_of_its_oldest_gram(desk: Desk) -> None:
    await desk.retire(1_000_000)
    await desk.cancelled()
    await desk.retire(500_000)
    first = (await desk.standing()).uncovered_since
    await desk.retire(500_000)
    assert (await desk.standing()).uncovered_since == first


async def test_the_whole_way_is_kept_step_by_step_with_who_did_it(desk: Desk) -> None:
    await desk.retire(1)
    found = await cancellations.find(await desk.cancelled())
    assert [(step.state, step.actor_id) for step in found.steps] == [
        (State.PROPOSED, desk.maker), (State.REPORTED, desk.maker), (State.CANCELLED, desk.checker),
    ]  # fmt: skip
    assert found.registry_reference == "VN-2026-1"
    assert await cancellations.read_evidence(found.reference, files=desk.files) == (found, PDF)


async def test_nobody_confirms_or_sends_back_what_they_proposed(desk: Desk) -> None:
    await desk.retire(1)
    reference = await desk.propose()
    await desk.report(reference)
    with pytest.raises(approvals.SamePerson):
        await desk.approve(reference, by=desk.maker)
    seen = await desk.seen(reference)
    with pytest.raises(approvals.SamePerson):
        await cancellations.send_back(reference, reason="不对", seen=seen, by=desk.maker)


async def test_only_the_maker_reports(desk: Desk) -> None:
    await desk.retire(1)
    reference = await desk.propose()
    with pytest.raises(cancellations.NotTheMaker):
        await desk.report(reference, by=desk.checker)


async def test_nothing_is_confirmed_before_it_is_reported(desk: Desk) -> None:
    await desk.retire(1)
    reference = await desk.propose()
    with pytest.raises(cancellations.AlreadyDecided):
        await desk.approve(reference)


async def test_what_changed_after_it_was_shown_is_not_confirmed(desk: Desk) -> None:
    await desk.retire(1)
    reference = await desk.propose()
    shown = await desk.seen(reference)
    await desk.report(reference)
    with pytest.raises(approvals.ApprovalChanged):
        await desk.approve(reference, seen=shown)


async def test_two_who_confirm_at_once_confirm_once(desk: Desk) -> None:
    await desk.retire(1)
    reference = await desk.propose()
    await desk.report(reference)
    other = await staff(Role.REVIEWER)
    seen = await desk.seen(reference)
    async with connected(desk.river.stand.super_url) as holder, connected(desk.river.stand.super_url) as looking:
        async with holder.transaction():  # nobody gets ahead: all six stand before it
            await holder.execute("SELECT FROM approval FOR UPDATE")
            deciding = [
                asyncio.create_task(desk.approve(reference, by=by, seen=seen)) for by in (desk.checker, other) * 3
            ]
            async with asyncio.timeout(120):
                while await looking.fetchval(WAITING) < len(deciding):  # noqa: ASYNC110 - it is PostgreSQL that knows
                    await asyncio.sleep(0.02)
        done = await asyncio.gather(*deciding, return_exceptions=True)
    assert done.count(State.CANCELLED) == 1
    assert all(isinstance(one, State | cancellations.AlreadyDecided) for one in done)
    steps = (await cancellations.find(reference)).steps
    assert [step.state for step in steps].count(State.CANCELLED) == 1


async def test_what_was_sent_back_says_why_and_frees_its_tonnes(desk: Desk) -> None:
    await desk.retire(1)
    reference = await desk.propose()
    await desk.report(reference)
    await desk.send_back(reference, "  凭证上的编号不同  ")
    found = await cancellations.find(reference)
    assert (found.state, found.reason) == (State.RETURNED, "凭证上的编号不同")
    assert (await desk.standing()).uncovered_g == 1
    again = await desk.propose()
    await desk.report(again)  # with the same number of the registry: the first one proved nothing
    assert await desk.approve(again) is State.CANCELLED


async def test_tonnes_that_were_sent_back_are_filled_before_those_after_them(desk: Desk) -> None:
    await desk.retire(TONNE_G)
    first = await desk.propose()
    await desk.retire(TONNE_G)
    await desk.propose()
    await desk.send_back(first)
    await desk.retire(TONNE_G)
    assert (await cancellations.find(await desk.propose())).tonnes == Tonnes(0, 1)
    assert (await cancellations.find(await desk.propose())).tonnes == Tonnes(2, 3)


async def test_makers_at_once_never_propose_one_tonne_twice(desk: Desk) -> None:
    await desk.retire(2_500_000)
    done = await asyncio.gather(*(desk.propose() for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(one, str) for one in done) == 1
    assert all(isinstance(one, str | cancellations.TonnesTaken | cancellations.NothingToCancel) for one in done), done


async def test_one_number_of_the_registry_proves_one_cancellation(desk: Desk) -> None:
    await desk.retire(TONNE_G)
    await desk.cancelled("VN-7")
    await desk.retire(TONNE_G)
    reference = await desk.propose()
    with pytest.raises(cancellations.ReferenceUsed):
        await desk.report(reference, number="VN-7")
    await desk.report(reference, number="VN-8")
    assert len((await cancellations.find(reference)).same_evidence) == 1  # the same file: told, for the second person


async def test_by_wire_is_refused_where_no_wire_is(desk: Desk) -> None:
    await desk.retire(1)
    with pytest.raises(cancellations.ModeUnavailable):
        await desk.propose(Mode.REGISTRY)


async def test_an_unknown_lot_and_an_unknown_number_are_told(desk: Desk) -> None:
    with pytest.raises(cancellations.LotUnknown):
        await desk.propose(lot="NONE")
    with pytest.raises(cancellations.CancellationUnknown):
        await cancellations.find("UC-20260101-00000000")
    with pytest.raises(cancellations.NothingToCancel):
        await desk.propose()


def today() -> date:
    """Of the test: midnight may come in the middle of a run."""
    return beijing_day(utc_now())


@pytest.mark.parametrize(
    ("given", "fact"),
    [
        ({"registry_reference": " "}, cancellations.ReferenceUnfit),
        ({"registry_reference": "a b"}, cancellations.ReferenceUnfit),
        ({"registry_reference": "x" * 65}, cancellations.ReferenceUnfit),
        ({"cancelled_on": "22.11.2026"}, cancellations.DayUnfit),
        ({"cancelled_on": (today() + timedelta(days=30)).isoformat()}, cancellations.DayUnfit),
        ({"cancelled_on": "2023-05-31"}, cancellations.DayUnfit),  # the day before the lot was issued
        ({"proof": Upload(name="proof.pdf", data=b"")}, cancellations.EvidenceUnfit),
        ({"proof": Upload(name="proof.pdf", data=b"MZ an executable")}, cancellations.EvidenceUnfit),
        ({"proof": Upload(name="p.pdf", data=PDF + bytes(2 * 1024 * 1024))}, cancellations.EvidenceTooLarge),
    ],
)
async def test_an_unfit_report_is_refused_and_changes_nothing(desk: Desk, given, fact) -> None:
    await desk.retire(1)
    reference = await desk.propose()
    with pytest.raises(fact):
        await desk.report(reference, **given)
    assert (await cancellations.find(reference)).state is State.PROPOSED


async def test_a_reason_is_asked_for(desk: Desk) -> None:
    await desk.retire(1)
    reference = await desk.propose()
    with pytest.raises(cancellations.ReasonUnfit):
        await desk.send_back(reference, " ")


async def test_the_latest_begin_with_those_that_wait(desk: Desk) -> None:
    await desk.retire(TONNE_G)
    done = await desk.cancelled("VN-1")
    await desk.retire(TONNE_G)
    waiting = await desk.propose()
    assert [one.reference for one in await cancellations.list_latest()] == [waiting, done]


async def test_the_largest_gap_comes_first_and_each_lot_is_told(desk: Desk) -> None:
    await desk.retire(5)
    (one,) = await cancellations.lot_coverages()
    assert (one.lot.code, one.retired_g, one.uncovered_g, one.next) == (LOT, 5, 5, Tonnes(0, 1))
