"""One-time codes: each opens one gift, once, and nobody reads them afterwards."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from app.foundation import identity
from app.foundation.identity import Role
from app.gateways.database import fetch, fetch_value
from app.kernel.clock import utc_now
from app.programmes import gifts
from app.programmes.gifts import Audience, NewBatch, Outcome
from tests.rooms.conftest import KEYRING, connected, refusal
from tests.rooms.programmes.gifts.conftest import KG, Giving, draft
from tests.staff import member

HOUR = timedelta(hours=1)


@pytest.fixture
async def coded(giving: Giving) -> Giving:
    """Another campaign of the scene, for codes, with 100 kg."""
    await gifts.end(giving.campaign_id, by=giving.by)
    campaign_id = await gifts.draft(giving.scene.id, draft(audience=Audience.CODES), by=giving.by, now=utc_now())
    giving.campaign_id = campaign_id
    await giving.fill(100 * KG)
    await gifts.open_(campaign_id, by=giving.by, now=utc_now())
    return giving


async def batch(giving: Giving, count: int = 3, label: str = "志愿者") -> NewBatch:
    return await gifts.make_codes(giving.campaign_id, count, label, by=giving.by, keyring=KEYRING)


async def collect(giving: Giving, code: str | None, *, person_id: UUID | None = None, mass_g: int = KG) -> Outcome:
    wish = await giving.wish(mass_g, person_id=person_id)
    hashed = gifts.code_hash(code, keyring=KEYRING) if code else None
    (answer,) = await giving.collect(replace(wish, code_hash=hashed))
    return answer.outcome


async def test_a_code_opens_one_gift_once_however_it_is_typed(coded: Giving) -> None:
    made = await batch(coded)
    typed = f" {made.codes[0].lower().replace('-', ' ')}。"
    assert await collect(coded, typed) is Outcome.COLLECTED
    assert await collect(coded, made.codes[0]) is Outcome.CODE_USED
    assert [one.used for one in await gifts.batches_of([coded.campaign_id])] == [1]


async def test_who_brings_none_or_a_strangers_or_a_voided_one_is_told_so(coded: Giving) -> None:
    made = await batch(coded)
    assert await collect(coded, None) is Outcome.CODE_NEEDED
    assert await collect(coded, "0" * 20) is Outcome.CODE_UNKNOWN
    assert gifts.code_hash("too short", keyring=KEYRING) is None
    await gifts.void_codes(made.id, by=coded.by)
    await gifts.void_codes(made.id, by=coded.by)  # a repeat changes nothing
    assert await collect(coded, made.codes[0]) is Outcome.CODE_UNKNOWN


async def test_one_code_at_once_from_two_hundred_hands_is_one_gift(coded: Giving) -> None:
    made = await batch(coded)
    hashed = gifts.code_hash(made.codes[0], keyring=KEYRING)
    wishes = [replace(await coded.wish(100), code_hash=hashed) for _ in range(200)]
    answers = [
        one.outcome
        for told in await asyncio.gather(*(coded.collect(*wishes[at : at + 20]) for at in range(0, 200, 20)))
        for one in told
    ]
    assert (answers.count(Outcome.COLLECTED), answers.count(Outcome.CODE_USED)) == (1, 199)


async def test_a_person_collects_once_whatever_codes_they_have(coded: Giving) -> None:
    made, person_id = await batch(coded), await coded.river.guest()
    assert await collect(coded, made.codes[0], person_id=person_id) is Outcome.COLLECTED
    assert await collect(coded, made.codes[1], person_id=person_id) is Outcome.ALREADY
    assert await collect(coded, made.codes[1]) is Outcome.COLLECTED


async def test_codes_are_kept_as_keyed_hashes_with_the_keys_id_and_never_change(coded: Giving) -> None:
    made = await batch(coded, 200)
    rows = await fetch("SELECT no, code_hash FROM gift_code ORDER BY no")
    assert [bytes(row["code_hash"]) for row in rows] == [gifts.code_hash(code, keyring=KEYRING) for code in made.codes]
    assert await fetch_value("SELECT key_id FROM gift_batch") == KEYRING.index_key_id
    assert len(set(made.codes)) == 200
    async with connected(coded.river.stand.owner_url) as owner:
        for attack, named in (
            ("UPDATE gift_code SET no = no + 1000", "gift_code_stays"),
            ("DELETE FROM gift_code", "gift_code_stays"),
            ("UPDATE gift_batch SET size = 1", "gift_batch_stays"),
            ("UPDATE gift_campaign SET audience = 'everyone' WHERE state <> 'draft'", "gift_campaign_step_check"),
        ):
            assert await refusal(owner, attack) == ("23514", named), attack


async def test_only_who_runs_the_campaign_makes_and_voids_codes(coded: Giving) -> None:
    made, stranger = await batch(coded), await coded.river.guest()
    with pytest.raises(gifts.CampaignUnknown):
        await gifts.make_codes(coded.campaign_id, 1, "x", by=stranger, keyring=KEYRING)
    with pytest.raises(gifts.CampaignUnknown):
        await gifts.void_codes(made.id, by=stranger)
    reader = await member(coded.sponsor_id, Role.AUDITOR)
    with pytest.raises(identity.RoleMissing):
        await gifts.make_codes(coded.campaign_id, 1, "x", by=reader, keyring=KEYRING)


@pytest.mark.parametrize(
    ("count", "label", "field"),
    [(0, "x", "/count"), (10_001, "x", "/count"), (1, " ", "/label"), (1, "长" * 41, "/label")],
)
async def test_a_batch_that_cannot_be_is_named_by_its_field(coded: Giving, count: int, label: str, field: str) -> None:
    with pytest.raises(gifts.CampaignUnfit) as refused:
        await batch(coded, count, label)
    assert refused.value.field == field


async def test_a_gift_for_everybody_has_no_codes(giving: Giving) -> None:
    with pytest.raises(gifts.CampaignUnfit):
        await batch(giving)
