"""The shapes of what other rooms tell on a zone's page."""

from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

Place = Literal["before", "after"]
"""Before the zone's scenes, as a board, or after them, as what cannot be added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What was given to a zone, in all."""

    mass_g: int
    """Transferred, whether it is retired by now or not."""
    givers: int
    retired_g: int
    guests_g: int
    """Retired for whoever came, in the zone's scenes: without what was retired there for the event itself."""


class Section(Protocol):
    """A card of the page. Its template finds it as `section`, and styles nothing that `citizen/zone.css` does not."""

    template: ClassVar[str]
    place: ClassVar[Place]


@dataclass(frozen=True, slots=True)
class Action:
    """A link below the page's button."""

    url: str
    text: str
