"""Gift cards in grams: bound to the first, used bit by bit, always backed, and every change in their history."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.gateways.database import fetch, fetch_value
from app.kernel.clock import utc_now
from app.programmes import gifts
from app.programmes.gifts import Audience, CardState, Outcome
from app.registry import holdings, ledger
from tests.rooms.conftest import KEYRING, connected, refusal
from tests.rooms.programmes.gifts.conftest import KG, Carded, Giving, draft


async def kinds(person_id: UUID) -> list[list[tuple[str, int]]]:
    cards = await gifts.cards_of(person_id)
    told = await gifts.history_of([one.id for one in cards])
    return [[(event.kind, event.mass_g) for event in told[one.id]] for one in cards]


async def test_a_card_is_used_bit_by_bit_until_it_is_empty_and_says_so(carded: Carded) -> None:
    made, person = await carded.batch(), await carded.giving.river.guest()
    first = await carded.use(made.codes[0], 4 * KG, person)
    second = await carded.use(None, 4 * KG, person)  # it is theirs: no code is needed again
    third = await carded.use(made.codes[0], 4 * KG, person)
    assert [(one.outcome, one.mass_g) for one in (first, second, third)] == [
        (Outcome.COLLECTED, 4 * KG), (Outcome.COLLECTED, 4 * KG), (Outcome.COLLECTED, 2 * KG)
    ]  # fmt: skip
    assert (await carded.use(made.codes[0], 1, person)).outcome is Outcome.CARD_EMPTY
    assert (await carded.use(None, 1, person)).outcome is Outcome.CODE_NEEDED
    (card,) = await gifts.cards_of(person)
    assert (card.state, card.issued_g, card.left_g, card.no) == (CardState.USED, 10 * KG, 0, 1)
    assert await kinds(person) == [
        [("issued", 10_000), ("bound", 0), ("used", 4_000), ("used", 4_000), ("used", 2_000)]
    ]
    assert await carded.promised_g() == 20 * KG
    await carded.giving.work()
    assert await carded.giving.count("retirement", "state = 'settled'") == 3


async def test_an_intent_that_is_sent_twice_uses_the_card_once(carded: Carded) -> None:
    made, person = await carded.batch(), await carded.giving.river.guest()
    first = await carded.use(made.codes[0], 3 * KG, person, key="one")
    again = await carded.use(made.codes[0], 3 * KG, person, key="one")
    assert (again.id, again.mass_g) == (first.id, 3 * KG)
    taps = await asyncio.gather(*(carded.use(made.codes[0], KG, person, key="two") for _ in range(20)))
    assert len({one.id for one in taps}) == 1
    (card,) = await gifts.cards_of(person)
    assert card.left_g == 6 * KG


async def test_the_first_of_two_hundred_has_the_card_and_the_others_are_told_so(carded: Carded) -> None:
    made = await carded.batch(1)
    people = [await carded.giving.river.guest() for _ in range(200)]
    hashed = gifts.code_hash(made.codes[0], keyring=KEYRING)

    async def come(at: int) -> str:
        if at % 2:
            return (await carded.use(made.codes[0], 100, people[at])).outcome
        try:
            await gifts.bind_card(hashed, by=people[at])
        except gifts.CardTaken:
            return Outcome.CARD_TAKEN
        return "bound"

    told = await asyncio.gather(*(come(at) for at in range(200)))
    assert told.count(Outcome.CARD_TAKEN) == 199, told
    assert await fetch_value("SELECT count(*) FROM gift_card_event WHERE kind = 'bound'") == 1


async def test_many_uses_of_one_card_at_once_never_take_more_than_it_has(carded: Carded) -> None:
    made, person = await carded.batch(2), await carded.giving.river.guest()
    told = await asyncio.gather(*(carded.use(made.codes[0], 700, person) for _ in range(40)))
    assert sum(one.mass_g or 0 for one in told) == 10 * KG
    assert {one.outcome for one in told} == {Outcome.COLLECTED, Outcome.CARD_EMPTY}
    assert await fetch_value("SELECT bool_and(ok) FROM gifts.prove()")


async def test_no_card_without_its_grams_and_what_is_promised_does_not_leave_the_pool(carded: Carded) -> None:
    one = carded.giving
    await carded.batch(9)
    with pytest.raises(gifts.CardsUncovered):
        await carded.batch(2)
    pool, holding = await carded.pool(), await holdings.open_holding(one.sponsor_id)
    (has,) = await holdings.balances(pool)
    with pytest.raises(ledger.BalanceTooLow):
        await holdings.move(
            "out:1",
            pool,
            holding.account,
            holdings.Amount(holdings.Mix.only(has.programme), 10 * KG + 1),
            reason="test",
        )
    assert await gifts.take_back(one.campaign_id, by=one.by) == 10 * KG  # what is free, and no more
    assert await gifts.take_back(one.campaign_id, by=one.by) == 0
    assert await gifts.kill_cards(one.campaign_id, by=one.by) == 90 * KG
    assert await gifts.take_back(one.campaign_id, by=one.by) == 90 * KG


async def test_who_takes_grams_out_and_who_makes_cards_at_once_never_promise_them_twice(carded: Carded) -> None:
    one = carded.giving
    pool, holding = await carded.pool(), await holdings.open_holding(one.sponsor_id)
    (has,) = await holdings.balances(pool)

    async def out(at: int) -> None:
        with suppress(ledger.BalanceTooLow, holdings.CreditsExhausted):
            await holdings.move(
                f"out:{at}", pool, holding.account, holdings.Amount(holdings.Mix.only(has.programme), 10 * KG), reason="test"
            )  # fmt: skip

    async def make() -> None:
        with suppress(gifts.CardsUncovered):
            await carded.batch(1)

    await asyncio.gather(*(out(at) for at in range(8)), *(make() for _ in range(8)))
    campaign = await one.campaign()
    assert campaign.promised_g <= campaign.left_g
    assert campaign.left_g - campaign.promised_g < 10 * KG  # and all of it was used for one or the other


async def test_a_voided_batch_kills_unused_cards_and_leaves_those_in_use(carded: Carded) -> None:
    made, user, holder = await carded.batch(), await carded.giving.river.guest(), await carded.giving.river.guest()
    await carded.use(made.codes[0], KG, user)
    await gifts.bind_card(gifts.code_hash(made.codes[1], keyring=KEYRING), by=holder)
    told = await gifts.void_codes(made.id, by=carded.giving.by)
    assert (told.card_g, told.used, told.bound, told.left_g) == (10 * KG, 0, 1, 9 * KG)
    assert await carded.promised_g() == 9 * KG
    assert (await carded.use(made.codes[0], KG, user)).outcome is Outcome.COLLECTED
    assert (await carded.use(made.codes[1], KG, holder)).outcome is Outcome.CARD_KILLED
    assert (await carded.use(made.codes[2], KG, user)).outcome is Outcome.CARD_KILLED
    assert await kinds(holder) == [[("issued", 10_000), ("bound", 0), ("killed", 10_000)]]
    with pytest.raises(gifts.CardKilled):
        await gifts.bind_card(gifts.code_hash(made.codes[2], keyring=KEYRING), by=user)


async def test_a_card_expires_with_its_campaign_and_its_grams_go_home(carded: Carded) -> None:
    one, person = carded.giving, await carded.giving.river.guest()
    made = await carded.batch()
    await carded.use(made.codes[0], 4 * KG, person)
    now = utc_now()
    await gifts.edit(
        one.campaign_id,
        draft(audience=Audience.CARDS, starts_at=now - timedelta(hours=1), ends_at=now - timedelta(seconds=1)), by=one.by,
    )  # fmt: skip
    assert (await carded.use(None, KG, person)).outcome is Outcome.OVER
    assert await gifts.end_due() == 1
    assert (await kinds(person))[0][-1] == ("expired", 6 * KG)
    with pytest.raises(gifts.GiftOver):
        await gifts.bind_card(gifts.code_hash(made.codes[1], keyring=KEYRING), by=person)
    assert await gifts.return_due(grace=timedelta(0)) == 2  # that of the fixture as well
    assert ((await one.campaign()).left_g, await carded.promised_g()) == (0, 0)


async def test_only_who_runs_it_kills_cards_and_only_who_reads_there_sees_them_without_anybodys_name(
    carded: Carded,
) -> None:
    made, stranger = await carded.batch(), await carded.giving.river.guest()
    await carded.use(made.codes[0], KG, stranger)
    with pytest.raises(gifts.CampaignUnknown):
        await gifts.kill_cards(carded.giving.campaign_id, by=stranger)
    with pytest.raises(gifts.CampaignUnknown):
        await gifts.cards_in(made.id, by_person=stranger)
    listed = await gifts.cards_in(made.id, by_person=carded.giving.by)
    assert [(one.no, one.state, one.left_g) for one in listed] == [
        (1, CardState.PART_USED, 9 * KG), (2, CardState.ISSUED, 10 * KG), (3, CardState.ISSUED, 10 * KG)
    ]  # fmt: skip
    assert [one.no for one in await gifts.cards_in(made.id, by_person=carded.giving.by, after=2)] == [3]
    assert not hasattr(listed[0], "person_id")


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"amount": gifts.AmountKind.FIXED}, "/amount"), ({"most_people": 3}, "/most_people")],
)  # fmt: skip
async def test_what_cannot_be_of_cards_is_named_by_its_field(
    giving: Giving, changed: dict[str, object], field: str
) -> None:
    asked = draft(audience=Audience.CARDS, **changed)
    with pytest.raises(gifts.CampaignUnfit) as refused:
        await gifts.draft(giving.scene.id, asked, by=giving.by, now=utc_now())
    assert refused.value.field == field
    plain = await gifts.draft(giving.scene.id, draft(), by=giving.by, now=utc_now())
    with pytest.raises(gifts.CampaignUnfit):
        await gifts.edit(plain, draft(audience=Audience.CARDS), by=giving.by)


async def test_cards_change_by_the_functions_alone_and_their_history_stays(carded: Carded) -> None:
    made, person = await carded.batch(), await carded.giving.river.guest()
    await carded.use(made.codes[0], KG, person)
    async with connected(carded.giving.river.stand.app_url) as app:
        for attack in (
            "UPDATE gift_card SET left_g = issued_g",
            "INSERT INTO gift_card_event (card_id, kind, mass_g, at) SELECT id, 'killed', 1, now() FROM gift_card",
            "UPDATE gift_pool SET promised_g = 0",
            "SELECT gifts.charge_card(id, person_id, NULL, 1, now()) FROM gift_card",
        ):
            assert (await refusal(app, attack))[0] == "42501", attack
    async with connected(carded.giving.river.stand.owner_url) as owner:
        for attack, name in (
            ("UPDATE gift_card SET left_g = 0 WHERE state = 'issued'", "gift_card_used_check"),
            ("UPDATE gift_card SET left_g = -1 WHERE state = 'part_used'", "gift_card_left_check"),
            ("UPDATE gift_card SET left_g = 10000 WHERE state = 'part_used'", "gift_card_step_check"),
            (
                "UPDATE gift_card SET person_id = NULL, bound_at = NULL WHERE state = 'part_used'",
                "gift_card_step_check",
            ),
            ("UPDATE gift_card SET state = 'issued' WHERE state = 'part_used'", "gift_card_step_check"),
            ("DELETE FROM gift_card", "gift_card_stays"),
            ("UPDATE gift_card_event SET mass_g = 5", "gift_card_event_stays"),
            ("UPDATE gift_campaign SET audience = 'everyone' WHERE audience = 'cards'", "gift_campaign_step_check"),
        ):
            assert await refusal(owner, attack) == ("23514", name), attack


async def test_of_ten_thousand_cards_at_forty_percent_used_exactly_those_grams_stand(carded: Carded) -> None:
    """Killing them is one statement; what was used stands, to the gram, and the rest is free."""
    one = carded.giving
    await one.fill(60 * KG)
    await carded.batch(9_600, 10)
    made = await carded.batch(400, 160)
    async with connected(one.river.stand.owner_url) as owner:
        crowd = await owner.fetch(
            "INSERT INTO person (id, language, state, created_at) SELECT gen_random_uuid(), 'zh', 'active', now()"
            " FROM generate_series(1, 400) RETURNING id"
        )
    plain = gifts.Wish(
        person_id=crowd[0]["id"], wanted_g=200, least_g=1, emission_g=200, calculation=None, language="zh"
    )
    for no, code in enumerate(made.codes):
        hashed = gifts.code_hash(code, keyring=KEYRING)
        (answer,) = await one.collect(replace(plain, person_id=crowd[no]["id"], id=uuid4(), code_hash=hashed))
        assert (answer.outcome, answer.mass_g) == (Outcome.COLLECTED, 160)
    assert await gifts.kill_cards(one.campaign_id, by=one.by) == 96 * KG
    campaign = await one.campaign()
    assert (campaign.collected_g, campaign.left_g, campaign.promised_g) == (64 * KG, 96 * KG, 0)
    rows = await fetch(
        "SELECT state, count(*) AS cards, sum(left_g)::bigint AS grams FROM gift_card GROUP BY 1 ORDER BY 1"
    )
    assert [tuple(row.values()) for row in rows] == [("killed", 9_600, 96 * KG), ("used", 400, 0)]
    assert await gifts.take_back(one.campaign_id, by=one.by) == 96 * KG
    assert await fetch_value("SELECT bool_and(ok) FROM gifts.prove()")
