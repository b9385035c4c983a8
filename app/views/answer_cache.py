"""Answers kept for a moment as the bytes they are, for what a crowd asks at once: a scene whose code hangs on a wall.

An answer is told for one second after the question to the database behind it was *begun*, so nobody is told anything
older than that. What has changed within the second may still be told as it was; who must not be shown so (an erased name,
anything of one person) is not kept here. Only what was found is kept: a code that opens nothing is looked up, and counted,
each time.
"""

import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Final

KEPT_S: Final = 1.0
"""Before this a scene that was closed or withdrawn may still be told as open; ordering there looks anew."""
KEPT_MOST: Final = 1024
"""Answers of one process; a few kilobytes each."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A body as it goes out."""

    status: int
    body: bytes


class AnswerCache:
    """The answers of one process. The clock is the monotonic one: setting the time keeps nothing longer."""

    def __init__(self, *, seconds: float = KEPT_S, most: int = KEPT_MOST) -> None:
        self._seconds = seconds
        self._most = most
        self._answers: dict[Hashable, tuple[float, Answer]] = {}

    async def get(self, key: Hashable, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer under `key`: a kept one that is young enough, or what `ask` gives now; what it raises is not kept."""
        now = time.monotonic()
        if (known := self._answers.get(key)) is not None and now < known[0]:
            return known[1]
        answer = await ask()
        # Written anew at its end, so that the first of the dictionary is always the one that was asked longest ago.
        self._answers.pop(key, None)
        self._answers[key] = (now + self._seconds, answer)
        while len(self._answers) > self._most:
            del self._answers[next(iter(self._answers))]
        return answer
