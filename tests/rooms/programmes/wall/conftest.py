"""A scene with a big screen, and people whose certificates were issued there."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from app import certificates, scenarios
from app.foundation import consents, identity
from app.foundation.consents import ConsentPlace, ConsentPurpose
from app.foundation.identity import Role
from app.gateways.database import fetch, transaction
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Language, Text
from app.programmes import wall
from app.registry import holdings, retirements
from app.registry.credits import Programme
from config.places import CONSENTS
from tests.flow import ISSUER
from tests.rooms.conftest import KEYRING, PROFILES, River, request_for
from tests.staff import member, opened, verified

TEXTS = consents.load_texts(CONSENTS)
VERSION = TEXTS.present(ConsentPurpose.WALL).version


@dataclass
class Hall:
    """A scene with its screen."""

    river: River
    scene: scenarios.Scene
    wall: wall.WallScene
    organisation_id: UUID
    by: UUID
    """Who looks after the scene."""
    made: int = 0

    async def certified(
        self, people: int, *, agree: bool = True, name: str | None = None, **claimed: Any
    ) -> list[UUID]:
        """So many people whose certificates were issued here, in this order; answers the certificates."""
        persons = [await self.river.guest() for _ in range(people)]
        if agree:
            for person_id in persons:
                await self.agree(person_id)
        self.made += 1
        causes = [f"hall{self.made}:{number}" for number in range(people)]
        async with transaction() as tx:
            for cause in causes:
                await holdings.reserve(
                    cause, Programme.CDCER, 12_400, expires_at=utc_now() + timedelta(minutes=30), tx=tx
                )
            asked = [
                replace(
                    one, payer_id=person_id,
                    claim=replace(
                        one.claim, scenario_id=self.scene.id, beneficiary_id=person_id,
                        name_sealed=await sealed(person_id, name), **claimed,
                    ),
                )
                for one, person_id in zip([self.river.asked(cause, 12_400) for cause in causes], persons, strict=True)
            ]  # fmt: skip
            ids = await request_for(asked, tx=tx)
            await retirements.settle(ids, profiles=PROFILES, tx=tx)
            await certificates.issue(
                certificates.NEUTRALITY, [certificates.cause_of(id_) for id_ in ids], issuer=ISSUER, tx=tx
            )
        rows = await fetch(
            "SELECT id FROM certificate WHERE retirement_id = ANY($1::uuid[]) ORDER BY issued_at, id", ids
        )
        return [row["id"] for row in rows]

    async def lined(self, people: int, *, name: str | None = None) -> list[str]:
        """So many who are lined up; answers their causes in the order of their turns."""
        await wall.line_up(await self.certified(people, name=name), version=VERSION)
        rows = await self.turns()
        return [row["cause"] for row in rows[-people:]]

    async def agree(self, person_id: UUID) -> None:
        """They say yes to the present text."""
        await consents.give(
            person_id, ConsentPurpose.WALL, version=VERSION, language=Language.ZH, place=ConsentPlace.PAGE, texts=TEXTS
        )

    async def turns(self) -> list[dict[str, Any]]:
        """Every turn, in the order of their numbers."""
        return await fetch("SELECT * FROM wall_turn WHERE scene_id = $1 ORDER BY id", self.wall.id)


async def sealed(person_id: UUID, name: str | None) -> bytes | None:
    """A name for a certificate."""
    if name is None:
        return None
    return await identity.seal(person_id, name, purpose=certificates.NAME_PURPOSE, keyring=KEYRING)


async def open_hall(river: River, **settings: Any) -> Hall:
    """A scene of a verified union with a screen of its own."""
    organisation_id = await verified(Text(zh="示例总工会", en="Sample Federation"))
    today = beijing_day(utc_now())
    code = await opened(
        scenarios.Draft(
            kind=scenarios.ScenarioKind.EVENT,
            title=Text(zh="示例职工欢乐跑", en="Sample Workers' Fun Run"),
            organiser=Text(zh="示例总工会", en="Sample Federation"),
            organisation_id=organisation_id,
            starts_on=today,
            ends_on=date(today.year + 1, 1, 31),
            setup=scenarios.Setup(modes=("metro",)),
        )
    )
    scene = await scenarios.open_scene(code, today=today)
    return Hall(
        river=river,
        scene=scene,
        wall=await wall.open_wall(scene.id, **({"is_premoderated": False} | settings)),
        organisation_id=organisation_id,
        by=await member(organisation_id, Role.SPONSOR),
    )


@pytest.fixture
async def hall(river: River) -> Hall:
    """A screen of thirty seconds each, where nobody looks at names first."""
    return await open_hall(river)
