"""The scene's page as a draft would have it: the real page, in which nothing can be ordered."""

from uuid import UUID

from app.foundation.identity import OrganisationCard
from app.kernel.text import Language, Text
from app.programmes.gifts import Audience, Campaign, CampaignState, Phase
from app.scenarios import KeptDraft
from app.views import estimates
from app.views.giving import collecting
from app.views.giving.collecting import Offered
from app.views.prices import offers
from app.views.scene import ScenePage, SceneState
from app.views.scene_drafts.content import Content
from app.views.scene_drafts.counting import example, scene_of
from app.views.scene_drafts.paying import window
from app.views.services import Services

_UNTITLED = Text(zh="还没有名称", en="No name yet")
_MANY = 1_000_000_000


async def preview(
    kept: KeptDraft, content: Content, organiser: OrganisationCard, language: Language, services: Services,
    *, here: str, back_url: str | None,
) -> ScenePage:  # fmt: skip
    """As whoever scans would see it today; `back_url` is where a reader goes back to who sees it alone."""
    today = estimates.today()
    scene = scene_of(kept, content, organiser, today=today)
    setup = scene.setup
    assert setup is not None, "made above"
    offered = await offers.offer(setup.programme, today=today)
    given = _given(kept, content, organiser)
    estimate = example(scene, offered, language, services)
    mode = setup.modes[0] if setup.modes else ""
    if given is not None and estimate is not None:
        usual = str(estimates.reach(setup, mode).usual_km)
        estimate = estimates.visit(scene, mode, usual, offered, language, services, gives=given.gives_g)
    bounds = estimates.reach(setup, mode) if mode else None
    return ScenePage(
        here=here,
        sandbox=services.issuer.is_sandbox,
        is_preview=True,
        preview_back=back_url,
        code=scene.code,
        state=SceneState.LIVE,
        title=scene.title.in_(language) or _UNTITLED.in_(language),
        organiser=scene.organiser.in_(language),
        place=setup.place.in_(language) or None,
        held_on=content.starts_on,
        neutralised=0,
        gift=collecting.card(given, estimate, language),
        modes=estimates.modes(setup, language),
        mode=mode,
        km=str(bounds.usual_km) if bounds else "",
        km_min=bounds.km_min if bounds else 0,
        km_max=bounds.km_max if bounds else 0,
        km_slide=bounds.usual_km if bounds else 0,
        estimate=estimate,
        credits=estimates.credit(offered, language),
        can_order=offered.is_open,
        order_action="",
        intent="",
        csrf_token="",
        ring=estimates.ring(scene.code, max(12, min(92, 12 + 80 * bounds.usual_km // bounds.km_max)) if bounds else 12),
        landscape=estimates.landscape(scene.code),
    )


def _given(kept: KeptDraft, content: Content, organiser: OrganisationCard) -> Offered | None:
    """The gift as if its pool were full and its hour come."""
    span = window(content)
    if not content.gives or content.each_grams is None or span is None:
        return None
    campaign = Campaign(
        id=kept.gift_id, scenario_id=kept.scenario_id or kept.id, sponsor_id=organiser.id, account_id=UUID(int=0),
        holder="", state=CampaignState.OPEN, audience=Audience.EVERYONE, amount=content.amount,
        delivers=content.delivers,
        each_g=content.each_grams, most_people=None, starts_at=span[0], ends_at=span[1],
        message_zh=content.message_zh or None, message_en=content.message_en or None,
        collected_g=0, people=0, left_g=content.each_grams * (content.people or _MANY),
    )  # fmt: skip
    return Offered(campaign=campaign, giver=organiser.name, phase=Phase.OPEN)
