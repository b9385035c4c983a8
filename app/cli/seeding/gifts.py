"""A live event whose organiser gives: its pool was filled by the exchange, since nobody pays in seeding."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from app import scenarios
from app.footprint import FactorSet
from app.gateways.database import fetch_value
from app.kernel.clock import beijing_day, utc_now
from app.kernel.mass import GRAMS_PER_TONNE
from app.kernel.text import Text
from app.programmes import gifts
from app.programmes.gifts import AmountKind, CampaignDraft
from app.registry import holdings
from app.registry.credits import Programme
from app.registry.holdings import PLATFORM, Account, Amount, Mix
from app.scenarios import Draft, ScenarioKind, Setup
from app.views.demo_roles import ORGANISER_EMAIL
from app.views.scene_drafts.answering import layers_of
from app.views.scene_drafts.content import Content, PeopleGroup

GIFT_CODE: Final = "GAVE26"
"""The demo's scene with a gift."""
_POOL_G: Final = 20 * GRAMS_PER_TONNE
_EACH_G: Final = 20_000
_ORGANISER: Final = Text(zh="示例城市总工会", en="Sample City Trade Union")


def gift_event(organisation_id: UUID, factor_set: FactorSet) -> Draft:
    """The scene as its organiser describes it; what it answers for is said and computed as in the wizard."""
    today = beijing_day(utc_now())
    answered = Content(
        covers_host=True,
        event={"attendees": 60, "days": "1", "electricity_kwh": "1200"},
        groups=(
            PeopleGroup(code="riders", name_zh="骑行者", name_en="Riders", is_covered=True, stated_grams=480_000),
            PeopleGroup(code="staff", name_zh="工作人员", name_en="Staff", is_covered=True, stated_grams=62_500),
            PeopleGroup(code="spectators", name_zh="观众", name_en="Spectators"),
        ),
    )
    return Draft(
        code=GIFT_CODE,
        kind=ScenarioKind.EVENT,
        title=Text(zh="示例绿道骑行日", en="Sample Greenway Day"),
        organiser=_ORGANISER,
        organisation_id=organisation_id,
        starts_on=today,
        ends_on=today + timedelta(days=365),
        setup=Setup(
            modes=("metro", "car", "hsr", "flight"),
            default_km=23,
            most_km=100,
            extras={"meals_mixed": "1", "bottled_water_l": "1"},
            extras_text=Text(zh="午餐 1 份 + 饮用水 1 升", en="1 lunch + 1 l of water"),
            programme=Programme.CDCER.value,
            layers=layers_of(answered, factor_set),
        ),
    )


async def open_gift(scenario_id: UUID, organisation_id: UUID) -> None:
    """Open a campaign there with twenty tonnes, up to 20 kg each; where there is one it stays as it is."""
    if await gifts.campaigns_of(scenarios=[scenario_id]):
        return
    by = await fetch_value(
        "SELECT person_id FROM membership WHERE organisation_id = $1 AND role = 'sponsor' ORDER BY created_at LIMIT 1",
        organisation_id,
    )
    assert by is not None, f"{ORGANISER_EMAIL} is a sponsor there"
    scene = (await scenarios.find_many([scenario_id], today=beijing_day(utc_now())))[scenario_id]
    now = utc_now()
    asked = CampaignDraft(
        amount=AmountKind.COVER,
        each_g=_EACH_G,
        most_people=None,
        starts_at=now - timedelta(minutes=1),
        ends_at=now + timedelta(days=30),
        message=Text(zh="谢谢你骑车来，这一趟我们请。", en="Thank you for coming; this trip is on us."),
    )
    campaign_id = await gifts.draft(scene.id, asked, by=by, now=now)
    pool = await gifts.find_campaign(campaign_id)
    await holdings.move(
        f"seed:gift/{scene.code}", PLATFORM, Account.read(pool.holder), Amount(Mix.only(Programme.CDCER), _POOL_G),
        reason="seed",
    )  # fmt: skip
    await gifts.open_(campaign_id, by=by, now=now)
