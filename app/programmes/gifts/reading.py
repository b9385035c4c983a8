"""Reading campaigns, and what somebody collected."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app.gateways.database import Tx, fetch, fetch_as
from app.programmes.gifts.errors import CampaignUnknown, CollectionUnknown
from app.programmes.gifts.rules import Campaign, Delivery, WithLogo

_CAMPAIGN: Final = (
    "SELECT c.id, c.scenario_id, c.sponsor_id, c.account_id, a.holder, c.state, c.audience, c.delivers, c.amount,"
    " c.each_g, c.most_people,"
    " c.starts_at, c.ends_at, c.ended_at, c.returned_at, c.message_zh, c.message_en, p.next_g AS collected_g, p.people,"
    " p.promised_g, c.logo_sha256, c.logo_width, c.logo_height,"
    " (SELECT coalesce(sum(b.balance), 0)::bigint FROM credit_standing_lot l JOIN ledger_account b"
    "  ON b.path = holdings.account(a.holder, l.id) AND b.unit = 'g:' || l.id) AS left_g"
    " FROM gift_campaign c JOIN gift_pool p ON p.campaign_id = c.id JOIN account a ON a.id = c.account_id"
)


async def find_campaign(campaign_id: UUID, *, tx: Tx | None = None) -> Campaign:
    """A campaign by its id.

    Raises:
        CampaignUnknown: there is none.
    """
    found = await fetch_as(Campaign, f"{_CAMPAIGN} WHERE c.id = $1", campaign_id, tx=tx)
    if not found:
        raise CampaignUnknown
    return found[0]


async def find_campaigns(campaign_ids: Sequence[UUID], *, tx: Tx | None = None) -> list[Campaign]:
    """These campaigns, in the order of their ids."""
    return await fetch_as(
        Campaign, f"{_CAMPAIGN} WHERE c.id = ANY($1::uuid[]) ORDER BY c.id", list(campaign_ids), tx=tx
    )


async def campaign_of(scenario_id: UUID) -> Campaign | None:
    """The campaign of a scene that a reader meets: the one that is open or paused, else the last that ended."""
    found = await fetch_as(
        Campaign,
        f"{_CAMPAIGN} WHERE c.scenario_id = $1 AND c.state <> 'draft'"
        " ORDER BY c.state IN ('open', 'paused') DESC, c.id DESC LIMIT 1",
        scenario_id,
    )  # fmt: skip
    return found[0] if found else None


async def campaigns_of(*, sponsors: Sequence[UUID] = (), scenarios: Sequence[UUID] = ()) -> list[Campaign]:
    """The campaigns of these sponsors, or in these scenes, the newest first, at most a hundred."""
    return await fetch_as(
        Campaign,
        f"{_CAMPAIGN} WHERE c.sponsor_id = ANY($1::uuid[]) OR c.scenario_id = ANY($2::uuid[]) ORDER BY c.id DESC LIMIT 100",
        list(sponsors), list(scenarios),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection(WithLogo):
    """What somebody collected."""

    id: UUID
    campaign_id: UUID
    scenario_id: UUID
    sponsor_id: UUID
    person_id: UUID
    no: int
    mass_g: int
    emission_g: int
    language: str
    collected_at: datetime
    is_named: bool
    """Whether a name was given or declined."""
    has_name: bool
    delivers: Delivery = Delivery.RETIRE


_COLLECTION: Final = (
    "SELECT k.id, k.campaign_id, c.scenario_id, c.sponsor_id, k.person_id, k.no, k.stop_g - k.start_g AS mass_g,"
    " k.emission_g, k.language, k.collected_at, k.named_at IS NOT NULL AS is_named, k.name_sealed IS NOT NULL AS has_name,"
    " c.delivers, c.logo_sha256, c.logo_width, c.logo_height"
    " FROM gift_collection k JOIN gift_campaign c ON c.id = k.campaign_id"
)


async def find_collection(collection_id: UUID, *, by: UUID) -> Collection:
    """What this person collected.

    Raises:
        CollectionUnknown: there is none, or it is somebody else's.
    """
    found = await fetch_as(
        Collection,
        f"{_COLLECTION} WHERE k.id = $1 AND k.person_id = ANY(ARRAY(SELECT identity.persons_of($2)))",
        collection_id,
        by,
    )
    if not found:
        raise CollectionUnknown
    return found[0]


async def collection_of(campaign_id: UUID, *, by: UUID) -> Collection | None:
    """What this person collected of a campaign, of cards the last; None where they have not."""
    found = await fetch_as(
        Collection,
        f"{_COLLECTION} WHERE k.campaign_id = $1 AND k.person_id = ANY(ARRAY(SELECT identity.persons_of($2)))"
        " ORDER BY k.no DESC LIMIT 1",
        campaign_id,
        by,
    )
    return found[0] if found else None


async def latest(campaign_id: UUID, *, limit: int, offset: int = 0) -> list[Collection]:
    """Who collected last, the newest first."""
    return await fetch_as(
        Collection,
        f"{_COLLECTION} WHERE k.campaign_id = $1 ORDER BY k.no DESC LIMIT $2 OFFSET $3",
        campaign_id,
        limit,
        offset,
    )


async def given_of(scenario_id: UUID) -> list[tuple[UUID, int, int]]:
    """Which lots the campaigns of a scene gave how many grams of: (account of the pool, lot, grams)."""
    rows = await fetch(
        "SELECT c.account_id, p.lot_id, sum(p.stop_g - p.start_g)::bigint AS mass_g FROM gift_campaign c"
        " JOIN gift_set s ON s.campaign_id = c.id JOIN gift_part p ON p.set_id = s.id WHERE c.scenario_id = $1"
        " GROUP BY 1, 2 ORDER BY 1, 2",
        scenario_id,
    )
    return [(row["account_id"], row["lot_id"], row["mass_g"]) for row in rows]


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute of a campaign."""

    at: datetime
    people: int
    mass_g: int


async def by_minute(campaign_id: UUID, *, since: datetime) -> list[Minute]:
    """People and grams by the minute, the oldest first; minutes in which nobody came are absent."""
    rows = await fetch(
        "SELECT date_trunc('minute', s.collected_at) AS at, sum(s.people)::int AS people,"
        " sum(s.stop_g - s.start_g)::bigint AS mass_g FROM gift_set s"
        " WHERE s.campaign_id = $1 AND s.collected_at >= $2 GROUP BY 1 ORDER BY 1",
        campaign_id, since,
    )  # fmt: skip
    return [Minute(row["at"], row["people"], row["mass_g"]) for row in rows]
