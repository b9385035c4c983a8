"""What a scanned or typed code opens. A code that opens nothing is counted before that is told; one that opens is not."""

from typing import Any, Final

from litestar import Request

from app import scenarios
from app.views import estimates
from app.web.kit.security.limits import Guessing

SCENES: Final = Guessing("scene", 60, sharing=20)
"""Unknown codes in a minute, of a person; an address may miss twenty times as many. No guard stands before the pages:
codes of scenes are printed on posters, so whoever holds one is let in whatever others at the same address do."""


GIFT_CODES: Final = Guessing("gift_code", 10, window_s=3600, sharing=20)
"""Codes of gifts that are none, in an hour, of a person; an address may miss twenty times as many."""


async def scan(code: str, request: Request[Any, Any, Any]) -> scenarios.Scene:
    """The scene behind a code.

    Raises:
        ScenarioUnknown: no such code, or still a draft.
        RequestsTooMany: too many of these.
    """
    looking = scenarios.open_scene(code, today=estimates.today())
    return await SCENES.found(looking, request, unknown=scenarios.ScenarioUnknown)
