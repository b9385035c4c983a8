"""A claim is judged once more when all its grams are cancelled at their registry, by the registry's own day."""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest

from app import certificates
from app.certificates.rules import read_record
from app.gateways.database import fetch, transaction
from app.kernel.clock import beijing_day, utc_now
from app.kernel.days import add_months
from app.registry import cancellations, claims, holdings, retirements
from app.registry.claims import ProfileSet, Purpose, Rule, Stage, Standing, Verdict
from app.registry.credits import Programme
from app.registry.retirements import judging_upstream
from tests.flow import ISSUER, at_once
from tests.rooms.conftest import PROFILES, River, connected, open_lot, organisation, refusal, request_for
from tests.rooms.registry.cancellations.conftest import Desk, desk
from tests.rooms.registry.retirements.helpers import claim, follow, kept, rewrite, told, tools
from tests.staff import price
from workers.jobs import judge_upstream as job

__all__ = ["desk"]  # a fixture, found by its name


def today() -> date:
    """In Beijing, where the day may end while these tests run."""
    return beijing_day(utc_now())


ISO, LOCAL = "iso14068-1", "local"
T = 1_000_000
RETIRED_MONTHS = 12


@pytest.fixture
async def bank(river: River) -> UUID:
    return await organisation("示例总行")


async def of_lot(desk: Desk, lot: str, number: str) -> str:
    """A lot's retired tonnes, reported and waiting for the second person."""
    reference = await desk.propose(lot=lot)
    await desk.report(reference, number=number)
    return reference


async def test_each_claim_of_a_batch_is_judged_by_the_profile_it_asks_for(river: River, bank: UUID) -> None:
    ids = await claim(river, bank, {"profile": ISO}, {}, {"profile": "mee-event-2019"}, {"profile": ISO})
    assert [await kept(id_) for id_ in ids] == [[(name, Stage.SETTLED)] for name in (ISO, LOCAL, "mee-event-2019", ISO)]


async def test_a_profile_that_is_gone_judges_nothing_and_no_other_takes_its_place(river: River, bank: UUID) -> None:
    only_local = ProfileSet({LOCAL: PROFILES.default}, PROFILES.default)
    one, other = await claim(river, bank, {"profile": ISO}, {}, profiles=only_local)
    assert (await told(one)).state is retirements.RetirementState.SETTLED
    assert (await kept(one), await kept(other)) == ([], [(LOCAL, Stage.SETTLED)])


async def test_cancelled_in_whole_a_claim_is_judged_once_more_by_the_registrys_day_and_is_final(
    river: River, bank: UUID, desk: Desk
) -> None:
    (id_,) = await claim(river, bank, {"profile": ISO})
    (visit,) = await river.requested([700])
    async with transaction() as tx:
        await retirements.settle([visit], profiles=PROFILES, tx=tx)
    assert await follow(desk) == 1, "what was judged is looked at: its grams may be cancelled ahead"
    assert await kept(id_) == [(ISO, Stage.SETTLED)]
    before = (await told(id_)).in_force
    assert before is not None
    assert "待上游注销" in claims.title(before).text.zh  # type: ignore[union-attr]

    await desk.cancelled()
    later = today() + timedelta(days=3)
    await rewrite(river, f"UPDATE upstream_cancellation SET cancelled_on = '{later}'")
    for _ in range(2):
        await follow(desk)
    await rewrite(river, "UPDATE outbox_message SET done_at = NULL WHERE job = 'judge_upstream'")
    assert await follow(desk) == 2, "rung again"

    assert await kept(id_) == [(ISO, Stage.SETTLED), (ISO, Stage.UPSTREAM)]
    assert await kept(visit) == []
    found = (await told(id_)).in_force
    assert found is not None
    assert (found.stage, found.retired_on) == (Stage.UPSTREAM, later.isoformat())
    title = claims.title(found)
    assert title is not None
    assert (title.is_final, title.text.zh) == (True, "碳抵消")
    assert (await told(id_)).verdicts[1].judged_on == today()


async def test_covered_in_part_a_claim_waits_for_the_rest(river: River, bank: UUID, desk: Desk) -> None:
    await claim(river, bank, {"mass_g": T})
    await desk.cancelled("VN-1")
    first, across = await claim(river, bank, {"mass_g": 400_000}, {"mass_g": 900_000})
    await desk.cancelled("VN-2")  # tonnes 1 and 2: both are cancelled in whole
    await follow(desk)
    (over,) = await claim(river, bank, {"mass_g": 900_000})  # 700 000 g of the tonne cancelled ahead, and beyond
    await follow(desk)
    assert [len(await kept(id_)) for id_ in (first, across, over)] == [2, 2, 1]
    await desk.cancelled("VN-3")
    await follow(desk)
    assert len(await kept(over)) == 2


async def test_grams_of_a_tonne_cancelled_ahead_are_judged_with_their_own_settling_and_its_day(
    river: River, bank: UUID, desk: Desk
) -> None:
    await claim(river, bank, {"mass_g": 5})
    await desk.cancelled()
    await rewrite(river, f"UPDATE upstream_cancellation SET cancelled_on = '{today() - timedelta(days=9)}'")
    await follow(desk)
    (id_,) = await claim(river, bank, {"profile": ISO})
    assert await kept(id_) == [(ISO, Stage.SETTLED)]
    await follow(desk)
    found = (await told(id_)).in_force
    assert found is not None
    assert (found.stage, found.retired_on) == (Stage.UPSTREAM, today().isoformat())


async def two_lots(river: River, bank: UUID, desk: Desk) -> tuple[UUID, list[str]]:
    """A claim with grams of two lots, of which nothing is cancelled yet; and two reports that wait for a yes."""
    other = await open_lot("CCER-2021", "CCER-2021-0001-1-100", 2021, Programme.CCER)
    await price(Programme.CCER, 8000)
    assert other != river.lot_id
    async with transaction() as tx:
        parts = ((Programme.CDCER, 300), (Programme.CCER, 200))
        mix = holdings.Mix(holdings.MixKind.MASS, tuple(holdings.Part(name, mass_g) for name, mass_g in parts))
        await holdings.reserve("mixed", mix, 500, expires_at=utc_now(), tx=tx)
        wanted = {
            "payer_id": bank, "holder_id": bank, "beneficiary_id": bank, "purpose": Purpose.SITE, "profile": ISO,
        }  # fmt: skip
        (id_,) = await request_for([river.asked("mixed", 500).but(**wanted)], tx=tx)
        await retirements.settle([id_], profiles=PROFILES, tx=tx)
    await follow(desk)
    return id_, [await of_lot(desk, "CDCER-2022-0113", "VN-1"), await of_lot(desk, "CCER-2021", "VN-2")]


async def test_two_cancellations_that_complete_at_once_and_together_cover_a_claim_have_it_judged_once(
    river: River, bank: UUID, desk: Desk
) -> None:
    id_, references = await two_lots(river, bank, desk)
    seen = [await desk.seen(reference) for reference in references]

    async def complete(reference: str, shown: str) -> None:
        """A second person's yes, and the job that its own event rings for."""
        await desk.approve(reference, seen=shown)
        rows = await fetch(
            "SELECT m.id FROM outbox_message m JOIN upstream_cancellation u ON m.subject = 'cancellation:' || u.id"
            " WHERE m.job = 'judge_upstream' AND u.reference = $1",
            reference,
        )
        await at_once(lambda: job([row["id"] for row in rows], tools(desk)), 3)

    await asyncio.gather(*(complete(*pair) for pair in zip(references, seen, strict=True)))
    assert await kept(id_) == [(ISO, Stage.SETTLED), (ISO, Stage.UPSTREAM)]
    assert await fetch("SELECT id FROM outbox_message WHERE job = 'judge_upstream' AND done_at IS NULL") == []


async def test_one_lot_of_two_is_not_enough_and_the_day_is_that_of_the_later(
    river: River, bank: UUID, desk: Desk
) -> None:
    id_, (first, second) = await two_lots(river, bank, desk)
    later = today() + timedelta(days=2)
    await desk.approve(first)
    await rewrite(river, f"UPDATE upstream_cancellation SET cancelled_on = '{later}' WHERE state = 'cancelled'")
    await follow(desk)
    assert len(await kept(id_)) == 1
    await desk.approve(second)
    await follow(desk)
    found = (await told(id_)).in_force
    assert found is not None
    assert (found.stage, found.retired_on) == (Stage.UPSTREAM, later.isoformat())


async def test_a_registry_that_was_late_stops_a_claim_that_only_its_day_makes_final(
    river: River, bank: UUID, desk: Desk
) -> None:
    last = next(
        day
        for day in (today() - timedelta(days=back) for back in (366, 365))
        if add_months(day, RETIRED_MONTHS) >= today()
    )
    period = {"period_from": last, "period_to": last}
    strict, mild = await claim(river, bank, {"profile": ISO, **period}, {"profile": "mee-event-2019", **period})
    await desk.cancelled()
    await rewrite(river, f"UPDATE upstream_cancellation SET cancelled_on = '{today() + timedelta(days=2)}'")
    await follow(desk)
    for id_, stage, standing in ((strict, Stage.UPSTREAM, Standing.BLOCKED), (mild, Stage.SETTLED, Standing.STANDS)):
        judged = await told(id_)
        settling, upstream = (claims.read_document(one.document) for one in judged.verdicts)
        assert settling.of(Rule.RETIRED_12M).verdict is Verdict.PASS
        assert upstream.of(Rule.RETIRED_12M).verdict is Verdict.FAIL
        assert judged.in_force is not None
        assert (judged.in_force.stage, claims.standing(judged.in_force)) == (stage, standing)


async def test_a_claim_made_ahead_waits_for_its_actual_figure_too(river: River, bank: UUID, desk: Desk) -> None:
    last = today() + timedelta(days=10)
    (id_,) = await claim(river, bank, {"mass_g": 100, "period_to": last, "profile": ISO})
    await desk.cancelled()
    await follow(desk)
    assert len(await kept(id_)) == 1
    await retirements.true_up(id_, 97, by=river.person_id, profiles=PROFILES, today=last)
    await follow(desk)
    assert await kept(id_) == [(ISO, Stage.SETTLED)] * 2 + [(ISO, Stage.UPSTREAM)]
    judged = await told(id_)
    assert judged.in_force is not None
    assert judged.in_force.of(Rule.COVERS).inputs["emission_g"] == 97
    title = claims.title(judged.in_force, is_trued_up=judged.is_trued_up)
    assert title is not None
    assert (title.is_pending, title.is_final) == (False, True)
    assert judged.upstream_of(judged.verdicts[0]) is None, "the forecast was not confirmed by anybody"


async def test_what_one_batch_kept_stays_when_the_next_one_fails(
    river: River, bank: UUID, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await claim(river, bank, *({"subject": f"网点 {number}"} for number in range(5)))
    await follow(desk)
    await desk.cancelled()
    really = judging_upstream.judge_claims
    calls = 0

    async def failing(to_judge: Sequence[Any], **more: Any) -> list[UUID]:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise ZeroDivisionError("of ours")
        return await really(to_judge, **more)

    monkeypatch.setattr(judging_upstream, "BATCH", 2)
    monkeypatch.setattr(judging_upstream, "judge_claims", failing)
    with pytest.raises(ZeroDivisionError):
        await follow(desk)
    assert sorted([len(await kept(id_)) for id_ in ids]) == [1, 1, 1, 2, 2]
    assert await follow(desk) == 1
    assert (calls, [len(await kept(id_)) for id_ in ids]) == (4, [2] * 5)


async def test_postgresql_refuses_to_call_cancelled_what_is_not(river: River, bank: UUID, desk: Desk) -> None:
    (id_,) = await claim(river, bank, {"mass_g": T + 1})
    (before,) = (await retirements.find_verdicts([id_]))[id_]
    lie = (
        "INSERT INTO retirement_verdict (retirement_id, profile, version, judged_on, document, stage)"
        " SELECT retirement_id, profile, '{version}', judged_on,"
        ' replace(document, \'"stage":"settled"\', \'"stage":"{stage}"\'), \'upstream\' FROM retirement_verdict'
        " WHERE stage = 'settled'"
    )
    async with connected(river.stand.owner_url) as owner:
        assert await refusal(owner, lie.format(version="1", stage="upstream")) == (
            "23514", "retirement_verdict_upstream_covered",
        )  # fmt: skip
        await desk.cancelled()
        await follow(desk)
        assert await kept(id_) == [(LOCAL, Stage.SETTLED), (LOCAL, Stage.UPSTREAM)]
        assert await refusal(owner, lie.format(version="2", stage="upstream")) == (
            "23505", "retirement_verdict_upstream_key",
        )  # fmt: skip
        assert await refusal(owner, lie.format(version="1", stage="settled")) == (
            "23514", "retirement_verdict_stage_check",
        )  # fmt: skip
        assert await refusal(owner, "UPDATE retirement_verdict SET stage = 'upstream'") == ("23514", None)
        assert before in (await retirements.find_verdicts([id_]))[id_]


async def test_the_proof_names_a_claim_that_is_called_cancelled_and_is_not(
    river: River, bank: UUID, desk: Desk
) -> None:
    (id_,) = await claim(river, bank, {"mass_g": 7})
    await desk.cancelled()
    await follow(desk)
    (number,) = await fetch("SELECT number FROM retirement WHERE id = $1", id_)

    async def proved() -> tuple[bool, int, list[str] | None]:
        (line,) = [
            one
            for one in await fetch("SELECT * FROM books.prove($1)", river.lot_id)
            if one["check"] == "claims_upstream"
        ]
        return line["ok"], int(line["expected"]), line["detail"]

    assert await proved() == (True, 1, None)
    await rewrite(river, f"UPDATE upstream_cancellation SET cancelled_on = '{today() + timedelta(days=1)}'")
    assert (await proved())[0] is False, "judged by a day before the registry's own"
    await rewrite(river, "DELETE FROM upstream_cancellation")
    told = f"retirement {number['number']} of 7 g was judged as cancelled upstream by local, 0 g are"
    assert await proved() == (False, 1, [told])


async def test_the_paper_names_the_judgement_at_settling_and_says_what_the_registry_had_done_that_day(
    river: River, bank: UUID, desk: Desk
) -> None:
    (first,) = await claim(river, bank, {"profile": ISO})
    async with transaction() as tx:
        await certificates.issue(certificates.NEUTRALITY, [certificates.cause_of(first)], issuer=ISSUER, tx=tx)
    await desk.cancelled()
    (ahead,) = await claim(river, bank, {"profile": ISO})  # its grams lie in the tonne that was cancelled
    await follow(desk)
    async with transaction() as tx:
        await certificates.issue(certificates.NEUTRALITY, [certificates.cause_of(ahead)], issuer=ISSUER, tx=tx)
    for id_, upstream in ((first, "pending"), (ahead, "cancelled")):
        (row,) = await fetch("SELECT c.record FROM certificate c WHERE c.retirement_id = $1", id_)
        record = read_record(row["record"])
        settling, after = (await told(id_)).verdicts
        assert (settling.stage, after.stage) == (Stage.SETTLED, Stage.UPSTREAM)
        assert record["verdict"]["sha256"] == sha256(settling.document.encode()).hexdigest()
        assert [line["upstream"] for line in record["lines"]] == [upstream]
        explained = await certificates.explain(record)
        assert (explained.verdict, explained.upstream) == (settling, after)


async def test_an_actual_figure_is_judged_by_the_profile_that_judged_the_forecast(
    river: River, bank: UUID, desk: Desk
) -> None:
    (id_,) = await claim(river, bank, {"mass_g": 9, "period_to": today() + timedelta(days=1), "profile": ISO})
    gone = ProfileSet({LOCAL: PROFILES.default}, PROFILES.default)
    entered = {"by": river.person_id, "today": today() + timedelta(days=1)}
    with pytest.raises(claims.ProfileUnknown):
        await retirements.true_up(id_, 9, profiles=gone, **entered)
    await retirements.true_up(id_, 9, profiles=PROFILES, **entered)
    assert await kept(id_) == [(ISO, Stage.SETTLED)] * 2


async def test_a_cancellation_that_is_sent_back_confirms_nothing(river: River, bank: UUID, desk: Desk) -> None:
    (id_,) = await claim(river, bank, {"profile": ISO})
    reference = await desk.propose()
    await desk.report(reference)
    (row,) = await fetch("SELECT id FROM upstream_cancellation WHERE reference = $1", reference)
    assert await cancellations.ranges([row["id"]]) == []
    await desk.send_back(reference)
    assert await retirements.judge_upstream([id_], cancelled=[], profiles=PROFILES) == 0
    assert await kept(id_) == [(ISO, Stage.SETTLED)]
