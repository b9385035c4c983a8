"""Every request that visitors make of the platform, and what became of it."""

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import httpx

_KEPT: Final = 20


@dataclass(slots=True)
class Tally:
    """Counted since it was begun, or cleared."""

    statuses: Counter[int] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    """Requests without an answer: refused, reset, too late."""
    failed: list[str] = field(default_factory=list)
    """Answers of 500 and more that are no 503 with a `Retry-After`."""
    away: list[float] = field(default_factory=list)
    """When a 503 that asks to come again was given, by the monotonic clock."""

    def clear(self) -> None:
        """Begin anew."""
        self.statuses.clear()
        for kept in (self.broken, self.failed, self.away):
            kept.clear()

    @property
    def requests(self) -> int:
        """All of them."""
        return sum(self.statuses.values()) + len(self.broken)

    @property
    def away_s(self) -> float:
        """From the first to the last 503."""
        return max(self.away) - min(self.away) if self.away else 0.0

    def demand_no_failure(self) -> None:
        """No answer of 500, 502 or 504, and none of 503 without the pause after which to ask again."""
        assert not self.failed, self.failed[:_KEPT]

    def demand_nothing_lost(self) -> None:
        """Each request was answered, and none of them by 500 or more."""
        self.demand_no_failure()
        assert not self.broken, self.broken[:_KEPT]
        assert not self.away, f"{len(self.away)} answers of 503"


class Counting(httpx.AsyncBaseTransport):
    """An ordinary transport that writes down what the platform answers; the far side's answers are not counted."""

    def __init__(self, tally: Tally, base: str) -> None:
        self._tally = tally
        self._place = urlsplit(base).netloc
        self._wire = httpx.AsyncHTTPTransport(verify=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.netloc.decode() != self._place:
            return await self._wire.handle_async_request(request)
        what = f"{request.method} {request.url.path}"
        try:
            answer = await self._wire.handle_async_request(request)
        except httpx.TransportError as trouble:
            self._tally.broken.append(f"{what}: {type(trouble).__name__} {trouble}")
            raise
        self._tally.statuses[answer.status_code] += 1
        if answer.status_code == 503 and "retry-after" in answer.headers:
            self._tally.away.append(time.monotonic())
        elif answer.status_code >= 500:
            text = (await answer.aread()).decode(errors="replace")[:200]
            self._tally.failed.append(f"{what}: {answer.status_code} {text}")
        return answer

    async def aclose(self) -> None:
        await self._wire.aclose()
