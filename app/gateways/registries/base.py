"""What every registry with a wire looks like from our side: two verbs, and the words it answers.

A registry keeps nothing of ours. It returns refusals and raises `Unavailable` when nothing could be sent; silence
after sending is `Pending`, never a refusal. Only a receipt under the registry's signature makes anything cancelled.
"""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from app.kernel.outcome import Pending, Refused

__all__ = ["Answer", "Cancellation", "Cancelled", "NeverHeard", "Pending", "Receipt", "Refused", "Registry"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """Whole tonnes to be cancelled. The reference is ours, kept before it is sent, never sent with other content."""

    reference: str
    programme: str
    serial: str
    """Of the whole lot, as the registry wrote it."""
    first: int
    """The registry's number of the first tonne."""
    last: int
    """Of the last, included, as registries count."""
    beneficiary: str
    """In whose name."""

    @property
    def tonnes(self) -> int:
        """How many."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The registry's proof. It stands by itself: anybody with the registry's public key can check it later."""

    number: str
    """Theirs, unique at the registry."""
    cancelled_on: date
    text: str
    """Byte for byte what was signed."""
    signature: str
    key_id: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """It is done. Signature, account, reference, serial and range of the receipt are already compared."""

    receipt: Receipt


@dataclass(frozen=True, slots=True)
class NeverHeard:
    """The registry does not know our reference: it may be sent."""


Answer = Cancelled | Refused | NeverHeard | Pending


class Registry(Protocol):
    """Where credits are recorded (登记机构), as far as we may cancel there."""

    async def submit(self, request: Cancellation) -> Answer:
        """Ask for it; the same reference and content again is the same cancellation. Never `NeverHeard`."""

    async def query(self, request: Cancellation) -> Answer:
        """What became of it."""

    async def aclose(self) -> None:
        """Close the connections."""
