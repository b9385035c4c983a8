"""A scene whose organiser gives: a verified union, its sponsor, a pool that the platform's stock was moved into."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app import footprint, scenarios
from app.foundation.identity import Role
from app.gateways.database import fetch, fetch_value, transaction
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Text
from app.programmes import gifts
from app.programmes.gifts import AmountKind, Audience, Campaign, CampaignDraft, Collected, Delivery, NewBatch, Wish
from app.registry import holdings
from app.registry.credits import Programme
from app.registry.holdings import PLATFORM, Amount, Mix, Portion
from tests.books import books_add_up
from tests.flow import ISSUER
from tests.rooms.conftest import FACTORS, KEYRING, PROFILES, River
from tests.staff import member, opened, verified
from workers.jobs import JOBS, Tools
from workers.subscriptions import SETTLE

KG = 1_000


@dataclass
class Giving:
    """One campaign that is open, and the people who come."""

    river: River
    scene: scenarios.Scene
    sponsor_id: UUID
    by: UUID
    """A sponsor of theirs, who runs it."""
    campaign_id: UUID
    tools: Tools

    async def campaign(self) -> Campaign:
        """As it is now."""
        return await gifts.find_campaign(self.campaign_id)

    async def fill(self, mass_g: int) -> None:
        """Move grams of the platform's stock into the pool."""
        campaign = await self.campaign()
        await holdings.move(
            f"fill:{uuid4()}", PLATFORM, holdings.Account.read(campaign.holder),
            Amount(Mix.only(Programme.CDCER), mass_g), reason="test",
        )  # fmt: skip

    async def fill_from(self, *portions: Portion) -> None:
        """The same of these lots."""
        campaign = await self.campaign()
        async with transaction() as tx:
            await holdings.transfer(
                f"fill:{uuid4()}", PLATFORM, holdings.Account.read(campaign.holder), portions, reason="test", tx=tx
            )

    async def wish(self, mass_g: int = 10 * KG, *, least_g: int | None = None, person_id: UUID | None = None) -> Wish:
        """What somebody who came would collect."""
        inputs = footprint.visit_inputs("metro", "23", round_trip=True, extras={"meals_mixed": "1"})
        calculation = footprint.calculate("personal", inputs, FACTORS)
        return Wish(
            person_id=person_id or await self.river.guest(), wanted_g=mass_g, least_g=least_g or mass_g,
            emission_g=max(mass_g, calculation.total_g), calculation=calculation, language="zh",
        )  # fmt: skip

    async def collect(self, *wishes: Wish) -> list[Collected]:
        """All of them at once."""
        return await gifts.collect(self.campaign_id, wishes)

    async def work(self) -> None:
        """Run every job that is due, until nothing follows any more."""
        while rows := await fetch(
            "SELECT job, array_agg(id ORDER BY id) AS ids FROM outbox_message"
            " WHERE queue = 'settle' AND done_at IS NULL AND dead_at IS NULL GROUP BY job ORDER BY min(id)"
        ):
            for row in rows:
                await JOBS[SETTLE][row["job"]](row["ids"], self.tools)

    async def count(self, table: str, where: str = "true") -> int:
        """Rows of a table."""
        return int(await fetch_value(f"SELECT count(*) FROM {table} WHERE {where}"))


@dataclass
class Carded:
    """A campaign for cards, with 100 kg in its pool."""

    giving: Giving

    async def batch(self, count: int = 3, card_g: int = 10 * KG) -> NewBatch:
        one = self.giving
        return await gifts.make_codes(one.campaign_id, count, "嘉宾", by=one.by, keyring=KEYRING, card_g=card_g)

    async def use(self, code: str | None, mass_g: int, person_id: UUID, *, key: str | None = None) -> gifts.Collected:
        """So many grams of a card, or as many as it has."""
        wish = await self.giving.wish(mass_g, least_g=1, person_id=person_id)
        hashed = gifts.code_hash(code, keyring=KEYRING) if code else None
        id_ = gifts.use_id(self.giving.campaign_id, key or uuid4().hex, by=person_id)
        (answer,) = await self.giving.collect(replace(wish, code_hash=hashed, id=id_))
        return answer

    async def promised_g(self) -> int:
        return (await self.giving.campaign()).promised_g

    async def pool(self) -> holdings.Account:
        return holdings.Account.read((await self.giving.campaign()).holder)


def draft(**changed: Any) -> CampaignDraft:
    """A campaign that covers 20 kg each, from now for an hour."""
    plain = CampaignDraft(
        amount=AmountKind.COVER, each_g=20 * KG, most_people=None, starts_at=utc_now() - timedelta(minutes=1),
        ends_at=utc_now() + timedelta(hours=1), message=Text(zh="谢谢你来", en="Thank you for coming"),
    )  # fmt: skip
    return replace(plain, **changed)


@pytest.fixture
async def giving(river: River) -> AsyncIterator[Giving]:
    """An open campaign with 100 kg in its pool. After the test the books must add up."""
    yield await _opened(river)
    assert await books_add_up(river.stand.app_url) == []


@pytest.fixture
async def into_accounts(river: River) -> AsyncIterator[Giving]:
    """The same, whose grams go into the accounts of whoever collects."""
    yield await _opened(river, delivers=Delivery.ACCOUNT)
    assert await books_add_up(river.stand.app_url) == []


@pytest.fixture
async def carded(giving: Giving) -> Carded:
    await gifts.end(giving.campaign_id, by=giving.by)
    giving.campaign_id = await gifts.draft(giving.scene.id, draft(audience=Audience.CARDS), by=giving.by, now=utc_now())
    await giving.fill(100 * KG)
    await gifts.open_(giving.campaign_id, by=giving.by, now=utc_now())
    return Carded(giving)


async def _opened(river: River, **changed: Any) -> Giving:
    today = beijing_day(utc_now())
    sponsor_id = await verified(Text(zh="示例城市总工会", en="Sample City Union"))
    code = await opened(
        scenarios.Draft(
            kind=scenarios.ScenarioKind.EVENT,
            title=Text(zh="示例欢乐跑", en="Sample Fun Run"),
            organiser=Text(zh="示例城市总工会", en="Sample City Union"),
            organisation_id=sponsor_id,
            starts_on=today,
            ends_on=today,
            setup=scenarios.Setup(modes=("metro", "car"), extras={"meals_mixed": "1"}),
        )
    )
    scene = await scenarios.open_scene(code, today=today)
    by = await member(sponsor_id, Role.SPONSOR)
    campaign_id = await gifts.draft(scene.id, draft(**changed), by=by, now=utc_now())
    tools = Tools(gateways=None, issuer=ISSUER, studio=None, profiles=PROFILES)  # type: ignore[arg-type] # no wire here
    one = Giving(river, scene, sponsor_id, by, campaign_id, tools)
    await one.fill(100 * KG)
    await gifts.open_(campaign_id, by=by, now=utc_now())
    return one
