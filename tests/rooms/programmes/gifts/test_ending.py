"""A gift ends by itself when its time is over, and days later what nobody collected is home with its sponsor."""

import asyncio
from datetime import timedelta

from app.foundation import audit
from app.gateways.database import fetch, fetch_value
from app.kernel.clock import utc_now
from app.programmes import gifts
from app.programmes.gifts import CampaignState, Outcome
from app.registry import holdings
from tests.rooms.conftest import connected, refusal
from tests.rooms.programmes.gifts.conftest import KG, Giving, draft

WEEK = timedelta(days=7)


async def window_over(giving: Giving) -> None:
    """Its window ended a second ago; nobody has looked."""
    now = utc_now()
    await gifts.edit(
        giving.campaign_id, draft(starts_at=now - timedelta(hours=1), ends_at=now - timedelta(seconds=1)), by=giving.by
    )


async def held_g(giving: Giving) -> int:
    holding = await holdings.open_holding(giving.sponsor_id)
    return sum(one.mass_g for one in await holdings.balances(holding.account))


async def test_a_gift_whose_window_is_over_ends_once_in_nobodys_name_and_says_so(giving: Giving) -> None:
    await giving.collect(await giving.wish(10 * KG))
    assert await gifts.end_due() == 0
    await window_over(giving)
    assert sorted(await asyncio.gather(gifts.end_due(), gifts.end_due())) == [0, 1]
    campaign = await giving.campaign()
    assert (campaign.state, campaign.ended_at is not None) == (CampaignState.ENDED, True)
    (line,) = [one for one in await audit.history(about=str(giving.campaign_id)) if one.action == "gift.ended"]
    assert (line.actor_id, line.before, line.after) == (None, {"state": "open"}, {"state": "ended"})
    (told,) = await fetch(
        "SELECT subject, payload->>'organisation_id' AS sponsor, (payload->'data'->>'left_grams')::bigint AS left_g,"
        " (payload->'data'->>'collected_grams')::bigint AS collected_g, (payload->'data'->>'people')::int AS people"
        " FROM outbox_message WHERE kind = 'gift.ended'"
    )
    assert tuple(told.values()) == (
        f"gift:{giving.campaign_id}", str(giving.sponsor_id), 90 * KG, 10 * KG, 1
    )  # fmt: skip


async def test_a_paused_gift_ends_too_and_one_made_longer_in_between_does_not(giving: Giving) -> None:
    await gifts.pause(giving.campaign_id, by=giving.by)
    await window_over(giving)
    await gifts.edit(giving.campaign_id, draft(), by=giving.by)
    assert await fetch_value("SELECT gifts.end_over($1)", giving.campaign_id) is False
    await window_over(giving)
    assert await gifts.end_due() == 1


async def test_who_collects_at_the_edge_comes_before_the_end_or_is_told_that_it_is_over(giving: Giving) -> None:
    now = utc_now()
    await gifts.edit(
        giving.campaign_id,
        draft(starts_at=now - timedelta(hours=1), ends_at=now + timedelta(milliseconds=300)),
        by=giving.by,
    )
    wishes = [await giving.wish(100) for _ in range(40)]

    async def come(at: int) -> Outcome:
        await asyncio.sleep(at / 60)
        (answer,) = await giving.collect(wishes[at])
        return answer.outcome

    async def sweep() -> None:
        for _ in range(40):
            await gifts.end_due()
            await asyncio.sleep(0.02)

    *told, _ = await asyncio.gather(*(come(at) for at in range(40)), sweep())
    assert set(told) <= {Outcome.COLLECTED, Outcome.OVER}
    campaign = await giving.campaign()
    assert (campaign.state, campaign.people) == (CampaignState.ENDED, told.count(Outcome.COLLECTED))
    late = await fetch_value("SELECT count(*) FROM gift_set s JOIN gift_campaign c ON c.id = s.campaign_id"
                             " WHERE s.collected_at >= c.ends_at")  # fmt: skip
    assert late == 0


async def test_what_is_left_stays_for_the_days_of_grace_and_then_goes_home_once(giving: Giving) -> None:
    await giving.collect(await giving.wish(30 * KG))
    await gifts.end(giving.campaign_id, by=giving.by)
    assert await gifts.return_due(grace=WEEK) == 0
    assert ((await giving.campaign()).left_g, await held_g(giving)) == (70 * KG, 0)
    done = await asyncio.gather(*(gifts.return_due(grace=timedelta(0)) for _ in range(3)))
    assert max(done) == 1
    campaign = await giving.campaign()
    assert (campaign.left_g, campaign.returned_at is not None, await held_g(giving)) == (0, True, 70 * KG)
    assert await fetch_value("SELECT actor FROM holding_transfer WHERE cause LIKE 'gift_rest:%'") == "system:gifts"
    await giving.fill(5 * KG)  # comes late, and is not moved unasked
    assert await gifts.return_due(grace=timedelta(0)) == 0
    assert await gifts.take_back(giving.campaign_id, by=giving.by) == 5 * KG


async def test_a_sponsor_who_took_everything_back_before_is_sent_nothing(giving: Giving) -> None:
    await gifts.end(giving.campaign_id, by=giving.by)
    assert await gifts.take_back(giving.campaign_id, by=giving.by) == 100 * KG
    assert await gifts.return_due(grace=timedelta(0)) == 1
    assert await held_g(giving) == 100 * KG


async def test_nothing_of_an_ended_gift_moves_and_nobody_signs_for_the_platform(giving: Giving) -> None:
    async with connected(giving.river.stand.app_url) as app:
        for attack, code in (
            ("UPDATE gift_campaign SET ended_at = now()", "42501"),
            ("UPDATE gift_campaign SET returned_at = now()", "23514"),  # it runs
            ("SELECT audit.record(NULL, 'gift.ended', 'x', NULL, '{}')", "42501"),
        ):
            assert (await refusal(app, attack))[0] == code, attack
    await gifts.end(giving.campaign_id, by=giving.by)
    await gifts.return_due(grace=timedelta(0))
    async with connected(giving.river.stand.owner_url) as owner:
        for attack in (
            "UPDATE gift_campaign SET returned_at = NULL",
            "UPDATE gift_campaign SET each_g = 1",
            "UPDATE gift_campaign SET ends_at = now() + interval '1 d'",
        ):
            assert await refusal(owner, attack) == ("23514", "gift_campaign_step_check"), attack
