"""What the organiser's gift takes and costs, at today's price."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

import msgspec

from app.kernel.clock import BEIJING
from app.kernel.text import Text
from app.programmes.gifts import CampaignDraft, wanted_g
from app.views.page import Amount
from app.views.prices.offers import Offer
from app.views.scene import Estimate
from app.views.scene_drafts.content import Content


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftCost:
    """For so many people: as much as the example takes, and at most."""

    people: int
    each_g: int
    """What somebody like the example gets."""
    likely_g: int
    likely: Amount | None
    """None: there is no price today."""
    most_g: int
    most: Amount | None
    lacking_g: int
    """Of what is likely, more than the programme has for sale now."""


def gift_cost(content: Content, estimate: Estimate | None, offered: Offer) -> GiftCost | None:
    """None where there is no gift, or too little is said to reckon."""
    if not content.gives or not content.people or not content.each_grams or estimate is None:
        return None
    each_g = wanted_g(content.amount, content.each_grams, estimate.grams)
    likely_g, most_g = each_g * content.people, content.each_grams * content.people
    return GiftCost(
        people=content.people,
        each_g=each_g,
        likely_g=likely_g,
        likely=price(likely_g, offered),
        most_g=most_g,
        most=price(most_g, offered),
        lacking_g=max(0, likely_g - offered.supply.open_g),
    )


def price(mass_g: int, offered: Offer) -> Amount | None:
    """What so many grams cost today; None where there is no price, or nothing to pay for."""
    return offered.price(mass_g)


def with_usual_window(content: Content) -> Content:
    """The same, with a window that is the scene's own days left unsaid: it follows when those change."""
    usual = window(msgspec.structs.replace(content, gift_starts_at=None, gift_ends_at=None))
    if usual is None:
        return content
    said = content.gift_starts_at, content.gift_ends_at
    begins, ends = (None if one == its else one for one, its in zip(said, usual, strict=True))
    return msgspec.structs.replace(content, gift_starts_at=begins, gift_ends_at=ends)


def window(content: Content) -> tuple[datetime, datetime] | None:
    """When the gift may be collected: as said, else on the days of the scene, in Beijing; None where neither is known."""
    if content.starts_on is None or content.ends_on is None:
        return None
    begins = content.gift_starts_at or datetime.combine(content.starts_on, time(), BEIJING)
    ends = content.gift_ends_at or datetime.combine(content.ends_on + timedelta(days=1), time(), BEIJING)
    return begins, ends


def campaign_of(content: Content) -> CampaignDraft | None:
    """The gift as the gifts room takes it; None where there is none."""
    span = window(content)
    if not content.gives or span is None or content.each_grams is None:
        return None
    message = Text(zh=content.message_zh, en=content.message_en) if content.message_zh else None
    return CampaignDraft(
        amount=content.amount, each_g=content.each_grams, most_people=None, starts_at=span[0], ends_at=span[1],
        message=message, delivers=content.delivers,
    )  # fmt: skip
