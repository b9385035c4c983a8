"""Alerting a sponsor: that the pool runs low, that it is empty, that the gift has ended; each once, as events of the outbox.

Looked at by a job after each set, never while people collect. Who is told by what means is not known here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from app import scenarios
from app.foundation import outbox
from app.gateways.database import Tx, fetch
from app.kernel import ids, mass
from app.kernel.clock import beijing_day, rfc3339
from app.programmes.gifts.events import GiftEnded, PoolDrained, PoolLow
from app.programmes.gifts.reading import find_campaigns
from app.programmes.gifts.rules import RATE_MINUTES, Campaign, Level, minutes_left, rises, told_text

_OVER_MOST: Final = 100
_Kind = type[PoolLow] | type[PoolDrained] | type[GiftEnded]
_OF_LEVEL: Final[dict[Level, _Kind]] = {Level.LOW: PoolLow, Level.EMPTY: PoolDrained}


@dataclass(frozen=True, slots=True)
class _Watched:
    level: Level
    rises: int


async def watch(set_ids: Sequence[UUID], *, tx: Tx) -> None:
    """Look at the pools of these sets, and record what their sponsors are to be told. Repeated: nothing is told twice.

    A pool that was filled up since the last look may be told of anew. From enough to empty at one look, only the latter.
    """
    await fetch(
        "INSERT INTO gift_level (campaign_id, level, rises)"
        " SELECT DISTINCT s.campaign_id, 'enough', 0 FROM gift_set s WHERE s.id = ANY($1::uuid[]) ORDER BY 1"
        " ON CONFLICT (campaign_id) DO NOTHING",
        list(set_ids), tx=tx,
    )  # fmt: skip
    rows = await fetch(
        "SELECT campaign_id, level, rises FROM gift_level WHERE campaign_id IN"
        " (SELECT s.campaign_id FROM gift_set s WHERE s.id = ANY($1::uuid[])) ORDER BY campaign_id FOR UPDATE",
        list(set_ids), tx=tx,
    )  # fmt: skip
    before = {row["campaign_id"]: _Watched(Level(row["level"]), row["rises"]) for row in rows}
    campaigns = await find_campaigns(list(before), tx=tx)  # after the locks: whoever looked before is seen
    changed = {one.id: one for one in campaigns if one.level is not before[one.id].level}
    if not changed:
        return
    after = {
        id_: _Watched(one.level, before[id_].rises + rises(before[id_].level, one.level))
        for id_, one in changed.items()
    }
    await fetch(
        "UPDATE gift_level w SET level = n.level, rises = n.rises"
        " FROM unnest($1::uuid[], $2::text[], $3::int[]) AS n (id, level, rises) WHERE w.campaign_id = n.id",
        list(after), [one.level.value for one in after.values()], [one.rises for one in after.values()], tx=tx,
    )  # fmt: skip
    fallen = [one for id_, one in changed.items() if not rises(before[id_].level, one.level)]
    await _tell([(_OF_LEVEL[one.level], one, after[one.id].rises) for one in fallen], tx=tx)


async def tell_ended(campaign_ids: Sequence[UUID], *, tx: Tx) -> None:
    """Record that these have ended; for each campaign once."""
    await _tell([(GiftEnded, one, 0) for one in await find_campaigns(campaign_ids, tx=tx)], tx=tx)


async def _tell(what: Sequence[tuple[_Kind, Campaign, int]], *, tx: Tx) -> None:
    fresh = await fetch(
        "INSERT INTO gift_alert (id, campaign_id, kind, rises, at)"
        " SELECT u.id, u.campaign, u.kind, u.rises, clock_timestamp()"
        " FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[]) AS u (id, campaign, kind, rises)"
        " ON CONFLICT ON CONSTRAINT gift_alert_once_key DO NOTHING RETURNING id, campaign_id, kind, at",
        [ids.uuid7() for _ in what],
        [one.id for _, one, _ in what],
        [kind.kind for kind, _, _ in what],
        [rises_ for _, _, rises_ in what],
        tx=tx,
    )
    if not fresh:
        return
    told, now = {(row["campaign_id"], row["kind"]): row for row in fresh}, fresh[0]["at"]
    campaigns = {one.id: one for _, one, _ in what}
    scenes = await scenarios.find_many(
        [one.scenario_id for one in campaigns.values()], today=beijing_day(now), tx=tx
    )  # fmt: skip
    recent = await _recent(list(campaigns), now=now, tx=tx)
    await outbox.record(
        *(
            _event(kind, one, scenes[one.scenario_id], told[one.id, kind.kind], recent.get(one.id, 0))
            for kind, one, _ in what
            if (one.id, kind.kind) in told
        ),
        tx=tx,
    )


async def _recent(campaign_ids: Sequence[UUID], *, now: datetime, tx: Tx) -> dict[UUID, int]:
    """Grams of each in the last whole minutes, as the sponsor's page counts them."""
    this = now.replace(second=0, microsecond=0)
    rows = await fetch(
        "SELECT s.campaign_id, sum(s.stop_g - s.start_g)::bigint AS mass_g FROM gift_set s"
        " WHERE s.campaign_id = ANY($1::uuid[]) AND s.collected_at >= $2 AND s.collected_at < $3 GROUP BY 1",
        list(campaign_ids), this - timedelta(minutes=RATE_MINUTES), this, tx=tx,
    )  # fmt: skip
    return {row["campaign_id"]: row["mass_g"] for row in rows}


def _event(
    kind: _Kind, one: Campaign, scene: scenarios.Scene, told: Mapping[str, Any], recent_g: int
) -> PoolLow | PoolDrained | GiftEnded:
    minutes = minutes_left(one.left_g, recent_g) if kind is PoolLow else None
    text = told_text(kind.kind, scene.title, left=mass.text(one.left_g), people=one.people, minutes=minutes)
    return kind(
        event=kind.kind,
        event_id=told["id"],
        organisation_id=one.sponsor_id,
        campaign_id=one.id,
        at=told["at"],
        data={
            "gift": ids.public("gca", one.id),
            "scene": scene.code,
            "title_zh": scene.title.zh,
            "title_en": scene.title.en,
            "left_grams": one.left_g,
            "collected_grams": one.collected_g,
            "people": one.people,
            "empty_in_minutes": minutes,
            "at": rfc3339(told["at"]),
        },
        text_zh=text.zh,
        text_en=text.en,
    )


async def open_at(at: datetime, *, limit: int = 200) -> list[UUID]:
    """The campaigns that people could collect from at a moment: whoever did so in time that is lost must be told."""
    rows = await fetch(
        "SELECT id FROM gift_campaign WHERE starts_at <= $1 AND ends_at > $1 AND state <> 'draft' ORDER BY id LIMIT $2",
        at, limit,
    )  # fmt: skip
    return [row["id"] for row in rows]
