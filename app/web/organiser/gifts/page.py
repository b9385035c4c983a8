"""The page of a scene's gift at the organiser's desk: how it goes, what is left of what was bought, the form."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from app import scenarios
from app.commerce import orders
from app.foundation import identity
from app.kernel import ids
from app.kernel.errors import DomainError
from app.kernel.text import Language
from app.programmes import gifts
from app.programmes.gifts import Audience, Campaign, Level, Phase
from app.registry import holdings
from app.views.console import Console
from app.views.giving import campaigns, logos
from app.views.giving.campaigns import Forecast
from app.views.page import Amount
from app.views.scene import LogoShown
from app.web.kit.desk import Desk
from app.web.organiser.gifts.forms import as_typed

_MINUTES: Final = 60
_LATEST: Final = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """One minute of the chart."""

    at: datetime
    people: int
    left_g: int
    """What the pool had at its end."""


@dataclass(frozen=True, slots=True)
class Row:
    """One collection of the list; nobody's name is in it."""

    no: int
    mass_g: int
    at: datetime
    is_named: bool


@dataclass(frozen=True, slots=True)
class GroupChoice:
    """A group of the scene that a batch of codes may be for."""

    code: str
    name: str

    @property
    def option(self) -> tuple[str, str]:
        """As a choice takes it."""
        return self.code, self.name


@dataclass(frozen=True, slots=True)
class BatchShown:
    """A batch of one-time codes."""

    shown_id: str
    label: str
    group: str
    """Of the scene, in words; empty where it says none."""
    size: int
    used: int
    made_at: datetime
    voided_at: datetime | None
    declined: int = 0
    passed_on: int = 0
    card_g: int | None = None
    """Of cards: the grams of each; how many are somebody's and have any; what all live ones have."""
    bound: int = 0
    left_g: int = 0
    given_on: int = 0
    """Cards that one person gave another out of theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """One paid purchase, and what of it would go back if it were returned now."""

    shown_line: str
    at: datetime
    mass_g: int
    paid: Amount
    free_g: int
    back: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftDeskPage(Console):
    """Everything about a scene's gift. Its forms go by POST to `action`, what they do in the field `do`."""

    template: ClassVar[str] = "organiser/gift.html"

    code: str
    title: str
    scene_url: str
    action: str
    campaign: Campaign | None
    """None: nothing is set up yet, and the form stands alone."""
    phase: Phase | None
    typed: dict[str, str]
    """Of the form: as it is, or as it was typed last."""
    is_low: bool = False
    forecast: Forecast | None = None
    bars: tuple[Bar, ...] = ()
    latest: tuple[Row, ...] = ()
    batches: tuple[BatchShown, ...] = ()
    """Of codes or cards, where it is for those; the newest first."""
    groups: tuple[GroupChoice, ...] = ()
    """Of the scene, the default one first: what a batch of codes may say."""
    bought: tuple[Bought, ...] = ()
    """Into the pool, and paid; the latest first."""
    home_at: datetime | None = None
    """When what is left of one that ended goes to the holding by itself; None: it has not ended, or that is done."""
    held_g: int = 0
    """In the organisation's holding, of the scene's programme."""
    export_url: str = ""
    refresh_s: int | None = None
    giver: str = ""
    """Who gives, in the reader's language: what their logo says to whoever does not see it."""
    logo: LogoShown | None = None


async def latest_campaign(scene: scenarios.Scene) -> Campaign | None:
    """The latest of the scene, a draft included."""
    found = await gifts.campaigns_of(scenarios=[scene.id])
    return found[0] if found else None


async def page_of(
    desk: Desk, scene: scenarios.Scene, fact: DomainError | None = None, *, typed: dict[str, str] | None = None
) -> GiftDeskPage:
    campaign, now, here = await latest_campaign(scene), desk.now, f"/organiser/{scene.code}/gift"
    page: dict[str, Any] = {
        **desk.frame(here, fact),
        "section": "/organiser",
        "roles": (),
        "door": "organiser",
        "code": scene.code,
        "title": scene.title.in_(desk.language),
        "scene_url": f"/organiser/{scene.code}",
        "action": here,
        "campaign": campaign,
        "typed": as_typed(scene, campaign, now) | {k: v for k, v in (typed or {}).items() if v},
    }
    if campaign is None:
        return GiftDeskPage(phase=None, **page)
    card = (await identity.introduce([campaign.sponsor_id]))[campaign.sponsor_id]
    minutes = await gifts.by_minute(campaign.id, since=now - timedelta(minutes=_MINUTES))
    phase, groups = campaign.phase(now), _groups(scene, desk.language)
    return GiftDeskPage(
        phase=phase,
        is_low=phase is Phase.OPEN and campaign.level is Level.LOW,
        forecast=campaigns.forecast(campaign, minutes, now) if phase is Phase.OPEN else None,
        bars=_bars(campaign, minutes, now),
        latest=tuple(
            Row(one.no, one.mass_g, one.collected_at, one.has_name)
            for one in await gifts.latest(campaign.id, limit=_LATEST)
        ),
        batches=await _batches(campaign, groups) if campaign.audience is not Audience.EVERYONE else (),
        groups=groups,
        bought=await _bought(campaign),
        home_at=campaign.ended_at + desk.services.gift_grace
        if campaign.ended_at is not None and campaign.returned_at is None
        else None,
        held_g=await _held(campaign, scene),
        export_url=f"{here}.xlsx",
        refresh_s=10 if phase is Phase.OPEN else None,
        giver=card.name.in_(desk.language) if card.name else "",
        logo=logos.shown(campaign.logo),
        **page,
    )


def _groups(scene: scenarios.Scene, language: Language) -> tuple[GroupChoice, ...]:
    layers = scene.setup.layers if scene.setup else None
    if layers is None:
        return ()
    ordered = sorted(layers.groups, key=lambda one: one.code != layers.default_group)
    return tuple(GroupChoice(one.code, one.name.in_(language)) for one in ordered)


async def _batches(campaign: Campaign, groups: tuple[GroupChoice, ...]) -> tuple[BatchShown, ...]:
    names = {one.code: one.name for one in groups}
    return tuple(
        BatchShown(
            ids.public("gcb", one.id), one.label, names.get(one.group_code or "", ""), one.size, one.used, one.made_at,
            one.voided_at, one.declined, one.passed_on, one.card_g, one.bound, one.left_g, one.given_on,
        )
        for one in await gifts.batches_of([campaign.id])
    )  # fmt: skip


async def _bought(campaign: Campaign) -> tuple[Bought, ...]:
    return tuple(
        Bought(
            shown_line=ids.public("lin", one.line_id),
            at=one.placed_at,
            mass_g=one.mass_g,
            paid=Amount(minor=one.amount_minor, currency=one.currency),
            free_g=one.free_g,
            back=Amount(minor=one.free_minor, currency=one.currency),
        )
        for one in await orders.purchases_into(campaign.account_id, payer_id=campaign.sponsor_id)
    )  # fmt: skip


async def _held(campaign: Campaign, scene: scenarios.Scene) -> int:
    own = [one for one in await holdings.accounts_of([campaign.sponsor_id]) if one.is_holding]
    if not own or scene.setup is None:
        return 0
    found = await holdings.balances(own[0].account)
    return sum(one.mass_g for one in found if one.programme.value == scene.setup.programme)


def _bars(campaign: Campaign, minutes: list[gifts.Minute], now: datetime) -> tuple[Bar, ...]:
    """The last hour minute by minute, back from what the pool has now; purchases meanwhile are not drawn."""
    by = {one.at: one for one in minutes}
    this, left, bars = now.replace(second=0, microsecond=0), campaign.left_g, []
    for back in range(_MINUTES):
        at = this - timedelta(minutes=back)
        one = by.get(at)
        bars.append(Bar(at, one.people if one else 0, left))
        left += one.mass_g if one else 0
    return tuple(reversed(bars))
