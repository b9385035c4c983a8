"""A zone of an invented event: its owner, two scenes of it, and its file, agreed to by two."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from app import scenarios
from app.cli.seeding.people import Staff, organisation
from app.cli.zones.applying import known_methods
from app.foundation.identity import OrganisationKind
from app.gateways.database import fetch_value
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Text
from app.programmes import zones
from app.registry.credits import Programme
from app.scenarios import Draft, ScenarioKind, Setup
from app.views.demo_roles import ZONE_SCENE
from config.places import SAMPLE_ZONE

_OWNER: Final = Text(zh="示例运动会执委会", en="Sample Games Committee")
_OWNER_NUMBER: Final = 21
_TITLES: Final = {
    ZONE_SCENE: Text(zh="示例运动会观赛", en="Sample Games, spectators"),
    "GAMES2": Text(zh="示例运动会火炬跑", en="Sample Games, torch run"),
}


async def open_zone(staff: Staff) -> None:
    """Publish the sample zone with its two scenes; where it is there it stays as it is."""
    if await zones.count_all():
        return
    owner_id = await organisation(_OWNER, OrganisationKind.ASSOCIATION, _OWNER_NUMBER, staff)
    for code, title in _TITLES.items():
        if await fetch_value("SELECT id FROM scenario WHERE code = $1", code) is None:
            proposed = await scenarios.propose(await scenarios.draft(_scene(code, title, owner_id)), by=staff.operator)
            await scenarios.approve(proposed.id, seen=proposed.sha256, by=staff.reviewer)
    document = zones.read_zone(SAMPLE_ZONE.read_bytes(), file=SAMPLE_ZONE.name, methods=known_methods())
    version = await zones.propose(document, by=staff.operator)
    assert version is not None, "there is no zone yet"
    await zones.approve(version.id, seen=version.sha256, by=staff.reviewer)


def _scene(code: str, title: Text, owner_id: UUID) -> Draft:
    today = beijing_day(utc_now())
    return Draft(
        code=code,
        kind=ScenarioKind.EVENT,
        title=title,
        organiser=_OWNER,
        organisation_id=owner_id,
        starts_on=today,
        ends_on=today + timedelta(days=365),
        setup=Setup(
            modes=("metro", "car", "hsr", "flight"),
            default_km=18,
            most_km=100,
            extras={"meals_mixed": "1"},
            extras_text=Text(zh="午餐 1 份", en="1 lunch"),
            programme=Programme.CDCER.value,
        ),
    )
