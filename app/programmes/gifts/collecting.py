"""Collecting (领取): many at once, exact, acknowledged after the commit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from tortoise.exceptions import IntegrityError

from app import footprint
from app.footprint import Calculation
from app.foundation import outbox
from app.gateways import faults, tracing
from app.gateways.database import Tx, again, fetch, is_connection_lost, sqlstate, transaction
from app.gateways.gathering import Gatherer
from app.kernel.ids import uuid7
from app.programmes.gifts.rules import Outcome

_NOT_THERE: Final = "23503"
SET_MOST: Final = 200
"""Collections in one commit; source: measured, sets of 50 come near the best, larger ones hold the pool for longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one person would collect."""

    person_id: UUID
    wanted_g: int
    least_g: int
    """As few grams as they would take where the pool ends: what they were shown, at most `wanted_g`."""
    emission_g: int
    calculation: Calculation | None
    """Behind the figure; None where nobody states one."""
    language: str
    code_hash: bytes | None = None
    """Of the one-time code they brought; None: none."""
    id: UUID = field(default_factory=uuid7)
    """Of the collection, fixed before it is sent, so that a try whose end nobody heard of may be made again."""
    request_id: str | None = field(default_factory=tracing.current)
    """By which it was wished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What came of it. With `collected` and `already` the collection, else none."""

    outcome: Outcome
    id: UUID | None
    no: int | None
    """Which of its campaign's people, from 1."""
    mass_g: int | None


async def collect(campaign_id: UUID, wishes: Sequence[Wish]) -> list[Collected]:
    """Collect for a set of people, in their order, in one commit; answers as many.

    A person collects once of a campaign: a repeat is `already`, with what they have. Somebody who is not there any more
    is told so (`gone`), and the others are served.
    """
    try:
        return await _collect(campaign_id, wishes)
    except IntegrityError as refusal:
        if sqlstate(refusal) != _NOT_THERE:
            raise
        if len(wishes) == 1:
            return [Collected(outcome=Outcome.GONE, id=None, no=None, mass_g=None)]
    middle = len(wishes) // 2
    answers: list[Collected] = []
    for half in (wishes[:middle], wishes[middle:]):
        answers += await collect(campaign_id, half)
    return answers


async def _collect(campaign_id: UUID, wishes: Sequence[Wish]) -> list[Collected]:
    set_id = uuid7()

    async def use_case() -> list[Collected]:
        async with transaction() as tx:
            footprints = await _figures(wishes, tx=tx)  # before the pool is locked
            rows = await fetch(_COLLECT, campaign_id, set_id, *_columns(wishes, footprints), tx=tx)
        return [
            Collected(
                # Ours of a try whose commit nobody heard of is not from before.
                outcome=Outcome.COLLECTED if row["id"] == one.id else Outcome(row["outcome"]),
                id=row["id"],
                no=row["no"],
                mass_g=row["mass_g"],
            )
            for row, one in zip(rows, wishes, strict=True)
        ]

    faults.reach("collect.before")
    try:
        answers = await again(use_case)
    except Exception as failure:
        if not is_connection_lost(failure):
            raise
        answers = await again(use_case)  # unknown is asked by the same ids, and never guessed
    faults.reach("collect.committed")
    outbox.nudge()
    return answers


_COLLECT: Final = (
    "SELECT outcome, id, no, mass_g FROM gifts.collect($1, $2, $3::uuid[], $4::uuid[], $5::bigint[], $6::bigint[],"
    " $7::bigint[], $8::uuid[], $9::text[], $10::bytea[], $11::text[]) ORDER BY row_no"
)


async def _figures(wishes: Sequence[Wish], *, tx: Tx) -> list[UUID | None]:
    """Keep the calculations; their ids, in the order of the wishes."""
    known = [(one.person_id, one.calculation) for one in wishes if one.calculation is not None]
    kept = iter(await footprint.keep_many(known, tx=tx) if known else [])
    return [next(kept) if one.calculation is not None else None for one in wishes]


def _columns(wishes: Sequence[Wish], footprints: Sequence[UUID | None]) -> tuple[list[object], ...]:
    return (
        [one.id for one in wishes],
        [one.person_id for one in wishes],
        [one.wanted_g for one in wishes],
        [one.least_g for one in wishes],
        [one.emission_g for one in wishes],
        list(footprints),
        [one.language for one in wishes],
        [one.code_hash for one in wishes],
        [one.request_id for one in wishes],
    )


class Counter:
    """Where the people of one process line up: what comes for a campaign meanwhile is collected together."""

    def __init__(self) -> None:
        self._lines: dict[UUID, Gatherer[Wish, Collected]] = {}

    async def collect(self, campaign_id: UUID, wish: Wish) -> Collected:
        """Collect for one person; the answer comes after the commit of their set."""
        line = self._lines.get(campaign_id)
        if line is None:

            async def flush(wishes: Sequence[Wish]) -> list[Collected]:
                return await collect(campaign_id, wishes)

            line = self._lines[campaign_id] = Gatherer(flush, most=SET_MOST)
        return await line.ask(wish)

    async def aclose(self) -> None:
        """Wait until nobody is on their way; before the database is closed."""
        for line in list(self._lines.values()):
            await line.aclose()
