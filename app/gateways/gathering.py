"""Many callers, one statement: what comes while a set is on its way is gathered into the next one.

Nobody waits for a clock. The first caller goes at once and alone; under load sets grow by themselves, since all that
arrives during one round trip makes up the next. Each caller gets their own answer, or the failure of their set.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.gateways import tracing
from app.gateways.database import is_in_transaction
from app.gateways.postgresql import shares
from app.gateways.postgresql.shares import Use

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Asked, Answer]):
    """A caller."""

    asked: Asked
    future: "asyncio.Future[Answer]"
    until: float | None
    """When their patience ends, on the clock that only goes forward; None: never."""


class Gatherer(Generic[Asked, Answer]):
    """Hands sets of at most `most` to `flush`, one set at a time; `flush` answers as many, in their order.

    `use` is what its connections are for, whoever came first. A set waits for a lock no longer than the least patient of
    its callers, who have waited for their turn already.
    """

    def __init__(
        self, flush: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer]]], *, most: int, use: Use = Use.CHANGE
    ) -> None:
        self._flush = flush
        self._most = most
        self._use = use
        self._waiting: list[_Waiting[Asked, Answer]] = []
        self._running: asyncio.Task[None] | None = None

    async def ask(self, asked: Asked) -> Answer:
        """The answer to this one, after its set is committed. A caller who leaves takes nothing back.

        Never inside a transaction: the set, which is many people's, would go on its connection (tortoise-orm #743).
        """
        assert not is_in_transaction(), "a set is nobody's transaction"
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        left_s = shares.current().left_s()
        until = None if left_s is None else time.monotonic() + left_s
        self._waiting.append(_Waiting(asked, future, until))
        if self._running is None:
            self._running = asyncio.get_running_loop().create_task(self._run())
        return await future

    async def aclose(self) -> None:
        """Wait until nobody waits any more."""
        while self._running is not None:
            await asyncio.shield(self._running)

    async def _run(self) -> None:
        with tracing.bound(None):  # a set is nobody's request, though the first who came began this task
            await self._work()

    async def _work(self) -> None:
        try:
            await asyncio.sleep(0)  # whoever came in the same turn of the loop comes along
            while self._waiting:
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._answer(batch)
        finally:
            self._running = None

    async def _answer(self, batch: "list[_Waiting[Asked, Answer]]") -> None:
        until = min((one.until for one in batch if one.until is not None), default=None)
        shares.work_for_many(self._use, None if until is None else max(0.0, until - time.monotonic()))
        try:
            answers = await self._flush([one.asked for one in batch])
            assert len(answers) == len(batch), (len(answers), len(batch))
        except Exception as failure:  # noqa: BLE001 - of any kind: each caller raises it
            for one in batch:
                if not one.future.done():
                    one.future.set_exception(failure)
            return
        for one, answer in zip(batch, answers, strict=True):
            if not one.future.done():
                one.future.set_result(answer)
