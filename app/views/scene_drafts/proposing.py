"""From a draft to a scene that waits for the platform, and to the draft of its gift."""

from datetime import datetime
from uuid import UUID

from tortoise.exceptions import IntegrityError

from app import footprint, scenarios
from app.foundation import identity
from app.foundation.approvals import Approval
from app.foundation.identity import OrganisationCard
from app.gateways.database import constraint
from app.programmes import gifts
from app.programmes.gifts import CampaignState
from app.scenarios import Draft, KeptDraft
from app.views import estimates
from app.views.scene_drafts import answering
from app.views.scene_drafts.checking import demand_whole
from app.views.scene_drafts.content import Content, read
from app.views.scene_drafts.counting import setup_of
from app.views.scene_drafts.paying import campaign_of


async def organiser_of(kept: KeptDraft) -> OrganisationCard:
    """Whose scene it is."""
    card = await identity.find_organisation(kept.organisation_id)
    assert card is not None, kept.organisation_id  # the draft's key says so
    return card


def as_scene(content: Content, organiser: OrganisationCard, factor_set: footprint.FactorSet) -> Draft:
    """The scene that a whole draft describes; its organiser is named as two people verified it."""
    assert content.kind and content.starts_on and content.ends_on, "demand_whole lets nothing less through"
    return Draft(
        kind=content.kind, title=content.title, organiser=organiser.name, organisation_id=organiser.id,
        starts_on=content.starts_on, ends_on=content.ends_on,
        setup=setup_of(content, answering.layers_of(content, factor_set)),
    )  # fmt: skip


async def put_forward(
    draft_id: UUID, *, revision: int, by: UUID, factor_set: footprint.FactorSet, now: datetime
) -> Approval:
    """Ask the platform to open the scene as this revision says, with its gift set up, which nobody can collect of yet.

    The same again is what waits already, and one gift: it has its id from the draft.

    Raises:
        SceneDraftUnfit: something is missing; the first field is named.
        Whatever `scenarios.put_forward` raises.
    """
    today = estimates.today()
    kept = await scenarios.find_kept(draft_id, by=by, today=today)
    content = read(kept.content)
    demand_whole(content, factor_set, today=today)
    scenario_id, waits = await scenarios.put_forward(
        draft_id, as_scene(content, await organiser_of(kept), factor_set), revision=revision, by=by
    )
    await _set_up_gift(kept, content, scenario_id, by=by, now=now)
    return waits


async def _set_up_gift(kept: KeptDraft, content: Content, scenario_id: UUID, *, by: UUID, now: datetime) -> None:
    wanted = campaign_of(content)
    if wanted is None:
        return
    try:
        await gifts.draft(scenario_id, wanted, by=by, now=now, campaign_id=kept.gift_id)
    except IntegrityError as refusal:
        if constraint(refusal) != "gift_campaign_pkey":
            raise
        there = await gifts.find_campaign(kept.gift_id)
        if there.state is CampaignState.DRAFT:
            await gifts.edit(kept.gift_id, wanted, by=by)
