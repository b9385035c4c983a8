"""The form of an event: a past-tense fact with ids and figures fixed at that time."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact that others may follow. Fields may be added later, never changed in meaning."""

    kind: ClassVar[str]
    """The name on the wire: `retirement.settled`."""

    @property
    def subject(self) -> str:
        """What it is about: `retirement:<id>`."""
        raise NotImplementedError
