"""What a screen's token opens; only guessing is limited."""

from typing import Any, Final

from litestar import Request

from app import scenarios
from app.foundation import identity
from app.kernel.clock import beijing_day, utc_now
from app.programmes import wall
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import Guessing

GUESSING: Final = Guessing("wall", 30)
"""Unknown tokens in a minute. Nobody guesses 128 bits; whoever tries is told no more."""


async def opened(token: str, request: Request[Any, Any, Any]) -> wall.Opened:
    """What a token opens.

    Raises:
        ScreenUnknown: nothing, whatever the reason; counted before it is told.
        RequestsTooMany: too many of these.
    """
    return await GUESSING.found(wall.find_screen(token[:64]), request, unknown=wall.ScreenUnknown)


async def scene_of(one: wall.Opened) -> scenarios.Scene:
    """The scene of a screen."""
    return (await scenarios.find_many([one.scenario_id], today=beijing_day(utc_now())))[one.scenario_id]


async def may_operate(one: wall.Opened, visitor: Session | None) -> bool:
    """Whether somebody signed in looks after this scene, or is an operator of the platform, at this moment."""
    if visitor is None:
        return False
    if one.organisation_id is not None and await identity.acts_for(
        visitor.person_id, one.organisation_id, identity.Role.SPONSOR
    ):
        return True
    return identity.Role.OPERATOR in await identity.platform_roles(visitor.person_id)
