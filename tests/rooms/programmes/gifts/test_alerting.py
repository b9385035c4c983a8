"""A sponsor is told once that the pool runs low, that it is empty, that the gift has ended; and again after a top-up."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest

from app.foundation import webhooks
from app.foundation.webhooks import EndpointDraft
from app.gateways.database import fetch, transaction
from app.gateways.webhooks import WebhookSender
from app.kernel.text import Text
from app.programmes import gifts
from app.programmes.gifts import AmountKind, Level
from app.programmes.gifts.rules import minutes_left, told_text
from tests.far_side import Sandbox, sandbox, sandbox_process
from tests.owning import as_owner
from tests.rooms.conftest import KEYRING
from tests.rooms.programmes.gifts.conftest import KG, Giving, draft
from tests.rooms.programmes.gifts.test_ending import window_over
from workers.send_webhooks import send_due

__all__ = ["sandbox", "sandbox_process"]  # fixtures, found by their names

LOW, EMPTY, ENDED = "gift.pool_low", "gift.pool_empty", "gift.ended"


async def told() -> list[dict[str, Any]]:
    """What was recorded for the sponsor, in order."""
    rows = await fetch("SELECT kind, payload FROM outbox_message WHERE job = 'announce' ORDER BY id")
    return [{"kind": row["kind"], **json.loads(row["payload"])} for row in rows]


async def kinds() -> list[str]:
    return [one["kind"] for one in await told()]


async def collect(giving: Giving, *grams: int) -> None:
    """Somebody for each, one after the other, and the worker after each."""
    for mass_g in grams:
        await giving.collect(await giving.wish(mass_g))
        await giving.work()


async def test_at_a_fifth_the_sponsor_is_told_once_and_what(giving: Giving) -> None:
    await collect(giving, 20 * KG, 20 * KG, 20 * KG, 19 * KG)
    assert await kinds() == []
    await collect(giving, 1 * KG)
    (one,) = await told()
    assert one["kind"] == one["event"] == LOW
    assert one["organisation_id"] == str(giving.sponsor_id)
    data = one["data"]
    assert (data["left_grams"], data["collected_grams"], data["people"]) == (20 * KG, 80 * KG, 5)
    assert (data["scene"], data["title_zh"], data["title_en"]) == (giving.scene.code, "示例欢乐跑", "Sample Fun Run")
    assert data["empty_in_minutes"] is None  # nobody came in whole minutes that are over
    assert "示例欢乐跑" in one["text_zh"]
    await collect(giving, 1 * KG, 1 * KG)
    assert await kinds() == [LOW]


async def test_empty_is_told_once_and_at_one_look_without_low(giving: Giving) -> None:
    await giving.collect(*[await giving.wish(20 * KG) for _ in range(5)])
    await giving.work()
    assert await kinds() == [EMPTY]
    assert (await told())[0]["data"]["left_grams"] == 0


async def test_less_than_one_share_is_empty_where_everybody_gets_the_same(giving: Giving) -> None:
    await gifts.pause(giving.campaign_id, by=giving.by)
    fixed = await giving.campaign()
    assert fixed.level is Level.ENOUGH
    await as_owner("ALTER TABLE gift_campaign DISABLE TRIGGER USER")
    await as_owner("UPDATE gift_campaign SET amount = 'fixed', each_g = 30000, state = 'open'")
    await as_owner("ALTER TABLE gift_campaign ENABLE TRIGGER USER")
    await giving.collect(*[await giving.wish(30 * KG) for _ in range(3)])
    await giving.work()
    (one,) = await told()
    assert (one["kind"], one["data"]["left_grams"]) == (EMPTY, 10 * KG)
    assert (await giving.campaign()).amount is AmountKind.FIXED


async def test_after_a_top_up_it_is_told_anew(giving: Giving) -> None:
    await collect(giving, *[20 * KG] * 4)
    assert await kinds() == [LOW]
    await giving.fill(100 * KG)  # 120 of 200 kg
    await collect(giving, *[20 * KG] * 3)
    assert await kinds() == [LOW]  # 60 of 200 are left
    await collect(giving, 20 * KG)
    assert await kinds() == [LOW, LOW]
    await collect(giving, 20 * KG, 20 * KG)
    assert await kinds() == [LOW, LOW, EMPTY]
    await giving.fill(20 * KG)  # little, so nothing is told until it is used up again
    await collect(giving, 10 * KG)
    assert await kinds() == [LOW, LOW, EMPTY]
    await collect(giving, 10 * KG)
    assert await kinds() == [LOW, LOW, EMPTY, EMPTY]
    assert len({one["event_id"] for one in await told()}) == 4


async def test_the_same_sets_looked_at_again_or_at_once_tell_nothing_twice(giving: Giving) -> None:
    await giving.collect(*[await giving.wish(20 * KG) for _ in range(5)])
    sets = [row["id"] for row in await fetch("SELECT id FROM gift_set")]

    async def look() -> None:
        async with transaction() as tx:
            await gifts.watch(sets, tx=tx)

    await asyncio.gather(*(look() for _ in range(6)))
    await giving.work()
    await look()
    assert await kinds() == [EMPTY]


async def test_the_end_is_told_once_by_a_person_or_by_the_clock(giving: Giving) -> None:
    await gifts.end(giving.campaign_id, by=giving.by)
    await gifts.end(giving.campaign_id, by=giving.by)
    assert await gifts.end_due() == 0
    assert await kinds() == [ENDED]


async def test_a_window_that_is_over_is_an_end_though_nobody_pressed_anything(giving: Giving) -> None:
    assert await gifts.end_due() == 0
    await window_over(giving)
    assert [await gifts.end_due() for _ in range(2)] == [1, 0]
    await gifts.end(giving.campaign_id, by=giving.by)
    assert await kinds() == [ENDED]


async def test_the_forecast_is_that_of_the_sponsors_page(giving: Giving) -> None:
    await collect(giving, 20 * KG, 20 * KG)
    await as_owner("ALTER TABLE gift_set DISABLE TRIGGER USER")
    await as_owner("UPDATE gift_set SET collected_at = collected_at - interval '2 minutes'")
    await as_owner("ALTER TABLE gift_set ENABLE TRIGGER USER")
    await collect(giving, 20 * KG, 20 * KG)
    (one,) = await told()
    assert one["data"]["empty_in_minutes"] == 3  # 20 kg at 40 kg in five minutes: two and a half
    assert "3 分钟" in one["text_zh"]


@pytest.mark.parametrize(("left_g", "recent_g", "minutes"), [(10, 0, None), (0, 5, None), (100, 50, 10), (101, 50, 11)])
def test_minutes_are_rounded_up_and_unknown_where_nobody_came(left_g: int, recent_g: int, minutes: int | None) -> None:
    assert minutes_left(left_g, recent_g) == minutes


def test_the_texts_stay_short_whatever_a_scene_is_called() -> None:
    title = Text(zh="名" * 80, en="n" * 80)
    for kind in (LOW, EMPTY, ENDED):
        text = told_text(kind, title, left="3.88 t", people=10**9, minutes=10**6)
        assert max(len(text.zh), len(text.en)) < 300
    assert draft().each_g == 20 * KG


async def test_what_the_worker_sees_of_a_pool_arrives_signed_at_the_sponsors_system(
    giving: Giving, sandbox: Sandbox
) -> None:
    sender = WebhookSender(rehearsal_url=sandbox.url)
    draft_ = EndpointDraft(kind="standard", label="x", url=f"{sandbox.url}/webhooks/pool", events=(LOW, EMPTY))
    made = await webhooks.add(giving.sponsor_id, draft_, by=giving.by, keyring=KEYRING, sender=sender)
    await sandbox.control("POST", "webhooks/inbox", {"name": "pool", "secrets": [made.secret]})
    await collect(giving, *[20 * KG] * 4)
    assert await send_due(keyring=KEYRING, sender=sender) == 1
    (got,) = await sandbox.control("GET", "webhooks/got/pool")
    (event,) = await told()
    assert got["signature"] == "valid"
    assert got["event"] == webhooks.message_id(UUID(event["event_id"]))
    assert json.loads(got["body"])["data"] == event["data"]
    assert json.loads(got["body"])["type"] == LOW
