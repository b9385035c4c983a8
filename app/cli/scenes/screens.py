"""`diandian scene screen`: a link for a big screen of a scene."""

from app import scenarios
from app.cli.setup import database
from app.cli.signing_in import Credentials, acting
from app.foundation import identity
from app.programmes import wall
from app.views import estimates
from config.settings import Settings


async def make(settings: Settings, code: str, label: str, *, who: Credentials) -> str:
    """The address to open at the venue; the scene's screen is opened where it was never.

    Raises:
        ScenarioUnknown, RoleMissing: there is no such scene, or they do not look after it.
        WallClosed, WallUnfit, ScreensTooMany: as `wall.make_screen`.
    """
    async with database(settings), acting(settings, who) as person_id:
        scene = await scenarios.open_scene(code, today=estimates.today())
        if scene.organisation_id is None:
            raise identity.RoleMissing
        await identity.demand_role(person_id, scene.organisation_id, identity.Role.SPONSOR)
        if await wall.find_wall(scene.id) is None:
            await wall.open_wall(scene.id)
        _, token = await wall.make_screen(scene.id, label, organisation_id=scene.organisation_id, by=person_id)
        return f"{settings.public_url}/wall/{token}"
