"""What one round of a row is given, and what it tells."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.faults.seeing import SETTLED_WITHIN_S, books_agree, one_of_each, reader
from tests.stack import Phone, Stack

SETTLING = ("sandbox", "serve", "worker")
DRAWING = (*SETTLING, "render")


class NotRun(Exception):
    """This row cannot run here; the message says why. Never a pass."""


@dataclass(slots=True)
class RoundOutcome:
    """What a round did and saw."""

    faults: int = 0
    """How often the fault was really there: this is the row's N."""
    acknowledged: int = 0
    """Orders that somebody was promised; each was looked for afterwards (I5)."""
    looks: int = 0
    """How often the whole books were read while the fault was on."""
    settled_s: float = 0.0
    """From the end of the fault until everything was settled."""
    what: str = ""


@dataclass(slots=True)
class Ground:
    """The running product, lot, and the orders of this round."""

    stack: Stack
    chance: random.Random
    outcome: RoundOutcome = field(default_factory=RoundOutcome)
    orders: list[Mapping[str, Any]] = field(default_factory=list)

    @asynccontextmanager
    async def crowd(self, visits: int, *, over_s: float, is_read: bool = True) -> AsyncIterator[None]:
        """Visits at random moments while the block runs; at its end everybody has paid and holds a certificate."""
        phones = [Phone(self.stack) for _ in range(max(1, visits // 4))]
        try:
            for phone in phones:
                await phone.insist(phone.enter)
            paying = [
                asyncio.create_task(self._visit(phones[number % len(phones)], self.chance.uniform(0, over_s)))
                for number in range(visits)
            ]
            if is_read:
                async with reader(self.stack) as reading:
                    yield
                    await self._settled(phones, paying)
                self.outcome.looks += reading.rounds
            else:
                yield
                await self._settled(phones, paying)
        finally:
            for phone in phones:
                await phone.client.aclose()

    async def _settled(self, phones: list[Phone], paying: list[asyncio.Task[Any]]) -> None:
        began = asyncio.get_running_loop().time()
        mine = list(await asyncio.gather(*paying))
        for number, order in enumerate(mine):
            await phones[number % len(phones)].certificate(order, SETTLED_WITHIN_S)
        self.outcome.settled_s = max(self.outcome.settled_s, asyncio.get_running_loop().time() - began)

    async def _visit(self, phone: Phone, at_s: float) -> Mapping[str, Any]:
        await asyncio.sleep(at_s)
        order = await phone.order(km=str(self.chance.randint(1, 80)))
        self.orders.append(order)
        redirect_url = await phone.open_payment(order)
        await phone.insist(lambda: phone.decide(redirect_url))
        return order

    async def end(self, *, drawn: bool = False) -> None:
        """Nothing lost, nothing double, and both books the same; with `drawn`, the files too."""
        await one_of_each(self.stack, self.orders, drawn=drawn)
        if not drawn:  # before the books are read: in a long round nobody has drawn for more than a minute
            await self.stack.sql(
                "UPDATE outbox_message SET done_at = clock_timestamp() WHERE queue = 'render' AND done_at IS NULL"
            )
        await books_agree(self.stack)
        self.outcome.acknowledged = len(self.orders)


Round = Callable[[Ground], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the fault matrix."""

    id: str
    what: str
    wanted: int
    """N that a release needs."""
    share: int
    """Of the time, against the others."""
    round: Round
    names: tuple[str, ...] = SETTLING
    """The processes that a round begins with."""
    needs_stack: bool = True
