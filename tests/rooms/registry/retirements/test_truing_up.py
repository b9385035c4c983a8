"""After the period: the actual figure supersedes the certificate, or says what is missing and until when."""

import asyncio
from datetime import date, timedelta
from uuid import UUID

import pytest

from app import certificates
from app.certificates.rules import read_record
from app.foundation import outbox
from app.gateways.database import fetch, transaction
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Text
from app.registry import claims, credits, holdings, retirements
from app.registry.claims import Purpose, TrueUpState
from app.registry.retirements import Funding
from tests.rooms.conftest import PROFILES, River, connected, organisation, refusal, request_for

ISSUER = certificates.Issuer(name=Text(zh="示例", en="Sample"), public_url="https://dd.example.org", is_sandbox=True)
LAST = beijing_day(utc_now()) + timedelta(days=40)


def today() -> date:
    """In Beijing, where the day may end while these tests run."""
    return beijing_day(utc_now())


@pytest.fixture
async def bank(river: River) -> UUID:
    return await organisation("示例总行")


async def ahead(river: River, bank: UUID, cause: str = "ahead:1", mass_g: int = 100, **changed: object) -> UUID:
    """A certified retirement of an organisation whose claimed period is still running."""
    wished = {
        "payer_id": bank, "holder_id": bank, "beneficiary_id": bank, "purpose": Purpose.SITE, "period_from": today(),
        "period_to": LAST, **changed,
    }  # fmt: skip
    async with transaction() as tx:
        await holdings.reserve(cause, credits.Programme.CDCER, mass_g, expires_at=utc_now(), tx=tx)
        (id_,) = await request_for([river.asked(cause, mass_g).but(**wished)], tx=tx)
    async with transaction() as tx:
        await retirements.settle([id_], profiles=PROFILES, tx=tx)
    async with transaction() as tx:
        await certificates.issue(certificates.NEUTRALITY, [certificates.cause_of(id_)], issuer=ISSUER, tx=tx)
    return id_


async def entered(river: River, id_: UUID, actual_g: int, *, on: date = LAST) -> retirements.TruedUp:
    return await retirements.true_up(id_, actual_g, by=river.person_id, profiles=PROFILES, today=on)


async def papers(id_: UUID) -> list[dict[str, object]]:
    """Supersede as the job does, and read every version."""
    async with transaction() as tx:
        rows = await fetch(
            "SELECT id FROM outbox_message WHERE job = 'supersede_certificates' AND done_at IS NULL", tx=tx
        )
        known = await outbox.take([row["id"] for row in rows], "supersede_certificates", tx=tx)
        assert (
            await certificates.supersede(certificates.NEUTRALITY, [m.subject for m in known], issuer=ISSUER, tx=tx)
            or not known
        )
    rows = await fetch("SELECT c.record FROM certificate c WHERE c.retirement_id = $1 ORDER BY c.version", id_)
    return [read_record(row["record"]) for row in rows]


async def test_a_covered_figure_supersedes_the_certificate_and_its_first_version_stays(
    river: River, bank: UUID
) -> None:
    id_ = await ahead(river, bank)
    (before,) = await papers(id_)
    assert (before["level"], before["verdict"]["pending"]) == ("offset", True)

    for _ in range(2):
        assert await entered(river, id_, 97) == retirements.TruedUp(
            TrueUpState.COVERED, 0, LAST.replace(year=LAST.year + 1)
        )
    first, second = await papers(id_)
    assert first == before
    assert (second["edition"], second["supersedes"], second["emission_g"]) == (2, first["number"], 97)
    assert (second["level"], second["title"]["zh"], second["verdict"]["pending"]) == ("neutral", "碳中和证明书", False)
    assert second["lines"] == first["lines"]
    assert (await certificates.verify(str(first["verify_code"]))).superseded_by == second["number"]
    assert (await certificates.verify(str(second["verify_code"]))).superseded_by is None
    told = [await certificates.explain(paper) for paper in (first, second)]
    assert [one.found.of(claims.Rule.COVERS).inputs["emission_g"] for one in told if one.found] == [100, 97]
    assert [one.verdict.judged_on for one in told if one.verdict] == [today(), LAST], (
        "each edition has its own findings"
    )
    assert len(await papers(id_)) == 2, "nothing follows from a repeat"
    with pytest.raises(claims.FigureFinal):
        await entered(river, id_, 98)


async def test_of_figures_entered_at_once_one_is_taken_for_every_certificate_of_the_claim(
    river: River, bank: UUID
) -> None:
    claim = [await ahead(river, bank, f"ahead:{number}") for number in range(2)]
    told = await asyncio.gather(
        *(entered(river, claim[number % 2], 90 + number) for number in range(6)), return_exceptions=True
    )
    taken = [one for one in told if isinstance(one, retirements.TruedUp)]
    assert (len(taken), {type(one) for one in told if one not in taken}) == (1, {claims.FigureFinal})
    ((figure,),) = [row.values() for row in await fetch("SELECT actual_g FROM claim_figure")]
    assert [(await entered(river, id_, figure)).state for id_ in claim] == [TrueUpState.COVERED] * 2


async def test_superseding_again_or_at_once_makes_one_version_and_no_gap(river: River, bank: UUID) -> None:
    id_ = await ahead(river, bank)
    await entered(river, id_, 100)

    async def once() -> list[UUID]:
        async with transaction() as tx:
            return await certificates.supersede(
                certificates.NEUTRALITY, [certificates.cause_of(id_)], issuer=ISSUER, tx=tx
            )

    made = await asyncio.gather(once(), once(), once())
    assert sorted(len(ids) for ids in made) == [0, 0, 1]
    assert await once() == []
    register = await fetch("SELECT register_no, version FROM certificate WHERE series = 'S' ORDER BY register_no")
    assert [(row["register_no"], row["version"]) for row in register] == [(1, 1), (2, 2)]


async def test_what_is_missing_can_be_retired_for_the_same_claim_until_its_day(river: River, bank: UUID) -> None:
    id_ = await ahead(river, bank)
    due_on = LAST.replace(year=LAST.year + 1)
    assert await entered(river, id_, 130) == retirements.TruedUp(TrueUpState.SHORT, 30, due_on)
    assert len(await papers(id_)) == 1
    assert (await entered(river, id_, 130, on=due_on + timedelta(days=1))).state is TrueUpState.LAPSED

    await ahead(river, bank, "other:1", 30, subject="另一个网点")  # another claim
    assert (await entered(river, id_, 130, on=due_on)).missing_g == 30
    await ahead(river, bank, "ahead:2", 30)
    assert (await entered(river, id_, 130, on=due_on)).state is TrueUpState.COVERED
    _, second = await papers(id_)
    assert (second["emission_g"], second["mass_g"], second["besides_g"], second["level"]) == (130, 100, 30, "neutral")


async def test_a_figure_is_taken_only_for_a_claim_that_waits_for_one_and_when_it_is_known(
    river: River, bank: UUID
) -> None:
    running = await ahead(river, bank)
    with pytest.raises(claims.PeriodNotOver):
        await entered(river, running, 97, on=LAST - timedelta(days=1))
    over = await ahead(river, bank, "over:1", period_to=today())
    gift = await ahead(river, bank, "gift:1", funding=Funding.DONATION)
    (visit,) = await river.requested([5])
    for id_ in (over, gift, visit):
        with pytest.raises(retirements.NothingPending):
            await entered(river, id_, 5)
    assert await fetch("SELECT id FROM claim_figure") == []


async def test_a_figure_that_was_entered_is_never_changed(river: River, bank: UUID) -> None:
    await entered(river, await ahead(river, bank), 97)
    async with connected(river.stand.owner_url) as owner:
        for attack in ("UPDATE claim_figure SET actual_g = 1", "DELETE FROM claim_figure"):
            assert await refusal(owner, attack) == ("23514", None)
