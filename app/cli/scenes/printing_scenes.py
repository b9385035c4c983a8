"""`diandian scene poster`: what hangs at a scene, set with this machine's fonts."""

from tortoise import Tortoise

from app import scenarios, wiring
from app.kernel.clock import beijing_day, utc_now
from app.views.printing.contents import matter_of
from app.views.printing.rendering import PrintKind, render
from config.settings import Settings


async def sheet(settings: Settings, typed_code: str, kind: str) -> tuple[str, bytes]:
    """The scene's code, and the PDF of what it offers now.

    Raises:
        ScenarioUnknown: no such scene.
    """
    await wiring.open_database(settings)
    try:
        now = utc_now()
        scene = await scenarios.open_scene(typed_code, today=beijing_day(now))
        matter = await matter_of(scene, wiring.issuer(settings))
    finally:
        await Tortoise.close_connections()
    return scene.code, render(matter, PrintKind(kind), press=wiring.press(settings), at=now)
