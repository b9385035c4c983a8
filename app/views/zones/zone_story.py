"""A zone put together from its document, its scenes and the books, once for page and JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from uuid import UUID

from markupsafe import Markup

from app import scenarios
from app.foundation import identity
from app.kernel.clock import beijing_day
from app.kernel.drawing import landscape_svg
from app.kernel.text import Language, Text
from app.programmes import gifts, zones
from app.programmes.gifts import Audience, Campaign, CampaignState
from app.programmes.zones import Backdrop, StatedMass, Zone
from app.registry import holdings
from app.registry.holdings import Account, AccountKind
from app.scenarios import Phase, Scene
from app.views import estimates
from app.views.zones import slots
from app.views.zones.page import (
    Coverage,
    Figure,
    SceneLink,
    SceneNote,
    Stated,
    ZoneAccount,
    ZonePage,
    ZoneState,
)
from app.views.zones.slot_shapes import Given

_WIDE = (1280, 236)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneStory:
    """What is known of a zone now."""

    zone: Zone
    owner: Text
    state: ZoneState
    scenes: tuple[Scene, ...]
    """In the order of its document."""
    campaigns: dict[UUID, Campaign]
    """The gift of a scene, by the scene."""
    left_g: int
    given: Given | None

    @property
    def guests_g(self) -> int:
        """Retired in its scenes by whoever came."""
        return self.given.guests_g if self.given is not None else sum(scene.mass_g for scene in self.scenes)

    @property
    def people(self) -> int:
        """Papers of its scenes."""
        return sum(scene.retirements for scene in self.scenes)

    @property
    def coverage(self) -> str | None:
        """What was given against what is emitted, in per cent; None while either is not known."""
        return self._percent(0)

    @property
    def coverage_with_guests(self) -> str | None:
        """The same with what its visitors retired."""
        return self._percent(self.guests_g)

    def _percent(self, besides_g: int) -> str | None:
        emissions = self.zone.document.emissions
        if emissions is None or self.given is None:
            return None
        return zones.coverage_percent(self.given.mass_g + besides_g, emissions.mass_g)


async def read(slug: str, *, today: date) -> ZoneStory:
    """The zone of a slug with all that is told about it.

    Raises:
        ZoneUnknown: there is none.
    """
    zone = await zones.find(slug)
    scene_ids = await zones.scenes_of(zone.id)
    found = await scenarios.find_many(scene_ids, today=today)
    places = {entry.code: at for at, entry in enumerate(zone.document.scenes)}
    scenes = sorted(found.values(), key=lambda scene: places.get(scene.code, len(places)))
    owner = (await identity.introduce([zone.owner_id]))[zone.owner_id]
    assert owner.name is not None, "an organisation has a name"
    held = await holdings.balances(Account.named(AccountKind.ZONE, zone.slug))
    return ZoneStory(
        zone=zone,
        owner=owner.name,
        state=_state(zone, today),
        scenes=tuple(scenes),
        campaigns=_campaigns(await gifts.campaigns_of(scenarios=scene_ids)),
        left_g=sum(one.mass_g for one in held),
        given=await slots.GIVEN(zone) if slots.GIVEN is not None else None,
    )


async def page(story: ZoneStory, language: Language, *, sandbox: bool, origin: str) -> ZonePage:
    """The page in the reader's language, with what other rooms tell there."""
    zone, document = story.zone, story.zone.document
    sections = [found for reader in slots.SECTIONS if (found := await reader(zone, language)) is not None]
    actions = [act for offer in slots.ACTIONS if (act := await offer(zone, language)) is not None]
    open_scene = next((scene for scene in story.scenes if scene.phase is Phase.LIVE), None)
    return ZonePage(
        here=f"/z/{zone.slug}",
        sandbox=sandbox,
        origin=origin,
        slug=zone.slug,
        accent=document.theme.accent.value,
        title=document.name.in_(language),
        owner=story.owner.in_(language),
        state=story.state,
        starts_on=document.starts_on,
        ends_on=document.ends_on,
        welcome=document.welcome.in_(language),
        account=_account(story, language),
        scenes=tuple(_link(story, scene, language) for scene in story.scenes),
        enter_url=f"/s/{open_scene.code}" if open_scene is not None and story.state is not ZoneState.OVER else None,
        before=tuple(one for one in sections if one.place == "before"),
        after=tuple(one for one in sections if one.place == "after"),
        actions=tuple(actions),
        landscape=backdrop(zone.slug) if document.theme.backdrop is Backdrop.HILLS else None,
        version=zone.version,
        published_on=beijing_day(zone.published_at),
    )


@lru_cache(maxsize=64)
def backdrop(slug: str) -> Markup:
    """The zone's own hills, wide enough for a desk; a phone shows their middle, where the sun is."""
    return Markup(landscape_svg(slug, *_WIDE, sun_within=(0.43, 0.57), step=10))  # noqa: S704 - drawn by us from a digest


def _state(zone: Zone, today: date) -> ZoneState:
    if today < zone.document.starts_on:
        return ZoneState.AHEAD
    return ZoneState.LIVE if today <= zone.document.ends_on else ZoneState.OVER


def _campaigns(found: Sequence[Campaign]) -> dict[UUID, Campaign]:
    """Those that give now, to whoever comes."""
    return {
        one.scenario_id: one
        for one in found
        if one.state is CampaignState.OPEN and one.audience is Audience.EVERYONE and one.left_g > 0
    }


def _account(story: ZoneStory, language: Language) -> ZoneAccount:
    document = story.zone.document
    percent = story.coverage
    coverage = None
    if percent is not None and story.given is not None and document.emissions is not None:
        covered, emitted = story.given.mass_g, document.emissions.mass_g
        filled = min(100, 100 * emitted // covered) if covered > emitted else 100 * covered // emitted
        coverage = Coverage(percent=percent, filled=filled, over=100 - filled if covered > emitted else 0)
    known = story.given.mass_g if story.given else story.left_g + story.guests_g
    shown = min(100, coverage.filled + coverage.over) if coverage else 100 if known else 0
    return ZoneAccount(
        given=Figure.of(story.given.mass_g) if story.given else None,
        givers=story.given.givers if story.given else 0,
        left=Figure.of(story.left_g),
        is_empty=story.left_g == 0,
        guests=Figure.of(story.guests_g),
        people=story.people,
        emissions=_stated(document.emissions, language),
        reductions=_stated(document.reductions, language),
        coverage=coverage,
        ring=estimates.ring(story.zone.slug, shown),
    )


def _stated(stated: StatedMass | None, language: Language) -> Stated | None:
    if stated is None:
        return None
    return Stated(figure=Figure.of(stated.mass_g), source=stated.source.in_(language), stated_on=stated.stated_on)


def _link(story: ZoneStory, scene: Scene, language: Language) -> SceneLink:
    label = next((one.label for one in story.zone.document.scenes if one.code == scene.code), None)
    campaign = story.campaigns.get(scene.id)
    left = 100
    if campaign is not None:
        left = max(1, 100 * campaign.left_g // max(1, campaign.left_g + campaign.collected_g))
    return SceneLink(
        url=f"/s/{scene.code}",
        title=(label or scene.title).in_(language),
        note=_note(scene, has_gift=campaign is not None),
        left_percent=left,
        people=scene.retirements,
        begins_on=scene.starts_on,
        ring=estimates.ring(scene.code, left if campaign is not None else 100 if scene.retirements else 0),
    )


def _note(scene: Scene, *, has_gift: bool) -> SceneNote:
    match scene.phase:
        case Phase.AHEAD:
            return SceneNote.AHEAD
        case Phase.OVER:
            return SceneNote.COUNT if scene.retirements else SceneNote.OVER
        case Phase.LIVE:
            if has_gift:
                return SceneNote.GIFT
            return SceneNote.COUNT if scene.retirements else SceneNote.FIRST
