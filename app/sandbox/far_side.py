"""What every part of the far side needs in hand, and the refusals all of them speak."""

from asyncio import Event
from dataclasses import dataclass, field
from pathlib import Path

from app.sandbox.keys import SandboxKeys
from app.sandbox.registry_keys import RegistryKeys
from app.sandbox.truth import Truth


@dataclass(frozen=True, slots=True, kw_only=True)
class FarSide:
    """One running sandbox. Built once per process and handed to every handler."""

    keys: SandboxKeys
    registry: RegistryKeys
    """Of the registry of credits that lives in the same process."""
    truth: Truth
    folder: Path
    """Where its books and the keys of both sides lie."""
    base_url: str
    """How a browser reaches the cashier, without a slash at the end."""
    notify_factor: float = 1.0
    """Every waiting time of the far side is multiplied by it: retries, delays, refunds under way."""
    wake: Event = field(default_factory=Event)
    """Rung when something may have become due."""

    def soon(self, seconds: float) -> float:
        """The far side's time after a wait of `seconds`, shortened by the factor."""
        return self.truth.now() + seconds * self.notify_factor


class Refusal(Exception):
    """A no in WeChat Pay's dialect."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        field: str | None = None,
        expected: str | None = None,
        got: str | None = None,
        is_form: bool = True,
    ) -> None:
        """`is_form`: the client wrote something wrong, which is logged, rather than met a state of the world."""
        super().__init__(f"{status} {code} {message}")
        self.status = status
        self.code = code
        self.message = message
        self.field = field
        self.expected = expected
        self.got = got
        self.is_form = is_form


def state_refusal(status: int, code: str, message: str) -> Refusal:
    """A no that follows from what happened before, not from how the client wrote."""
    return Refusal(status, code, message, is_form=False)
