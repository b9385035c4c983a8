"""The books of one person over a period, read from the rooms that keep them. Nothing is kept here, nothing netted."""

from uuid import UUID

from app import scenarios
from app.gateways.database import Tx
from app.kernel.days import Period
from app.programmes.sharing import rules
from app.programmes.sharing.rules import Books, Granularity, MonthFigure
from app.registry import retirements


async def books_of(person_id: UUID, period: Period, granularity: Granularity, *, tx: Tx | None = None) -> Books:
    """Both books as they stand; a book without a gram has a total of 0. A day or a year of one's own is not shared."""
    emitted = await retirements.emitted_by_month(person_id, period, but_scene=scenarios.PERSONAL_ID, tx=tx)
    retired = await retirements.retired_by_month(person_id, period, tx=tx)
    return Books(
        rules.figures((MonthFigure(one.month, one.mass_g) for one in emitted), granularity),
        rules.figures((MonthFigure(one.month, one.mass_g) for one in retired), granularity),
    )
