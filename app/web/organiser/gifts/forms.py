"""The forms of the organiser's desk for gifts: what was typed, and what it means; what cannot be is named by its field."""

from datetime import datetime, timedelta
from typing import Final

from app import scenarios
from app.kernel.clock import BEIJING
from app.kernel.mass import GRAMS_PER_KG, GRAMS_PER_TONNE
from app.kernel.text import Text
from app.kernel.typed import typed_number
from app.programmes import gifts
from app.programmes.gifts import AmountKind, Audience, Campaign, CampaignDraft, Delivery

_FORM: Final = (
    "audience",
    "amount",
    "delivers",
    "each_kg",
    "most_people",
    "starts_at",
    "ends_at",
    "message_zh",
    "message_en",
)


_UNFIT: Final = Text(
    zh="请填写大于 0、不超过 10 万吨的数，例如 1,200.5", en="a number above 0, at most 100,000 tonnes, such as 1,200.5"
)
_DIGITS_MOST: Final = 12
_UNITS: Final = {GRAMS_PER_KG: ("kg", "公斤", "千克"), GRAMS_PER_TONNE: ("t", "吨")}


def grams(data: dict[str, str], field: str, unit_g: int) -> int:
    """A mass as it was typed in a unit of so many grams, which is a power of ten; a gram is the least.

    Raises:
        CampaignUnfit: it is no such number; the field is named.
    """
    whole, _, part = (typed_number(data.get(field, ""), *_UNITS[unit_g]) or "").partition(".")
    places, mass_g = len(str(unit_g)) - 1, 0
    if whole and len(whole) <= _DIGITS_MOST and len(part) <= places:
        mass_g = int(whole) * unit_g + int((part or "0").ljust(places, "0"))
    if not 0 < mass_g <= 100_000 * GRAMS_PER_TONNE:
        raise gifts.CampaignUnfit(field=f"/{field}", problem_zh=_UNFIT.zh, problem_en=_UNFIT.en)
    return mass_g


def read(data: dict[str, str]) -> CampaignDraft:
    """The form; what cannot be read is named by its field."""
    typed = data.get("most_people", "").strip()
    most = typed_number(typed, "人") if typed else ""
    if most is None or "." in most or len(most) > _DIGITS_MOST:
        raise gifts.CampaignUnfit(
            field="/most_people", problem_zh="人数请填整数", problem_en="a whole number of people"
        )
    message_zh, message_en = data.get("message_zh", "").strip(), data.get("message_en", "").strip()
    try:
        amount = AmountKind(data.get("amount", ""))
    except ValueError:
        raise gifts.CampaignUnfit(
            field="/amount", problem_zh="请选择赠碳方式", problem_en="choose what is given"
        ) from None
    try:
        audience = Audience(data.get("audience", Audience.EVERYONE))
    except ValueError:
        raise gifts.CampaignUnfit(
            field="/audience", problem_zh="请选择谁能领", problem_en="choose who may collect"
        ) from None
    try:
        delivers = Delivery(data.get("delivers", Delivery.RETIRE))
    except ValueError:
        raise gifts.CampaignUnfit(
            field="/delivers", problem_zh="请选择克数去向", problem_en="choose where the grams go"
        ) from None
    return CampaignDraft(
        audience=audience,
        delivers=delivers,
        amount=amount,
        each_g=grams(data, "each_kg", GRAMS_PER_KG),
        most_people=int(most) if most else None,
        starts_at=_instant(data, "starts_at"),
        ends_at=_instant(data, "ends_at"),
        message=Text(zh=message_zh, en=message_en) if message_zh or message_en else None,
    )


def _instant(data: dict[str, str], field: str) -> datetime:
    """A field of `datetime-local`, which is Beijing's."""
    try:
        return datetime.fromisoformat(data.get(field, "")).replace(tzinfo=BEIJING)
    except ValueError:
        raise gifts.CampaignUnfit(
            field=f"/{field}", problem_zh="请选择日期和时间", problem_en="choose day and time"
        ) from None


def typed_in(data: dict[str, str]) -> dict[str, str]:
    return {
        name: data.get(name, "")[:200] for name in (*_FORM, "buy_t", "move_t", "label", "group", "count", "card_kg")
    }


def as_typed(scene: scenarios.Scene, campaign: Campaign | None, now: datetime) -> dict[str, str]:
    if campaign is None:
        begins = now.astimezone(BEIJING).replace(second=0, microsecond=0, tzinfo=None)
        ends = begins.replace(hour=23, minute=59)
        if scene.ends_on is not None:
            ends = datetime.combine(scene.ends_on, ends.time())
        return {
            "amount": AmountKind.COVER.value, "each_kg": "20", "starts_at": begins.isoformat(timespec="minutes"),
            "ends_at": max(ends, begins + timedelta(hours=1)).isoformat(timespec="minutes"),
        }  # fmt: skip
    kg, grams = divmod(campaign.each_g, GRAMS_PER_KG)
    return {
        "audience": campaign.audience.value,
        "delivers": campaign.delivers.value,
        "amount": campaign.amount.value,
        "each_kg": f"{kg}.{grams:03d}".rstrip("0").rstrip("."),
        "most_people": str(campaign.most_people or ""),
        "starts_at": _local(campaign.starts_at),
        "ends_at": _local(campaign.ends_at),
        "message_zh": campaign.message_zh or "",
        "message_en": campaign.message_en or "",
    }


def _local(instant: datetime) -> str:
    return instant.astimezone(BEIJING).replace(tzinfo=None).isoformat(timespec="minutes")
