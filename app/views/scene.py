"""The scene, `/s/{code}`: what one can do there, its figure and its price; and a closed one with its results."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, Literal

import msgspec
from markupsafe import Markup

from app.views.page import Amount, Page


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a figure, with what it was computed from. A line of the estimate's JSON and of 怎么算的."""

    label: str
    """`地铁`, `午餐`."""
    quantity: str
    """`往返 46 km`, `1 份`."""
    grams: int
    mass_text: str
    """`1.3 kg`."""
    factor: str
    """The number as the source prints it: `0.0283`."""
    unit: str
    """`kg CO₂e / 人·km`."""
    source: str
    edition: str
    confidence: str | None = None
    """A sentence where the factor is not confirmed; None where it is."""


class Cover(StrEnum):
    """How much of a figure a gift covers."""

    NONE = "none"
    FULL = "full"
    PARTIAL = "partial"


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A figure and its price: what the scene page shows and what its script asks for.

    Answer of `GET /api/v1/scenes/{code}/estimate?mode=&km=`. An input that is refused answers with a problem
    document, whose `message` the page shows as it is.
    """

    grams: int
    """What would be retired. Zero: nothing to neutralise, and no button."""
    mass_text: str
    """`12.4 kg`: number, one space, unit (`app.kernel.mass.text`)."""
    amount_minor: int
    """What an order of this costs now, in the smallest unit of its currency; 0: nothing to pay, or no price today."""
    currency: str
    """ISO 4217."""
    price_text: str
    """`¥0.62`."""
    buys_grams: int = 0
    """What an order of this is of: `grams`, or more where the smallest amount that can be paid buys more."""
    buys_text: str = ""
    """`142.5 kg`."""
    floored: bool
    """The grams are worth less than the smallest unit, which is the price (不足 1 分按 1 分); the page says so."""
    summary: str
    """`往返 46 km + 午餐 1 份 + 参赛包`."""
    lines: tuple[Line, ...]
    gift: Cover = Cover.NONE
    """How much of it the scene's gift covers now."""
    gift_grams: int = 0
    gift_text: str = ""
    """`20.0 kg`; empty where nothing is given."""
    rest_grams: int = 0
    """What is left to pay for where a gift covers a part."""
    rest_text: str = ""
    rest_minor: int = 0
    rest_price_text: str = ""
    """`¥0.58`."""
    rest_buys_grams: int = 0
    """What the rest is an order of: as `buys_grams`."""
    rest_buys_text: str = ""


ModeIcon = Literal["metro", "car", "train", "flight", "bus", "walk", "bike", "taxi", "coach"]
"""The drawings there are for a way to travel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """A way to travel, as a chip."""

    key: str
    label: str
    """At most 3 characters in Chinese, 7 in English."""
    icon: ModeIcon
    km_min: int
    km_max: int
    """Between which the slider goes; the field takes no other."""
    usual_km: int
    """What the field falls back to where the distance of another mode does not fit."""


class GiftState(StrEnum):
    """How far the pool reaches."""

    FULL = "full"
    """Covers this figure."""
    PARTIAL = "partial"
    """Covers a part; the reader may pay the rest."""
    EMPTY = "empty"
    """Nothing left: one calm sentence and the paid way."""
    OVER = "over"
    """Its time is over, or its giver ended it; what is left of it, if anything is, is the giver's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoShown:
    """A giver's logo on a page; its alternative text is their name."""

    url: str
    width: int
    height: int
    """Of the page's pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift:
    """What the organiser gives (赠碳)."""

    state: GiftState
    giver: str
    mass_g: int
    """What one person is given at most; 0 when empty."""
    message: str | None = None
    """The giver's words."""
    logo: LogoShown | None = None
    takes_code: bool = False
    """Only for whoever brings a one-time code; the card has a field for it."""
    is_card: bool = False
    """The code is a card's, of which grams are used as often as one likes; whoever holds one need not type it again."""
    into_account: bool = False
    """The grams go into the reader's own account, and cover nothing until they retire them."""
    left: float = 0.0
    """The share of the pool that is still there."""
    until: datetime | None = None
    until_today: bool = False
    """`until` lies in the present day in Beijing: the hour suffices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Where the money goes (去向): one programme and project the scene draws from."""

    programme: str
    project: str
    place: str
    vintage: str
    per_tonne: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyChoice:
    """A currency that one can pay in here."""

    code: str
    """`USD`."""
    name: str
    """`美元`."""
    url: str
    """The same page in it."""
    is_chosen: bool


class SceneState(StrEnum):
    """The states in which a scene page has its form. An ended scene has `EndedPage`."""

    LIVE = "live"
    NOT_BEGUN = "not_begun"


@dataclass(frozen=True, slots=True)
class ZoneLink:
    """The zone that a scene is in."""

    url: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenePage(Page):
    """A scene one can act in.

    The form is sent by POST to `order_action` with `mode`, `km`, `price` and `buys` (of the button that was tapped: the
    amount, and the grams where they are more than the figure), `currency`, `intent`,
    `csrf_token` and `pay`: `own` or `gift`, or `look` without a script, which computes and orders nothing. `was_mode`
    and `was_km` tell what the page showed, so that a distance nobody typed gives way to another mode's.
    """

    template: ClassVar[str] = "citizen/scene.html"

    origin: str = ""
    """Scheme and host of this platform, for what a messenger shows of the page's link."""
    code: str
    state: SceneState
    title: str
    organiser: str
    place: str | None = None
    """Where it is, in the organiser's words."""
    zone: ZoneLink | None = None
    held_on: date | None
    begins_on: date | None = None
    """Said while not begun."""
    neutralised: int
    """How many certificates the scene already has."""
    gift: Gift | None = None
    modes: tuple[Mode, ...]
    """Empty: this scene asks for no trip, and the card is left out."""
    mode: str
    """Key of the chosen mode; empty without modes."""
    km: str
    """One way, as it was typed."""
    km_min: int
    km_max: int
    """Of the chosen mode."""
    km_slide: int
    """Where the slider stands."""
    km_fault: str | None = None
    """What is wrong with `km`, said at the field."""
    estimate: Estimate | None
    """None: nothing can be computed from what was typed."""
    credits: tuple[Credit, ...]
    currency: str = "CNY"
    """What prices are in; the form sends it as `currency`."""
    currencies: tuple[CurrencyChoice, ...] = ()
    """Those that can be chosen; with one there is nothing to choose."""
    not_offered: str | None = None
    """Why a currency is missing which some way to pay takes here."""
    can_order: bool = True
    """False: no credits to sell at present; the page says so instead of the button."""
    order_action: str
    intent: str
    """Idempotency key of this intent: new for each page shown, kept when it is shown again about the same try."""
    csrf_token: str
    gift_code: str = ""
    """As it was typed, or stands in the link of a card."""
    notice: str | None = None
    """A message about the last try (`GIFT_POOL_EMPTY` and the like); the choices are kept."""
    is_calm: bool = False
    """The notice tells of nothing that anybody did wrong, as that a gift was given out between page and tap."""
    is_preview: bool = False
    """Shown to its organiser before anybody agreed: nothing on it can be pressed, and no script runs."""
    preview_back: str | None = None
    """Where its organiser goes back to, where the preview stands alone."""
    notice_url: str | None = None
    """The order that is to be paid or cancelled first, where the notice is about one."""
    ring: Markup
    landscape: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedPage(Page):
    """A closed scene with its results, sent with 410."""

    template: ClassVar[str] = "citizen/ended.html"

    code: str
    title: str
    kind: str
    organiser: str
    month: str
    """`2024-04`, as the report prints it."""
    mass_g: int
    neutralised: int | None
    """None where the count is not public."""
    ring: Markup
    landscape: Markup
