"""Claims of organisations are judged when they are settled, in the same transaction, and their papers say so."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from app import certificates
from app.certificates.rules import read_record
from app.gateways.database import fetch, transaction
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Text
from app.registry import claims, credits, holdings, retirements
from app.registry.claims import Mandate, Purpose, Rule, Stage, Standing, Verdict
from app.registry.retirements import Funding
from tests.rooms.conftest import PROFILES, River, organisation, request_for

ISSUER = certificates.Issuer(name=Text(zh="示例", en="Sample"), public_url="https://dd.example.org", is_sandbox=True)


@pytest.fixture
async def bank(river: River) -> UUID:
    return await organisation("示例总行")


async def settled(river: River, cause: str, **changed: object) -> UUID:
    """A settled and certified retirement with some of its facts changed."""
    async with transaction() as tx:
        await holdings.reserve(cause, credits.Programme.CDCER, 5, expires_at=utc_now(), tx=tx)
        (id_,) = await request_for([river.asked(cause, 5).but(**changed)], tx=tx)
    async with transaction() as tx:
        await retirements.settle([id_], profiles=PROFILES, tx=tx)
    async with transaction() as tx:
        await certificates.issue(certificates.NEUTRALITY, [certificates.cause_of(id_)], issuer=ISSUER, tx=tx)
    return id_


async def paper(id_: UUID) -> dict[str, object]:
    (row,) = await fetch("SELECT c.record FROM certificate c WHERE c.retirement_id = $1", id_)
    return read_record(row["record"])


def own(bank: UUID, **more: object) -> dict[str, object]:
    """What the bank claims for itself."""
    year = {"period_from": date(2025, 12, 1), "period_to": date(2026, 11, 1)}
    return {
        "payer_id": bank,
        "holder_id": bank,
        "beneficiary_id": bank,
        "purpose": Purpose.ORGANISATION,
        **year,
        **more,
    }


async def test_the_verdict_that_is_kept_is_the_one_on_the_paper(river: River, bank: UUID) -> None:
    id_ = await settled(river, "claim:1", **own(bank))
    (kept,) = (await retirements.find_verdicts([id_]))[id_]
    found = claims.read_document(kept.document)
    assert claims.standing(found) is Standing.STANDS
    assert found.of(Rule.COVERS).verdict is Verdict.PASS
    record = await paper(id_)
    assert (record["level"], record["title"]["zh"]) == ("neutral", "碳中和证明书")
    assert [[one.rule, one.verdict, one.severity] for one in found.findings] == record["verdict"]["findings"]


async def test_a_claim_whose_period_is_not_over_is_an_offset_that_waits_for_its_figure(
    river: River, bank: UUID
) -> None:
    tomorrow = beijing_day(utc_now()) + timedelta(days=1)
    record = await paper(await settled(river, "claim:1", **own(bank, period_to=tomorrow)))
    assert (record["level"], record["title"]["zh"], record["verdict"]["pending"]) == ("offset", "碳抵消证明书", True)


async def test_less_than_was_emitted_is_no_neutrality(river: River, bank: UUID) -> None:
    record = await paper(await settled(river, "claim:1", **own(bank, emission_g=6)))
    assert (record["level"], record["title"]["zh"]) == ("part", "碳抵消证明书（覆盖 83.33%）")


async def test_a_second_claim_that_shares_days_with_the_first_is_warned_of(river: River, bank: UUID) -> None:
    first = await settled(river, "claim:1", **own(bank))
    second = await settled(river, "claim:2", **own(bank, period_to=date(2026, 10, 31)))
    other = await settled(river, "claim:3", **own(bank, subject="另一个网点"))
    verdicts = await retirements.find_verdicts([first, second, other])
    said = [
        claims.read_document(verdicts[id_][0].document).of(Rule.DOUBLE_CLAIM).verdict for id_ in (first, second, other)
    ]
    assert said == [Verdict.PASS, Verdict.FAIL, Verdict.PASS]


async def test_what_is_retired_again_for_the_same_claim_supplements_it_and_both_are_counted(
    river: River, bank: UUID
) -> None:
    part = own(bank, emission_g=10)
    ids = [await settled(river, f"claim:{number}", **part) for number in (1, 2)]
    first, second = [claims.read_document(one[0].document) for one in (await retirements.find_verdicts(ids)).values()]
    assert [one.of(Rule.COVERS).verdict for one in (first, second)] == [Verdict.FAIL, Verdict.PASS]
    assert second.of(Rule.DOUBLE_CLAIM).verdict is Verdict.PASS, "it is the same claim, and no second one"
    told = [await paper(id_) for id_ in ids]
    assert [(one["mass_g"], one["besides_g"], one["coverage"]["percent"]) for one in told] == [
        (5, 0, "50.00"), (5, 5, "100.00"),
    ]  # fmt: skip


async def test_who_claims_nothing_is_not_judged(river: River, bank: UUID) -> None:
    visit = await settled(river, "claim:1")
    gift = await settled(river, "claim:2", **own(bank, funding=Funding.DONATION))
    for_a_person = await settled(river, "claim:3", payer_id=bank, purpose=Purpose.EVENT, mandate=Mandate("邀请函"))
    assert await retirements.find_verdicts([visit, gift, for_a_person]) == {}
    assert [(await paper(id_))["verdict"] for id_ in (visit, gift, for_a_person)] == [None] * 3


async def test_a_settling_that_is_rolled_back_leaves_no_verdict(river: River, bank: UUID) -> None:
    async with transaction() as tx:
        await holdings.reserve("claim:1", credits.Programme.CDCER, 5, expires_at=utc_now(), tx=tx)
        (id_,) = await request_for([river.asked("claim:1", 5).but(**own(bank))], tx=tx)
    async with transaction() as tx:
        await retirements.settle([id_], profiles=PROFILES, tx=tx)
        await tx.rollback()
    assert await retirements.find_verdicts([id_]) == {}


async def test_what_was_judged_is_recalled_by_the_printed_number(river: River, bank: UUID) -> None:
    claim, visit = await settled(river, "claim:1", **own(bank)), await settled(river, "claim:2")
    numbers = {row["id"]: row["number"] for row in await fetch("SELECT id, number FROM retirement")}
    found = await retirements.recall(numbers[claim])
    assert (found.retirement_id, found.is_claim, len(found.verdicts)) == (claim, True, 1)
    found = await retirements.recall(numbers[visit])
    assert (found.is_claim, found.verdicts) == (False, ())
    with pytest.raises(retirements.RetirementUnknown):
        await retirements.recall("R-20261122-00000000")


async def test_a_claim_that_nobody_judged_is_told_apart_from_nothing_claimed(river: River, bank: UUID) -> None:
    async with transaction() as tx:
        await holdings.reserve("claim:1", credits.Programme.CDCER, 5, expires_at=utc_now(), tx=tx)
        (id_,) = await request_for([river.asked("claim:1", 5).but(**own(bank))], tx=tx)
        await retirements.settle([id_], tx=tx)
        await certificates.issue(certificates.NEUTRALITY, [certificates.cause_of(id_)], issuer=ISSUER, tx=tx)
    assert (await certificates.explain(await paper(id_))).state is certificates.Explained.NOT_JUDGED
    visit = await settled(river, "claim:2")
    assert (await certificates.explain(await paper(visit))).state is certificates.Explained.NOTHING_CLAIMED


async def test_the_release_before_this_one_goes_on_keeping_what_it_judged_at_settling(river: River, bank: UUID) -> None:
    id_ = await settled(river, "claim:1", **own(bank))
    before = (
        "INSERT INTO retirement_verdict (retirement_id, profile, version, judged_on, document)"
        ' SELECT retirement_id, profile, $1::text, judged_on, replace(document, \'"version":"1"\','
        " '\"version\":\"' || $1 || '\"')"
        " FROM retirement_verdict WHERE version = '1'"
        " ON CONFLICT ON CONSTRAINT retirement_verdict_once_key DO NOTHING"
    )
    for version in ("1", "0.9", "0.9"):
        await fetch(before, version)
    kept = (await retirements.find_verdicts([id_]))[id_]
    assert [(one.version, one.stage) for one in kept] == [("1", Stage.SETTLED), ("0.9", Stage.SETTLED)]
