"""Four parties: persons and organisations may pay, hold and benefit; who pays for another says why; verdicts are kept."""

from dataclasses import replace
from datetime import date
from uuid import UUID, uuid4

import pytest

from app.foundation import identity
from app.foundation.identity import PartyKind
from app.gateways.database import constraint, fetch, fetch_value, transaction
from app.kernel.clock import utc_now
from app.kernel.text import Text
from app.registry import credits, holdings, retirements
from app.registry.claims import Mandate, Purpose
from app.registry.retirements import Funding, Verdict
from tests.rooms.conftest import River, connected, organisation, refusal, request_for


async def asked(river: River, **changed: object) -> UUID:
    """One retirement with some of its facts changed."""
    cause = f"test:{uuid4().hex[:8]}"
    async with transaction() as tx:
        await holdings.reserve(cause, credits.Programme.CDCER, 5, expires_at=utc_now(), tx=tx)
        (id_,) = await request_for([river.asked(cause, 5).but(**changed)], tx=tx)
    return id_


async def test_every_person_and_organisation_is_a_party_and_nobody_else(river: River) -> None:
    bank = await organisation("示例总行")
    cards = await identity.introduce([river.person_id, bank, uuid4()])
    assert {id_: (card.kind, card.name) for id_, card in cards.items()} == {
        river.person_id: (PartyKind.PERSON, None),
        bank: (PartyKind.ORGANISATION, Text(zh="示例总行", en="Sample company")),
    }
    assert await fetch_value(
        "SELECT (SELECT count(*) FROM party) = (SELECT count(*) FROM person) + (SELECT count(*) FROM organisation)"
    )
    async with connected(river.stand.app_url) as app:
        assert await refusal(app, "INSERT INTO party VALUES (gen_random_uuid(), 'person')") == ("42501", None)
        assert await refusal(app, "DELETE FROM party") == ("42501", None)


async def test_an_organisation_pays_for_another_and_its_mandate_is_told(river: River) -> None:
    payer, bank = await organisation("示例碳汇公司"), await organisation("示例总行")
    mandate = Mandate("受托代购协议", "协议.pdf", bytes(32))
    id_ = await asked(
        river, payer_id=payer, holder_id=payer, beneficiary_id=bank, mandate=mandate, purpose=Purpose.ORGANISATION,
        subject="2022 年度",
    )  # fmt: skip
    async with transaction() as tx:
        await retirements.settle([id_], tx=tx)
    (settled,) = await retirements.find_settled([id_])
    assert (settled.payer_id, settled.holder_id, settled.claim.beneficiary_id) == (payer, payer, bank)
    assert (settled.mandate, settled.claim.subject, settled.claim.purpose) == (
        mandate,
        "2022 年度",
        Purpose.ORGANISATION,
    )


async def test_postgresql_refuses_who_pays_for_another_without_a_ground_unless_it_is_given(river: River) -> None:
    bank = await organisation("示例总行")
    for funding in Funding:
        if funding.is_given:
            await asked(river, payer_id=bank, funding=funding)
        else:
            with pytest.raises(Exception) as refused:  # noqa: PT011 - the name of the constraint is what counts
                await asked(river, payer_id=bank, funding=funding)
            assert constraint(refused.value) == "retirement_stranger_check"
    with pytest.raises(Exception) as lacking:  # noqa: PT011
        await asked(river, mandate=Mandate("协议", "协议.pdf"))
    assert constraint(lacking.value) == "mandate_document_check"
    with pytest.raises(Exception) as nobody:  # noqa: PT011
        await asked(river, payer_id=uuid4(), mandate=Mandate("协议"))
    assert constraint(nobody.value) == "mandate_payer_id_fkey"


def test_a_purpose_is_one_of_nine_with_both_texts() -> None:
    assert len(Purpose) == 9
    assert len({purpose.text for purpose in Purpose}) == 9


async def test_a_purpose_nobody_knows_is_refused_by_postgresql(river: River) -> None:
    await asked(river)
    async with connected(river.stand.super_url) as admin:
        definition = await admin.fetchval(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'claim_purpose_check'"
        )
        assert all(f"'{purpose}'" in definition for purpose in Purpose), definition
        assert (await refusal(admin, "UPDATE retirement SET purpose = 'fun'"))[1] == "retirement_claim_fkey"


async def test_a_verdict_is_kept_once_and_never_changed(river: River) -> None:
    (one,) = await river.requested([5])
    said = '{"profile":"local","version":"1","findings":[]}'
    verdict = Verdict(retirement_id=one, profile="local", version="1", judged_on=date(2026, 11, 22), document=said)
    async with transaction() as tx:
        await retirements.settle([one], tx=tx)
    for document in (verdict.document, said.replace("[]", '["later"]')):
        async with transaction() as tx:
            await retirements.keep_verdicts([replace(verdict, document=document)], tx=tx)
    assert await retirements.find_verdicts([one]) == {one: (verdict,)}
    async with connected(river.stand.owner_url) as owner:
        for attack in ("UPDATE retirement_verdict SET document = ''", "DELETE FROM retirement_verdict"):
            assert await refusal(owner, attack) == ("23514", None)
    assert await fetch("SELECT document FROM retirement_verdict") == [{"document": verdict.document}]
