"""A zone that donors give to, with jobs run here. After each test the books must add up."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest

from app.gateways.database import fetch, transaction
from app.kernel.clock import utc_now
from app.programmes import donations
from app.programmes.zones import Zone
from app.registry import holdings
from app.registry.credits import Programme
from tests.books import books_add_up
from tests.flow import ISSUER
from tests.rooms.conftest import PROFILES, River, request_for
from tests.rooms.programmes.donations.helpers import large_lot, sample_zone
from workers.jobs import JOBS, Tools
from workers.subscriptions import SETTLE


@dataclass
class Donating:
    """A zone, and whoever comes to it."""

    river: River
    zone: Zone
    tools: Tools
    broken: list[str] = field(default_factory=list)
    """What of the books this test breaks on purpose."""

    async def work(self) -> None:
        """Run every job that is due, until nothing follows any more; then what the sweeper finds."""
        await self._jobs()
        await donations.tell_retired()
        await self._jobs()
        assert await donations.tell_retired() == 0

    async def _jobs(self) -> None:
        while rows := await fetch(
            "SELECT job, array_agg(id ORDER BY id) AS ids FROM outbox_message"
            " WHERE queue = 'settle' AND done_at IS NULL AND dead_at IS NULL GROUP BY job ORDER BY min(id)"
        ):
            for row in rows:
                await JOBS[SETTLE][row["job"]](row["ids"], self.tools)

    async def scene_id(self) -> UUID:
        """The zone's first scene."""
        (row,) = await fetch("SELECT scene_id FROM zone_scene WHERE zone_id = $1", self.zone.id)
        scene_id: UUID = row["scene_id"]
        return scene_id

    async def guest_retires(self, cause: str, mass_g: int, *, footprint_id: UUID | None = None) -> None:
        """Somebody comes to the zone and neutralises their way."""
        scene_id = await self.scene_id()
        asked = self.river.asked(cause, mass_g).but(scenario_id=scene_id, footprint_id=footprint_id)
        async with transaction() as tx:
            soon = utc_now() + timedelta(minutes=30)
            await holdings.reserve(cause, Programme.CDCER, mass_g, expires_at=soon, tx=tx)
            await request_for([asked], tx=tx)


@pytest.fixture
async def donating(river: River) -> AsyncIterator[Donating]:
    """A zone with a scene of its event, and credits enough."""
    await large_lot()
    tools = Tools(gateways=None, issuer=ISSUER, studio=None, profiles=PROFILES)  # type: ignore[arg-type] # no wire here
    one = Donating(river, await sample_zone(), tools)
    yield one
    assert await books_add_up(river.stand.app_url) == one.broken
