"""A gift as doors show it: what a scene offers, collecting, and where what was collected stands."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

import msgspec

from app import certificates, scenarios
from app.certificates import NAME_PURPOSE
from app.foundation import identity
from app.gateways.caching.recent import Recent
from app.kernel import ids, mass
from app.kernel.clock import beijing_day, utc_now
from app.kernel.errors import DomainError
from app.kernel.mass import to_retire_g
from app.kernel.text import Language, Text
from app.programmes import gifts
from app.programmes.gifts import Audience, Campaign, Collected, Collection, Delivery, HeldGift, Outcome, Phase
from app.registry import retirements
from app.registry.retirements import RetirementState
from app.views import estimates
from app.views.errors import KeyMalformed, NotSignedIn
from app.views.giving import logos
from app.views.giving.logos import LogoView
from app.views.orders.ordering import fit_name
from app.views.scene import Cover, Estimate, Gift, GiftState
from app.views.services import Services

_KEPT_S: Final = 1.0
"""How old a campaign may be that a page shows, or that somebody collects by: PostgreSQL looks at it anew."""
_KEPT_MOST: Final = 1024
_CODE_MOST: Final = 16
_REFUSALS: Final[dict[Outcome, type[DomainError]]] = {
    Outcome.SOLD_OUT: gifts.GiftSoldOut,
    Outcome.PAUSED: gifts.GiftPaused,
    Outcome.AHEAD: gifts.GiftAhead,
    Outcome.OVER: gifts.GiftOver,
    Outcome.DRAFT: gifts.NoGift,
    Outcome.CODE_NEEDED: gifts.CodeNeeded,
    Outcome.CODE_UNKNOWN: gifts.CodeUnknown,
    Outcome.CODE_USED: gifts.CodeUsed,
    Outcome.CODE_DECLINED: gifts.CodeDeclined,
    Outcome.CODE_PASSED_ON: gifts.CodePassedOn,
    Outcome.CARD_TAKEN: gifts.CardTaken,
    Outcome.CARD_EMPTY: gifts.CardEmpty,
    Outcome.CARD_KILLED: gifts.CardKilled,
    Outcome.GONE: NotSignedIn,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A scene's gift as of a moment ago."""

    campaign: Campaign
    giver: Text
    phase: Phase

    def gives_g(self, figure_g: int) -> int:
        """Grams that somebody would get now for a figure."""
        return self.campaign.offers_g(figure_g) if self.phase is Phase.OPEN else 0


_scenes: dict[str, tuple[float, scenarios.Scene]] = {}


async def scene_of(code: str, look: Callable[[], Awaitable[scenarios.Scene]]) -> scenarios.Scene:
    """The scene behind a code as it is typed, looked up by `look` at most once a second per process.

    A scene that was closed meanwhile gives for a second at most, as a page of it is shown; a code that opens nothing is
    looked up, and counted, each time.
    """
    now, known = time.monotonic(), _scenes.get(code)
    if known is not None and now < known[0]:
        return known[1]
    scene = await look()
    if len(code) <= _CODE_MOST:
        _scenes.pop(code, None)
        _scenes[code] = (now + _KEPT_S, scene)
        while len(_scenes) > _KEPT_MOST:
            del _scenes[next(iter(_scenes))]
    return scene


_offered: Final = Recent[UUID, Offered | None](fresh_s=_KEPT_S, most=_KEPT_MOST)


async def offered(scene: scenarios.Scene, *, is_fresh: bool = False) -> Offered | None:
    """What is given in a scene, read at most once a second per process; None where nothing is, or was."""
    return await _offered.get(scene.id, lambda: _read(scene.id), is_fresh=is_fresh)


async def _read(scenario_id: UUID) -> Offered | None:
    campaign = await gifts.campaign_of(scenario_id)
    if campaign is None:
        return None
    card = (await identity.introduce([campaign.sponsor_id]))[campaign.sponsor_id]
    assert card.name is not None, campaign.sponsor_id  # an organisation has one
    return Offered(campaign=campaign, giver=card.name, phase=campaign.phase(utc_now()))


def card(found: Offered | None, estimate: Estimate | None, language: Language) -> Gift | None:
    """What the scene's page says of its gift; None where it has none, or one that is not for now."""
    if found is None or found.phase in {Phase.DRAFT, Phase.AHEAD, Phase.PAUSED}:
        return None
    campaign = found.campaign
    is_over = found.phase is Phase.OVER
    is_empty = is_over or campaign.is_full or campaign.left_g == 0
    state = GiftState.OVER if is_over else GiftState.EMPTY if is_empty else GiftState.FULL
    if not is_empty and estimate is not None and estimate.gift is Cover.PARTIAL:
        state = GiftState.PARTIAL
    return Gift(
        state=state,
        giver=found.giver.in_(language),
        mass_g=0 if is_empty else min(campaign.each_g, campaign.left_g),
        message=campaign.message.in_(language) if campaign.message and not is_empty else None,
        logo=None if is_empty else logos.shown(campaign.logo),
        until=None if is_empty else campaign.ends_at,
        until_today=beijing_day(campaign.ends_at) == estimates.today(),
        takes_code=campaign.audience is not Audience.EVERYONE and not is_empty,
        is_card=campaign.audience is Audience.CARDS,
        into_account=campaign.delivers is Delivery.ACCOUNT,
        left=campaign.left_g / max(1, campaign.left_g + campaign.collected_g),
    )


async def collect(
    scene: scenarios.Scene,
    *,
    mode: str,
    km: str,
    by: UUID,
    language: Language,
    services: Services,
    least_g: int | None = None,
    gift_code: str = "",
    key: str | None = None,
) -> Collected:
    """Compute the visit and collect the scene's gift for it; a repeat answers what this person has.

    Of a card somebody collects as often as they like: there `key` is their intent, and grams are taken as far as it has any.

    `least_g` is what they were shown: where the pool has less by now they are not given less unasked. None: all that
    the gift gives for their figure, or nothing.

    Raises:
        NoGift: nothing is given here.
        GiftSoldOut, GiftPaused, GiftAhead, GiftOver: nothing was collected.
        CodeNeeded, CodeUnknown, CodeUsed, CodeDeclined, CodePassedOn: it takes a code, which `gift_code` is not. The door
            counts what is not known.
        CardTaken, CardEmpty, CardKilled: it takes a card, and this one gives nothing.
        OfferEnded, OwnOffer: the code was given by somebody who took it back, or by themselves.
        KeyMalformed: it takes a card, and no intent is named.
        ScenarioOver, ScenarioAhead: the scene is not open today.
        Whatever `estimates.compute` raises.
    """
    estimates.demand_live(scene)
    found = await offered(scene)
    if found is None:
        raise gifts.NoGift
    calculation = estimates.compute(scene, mode, km, services)
    assert scene.setup is not None, "compute refuses a scene without one"
    figure_g = to_retire_g(calculation.total_g, step_g=scene.setup.step_g)
    wanted_g = gifts.wanted_g(found.campaign.amount, found.campaign.each_g, figure_g)
    hashed = gifts.code_hash(gift_code, keyring=services.keyring) if gift_code.strip() else None
    if gift_code.strip() and hashed is None and found.campaign.audience is not Audience.EVERYONE:
        raise gifts.CodeUnknown
    wish = gifts.Wish(
        person_id=by,
        wanted_g=wanted_g,
        least_g=min(wanted_g, least_g) if least_g else wanted_g,
        emission_g=calculation.total_g,
        calculation=calculation,
        language=language.value,
        code_hash=hashed,
    )
    if found.campaign.audience is Audience.CARDS:
        if key is None:
            raise KeyMalformed
        if hashed is not None and await gifts.is_of_card(hashed, campaign_id=found.campaign.id):
            await gifts.bind_card(hashed, by=by)  # grams of somebody's card become one of theirs first
        id_ = gifts.use_id(found.campaign.id, key, by=by)
        (answer,) = await gifts.collect(found.campaign.id, [replace(wish, id=id_, least_g=1)])
    else:
        answer = await services.counter.collect(found.campaign.id, wish)
    if (refusal := _REFUSALS.get(answer.outcome)) is not None:
        _offered.drop(scene.id)  # the next page shall not promise it again
        raise refusal
    return answer


class GiftPhase(StrEnum):
    """How far a gift is, for whoever collected it."""

    COLLECTED = "collected"
    """Theirs; a worker requests its retirement."""
    RETIRING = "retiring"
    """Its lots are being cut."""
    NAMING = "naming"
    """Retired; the paper waits for a name."""
    CERTIFYING = "certifying"
    """The paper is being written."""
    DONE = "done"
    HELD = "held"
    """In their account: they retire of it when they like."""


class GiftView(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody collected."""

    id: Annotated[str, msgspec.Meta(examples=["gft_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    phase: GiftPhase
    is_new: bool
    """Collected by this very request."""
    no: int
    """Which of the gift's people, from 1."""
    grams: int
    mass_text: str
    emission_grams: int
    """The figure that it was collected for; what the gift does not cover of it may be paid for."""
    giver: str
    logo: LogoView | None = None
    """The giver's; null: they have given none."""
    scene: Annotated[str, msgspec.Meta(examples=["H7QP3K"])]
    is_named: bool
    """A name was given or declined; before that the paper waits for it, at most a minute."""
    left_grams: int | None = None
    """Of a gift that goes into the account, what is not retired of it; null: it is retired at once."""
    retirement_number: str | None = None
    certificate_id: str | None = None
    certificate_url: str | None = None


EXAMPLE: Final = GiftView(
    id="gft_01JD8Q9T5K3V2M7N4P6R8S0W1X", phase=GiftPhase.NAMING, is_new=True, no=1287, grams=12_400, mass_text="12.4 kg",
    emission_grams=12_400, giver="示例城市总工会", logo=logos.EXAMPLE, scene="H7QP3K", is_named=False,
    retirement_number="R-20261122-7K3M9QFX",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a collection stands: only the server's own rows decide."""

    collection: Collection
    phase: GiftPhase
    scene: scenarios.Scene
    giver: Text
    retirement_number: str | None
    certificate_id: UUID | None
    held: HeldGift | None = None
    """Of a gift that goes into an account; its papers are those of its uses."""


async def standing(collection: Collection) -> Standing:
    """Where it stands now."""
    held = None
    if collection.delivers is Delivery.ACCOUNT:
        (held,) = await gifts.held_by(collection.person_id, held_id=collection.id)
    cause = gifts.cause_of(collection.id)
    found = (await retirements.find_by_causes([cause])).get(cause)
    issued = (await certificates.of_causes([cause])).get(cause) if found else None
    scene = (await scenarios.find_many([collection.scenario_id], today=estimates.today()))[collection.scenario_id]
    card = (await identity.introduce([collection.sponsor_id]))[collection.sponsor_id]
    assert card.name is not None, collection.sponsor_id
    phase = GiftPhase.COLLECTED
    if held is not None:
        phase = GiftPhase.HELD if held.is_there else GiftPhase.COLLECTED
    elif issued is not None:
        phase = GiftPhase.DONE
    elif found is not None and found.state is RetirementState.SETTLED:
        phase = GiftPhase.CERTIFYING if collection.is_named else GiftPhase.NAMING
    elif found is not None:
        phase = GiftPhase.RETIRING
    return Standing(
        collection=collection, phase=phase, scene=scene, giver=card.name,
        retirement_number=found.number if found else None, certificate_id=issued,
        held=held,
    )  # fmt: skip


def view(at: Standing, language: Language, *, is_new: bool = False) -> GiftView:
    """The same in the reader's words."""
    one = at.collection
    shown = ids.public("crt", at.certificate_id) if at.certificate_id else None
    return GiftView(
        id=public_id(one.id),
        phase=at.phase,
        is_new=is_new,
        no=one.no,
        grams=one.mass_g,
        mass_text=mass.text(one.mass_g),
        emission_grams=one.emission_g,
        giver=at.giver.in_(language),
        logo=logos.view(one.logo),
        scene=at.scene.code,
        is_named=one.is_named or at.phase is GiftPhase.DONE,
        left_grams=at.held.left_g if at.held else None,
        retirement_number=at.retirement_number,
        certificate_id=shown,
        certificate_url=f"/c/{shown}" if shown else None,
    )


async def say_name(collection_id: UUID, name: str, *, by: UUID, services: Services) -> None:
    """Put a name on the paper, sealed under its person's key, or none where it is empty; then the paper is written.

    Raises:
        NameUnfit, NotPrintable: see `fit_name`.
        CollectionUnknown, NameSettled: of `gifts.say_name`.
    """
    plain = await fit_name(name)
    whose = (await gifts.find_collection(collection_id, by=by)).person_id
    sealed = await identity.seal(whose, plain, purpose=NAME_PURPOSE, keyring=services.keyring) if plain else None
    await gifts.say_name(collection_id, by=whose, name_sealed=sealed)


def public_id(collection_id: UUID) -> str:
    """A collection as addresses and the API show it."""
    return ids.public("gft", collection_id)


def gift_id(shown: str) -> UUID:
    """The collection behind `gft_…`.

    Raises:
        CollectionUnknown: it is no such id at all.
    """
    uuid = ids.parse("gft", shown)
    if uuid is None:
        raise gifts.CollectionUnknown
    return uuid
