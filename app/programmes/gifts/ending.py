"""A campaign ends by itself when its window is over, and days later what is left of it goes home to its sponsor."""

from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

from app.foundation import outbox
from app.gateways.database import Tx, again, fetch, fetch_value, transaction
from app.kernel.ids import uuid7
from app.programmes.gifts.alerting import tell_ended
from app.programmes.gifts.reading import find_campaign
from app.programmes.gifts.rules import Campaign
from app.registry import holdings
from app.registry.holdings import Portion

_MOST: Final = 50
"""Campaigns in one round of the sweeper: each waits for its own pool's line."""


async def end_due() -> int:
    """End the campaigns whose window is over, each in a transaction of its own; answers how many."""
    rows = await fetch(
        "SELECT id FROM gift_campaign WHERE state IN ('open', 'paused') AND ends_at <= clock_timestamp()"
        " ORDER BY ends_at LIMIT $1",
        _MOST,
    )  # fmt: skip

    async def one(campaign_id: UUID) -> bool:
        async with transaction() as tx:
            is_ended = bool(await fetch_value("SELECT gifts.end_over($1)", campaign_id, tx=tx))
            if is_ended:
                await tell_ended([campaign_id], tx=tx)
            return is_ended

    ended = sum([await again(partial(one, row["id"])) for row in rows])
    if ended:
        outbox.nudge()
    return ended


async def return_due(*, grace: timedelta) -> int:
    """Send what is left of campaigns that ended `grace` ago to their sponsors' holdings; answers how many campaigns.

    Until then the sponsor may have it refunded purchase by purchase, or take it back at once. What comes into such a
    pool later, as by an order that was paid late, stays there until it is taken back.
    """
    rows = await fetch(
        "SELECT id FROM gift_campaign WHERE state = 'ended' AND returned_at IS NULL"
        " AND ended_at <= clock_timestamp() - $1::interval ORDER BY ended_at LIMIT $2",
        grace, _MOST,
    )  # fmt: skip

    async def one(campaign_id: UUID) -> None:
        async with transaction() as tx:
            await fetch("SELECT gifts.lock($1)", campaign_id, tx=tx)
            campaign = await find_campaign(campaign_id, tx=tx)
            if campaign.returned_at is None:
                await send_home(campaign, actor="system:gifts", tx=tx)
                await fetch(
                    "UPDATE gift_campaign SET returned_at = clock_timestamp() WHERE id = $1", campaign_id, tx=tx
                )

    for row in rows:
        await again(partial(one, row["id"]))
    return len(rows)


async def send_home(campaign: Campaign, *, actor: str, tx: Tx) -> int:
    """Move what is free in a campaign's pool, which the caller has locked, to its sponsor's holding; answers the grams."""
    pool = await holdings.find_account(campaign.account_id, tx=tx)
    holding = await holdings.open_holding(campaign.sponsor_id, tx=tx)
    left, kept_g = [], campaign.promised_g  # cards use the oldest first, so the oldest stay
    for one in await holdings.balances(pool.account, tx=tx):
        stays_g = min(kept_g, one.mass_g)
        kept_g -= stays_g
        if one.mass_g > stays_g:
            left.append(Portion(one.lot_id, one.mass_g - stays_g))
    if not left:
        return 0
    moved = await holdings.transfer(
        f"gift_rest:{uuid7()}", pool.account, holding.account, left, reason="gift", actor=actor, tx=tx
    )
    return moved.mass_g
