"""Codes by the ten thousand: `make test-faults` runs it, since it takes half a minute."""

from app.programmes import gifts
from app.programmes.gifts import Audience, Outcome
from app.registry import holdings
from tests.rooms.conftest import KEYRING, connected
from tests.rooms.programmes.gifts.conftest import KG, Giving, draft
from tests.rooms.programmes.gifts.test_codes import batch, coded, collect

__all__ = ["coded"]


async def test_ten_thousand_codes_at_forty_percent_used_leave_exactly_those_standing(coded: Giving) -> None:
    """What is left goes back whole, and no code that was not used opens anything afterwards."""
    await gifts.edit(coded.campaign_id, draft(audience=Audience.CODES, each_g=10), by=coded.by)
    made = await batch(coded, 10_000)
    people = [await coded.river.guest() for _ in range(2)]
    async with connected(coded.river.stand.owner_url) as owner:
        crowd = await owner.fetch(
            "INSERT INTO person (id, language, state, created_at) SELECT gen_random_uuid(), 'zh', 'active', now()"
            " FROM generate_series(1, 4000) RETURNING id"
        )
    for at in range(0, 4_000, 200):
        answers = await coded.collect(
            *[
                gifts.Wish(
                    person_id=crowd[at + no]["id"], wanted_g=10, least_g=10, emission_g=10, calculation=None, language="zh",
                    code_hash=gifts.code_hash(made.codes[at + no], keyring=KEYRING),
                )
                for no in range(200)
            ]
        )  # fmt: skip
        assert {one.outcome for one in answers} == {Outcome.COLLECTED}
    await gifts.end(coded.campaign_id, by=coded.by)
    assert await gifts.take_back(coded.campaign_id, by=coded.by) == 60 * KG
    assert await collect(coded, made.codes[9_999], person_id=people[0]) is Outcome.OVER
    (told,) = await gifts.batches_of([coded.campaign_id])
    assert (told.size, told.used) == (10_000, 4_000)
    holding = await holdings.open_holding(coded.sponsor_id)
    assert sum(one.mass_g for one in await holdings.balances(holding.account)) == 60 * KG
