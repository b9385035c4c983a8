"""Time: UTC inside, Beijing at the edge. Times of money come from the database's clock instead."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

BEIJING: Final = ZoneInfo("Asia/Shanghai")
"""Where a reporting day begins and ends."""

Clock = Callable[[], datetime]
"""Gives the present instant, aware, in UTC. Tests hand in their own."""


def utc_now() -> datetime:
    """The present instant by this machine's clock."""
    return datetime.now(UTC)


def beijing_day(instant: datetime) -> date:
    """The calendar day in Beijing at `instant`, which must be aware."""
    assert instant.tzinfo is not None, instant
    return instant.astimezone(BEIJING).date()


def rfc3339(instant: datetime) -> str:
    """Beijing time with its offset and whole seconds: `2024-04-27T10:32:07+08:00`."""
    return instant.astimezone(BEIJING).isoformat(timespec="seconds")
