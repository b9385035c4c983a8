"""Each call of a far side timed, for `/metrics`: by gateway, call and what came of it."""

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any, Final, TypeVar, cast

from app.gateways import metrics
from app.kernel.errors import Unavailable

T = TypeVar("T")
_OWN: Final = frozenset({"aclose", "read_notice"})
"""No questions to a far side: the end of the connections, and what came by itself."""


def timed(gateway: str, far_side: T) -> T:
    """The same far side, whose calls are timed under the name `gateway`; it may gain and lose verbs."""
    return cast("T", _Timed(gateway, far_side))


class _Timed:
    def __init__(self, gateway: str, far_side: object) -> None:
        self._gateway = gateway
        self._far_side = far_side

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the far side has
        found = getattr(self._far_side, name)
        if name.startswith("_") or name in _OWN or not iscoroutinefunction(found):
            return found
        call = _watched(self._gateway, name, found)
        self.__dict__[name] = call
        return call


def _watched(gateway: str, name: str, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(call)
    async def watched(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the call's own
        outcome, began = "failed", time.monotonic()
        try:
            answer = await call(*args, **kwargs)
            outcome = "answered"
        except (Unavailable, TimeoutError, asyncio.CancelledError):  # whoever waited has given up
            outcome = "silent"
            raise
        finally:
            metrics.call_seconds(gateway, name, outcome).observe(time.monotonic() - began)
        return answer

    return watched
