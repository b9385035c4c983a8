"""The access token of an app: one for all calls, fetched once for all who wait, renewed before it ends."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.gateways.channels.paypal.reading import Content
from app.kernel.clock import Clock
from app.kernel.errors import Unavailable

RENEWED_EARLY: Final = timedelta(minutes=5)
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,4096}")
_LIFE_MOST_S: Final = 90 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Token:
    """A token and when it ends by our clock."""

    text: str
    ends_at: datetime

    def __repr__(self) -> str:
        return f"Token(ends_at={self.ends_at.isoformat()})"


class Tokens:
    """Keeps one token. `fetch` asks PayPal for a new one and raises `Unavailable`."""

    def __init__(self, *, fetch: Callable[[], Awaitable[Content]], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._fetching = asyncio.Lock()
        self._kept: Token | None = None

    async def current(self) -> Token:
        """A token that is good for some minutes. While a new one cannot be had the old one serves to its end.

        Raises:
            Unavailable: there is none.
        """
        kept = self._kept
        if kept is not None and kept.ends_at - self._clock() >= RENEWED_EARLY:
            return kept
        async with self._fetching:
            if self._kept is not None and self._kept is not kept:
                return self._kept  # whoever was first brought it
            try:
                self._kept = await self._new()
            except Unavailable:
                if self._kept is None or self._kept.ends_at <= self._clock():
                    raise
            return self._kept

    def drop(self, refused: Token) -> None:
        """PayPal refused this one; whichever came since stays."""
        if self._kept is refused:
            self._kept = None

    async def _new(self) -> Token:
        asked_at = self._clock()  # its life is counted from before we asked: never too long
        answer = await self._fetch()
        text, life_s = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(text, str) or not _TOKEN.fullmatch(text) or type(life_s) is not int or life_s <= 0:
            raise Unavailable("paypal: an unreadable token")
        return Token(text, asked_at + timedelta(seconds=min(life_s, _LIFE_MOST_S)))
