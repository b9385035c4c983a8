"""Collecting: exact, once, acknowledged after the commit."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.gateways.database import fetch, fetch_value
from app.kernel.clock import utc_now
from app.programmes import gifts
from app.programmes.gifts import Counter, Outcome, Phase
from app.registry import holdings
from app.registry.holdings import Portion
from tests.rooms.conftest import Crowd, connected, open_lot, refusal
from tests.rooms.programmes.gifts.conftest import KG, Giving, draft
from tests.stack import eventually


def outcomes(answers: list[gifts.Collected]) -> list[Outcome]:
    return [one.outcome for one in answers]


async def test_everybody_of_a_set_gets_their_grams_end_to_end_on_the_pools_line(giving: Giving) -> None:
    answers = await giving.collect(*[await giving.wish(mass) for mass in (10 * KG, 7 * KG, 1)])
    assert outcomes(answers) == [Outcome.COLLECTED] * 3
    assert [one.no for one in answers] == [1, 2, 3]
    rows = await fetch("SELECT start_g, stop_g FROM gift_collection ORDER BY no")
    assert [(row["start_g"], row["stop_g"]) for row in rows] == [(0, 10_000), (10_000, 17_000), (17_000, 17_001)]
    campaign = await giving.campaign()
    assert (campaign.people, campaign.collected_g, campaign.left_g) == (3, 17_001, 100 * KG - 17_001)


async def test_a_person_collects_once_and_is_told_what_they_have(giving: Giving) -> None:
    wish = await giving.wish(10 * KG)
    (first,) = await giving.collect(wish)
    again, other = await giving.collect(
        await giving.wish(20 * KG, person_id=wish.person_id), await giving.wish(5 * KG, person_id=wish.person_id)
    )
    assert outcomes([again, other]) == [Outcome.ALREADY, Outcome.ALREADY]
    assert (again.id, again.mass_g, other.id) == (first.id, 10 * KG, first.id)
    assert (await giving.campaign()).people == 1


async def test_two_taps_in_one_set_are_one_gift(giving: Giving) -> None:
    person = await giving.river.guest()
    answers = await giving.collect(
        await giving.wish(10 * KG, person_id=person), await giving.wish(10 * KG, person_id=person)
    )
    assert outcomes(answers) == [Outcome.COLLECTED, Outcome.ALREADY]
    assert answers[0].id == answers[1].id


async def test_a_set_whose_end_nobody_heard_of_is_asked_again_and_collects_nothing_twice(giving: Giving) -> None:
    wishes = [await giving.wish(10 * KG), await giving.wish(10 * KG)]
    first = await giving.collect(*wishes)
    again = await giving.collect(*wishes)  # the very same ids
    assert again == first
    assert (await giving.campaign()).people == 2


async def test_at_the_end_of_the_pool_each_gets_a_true_answer_of_their_own(giving: Giving) -> None:
    answers = await giving.collect(
        await giving.wish(60 * KG),
        await giving.wish(50 * KG),  # more than is left, and would take nothing less
        await giving.wish(50 * KG, least_g=40 * KG),  # takes what is left
        await giving.wish(1),
    )
    assert outcomes(answers) == [Outcome.COLLECTED, Outcome.SOLD_OUT, Outcome.COLLECTED, Outcome.SOLD_OUT]
    assert [one.mass_g for one in answers] == [60 * KG, None, 40 * KG, None]
    assert (await giving.campaign()).left_g == 0


async def test_as_many_as_were_invited_may_come_and_no_more(giving: Giving) -> None:
    await gifts.edit(giving.campaign_id, draft(most_people=2), by=giving.by)
    answers = await giving.collect(*[await giving.wish(KG) for _ in range(3)])
    assert outcomes(answers) == [Outcome.COLLECTED, Outcome.COLLECTED, Outcome.SOLD_OUT]
    assert (await giving.campaign()).is_full


async def test_a_set_that_crosses_lots_says_which_lot_gave_which_grams(giving: Giving) -> None:
    younger = await open_lot("CDCER-2023-0007", "CDCER-2023-0007-1-100", year=2023)
    await giving.fill_from(Portion(younger, 50 * KG))
    await giving.collect(await giving.wish(90 * KG), await giving.wish(20 * KG))
    parts = await fetch("SELECT lot_id, start_g, stop_g FROM gift_part ORDER BY start_g")
    assert [tuple(part.values()) for part in parts] == [
        (giving.river.lot_id, 0, 100 * KG), (younger, 100 * KG, 110 * KG)
    ]  # fmt: skip
    await giving.work()
    slices = await fetch(
        "SELECT s.lot_id, sum(s.mass_g)::bigint AS grams FROM retirement_slice s GROUP BY s.lot_id ORDER BY s.lot_id"
    )
    assert [tuple(one.values()) for one in slices] == [(giving.river.lot_id, 100 * KG), (younger, 10 * KG)]


@pytest.mark.parametrize(
    ("doing", "outcome"),
    [(gifts.pause, Outcome.PAUSED), (gifts.end, Outcome.OVER)],
    ids=["paused", "ended"],
)  # fmt: skip
async def test_who_comes_to_a_gift_that_is_not_open_is_told_so_and_who_has_theirs_keeps_it(
    giving: Giving, doing: object, outcome: Outcome
) -> None:
    wish = await giving.wish()
    await giving.collect(wish)
    await doing(giving.campaign_id, by=giving.by)  # type: ignore[operator]
    late, known = await giving.collect(await giving.wish(), await giving.wish(person_id=wish.person_id))
    assert outcomes([late, known]) == [outcome, Outcome.ALREADY]


async def test_before_and_after_its_window_nothing_is_collected(giving: Giving) -> None:
    now = utc_now()
    await gifts.edit(giving.campaign_id, draft(starts_at=now + timedelta(minutes=5)), by=giving.by)
    assert outcomes(await giving.collect(await giving.wish())) == [Outcome.AHEAD]
    await gifts.edit(giving.campaign_id, draft(ends_at=now - timedelta(seconds=1)), by=giving.by)
    assert outcomes(await giving.collect(await giving.wish())) == [Outcome.OVER]
    assert (await giving.campaign()).phase(now) is Phase.OVER


async def test_one_of_a_scene_gives_at_a_time_and_one_whose_window_is_over_gives_way(giving: Giving) -> None:
    now = utc_now()
    second = replace(giving, campaign_id=await gifts.draft(giving.scene.id, draft(), by=giving.by, now=now))
    await second.fill(50 * KG)
    with pytest.raises(gifts.AnotherOpen):
        await gifts.open_(second.campaign_id, by=giving.by, now=now)
    over = draft(starts_at=now - timedelta(hours=2), ends_at=now - timedelta(seconds=1))
    await gifts.edit(giving.campaign_id, over, by=giving.by)
    await gifts.open_(second.campaign_id, by=giving.by, now=now)
    states = [(await gifts.find_campaign(one.campaign_id)).state.value for one in (giving, second)]
    assert states == ["ended", "open"]


async def test_six_hundred_from_sixty_four_connections_take_exactly_what_is_there(giving: Giving, crowd: Crowd) -> None:
    people = [uuid4() for _ in range(600)]
    async with connected(giving.river.stand.owner_url) as owner:
        await owner.execute(
            "INSERT INTO person (id, language, state, created_at) SELECT unnest($1::uuid[]), 'zh', 'active', now()",
            people,
        )
    told: list[str] = []

    async def come(chunk: list[UUID]) -> None:
        for at in range(0, len(chunk), 3):
            three = chunk[at : at + 3]
            count = len(three)
            rows = await crowd.client.execute_query_dict(
                "SELECT outcome FROM gifts.collect($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                [
                    giving.campaign_id, uuid4(), [uuid4() for _ in three], three, [1_000] * count, [1_000] * count,
                    [1_000] * count, [None] * count, ["zh"] * count, [None] * count,
                ],
            )  # fmt: skip
            told.extend(row["outcome"] for row in rows)

    await asyncio.gather(*(come(people[at::64]) for at in range(64)))
    assert (told.count("collected"), told.count("sold_out")) == (100, 500)
    campaign = await giving.campaign()
    assert (campaign.people, campaign.collected_g, campaign.left_g) == (100, 100 * KG, 0)


async def test_a_pause_in_the_middle_of_a_burst_comes_before_a_set_or_after_it(giving: Giving) -> None:
    counter = Counter()
    wishes = [await giving.wish(100) for _ in range(60)]

    async def pause() -> None:
        await asyncio.sleep(0.01)
        await gifts.pause(giving.campaign_id, by=giving.by)

    async def one(at: int) -> Outcome:
        await asyncio.sleep(at / 3_000)
        return (await counter.collect(giving.campaign_id, wishes[at])).outcome

    *told, _ = await asyncio.gather(*(one(at) for at in range(60)), pause())
    await counter.aclose()
    collected = [outcome for outcome in told if outcome is Outcome.COLLECTED]
    assert set(told) <= {Outcome.COLLECTED, Outcome.PAUSED}
    assert await giving.count("gift_collection") == len(collected)


async def test_who_stood_in_line_behind_a_pause_collects_nothing(giving: Giving) -> None:
    """Whether a campaign is open is asked once one's turn has come, not while one waits for it."""
    wish = await giving.wish(KG)
    async with connected(giving.river.stand.super_url) as first, connected(giving.river.stand.super_url) as watching:

        async def waiting(many: int) -> bool:
            return bool(await watching.fetchval(_WAITING) == many)

        async with first.transaction():
            await first.execute("SELECT gifts.lock($1)", giving.campaign_id)
            pause = asyncio.create_task(gifts.pause(giving.campaign_id, by=giving.by))
            await eventually(lambda: waiting(1), 20, "nobody waits for the pool")
            collecting = asyncio.create_task(giving.collect(wish))
            await eventually(lambda: waiting(2), 20, "nobody stands in line")
        await pause
        assert outcomes(await collecting) == [Outcome.PAUSED]
    assert await giving.count("gift_collection") == 0


_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0"


async def test_who_is_not_there_any_more_spoils_nothing_for_the_others_of_their_set(giving: Giving) -> None:
    ghost = replace(await giving.wish(KG), person_id=uuid4())
    answers = await giving.collect(await giving.wish(KG), ghost, await giving.wish(KG))
    assert outcomes(answers) == [Outcome.COLLECTED, Outcome.GONE, Outcome.COLLECTED]
    assert [one.no for one in answers] == [1, None, 2]


async def test_the_sponsor_takes_grams_out_while_people_collect_and_no_gram_is_there_twice(giving: Giving) -> None:
    campaign = await giving.campaign()
    pool, holding = holdings.Account.read(campaign.holder), (await holdings.open_holding(giving.sponsor_id)).account

    async def take(at: int) -> None:
        found = await holdings.balances(pool)
        if found and found[0].mass_g > KG:
            await holdings.move(
                f"out:{at}", pool, holding,
                holdings.Amount(holdings.Mix.only(found[0].programme), KG), reason="test",
            )  # fmt: skip

    wishes = [await giving.wish(KG) for _ in range(40)]
    await asyncio.gather(*(giving.collect(wish) for wish in wishes), *(take(at) for at in range(20)))
    left = sum(one.mass_g for one in await holdings.balances(pool))
    taken = sum(one.mass_g for one in await holdings.balances(holding))
    assert left + taken + await giving.count("gift_collection") * KG == 100 * KG


async def test_nobody_writes_a_collection_past_the_function_and_nothing_of_one_changes(giving: Giving) -> None:
    await giving.collect(await giving.wish())
    async with connected(giving.river.stand.app_url) as app:
        for statement in (
            "UPDATE gift_pool SET next_g = 0",
            "INSERT INTO gift_set (id) VALUES (gen_random_uuid())",
            "UPDATE gift_collection SET stop_g = stop_g + 1",
            "DELETE FROM gift_collection",
        ):
            assert (await refusal(app, statement))[0] == "42501", statement
    async with connected(giving.river.stand.owner_url) as owner:
        for statement, name in (
            ("UPDATE gift_collection SET no = no + 1", "gift_collection_stays"),
            ("DELETE FROM gift_collection", "gift_collection_stays"),
            ("UPDATE gift_set SET people = 2", "gift_set_stays"),
            ("DELETE FROM gift_part", "gift_part_stays"),
            ("UPDATE gift_campaign SET state = 'draft'", "gift_campaign_step_check"),
        ):
            assert await refusal(owner, statement) == ("23514", name), statement


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(masses=st.lists(st.integers(1, 40 * KG), min_size=1, max_size=8), least=st.integers(1, 40 * KG))
async def test_whatever_a_set_wants_nobody_gets_more_and_all_of_the_pool_is_accounted_for(
    giving: Giving, masses: list[int], least: int
) -> None:
    before = await giving.campaign()
    answers = await giving.collect(*[await giving.wish(one, least_g=min(one, least)) for one in masses])
    after = await giving.campaign()
    given_g = sum(one.mass_g or 0 for one in answers)
    assert after.left_g == before.left_g - given_g >= 0
    assert after.collected_g == before.collected_g + given_g
    for mass, one in zip(masses, answers, strict=True):
        assert one.mass_g is None or min(mass, least) <= one.mass_g <= mass
    if any(one.outcome is Outcome.SOLD_OUT for one in answers):
        refused = [min(mass, least) for mass, one in zip(masses, answers, strict=True) if one.mass_g is None]
        assert all(one > after.left_g for one in refused) or after.left_g == 0
    assert await fetch_value("SELECT bool_and(ok) FROM gifts.prove()")
