"""Many callers, one statement: what comes while a set is on its way is gathered into the next one.

Nobody waits for a clock. The first caller goes at once and alone; under load sets grow by themselves, since all that
arrives during one round trip makes up the next. Each caller gets their own answer, or the failure of their set.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from app.gateways import tracing
from app.gateways.database import is_in_transaction

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Gatherer(Generic[Asked, Answer]):
    """Hands sets of at most `most` to `flush`, one set at a time; `flush` answers as many, in their order."""

    def __init__(self, flush: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer]]], *, most: int) -> None:
        self._flush = flush
        self._most = most
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._running: asyncio.Task[None] | None = None

    async def ask(self, asked: Asked) -> Answer:
        """The answer to this one, after its set is committed. A caller who leaves takes nothing back.

        Never inside a transaction: the set, which is many people's, would go on its connection (tortoise-orm #743).
        """
        assert not is_in_transaction(), "a set is nobody's transaction"
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, future))
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

    async def _answer(self, batch: list[tuple[Asked, "asyncio.Future[Answer]"]]) -> None:
        try:
            answers = await self._flush([asked for asked, _ in batch])
            assert len(answers) == len(batch), (len(answers), len(batch))
        except Exception as failure:  # noqa: BLE001 - of any kind: each caller raises it
            for _, future in batch:
                if not future.done():
                    future.set_exception(failure)
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)
