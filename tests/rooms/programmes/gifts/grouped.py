"""A scene whose organiser answers for its runners and its venue; spectators, who are most, answer for themselves."""

from dataclasses import replace
from uuid import UUID

from app import footprint, scenarios
from app.commerce import orders
from app.commerce.orders import OrderFacts
from app.gateways.database import fetch_value
from app.kernel.clock import utc_now
from app.kernel.money import Currency
from app.kernel.text import Text
from app.programmes import gifts
from app.programmes.gifts import Audience
from app.registry import claims
from app.registry.claims import ClaimFacts
from app.registry.credits import Programme
from app.scenarios import Group, Layers
from tests.rooms.conftest import FACTORS, KEYRING
from tests.rooms.programmes.gifts.conftest import KG, Giving, draft
from tests.staff import opened

LAYERS = Layers(
    groups=(
        Group(code="runners", name=Text(zh="参赛者", en="Runners"), emission_g=30 * KG),
        Group(code="venue", name=Text(zh="场地", en="Venue"), emission_g=10 * KG),
        Group(code="guests", name=Text(zh="观众", en="Spectators")),
    ),
    default_group="guests",
    organiser_covers=("runners", "venue"),
    source=Text(zh="活动计算器，40 人报名", en="Event calculator, 40 registered"),
)


async def grouped(giving: Giving, *, layers: Layers | None = LAYERS, audience: Audience = Audience.CODES) -> Giving:
    """The same organiser in a scene with groups, and a campaign for codes with 100 kg."""
    setup = replace(giving.scene.setup, layers=layers)  # type: ignore[type-var] # a live scene has one
    code = await opened(
        scenarios.Draft(
            kind=giving.scene.kind, title=Text(zh="示例分组跑", en="Sample Grouped Run"), organiser=giving.scene.organiser,
            organisation_id=giving.sponsor_id, starts_on=giving.scene.starts_on, ends_on=giving.scene.ends_on, setup=setup,  # type: ignore[arg-type]
        )
    )  # fmt: skip
    giving.scene = await scenarios.open_scene(code, today=giving.scene.starts_on)  # type: ignore[arg-type]
    giving.campaign_id = await gifts.draft(giving.scene.id, draft(audience=audience), by=giving.by, now=utc_now())
    await giving.fill(100 * KG)
    await gifts.open_(giving.campaign_id, by=giving.by, now=utc_now())
    return giving


async def codes(giving: Giving, count: int, group: str | None) -> tuple[str, ...]:
    made = await gifts.make_codes(
        giving.campaign_id, count, "一批", by=giving.by, keyring=KEYRING, group_code=group
    )  # fmt: skip
    return made.codes


async def brings(giving: Giving, code: str | None, mass_g: int) -> tuple[UUID, UUID]:
    """Somebody collects with a code; they, and their collection."""
    wish = await giving.wish(mass_g)
    hashed = gifts.code_hash(code, keyring=KEYRING) if code else None
    (answer,) = await giving.collect(replace(wish, code_hash=hashed))
    assert answer.id is not None, answer
    return wish.person_id, answer.id


async def claim_for(cause: str) -> ClaimFacts:
    """What was claimed for a cause."""
    return (await claims.by_cause([cause]))[cause]


async def orders_visit(
    giving: Giving,
    person_id: UUID,
    *,
    root: ClaimFacts | None = None,
    besides_g: int = 0,
    group_code: str | None = None,
) -> OrderFacts:
    """They order for a visit of 23 km by metro there and back; beside a gift what it does not cover."""
    inputs = footprint.visit_inputs("metro", "23", round_trip=True, extras={"meals_mixed": "1"})
    calculation = footprint.calculate("personal", inputs, FACTORS)
    footprint_id = root.footprint_id if root else await footprint.keep(calculation, by=person_id)
    assert footprint_id is not None
    return await orders.place(
        orders.NewOrder(
            footprint_id=footprint_id, scenario_id=giving.scene.id,
            emission_g=root.emission_g if root else calculation.total_g, step_g=1, programme=Programme.CDCER,
            currency=Currency.CNY, language="zh", purpose=claims.purpose_of(giving.scene.kind, is_person=True),
            supplements=root, besides_g=besides_g, group_code=group_code,
        ),
        by=person_id, key=str(await fetch_value("SELECT gen_random_uuid()")), clock=utc_now,
    )  # fmt: skip
