"""Each call of a far side timed, for `/metrics`: by gateway, call and what came of it."""

import asyncio
import functools
import re
import time
from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any, Final, TypeVar, cast

from app.gateways import metrics
from app.kernel.errors import Unavailable
from app.kernel.outcome import is_silence, reason_unmet

T = TypeVar("T")
_OWN: Final = frozenset({"aclose", "read_notice"})
"""No questions to a far side: the end of the connections, and what came by itself."""
_REASON: Final = re.compile(r"[0-9A-Za-z_.\-]{1,64}", re.ASCII)
_REASONS_MOST: Final = 100
"""Different words in one process; the documented ones of all channels together are fewer."""
_reasons: Final[set[str]] = set()


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


def _bounded(reason: str) -> str:
    """A far side's own word becomes a label only in a plain form, and only so many: nobody makes series without end."""
    if reason not in _reasons:
        if len(_reasons) >= _REASONS_MOST or not _REASON.fullmatch(reason):
            return "OTHER"
        _reasons.add(reason)
    return reason


def _watched(gateway: str, name: str, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(call)
    async def watched(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the call's own
        outcome, began = "failed", time.monotonic()
        try:
            answer = await call(*args, **kwargs)
            outcome = "silent" if is_silence(answer) else "answered"
            if (reason := reason_unmet(answer)) is not None:
                metrics.calls_unmet(gateway, name, _bounded(reason)).inc()
        except (Unavailable, TimeoutError, asyncio.CancelledError):  # whoever waited has given up
            outcome = "silent"
            metrics.calls_unmet(gateway, name, "UNAVAILABLE").inc()
            raise
        finally:
            metrics.call_seconds(gateway, name, outcome).observe(time.monotonic() - began)
        return answer

    return watched
