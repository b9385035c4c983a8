"""What every page behind a password knows, and how it tells ages and states."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from app.views.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """How long ago, roughly: minutes (at least one) below an hour, hours below two days, else days."""

    number: int
    unit: Literal["minutes", "hours", "days"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Console(Page):
    """What every page behind the sign-in knows."""

    roles: tuple[str, ...]
    """`operator`, `reviewer`, `auditor`: in this order."""
    csrf_token: str
    notice: str | None = None
    """Why the last try was refused."""
    fault_field: str = ""
    """The name of the field it was refused for."""
    door: str = "operator"
    """Whose links stand at the foot: `operator` or `organiser`."""
    links: tuple[str, ...] = (
        "inbox", "cancellations", "orders", "payments", "refunds", "transfers", "statements", "notices", "bills", "invoices",
        "organisations", "readers", "people",
    )  # fmt: skip
    """Which of the platform's pages this reader may open, in this order."""
    section: str = ""
    """The address of the link this page belongs to, where its own does not begin so."""


Tone = Literal["todo", "wait", "done", "void"]
"""How a state is coloured: for somebody to act, on its way, cancelled, over without effect."""


def age(since: datetime, now: datetime) -> Age:
    """How long ago `since` was; something of the future is a minute old."""
    passed = max(timedelta(), now - since)
    if passed < timedelta(hours=1):
        return Age(number=max(1, passed // timedelta(minutes=1)), unit="minutes")
    if passed < timedelta(days=2):
        return Age(number=passed // timedelta(hours=1), unit="hours")
    return Age(number=passed.days, unit="days")
