"""What other rooms tell on a zone's page. A room that has something adds its reader here; the page knows none of them."""

from collections.abc import Awaitable, Callable
from typing import Final

from app.kernel.text import Language
from app.programmes.zones import Zone
from app.views.zones import board_section, support_groups
from app.views.zones.slot_shapes import Action, Given, Section

GivenReader = Callable[[Zone], Awaitable[Given]]
SectionReader = Callable[[Zone, Language], Awaitable[Section | None]]
ActionReader = Callable[[Zone, Language], Awaitable[Action | None]]

GIVEN: Final[GivenReader | None] = board_section.given
"""Who tells what was given; None: the page says only what lies in the zone's account."""
SECTIONS: Final[tuple[SectionReader, ...]] = (board_section.section, support_groups.section)
"""In the order in which they are shown."""
ACTIONS: Final[tuple[ActionReader, ...]] = (board_section.action,)
