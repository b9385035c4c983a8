"""A circuit breaker (熔断) for each far side: one that keeps silent is left alone for a while, so that nobody waits for it.

After `SILENT_MOST` silent calls in a row, whichever they were, every call fails at once as "nothing was sent", for two seconds.
Then one call may try; its answer, of any kind, lets all through again, its silence doubles the pause, to half a minute at most.
Each process keeps its own count: nothing is shared, and nothing is remembered over a restart.
"""

import functools
import time
from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any, Final, TypeVar, cast

from app.gateways import metrics
from app.kernel.errors import Unavailable
from app.kernel.outcome import is_silence

T = TypeVar("T")

SILENT_MOST: Final = 5
"""Silent calls in a row after which the far side is left alone."""
PAUSE_S: Final = 2.0
PAUSE_MOST_S: Final = 30.0
_OWN: Final = frozenset({"aclose", "read_notice"})
"""No questions to a far side."""


def guarded(far_side_name: str, far_side: T, *, clock: Callable[[], float] = time.monotonic) -> T:
    """The same far side, left alone while it is silent; `clock` tells seconds that only go forward.

    Every call raises `Unavailable` during a pause: nothing was sent then, as that error says elsewhere too.
    """
    return cast("T", _Guarded(far_side, _Breaker(far_side_name, clock)))


class _Breaker:
    def __init__(self, name: str, clock: Callable[[], float]) -> None:
        self._name, self._clock = name, clock
        self._silent, self._pause_s, self._until = 0, 0.0, 0.0
        self._is_trying = False

    def admit(self) -> bool:
        """Whether this call is the one that tries after a pause; raises `Unavailable` for those that must wait."""
        if self._pause_s == 0.0:
            return False
        left_s = self._until - self._clock()
        if left_s <= 0 and not self._is_trying:
            self._is_trying = True
            return True
        metrics.calls_held(self._name).inc()
        raise Unavailable(f"{self._name}: left alone after {self._silent} silent calls")

    def heard(self) -> None:
        self._silent, self._pause_s = 0, 0.0

    def silent(self, *, was_trying: bool) -> None:
        self._silent += 1
        if was_trying or (self._silent >= SILENT_MOST and self._pause_s == 0.0):
            self._pause_s = min(PAUSE_MOST_S, 2 * self._pause_s or PAUSE_S)
            self._until = self._clock() + self._pause_s

    def tried(self) -> None:
        self._is_trying = False


class _Guarded:
    def __init__(self, far_side: object, breaker: _Breaker) -> None:
        self._far_side = far_side
        self._breaker = breaker

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the far side has
        found = getattr(self._far_side, name)
        if name.startswith("_") or name in _OWN or not iscoroutinefunction(found):
            return found
        call = _guarded(self._breaker, found)
        self.__dict__[name] = call
        return call


def _guarded(breaker: _Breaker, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(call)
    async def guarded_call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the call's own
        is_trying = breaker.admit()
        is_silent = True
        try:
            answer = await call(*args, **kwargs)
            is_silent = is_silence(answer)
        except Exception as trouble:
            # An error of ours, or a far side's no, is no silence; a cancelled call is one: somebody has given up.
            is_silent = isinstance(trouble, Unavailable | TimeoutError)
            raise
        finally:
            if is_trying:
                breaker.tried()
            if is_silent:
                breaker.silent(was_trying=is_trying)
            else:
                breaker.heard()
        return answer

    return guarded_call
