"""Places for the messages of each day, made ahead. Their dropping is retention's."""

from typing import Final

from app.gateways.database import fetch_value

DAYS_AHEAD: Final = 7
"""How long workers may be away before a day begins without a place; its messages then lie among the rest."""


async def make_days(ahead: int = DAYS_AHEAD) -> int:
    """Make places for today and the days after it, where there are none; answers how many are new.

    Harmless when repeated, and beside itself. What somebody holds locked for longer than a fifth of a second is made next time.
    """
    return int(await fetch_value("SELECT outbox.make_days($1)", ahead))
