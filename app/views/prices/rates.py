"""Exchange rates as the finance console and the terminal tell them, and the form by which one is proposed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from app.foundation.approvals import Approval
from app.kernel.errors import Invalid
from app.kernel.text import Text
from app.registry import credits
from app.registry.credits import Rate

FIELDS: Final = ("rate", "day", "source", "url")
"""Of the form, in its order."""
_TYPED_MOST: Final = 400


class RateDayUnfit(Invalid):
    """It is no day."""

    code = "rate.day_unfit"
    text = Text(zh="请填写汇率日期，例如 2026-11-27。", en="Give the day of the rate, such as 2026-11-27.")
    field = "/day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A rate, and what it is good for on a day."""

    rate: Rate
    is_used: bool
    """Orders of that day are priced by it."""
    is_too_old: bool
    """It is the newest, and older than one may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The confirmed rates, the newest first."""

    listed: tuple[Listed, ...]
    refused: Text | None
    """Why dollars go by no rate on that day; None where they do."""


async def rates(*, today: date, days: int, limit: int = 50) -> Rates:
    """The rates, and whether one may be used today, where one may be `days` days old."""
    found = await credits.list_rates(limit=limit)
    refused = None
    try:
        await credits.find_rate(credits.RATED, on=today, days=days)
    except (credits.RateUnknown, credits.RateTooOld) as fact:
        refused = fact.message()
    listed = tuple(
        Listed(rate=one, is_used=at == 0 and refused is None, is_too_old=at == 0 and refused is not None)
        for at, one in enumerate(found)
    )
    return Rates(listed=listed, refused=refused)


def fields_of(data: Mapping[str, str]) -> dict[str, str]:
    """What was typed, by field."""
    return {name: data.get(name, "").strip()[:_TYPED_MOST] for name in FIELDS}


async def propose(typed: Mapping[str, str], *, by: UUID) -> Approval:
    """Propose what was typed; another person agrees in the inbox.

    Raises:
        RateDayUnfit: no day, as `2026-11-27`.
        RoleMissing, RateUnfit, RateAhead, RateSourceUnfit, ApprovalPending: as `credits.propose_rate`.
    """
    try:
        day = date.fromisoformat(typed["day"])
    except ValueError:
        raise RateDayUnfit from None
    return await credits.propose_rate(typed["rate"], day=day, source=typed["source"], url=typed["url"], by=by)
